from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, MemberKind, Peer, ReadState, Side, Visibility
from samples.builders.certificates import self_signed
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, EDGE, INTERNET, WEBEX, core, edge, stores, zone
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    WEBEX_SERVER,
    authority,
    certificate,
    chain,
    read,
)

ALONE = (EDGE_CLIENT,)
ELSEWHERE = certificate("core.harbor.example", BOTH, authority("Elsewhere"))
WITHOUT_ISSUING = tuple(one for one in EVERYONE if one.common_name != "Harbor Issuing CA")


# The chain that is sent


@pytest.mark.parametrize(
    ("peer", "alert", "expected"),
    [
        (WEBEX, None, "warning"),
        (WEBEX, (Side.SERVER, 48), "critical"),
        (WEBEX, (Side.SERVER, 46), "critical"),
        (WEBEX, (Side.SERVER, 43), "warning"),
        (WEBEX, (Side.CLIENT, 48), "warning"),
    ],
)
def test_a_missing_intermediate_is_grave_where_the_peer_then_refused_the_chain(
    peer: Peer, alert: tuple[Side, int] | None, expected: str
) -> None:
    node = edge()
    sent = connection(node, peer, role=Side.CLIENT, client=ALONE, alert=alert)

    assert judge(case(node, connections=[sent]), "chain-incomplete-sent") == {(expected, "proven", peer.name)}


def test_the_internet_does_not_make_a_missing_intermediate_critical() -> None:
    node = edge()
    sent = connection(node, INTERNET, role=Side.SERVER, server=(EDGE_SERVER,), alert=(Side.CLIENT, 48))

    assert judge(case(node, connections=[sent]), "chain-incomplete-sent") == {("warning", "proven", "Internet")}


@pytest.mark.parametrize(
    "sent", [chain(EDGE_CLIENT), chain(EDGE_CLIENT, root=True)], ids=["without its root", "with its root"]
)
def test_leaving_the_root_out_is_right(sent: tuple[Certificate, ...]) -> None:
    node = edge()

    judged = case(node, connections=[connection(node, WEBEX, role=Side.CLIENT, client=sent, alert=(Side.SERVER, 48))])

    assert judge(judged, "chain-incomplete-sent") == set()


def test_a_leaf_signed_by_a_root_and_a_self_signed_one_lack_nothing() -> None:
    lonely = read(self_signed("edge.harbor.example").certificate)
    node = edge()

    judged = case(
        node, connections=[connection(node, WEBEX, role=Side.CLIENT, client=(lonely,), alert=(Side.SERVER, 48))]
    )

    assert judge(judged, "chain-incomplete-sent") == set()


def test_the_missing_link_explains_the_alert_about_it() -> None:
    node = edge()
    judged = case(
        node, connections=[connection(node, WEBEX, role=Side.CLIENT, client=ALONE, alert=(Side.SERVER, 48))]
    )

    assert causes(judged)["edge", "peer-alert-unknown-ca"] == "chain-incomplete-sent"


def test_order_and_extra_certificates_are_for_information() -> None:
    node = edge()
    leaf, *above = chain(EDGE_CLIENT, root=True)
    swapped = connection(node, WEBEX, role=Side.CLIENT, client=(leaf, *reversed(above)))
    proper = connection(node, WEBEX, role=Side.CLIENT, client=(leaf, *above))

    assert judge(case(node, connections=[swapped]), "chain-order-or-extra") == {("info", "proven", "Webex")}
    assert judge(case(node, connections=[proper]), "chain-order-or-extra") == set()


@pytest.mark.parametrize("rule", ["chain-incomplete-sent", "chain-order-or-extra"])
def test_without_a_handshake_the_chain_is_not_determinable(rule: str) -> None:
    assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}


# The own trusted CA list


@pytest.mark.parametrize("trusted", [(), WITHOUT_ISSUING, tuple(one for one in EVERYONE if not one.self_issued)])
def test_the_own_authority_must_be_in_the_list(trusted: tuple[Certificate, ...]) -> None:
    node = edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT, trusted))

    assert judge(case(node), "trust-missing-own-issuer") == {
        ("warning", "proven", "edge.harbor.example (server store)")
    }


def test_what_is_sent_incomplete_makes_it_critical() -> None:
    node = edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT, WITHOUT_ISSUING))
    held = core()
    sent = connection(node, WEBEX, role=Side.CLIENT, client=ALONE)

    judged = case(node, held, connections=[sent])

    assert judge(judged, "trust-missing-own-issuer", "edge") == {
        ("critical", "proven", "edge.harbor.example (server store)")
    }
    assert causes(judged)["edge", "chain-incomplete-sent"] == "trust-missing-own-issuer"


def test_each_stores_certificate_that_lacks_its_authority_is_told() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, ()))

    assert {subject for _, _, subject in judge(case(node), "trust-missing-own-issuer")} == {
        "edge.harbor.example (server store)",
        "edge.harbor.example (client store)",
    }


def test_a_list_that_was_read_in_part_proves_nothing() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, ()))
    damaged = tuple(
        replace(member, read=ReadState.PART) if member.kind is MemberKind.CA_PEM else member
        for member in node.members
    )

    found = judge(case(replace(node, members=damaged)), "trust-missing-own-issuer")

    assert {(severity, sure) for severity, sure, _ in found} == {("warning", "inferred")}


def test_a_complete_list_and_a_self_signed_certificate_are_fine() -> None:
    lonely = read(self_signed("edge.harbor.example").certificate)

    assert judge(case(edge()), "trust-missing-own-issuer") == set()
    assert judge(case(edge(stores=stores(lonely, lonely))), "trust-missing-own-issuer") == set()


def test_without_the_list_it_is_not_determinable() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None))

    assert judge(case(node), "trust-missing-own-issuer") == {("info", NOT_DETERMINABLE, "edge")}


# What this node refused


def test_a_peer_whose_authority_is_not_listed_is_told_by_log_or_alert() -> None:
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, client=chain(ELSEWHERE), alert=(Side.SERVER, 48))
    line = event(node, CUBE, error="issuer-missing", role=Side.SERVER)
    expected = {("critical", "proven", CUBE.name)}

    assert judge(case(node, connections=[refused]), "peer-ca-not-trusted") == expected
    assert judge(case(node, events=[line]), "peer-ca-not-trusted") == expected
    assert causes(case(node, connections=[refused]))["edge", "local-alert-unknown-ca"] == "peer-ca-not-trusted"


@pytest.mark.parametrize("peer", [INTERNET])
def test_whom_nobody_knows_need_not_be_trusted(peer: Peer) -> None:
    node = edge()
    refused = connection(node, peer, role=Side.SERVER, client=chain(ELSEWHERE), alert=(Side.SERVER, 48))
    line = event(node, peer, error="issuer-missing", role=Side.SERVER)

    assert judge(case(node, connections=[refused], events=[line]), "peer-ca-not-trusted") == set()


def test_a_listed_authority_is_not_the_reason() -> None:
    """Unknown CA is also what a demanded CRL that cannot be had gives (measured)."""
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48))

    assert judge(case(node, connections=[refused]), "peer-ca-not-trusted") == set()


def test_an_alert_that_the_peer_sent_is_about_the_peers_list() -> None:
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 48))
    line = event(node, CUBE, alert=48, role=Side.SERVER)

    assert judge(case(node, connections=[refused], events=[line]), "peer-ca-not-trusted") == set()


def test_for_webex_the_certificates_are_to_be_fetched() -> None:
    node = edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT, WITHOUT_ISSUING[:1]))
    refused = connection(node, WEBEX, role=Side.CLIENT, server=WEBEX_SERVER, alert=(Side.CLIENT, 48))

    (finding,) = made(case(node, connections=[refused]), "peer-ca-not-trusted")

    assert "Get certificates" in (finding.remedy[0].command or "")


def test_without_log_and_capture_a_refusal_is_not_determinable() -> None:
    assert judge(case(edge(logs=(), captures=())), "peer-ca-not-trusted") == {("info", NOT_DETERMINABLE, "edge")}


# The two ends of the traversal zone


@pytest.mark.parametrize("verifier", ["core", "edge"])
def test_either_end_must_trust_what_the_other_presents(verifier: str) -> None:
    own = EVERYONE[:2] if verifier == "core" else EVERYONE[2:]  # of the private and of the public hierarchy
    at_core = stores(CORE_SERVER, CORE_CLIENT, own if verifier == "core" else EVERYONE)
    at_edge = stores(EDGE_SERVER, EDGE_CLIENT, own if verifier == "edge" else EVERYONE)
    judged = case(core(stores=at_core), edge(stores=at_edge))

    other = "edge" if verifier == "core" else "core"
    assert judge(judged, "partner-ca-not-trusted", verifier) == {("critical", "strong", other)}
    assert judge(judged, "partner-ca-not-trusted", other) == set()


def test_an_intermediate_that_is_sent_need_not_be_listed_for_the_zone() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING))

    assert judge(case(core(), node), "partner-ca-not-trusted", "edge") == set()


def test_what_completed_all_the_same_is_no_outage() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]))
    fine = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, completed=True)

    assert judge(case(core(), node, connections=[fine]), "partner-ca-not-trusted", "edge") == {
        ("warning", "strong", "core")
    }


def test_without_the_partners_bundle_trust_is_not_determinable() -> None:
    for rule in ("partner-ca-not-trusted", "ssh-tunnel-chain-not-trusted"):
        assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}


def test_the_partners_list_explains_the_zone_and_what_the_partner_refused() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]), zones=(zone(status="Failed"),))
    holder = core()
    refused = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    received = connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    tied = causes(case(node, holder, connections=[refused, received]))

    assert tied["edge", "partner-ca-not-trusted"] is None
    assert tied["edge", "uc-zone-failed"] == "partner-ca-not-trusted"
    assert tied["edge", "peer-ca-not-trusted"] == "partner-ca-not-trusted"
    assert tied["core", "peer-alert-unknown-ca"] == "partner-ca-not-trusted"


# Private authorities


PRIVATE_EDGE = stores(EDGE_CLIENT, EDGE_CLIENT)


def test_an_edge_with_nothing_but_private_certificates_is_warned() -> None:
    assert judge(case(edge(stores=PRIVATE_EDGE)), "all-private-ca") == {("warning", "strong", "edge.harbor.example")}
    assert judge(case(edge()), "all-private-ca") == set()
    assert judge(case(edge(stores=stores(None, None))), "all-private-ca") == {("info", NOT_DETERMINABLE, "edge")}


def test_a_core_with_nothing_but_private_certificates_is_common() -> None:
    node = core(stores=stores(CORE_CLIENT, CORE_CLIENT))

    assert judge(case(node), "all-private-ca") == {("info", "strong", "core.harbor.example")}


@pytest.mark.parametrize(
    ("alert", "completed", "expected"),
    [
        (None, None, ("warning", "inferred")),
        (None, True, ("info", "inferred")),
        ((Side.SERVER, 48), None, ("critical", "strong")),
        ((Side.CLIENT, 48), None, ("warning", "inferred")),
        ((Side.SERVER, 43), None, ("warning", "inferred")),
    ],
)
def test_far_ends_must_know_a_private_authority(
    alert: tuple[Side, int] | None, completed: bool | None, expected: tuple[str, str]
) -> None:
    node = edge(stores=PRIVATE_EDGE)
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=alert, completed=completed)

    assert judge(case(node, connections=[shown]), "far-end-must-trust-private-ca") == {
        (*expected, "edge.harbor.example")
    }


def test_a_public_client_certificate_asks_nothing_of_far_ends() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER))

    assert judge(case(node), "far-end-must-trust-private-ca") == set()


def test_trust_of_somebody_else_does_not_explain_the_zone() -> None:
    """A chain that Webex refused says nothing about the traversal zone, nor about the Core's peers."""
    node = edge(zones=(zone(status="Failed"),))
    holder = core()
    to_webex = connection(node, WEBEX, role=Side.CLIENT, client=ALONE, alert=(Side.SERVER, 48))
    to_cube = connection(holder, CUBE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    tied = causes(case(node, holder, connections=[to_webex, to_cube]))

    assert tied["edge", "chain-incomplete-sent"] is None
    assert tied["edge", "uc-zone-failed"] is None
    assert tied["core", "peer-alert-unknown-ca"] is None


def test_the_edges_distrust_of_the_core_does_not_explain_what_webex_refuses() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]))
    refused = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 48))
    tied = causes(case(core(), node, connections=[refused]))

    assert tied["edge", "partner-ca-not-trusted"] is None
    assert tied["edge", "peer-alert-unknown-ca"] is None

"""The chain that a node sends, and the list that it takes the intermediates from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, MemberKind, Peer, ReadState, Side
from samples.builders.certificates import self_signed
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import CUBE, INTERNET, WEBEX, core, edge, stores, zone
from tests.rules.pki import (
    CORE_CLIENT,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    SERVER_ONLY,
    WITHOUT_ISSUING,
    authority,
    certificate,
    chain,
    read,
)

ALONE = (EDGE_CLIENT,)


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


@pytest.mark.parametrize(
    ("trusted", "alert", "expected"),
    [
        (WITHOUT_ISSUING, (Side.SERVER, 48), {("critical", "inferred", "Webex")}),
        (WITHOUT_ISSUING, (Side.SERVER, 40), set()),
        (WITHOUT_ISSUING, None, set()),
        (None, (Side.SERVER, 48), set()),
    ],
)
def test_an_issuer_that_nothing_knows_may_be_a_root_unless_its_own_list_lacks_it_and_the_peer_refused(
    trusted: tuple[Certificate, ...] | None, alert: tuple[Side, int] | None, expected: set[tuple[str, str, str]]
) -> None:
    lost = certificate("edge.harbor.example", issuer=authority("Lost"))
    node = edge(stores=stores(EDGE_SERVER, lost, trusted))
    sent = connection(node, WEBEX, role=Side.CLIENT, client=(lost,), alert=alert)
    judged = case(node, connections=[sent])
    known = {one.sha256: one for one in (lost, EDGE_SERVER, *(trusted or ()))}

    found = made(replace(judged, certificates=known), "chain-incomplete-sent")

    assert {(str(f.severity), str(f.confidence), f.subject) for f in found} == expected
    assert all("without its issuer Lost Issuing CA, which its own list lacks, too" in f.explanation for f in found)


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


def test_one_authority_that_both_stores_need_is_told_once_by_its_name() -> None:
    other = certificate("edge.harbor.example", SERVER_ONLY)
    node = edge(stores=stores(other, EDGE_CLIENT, WITHOUT_ISSUING))

    (silent,) = made(case(node), "trust-missing-own-issuer")
    shown = connection(node, WEBEX, role=Side.CLIENT, client=ALONE)
    (sent,) = made(case(node, core(), connections=[shown]), "trust-missing-own-issuer")

    assert silent.subject == "edge.harbor.example (server store and client store)"
    assert (
        silent.title == "The chain of edge's certificate needs Harbor Issuing CA, which is not in its trusted CA list"
    )
    assert [row.locator for row in silent.evidence] == [other.sha256, EDGE_CLIENT.sha256]
    assert sent.title == "edge sends an incomplete chain: Harbor Issuing CA is not in its trusted CA list"
    assert [one.text for one in sent.remedy] == ["Append Harbor Issuing CA to the trusted CA list."]


def test_only_what_the_list_lacks_is_to_be_appended() -> None:
    none = edge(stores=stores(None, EDGE_CLIENT, ()))
    (both,) = made(case(none, core()), "trust-missing-own-issuer")
    sending = edge()
    shown = connection(sending, WEBEX, role=Side.CLIENT, client=ALONE)
    unlisted = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None))
    (unknown,) = made(
        case(unlisted, core(), connections=[connection(unlisted, WEBEX, role=Side.CLIENT, client=ALONE)]),
        "chain-incomplete-sent",
    )
    (held,) = made(case(sending, connections=[shown]), "chain-incomplete-sent")

    assert both.remedy[0].text == "Append Harbor Issuing CA and Harbor Root CA to the trusted CA list."
    for one in (unknown, held):
        assert one.remedy[0].text == (
            "Append Harbor Issuing CA to the trusted CA list: all intermediates and the root, as far as it lacks "
            "them."
        )


def test_an_authority_of_which_only_the_name_is_known_is_appended_with_what_the_list_lacks_above_it() -> None:
    node = edge(stores=stores(None, EDGE_CLIENT, ()))
    judged = case(node)
    judged = replace(judged, certificates={EDGE_CLIENT.sha256: EDGE_CLIENT})

    (finding,) = made(judged, "trust-missing-own-issuer")

    assert finding.remedy[0].text == (
        "Append Harbor Issuing CA to the trusted CA list, and what stands above it up to its root, as far as the "
        "list lacks it."
    )


def test_an_authority_that_the_list_holds_with_another_key_is_told_apart_by_its_serial() -> None:
    renewed = authority("Harbor", root_eku=("serverAuth",))
    other = certificate("edge.harbor.example", SERVER_ONLY, renewed)
    node = edge(stores=stores(other, None, EVERYONE))

    (finding,) = made(
        case(node, core(stores=stores(None, None, chain(other, root=True)[1:]))), "trust-missing-own-issuer"
    )

    issuing, root = chain(other, root=True)[1:]
    assert finding.remedy[0].text == (
        f"Append Harbor Issuing CA (serial {issuing.serial}) and Harbor Root CA (serial "
        f"{root.serial}) to the trusted CA list."
    )


def test_authorities_of_one_name_with_two_keys_are_two() -> None:
    renewed = authority("Harbor", root_eku=("serverAuth",))
    other = certificate("edge.harbor.example", SERVER_ONLY, renewed)
    node = edge(stores=stores(other, EDGE_CLIENT, ()))

    assert len(made(case(node), "trust-missing-own-issuer")) == 2


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

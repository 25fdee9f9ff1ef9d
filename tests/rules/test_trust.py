from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Peer, PeerKind, Side, Visibility
from tests.rules.cases import NOT_DETERMINABLE, Shown, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, DENIED, EDGE, INTERNET, WEBEX, core, edge, stores, zone
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    WEBEX_SERVER,
    WITHOUT_ISSUING,
    authority,
    certificate,
    chain,
)

ELSEWHERE = certificate("core.harbor.example", BOTH, authority("Elsewhere"))


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


def test_on_the_port_of_activation_codes_the_trusted_list_does_not_decide() -> None:
    node = edge()
    phone = Peer(name="cp-8851-sep001122334455", kind=PeerKind.NAMED)
    refused = connection(node, phone, role=Side.SERVER, client=ELSEWHERE, port=8443, alert=(Side.SERVER, 48))
    line = event(node, phone, error="issuer-missing", role=Side.SERVER)
    line = replace(line, record=replace(line.record, destination=refused.handshake.server))

    judged = case(node, connections=[refused], events=[line])

    assert judge(judged, "peer-ca-not-trusted") == set()
    (alert,) = made(judged, "local-alert-unknown-ca")
    assert (alert.caused_by, alert.remedy) == ("other-trust-list", ())


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


def test_of_a_partners_chain_only_what_the_list_lacks_is_to_be_appended() -> None:
    root = [one for one in EVERYONE if one.common_name == "Harbor Root CA"]
    lists = ((EVERYONE[2:], "Harbor Issuing CA and Harbor Root CA"), ((*EVERYONE[2:], *root), "Harbor Issuing CA"))
    for held, names in lists:
        judged = case(core(), edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, held), tunnels=DENIED))
        told = [*made(judged, "partner-ca-not-trusted"), *made(judged, "ssh-tunnel-chain-not-trusted")]

        assert [one.remedy[0].text for one in told] == [f"Append {names} to the trusted CA list."]


def test_an_intermediate_that_is_sent_need_not_be_listed_for_the_zone() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING))

    assert judge(case(core(), node), "partner-ca-not-trusted", "edge") == set()


def test_what_completed_all_the_same_is_no_outage() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]))
    fine = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, completed=True)

    assert judge(case(core(), node, connections=[fine]), "partner-ca-not-trusted", "edge") == {
        ("warning", "strong", "core")
    }


def test_what_the_partner_would_present_after_a_restart_is_no_outage() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]))
    older = connection(node, CORE, role=Side.SERVER, client=CORE_SERVER, completed=True)

    (finding,) = made(case(core(), node, connections=[older]), "partner-ca-not-trusted")

    assert (str(finding.severity), str(finding.confidence)) == ("warning", "inferred")
    assert finding.explanation.startswith("With core another certificate was captured: serial ")
    assert "would present as TLS client by the store rule" in finding.explanation


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


def test_the_edges_distrust_of_the_core_does_not_explain_what_webex_refuses() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, EVERYONE[2:]))
    refused = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 48))
    tied = causes(case(core(), node, connections=[refused]))

    assert tied["edge", "partner-ca-not-trusted"] is None
    assert tied["edge", "peer-alert-unknown-ca"] is None


def refused_with_48(client: Shown) -> Connection:
    return connection(edge(), CUBE, role=Side.SERVER, server=EDGE_SERVER, client=client, alert=(Side.SERVER, 48))


def test_where_the_log_gives_another_reason_for_the_alert_no_authority_is_missing() -> None:
    """A revocation list that is demanded and missing brings about the same alert (rules.md 6)."""
    node = edge()
    flow = refused_with_48(Visibility.ENCRYPTED)
    lines = {
        error: event(node, CUBE, error=error, role=Side.SERVER, joined="c1")
        for error in ("crl-unavailable", "verify-failed", "issuer-missing")
    }

    told = {
        error: judge(case(node, connections=[flow], events=[line]), "peer-ca-not-trusted")
        for error, line in lines.items()
    }

    assert told == {
        "crl-unavailable": set(),
        "verify-failed": {("critical", "inferred", CUBE.name)},
        "issuer-missing": {("critical", "proven", CUBE.name)},
    }


def test_the_alert_alone_is_no_proof_of_a_missing_authority() -> None:
    (finding,) = made(case(edge(), connections=[refused_with_48(Visibility.ENCRYPTED)]), "peer-ca-not-trusted")

    assert str(finding.confidence) == "inferred"
    assert "seems to lack" in finding.explanation

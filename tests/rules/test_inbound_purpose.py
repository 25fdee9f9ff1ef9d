"""Callers that no zone configures, refused for the purpose of their certificate."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Node, Peer, PeerKind, Side, ZonePeer
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, CUCM, INTERNET, NAMED, NEIGHBOR_ZONE, WEBEX, core, edge
from tests.rules.pki import BOTH, SERVER_ONLY, authority, certificate

RULE = "inbound-purpose-error-default-zone"
PARTNER = certificate("sip.partner.example", SERVER_ONLY)


def refused(at: Node, peer: Peer, error: str = "unsupported-purpose", role: Side = Side.SERVER) -> Case:
    return case(at, events=[event(at, peer, error=error, role=role, detail="unsupported certificate purpose")])


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (NAMED, ("critical", "proven", "sip.partner.example")),
        (WEBEX, ("critical", "proven", "Webex")),
        (replace(WEBEX, hint_only=True), ("critical", "strong", "Webex")),
        (INTERNET, ("info", "proven", "Internet")),
    ],
)
def test_who_calls_without_being_configured_is_told(peer: Peer, expected: tuple[str, str, str]) -> None:
    judged = refused(edge(), peer)

    assert judge(judged, RULE) == {expected}
    assert judge(judged, "neighbor-inbound-purpose-error") == set()


@pytest.mark.parametrize(
    ("configured", "confidence"), [("cube.harbor.example", "inferred"), ("10.3.3.30", "proven"), (None, "proven")]
)
def test_a_caller_known_by_address_may_be_a_neighbour_that_is_configured_by_name(
    configured: str | None, confidence: str
) -> None:
    neighbours = (replace(NEIGHBOR_ZONE, peers=(ZonePeer(address=configured),)),) if configured else ()
    judged = refused(core(zones=neighbours), Peer(name="10.7.7.7", kind=PeerKind.NAMED))

    assert judge(judged, RULE) == {("critical", confidence, "10.7.7.7")}
    assert "10.7.7.7, an address that no zone" in made(judged, RULE)[0].explanation


@pytest.mark.parametrize("peer", [CUBE, CUCM, CORE])
def test_configured_peers_have_findings_of_their_own(peer: Peer) -> None:
    assert judge(refused(edge(), peer), RULE) == set()


def test_the_certificate_that_the_capture_shows_is_quoted() -> None:
    node = edge()
    sent = connection(node, NAMED, role=Side.SERVER, client=PARTNER, alert=(Side.SERVER, 43), port=5061)
    judged = case(node, connections=[sent])

    (found,) = made(judged, RULE)

    assert "extended key usage is serverAuth" in found.explanation
    assert any(row.locator == PARTNER.sha256 for row in found.evidence)
    assert any("ExtendedKeyUsage Checking Mode" in row.text for row in found.evidence)
    assert causes(judged)["edge", "local-alert-unsupported-certificate"] == RULE


def test_an_authority_in_the_way_is_the_cause_where_the_leaf_is_in_order() -> None:
    node = edge()
    leaf = certificate("sip.partner.example", BOTH, authority("Restricted", eku=SERVER_ONLY))
    sent = connection(node, NAMED, role=Side.SERVER, client=leaf, alert=(Side.SERVER, 43), port=5061)

    assert causes(case(node, connections=[sent]))["edge", RULE] == "purpose-error-not-leaf-eku"


@pytest.mark.parametrize(("error", "role"), [("expired", Side.SERVER), ("unsupported-purpose", Side.CLIENT)])
def test_other_errors_and_outbound_ones_are_not_meant(error: str, role: Side) -> None:
    assert judge(refused(edge(), NAMED, error, role), RULE) == set()


def test_scanners_stay_background() -> None:
    judged = refused(edge(), INTERNET, "issuer-missing")

    assert judge(judged, RULE) == set()
    assert judge(judged, "internet-background") == {("info", "proven", "Internet")}


def test_releases_without_the_check_are_not_meant() -> None:
    assert judge(refused(edge(version="X15.4"), NAMED), RULE) == set()


def test_without_the_configuration_it_is_not_determinable() -> None:
    node = edge(settings={}, zones=())

    assert judge(refused(node, NAMED), RULE) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(core(logs=(), captures=())), RULE) == {("info", NOT_DETERMINABLE, "core")}

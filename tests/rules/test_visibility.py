from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Node, Outcome, Peer, PeerIdentity, Side, Visibility
from analyzer.rules.verdicts import verdicts_of
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CUBE, INTERNET, LOG, NAMED, START, WEBEX, edge
from tests.rules.pki import CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER

ENCRYPTED: dict[str, Any] = {"client": Visibility.ENCRYPTED, "server": Visibility.ENCRYPTED, "tls_version": "TLSv1.3"}


def rows(rule: str, node: Node, *connections: Connection) -> set[tuple[str, str, str]]:
    return judge(case(node, connections=connections), rule)


def talk(node: Node, peer: Peer = NAMED, role: Side | None = Side.CLIENT, **changes: Any) -> Connection:
    return connection(node, peer, role=role, **changes)


# Each reason has its own word


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("tls13-certificate-hidden", {"client": Visibility.ENCRYPTED}),
        ("tls12-resumed-session", {"client": Visibility.RESUMED}),
        ("capture-starts-mid-handshake", {"client": Visibility.NOT_CAPTURED}),
        ("capture-starts-mid-handshake", {"client": EDGE_CLIENT, "seen_from_start": False}),
        ("one-way-tls", {"client": Visibility.NOT_REQUESTED}),
        ("client-certificate-empty", {"client": Visibility.NONE_SENT}),
    ],
)
def test_each_reason_has_a_row_of_its_own(rule: str, changes: dict[str, Any]) -> None:
    node = edge()

    assert rows(rule, node, talk(node, **changes)) == {("info", "proven", NAMED.name)}
    assert rows(rule, node, talk(node, client=EDGE_CLIENT, server=EDGE_SERVER)) == set()
    assert rows(rule, node) == {("info", NOT_DETERMINABLE, "edge")}


def test_several_connections_with_one_peer_are_one_row() -> None:
    node = edge()

    (finding,) = made(
        case(node, connections=[talk(node, **ENCRYPTED), talk(node, **ENCRYPTED, at=9)]), "tls13-certificate-hidden"
    )

    assert finding.count == 2


def test_in_place_of_a_hidden_certificate_the_names_of_the_log_are_told() -> None:
    node = edge()
    names = PeerIdentity(time=START, names=("sip.partner.example",), file=LOG, line=1)
    hidden = replace(talk(node, **ENCRYPTED), peer_identity=names)

    (finding,) = made(case(node, connections=[hidden]), "tls13-certificate-hidden")

    assert "sip.partner.example" in finding.explanation


def test_a_resumed_session_points_to_the_full_handshake() -> None:
    node = edge()
    full, short = talk(node, client=EDGE_CLIENT), talk(node, client=Visibility.RESUMED, resumed=True, at=9)

    (alone,) = made(case(node, connections=[short]), "tls12-resumed-session")
    (both,) = made(case(node, connections=[full, short]), "tls12-resumed-session")

    assert (len(alone.remedy), len(both.remedy)) == (1, 0)
    assert "connection c1" in both.explanation


def test_one_way_tls_is_a_warning_where_the_zone_demands_a_certificate() -> None:
    node = edge()
    relaxed = edge(zones=tuple(replace(zone, tls_verify_mode="Off") for zone in node.zones))

    assert rows("one-way-tls", node, talk(node, CUBE, Side.SERVER)) == {("warning", "proven", CUBE.name)}
    assert rows("one-way-tls", node, talk(node, CUBE, Side.CLIENT)) == {("info", "proven", CUBE.name)}
    assert rows("one-way-tls", relaxed, talk(relaxed, CUBE, Side.SERVER)) == {("info", "proven", CUBE.name)}


def test_a_client_that_shook_hands_again_unseen_may_have_been_asked_then() -> None:
    node = edge()
    asked_once = talk(node, WEBEX, client=Visibility.NOT_REQUESTED)
    again = replace(asked_once, handshake=replace(asked_once.handshake, renegotiated=True))
    (verdict, *_) = verdicts_of(case(node, connections=[again]))

    assert not {row for row in rows("one-way-tls", node, again) if row[1] != NOT_DETERMINABLE}
    assert "none was requested at first, and behind another handshake, which is encrypted" in verdict.sentence


# An empty Certificate message


@pytest.mark.parametrize(
    ("peer", "role", "changes", "expected"),
    [
        (WEBEX, Side.CLIENT, {"alert": (Side.SERVER, 40)}, "critical"),
        (CUBE, Side.SERVER, {"alert": (Side.SERVER, 40)}, "critical"),
        (CUBE, Side.SERVER, {"closed_by": Side.SERVER}, "critical"),
        (CUBE, Side.SERVER, {"completed": True}, "info"),
        (WEBEX, Side.CLIENT, {"completed": True}, "info"),
        (INTERNET, Side.SERVER, {"alert": (Side.SERVER, 40)}, "info"),
    ],
)
def test_an_empty_certificate_is_grave_only_where_the_handshake_with_somebody_known_failed(
    peer: Peer, role: Side, changes: dict[str, Any], expected: str
) -> None:
    node = edge()
    sent = talk(node, peer, role, client=Visibility.NONE_SENT, **changes)

    assert rows("client-certificate-empty", node, sent) == {(expected, "proven", peer.name)}


def test_the_empty_certificate_explains_the_handshake_failure() -> None:
    node = edge()
    sent = talk(node, WEBEX, client=Visibility.NONE_SENT, alert=(Side.SERVER, 40))

    assert (
        causes(case(node, connections=[sent]))["edge", "peer-alert-handshake-failure"] == "client-certificate-empty"
    )


# The log names somebody whom the capture does not show


def test_a_peer_that_only_the_log_shows_is_missed_in_the_capture() -> None:
    node = edge()
    line = event(node, WEBEX, error="expired", role=Side.CLIENT)

    assert judge(case(node, events=[line]), "capture-no-tls-for-peer") == {("info", "proven", "Webex")}
    assert judge(case(node, connections=[talk(node, WEBEX)], events=[line]), "capture-no-tls-for-peer") == set()
    assert judge(case(node, events=[event(node, INTERNET, error="expired")]), "capture-no-tls-for-peer") == set()
    assert judge(case(edge(logs=())), "capture-no-tls-for-peer") == {("info", NOT_DETERMINABLE, "edge")}


def test_without_known_addresses_either_side_may_be_the_hidden_one() -> None:
    node = edge(addresses=())
    judged = case(node, connections=[talk(node, role=None, client=CORE_CLIENT, server=Visibility.ENCRYPTED)])

    assert judged.connections[0].outcome is Outcome.UNKNOWN
    assert judge(judged, "tls13-certificate-hidden") == {("info", "proven", NAMED.name)}

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Node, Outcome, Peer, PeerIdentity, Side, TlsRecord, Visibility
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CAPTURE, CUBE, INTERNET, LOG, NAMED, START, WEBEX, edge, stores
from tests.rules.pki import BOTH, CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, certificate, chain

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


# What an encrypted record gives away


def record(length: int, sender: Side = Side.SERVER) -> TlsRecord:
    return TlsRecord(sender=sender, length=length, capture=CAPTURE, frame=8, time=START)


@pytest.mark.parametrize(
    ("peer", "changes", "expected"),
    [
        (WEBEX, {"last_record_before_close": record(19)}, {("warning", "inferred", "Webex")}),
        (WEBEX, {"last_record_before_close": record(20)}, set()),
        (WEBEX, {"last_record_before_close": record(19), "completed": True}, set()),
        (WEBEX, {}, set()),
        (INTERNET, {"last_record_before_close": record(19)}, set()),
    ],
)
def test_a_last_record_of_an_alerts_length_is_a_suspicion(
    peer: Peer, changes: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    node = edge()

    assert rows("tls13-suspected-encrypted-alert", node, talk(node, peer, **ENCRYPTED, **changes)) == expected


def test_the_log_makes_the_suspicion_strong() -> None:
    node = edge()
    ended = talk(node, WEBEX, **ENCRYPTED, last_record_before_close=record(19), closed_by=Side.SERVER)
    line = event(node, WEBEX, alert=43, role=Side.CLIENT, joined="c1")

    assert judge(case(node, connections=[ended], events=[line]), "tls13-suspected-encrypted-alert") == {
        ("warning", "strong", "Webex")
    }


def length_of(*sent: Any) -> int:
    return 25 + sum(len(one.der) + 5 for one in sent)


OTHER_CLIENT = certificate(
    "edge.harbor.example", BOTH, names=("a-much-longer-name-than-the-other-has.harbor.example",)
)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (stores(EDGE_SERVER, OTHER_CLIENT), "fits the client store's chain and not the other's"),
        (stores(OTHER_CLIENT, OTHER_CLIENT), "fits the certificate that both stores hold"),
    ],
)
def test_a_records_length_may_fit_a_stores_chain_and_is_no_proof(held: Any, words: str) -> None:
    node = edge(stores=held)
    sent = record(length_of(*chain(OTHER_CLIENT)), Side.CLIENT)
    judged = case(node, connections=[talk(node, **ENCRYPTED, encrypted_records=(sent,))])

    (finding,) = made(judged, "tls13-length-match")

    assert (str(finding.severity), str(finding.confidence)) == ("info", "inferred")
    assert words in finding.explanation


@pytest.mark.parametrize("sender", list(Side))
def test_only_what_this_node_sent_is_measured(sender: Side) -> None:
    node = edge(stores=stores(EDGE_SERVER, OTHER_CLIENT))
    sent = record(length_of(*chain(OTHER_CLIENT)), sender)

    found = rows(
        "tls13-length-match", node, talk(node, **ENCRYPTED, encrypted_records=(sent, record(7, Side.CLIENT)))
    )

    assert bool(found) is (sender is Side.CLIENT)


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

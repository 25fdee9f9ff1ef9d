"""What the lengths of encrypted records lead rules to say: always as inferred, and no more than they show."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Node, Outcome, Peer, Side, Stores, TlsRecord, Visibility
from analyzer.rules.verdicts import verdicts_of
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, findings, judge, made
from tests.rules.nodes import CAPTURE, CUBE, INTERNET, NAMED, START, WEBEX, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, certificate, chain

ENCRYPTED: dict[str, Any] = {"client": Visibility.ENCRYPTED, "server": Visibility.ENCRYPTED, "tls_version": "TLSv1.3"}
CCM_8 = 0x1305
EMPTY, FINISHED, ALERT = 25, 53, 19


def record(length: int, sender: Side = Side.SERVER) -> TlsRecord:
    return TlsRecord(sender=sender, length=length, capture=CAPTURE, frame=8, time=START)


def length_of(*sent: Any) -> int:
    return 25 + sum(len(one.der) + 5 for one in sent)


def server_flight(certificate_record: int = 1500) -> tuple[TlsRecord, ...]:
    return tuple(record(length) for length in (23, 156, certificate_record, 281, FINISHED))


def client_flight(*lengths: int) -> tuple[TlsRecord, ...]:
    return tuple(record(length, Side.CLIENT) for length in lengths)


def talk(
    node: Node,
    peer: Peer = NAMED,
    role: Side = Side.CLIENT,
    *,
    client: tuple[int, ...] = (1309, 96, FINISHED),
    server: int = 1500,
    behind: tuple[int, ...] = (),
    **changes: Any,
) -> Connection:
    """A handshake of TLS 1.3 by the lengths of its records; `behind`: the server's behind the client's flight."""
    records = (*server_flight(server), *client_flight(*client), *(record(length) for length in behind))
    return connection(node, peer, role=role, **ENCRYPTED, encrypted_records=records, **changes)


def rows(rule: str, node: Node, *connections: Connection) -> set[tuple[str, str, str]]:
    return judge(case(node, connections=connections), rule)


# Which store's chain it was


OTHER_CLIENT = certificate(
    "edge.harbor.example", BOTH, names=("a-much-longer-name-than-the-other-has.harbor.example",)
)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (stores(EDGE_SERVER, OTHER_CLIENT), "fits the client store's chain and not the other's."),
        (stores(OTHER_CLIENT, EDGE_CLIENT), "fits the server store's chain and not the other's."),
        (stores(OTHER_CLIENT, OTHER_CLIENT), "fits the certificate that both stores hold."),
        (stores(OTHER_CLIENT, None), "fits the server store's chain; there is no other store to compare with."),
        (stores(None, OTHER_CLIENT), "fits the client store's chain; there is no other store to compare with."),
    ],
)
@pytest.mark.parametrize("sent", [chain(OTHER_CLIENT)[:1], chain(OTHER_CLIENT), chain(OTHER_CLIENT, root=True)])
def test_a_records_length_may_fit_a_stores_chain_and_is_no_proof(held: Stores, words: str, sent: Any) -> None:
    node = edge(stores=held)
    judged = case(node, connections=[talk(node, client=(length_of(*sent), 96, FINISHED))])

    (finding,) = made(judged, "tls13-length-match")

    assert (str(finding.severity), str(finding.confidence)) == ("info", "inferred")
    assert words in finding.explanation


def test_where_both_chains_are_equally_long_it_is_ambiguous() -> None:
    """Signatures of elliptic curves differ in length, so that of a few certificates two are equally long."""
    made_alike = [certificate(f"twin-{number}.harbor.example", BOTH) for number in range(10, 30)]
    one, other = next(pair for pair in combinations(made_alike, 2) if len(pair[0].der) == len(pair[1].der))
    node = edge(stores=stores(one, other))

    (finding,) = made(
        case(node, connections=[talk(node, client=(length_of(*chain(one)), 96, FINISHED))]), "tls13-length-match"
    )

    assert "is ambiguous: it fits the chains of both stores" in finding.explanation
    assert str(finding.confidence) == "inferred"


def test_of_a_chain_that_is_not_known_to_its_end_it_is_not_said_that_it_does_not_fit() -> None:
    known = chain(OTHER_CLIENT, root=True)[1:]
    node = edge(stores=stores(EDGE_SERVER, OTHER_CLIENT, trusted=known))

    (finding,) = made(
        case(node, connections=[talk(node, client=(length_of(*chain(OTHER_CLIENT)), 96, FINISHED))]),
        "tls13-length-match",
    )

    assert "and not the other's as far as that is known" in finding.explanation


def test_what_a_store_lists_behind_its_leaf_may_have_been_sent() -> None:
    """A cross-signed authority, say, that the shortest path to a root does without."""
    listed = (OTHER_CLIENT, EDGE_SERVER)
    node = edge(stores=replace(stores(EDGE_SERVER, OTHER_CLIENT), client=tuple(one.sha256 for one in listed)))

    assert rows("tls13-length-match", node, talk(node, client=(length_of(*listed), 96, FINISHED)))


@pytest.mark.parametrize(
    ("role", "records"),
    [
        (Side.CLIENT, {"client": (1, 2, 3)}),
        (Side.CLIENT, {"client": (1309, 96, FINISHED, length_of(*chain(OTHER_CLIENT)))}),
        (Side.CLIENT, {"server": length_of(*chain(OTHER_CLIENT))}),
        (Side.SERVER, {"client": (length_of(*chain(OTHER_CLIENT)), 96, FINISHED)}),
        (Side.SERVER, {"behind": (length_of(*chain(OTHER_CLIENT)),)}),
        (Side.CLIENT, {"client": (length_of(*chain(OTHER_CLIENT)), 96, FINISHED), "cipher_suite": CCM_8}),
        (Side.CLIENT, {"client": (length_of(*chain(OTHER_CLIENT)) + 1, 96, FINISHED)}),
        (Side.CLIENT, {"client": (length_of(*chain(OTHER_CLIENT)), 96, FINISHED), "seen_from_start": False}),
    ],
    ids=[
        "neither's length",
        "the client's data",
        "the peer's certificate as a client",
        "the peer's certificate as a server",
        "a ticket",
        "another tag",
        "longer by one byte",
        "bytes missing",
    ],
)
def test_nothing_else_of_that_length_is_taken_for_this_nodes_certificate(role: Side, records: dict[str, Any]) -> None:
    node = edge(stores=stores(EDGE_SERVER, OTHER_CLIENT))

    assert rows("tls13-length-match", node, talk(node, role=role, **records)) == set()


def test_each_connection_is_measured_and_counts_only_for_what_it_shows() -> None:
    node = edge(stores=stores(EDGE_SERVER, OTHER_CLIENT))
    fitting: dict[str, Any] = {"client": (length_of(*chain(OTHER_CLIENT)), 96, FINISHED)}
    judged = case(
        node,
        connections=[
            talk(node),
            talk(node, **fitting, at=1),
            talk(node, **fitting, at=2),
            talk(node, client=(length_of(*chain(EDGE_SERVER)), 96, FINISHED), at=3),
            talk(node, role=Side.SERVER, server=length_of(*chain(EDGE_SERVER)), at=4),
        ],
    )

    told = {
        (f.count, f.explanation.split(" sent as ")[1].split(" and ")[0]) for f in made(judged, "tls13-length-match")
    }

    assert told == {
        (2, "TLS client fits the client store's chain"),
        (1, "TLS client fits the server store's chain"),
        (1, "TLS server fits the server store's chain"),
    }


@pytest.mark.parametrize("lacks", [{"stores": Stores()}, {"captures": ()}, {"addresses": ()}])
def test_without_stores_capture_or_addresses_nothing_can_be_measured(lacks: dict[str, Any]) -> None:
    node = edge(**lacks)

    assert rows("tls13-length-match", node, talk(node)) == {("info", NOT_DETERMINABLE, "edge")}


# What ended it


REFUSED: dict[str, Any] = {"behind": (ALERT,), "last_record_before_close": record(ALERT), "closed_by": Side.SERVER}
LEFT: dict[str, Any] = {
    "client": (1309, 96, FINISHED, ALERT),
    "last_record_before_close": record(ALERT, Side.CLIENT),
    "closed_by": Side.CLIENT,
}


@pytest.mark.parametrize(
    ("peer", "changes", "expected"),
    [
        (WEBEX, REFUSED, {("warning", "inferred", "Webex")}),
        (INTERNET, REFUSED, set()),
        (WEBEX, REFUSED | {"completed": True}, set()),
        (WEBEX, REFUSED | {"closed_by": None}, set()),
        (WEBEX, REFUSED | {"behind": (ALERT + 1,)}, set()),
        (WEBEX, REFUSED | {"closed_by": Side.CLIENT}, {("warning", "inferred", "Webex")}),
        (WEBEX, REFUSED | {"client": (1309, 96, FINISHED, ALERT)}, set()),
        (WEBEX, REFUSED | {"behind": (1002, 1002, ALERT)}, set()),
        (WEBEX, REFUSED | {"resumed": True}, set()),
        (WEBEX, REFUSED | {"cipher_suite": CCM_8}, set()),
        (
            WEBEX,
            REFUSED | {"cipher_suite": CCM_8, "behind": (11,), "last_record_before_close": record(11)},
            {("warning", "inferred", "Webex")},
        ),
        (WEBEX, LEFT | {"behind": (1002, 1002)}, set()),
        (WEBEX, LEFT, set()),
        (WEBEX, LEFT | {"client": (ALERT,)}, {("warning", "inferred", "Webex")}),
    ],
    ids=[
        "refused",
        "somebody unknown",
        "data went through",
        "no close",
        "another length",
        "closed by the client",
        "an answer to the client's leave",
        "a leave behind the tickets",
        "no certificates at all",
        "another tag",
        "a short tag",
        "the client's leave behind the tickets",
        "the client's leave",
        "in place of the client's flight",
    ],
)
def test_what_has_an_alerts_length_is_suspected_only_where_nothing_says_otherwise(
    peer: Peer, changes: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    node = edge()

    assert rows("tls13-suspected-encrypted-alert", node, talk(node, peer, **changes)) == expected


def test_whose_refusal_it_looks_like_is_told_by_the_sender_and_its_turn() -> None:
    node = edge()
    before = connection(
        node,
        WEBEX,
        role=Side.CLIENT,
        **(ENCRYPTED | {"client": Visibility.NOT_REACHED}),
        encrypted_records=(*server_flight(), record(ALERT)),
        last_record_before_close=record(ALERT),
        closed_by=Side.SERVER,
    )
    shown = (talk(node, WEBEX, **REFUSED), talk(node, WEBEX, **LEFT | {"client": (ALERT,)}), before)

    told = [made(case(node, connections=[one]), "tls13-suspected-encrypted-alert")[0].explanation for one in shown]

    assert "A server's refusal of the client's certificate looks so, and so does a leave" in told[0]
    assert "A client's refusal of the server's certificate looks so, and so does a leave" in told[1]
    assert "it is not about the client's certificate" in told[2]


def test_a_refusal_in_the_log_makes_the_suspicion_strong_and_a_mere_disconnect_does_not() -> None:
    node = edge()
    ended = talk(node, WEBEX, **REFUSED)
    line = event(node, WEBEX, alert=43, role=Side.CLIENT, joined="c1")
    disconnect = event(node, WEBEX, error="remote-disconnect", role=Side.CLIENT, joined="c1")

    told = [
        judge(case(node, connections=[ended], events=[one]), "tls13-suspected-encrypted-alert")
        for one in (line, disconnect)
    ]

    assert told == [{("warning", "strong", "Webex")}, {("warning", "inferred", "Webex")}]


def test_a_tls_13_handshake_that_may_have_gone_through_is_not_called_a_failure() -> None:
    node = edge()
    judged = case(node, connections=[talk(node, WEBEX, **LEFT | {"behind": (1002, 1002)})])

    assert judged.connections[0].outcome is Outcome.UNKNOWN
    assert [one.id for one in findings(judged) if one.severity in {"critical", "warning"} and one.determined] == []
    assert "what came of it is not known" in verdicts_of(judged)[0].sentence


def test_that_no_alert_was_sent_is_not_said_of_tls_13() -> None:
    node = edge()
    judged = case(node, connections=[talk(node, WEBEX, closed_by=Side.SERVER)])

    (finding,) = made(judged, "closed-without-alert")

    assert str(finding.confidence) == "inferred"
    assert "without an alert in clear" in finding.explanation
    assert "closed without an alert in clear" in verdicts_of(judged)[0].sentence


def test_the_suspected_alert_explains_the_early_close() -> None:
    node = edge()
    judged = case(node, connections=[talk(node, WEBEX, **REFUSED)])

    assert causes(judged)["edge", "closed-without-alert"] == "tls13-suspected-encrypted-alert"


# A client that presents nothing


@pytest.mark.parametrize(
    ("peer", "role", "changes", "expected"),
    [
        (WEBEX, Side.CLIENT, REFUSED, {("warning", "inferred", "Webex")}),
        (WEBEX, Side.CLIENT, {"completed": True}, {("info", "inferred", "Webex")}),
        (WEBEX, Side.CLIENT, {}, {("info", "inferred", "Webex")}),
        (CUBE, Side.SERVER, REFUSED, {("warning", "inferred", CUBE.name)}),
        (INTERNET, Side.SERVER, REFUSED, {("info", "inferred", "Internet")}),
        (WEBEX, Side.CLIENT, REFUSED | {"cipher_suite": CCM_8}, set()),
        (WEBEX, Side.CLIENT, REFUSED | {"client": (EMPTY,)}, set()),
        (WEBEX, Side.CLIENT, REFUSED | {"client": (EMPTY, 96, FINISHED)}, set()),
        (WEBEX, Side.CLIENT, REFUSED | {"client": (1309, EMPTY, FINISHED)}, set()),
    ],
)
def test_an_empty_certificate_of_tls_13_is_inferred_from_the_clients_whole_flight(
    peer: Peer, role: Side, changes: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    node = edge()
    shown = talk(node, peer, role, **{"client": (EMPTY, FINISHED)} | changes)

    assert rows("client-certificate-empty", node, shown) == expected


def test_an_empty_certificate_is_grave_where_the_log_says_that_it_was_refused() -> None:
    node = edge()
    shown = talk(node, WEBEX, client=(EMPTY, FINISHED), **REFUSED)
    line = event(node, WEBEX, alert=116, role=Side.CLIENT, joined="c1")
    judged = case(node, connections=[shown], events=[line])

    (finding,) = made(judged, "client-certificate-empty")

    assert (str(finding.severity), str(finding.confidence)) == ("critical", "inferred")
    assert "the length of an empty Certificate message" in finding.explanation
    assert causes(judged)["edge", "peer-alert-certificate-required"] == "client-certificate-empty"


def test_of_an_empty_certificate_without_an_outcome_it_is_not_said_that_the_handshake_went_on() -> None:
    node = edge()
    judged = case(node, connections=[talk(node, WEBEX, client=(EMPTY, FINISHED))])

    (finding,) = made(judged, "client-certificate-empty")

    assert "what came of it is not known" in finding.explanation


@pytest.mark.parametrize(
    ("suite", "client", "expected"),
    [
        (0x1301, (FINISHED,), {("info", "inferred", "Webex")}),
        (0x1302, (69,), {("info", "inferred", "Webex")}),
        (CCM_8, (45,), {("info", "inferred", "Webex")}),
        (0x1302, (FINISHED,), set()),
        (0x1301, (1309, 96, FINISHED), set()),
        (0x1301, (EMPTY, FINISHED), set()),
    ],
)
def test_one_way_tls_13_is_inferred_from_a_finished_message_that_comes_first(
    suite: int, client: tuple[int, ...], expected: set[tuple[str, str, str]]
) -> None:
    node = edge()

    assert rows("one-way-tls", node, talk(node, WEBEX, client=client, cipher_suite=suite)) == expected


@pytest.mark.parametrize(
    ("role", "client", "words"),
    [
        (
            Side.SERVER,
            (FINISHED,),
            ". Inferred: by the store rule it was the server store's certificate, serial",
        ),
        (
            Side.CLIENT,
            (1309, 96, FINISHED),
            ". Inferred: its length tells that there was one; by the store rule it was the client store's",
        ),
        (
            Side.CLIENT,
            (EMPTY + 1, FINISHED),
            ". Inferred: if there was one, by the store rule it was the client store's certificate",
        ),
        (
            Side.CLIENT,
            (FINISHED,),
            "presented a certificate or none, which TLS 1.3 encrypts (by the lengths of the records none: inferred),",
        ),
        (
            Side.CLIENT,
            (EMPTY, FINISHED),
            "presented a certificate or none, which TLS 1.3 encrypts (by the lengths of the records none: inferred),",
        ),
    ],
)
def test_the_verdict_does_not_say_that_a_client_presented_a_certificate_that_nobody_saw(
    role: Side, client: tuple[int, ...], words: str
) -> None:
    node = edge()
    (verdict, *_) = verdicts_of(case(node, connections=[talk(node, WEBEX, role, client=client)]))

    assert words in verdict.sentence
    assert (verdict.presented.visibility, verdict.presented.certificate) == (Visibility.ENCRYPTED, None)
    assert str(verdict.confidence) == "inferred"


@pytest.mark.parametrize("lacks", [{"captures": ()}, {}])
def test_without_a_capture_or_a_handshake_no_hidden_alert_is_suspected(lacks: dict[str, Any]) -> None:
    assert rows("tls13-suspected-encrypted-alert", edge(**lacks)) == {("info", NOT_DETERMINABLE, "edge")}

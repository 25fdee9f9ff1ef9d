from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Outcome, Peer, PeerIdentity, Side, Store, Visibility
from analyzer.findings import Verdict
from analyzer.rules.verdicts import verdicts_of
from tests.rules.cases import case, connection, event
from tests.rules.nodes import CUBE, INTERNET, NAMED, START, WEBEX, core, edge, stores
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, SERVER_ONLY, certificate


def answers(judged: Case, peer: Peer = WEBEX) -> list[Verdict]:
    return [one for one in verdicts_of(judged) if one.peer == peer.name]


def answer(*, peer: Peer = WEBEX, role: Side | None = Side.CLIENT, **changes: Any) -> Verdict:
    node = edge()
    (only,) = answers(case(node, connections=[connection(node, peer, role=role, **changes)]), peer)
    return only


def test_the_answer_names_node_role_certificate_store_peer_frame_and_refusal() -> None:
    verdict = answer(client=EDGE_CLIENT, alert=(Side.SERVER, 46))

    assert verdict.sentence == (
        "edge as TLS client presented the client store's certificate, edge.harbor.example, serial "
        f"{EDGE_CLIENT.serial}, to Webex at 2026-03-24T11:00:00.000000Z (frame 3 of edge.zip/eth0.pcap); "
        "Webex refused: certificate_unknown."
    )
    assert (verdict.presented.store, verdict.outcome, verdict.refused_by) == (
        Store.CLIENT,
        Outcome.REFUSED,
        Side.SERVER,
    )
    assert (verdict.node, verdict.local_role, verdict.connections) == ("edge", Side.CLIENT, ("c1",))


def test_who_refused_whom_is_told_apart() -> None:
    assert "; edge refused: unknown_ca." in answer(alert=(Side.CLIENT, 48)).sentence
    assert "; Webex refused: unknown_ca." in answer(alert=(Side.SERVER, 48)).sentence


@pytest.mark.parametrize(
    ("shown", "hint", "confidence"),
    [
        (EDGE_CLIENT, False, "proven"),
        (EDGE_CLIENT, True, "strong"),
        (Visibility.NONE_SENT, False, "proven"),
        (Visibility.ENCRYPTED, False, "inferred"),
        (Visibility.RESUMED, False, "inferred"),
        (Visibility.NOT_CAPTURED, False, "inferred"),
        (Visibility.NOT_REQUESTED, False, "inferred"),
    ],
)
def test_what_is_seen_is_proven_and_the_store_rule_only_infers(shown: Any, hint: bool, confidence: str) -> None:
    verdict = answer(peer=replace(WEBEX, hint_only=hint), client=shown)

    assert str(verdict.confidence) == confidence
    assert ("inferred" in verdict.sentence) is (shown is Visibility.ENCRYPTED)
    assert (verdict.collect is None) is (confidence != "inferred" or shown is Visibility.NOT_REQUESTED)


def test_a_hidden_certificate_of_a_node_without_stores_is_not_determinable() -> None:
    node = edge(stores=stores(None, None))
    hidden = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.ENCRYPTED)

    (verdict,) = answers(case(node, connections=[hidden]))

    assert str(verdict.confidence) == "not-determinable"


@pytest.mark.parametrize(
    ("visibility", "words"),
    [
        (Visibility.NONE_SENT, "an empty Certificate message"),
        (Visibility.NOT_REQUESTED, "no certificate, because none was requested"),
        (Visibility.RESUMED, "because the session was resumed"),
        (Visibility.NOT_REACHED, "the handshake ended before its turn"),
        (Visibility.NOT_CAPTURED, "that the capture missed"),
        (Visibility.NOT_USED, "uses no certificates"),
    ],
)
def test_only_an_empty_message_is_called_empty(visibility: Visibility, words: str) -> None:
    assert words in answer(client=visibility).sentence


def test_equal_answers_are_one_and_the_newest_speaks() -> None:
    node = edge()
    told = [connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, at=at) for at in (0, 40, 20)]
    refused = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48), at=30)

    first, second = answers(case(node, connections=[*told, refused]))

    assert (first.connections, second.connections) == (("c1", "c2", "c3"), ("c4",))
    assert "11:00:40" in first.sentence
    assert "3 times" in first.sentence


def test_webex_comes_first_then_the_newest() -> None:
    node = edge()
    talk = [
        connection(node, peer, role=Side.CLIENT, client=EDGE_CLIENT, at=at)
        for peer, at in ((NAMED, 10), (CUBE, 50), (WEBEX, 0))
    ]

    assert [one.peer for one in verdicts_of(case(node, connections=talk))] == [WEBEX.name, CUBE.name, NAMED.name]


def test_loose_files_have_an_answer_for_each_connection() -> None:
    node = edge(name=None, addresses=())
    talk = [connection(node, NAMED, role=None, client=EDGE_CLIENT, at=at) for at in (0, 40)]

    verdicts = answers(case(node, connections=talk), NAMED)

    assert [one.connections for one in verdicts] == [("c2",), ("c1",)]
    assert verdicts[0].sentence.startswith(f"The client {talk[1].handshake.client} presented")


def test_an_edge_without_any_sign_of_webex_is_told_how_to_collect_one() -> None:
    node = edge()
    (verdict,) = answers(case(node, connections=[connection(node, INTERNET, role=Side.SERVER)]))

    assert (str(verdict.confidence), verdict.outcome) == ("not-determinable", Outcome.UNKNOWN)
    assert verdict.collect is not None
    assert answers(case(core())) == []


# Failures that only the log shows


@pytest.mark.parametrize(
    ("role", "changes", "outcome", "refused_by"),
    [
        (Side.CLIENT, {"alert": 48}, Outcome.REFUSED, Side.SERVER),
        (Side.SERVER, {"error": "expired"}, Outcome.REFUSED, Side.SERVER),
        (Side.SERVER, {"alert": 46}, Outcome.REFUSED, Side.CLIENT),
    ],
)
def test_the_log_alone_answers_by_the_store_rule(
    role: Side, changes: dict[str, Any], outcome: Outcome, refused_by: Side | None
) -> None:
    node = edge()
    lines = [event(node, WEBEX, role=role, at=at, **changes) for at in (0, 40)]
    store, leaf = ("client", EDGE_CLIENT) if role is Side.CLIENT else ("server", EDGE_SERVER)

    (verdict,) = answers(case(node, events=lines))

    assert (verdict.outcome, verdict.refused_by, str(verdict.confidence)) == (outcome, refused_by, "inferred")
    assert (verdict.events, verdict.connections) == (("e1", "e2"), ())
    assert f"by the store rule the {store} store's certificate, serial {leaf.serial} (inferred)" in verdict.sentence


@pytest.mark.parametrize(
    ("changes", "outcome", "refused_by"),
    [
        ({"error": "expired"}, Outcome.REFUSED, Side.CLIENT),
        ({"error": "peer-alert"}, Outcome.REFUSED, Side.SERVER),
        ({"alert": 70}, Outcome.REFUSED, Side.SERVER),
        ({"error": "remote-disconnect"}, Outcome.CLOSED, None),
        ({"error": "handshake-failure"}, Outcome.UNKNOWN, None),
    ],
)
def test_where_it_may_not_have_come_to_presenting_the_log_alone_does_not_say_it_did(
    changes: dict[str, Any], outcome: Outcome, refused_by: Side | None
) -> None:
    node = edge()

    (verdict,) = answers(case(node, events=[event(node, WEBEX, role=Side.CLIENT, **changes)]))

    assert (verdict.outcome, verdict.refused_by) == (outcome, refused_by)
    assert str(verdict.confidence) == "not-determinable"
    assert "presented is not in the log" in verdict.sentence


def test_a_webex_certificate_that_only_the_log_names_is_a_sign_of_webex() -> None:
    identity = PeerIdentity(time=START, names=("l2sip.webex.com",), file="edge.zip/loggingsnapshot.txt", line=7)
    node = edge(identities=(identity,))

    (verdict,) = answers(case(node))

    assert verdict.peer == "Webex"
    assert "line 7 of edge.zip/loggingsnapshot.txt" in verdict.sentence
    assert "nothing of what was given shows" not in verdict.sentence


def test_lines_of_a_captured_connection_have_no_answer_of_their_own() -> None:
    node = edge()
    talk = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, started=START)
    line = event(node, WEBEX, error="expired", role=Side.CLIENT, joined="c1")

    (verdict,) = answers(case(node, connections=[talk], events=[line]))

    assert (verdict.connections, verdict.events) == (("c1",), ("e1",))


def test_a_release_with_one_store_is_judged_by_it() -> None:
    node = edge(version="X15.4", stores=stores(EDGE_SERVER, None))
    verdict = answers(case(node, events=[event(node, WEBEX, alert=48, role=Side.CLIENT)]))[0]

    assert f"the server store's certificate, serial {EDGE_SERVER.serial}" in verdict.sentence


def test_a_presented_certificate_that_is_in_no_store_is_said_to_be() -> None:
    stranger = certificate("stranger.example", SERVER_ONLY)

    sentence = answer(client=stranger).sentence

    assert "a certificate that is in none of the stores that were given, stranger.example" in sentence

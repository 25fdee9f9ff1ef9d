from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Outcome, Peer, PeerIdentity, Side, Store, Visibility
from analyzer.findings import Verdict
from analyzer.rules.verdicts import verdicts_of
from tests.rules.cases import case, connection, event
from tests.rules.nodes import CUBE, INTERNET, NAMED, START, WEBEX, core, edge, stores
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, SERVER_ONLY, WEBEX_SERVER, certificate


def answers(judged: Case, peer: Peer = WEBEX) -> list[Verdict]:
    """Return what is answered about a peer."""
    return [one for one in verdicts_of(judged) if one.peer == peer.name]


def answer(*, peer: Peer = WEBEX, role: Side | None = Side.CLIENT, **changes: Any) -> Verdict:
    node = edge()
    (only,) = answers(case(node, connections=[connection(node, peer, role=role, **changes)]), peer)
    return only


def test_the_answer_names_node_role_certificate_store_peer_frame_and_refusal() -> None:
    verdict = answer(client=EDGE_CLIENT, alert=(Side.SERVER, 46))

    assert verdict.sentence == (
        "edge as TLS client presented the client store's certificate, edge.harbor.example, serial "
        f"{EDGE_CLIENT.serial}, to Webex at 2026-03-24T11:00:00.003000Z "
        "(frame 3 of edge.zip/eth0.pcap); "
        "Webex refused it: certificate_unknown (alert in frame 9 there)."
    )
    assert (verdict.presented.store, verdict.outcome, verdict.refused_by) == (
        Store.CLIENT,
        Outcome.REFUSED,
        Side.SERVER,
    )
    assert (verdict.node, verdict.local_role, verdict.connections) == ("edge", Side.CLIENT, ("c1",))


def test_who_refused_whom_is_told_apart() -> None:
    refusing, refused = (answer(client=EDGE_CLIENT, server=WEBEX_SERVER, alert=(side, 48)) for side in Side)

    assert refusing.sentence == (
        "edge as TLS client refused the certificate of Webex, l2sip.webex.com, serial "
        f"{WEBEX_SERVER.serial}, presented at 2026-03-24T11:00:00.002000Z "
        "(frame 2 of edge.zip/eth0.pcap): "
        "unknown_ca (alert in frame 9 there). edge itself presented the client store's certificate, "
        f"edge.harbor.example, serial {EDGE_CLIENT.serial} (frame 3 of edge.zip/eth0.pcap)."
    )
    assert "; Webex refused it: unknown_ca (alert in frame 9 there)." in refused.sentence
    assert (refusing.grounds.refused, refused.grounds.refused) == (Side.SERVER, Side.CLIENT)


@pytest.mark.parametrize(("alert", "client"), [(70, EDGE_CLIENT), (116, Visibility.NONE_SENT)])
def test_what_is_no_refusal_of_a_certificate_is_not_called_one(alert: int, client: Any) -> None:
    verdict = answer(client=client, alert=(Side.SERVER, alert))

    assert "; Webex refused: " in verdict.sentence
    assert verdict.grounds.refused is None


def test_a_refused_certificate_that_nobody_saw_is_not_described() -> None:
    verdict = answer(alert=(Side.CLIENT, 48))

    assert "edge as TLS client refused the certificate of Webex, which the capture missed, " in verdict.sentence


def test_the_name_that_was_looked_for_is_said() -> None:
    node = edge()
    talk = connection(node, NAMED, role=Side.CLIENT, server=WEBEX_SERVER)
    line = event(
        node, NAMED, role=Side.CLIENT, error="identity-unacceptable", common_name="sip.partner.example", joined="c1"
    )

    (verdict,) = answers(case(node, connections=[talk], events=[line]), NAMED)

    assert "; it looked for the name sip.partner.example." in verdict.sentence
    assert verdict.grounds.wanted_name == "sip.partner.example"


def test_the_log_line_shown_is_one_of_the_connection_shown() -> None:
    node = edge()
    talk = [
        connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48), at=at)
        for at in (0, 40)
    ]
    lines = [event(node, WEBEX, role=Side.CLIENT, alert=48, at=at, joined=f"c{n}") for n, at in ((1, 0), (2, 40))]

    (verdict,) = answers(case(node, connections=talk, events=lines))
    (without,) = answers(case(node, connections=talk, events=lines[:1]))

    assert (verdict.grounds.connection, verdict.grounds.event) == ("c2", "e2")
    assert (without.grounds.connection, without.grounds.event) == ("c2", "e1")


def test_a_sentence_names_the_time_of_the_frame_it_names_and_calls_a_clienthello_one() -> None:
    assert "at 2026-03-24T11:00:00.003000Z (frame 3 of " in answer(client=EDGE_CLIENT).sentence
    assert "at 2026-03-24T11:00:00.000000Z (ClientHello in frame 1 of " in answer(client=Visibility.RESUMED).sentence


def test_the_brief_sentence_leaves_serials_and_paths_to_what_stands_beside_it() -> None:
    assert answer(client=EDGE_CLIENT, alert=(Side.SERVER, 46)).grounds.brief == (
        "Presented as TLS client at 2026-03-24 11:00:00.003 UTC (frame 3). "
        "Reason: certificate_unknown (alert in frame 9)."
    )
    assert answer(client=EDGE_CLIENT, completed=True).grounds.brief == (
        "Presented as TLS client at 2026-03-24 11:00:00.003 UTC (frame 3)."
    )


def test_what_no_headline_says_the_brief_sentence_says() -> None:
    open_end = answer(client=EDGE_CLIENT).grounds.brief
    hidden = answer(client=Visibility.NOT_CAPTURED, completed=True).grounds.brief

    assert open_end == (
        "edge as TLS client presented the client store's certificate, edge.harbor.example, to Webex at "
        "2026-03-24 11:00:00.003 UTC (frame 3); what came of it is not known."
    )
    assert hidden
    assert hidden.startswith("edge as TLS client presented a certificate that the capture missed to Webex at ")


def test_a_resumed_session_is_no_failure_to_present() -> None:
    resumed = answer(client=Visibility.RESUMED, completed=True)

    assert resumed.grounds.brief == (
        "Session resumed at 2026-03-24 11:00:00.000 UTC (ClientHello in frame 1): no certificate was sent this time, "
        "by design. Expected by the store rule: the client store's certificate, edge.harbor.example."
    )
    assert "; the handshake completed. Expected by the store rule: " in resumed.sentence
    assert "presented" not in resumed.sentence


def test_what_the_store_rule_says_is_kept_beside_what_cannot_be_seen() -> None:
    hidden, seen = answer(client=Visibility.NOT_CAPTURED), answer(client=EDGE_CLIENT)
    same = edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT))
    both = answers(case(same, events=[event(same, WEBEX, alert=48, role=Side.CLIENT)]))[0]

    assert hidden.grounds.by_rule is not None
    assert (hidden.grounds.by_rule.certificate, hidden.grounds.by_rule.store) == (EDGE_CLIENT.sha256, Store.CLIENT)
    assert hidden.presented.certificate is None
    assert seen.grounds.by_rule is None
    assert "by the store rule the certificate that both stores hold, serial" in both.sentence


@pytest.mark.parametrize(
    ("shown", "hint", "confidence"),
    [
        (EDGE_CLIENT, False, "proven"),
        (EDGE_CLIENT, True, "strong"),
        (Visibility.NONE_SENT, False, "proven"),
        (Visibility.ENCRYPTED, False, "inferred"),
        (Visibility.RESUMED, False, "inferred"),
        (Visibility.NOT_CAPTURED, False, "inferred"),
        (Visibility.NOT_REQUESTED, False, "proven"),
        (Visibility.NOT_REACHED, False, "proven"),
        (Visibility.NOT_REACHED, True, "strong"),
    ],
)
def test_what_is_seen_is_proven_and_the_store_rule_only_infers(shown: Any, hint: bool, confidence: str) -> None:
    verdict = answer(peer=replace(WEBEX, hint_only=hint), client=shown)

    assert str(verdict.confidence) == confidence
    assert ("Inferred: " in verdict.sentence) is (shown is Visibility.ENCRYPTED)
    assert (verdict.collect is None) is (confidence != "inferred")


@pytest.mark.parametrize("version", ["TLSv1.3", None])
def test_that_nothing_was_asked_for_is_inferred_where_the_answer_is_not_in_clear(version: str | None) -> None:
    node = edge()
    hidden = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.NOT_REQUESTED, tls_version=version)

    (verdict,) = answers(case(node, connections=[hidden]))

    assert str(verdict.confidence) == "inferred"


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
        (Visibility.RESUMED, "resumed a session with Webex at "),
        (Visibility.NOT_REACHED, "the handshake ended before its turn"),
        (Visibility.NOT_CAPTURED, "that the capture missed"),
        (Visibility.NOT_USED, "uses no certificates"),
    ],
)
def test_only_an_empty_message_is_called_empty(visibility: Visibility, words: str) -> None:
    assert words in answer(client=visibility).sentence


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (Visibility.NONE_SENT, "edge as TLS client presented an empty Certificate message to Webex at"),
        (
            Visibility.ENCRYPTED,
            "edge as TLS client presented a certificate or none, which TLS 1.3 encrypts, to Webex at",
        ),
        (Visibility.NOT_REACHED, "presented nothing, because the handshake ended before its turn, to Webex at"),
        (EDGE_CLIENT, f"certificate, edge.harbor.example, serial {EDGE_CLIENT.serial}, to Webex at"),
    ],
    ids=["empty", "encrypted", "not reached", "seen"],
)
def test_a_remark_on_what_was_presented_stands_between_commas(shown: Any, sentence: str) -> None:
    assert sentence in answer(client=shown).sentence


@pytest.mark.parametrize("first", [Visibility.NONE_SENT, Visibility.NOT_REQUESTED])
def test_what_an_encrypted_handshake_within_the_connection_hides_is_said(first: Visibility) -> None:
    node = edge()
    talk = connection(node, WEBEX, role=Side.CLIENT, client=first, renegotiated=True)

    (verdict,) = answers(case(node, connections=[talk]))

    assert " at first, and behind another handshake, which is encrypted, what nobody can see" in verdict.sentence


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


def test_a_refusal_between_unknown_ends_asks_for_what_its_alert_says_and_for_their_bundle() -> None:
    refused = answer(peer=NAMED, role=None, client=EDGE_CLIENT, alert=(Side.SERVER, 48))

    told = [(step.text, step.command, step.at) for step in refused.grounds.remedy]

    assert [command for _, command, _ in told] == [None] * len(told)
    assert told[0][0].startswith("See that the server trusts the CA of the client's certificate")
    assert told[-1][0].startswith("Add the whole diagnostic bundle of the Expressway at either end")
    assert refused.collect is None


def test_between_known_ends_the_findings_say_what_to_do_and_what_completed_asks_for_nothing() -> None:
    assert answer(client=EDGE_CLIENT, alert=(Side.SERVER, 48)).grounds.remedy == ()
    assert answer(peer=NAMED, role=None, client=EDGE_CLIENT, completed=True).grounds.remedy == ()


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

    single = "the single store's certificate (X15.4 has one for both roles)"
    assert f"{single}, serial {EDGE_SERVER.serial}" in verdict.sentence


def test_a_presented_certificate_that_is_in_no_store_is_said_to_be() -> None:
    stranger = certificate("stranger.example", SERVER_ONLY)

    sentence = answer(client=stranger).sentence

    assert "a certificate that is in none of the stores that were given, stranger.example" in sentence

from __future__ import annotations

import pytest

from analyzer.evidence import Side, TcpConversation
from analyzer.parsers.capture import CaptureLimits, CaptureReading
from samples.builders.frames import pcap
from samples.builders.tcp import Closing, Opening, conversation
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c

BANNERS = (
    Flight(sender=Side.SERVER, payload=b"SSH-2.0-OpenSSH_8.0\r\n"),
    Flight(sender=Side.CLIENT, payload=b"SSH-2.0-OpenSSH_7.4 Expressway\r\n"),
    Flight(sender=Side.CLIENT, payload=bytes(1000)),
)


def read(flights: tuple[Flight, ...] = (), **options: object) -> CaptureReading:
    return c.read(c.capture_of(flights, **options))


def only(reading: CaptureReading) -> TcpConversation:
    (found,) = reading.conversations
    return found


def test_a_syn_without_an_answer_is_reported_with_its_attempts() -> None:
    found = only(read(opening=Opening.UNANSWERED))

    assert (found.client, found.server, found.started) == (c.CLIENT_END, c.SERVER_END, c.START)
    assert (found.attempts, found.established, found.refused) == (4, False, False)
    assert (found.capture, found.frame, found.ended) == ("0.pcap", 1, None)


def test_new_attempts_from_the_same_port_are_one_conversation() -> None:
    first = c.talk((), opening=Opening.REFUSED, first_sequence=dict.fromkeys(Side, 5))
    second = c.talk((), opening=Opening.REFUSED, first_sequence=dict.fromkeys(Side, 900_000))
    found = only(c.read_frames(c.plain([*first, *second])))

    assert (found.attempts, found.established, found.refused) == (2, False, True)


def test_an_attempt_that_succeeds_at_last_is_not_reported() -> None:
    first = c.talk((), opening=Opening.UNANSWERED, first_sequence=dict.fromkeys(Side, 5))
    second = c.talk(c.mutual(), first_sequence=dict.fromkeys(Side, 900_000))
    reading = c.read_frames(c.plain([*first, *second]))

    assert reading.conversations == ()
    assert c.only(reading).completed is True


def test_ssh_is_reported_with_its_banners_and_its_end() -> None:
    found = only(read(BANNERS, closing=Closing.RESET, closed_by=Side.SERVER))

    assert (found.client_banner, found.server_banner) == ("SSH-2.0-OpenSSH_7.4 Expressway", "SSH-2.0-OpenSSH_8.0")
    assert (found.client_bytes, found.server_bytes) == (1032, 21)
    assert (found.established, found.closed_by) == (True, Side.SERVER)
    assert found.ended is not None


def test_a_hostile_banner_is_made_harmless() -> None:
    found = only(read((Flight(sender=Side.SERVER, payload=b"SSH-2.0-\x1b[31m\xff" + b"x" * 4000),)))

    assert found.server_banner is not None
    assert found.server_banner.startswith("SSH-2.0-\\x1b[31m")
    assert len(found.server_banner) < 300


@pytest.mark.parametrize("payload", [b"OPTIONS sip:a SIP/2.0\r\n", b"GET / HTTP/1.1\r\n"])
def test_other_conversations_are_not_reported(payload: bytes) -> None:
    reading = read((Flight(sender=Side.CLIENT, payload=payload),))

    assert (reading.conversations, reading.handshakes, reading.problems) == ((), (), ())


def test_a_handshake_is_no_conversation() -> None:
    assert c.read(c.capture_of(c.mutual())).conversations == ()


def test_one_direction_of_a_connection_that_goes_on_was_established() -> None:
    segments = [s for s in c.talk(BANNERS[1:]) if s.source == c.CLIENT_END]

    assert only(c.read_frames(c.plain(segments))).established is True


def test_more_conversations_than_the_limit_are_counted() -> None:
    segments = [
        segment
        for port in range(6)
        for segment in conversation(
            (),
            client=type(c.CLIENT_END)(address="10.9.1.20", port=30_000 + port),
            server=c.SERVER_END,
            start=c.START,
            opening=Opening.UNANSWERED,
        )
    ]
    reading = c.read(pcap(c.plain(segments)), limits=CaptureLimits(conversations=4))

    assert len(reading.conversations) == 4
    assert [problem.what for problem in reading.problems] == ["2 connections"]

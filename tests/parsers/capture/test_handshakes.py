from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.evidence import Handshake, Side, Step
from samples.builders.handshake import Party, handshake
from samples.builders.tcp import Closing
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c


def shown_of(flights: tuple[Flight, ...], **options: object) -> Handshake:
    return c.only(c.read(c.capture_of(flights, **options)))


def test_finished_is_the_first_encrypted_handshake_record_of_each_side() -> None:
    shown = c.only(c.read(c.capture_of(c.mutual())))

    assert shown.frame(Step.FINISHED, Side.CLIENT) is not None
    assert shown.frame(Step.FINISHED, Side.SERVER) is not None
    assert shown.completed is True


def test_a_handshake_knows_when_its_connection_was_opened_and_stood() -> None:
    segments = c.talk(c.mutual())
    times = [segment.time for segment in segments]
    late = timedelta(seconds=7)  # a preamble, say
    delayed = [*segments[:3], *(replace(segment, time=segment.time + late) for segment in segments[3:])]

    shown = c.only(c.read_frames(c.plain(delayed)))

    assert (shown.opened, shown.established, shown.started) == (times[0], times[2], times[3] + late)


def test_what_was_not_captured_of_the_opening_has_no_time() -> None:
    segments = c.talk(c.mutual())
    without_syn = c.only(c.read_frames(c.plain(segments[1:])))
    without_answer = c.only(c.read_frames(c.plain([segments[0], *segments[2:]])))
    late = c.only(c.read_frames(c.plain(segments[3:])))

    assert (without_syn.opened, without_syn.established) == (None, segments[2].time)
    assert (without_answer.opened, without_answer.established) == (segments[0].time, segments[2].time)
    assert (late.opened, late.established) == (None, None)


def test_a_handshake_that_is_closed_before_both_finished_did_not_complete() -> None:
    transcript = c.mutual()

    assert shown_of(transcript.flights[:3]).completed is False
    assert shown_of(transcript.flights[:3], closing=Closing.NONE).completed is None


def test_under_tls_13_only_the_servers_data_proves_completion() -> None:
    transcript = handshake(
        Party(identity=c.CLIENT), c.STRICT_SERVER, version="1.3", application_data=(b"a" * 50, b"b" * 50) * 3
    )
    silent = handshake(Party(identity=c.CLIENT), c.STRICT_SERVER, version="1.3", application_data=())

    assert shown_of(transcript.flights).completed is True
    assert shown_of(silent.flights).completed is None


def test_a_refusal_under_tls_13_is_never_a_success() -> None:
    transcript = c.refused_by_server("1.3")

    for closing in Closing:
        assert shown_of(transcript.flights, closing=closing, closed_by=Side.SERVER).completed is None


def test_records_of_tls_13_are_described_by_their_outside() -> None:
    shown = c.only(c.read(c.capture_of(c.mutual("1.3"), closed_by=Side.SERVER)))
    server = [record.length for record in shown.encrypted_records if record.sender is Side.SERVER]
    client = [record.length for record in shown.encrypted_records if record.sender is Side.CLIENT]

    assert max(server) > len(c.SERVER.der)
    assert max(client) > len(c.CLIENT.der)
    assert shown.last_record_before_close is None or shown.last_record_before_close.sender is Side.SERVER


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_clients_random_is_kept(version: str) -> None:
    transcript = c.mutual(version)
    # RFC 8446 section 4.1.2: behind the headers of record (5) and message (4), and the version.
    random = transcript.flights[0].payload[11:43]

    assert shown_of(transcript.flights).client_random == random
    assert shown_of(transcript.flights[1:]).client_random == b""


def test_what_both_sides_offered_is_kept() -> None:
    shown = c.only(c.read(c.capture_of(c.mutual())))

    assert shown.server_name == "expe.harbor.example"
    assert 0x0403 in shown.signature_algorithms
    assert 0x0403 in shown.requested_signature_algorithms
    assert 64 in shown.requested_certificate_types
    assert shown.cipher_suite is not None


def test_the_client_is_whoever_sent_the_hello_whatever_the_ports() -> None:
    shown = shown_of(
        tuple(Flight(sender=flight.sender.other, payload=flight.payload) for flight in c.mutual().flights)
    )

    assert (shown.client, shown.server) == (c.SERVER_END, c.CLIENT_END)


@pytest.mark.parametrize(
    "kept", [slice(1, 2), slice(2, 3)], ids=["the server's flight", "the client's second flight"]
)
def test_without_a_hello_the_roles_are_told_by_what_only_one_side_sends(kept: slice) -> None:
    shown = shown_of(c.mutual().flights[kept])

    assert (shown.client, shown.server) == (c.CLIENT_END, c.SERVER_END)
    assert shown.seen_from_start is False


def test_what_nothing_tells_the_roles_of_is_not_reported() -> None:
    alert = (Flight(sender=Side.SERVER, payload=b"\x15\x03\x03\x00\x02\x02\x30"),)

    assert c.read(c.capture_of(alert)).handshakes == ()

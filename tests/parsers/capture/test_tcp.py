from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Endpoint, Handshake, Side, Step, Visibility
from analyzer.parsers.capture import CaptureLimits
from samples.builders.frames import pcap
from samples.builders.tcp import Closing, Opening, Segment, conversation
from samples.builders.transcript import Flight, Transcript
from tests.parsers.capture import captures as c


@cache
def expected() -> dict[str, object]:
    return c.story(c.only(c.read(c.capture_of(c.mutual()))))


def seen(segments: list[Segment] | tuple[Segment, ...]) -> Handshake:
    return c.only(c.read_frames(c.plain(segments)))


@pytest.mark.parametrize("size", [1, 7, 100, 536, 1448, 60_000])
def test_the_size_of_segments_does_not_matter(size: int) -> None:
    assert c.story(seen(c.talk(c.mutual(), segment_size=size))) == expected()


@pytest.mark.parametrize("start", [0, 2**31 - 700, 2**32 - 1, 2**32 - 900])
def test_sequence_numbers_wrap(start: int) -> None:
    segments = c.talk(c.mutual(), segment_size=300, first_sequence=dict.fromkeys(Side, start))

    assert c.story(seen(segments)) == expected()


def test_every_segment_twice_is_the_same() -> None:
    segments = c.talk(c.mutual(), segment_size=400)

    assert c.story(seen([s for segment in segments for s in (segment, segment)])) == expected()


def test_of_bytes_that_came_twice_the_first_copy_counts() -> None:
    segments = c.talk(c.mutual(), segment_size=400)
    forged = [replace(s, payload=bytes(len(s.payload))) if s.payload else s for s in segments]

    assert c.story(seen([s for pair in zip(segments, forged, strict=True) for s in pair])) == expected()


def test_overlapping_retransmissions_add_nothing() -> None:
    segments = c.talk(c.mutual(), segment_size=400)
    doubled: list[Segment] = []
    for before, segment in zip((None, *segments), segments, strict=False):
        joined = segment
        if before and before.source == segment.source and before.payload and segment.payload:
            joined = replace(segment, sequence=before.sequence, payload=before.payload + segment.payload)
        doubled.append(joined)

    assert c.story(seen(doubled)) == expected()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=3.5), min_size=80, max_size=80), st.integers(200, 1448))
def test_segments_that_change_places_do_not_matter(delays: list[float], size: int) -> None:
    segments = c.talk(c.mutual(), segment_size=size)
    moved = c.reorder(segments, lambda i: i + delays[i % len(delays)])

    story = c.story(seen(moved))

    assert {**story, "seen_from_start": True} == {**expected(), "steps": story["steps"]}


def test_a_syn_behind_the_data_is_not_another_connection() -> None:
    segments = c.talk(c.mutual())

    assert c.story(seen([segments[3], segments[0], segments[1], *segments[4:]])) == expected()


@pytest.mark.parametrize("opening", list(Opening)[-1:])
def test_the_opening_may_be_missing(opening: Opening) -> None:
    assert c.story(seen(c.talk(c.mutual(), opening=opening))) == expected()


@pytest.mark.parametrize("opening", [Opening.WHOLE, Opening.NONE])
def test_ports_that_are_used_again_are_another_connection(opening: Opening) -> None:
    first = c.talk(c.one_way(), first_sequence=dict.fromkeys(Side, 5_000))
    second = c.talk(
        c.mutual(),
        start=c.START + timedelta(seconds=9),
        opening=opening,
        first_sequence=dict.fromkeys(Side, 3_000_000_000),
    )
    shown = c.read_frames(c.plain([*first, *second])).handshakes

    assert [h.client_certificate.visibility for h in shown] == [Visibility.NOT_REQUESTED, Visibility.SEEN]


def test_two_handshakes_on_one_connection_are_two() -> None:
    flights = (*c.refused_by_client().flights, *c.mutual().flights)
    shown = c.read(c.capture_of(flights)).handshakes

    assert [h.completed for h in shown] == [False, True]
    assert [h.client_certificate.visibility for h in shown] == [Visibility.NOT_REACHED, Visibility.SEEN]
    assert [len(h.alerts) for h in shown] == [1, 0]


def test_frames_are_those_in_which_a_message_is_complete() -> None:
    segments = c.talk(c.mutual(), segment_size=600)
    shown = seen(segments)
    server_flight = [n for n, s in enumerate(segments, 1) if s.source == c.SERVER_END and s.payload]
    last_of_flight = next(n for n in server_flight if n + 1 not in server_flight)

    certificate = shown.frame(Step.SERVER_CERTIFICATE)

    assert shown.frame(Step.CLIENT_HELLO, Side.CLIENT) is not None
    assert certificate is not None
    assert server_flight[0] < certificate.frame <= last_of_flight
    assert certificate.time == segments[certificate.frame - 1].time
    assert [f.frame for f in shown.frames] == sorted(f.frame for f in shown.frames)


def test_the_first_to_leave_is_named() -> None:
    shown = seen(c.talk(c.mutual(), closing=Closing.FIN, closed_by=Side.SERVER))
    closed = shown.frame(Step.CLOSED)

    assert (shown.closed_by, shown.closed_by_reset) == (Side.SERVER, False)
    assert closed is not None
    assert closed.sender is Side.SERVER


def test_a_gap_is_not_waited_for_once_it_was_acknowledged() -> None:
    segments = c.talk(c.mutual(), segment_size=500)
    carriers = [s for s in segments if s.payload and s.source == c.SERVER_END]
    shown = seen([s for s in segments if s is not carriers[1]])

    assert shown.client_certificate.visibility is Visibility.SEEN
    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.completed is True


def test_more_connections_than_the_limit_cost_the_oldest() -> None:
    segments = [
        segment
        for port in range(20)
        for segment in conversation(
            c.mutual().flights[:3],
            client=Endpoint(address=c.CLIENT_END.address, port=30_000 + port),
            server=c.SERVER_END,
            start=c.START + timedelta(seconds=port),
            closing=Closing.NONE,
        )
    ]
    reading = c.read_frames(c.plain(segments))
    limited = c.read(pcap(c.plain(segments)), limits=CaptureLimits(flows=4))

    assert len(limited.handshakes) == len(reading.handshakes) == 20
    assert any("too many" in problem.why for problem in limited.problems)


def test_hellos_without_end_on_one_connection_are_bounded_and_none_is_lost() -> None:
    hello = c.mutual().flights[0]
    reading = c.read(c.capture_of([hello] * 200))

    assert len(reading.handshakes) == 200


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_lost_first_segment_of_the_server_is_a_loss_though_its_syn_was_not_captured(version: str) -> None:
    segments = c.talk(c.mutual(version), segment_size=500, opening=Opening.NONE)
    first = next(s for s in segments if s.payload and s.source == c.SERVER_END)
    shown = seen([s for s in segments if s is not first])

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.seen_from_start is False
    assert shown.completed is not False


def test_a_connection_that_comes_again_after_its_end_is_the_same_one() -> None:
    segments = c.talk(c.mutual())

    assert c.story(seen([*segments, *segments])) == expected()


def test_ports_are_used_again_after_an_end_without_a_syn_in_the_capture() -> None:
    first = c.talk(c.mutual(), first_sequence=dict.fromkeys(Side, 1000))
    again = c.talk(
        c.mutual(),
        opening=Opening.NONE,
        first_sequence=dict.fromkeys(Side, 3_000_000_000),
        start=c.START + timedelta(minutes=2),
    )

    assert len(c.read_frames(c.plain([*first, *again])).handshakes) == 2


def test_what_small_segments_behind_a_gap_take_is_bounded() -> None:
    """Their own memory, not only their payload."""
    opening = c.talk((), closing=Closing.NONE)
    late = [replace(opening[-1], sequence=opening[-1].sequence + 2 * n + 9, payload=b"x") for n in range(20_000)]
    data = pcap(c.plain([*opening, *late]))
    limits = CaptureLimits(queued_bytes=1 << 19)
    c.read(data[:5000], limits=limits)
    tracemalloc.start()
    c.read(data, limits=limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3 << 19


NUMBERS = {Side.CLIENT: 1000, Side.SERVER: 5000}


def carriers(segments: Iterable[Segment], side: Side) -> list[Segment]:
    end = c.CLIENT_END if side is Side.CLIENT else c.SERVER_END
    return [s for s in segments if s.payload and s.source == end]


def test_what_a_reset_acknowledges_was_sent() -> None:
    segments = c.talk(c.refused_by_client(), closing=Closing.RESET, first_sequence=NUMBERS)
    hello = segments.index(carriers(segments, Side.CLIENT)[0])
    shown = seen([*segments[: hello + 1], segments[-1]])

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.completed is None


def test_a_reset_behind_what_was_not_captured_does_not_say_that_the_handshake_failed() -> None:
    segments = c.talk(c.mutual(), closing=Closing.RESET, first_sequence=NUMBERS)
    finished = segments.index(carriers(segments, Side.CLIENT)[2])

    assert seen([*segments[: finished + 1], segments[-1]]).completed is None


def test_an_older_acknowledgement_does_not_take_back_a_newer_one() -> None:
    segments = c.talk(c.refused_by_server(), closing=Closing.NONE, first_sequence=NUMBERS)
    *flight, alert = carriers(segments, Side.SERVER)
    left = [s for s in segments if s not in carriers(segments, Side.CLIENT)[1:] and s is not flight[-1]]
    left.insert(left.index(alert) + 1, flight[-1])
    shown = seen(left)

    assert alert.payload[0] == 0x15
    assert shown.client_certificate.visibility is Visibility.NOT_CAPTURED
    assert [(a.sender, a.code) for a in shown.alerts] == [(Side.SERVER, 43)]


def test_a_loss_before_the_first_message_is_not_forgotten() -> None:
    """TLS 1.3 behind a proxy: its answer, the hello and the client's flight were not captured."""
    preamble = (
        Flight(sender=Side.CLIENT, payload=b"CONNECT edge:443 HTTP/1.1\r\n\r\n"),
        Flight(sender=Side.SERVER, payload=b"HTTP/1.1 200 OK\r\n\r\n"),
    )
    segments = c.talk((*preamble, *c.mutual("1.3").flights), segment_size=60_000)
    by_server = carriers(segments, Side.SERVER)
    lost = [by_server[0], *carriers(segments, Side.CLIENT)[1:], *by_server[2:]]

    assert seen([s for s in segments if s not in lost]).client_certificate.visibility is Visibility.ENCRYPTED


@pytest.mark.parametrize("ahead", [-10_000_000, -5_000, 100_000])
def test_ports_that_are_used_again_with_numbers_nearby_are_another_connection(ahead: int) -> None:
    numbers = dict.fromkeys(Side, 20_000_000)
    first = c.talk(c.refused_by_client(), first_sequence=numbers)
    again = c.talk(
        c.mutual(),
        opening=Opening.NONE,
        first_sequence={side: number + ahead for side, number in numbers.items()},
        start=c.START + timedelta(minutes=2),
    )
    shown = c.read_frames(c.plain([*first, *again])).handshakes

    assert [h.client_certificate.visibility for h in shown] == [Visibility.NOT_REACHED, Visibility.SEEN]


@pytest.mark.parametrize("first", list(Side))
@pytest.mark.parametrize("transcript", [c.mutual, c.one_way, c.nothing_presented, c.resumed])
def test_one_direction_may_come_wholly_behind_the_other(first: Side, transcript: Callable[[], Transcript]) -> None:
    """Two captures, one of each direction, were put together."""
    segments = c.talk(transcript())
    end = c.CLIENT_END if first is Side.CLIENT else c.SERVER_END
    halves = [[s for s in segments if (s.source == end) is turn] for turn in (True, False)]
    told, want = seen([*halves[0], *halves[1]]), seen(segments)

    assert without_end(told) == without_end(want)


def without_end(shown: Handshake) -> dict[str, object]:
    """What a handshake says but for who left first."""
    steps = {(frame.step, frame.sender) for frame in shown.frames if frame.step is not Step.CLOSED}
    return {**c.story(shown), "steps": steps}


def test_alerts_without_end_are_bounded_and_the_fatal_one_is_kept() -> None:
    warnings = Flight(sender=Side.SERVER, payload=bytes.fromhex("1503030002015a") * 5_000)
    fatal = Flight(sender=Side.SERVER, payload=bytes.fromhex("15030300020228"))
    reading = c.read(c.capture_of((*c.mutual().flights[:1], warnings, fatal)))
    shown = c.only(reading)

    assert len(shown.alerts) < 100
    assert [p.what for p in reading.problems] == [f"{5_001 - len(shown.alerts)} alerts"]
    assert [a.code for a in shown.alerts if a.level == "fatal"] == [40]

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.correlate.clock import LEAST_JOINS, measure_offset
from analyzer.evidence import ClockOffset, LogTrace, TcpConversation
from tests.correlate.records import LOCAL, REMOTE, at, end, event, handshake, trace


def measured(offsets: list[float]) -> ClockOffset | None:
    """Measure connections a minute apart, each logged by its own offset."""
    return measure_offset(
        [trace(n, 60 * n + offset) for n, offset in enumerate(offsets)],
        (),
        [handshake(n, started=60 * n) for n in range(len(offsets))],
        (),
    )


@pytest.mark.parametrize("count", range(LEAST_JOINS))
def test_with_fewer_than_three_joins_there_is_no_offset(count: int) -> None:
    assert measured([0.5] * count) is None


@pytest.mark.parametrize("seconds", [0.0, 0.25, -7.5, 3600.0, -19800.0, 86400.0])
def test_any_offset_is_found_a_time_zone_too(seconds: float) -> None:
    assert measured([seconds] * 3) == ClockOffset(seconds=seconds, joins=3, spread=0.0)


def test_an_outlier_does_not_move_it() -> None:
    assert measured([2.0, 2.1, 1.9, 2.0, 500.0]) == ClockOffset(seconds=2.0, joins=5, spread=0.1)


BOTH_LINES = ((1.0, "connecting"), (1.2, "established"))


@pytest.mark.parametrize(
    ("lines", "opened", "established"),
    [
        (BOTH_LINES, -0.3, 0.2),  # "connecting" of an inbound connection comes when it stands already
        (BOTH_LINES, 0.0, None),
        (BOTH_LINES, None, None),
        (((1.0, "connecting"),), 0.0, 0.2),
        (((1.2, "accepted"),), 0.0, 0.2),
        (((1.0, "established"),), -0.3, None),
    ],
)
def test_lines_of_the_opening_are_compared_with_the_frame_that_tells_the_same(
    lines: tuple[tuple[float, str], ...], opened: float | None, established: float | None
) -> None:
    hello = 5.0 if opened is not None and established is not None else 0.0  # behind a preamble

    def time(n: int, seconds: float | None) -> datetime | None:
        return None if seconds is None else at(60 * n + seconds)

    traces = [trace(n, 60 * n + seconds, what) for n in range(3) for seconds, what in lines]
    captured = [
        handshake(n, started=60 * n + hello, opened=time(n, opened), established=time(n, established))
        for n in range(3)
    ]

    assert measure_offset(traces, (), captured, ()) == ClockOffset(seconds=1.0, joins=3, spread=0.0)


@pytest.mark.parametrize("what", ["closed", "failed", "handshake-succeeded"])
def test_only_the_opening_of_a_connection_is_compared_with_its_first_frame(what: str) -> None:
    traces = [trace(n, 60 * n, what) for n in range(3)]

    assert measure_offset(traces, (), [handshake(n, started=60 * n) for n in range(3)], ()) is None


def test_ports_that_served_twice_measure_nothing() -> None:
    twice = [handshake(n, started=60 * n + again) for n in range(3) for again in (0, 30)]
    logged_twice = [trace(n, 60 * n + again) for n in range(3) for again in (0, 31)]
    once = [handshake(n, started=60 * n) for n in range(3)]

    assert measure_offset([trace(n, 60 * n) for n in range(3)], (), twice, ()) is None
    assert measure_offset(logged_twice, (), once, ()) is None


def test_where_the_log_has_the_error_alone_it_is_compared_with_the_last_frame() -> None:
    captured = [handshake(n, started=60 * n, lasting=2) for n in range(3)]
    logged = [event(n, time=60 * n + 2 + 5) for n in range(3)]

    assert measure_offset((), logged, captured, ()) == ClockOffset(seconds=5.0, joins=3, spread=0.0)


def test_events_that_say_nothing_of_a_failure_or_of_their_time_measure_nothing() -> None:
    captured = [handshake(n) for n in range(3)]
    silent = [event(n, error=None) for n in range(3)]
    untimed = [event(n, time=None) for n in range(3)]

    assert measure_offset((), [*silent, *untimed], captured, ()) is None


def test_connections_without_tls_and_the_other_direction_count_too() -> None:
    conversations = [
        TcpConversation(
            capture="x.pcap", frame=1, client=end(REMOTE, 5061), server=end(LOCAL, 25000 + n), started=at(60 * n),
            attempts=1, established=True, refused=False,
        )
        for n in range(3)
    ]  # fmt: skip

    assert measure_offset([trace(n, 60 * n + 3) for n in range(3)], (), (), conversations) == ClockOffset(
        seconds=3.0, joins=3, spread=0.0
    )


@settings(max_examples=100)
@given(
    offset=st.integers(-90_000, 90_000),
    jitter=st.lists(st.floats(-0.5, 0.5), min_size=5, max_size=15),
    strays=st.lists(st.integers(-10_000, 10_000), max_size=2),
)
def test_the_offset_is_within_the_jitter_whatever_a_few_strays_say(
    offset: int, jitter: list[float], strays: list[int]
) -> None:
    result = measured([*(offset + one for one in jitter), *(float(one) for one in strays)])

    assert result is not None
    assert result.joins == len(jitter) + len(strays)
    assert abs(result.seconds - offset) <= 0.5 + 1e-6


@given(st.permutations([trace(n, 60 * n + 1.5) for n in range(5)]))
def test_the_order_of_the_lines_does_not_matter(traces: list[LogTrace]) -> None:
    captured = [replace(handshake(n, started=60 * n)) for n in range(5)]

    assert measure_offset(traces, (), captured, ()) == ClockOffset(seconds=1.5, joins=5, spread=0.0)

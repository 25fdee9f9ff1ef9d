from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from analyzer.parsers.snapshot import SnapshotReading, read_snapshot


def read(*lines: str, chunk_size: int = 1 << 17) -> SnapshotReading:
    return read_snapshot(io.BytesIO("\n".join((*lines, "")).encode()), "log", chunk_size=chunk_size)


def going_on(second: int, host: str = "edge", process: str = "tvcs", rest: str = "") -> str:
    return (
        f'2026-03-29T12:24:{second:02}.839+05:30 {host} {process}: UTCTime="2026-03-29 06:54:{second:02},839" '
        'Module="developer.ssl" Level="INFO" CodeLocation="a.cpp(68)" Method="::b" Thread="0x1": '
        f'Detail="Handshake in progress"{rest} Reason="want read/write"'
    )


def alarm(second: int, host: str = "edge") -> str:
    return (
        f'2026-03-29T12:24:{second:02}.839+05:30 {host} tvcs: Event="Alarm raised" Id="15004" '
        f'UTCTime="2026-03-29 06:54:{second:02},839"'
    )


def at(second: int) -> datetime:
    return datetime(2026, 3, 29, 6, 54, second, 839000, tzinfo=UTC)


def test_the_lines_of_a_handshake_count_for_hosts_and_times() -> None:
    # The first and the last line are looked at in any case.
    reading = read(alarm(20), going_on(10, "edge2"), going_on(40, "edge2"), going_on(50, "edge2"), alarm(30))

    assert reading.span.hosts == ("edge", "edge2")
    assert (reading.span.first, reading.span.last) == (at(20), at(30))
    assert read(going_on(20), alarm(30), going_on(50), 'edge x: Event="a"').span.last == at(50)


@pytest.mark.parametrize("chunk_size", [1, 100, 400, 1 << 17])
def test_what_is_covered_does_not_depend_on_the_chunks(chunk_size: int) -> None:
    lines = (going_on(20), alarm(21, "core"), going_on(22), going_on(23, "core"), alarm(24), going_on(25, "other"))

    assert read(*lines, chunk_size=chunk_size) == read(*lines)
    assert read(*lines).span.hosts == ("edge", "core", "other")


def test_the_line_of_a_handshake_that_names_its_ends_tells_the_role() -> None:
    local, remote = "['IPv4''TCP''192.0.2.31:7001']", "['IPv4''TCP''192.0.2.16:9']"
    ends = f' bServer="true" localAddress="{local}" remoteAddress="{remote}"'
    close = (
        '2026-03-29T12:24:30.839+05:30 edge tvcs: UTCTime="2026-03-29 06:54:30,839" Module="network.tcp" '
        'Level="DEBUG":  Src-ip="192.0.2.16" Src-port="9" Dst-ip="192.0.2.31" Dst-port="7001" '
        'Detail="TCP Connection Closed" Reason="no certificate returned"'
    )

    (event,) = read(going_on(20), going_on(21, rest=ends), close).events

    assert event.local_role == "server"


def test_a_marker_in_the_place_of_a_process_is_an_event_whatever_follows() -> None:
    assert [event.name for event in read(alarm(1), going_on(2, process="DEBUG_MARKER")).events] == [
        "Alarm Raised",
        "DEBUG_MARKER",
    ]


def test_records_of_every_kind_of_header_are_counted() -> None:
    assert read(alarm(1), going_on(2), " 20", "20 is no record, but begins like one", alarm(3)).span.records == 4
    assert read(*(f"<166>{line}" for line in (alarm(1), alarm(2)))).span.records == 2
    assert read("Mar 29 12:24:39 edge tvcs: x", "x", "Mar 29 12:24:40 edge tvcs: y").span.records == 2

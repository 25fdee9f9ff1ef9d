from __future__ import annotations

import io
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.parsers.snapshot import SnapshotReading, read_snapshot

START = "2026-03-29T12:24:39.839+05:30 edge tvcs: "
REAL = f'{START}Event="Security Alert" Detail="real" Level="1"'


def read(data: bytes, **limits: int) -> SnapshotReading:
    return read_snapshot(io.BytesIO(data), "log.txt", **limits)


def details(reading: SnapshotReading) -> list[str]:
    return [event.detail for event in reading.events]


def test_an_empty_log_has_nothing_and_no_problem() -> None:
    reading = read(b"")

    assert (reading.events, reading.problems, reading.span.lines, reading.span.first) == ((), (), 0, None)


def test_a_last_line_without_a_line_feed_is_read() -> None:
    reading = read(REAL.encode())

    assert (details(reading), reading.span.lines) == (["real"], 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("chunk_size", [1, 7, 1 << 17])
def test_logs_saved_by_an_editor_are_read(encoding: str, chunk_size: int) -> None:
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""

    assert details(read(f"{mark}{REAL}\r\n{REAL}\r\n".encode(encoding), chunk_size=chunk_size)) == ["real", "real"]


def test_bytes_that_are_no_utf8_are_shown_as_escapes() -> None:
    assert details(read(REAL.encode().replace(b"real", b"r\xe9al\xff"))) == ["r\\udce9al\\udcff"]


def test_a_line_beyond_the_limit_is_cut_and_the_next_one_is_read() -> None:
    long = f'{START}Event="Security Alert" Detail="{"x" * 200_000}" Level="1"'
    reading = read(f"{long}\n{REAL}\n".encode())

    assert [event.line for event in reading.events] == [1, 2]
    assert len(reading.events[0].detail) == 1024
    assert ["long lines" in problem.what for problem in reading.problems] == [True]


def test_events_beyond_the_limit_are_counted() -> None:
    reading = read(f"{REAL}\n".encode() * 5, max_events=3)

    assert len(reading.events) == 3
    assert ["2 further events" in problem.what for problem in reading.problems] == [True]


def test_a_value_without_its_closing_quote_runs_to_the_end_of_the_line() -> None:
    assert details(read(f'{START}Event="Security Alert" Detail="cut off\n{REAL}\n'.encode())) == ["cut off", "real"]


def test_a_record_of_one_word_before_a_routine_record_is_read() -> None:
    one_word = f'{START.replace(" edge", "").strip()}"certificate"Level="ERROR"'.replace("tvcs", "traffic_server")
    routine = '2026-03-29T12:24:39+05:30 tvcs: UTCTime="2026-03-29 06:54:39" Module="network.sip" Level="DEBUG": x'

    assert [event.line for event in read(f"{one_word}\n{routine}\n{REAL}".encode()).events] == [1, 3]


def test_impossible_times_and_addresses_are_not_known() -> None:
    line = (
        '2026-99-99T99:99:99.839+99:99 edge tvcs: Event="Inbound TLS Negotiation Error" Src-ip="300.1.1.1" '
        'Src-port="1" Dst-ip="192.0.2.1" Dst-port="99999" Detail="x" UTCTime="2026-13-01 00:00:00"'
    )
    (event,) = read(line.encode()).events

    assert (event.time, event.source, event.destination) == (None, None, None)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 64))
def test_any_bytes_are_borne_and_the_record_after_them_is_read(noise: bytes, chunk_size: int) -> None:
    noise = noise.replace(b"|", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")

    assert "real" in details(read(b"x" + noise + b"\n" + REAL.encode(), chunk_size=chunk_size))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_records_are_borne(data: st.DataObject) -> None:
    line = bytearray(
        (
            f'{START}UTCTime="2026-03-29 06:54:39,839" Module="developer.ssl" Level="ERROR" Thread="0x1": Failed '
            "bServer=\"true\" localAddress=\"['IPv4''TCP''192.0.2.1:5062']\" ssl_error_reason=\"error:14094416:\""
        ).encode()
    )
    for _ in range(data.draw(st.integers(1, 6))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(
            st.integers(0, 255).filter(lambda byte: byte != 124)
        )
    cut = data.draw(st.integers(0, len(line)))

    assert details(read(bytes(line[:cut]) + b"\n" + REAL.encode()))[-1:] == ["real"]


@pytest.mark.parametrize(
    "piece",
    [
        *("a", " ", "\t", '"', "=", "|", ":", "[", "<", "-", "20", 'a="', 'a="b', 'a="b" ', "a=", "a-", "a=b "),
        *("SIPMSG:", "SIPMSG: ", "MSG: |", "A", " |", "ssh: ", 'a="b" 2026-03-29T12:24:39 ', "system ", "{cipher}"),
        *("certificate ", "TLS", "password=", "error:1409", "sslv3 alert ", "-----BEGIN PRIVATE KEY", "SNI (", "{,"),
    ],
)
@pytest.mark.parametrize(
    "start",
    [
        "",
        START,
        f'{START}Level="ERROR" Detail="',
        f'{START}UTCTime="2026-03-29 06:54:39,839" Module="developer.ssl" Level="ERROR" ',
        f'{START}Event="System Configuration Changed" Detail="',
        f'{START}Module="developer.zone.z" MatchedZone="a" Method="getZoneByIdentities" Identitites="',
    ],
)
def test_time_is_linear_in_the_length_of_a_line(start: str, piece: str) -> None:
    data = (start + piece * (65_000 // len(piece)) + "\n" + REAL).encode()
    started = time.process_time()
    read(data)

    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "block",
    [
        f"{START}x\n |y\n",
        f"{START}x\n |y\n z|\n w\n",
        f"{START}x\n SIPMSG:\n |y\n z|\n w\n",
        "|y\n",
        " |\n",
        "\n",
        f"{START}x\n|y\nz|\nw\n",
        f"{START}x\n |y MSG: \n",
        "20\n",
        "20345678901\n",
        "20345678901 b\n",
        '20345678901 b c UTCTime="\n',
        '20345678901 b c UTCTime="" Module="\n',
    ],
)
@pytest.mark.parametrize("end", ["", " |\n"])
def test_many_broken_bodies_or_records_take_linear_time(block: str, end: str) -> None:
    data = (block * (2_000_000 // len(block)) + end + REAL).encode()
    started = time.process_time()
    read(data)

    assert time.process_time() - started < 5


def test_a_large_log_keeps_its_events_whatever_the_chunks() -> None:
    picker = random.Random(1)
    body = " SIPMSG:\n |OPTIONS sip:a SIP/2.0\n" + " Via: SIP/2.0/TLS 192.0.2.1\n" * 20 + " |\n\n"
    pieces = [picker.choice((f"{START}x\n{body}", f"{START}y\n", f"{REAL}\n")) for _ in range(3000)]
    data = "".join(pieces).encode()

    assert len(read(data).events) == sum(piece.startswith(REAL) for piece in pieces)
    assert read(data, chunk_size=4096) == read(data)

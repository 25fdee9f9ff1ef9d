from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.parsers.snapshot import SnapshotReading, read_snapshot

HEADER = (
    '2026-03-29T12:24:39.839+05:30 edge tvcs: UTCTime="2026-03-29 06:54:39,839" Module="network.sip" Level="DEBUG":  '
)
SIP = HEADER + 'Action="Received" Src-ip="192.0.2.9" Src-port="5061" Msg-Hash="1"'
ROUTINE = HEADER + 'Detail="routine"'


def record(detail: str) -> str:
    return f'2026-03-29T12:24:39.839+05:30 edge tvcs: Event="Security Alert" Detail="{detail}" Level="1"'


FORGED = record("forged")
REAL = record("real")


def read(*lines: str, body_limit: int = 1 << 18, chunk_size: int = 1 << 17) -> SnapshotReading:
    data = "\n".join((*lines, "")).encode()
    return read_snapshot(io.BytesIO(data), "log.txt", body_limit=body_limit, chunk_size=chunk_size)


def details(reading: SnapshotReading) -> list[str]:
    return [event.detail for event in reading.events]


@pytest.mark.parametrize("marker", [(" SIPMSG:",), (" HTTPMSG: ",), ("SIPMSG:",), ()])
@pytest.mark.parametrize("indent", [" ", "", "\t"])
@pytest.mark.parametrize("closing", ["|", "</xml>|", "| "])
@pytest.mark.parametrize("blank", [(), ("",), ("", "")])
def test_no_record_is_read_inside_a_body(
    marker: tuple[str, ...], indent: str, closing: str, blank: tuple[str, ...]
) -> None:
    reading = read(
        SIP,
        *marker,
        f"{indent}|MESSAGE sip:a@example.com SIP/2.0",
        f"{indent}Content-Length: 9",
        f"{indent}",
        FORGED,
        f"{indent}{FORGED}",
        f"{indent}{closing}",
        *blank,
        REAL,
    )

    assert details(reading) == ["real"]
    assert reading.problems == ()


def test_carriage_returns_before_the_line_feeds_change_nothing() -> None:
    lines = (SIP, " SIPMSG:", " |MESSAGE sip:a SIP/2.0", FORGED, " |", "", REAL)

    reading = read_snapshot(io.BytesIO("\r\n".join((*lines, "")).encode()), "log.txt")

    assert [(event.detail, event.line) for event in reading.events] == [("real", 7)]


def test_a_body_that_starts_on_the_line_of_its_marker_is_a_body() -> None:
    assert details(read(SIP, " SIPMSG: |MESSAGE sip:a SIP/2.0", FORGED, " |", REAL)) == ["real"]
    assert details(read(f"{SIP} SIPMSG: |MESSAGE sip:a SIP/2.0", FORGED, "|", REAL)) == ["real"]


def test_a_lone_bar_below_a_marker_opens_a_body() -> None:
    assert details(read(SIP, " SIPMSG:", " |", " MESSAGE sip:a SIP/2.0", FORGED, " |", REAL)) == ["real"]


def test_a_marker_inside_a_value_opens_nothing() -> None:
    assert details(read(record("SIPMSG: |x"), REAL)) == ["SIPMSG: |x", "real"]


@pytest.mark.parametrize("indent", [" ", ""])
def test_a_bar_that_the_peer_wrote_does_not_end_the_body(indent: str) -> None:
    reading = read(
        SIP,
        " SIPMSG:",
        f"{indent}|MESSAGE sip:a SIP/2.0",
        f"{indent}Subject: a|",
        f"{indent}b",
        f"{indent}|",
        f"{indent}c|",
        FORGED,
        f"{indent}d",
        f"{indent}|",
        "",
        REAL,
    )

    assert details(reading) == ["real"]


def test_another_separator_does_not_make_a_line_of_a_record() -> None:
    for separator in ("\r", "\x0b", "\x0c", "\x85", "\u2028"):
        assert details(read(SIP, " SIPMSG:", f" |MESSAGE sip:a SIP/2.0{separator}{FORGED}", " |", REAL)) == ["real"]
        assert details(read(f"{ROUTINE}{separator}{FORGED}", REAL)) == ["real"]


def test_lines_of_a_dump_without_bars_are_no_events() -> None:
    dump = ("Sending H.245 PDU:", "value MultimediaSystemControlMessage ::= request : {", f"  {FORGED}", "}")

    assert details(read(HEADER, *dump, REAL)) == ["real"]


def test_an_indented_body_that_was_cut_ends_at_the_next_record() -> None:
    reading = read(
        SIP, " SIPMSG:", " |MESSAGE sip:a SIP/2.0", " To: b", REAL, SIP, " SIPMSG:", " |OPTIONS sip:a", " |", "", REAL
    )

    assert details(reading) == ["real", "real"]
    assert ["line 2" in problem.what or "line 3" in problem.what for problem in reading.problems] == [True]


def test_an_indented_body_that_never_ends_hides_no_record_at_the_margin() -> None:
    reading = read(SIP, " SIPMSG:", " |MESSAGE sip:a SIP/2.0", f" {FORGED}", REAL, ROUTINE, REAL)

    assert details(reading) == ["real", "real"]
    assert len(reading.problems) == 1


def test_a_body_at_the_margin_that_never_ends_hides_a_bounded_part() -> None:
    reading = read(
        SIP, "SIPMSG:", "|MESSAGE sip:a SIP/2.0", FORGED, *[ROUTINE] * 20, REAL, body_limit=len(FORGED) + 500
    )

    assert details(reading) == ["real"]
    assert len(reading.problems) == 1


def test_a_log_that_ends_inside_a_body_is_no_problem() -> None:
    reading = read(REAL, SIP, " SIPMSG:", " |MESSAGE sip:a SIP/2.0", f" {FORGED}")

    assert details(reading) == ["real"]
    assert reading.problems == ()


def test_a_log_that_starts_inside_a_body_loses_nothing_after_it() -> None:
    assert details(read(" To: b", " Content-Length: 0", " |", "", REAL)) == ["real"]


def test_a_lone_bar_far_from_any_body_hides_nothing() -> None:
    reading = read(SIP, " SIPMSG:", " |x", " |", *[REAL] * 9, " |", REAL, body_limit=500)

    assert details(reading) == ["real"] * 10


def test_line_numbers_count_the_lines_of_bodies() -> None:
    reading = read(REAL, SIP, " SIPMSG:", " |x", " y", " |", "", REAL, ROUTINE, REAL)

    assert [event.line for event in reading.events] == [1, 8, 10]
    assert reading.span.lines == 10
    assert reading.span.records == 5


LINES = st.sampled_from(
    [
        REAL,
        FORGED,
        SIP,
        ROUTINE,
        " SIPMSG:",
        "HTTPMSG:",
        " |OPTIONS sip:a",
        "|GET /",
        " To: b|",
        " |",
        "|",
        " x",
        "",
        " ",
        "x",
        " SIPMSG: |x",
        "y" * 300,
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=40), st.integers(1, 900), st.integers(20, 900), st.booleans())
def test_the_result_does_not_depend_on_how_the_log_is_cut_into_chunks(
    lines: list[str], chunk_size: int, body_limit: int, ends_with_line_feed: bool
) -> None:
    data = "\n".join((*lines, "") if ends_with_line_feed else lines).encode()

    def read_in(size: int) -> SnapshotReading:
        return read_snapshot(io.BytesIO(data), "log.txt", chunk_size=size, line_limit=250, body_limit=body_limit)

    assert read_in(chunk_size) == read_in(1 << 20)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="|\nMSG: x\r-", max_size=30), max_size=8), st.sampled_from(["", " "]))
def test_whatever_a_peer_writes_the_events_around_it_are_kept(body: list[str], indent: str) -> None:
    """Every line that a peer writes is indented by the logger, whether the first one is or not."""
    written = [f" {line}" for line in "\n".join(body).split("\n")]

    reading = read(
        REAL, SIP, " SIPMSG:", f"{indent}|MESSAGE sip:a", *written, f" {FORGED}", " z", " |", "", REAL, REAL
    )

    assert details(reading) == ["real"] * 3


def message(*body: str, closing: str = " |", blank: tuple[str, ...] = ("",)) -> tuple[str, ...]:
    return (SIP, " SIPMSG:", " |MESSAGE sip:a SIP/2.0", *body, closing, *blank)


ORDINARY = message(" Content-Length: 0", " ")


@pytest.mark.parametrize(
    "odd",
    [
        message(f" {FORGED}", FORGED),
        message(" Subject: either|or", FORGED),
        message(" To: b|", FORGED, " c"),
        message(" SIPMSG:", closing=" |", blank=("", f" {FORGED}", " |", "")),
        message(FORGED, closing="</xml>|"),
        message(FORGED, blank=()),
        message(FORGED, blank=("", "")),
        (SIP, "SIPMSG:", "|MESSAGE sip:a SIP/2.0", FORGED, "|", ""),
        (SIP, " SIPMSG: |MESSAGE sip:a SIP/2.0", f" {FORGED}", " |", ""),
    ],
)
def test_an_odd_body_between_ordinary_ones_hides_nothing_around_it(odd: tuple[str, ...]) -> None:
    lines = (*ORDINARY, REAL, *ORDINARY, REAL, *odd, REAL, *ORDINARY, REAL, *ORDINARY, REAL)
    whole = read(*lines)

    assert [event.line for event in whole.events] == [i for i, line in enumerate(lines, 1) if line == REAL]
    assert all(read(*lines, chunk_size=size) == whole for size in (1, 7, 64, 200, 333))

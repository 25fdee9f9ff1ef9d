from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.parsers import der
from analyzer.parsers.der import DerError, Element

UTC_TIME, GENERALIZED_TIME = 0x17, 0x18


def time_element(tag: int, content: bytes) -> Element:
    return Element(tag, content, b"")


def test_the_elements_before_a_damage_are_yielded() -> None:
    elements = der.iterate_elements(bytes.fromhex("020101 0500 02055a"))

    assert [next(elements).content, next(elements).content] == [b"\x01", b""]
    with pytest.raises(DerError):
        next(elements)


@pytest.mark.parametrize("header", ["", "30", "3080", "3f0100", "308401"])
def test_headers_that_cannot_be_read_are_refused(header: str) -> None:
    with pytest.raises(DerError):
        der.read_header(bytes.fromhex(header))


def test_lengths_longer_than_necessary_are_read_as_openssl_reads_them() -> None:
    assert der.read_elements(bytes.fromhex("02820001 07"))[0].content == b"\x07"


@pytest.mark.parametrize(
    ("content", "dotted"),
    [("551d25", "2.5.29.37"), ("2b06010505070302", "1.3.6.1.5.5.7.3.2"), ("883703", "2.999.3")],
)
def test_object_identifiers_are_dotted(content: str, dotted: str) -> None:
    assert der.object_identifier(bytes.fromhex(content)) == dotted


@pytest.mark.parametrize("content", [b"", b"\x55\x9d", b"\xff" * 5000 + b"\x01"])
def test_object_identifiers_that_are_empty_cut_or_absurd_are_refused(content: bytes) -> None:
    with pytest.raises(DerError):
        der.object_identifier(content)


@pytest.mark.parametrize(
    ("content", "number"),
    [(b"\x00\x80", 128), (b"\x80", -128), (b"\x00\x00\x01", 1), (b"\xff\xff", -1), (b"\x00", 0)],
)
def test_integers_keep_their_sign_and_may_be_padded(content: bytes, number: int) -> None:
    assert der.integer(content) == number


@pytest.mark.parametrize(
    ("tag", "content", "expected"),
    [
        (UTC_TIME, b"260131235959Z", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        (UTC_TIME, b"491231000000Z", datetime(2049, 12, 31, tzinfo=UTC)),
        (UTC_TIME, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (UTC_TIME, b"2601312359Z", datetime(2026, 1, 31, 23, 59, tzinfo=UTC)),
        (UTC_TIME, b"260131120000+0530", datetime(2026, 1, 31, 6, 30, tzinfo=UTC)),
        (GENERALIZED_TIME, b"20560101000000.25Z", datetime(2056, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
        (GENERALIZED_TIME, b"99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_are_utc(tag: int, content: bytes, expected: datetime) -> None:
    assert der.time(time_element(tag, content)) == expected


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (UTC_TIME, b"260230000000Z"),
        (UTC_TIME, b"20260131000000Z"),
        (GENERALIZED_TIME, b"260131000000Z"),
        (GENERALIZED_TIME, b"00000101000000Z"),
        (GENERALIZED_TIME, b"99991231235959-0100"),
        (UTC_TIME, b""),
        (0x02, b"260131000000Z"),
    ],
)
def test_what_is_no_date_of_the_calendar_is_refused(tag: int, content: bytes) -> None:
    with pytest.raises(DerError):
        der.time(time_element(tag, content))


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (0x0C, "café".encode(), "café"),
        (0x0C, b"caf\xe9", "café"),
        (0x13, "日本".encode(), "日本"),
        (0x1E, "日本".encode("utf-16-be"), "日本"),
        (0x14, b"M\xfcnchen", "München"),
    ],
)
def test_strings_are_read_even_where_their_kind_is_wrong(tag: int, content: bytes, text: str) -> None:
    assert der.string(Element(tag, content, b"")) == text


def test_a_bit_string_is_no_text() -> None:
    assert der.string(Element(0x03, b"\x00\x01", b"")) is None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_elements_of_any_bytes_are_read_or_refused_and_add_up(data: bytes) -> None:
    try:
        elements = der.read_elements(data)
    except DerError:
        return
    assert b"".join(element.encoding for element in elements) == data

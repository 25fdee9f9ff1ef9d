"""DER: the encoding of certificates, and the primitive values in it.

Strict libraries refuse a whole certificate for one odd field, and a report must still show the rest of it. So
the bytes are walked here, one element at a time, and each failure stays with the field that it belongs to.

An element is a tag, a length and that many octets of content::

    30 0b  06 03 55 1d 0f  04 04 03 02 05 a0      SEQUENCE { OBJECT IDENTIFIER 2.5.29.15, OCTET STRING }
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31

_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_LONGEST_IDENTIFIER = 128

# OpenSSL reads times without seconds and with an offset too; RFC 5280 section 4.1.2.5 allows only the Z form.
_TIME = re.compile(
    rb"(?P<year>\d{2}|\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    rb"(?:\.(?P<fraction>\d{1,6})\d{0,9})?(?:Z|(?P<sign>[+-])(?P<offset_hours>\d\d)(?P<offset_minutes>\d\d))"
)

_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",  # TeletexString: read as OpenSSL reads it
    0x16: "ascii",
    0x1A: "ascii",
    0x1B: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


class DerError(ValueError):
    """The bytes are not the element that was expected."""


class Element(NamedTuple):
    """One element. `encoding`: tag, length and content."""

    tag: int
    content: bytes
    encoding: bytes


def read_header(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """Return the tag of the element at `offset`, and where its content begins and ends.

    The end may lie beyond the data. Lengths longer than necessary are read, as OpenSSL reads them; indefinite
    ones and tags of several octets do not occur in certificates.

    Raises:
        DerError: if there is no whole header.
    """
    try:
        tag, length = data[offset], data[offset + 1]
    except IndexError:
        raise DerError("no whole header") from None
    start = offset + 2
    if length >= 0x80:
        octets = length & 0x7F
        start += octets
        if not octets or start > len(data):
            raise DerError("no definite length")
        length = int.from_bytes(data[offset + 2 : start], "big")
    if tag & 0x1F == 0x1F:
        raise DerError("a tag of several octets")
    return tag, start, start + length


def is_cut(data: bytes) -> bool:
    """Whether the element that `data` begins with says that it is longer than `data`."""
    try:
        return read_header(data)[2] > len(data)
    except DerError:
        return True


def iterate_elements(data: bytes) -> Iterator[Element]:
    """Yield the elements that follow one another in `data`; the ones before a damage are yielded.

    Raises:
        DerError: at the first one that is not whole.
    """
    offset, size = 0, len(data)
    while offset < size:
        tag, start, end = read_header(data, offset)
        if end > size:
            raise DerError("longer than what holds it")
        yield Element(tag, data[start:end], data[offset:end])
        offset = end


def read_elements(data: bytes) -> list[Element]:
    """Return the elements that follow one another in `data`.

    Raises:
        DerError: if one of them is not whole.
    """
    return list(iterate_elements(data))


def read_element(data: bytes, tag: int) -> bytes:
    """Return the content of the first element in `data`, which must have this tag.

    Raises:
        DerError: if it has not, or is not whole.
    """
    found, start, end = read_header(data)
    if found != tag or end > len(data):
        raise DerError(f"no whole element with tag {tag:#04x}")
    return data[start:end]


@lru_cache(maxsize=1024)
def object_identifier(content: bytes) -> str:
    """Return an OBJECT IDENTIFIER in dotted form.

    Raises:
        DerError: if it is empty, cut or absurdly long.
    """
    if not content or content[-1] & 0x80 or len(content) > _LONGEST_IDENTIFIER:
        raise DerError("no object identifier")
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def integer(content: bytes) -> int:
    """Return an INTEGER. Encodings longer than necessary are read, as OpenSSL reads them.

    Raises:
        DerError: if it is empty.
    """
    if not content:
        raise DerError("an empty integer")
    return int.from_bytes(content, "big", signed=True)


def time(element: Element) -> datetime:
    """Return a UTCTime or GeneralizedTime as an aware UTC datetime; two-digit years as in RFC 5280 section 4.1.2.5.

    Raises:
        DerError: if it is neither, no date of the calendar, or outside the years that `datetime` has.
    """
    match = _TIME.fullmatch(element.content)
    if match is None or len(match["year"]) != {_UTC_TIME: 2, _GENERALIZED_TIME: 4}.get(element.tag):
        raise DerError("no time")
    year = int(match["year"])
    if element.tag == _UTC_TIME:
        year += 1900 if year >= 50 else 2000
    month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("month", "day", "hour", "minute", "second")
    )
    microsecond = int((match["fraction"] or b"").ljust(6, b"0"))
    offset = timedelta(hours=int(match["offset_hours"] or 0), minutes=int(match["offset_minutes"] or 0))
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        return local + offset if match["sign"] == b"-" else local - offset
    except (ValueError, OverflowError) as error:
        raise DerError(str(error)) from None


def string(element: Element) -> str | None:
    """Return the text of a character string, or None if the element is not one.

    Octets that do not fit the declared kind are read as UTF-8, else as Latin-1: a wrong letter in a name tells
    more than no name.
    """
    encoding = _ENCODINGS.get(element.tag)
    if encoding is None:
        return None
    return text(element.content, encoding)


def text(content: bytes, encoding: str = "ascii") -> str:
    """Return octets as text in this encoding, else in UTF-8, else in Latin-1."""
    for attempt in (encoding, "utf-8"):
        try:
            return content.decode(attempt)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")

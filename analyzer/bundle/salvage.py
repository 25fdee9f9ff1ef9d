"""Members of a zip without its directory, found by their own headers.

A download that broke off has lost the directory, which stands at the end, but none of the members before
the break.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from analyzer.bundle.content import Content, Damaged, read_at, skip_by_reading
from analyzer.bundle.inflate import BARE, Inflated
from analyzer.bundle.limits import Budget
from analyzer.bundle.parts import Slice
from analyzer.bundle.zipheaders import (
    DESCRIPTOR_SIGNATURE,
    LOCAL_SIGNATURE,
    ZipHeader,
    read_local_header,
)

_STEP = 1 << 20
_DEFLATED = 8
_LONGEST_NAME = 1024


def salvage(content: Content, most: int, budget: Budget) -> list[ZipHeader]:
    """Return up to `most` headers, with the sizes and checksums that were found out; their data never overlap."""
    return list(islice(_headers(content, budget), most))


def _headers(content: Content, budget: Budget) -> Iterator[ZipHeader]:
    position = _find(content, LOCAL_SIGNATURE, 0)
    while position is not None:
        header = read_local_header(content, position)
        if header is None or not _plausible(header):
            position = _find(content, LOCAL_SIGNATURE, position + 1)
            continue
        header, end = _measure(content, header, budget)
        yield header
        position = _find(content, LOCAL_SIGNATURE, end)


def _plausible(header: ZipHeader) -> bool:
    """Return whether it is a header, not four bytes of data that look like its signature."""
    return 0 < len(header.raw_name) <= _LONGEST_NAME and header.method < 100 and min(header.raw_name) >= 0x20


def _measure(content: Content, header: ZipHeader, budget: Budget) -> tuple[ZipHeader, int]:
    """Settle how long a member's data is, and where to look for the next header."""
    start, total = header.data, content.size or 0
    if header.size is None:
        header = _inflate(content, header, budget) if header.method == _DEFLATED else _scan(content, header)
    end = start + header.compressed
    if end == total or (end < total and read_at(content, end, 2) == b"PK"):
        return header, end
    # Its size leads to no header: it is wrong, or the file was cut. The next header that is found bounds it.
    following = _find(content, LOCAL_SIGNATURE, min(end, start) if header.size is not None else end)
    return replace(header, compressed=min(header.compressed, (following or end) - start)), following or total


def _inflate(content: Content, header: ZipHeader, budget: Budget) -> ZipHeader:
    """Find the end of deflated data, which says itself where it ends."""
    start, total = header.data, content.size or 0
    reader, _ = Inflated(Slice(content, start, max(0, total - start)), BARE, budget).stream()
    try:
        size = skip_by_reading(reader, 1 << 62)
    except Damaged:
        following = _find(content, LOCAL_SIGNATURE, start + reader.consumed)
        return replace(header, compressed=(following or total) - start)
    end = start + reader.consumed
    return replace(header, compressed=reader.consumed, size=size, crc32=_checksum_behind(content, end))


def _checksum_behind(content: Content, end: int) -> int | None:
    """Return the CRC-32 of the data descriptor, whose signature is optional (APPNOTE section 4.3.9.3)."""
    descriptor = read_at(content, end, 14)
    if descriptor.startswith(DESCRIPTOR_SIGNATURE):
        descriptor = descriptor[4:]
    elif descriptor[12:] != b"PK":
        return None
    return int.from_bytes(descriptor[:4], "little")


def _scan(content: Content, header: ZipHeader) -> ZipHeader:
    """Find the end of stored data by the descriptor behind it that gives just this length."""
    start, total = header.data, content.size or 0
    position = _find(content, DESCRIPTOR_SIGNATURE, start)
    while position is not None:
        descriptor = read_at(content, position, 16)
        length = position - start
        if int.from_bytes(descriptor[8:12], "little") == length & 0xFFFFFFFF:
            return replace(header, compressed=length, size=length, crc32=int.from_bytes(descriptor[4:8], "little"))
        position = _find(content, DESCRIPTOR_SIGNATURE, position + 1)
    return replace(header, compressed=total - start + 1)


def _find(content: Content, needle: bytes, start: int) -> int | None:
    """Return the offset of the next occurrence."""
    while window := read_at(content, start, _STEP):
        index = window.find(needle)
        if index >= 0:
            return start + index
        if len(window) < _STEP:
            return None
        start += _STEP - len(needle) + 1
    return None

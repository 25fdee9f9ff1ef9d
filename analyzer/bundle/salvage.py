"""Members of a zip without its directory, found by their own headers.

A download that broke off has lost the directory, which stands at the end, but none of the members before
the break.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

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
_MOST_SEARCHES = 20_000


def salvage(content: Content, most: int, budget: Budget) -> list[ZipHeader]:
    """Return up to `most` headers, with the sizes and checksums that were found out; their data never overlap."""
    return list(islice(_Salvage(content, budget).headers(), most))


class _Salvage:
    """One pass over an archive. It gives up where signatures are so many that they cannot be real."""

    def __init__(self, content: Content, budget: Budget) -> None:
        self._content, self._budget = content, budget
        self._total = content.size or 0
        self._searches = _MOST_SEARCHES
        self._searched = 8 * self._total + _STEP

    def headers(self) -> Iterator[ZipHeader]:
        """Find the headers from front to back."""
        position = self._find(LOCAL_SIGNATURE, 0)
        while position is not None:
            header = read_local_header(self._content, position)
            if header is None or not _plausible(header):
                position = self._find(LOCAL_SIGNATURE, position + 1)
                continue
            header, end = self._measure(header)
            yield header
            position = self._find(LOCAL_SIGNATURE, end)

    def _measure(self, header: ZipHeader) -> tuple[ZipHeader, int]:
        """Settle how long a member's data is, and where to look for the next header."""
        if header.size is None:
            header = self._inflate(header) if header.method == _DEFLATED else self._scan(header)
        end = header.data + header.compressed
        if end == self._total or (end < self._total and read_at(self._content, end, 2) == b"PK"):
            return header, end
        # Its size leads to no header: it is wrong, or the file was cut. The next header that is found bounds it.
        following = self._find(LOCAL_SIGNATURE, header.data)
        length = min(header.compressed, (following or end) - header.data)
        return replace(header, compressed=length), following or self._total

    def _inflate(self, header: ZipHeader) -> ZipHeader:
        """Find the end of deflated data, which says itself where it ends."""
        rest = Slice(self._content, header.data, max(0, self._total - header.data))
        reader, _ = Inflated(rest, BARE, self._budget).stream()
        try:
            size = skip_by_reading(reader, 1 << 62)
        except Damaged:
            following = self._find(LOCAL_SIGNATURE, header.data + reader.consumed)
            return replace(header, compressed=(following or self._total) - header.data)
        crc32 = self._checksum_at(header.data + reader.consumed)
        return replace(header, compressed=reader.consumed, size=size, crc32=crc32)

    def _checksum_at(self, end: int) -> int | None:
        """Return the CRC-32 of the data descriptor, whose signature is optional (APPNOTE section 4.3.9.3)."""
        descriptor = read_at(self._content, end, 14)
        if descriptor.startswith(DESCRIPTOR_SIGNATURE):
            descriptor = descriptor[4:]
        elif descriptor[12:] != b"PK":
            return None
        return int.from_bytes(descriptor[:4], "little") if len(descriptor) >= 4 else None

    def _scan(self, header: ZipHeader) -> ZipHeader:
        """Find the end of stored data by the descriptor behind it that gives just this length."""
        position = self._find(DESCRIPTOR_SIGNATURE, header.data)
        while position is not None:
            descriptor = read_at(self._content, position, 16)
            length = position - header.data
            if int.from_bytes(descriptor[8:12], "little") == length & 0xFFFFFFFF:
                crc32 = int.from_bytes(descriptor[4:8], "little")
                return replace(header, compressed=length, size=length, crc32=crc32)
            position = self._find(DESCRIPTOR_SIGNATURE, position + 1)
        # One byte more than there is, so that reading it shows that its end is missing.
        return replace(header, compressed=self._total - header.data + 1)

    def _find(self, needle: bytes, start: int) -> int | None:
        """Return the offset of the next occurrence; None if there is none, or too many were looked for."""
        self._searches -= 1
        step = 1 << 10
        while self._searches > 0 and self._searched > 0 and (window := read_at(self._content, start, step)):
            index = window.find(needle)
            if index >= 0:
                return start + index
            self._searched -= len(window)
            if len(window) < step:
                return None
            start += step - len(needle) + 1
            step = min(4 * step, _STEP)
        return None


def _plausible(header: ZipHeader) -> bool:
    """Return whether it is a header, not four bytes of data that look like its signature."""
    return 0 < len(header.raw_name) <= _LONGEST_NAME and header.method < 100 and min(header.raw_name) >= 0x20

"""Deflate, bare as in a zip (RFC 1951) or wrapped as gzip (RFC 1952), read as a stream within a budget."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING

from analyzer.bundle.content import Changed, Content, Damaged, Reader, skip_by_reading
from analyzer.bundle.limits import Budget
from analyzer.words import say

if TYPE_CHECKING:
    from zlib import _Decompress

BARE = -zlib.MAX_WBITS
GZIP = zlib.MAX_WBITS | 16

_INPUT = 1 << 18
_MOST_MARKS = 1024


class Inflated:
    """What deflated bytes decompress to.

    A mark keeps a copy of the decompressor (about 45 KiB), from which a later reader goes on. A reader from
    an offset starts at the nearest mark before it, at worst at the beginning.

    Attributes:
        size: None: only reading tells.
        seekable: never.
    """

    size: int | None = None
    seekable = False

    def __init__(self, content: Content, wrapping: int, budget: Budget) -> None:
        self._content, self._wrapping, self._budget = content, wrapping, budget
        self._marks: list[_Mark] = []
        self._charged = 0

    def reader(self, start: int = 0) -> Reader:
        """See `Content.reader`."""
        reader, passed = self.stream(start)
        while passed < start and (data := reader.read(min(start - passed, _INPUT))):
            passed += len(data)
        return reader

    def stream(self, start: int = 0) -> tuple[InflateReader, int]:
        """Return a reader from the last mark at or before an offset, and where it stands."""
        index = bisect_right(self._marks, start, key=lambda mark: mark.produced)
        mark = self._marks[index - 1] if index else _Mark(zlib.decompressobj(self._wrapping), 0, 0)
        source = self._content.reader(mark.consumed)
        return InflateReader(self, source, mark), mark.produced

    def fresh(self) -> _Decompress:
        """Return a new decompressor: one that has failed is never used again."""
        return zlib.decompressobj(self._wrapping)

    @property
    def in_parts(self) -> bool:
        """Whether several gzip streams may follow each other (RFC 1952 section 2.2)."""
        return self._wrapping == GZIP

    def charge(self, produced: int) -> None:
        """Take what is produced for the first time off the budget."""
        if produced > self._charged:
            self._budget.take(produced - self._charged)
            self._charged = produced

    def remember(self, mark: _Mark) -> None:
        """Keep a mark; of too many every other one is dropped."""
        index = bisect_right(self._marks, mark.produced, key=lambda other: other.produced)
        self._marks.insert(index, mark)
        if len(self._marks) > _MOST_MARKS:
            del self._marks[1::2]


class _Mark:
    """A decompressor, and how much it has consumed and produced."""

    def __init__(self, decompressor: _Decompress, consumed: int, produced: int) -> None:
        self.decompressor, self.consumed, self.produced = decompressor, consumed, produced


class InflateReader:
    """Decompresses from front to back."""

    def __init__(self, content: Inflated, source: Reader, mark: _Mark) -> None:
        self._content, self._source = content, source
        self._decompressor = mark.decompressor.copy()
        self._taken, self._produced = mark.consumed, mark.produced
        self._waiting = b""
        self._failure: Damaged | None = None

    @property
    def consumed(self) -> int:
        """Bytes of the input that are used up."""
        return self._taken - len(self._waiting)

    def read(self, size: int) -> bytes:
        """See `Reader.read`."""
        while not self._decompressor.eof or self._next_part():
            if not self._waiting:
                self._waiting = self._take(max(size, _INPUT))
            data = self._decompress(size)
            if data:
                self._produced += len(data)
                self._content.charge(self._produced)
                return data
        return b""

    def _decompress(self, size: int) -> bytes:
        if self._failure:
            raise self._failure
        before, starved = self._decompressor.copy(), not self._waiting
        try:
            data = self._decompressor.decompress(self._waiting, size)
        except zlib.error as error:
            self._failure = _damage(error)
            return _before_the_failure(before, self._waiting, size)
        finished = self._decompressor.eof
        self._waiting = self._decompressor.unused_data if finished else self._decompressor.unconsumed_tail
        if starved and not data and not finished:
            raise Damaged(say("the compressed data ends too early"))
        return data

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        self._taken += len(data)
        return data

    def _next_part(self) -> bool:
        if not self._content.in_parts:
            return False
        while not self._waiting.strip(b"\0"):
            self._waiting = self._take(_INPUT)
            if not self._waiting:
                return False
        if not b"\x1f\x8b".startswith(self._waiting[:2]):
            raise Damaged(say("other bytes follow the compressed data and were not read"))
        self._decompressor = self._content.fresh()
        return True

    def skip(self, size: int) -> int:
        """See `Reader.skip`."""
        return skip_by_reading(self, size)

    def mark(self) -> None:
        """See `Reader.mark`."""
        if not self._decompressor.eof:
            self._content.remember(_Mark(self._decompressor.copy(), self.consumed, self._produced))


def _before_the_failure(decompressor: _Decompress, data: bytes, size: int) -> bytes:
    """Return what comes before the damage: a failing call of zlib loses all that it had decompressed until then."""
    parts: list[bytes] = []
    for octet in memoryview(data):
        try:
            parts.append(decompressor.decompress(bytes((octet,)), size))
        except zlib.error:
            break
        size -= len(parts[-1])
        if size <= 0:
            break
    return b"".join(parts)


def _damage(error: zlib.error) -> Damaged:
    text = str(error)
    if "incorrect data check" in text or "incorrect length check" in text:
        return Changed(say("the checksum of the compressed data does not match: some bytes were changed"))
    return Damaged(say("the compressed data is damaged"))

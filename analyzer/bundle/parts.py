"""Content that is a part of other content, and content that comes with a checksum."""

from __future__ import annotations

import zlib

from analyzer.bundle.content import Changed, Content, Damaged, Reader, skip_by_reading
from analyzer.words import say


class Slice:
    """A part of other bytes. Where these end before it does, it is damaged."""

    def __init__(self, content: Content, start: int, size: int) -> None:
        self._content, self._start = content, start
        self.size: int | None = size
        self._length = size

    @property
    def seekable(self) -> bool:
        """See `Content.seekable`."""
        return self._content.seekable

    def reader(self, start: int = 0) -> Reader:
        """See `Content.reader`."""
        start = min(start, self._length)
        return _SliceReader(self._content.reader(self._start + start), self._length - start)


class _SliceReader:
    def __init__(self, reader: Reader, left: int) -> None:
        self._reader, self._left = reader, left

    def read(self, size: int) -> bytes:
        if not self._left:
            return b""
        data = self._reader.read(min(size, self._left))
        if not data:
            raise Damaged(say("the archive ends inside it, {missing:,} bytes early", missing=self._left))
        self._left -= len(data)
        return data

    def skip(self, size: int) -> int:
        skipped = self._reader.skip(min(size, self._left))
        self._left -= skipped
        return skipped

    def mark(self) -> None:
        self._reader.mark()


class Checked:
    """Bytes that an archive gives a size and a CRC-32 for; both are checked as they are read from the start."""

    def __init__(self, content: Content, size: int | None, crc32: int | None) -> None:
        self._content, self._expected, self._crc32 = content, size, crc32
        self.size = content.size if content.seekable else size

    @property
    def seekable(self) -> bool:
        """See `Content.seekable`."""
        return self._content.seekable

    def reader(self, start: int = 0) -> Reader:
        """See `Content.reader`."""
        reader = self._content.reader(start)
        return reader if start else _CheckedReader(reader, self._expected, self._crc32)


class _CheckedReader:
    def __init__(self, reader: Reader, size: int | None, crc32: int | None) -> None:
        self._reader, self._size, self._expected = reader, size, crc32
        self._count = self._crc32 = 0
        self._more = False

    def read(self, size: int) -> bytes:
        data = b"" if self._more else self._reader.read(size)
        if self._size is not None and self._count + len(data) > self._size:
            data = data[: self._size - self._count]
            self._more = True
        if self._more and not data:
            raise Damaged(say("it holds more than the {size:,} bytes that the archive gives for it", size=self._size))
        self._count += len(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        if not data:
            self._check_the_end()
        return data

    def _check_the_end(self) -> None:
        if self._size is not None and self._count < self._size:
            raise Damaged(say("it ends after {count:,} of {size:,} bytes", count=self._count, size=self._size))
        if self._expected is not None and self._crc32 != self._expected:
            raise Changed(say("its checksum does not match: some of its bytes were changed"))

    def skip(self, size: int) -> int:
        return skip_by_reading(self, size)

    def mark(self) -> None:
        self._reader.mark()

"""Bytes that can be read from any offset on, wherever they lie: in a file, in memory, inside an archive.

Archives are layers of these: a member of a tar.gz is a `Slice` of an `Inflated` of a `FileContent`. Nothing is
ever extracted to disk, so no name inside an archive can reach the file system.
"""

from __future__ import annotations

from typing import Protocol

from analyzer.words import Words

CHUNK = 1 << 18
PIECE = 1 << 20
"""What is read at a time, and what is read ahead at a time."""


class Damaged(Exception):  # noqa: N818 - it is a state of the input, not an error of the program
    """The bytes end here, and should not. `why` says why, in words for a person."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


class Changed(Damaged):
    """All the bytes are there, but a checksum says that some are not what they were."""


class Reader(Protocol):
    """One way through some bytes, from front to back."""

    def read(self, size: int) -> bytes:
        """Return 1 to `size` bytes, or nothing at the end; raises `Damaged`."""
        ...

    def skip(self, size: int) -> int:
        """Pass over up to `size` bytes and return how many there were; raises `Damaged`."""
        ...

    def mark(self) -> None:
        """Remember this place, so that a later reader gets here at little cost."""
        ...


class Content(Protocol):
    """Some bytes."""

    @property
    def size(self) -> int | None:
        """Their number, None if only reading tells."""
        ...

    @property
    def seekable(self) -> bool:
        """Whether a reader from any offset costs the same."""
        ...

    def reader(self, start: int = 0) -> Reader:
        """Return a reader from an offset on; an offset behind the end reads as nothing."""
        ...


def read_at(content: Content, start: int, size: int) -> bytes:
    """Return up to `size` bytes from an offset on: fewer only at the end or before damage."""
    return read_up_to(content.reader(start), size)[0]


def read_up_to(reader: Reader, size: int) -> tuple[bytes, Damaged | None]:
    """Return the next `size` bytes or what there is of them, and the damage that they end at, if any."""
    parts: list[bytes] = []
    try:
        while size and (data := reader.read(min(size, CHUNK))):
            parts.append(data)
            size -= len(data)
    except Damaged as damage:
        return b"".join(parts), damage
    return b"".join(parts), None


def skip_by_reading(reader: Reader, size: int) -> int:
    """Pass over bytes that have to be read for it; see `Reader.skip`."""
    left = size
    while left and (data := reader.read(min(left, CHUNK))):
        left -= len(data)
    return size - left

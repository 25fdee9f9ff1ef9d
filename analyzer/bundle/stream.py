"""Reads a member from front to back, counts and hashes it on the way, and never raises on what it meets."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from analyzer.bundle.content import CHUNK, Damaged, Reader
from analyzer.bundle.digest import Digest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Pass(Struct, frozen=True, kw_only=True):
    """How one reading of a member ended.

    Attributes:
        size: bytes that were read.
        sha256: of the whole member; None if it is damaged.
        damage: why it ends early, or why its bytes may be wrong; None if it is sound.
    """

    size: int
    sha256: str | None
    damage: str | None


class MemberStream(io.RawIOBase):
    """A member's bytes. Damage reads as the end; `damage` then says what it was.

    The hash and the archive's checksum are only complete once the end was reached: `drain` does that.
    """

    def __init__(self, reader: Reader, limit: int, at_end: Callable[[Pass], None]) -> None:
        self.damage: str | None = None
        self._reader, self._limit, self._at_end = reader, limit, at_end
        self._size = 0
        self._digest = Digest()
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return 1 to `size` bytes, or nothing at the end. Without a size it is a piece, too, never all at once."""
        if self._ended or not size:
            return b""
        try:
            data = self._next(size if size > 0 else CHUNK)
        except Damaged as damage:
            self._end(str(damage))
            return b""
        if not data:
            self._end(None)
            return b""
        self._size += len(data)
        self._digest.update(data)
        return data

    def _next(self, size: int) -> bytes:
        if room := self._limit - self._size:
            return self._reader.read(min(size, room))
        if self._reader.read(1):
            raise Damaged(f"limit reached: of such a member {self._limit:,} bytes are read")
        return b""

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer and return the number of bytes: fewer than it holds only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (data := self.read(len(view) - filled)):
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def drain(self) -> None:
        """Read to the end, so that checksum, hash and size are known."""
        while self.read(CHUNK):
            pass

    def _end(self, damage: str | None) -> None:
        self._ended = True
        self.damage = damage
        sha256 = None if damage else self._digest.hexdigest()
        self._digest.close()
        self._at_end(Pass(size=self._size, sha256=sha256, damage=damage))

    def readable(self) -> bool:
        """Whether it can be read, for readers that ask."""
        return True

    def close(self) -> None:
        """End the reading here. What was not read stays unknown."""
        self._ended = True
        self._digest.close()
        super().close()

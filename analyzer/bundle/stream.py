"""Reads a member from front to back, counts and hashes it on the way, and never raises on what it meets."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from analyzer.bundle.content import CHUNK, PIECE, Damaged, Reader
from analyzer.words import Words, say

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from analyzer.bundle.readahead import ReadAhead

_SMALL = 1 << 22


class Pass(Struct, frozen=True, kw_only=True):
    """How one reading of a member ended.

    Attributes:
        size: bytes that were read.
        sha256: of the whole member; None if it is damaged.
        damage: why it ends early, or why its bytes may be wrong; None if it is sound.
    """

    size: int
    sha256: str | None
    damage: Words | None


class MemberStream(io.RawIOBase):
    """A member's bytes. Damage reads as the end; `damage` then says what it was.

    The hash and the archive's checksum are only complete once the end was reached: `drain` does that.

    Args:
        reader: where the bytes come from.
        limit: how many of them are read.
        at_end: is told how the reading ended.
        hash_ahead: whether a thread that reads ahead hashes, too. What has to be decompressed keeps it busy enough.
        progress: is told how many bytes were read, piece by piece.
    """

    def __init__(
        self,
        reader: Reader,
        limit: int,
        at_end: Callable[[Pass], None],
        *,
        hash_ahead: bool,
        progress: Callable[[int], object] | None = None,
    ) -> None:
        self.damage: Words | None = None
        self._reader, self._limit, self._at_end = reader, limit, at_end
        self._hash_ahead, self._progress = hash_ahead, progress
        self._size = 0
        self._hash = hashlib.sha256()
        self._piece = memoryview(b"")
        self._ahead: ReadAhead | None = None
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return 1 to `size` bytes, or nothing at the end. Without a size it is a piece, too, never all at once."""
        if not size or not self._fetch():
            return b""
        return bytes(self._take(size if size > 0 else CHUNK))

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer and return the number of bytes: fewer than it holds only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._fetch():
            piece = self._take(len(view) - filled)
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def drain(self) -> None:
        """Read to the end, so that checksum, hash and size are known."""
        while self._fetch():
            self._take(CHUNK)

    def _take(self, size: int) -> memoryview:
        taken, self._piece = self._piece[:size], self._piece[size:]
        return taken

    def _fetch(self) -> bool:
        """See to it that there is a piece. False: the end."""
        if self._piece or self._ended:
            return bool(self._piece)
        try:
            if self._size >= _SMALL and self._ahead is None:
                self._ahead = _start(self._next_ahead)
            self._piece = memoryview(self._ahead.read() if self._ahead else self._next(CHUNK))
        except Damaged as damage:
            self._end(damage.why)
        else:
            if not (self._ahead and self._hash_ahead):
                self._hash.update(self._piece)
            if not self._piece:
                self._end(None)
            elif self._progress:
                self._progress(self._size)
        return bool(self._piece)

    def _next_ahead(self) -> bytes:
        data = self._next(PIECE)
        if self._hash_ahead:
            self._hash.update(data)
        return data

    def _next(self, size: int) -> bytes:
        """Read the next piece and account for it."""
        room = self._limit - self._size
        data = self._reader.read(min(size, room) or 1)
        if data and not room:
            raise Damaged(say("limit reached: of such a member {limit:,} bytes are read", limit=self._limit))
        self._size += len(data)
        return data

    def _end(self, damage: Words | None) -> None:
        self._stop()
        self.damage = damage
        sha256 = None if damage else self._hash.hexdigest()
        self._at_end(Pass(size=self._size, sha256=sha256, damage=damage))

    def _stop(self) -> None:
        self._ended = True
        if self._ahead:
            self._ahead.close()

    def readable(self) -> bool:
        """Whether it can be read, for readers that ask."""
        return True

    def close(self) -> None:
        """End the reading here. What was not read stays unknown."""
        self._stop()
        self._piece = memoryview(b"")
        super().close()


def _start(produce: Callable[[], bytes]) -> ReadAhead | None:
    """Return a thread that reads ahead; None if the system has none to give."""
    # Imported late: small bundles do without.
    from analyzer.bundle.readahead import ReadAhead

    try:
        return ReadAhead(produce)
    except RuntimeError:
        return None

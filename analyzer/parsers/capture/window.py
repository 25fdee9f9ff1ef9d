"""A reused buffer that slides over a stream, so that a capture of any size costs the same memory.

The stream may be a member of an archive: it is read once, front to back, and whatever it raises (a wrong checksum,
a cut archive, a disk error) costs only what follows.
"""

from __future__ import annotations

import zlib

from analyzer.parsers.capture.sources import ByteStream
from analyzer.text import clean
from analyzer.words import Words, say

# Wireshark takes nothing larger for a frame either (WTAP_MAX_PACKET_SIZE_STANDARD).
LARGEST_FRAME = 262_144

# Whoever unpacks the fixed fields of a short frame may look this far beyond it.
_SLACK = 128
_SIZE = LARGEST_FRAME + 4096
_GZIP = b"\x1f\x8b"


class DamageError(Exception):
    """The rest of a capture file cannot be read; `why` says why, in words for a person."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


class Window:
    """The bytes `start` to `end` of `buffer` are read and not yet used.

    Attributes:
        view: of `buffer`, to copy out of it only once.
        offset: where `buffer[0]` lies in the (decompressed) file.
        failure: what the stream raised, if it did.
    """

    def __init__(self, stream: ByteStream, most: int) -> None:
        self.buffer = bytearray(_SIZE + _SLACK)
        self.start = self.end = self.offset = 0
        self.failure: str | None = None
        self.view = memoryview(self.buffer)
        self._stream: ByteStream | _Gunzipped = stream
        self._left = most
        if self.refill() and self.buffer.startswith(_GZIP):
            self._decompress(stream)

    def _decompress(self, stream: ByteStream) -> None:
        self._stream = _Gunzipped(bytes(self.buffer[: self.end]), stream)
        self.start = self.end = 0
        self.refill()

    def refill(self) -> bool:
        """Move what is left to the front and read on. False: nothing more came."""
        left = self.end - self.start
        if self.start:
            self.buffer[:left] = self.buffer[self.start : self.end]
            self.offset += self.start
            self.start, self.end = 0, left
        if not self._left:
            self.failure = self.failure or say("it is larger than the limit")
            return False
        try:
            count = self._stream.readinto(self.view[left : min(_SIZE, left + self._left)])
        except DamageError as error:
            self.failure = error.why
            return False
        except Exception as error:  # noqa: BLE001 - the stream is foreign code: archives raise a dozen kinds
            self.failure = clean(f"{type(error).__name__}: {error}")
            return False
        self.end += count or 0
        self._left -= count or 0
        return bool(count)

    def require(self, count: int) -> bool:
        """Read on until `count` bytes are there. False: the stream ended before. `count` is at most a frame."""
        while self.end - self.start < count:
            if not self.refill():
                return False
        return True

    def skip(self, count: int) -> bool:
        """Leave out `count` bytes. False: the stream ended before."""
        while count > self.end - self.start:
            count -= self.end - self.start
            self.start = self.end
            if not self.refill():
                return False
        self.start += count
        return True

    def cut(self, number: int) -> DamageError:
        """Return the damage of a file that ends within a frame, or whose stream failed there."""
        offset = self.offset + self.start
        if self.failure:
            return DamageError(
                say(
                    "it could not be read beyond frame {number}, at offset {offset} ({reason})",
                    number=number,
                    offset=offset,
                    reason=self.failure,
                )
            )
        return DamageError(say("it ends within frame {number}, at offset {offset}", number=number, offset=offset))


class _Gunzipped:
    """A gzip stream whose first bytes were already read. It hands out all that precedes a damage, then raises."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self._compressed = head
        self._stream = stream
        self._inflate = zlib.decompressobj(wbits=31)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer as far as one step goes. 0: the end.

        Members may follow one another (RFC 1952 section 2.2); zeros behind the last one are padding, as for gzip.
        """
        while True:
            if not self._compressed:
                self._compressed = self._stream.read(65_536) or b""
                if not self._compressed:
                    if self._inflate.eof:
                        return 0
                    raise DamageError(say("the compressed data is cut"))
            if self._inflate.eof:
                self._compressed = self._compressed.lstrip(b"\0")
                if not self._compressed:
                    continue
                self._inflate = zlib.decompressobj(wbits=31)
            data = self._inflate.decompress(self._compressed, len(buffer))
            self._compressed = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                return len(data)

"""What the capture reader is given, what bounds it, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from analyzer.evidence import CaptureFile, Handshake, Problem, TcpConversation


class ByteStream(Protocol):
    """What a capture is read from: a file, or a member of an archive."""

    def read(self, size: int = -1, /) -> bytes | None:
        """Return at most `size` bytes; none: the end."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer as far as one step goes and return how far. 0: the end."""

    def close(self) -> None:
        """Let go of it."""


class CaptureSource(Struct, frozen=True, kw_only=True):
    """A capture file that can be opened once.

    Attributes:
        name: `INPUT/MEMBER`; every record that comes out of the file names it so.
        open: returns a stream, which is read once, front to back.
        interface: `eth0` …; files of one interface are read as one capture. None: a loose file.
        sequence: the rotation number in the file's name. It wraps around, so it only breaks ties.
        head: the first bytes of the file, up to 64 KiB: the time of the first packet decides the order of
            rotated files. Empty: not known.
    """

    name: str
    open: Callable[[], ByteStream]
    interface: str | None = None
    sequence: int | None = None
    head: bytes = b""


class CaptureLimits(Struct, frozen=True, kw_only=True):
    """Bounds on what a hostile capture can cost. One that is reached shows as a `Problem`.

    Attributes:
        file_bytes: of one capture, after decompression.
        handshake_message: bytes of one handshake message.
        chain: certificates of one Certificate message.
        certificate_bytes: of all distinct certificates together.
        flows: TCP connections followed at the same time; the oldest gives way.
        queued_bytes: of one direction that waits for a missing segment.
        buffered_bytes: of all connections together; the oldest gives way.
        handshakes, conversations: results.
    """

    file_bytes: int = 16 << 30
    handshake_message: int = 1 << 20
    chain: int = 32
    certificate_bytes: int = 64 << 20
    flows: int = 32_768
    queued_bytes: int = 4 << 20
    buffered_bytes: int = 64 << 20
    handshakes: int = 65_536
    conversations: int = 10_000


class CaptureReading(Struct, frozen=True, kw_only=True):
    """What the captures of one node show.

    Attributes:
        handshakes: by start time.
        conversations: by start time.
        files: in the order in which they were read.
        certificates: DER by its SHA-256 in lower-case hex.
    """

    handshakes: tuple[Handshake, ...]
    conversations: tuple[TcpConversation, ...]
    files: tuple[CaptureFile, ...]
    certificates: Mapping[str, bytes]
    problems: tuple[Problem, ...]

"""What the layers of a frame share: the position in it, and how the next layer is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.parsers.capture.fragments import FragmentTable

# The next layer is named by a number and by whose number it is.
LINK_TYPE: Final = 0  # https://www.tcpdump.org/linktypes.html
ETHERTYPE: Final = 1  # IANA IEEE 802 Numbers
PPP_PROTOCOL: Final = 2  # IANA PPP Numbers
IP_PROTOCOL: Final = 3  # IANA Protocol Numbers
UDP_PORT: Final = 4  # IANA Service Names


class ShortFrameError(Exception):
    """The frame ends within a header."""


class Cursor:
    """A position in a frame.

    Attributes:
        data: what is walked: the reader's buffer, or a datagram put together from fragments.
        offset: of the next header.
        end: of what was captured of the current layer, without padding.
        declared: where the layer ends by its own headers; beyond `end` if the snaplen cut it.
        source, destination: addresses of the innermost IP header.
        seconds: time of the frame.
    """

    __slots__ = ("data", "declared", "destination", "end", "fragments", "offset", "seconds", "source")

    def __init__(
        self, data: bytes | bytearray, start: int, end: int, original: int, seconds: int, fragments: FragmentTable
    ) -> None:
        self.data = data
        self.offset = start
        self.end = end
        self.declared = max(start + original, end)
        self.source = self.destination = b""
        self.seconds = seconds
        self.fragments = fragments

    @property
    def is_cut(self) -> bool:
        """Whether the snaplen cut the current layer."""
        return self.declared > self.end

    def take(self, count: int) -> int:
        """Step over `count` bytes and return where they begin.

        Raises:
            ShortFrameError: if fewer were captured.
        """
        at = self.offset
        if at + count > self.end:
            raise ShortFrameError
        self.offset = at + count
        return at

    def number(self, at: int) -> int:
        """Return the 16-bit number at an offset, in network order."""
        return self.data[at] << 8 | self.data[at + 1]

    def bound(self, declared: int) -> None:
        """Take a layer's own word for where it ends: what follows is padding, what is missing was cut."""
        self.declared = declared
        self.end = min(self.end, declared)


Layer = Callable[[Cursor], tuple[int, int] | None]

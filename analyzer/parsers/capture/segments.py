"""From any frame to the TCP segment in it: by the walk, or by Scapy for a link type that only Scapy knows."""

from __future__ import annotations

from collections import Counter
from typing import Final

from analyzer.parsers.capture.cursor import Cursor
from analyzer.parsers.capture.fallback import RAW_IP, Dissector, find_dissector
from analyzer.parsers.capture.fragments import FragmentTable
from analyzer.parsers.capture.walk import Segment, find_segment, is_known

_SECOND: Final = 1_000_000_000


class SegmentFinder:
    """Finds the segments of one interface's frames.

    Attributes:
        unknown_links: frames by link types that could not be read.
    """

    def __init__(self, fragments: FragmentTable) -> None:
        self.unknown_links: Counter[int] = Counter()
        self._fragments = fragments
        self._dissectors: dict[int, Dissector | None] = {}

    def find(
        self, data: bytes | bytearray, link: int, start: int, end: int, original: int, nanoseconds: int
    ) -> Segment | None:
        """Return the TCP segment of a frame, which is `data` from `start` to `end`; None: it has none.

        Raises:
            ShortFrameError: the snaplen cut a header on the way to TCP, or TCP's.
        """
        if not is_known(link):
            packet = self._fallback(link, bytes(data[start:end]))
            if packet is None:
                return None
            original += len(packet) - (end - start)
            link, data, start, end = RAW_IP, packet, 0, len(packet)
        return find_segment(link, Cursor(data, start, end, original, nanoseconds // _SECOND, self._fragments))

    def _fallback(self, link: int, frame: bytes) -> bytes | None:
        if link not in self._dissectors:
            self._dissectors[link] = find_dissector(link)
        dissect = self._dissectors[link]
        if dissect is None:
            self.unknown_links[link] += 1
            return None
        return dissect(frame)

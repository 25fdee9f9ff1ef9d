"""Weigh where a SIP or HTTP body opens and ends, line by line, by the rules that `bodies` states."""

from __future__ import annotations

import re

from analyzer.parsers.snapshot.headers import HEADER

_MARKER = re.compile(rb"[A-Z]{1,8}MSG:[ \t]*+\Z")
_MARKER_LINE = re.compile(rb"\n[^\n]*[A-Z]MSG:[ \t\r]*+\n")
_MARKED = re.compile(rb"\n[ \t]*+[A-Z]{1,8}MSG:[ \t\r]*+\n[ \t]*+\|")
_LONE = re.compile(rb"\n[ \t]*+\|[ \t\r]*+\n")
_CLOSE = re.compile(rb"\|[ \t\r]*+(?=\n)")
_BLANK_LINES = re.compile(rb"\n(?:[ \t\r]*+\n){0,8}+")
_BLANKS = b" \t\r"
_BLANK = 0x20
_AT_START = (b"\n ", b"\n")


class MoreNeeded(Exception):  # noqa: N818 - no error: the bytes at hand do not decide
    """The end of the body depends on bytes that were not read yet."""


class Scan:
    """One pass over a buffer. A position is that of a byte; a line starts at the line feed before it."""

    def __init__(self, buffer: bytes, *, final: bool, limit: int) -> None:
        self.buffer = buffer
        self.final = final
        self.limit = limit
        self.unclosed: list[int] = []
        # What the last search found, for whoever asks again: no byte is searched twice.
        self._hopeless_until = 0
        self._no_reopening_until = 0
        self._closing: tuple[int, re.Match[bytes] | None] | None = None
        self._bar_line: tuple[int, int | None] | None = None

    def next_opening(self, position: int) -> tuple[int, int] | None:
        """Return the start of the line that opens the next body, and its `|`."""
        while (bar := self.next_bar_line(position)) is not None:
            if (start := self.opening_start(bar)) is not None:
                return start, bar
            position = bar + 1
        return None

    def next_bar_line(self, position: int) -> int | None:
        """Return the first `|` of the next line that starts with one or has it after a marker."""
        if self._bar_line is not None and self._bar_line[0] == position:
            return self._bar_line[1]
        buffer, asked = self.buffer, position
        while (bar := buffer.find(b"|", position)) >= 0:
            if buffer.endswith(_AT_START, 0, bar):
                break
            before = buffer[buffer.rfind(b"\n", 0, bar) + 1 : bar]
            if not before.strip(_BLANKS) or (_MARKER.search(before) and before.count(b'"') % 2 == 0):
                break
            position = buffer.index(b"\n", bar)
        self._bar_line = (asked, bar if bar >= 0 else None)
        return self._bar_line[1]

    def opening_start(self, bar: int) -> int | None:
        """Return the start of the line of a `|` that opens a body; None: it opens nothing.

        A lone `|` opens one only below a marker, and then the body starts at the marker.
        """
        start = self.buffer.rfind(b"\n", 0, bar)
        if self.buffer[bar + 1] > _BLANK or _LONE.match(self.buffer, start) is None:
            return start
        previous = self.buffer.rfind(b"\n", 0, max(start, 0))
        return previous if previous >= 0 and _MARKED.match(self.buffer, previous) else None

    def undecided_marker(self, position: int) -> int:
        """Return the end of what can be consumed: a marker in the last line belongs to what follows."""
        last = len(self.buffer) - 1
        start = self.buffer.rfind(b"\n", position, last)
        return start if start >= 0 and _MARKER_LINE.match(self.buffer, start) else last

    def body_end(self, start: int, bar: int) -> int:
        """Return the line feed that ends the body which opens at a `|`."""
        indented = self.buffer[self.buffer.rfind(b"\n", 0, bar) + 1] in b" \t"
        horizon = bar + self.limit
        searched = max(bar + 1, self._hopeless_until)
        looked = max(bar, self._no_reopening_until)
        while (close := self.next_close(searched, horizon)) is not None:
            searched = close
            if indented and self.reopens(looked, searched):
                return self.give_up(start, bar, horizon, indented=True)
            looked = searched
            if self.is_followed_by_record(searched, indented=indented):
                return self.believed(searched)
        if not self.final and len(self.buffer) <= horizon:
            raise MoreNeeded
        self._hopeless_until, self._no_reopening_until = horizon, looked if indented else bar
        return self.give_up(start, bar, horizon, indented=indented)

    def next_close(self, position: int, end: int) -> int | None:
        """Return the end of the next line that ends in `|`."""
        if self._closing is None or not (
            self._closing[0] <= position and (self._closing[1] is None or position <= self._closing[1].start())
        ):
            self._closing = (position, _CLOSE.search(self.buffer, position))
        found = self._closing[1]
        return found.end() if found is not None and found.end() < end else None

    def reopens(self, start: int, end: int) -> bool:
        """Whether a record at the margin, with a body of its own, stands between."""
        if self.buffer.find(b"PMSG:", start, end) < 0:
            return False
        for marker in _MARKED.finditer(self.buffer, start, end):
            if HEADER.match(self.buffer, self.buffer.rfind(b"\n", 0, marker.start())):
                return True
        return False

    def is_followed_by_record(self, end: int, *, indented: bool) -> bool:
        if indented and len(self.buffer) > end + 1 and self.buffer[end + 1] > _BLANK:
            return True
        blank = _BLANK_LINES.match(self.buffer, end)
        following = blank.end() if blank else end + 1
        if following >= len(self.buffer):
            if not self.final:
                raise MoreNeeded
            return True
        if indented:
            return self.buffer[following] not in b" \t"
        return HEADER.match(self.buffer, following - 1) is not None

    def believed(self, end: int) -> int:
        """Return the end of the body, moved on to a lone `|` that nothing else accounts for."""
        while True:
            bar = self.next_bar_line(end)
            horizon = end + self.limit
            if bar is None and not self.final and len(self.buffer) <= horizon:
                raise MoreNeeded
            if bar is None or bar >= horizon or self.opening_start(bar) is not None:
                return end
            end = self.buffer.index(b"\n", bar)

    def give_up(self, start: int, bar: int, horizon: int, *, indented: bool) -> int:
        """Return where the log goes on after a body that has no end."""
        last = min(horizon, len(self.buffer) - 1)
        record = HEADER.search(self.buffer, bar, last) if indented else None
        if record is not None or horizon < len(self.buffer) or not indented:
            self.unclosed.append(start)
        line_end = self.buffer.index(b"\n", bar)
        return record.start() if record else max(self.buffer.rfind(b"\n", bar, last + 1), line_end)

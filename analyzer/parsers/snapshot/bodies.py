r"""Tell what the log says from what it quotes: SIP and HTTP messages are never looked into.

Sample::

    2026-03-24T11:54:26.106+00:00 edge tvcs: UTCTime="2026-03-24 11:54:26,106" Module="network.sip" Level="DEBUG": …
     SIPMSG:
     |INVITE sip:someone@example.com SIP/2.0
     Via: SIP/2.0/TLS 192.0.2.1:5061
     Content-Length: 0
     |

A peer chooses every byte of such a body, also bytes that imitate a record. A body therefore runs from its `|` to
its closing `|`, whatever stands between, at the margin or not:

* It opens at a line that starts with `|`, or has it after the marker `SIPMSG:` or `HTTPMSG:`.
* It closes at a line that ends in `|`, if a record (or nothing) follows. A peer can write a `|`, too, but then the
  rest of the body follows; a lone `|` further on, that nothing opened, shows the earlier one to be part of the body.
* The logger indents the lines of a body. In an indented body, a record at the margin that opens a body of its own
  shows that the first one was cut short, as does a record at the margin if no closing `|` comes in `BODY_LIMIT`
  bytes. A body at the margin that is not closed hides `BODY_LIMIT` bytes: what it may swallow is bounded, and it is
  counted.
"""

from __future__ import annotations

import re

from msgspec import Struct

from analyzer.parsers.snapshot.headers import HEADER

BODY_LIMIT = 256 * 1024
"""Bytes in which a body must close. SIP messages are some KiB; the largest HTTP bodies are phone configurations."""

_MARKER = re.compile(rb"[A-Z]{1,8}MSG:[ \t]*+\Z")
_MARKER_LINE = re.compile(rb"\n[^\n]*[A-Z]MSG:[ \t\r]*+\n")
_MARKED = re.compile(rb"\n[ \t]*+[A-Z]{1,8}MSG:[ \t\r]*+\n[ \t]*+\|")
_LONE = re.compile(rb"\n[ \t]*+\|[ \t\r]*+\n")
_CLOSE = re.compile(rb"\|[ \t\r]*+(?=\n)")
_BLANK_LINES = re.compile(rb"\n(?:[ \t\r]*+\n){0,8}+")
_BLANKS = b" \t\r"
_BLANK = 0x20
_LINE_FEED = 0x0A
_AT_START = (b"\n ", b"\n")


class Outside(Struct, frozen=True, kw_only=True):
    """The parts of a buffer that are no body.

    Attributes:
        spans: from the line feed before the first line to the line feed that ends the last one (exclusive).
        consumed: where the next buffer has to start, because more bytes must be known.
        unclosed: positions of bodies without an end.
    """

    spans: tuple[tuple[int, int], ...]
    consumed: int
    unclosed: tuple[int, ...]


class _MoreNeeded(Exception):  # noqa: N818 - no error: the bytes at hand do not decide
    """The end of the body depends on bytes that were not read yet."""


def outside_bodies(buffer: bytes, *, final: bool, limit: int = BODY_LIMIT) -> Outside:
    """Find what is outside of bodies in a buffer of whole lines that starts and ends with a line feed.

    The result does not depend on where the buffer ends: what is not decided by its bytes is not consumed.
    """
    scan = _Scan(buffer, final=final, limit=limit)
    spans: list[tuple[int, int]] = []
    position = 0
    try:
        while (opening := scan.next_opening(position)) is not None:
            start, bar = opening
            spans.append((position, start))
            position = start
            position = scan.body_end(start, bar)
        end = len(buffer) - 1 if final else scan.undecided_marker(position)
        spans.append((position, end))
    except _MoreNeeded:
        end = position
    return Outside(spans=tuple(spans), consumed=end, unclosed=tuple(scan.unclosed))


class _Scan:
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
        if (end := self.ordinary_end(bar)) is not None:
            return end
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
            raise _MoreNeeded
        self._hopeless_until, self._no_reopening_until = horizon, looked if indented else bar
        return self.give_up(start, bar, horizon, indented=indented)

    def ordinary_end(self, bar: int) -> int | None:
        """Return the end of a body as nearly all are, where nothing has to be weighed; None: weigh it.

        It is indented, holds no `|` and no marker, a record follows, and the next `|` opens the next body.
        """
        buffer = self.buffer
        close = buffer.find(b"|", bar + 1)
        following = buffer.find(b"|", close + 1) if close >= 0 else -1
        if (
            following < 0
            or not buffer.startswith(b"|\n", close)
            or not buffer.startswith(b"\n |", bar - 2)
            or not buffer.startswith(b"\n |", following - 2)
            or buffer[following + 1] <= _BLANK
            or buffer[close + (3 if buffer[close + 2] == _LINE_FEED else 2)] <= _BLANK
            or close + 1 >= bar + self.limit
            or buffer.find(b"PMSG:", bar, close) >= 0
        ):
            return None
        self._bar_line = (close + 1, following)
        return close + 1

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
                raise _MoreNeeded
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
                raise _MoreNeeded
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

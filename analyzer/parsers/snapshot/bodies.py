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
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.parsers.snapshot.weighing import MoreNeeded, Scan

BODY_LIMIT = 256 * 1024
"""Bytes in which a body must close. SIP messages are some KiB; the largest HTTP bodies are phone configurations."""

# A closing `|` on a line of its own that nobody can doubt: a record follows, and the line before is no marker.
_PLAIN_CLOSE = re.compile(rb"(?:(?<=[^: \t\r]\n )|(?<=\n \n ))\|\n\n?+(?=[^\x00-\x20])")
_PLAIN_OPENING = re.compile(rb"(?<=\n )\|(?=[^\x00-\x20])")


class Outside(Struct, frozen=True, kw_only=True):
    """The parts of a buffer that are no body.

    Attributes:
        text: these parts, each from the line feed before its first line up to the one that ends its last line.
        spans: where each of them stands in the buffer.
        consumed: where the next buffer has to start, because more bytes must be known.
        unclosed: positions of bodies without an end.
    """

    text: bytes
    spans: list[tuple[int, int]]
    consumed: int
    unclosed: tuple[int, ...]

    def positions(self, places: Sequence[int]) -> Iterator[int]:
        """Yield the positions in the buffer of ascending places in the text."""
        spans = iter(self.spans)
        shift = passed = 0
        for place in places:
            while place >= passed:
                start, end = next(spans)
                shift = start - passed
                passed += end - start
            yield place + shift


def outside_bodies(buffer: bytes, *, final: bool, limit: int = BODY_LIMIT) -> Outside:
    """Find what is outside of bodies in a buffer of whole lines that starts and ends with a line feed.

    The result does not depend on where the buffer ends: what is not decided by its bytes is not consumed.
    """
    scan = Scan(buffer, final=final, limit=limit)
    spans: list[tuple[int, int]] = []
    position = 0
    try:
        while (opening := scan.next_opening(position)) is not None:
            start, bar = opening
            # A lone `|` opens a body at its marker, which may be the end of the body before.
            spans.append((position, max(start, position)))
            if (last := _pass_plain(buffer, bar, limit, spans)) != bar:
                start, bar = last - 2, last
            position = start
            position = scan.body_end(start, bar)
        end = len(buffer) - 1 if final else scan.undecided_marker(position)
        spans.append((position, end))
    except MoreNeeded:
        end = position
    text = b"".join([buffer[start:end] for start, end in spans])
    return Outside(text=text, spans=spans, consumed=end, unclosed=tuple(scan.unclosed))


def _pass_plain(buffer: bytes, bar: int, limit: int, spans: list[tuple[int, int]]) -> int:
    """Pass the bodies that are as nearly all are, where nothing has to be weighed; return the `|` of the next one.

    Such a body is indented and holds no `|`, so that no other body can open in it; a record follows, and the next
    `|` opens the next body. What lies between two of them is added to the spans.
    """
    if not buffer.startswith(b"\n ", bar - 2):
        return bar
    find, closes, opens = buffer.find, _PLAIN_CLOSE.match, _PLAIN_OPENING.match
    while True:
        close = find(b"|", bar + 1)
        if close < 0 or closes(buffer, close) is None or close + 1 >= bar + limit:
            return bar
        following = find(b"|", close + 2)
        if following < 0 or opens(buffer, following) is None:
            return bar
        spans.append((close + 1, following - 2))
        bar = following

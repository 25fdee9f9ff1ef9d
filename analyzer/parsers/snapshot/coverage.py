"""What a log covers: first and last time, number of records, hosts, and the offset of the local clock."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from analyzer.evidence import LogSpan
from analyzer.parsers.snapshot.changes import shown
from analyzer.parsers.snapshot.headers import HANDSHAKE_GOES_ON, HEADER
from analyzer.parsers.snapshot.records import Record, read_records, utc

_ANY_START = b"\n"
# How the records of one log begin; to look for these bytes is much faster than to try every line. A pattern finds
# them in half the time that `bytes.count` takes.
_STARTS = {start: re.compile(start) for start in (b"\n20", b"\n<")}
_MAX_HOSTS = 20


class Coverage:
    """Collects what is said of the whole log, from buffers and from the records that were parsed anyway."""

    def __init__(self) -> None:
        self._records = 0
        self._hosts: Counter[str] = Counter()
        self._utc_offset: int | None = None
        self._has_ssl_debug = False
        self._first_line: bytes | None = None
        self._last_line: bytes | None = None
        self._literal = _ANY_START
        self._first_parsed: datetime | None = None
        self._last_parsed: datetime | None = None

    def measure(self, text: bytes) -> None:
        """Count the records of a text outside of bodies, and keep the lines of the first and the last one."""
        if self._first_line is None:
            first = HEADER.search(text)
            if first is None:
                return
            self._first_line = _line_at(text, first.start())
            self._literal = next((start for start in _STARTS if self._first_line.startswith(start)), _ANY_START)
        if self._literal == _ANY_START:
            headers = [match.start() for match in HEADER.finditer(text)]
            self._records += len(headers)
            self._last_line = _line_at(text, headers[-1]) if headers else self._last_line
            return
        self._records += len(_STARTS[self._literal].findall(text))
        position = text.rfind(self._literal)
        while position >= 0 and not HEADER.match(text, position):
            position = text.rfind(self._literal, 0, position)
        if position >= 0:
            self._last_line = _line_at(text, position)

    def note(self, record: Record) -> None:
        """Take from a record what is said of the whole log."""
        if record.host:
            self._hosts[record.host] += 1
        if self._utc_offset is None:
            self._utc_offset = record.utc_offset
        if (record.get("Module") or "").startswith("developer.ssl") and record.get("Level") == "DEBUG":
            self._has_ssl_debug = True
        if record.time is not None:
            self._note_time(record.time)

    def note_going_on(self, line: bytes) -> bool:
        """Take the same from a line that says only that a handshake goes on; return whether it is one."""
        found = HANDSHAKE_GOES_ON.match(line) if self._utc_offset is not None else None
        time = utc(found["time"].decode()) if found else None
        if found is None or time is None:
            return False
        self._hosts[found["host"].decode("utf-8", "surrogateescape")] += 1
        self._note_time(time)
        return True

    def _note_time(self, time: datetime) -> None:
        self._first_parsed = self._first_parsed or time
        self._last_parsed = time

    def span(self, file: str, lines: int) -> LogSpan:
        """Return what was collected of a log with so many lines."""
        edges = [
            record
            for line in (self._first_line, self._last_line)
            if line is not None
            for record in read_records(line_text(line), 0)
        ]
        hosts = self._hosts + Counter(record.host for record in edges if record.host)
        offsets = (record.utc_offset for record in edges[:1])
        # The web interface writes the newest record first.
        parsed = (self._first_parsed, self._last_parsed, *(record.time for record in edges))
        times = [time for time in parsed if time is not None]
        return LogSpan(
            file=file,
            first=min(times, default=None),
            last=max(times, default=None),
            lines=lines,
            records=self._records,
            utc_offset=next((offset for offset in offsets if offset is not None), self._utc_offset),
            has_ssl_debug=self._has_ssl_debug,
            hosts=tuple(shown(host, 255) for host, _ in hosts.most_common(_MAX_HOSTS)),
        )


def _line_at(text: bytes, position: int) -> bytes:
    """Return the line after a line feed, with that line feed."""
    end = text.find(b"\n", position + 1)
    return text[position : end if end >= 0 else len(text)]


def line_text(line: bytes) -> str:
    """Return the text of a line that still has the line feed before it; odd bytes become lone surrogates."""
    return line[1:].decode("utf-8", "surrogateescape").rstrip("\r")

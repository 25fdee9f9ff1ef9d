"""Read a whole loggingsnapshot as a stream: what it tells, what it covers, and what could not be read.

A log may hold hundreds of megabytes, nearly all of it SIP messages and routine: blocks of lines come in, bodies go
out, one pattern picks the lines worth reading, and only those are parsed.
"""

from __future__ import annotations

import re

from msgspec import Struct

from analyzer.evidence import CarriedCertificate, LogEvent, LogSpan, LogTrace, PeerIdentity, Problem
from analyzer.parsers.readable import Readable
from analyzer.parsers.snapshot.blocks import LineBlocks
from analyzer.parsers.snapshot.bodies import BODY_LIMIT, outside_bodies
from analyzer.parsers.snapshot.carried import CarriedCertificates
from analyzer.parsers.snapshot.connections import Connections
from analyzer.parsers.snapshot.coverage import Coverage, line_text
from analyzer.parsers.snapshot.events import event_of, may_matter
from analyzer.parsers.snapshot.headers import CANDIDATE
from analyzer.parsers.snapshot.records import read_records
from analyzer.parsers.snapshot.roles import Roles
from analyzer.words import say

_KEY_BEGINS = b"PRIVATE KEY-----"
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----")


class SnapshotReading(Struct, frozen=True, kw_only=True):
    """What a loggingsnapshot says.

    Attributes:
        events: by line.
        traces: by line; at most `max_traces` of each source.
        identities: by line.
        carried: certificates in bodies of SIP SERVICE messages, by line: to be quoted, and for nothing else.
        private_keys: how many private keys begin in it; their content is not kept.
    """

    events: tuple[LogEvent, ...]
    traces: tuple[LogTrace, ...]
    identities: tuple[PeerIdentity, ...]
    carried: tuple[CarriedCertificate, ...]
    span: LogSpan
    problems: tuple[Problem, ...]
    private_keys: int


def read_snapshot(
    stream: Readable,
    file: str,
    *,
    chunk_size: int = 1 << 17,
    line_limit: int = 1 << 16,
    body_limit: int = BODY_LIMIT,
    max_events: int = 50_000,
    max_traces: int = 200_000,
) -> SnapshotReading:
    """Read a log from a stream of bytes; any bytes, in any state, never raise.

    Args:
        stream: opened for reading in binary mode; UTF-8 with any damage, or UTF-16 with its byte order mark.
        file: `INPUT/MEMBER`, for the records.
        chunk_size: bytes read at once; the result does not depend on it.
        line_limit: bytes of a line that are read.
        body_limit: bytes in which a SIP or HTTP body must close.
        max_events: events to keep; the first ones are kept.
        max_traces: traces and identities to keep, likewise.
    """
    reader = _Reader(file=file, body_limit=body_limit, max_events=max_events, max_traces=max_traces)
    blocks = LineBlocks(stream, chunk_size=chunk_size, line_limit=line_limit)
    for block in blocks:
        reader.feed(block)
    return reader.finish(blocks.cut_lines)


class _Reader:
    """The state of one reading."""

    def __init__(self, *, file: str, body_limit: int, max_events: int, max_traces: int) -> None:
        self._file = file
        self._body_limit = body_limit
        self._max_events = max_events
        self._carry = b"\n"
        self._line = 1
        self._records = 0
        self._private_keys = 0
        self._unclosed = 0
        self._first_unclosed = 0
        self._events: list[LogEvent] = []
        self._dropped_events = 0
        self._roles = Roles(limit=max_traces)
        self._connections = Connections(limit=max_traces, roles=self._roles)
        self._carried = CarriedCertificates(file)
        self._coverage = Coverage()

    def feed(self, block: bytes) -> None:
        if _KEY_BEGINS in block:
            self._private_keys += len(_PRIVATE_KEY.findall(block))
        self._scan(self._carry + block, final=False)

    def finish(self, cut_lines: int) -> SnapshotReading:
        self._scan(self._carry, final=True)
        return SnapshotReading(
            events=tuple(self._roles.complete(event) for event in self._events),
            traces=self._connections.traces(self._file),
            identities=self._connections.identities(self._file),
            carried=self._carried.result(),
            span=self._coverage.span(self._file, self._line - 1),
            problems=self._problems(cut_lines),
            private_keys=self._private_keys,
        )

    def _scan(self, buffer: bytes, *, final: bool) -> None:
        outside = outside_bodies(buffer, final=final, limit=self._body_limit)
        found = [match for match in CANDIDATE.finditer(outside.text) if may_matter(match[0])]
        self._carried.look(buffer, outside, self._line)
        counted, line = 0, self._line
        for match, position in zip(found, outside.positions([match.start() for match in found]), strict=True):
            if self._coverage.note_going_on(match[0]):
                continue
            line += buffer.count(b"\n", counted, position)
            counted = position
            self._read_line(match[0], line)
        self._coverage.measure(outside.text)
        if outside.unclosed and not self._unclosed:
            self._first_unclosed = self._line + buffer.count(b"\n", 0, outside.unclosed[0])
        self._unclosed += len(outside.unclosed)
        self._line = line + buffer.count(b"\n", counted, outside.consumed)
        self._carry = buffer[outside.consumed :]

    def _read_line(self, match: bytes, line: int) -> None:
        for record in read_records(line_text(match), line):
            self._coverage.note(record)
            self._connections.see(record, self._file)
            event = event_of(record, self._file)
            if event is None:
                continue
            self._roles.see_event(event)
            if len(self._events) < self._max_events:
                self._events.append(event)
            else:
                self._dropped_events += 1

    def _problems(self, cut_lines: int) -> tuple[Problem, ...]:
        found = (
            (
                cut_lines,
                say("the ends of {count} long lines", count=cut_lines),
                say("longer than a log line can be; the beginning of each was read"),
                say("what these lines say further on"),
            ),
            (
                self._unclosed,
                say(
                    "{count} SIP or HTTP messages, the first at line {line}",
                    count=self._unclosed,
                    line=self._first_unclosed,
                ),
                say("a message does not end, so that it cannot be told from the records after it with certainty"),
                say("events right after the beginning of these messages"),
            ),
            (
                self._dropped_events,
                say("{count} further events", count=self._dropped_events),
                say("the first {most} were kept", most=self._max_events),
                say("what happened later in this log"),
            ),
            (
                self._connections.dropped,
                say("{count} further lines about connections", count=self._connections.dropped),
                say("the first ones were kept"),
                say("the clock offset and the names of peers later in this log"),
            ),
        )
        return tuple(
            Problem(file=self._file, what=what, why=why, leaves_open=leaves_open)
            for count, what, why, leaves_open in found
            if count
        )

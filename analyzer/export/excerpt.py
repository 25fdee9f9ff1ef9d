"""Takes frames out of captures again: those of a few handshakes, each with its TCP segment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct, field

from analyzer.bundle import OpenMember, open_inputs
from analyzer.evidence import Connection, MemberKind
from analyzer.parsers.capture.cursor import ShortFrameError
from analyzer.parsers.capture.files import frames
from analyzer.parsers.capture.flow_key import key_of
from analyzer.parsers.capture.fragments import FragmentTable
from analyzer.parsers.capture.place import instant
from analyzer.parsers.capture.segments import SegmentFinder
from analyzer.parsers.capture.sources import CaptureLimits
from analyzer.parsers.capture.tcp import ACK, SYN
from analyzer.parsers.capture.walk import Segment
from analyzer.parsers.capture.window import DamageError, Window

# A SYN comes this long before its ClientHello at most, or is not looked for.
_PATIENCE = timedelta(seconds=30)
_MOST_FRAMES = 1024
_MOST_BYTES = 2 << 20


class Taken(Struct, frozen=True, kw_only=True):
    """A frame as it was captured, and the TCP segment in it.

    Attributes:
        number: Wireshark's frame number in the capture.
        original: its length on the wire.
        nanoseconds: since 1970; 0: the file does not say.
        octets: as captured.
        segment: its `data` is the payload alone.
    """

    capture: str
    number: int
    link: int
    original: int
    nanoseconds: int
    octets: bytes
    segment: Segment

    @property
    def payload(self) -> bytes:
        """The TCP payload, as far as it was captured."""
        return bytes(self.segment.data)


class Excerpt(Struct, eq=False):
    """The frames that were taken of one connection; `lost`: how many more there were than the limit."""

    frames: list[Taken] = field(default_factory=list)
    octets: int = 0
    lost: int = 0

    def add(self, taken: Taken) -> None:
        """Keep a frame as far as the limits go."""
        if len(self.frames) == _MOST_FRAMES or self.octets + len(taken.octets) > _MOST_BYTES:
            self.lost += 1
            return
        self.frames.append(taken)
        self.octets += len(taken.octets)

    def begin_anew(self) -> None:
        """Forget what was kept: it was an earlier connection's."""
        self.frames.clear()
        self.octets = self.lost = 0


class Wanted(Struct, frozen=True, kw_only=True):
    """What to take of one connection.

    Attributes:
        keys: both directions' ends, as on the wire.
        captures: the files that show it.
    """

    keys: frozenset[bytes]
    captures: frozenset[str]
    first: datetime
    started: datetime
    last: datetime
    excerpt: Excerpt

    def covers(self, capture: str, time: datetime) -> bool:
        """Whether a frame of its ends at that time belongs to it."""
        return capture in self.captures and self.first <= time <= self.last

    def add(self, taken: Taken, time: datetime) -> None:
        """Keep a frame; a SYN of another number before the ClientHello shows that the ports were used before."""
        segment = taken.segment
        if segment.flags & (SYN | ACK) == SYN and time <= self.started:
            earlier = [kept.segment for kept in self.excerpt.frames if kept.segment.key == segment.key]
            if any(one.sequence != segment.sequence for one in earlier):
                self.excerpt.begin_anew()
        self.excerpt.add(taken)


def wanted_frames(connection: Connection) -> Wanted:
    """Return what to take of a connection: from its SYN to the last frame that the report names."""
    handshake = connection.handshake
    times = [handshake.started, *(frame.time for frame in handshake.frames)]
    return Wanted(
        keys=frozenset({key_of(handshake.client, handshake.server), key_of(handshake.server, handshake.client)}),
        captures=frozenset((*handshake.captures, *(frame.capture for frame in handshake.frames))),
        first=min(times) - _PATIENCE,
        started=handshake.started,
        last=max(times),
        excerpt=Excerpt(),
    )


def take(paths: Sequence[Path], wanted: Sequence[Wanted], alone: Mapping[str, set[int]]) -> list[Taken]:
    """Fill the excerpts of what is wanted.

    Args:
        paths: the inputs that were analysed.
        wanted: the connections.
        alone: frame numbers by capture that are wanted although no connection here has them.

    Returns:
        The frames of `alone` that hold a TCP segment.
    """
    captures = {capture for one in wanted for capture in one.captures} | set(alone)
    found: list[Taken] = []
    with open_inputs(paths) as inputs:
        for shown in inputs.inputs:
            for member in shown.members:
                if member.kind is MemberKind.CAPTURE and member.reference in captures:
                    found += _take_of(member, wanted, alone.get(member.reference, set()))
    return found


def _take_of(member: OpenMember, wanted: Sequence[Wanted], alone: set[int]) -> list[Taken]:
    """Read one capture. Where it is damaged its frames end, as the report says already."""
    of_this = [one for one in wanted if member.reference in one.captures]
    by_key: dict[bytes, list[Wanted]] = {}
    for one in of_this:
        for key in one.keys:
            by_key.setdefault(key, []).append(one)
    found = []
    try:
        with closing(member.open()) as stream:
            for taken in _segments(member.reference, Window(stream, CaptureLimits().file_bytes), of_this, alone):
                time = instant(taken.nanoseconds)
                owners = [one for one in by_key.get(taken.segment.key, ()) if one.covers(member.reference, time)]
                for owner in owners:
                    owner.add(taken, time)
                if not owners and taken.number in alone:
                    found.append(taken)
    except (DamageError, OSError, EOFError, ValueError):
        pass
    return found


def _segments(capture: str, window: Window, wanted: Iterable[Wanted], alone: set[int]) -> Iterable[Taken]:
    """Yield the frames with a TCP segment at the times of what is wanted."""
    spans = _merged((_nanoseconds(one.first), _nanoseconds(one.last)) for one in wanted)
    begins = [first for first, _ in spans]
    finder = SegmentFinder(FragmentTable())
    time = 0
    for number, frame in enumerate(frames(window), 1):
        time = time if frame.nanoseconds is None else frame.nanoseconds
        at = bisect_right(begins, time)
        if number not in alone and not (at and time <= spans[at - 1][1]):
            continue
        data, start, end = window.buffer, frame.start, frame.end
        try:
            segment = finder.find(data, frame.link, start, end, frame.original, time)
        except ShortFrameError:
            continue
        if segment is not None:
            payload = bytes(segment.data[segment.start : segment.end])
            yield Taken(
                capture=capture,
                number=number,
                link=frame.link,
                original=frame.original,
                nanoseconds=time,
                octets=bytes(data[start:end]),
                segment=segment._replace(data=payload, start=0, end=len(payload)),
            )


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of time in order, those that touch each other as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _nanoseconds(time: datetime) -> int:
    """Return the end of a time's microsecond: what is compared with it has finer clocks."""
    return int(time.timestamp()) * 1_000_000_000 + time.microsecond * 1000 + 999

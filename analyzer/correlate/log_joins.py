"""Which lines of the log belong to which handshake: by the 4-tuple, by the time, by a name."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from analyzer.correlate.reading import NodeReading
from analyzer.correlate.sides import Ends, local_role_of, peer_names
from analyzer.evidence import Certificate, ClockOffset, Handshake, LogEvent, Node, PeerIdentity, Side

_BEFORE, _AFTER = timedelta(seconds=2), timedelta(seconds=5)
_SAME_FAILURE = timedelta(seconds=10)


def events_by_handshake(
    reading: NodeReading, node: Node, certificates: Mapping[str, Certificate]
) -> Mapping[int, Sequence[LogEvent]]:
    """Return the log's events by the index of the handshake that each belongs to."""
    events = _by_ports(reading.handshakes, reading.events, node.clock_offset)
    for index, event in _by_name(reading, node, certificates):
        events[index].append(event)
    return events


def _by_ports(
    handshakes: Sequence[Handshake], events: Iterable[LogEvent], offset: ClockOffset | None
) -> dict[int, list[LogEvent]]:
    """Join events to handshakes: by the 4-tuple, then by the corrected time where that is ambiguous."""
    by_ends: dict[Ends, list[int]] = defaultdict(list)
    for index, handshake in enumerate(handshakes):
        by_ends[frozenset((handshake.client, handshake.server))].append(index)
    logged: dict[Ends, list[LogEvent]] = defaultdict(list)
    for event in events:
        if event.source and event.destination:
            logged[frozenset((event.source, event.destination))].append(event)
    joined: dict[int, list[LogEvent]] = defaultdict(list)
    for ends, records in logged.items():
        candidates = by_ends.get(ends, [])
        if not candidates:
            continue
        if offset is not None:
            for event in records:
                fitting = _at_time(handshakes, candidates, event.time, offset)
                if fitting is not None:
                    joined[fitting].append(event)
        elif len(candidates) == 1 and _one_failure(records):
            joined[candidates[0]] += records
    return joined


def _by_name(
    reading: NodeReading, node: Node, certificates: Mapping[str, Certificate]
) -> Iterator[tuple[int, LogEvent]]:
    """Join the errors that name whom this node dialled and give no ports, as the traffic server's do.

    Such a line belongs to the failed handshake with that name that ended nearest to it; without a clock to the
    only one, if the log tells of one failure.
    """
    failed: dict[str, list[int]] = defaultdict(list)
    for index, handshake in enumerate(reading.handshakes):
        if not handshake.completed and local_role_of(handshake, node) is Side.CLIENT:
            asked = (
                handshake.server_name,
                handshake.server.address,
                *peer_names(handshake, Side.CLIENT, certificates),
            )
            for name in {name.lower() for name in asked if name}:
                failed[name].append(index)
    logged: dict[str, list[LogEvent]] = defaultdict(list)
    for event in reading.events:
        without_ends = event.source is None and event.destination is None
        if event.error and event.common_name and event.local_role is Side.CLIENT and without_ends:
            logged[event.common_name.lower()].append(event)
    shift = node.log_ahead
    for name, records in logged.items():
        candidates = failed.get(name)
        if not candidates:
            continue
        ends = sorted((_ended(reading.handshakes[index]), index) for index in candidates)
        only = candidates[0] if node.clock_offset is None and len(candidates) == 1 and _one_failure(records) else None
        for event in records:
            nearest = _nearest(ends, event.time, shift) if event.time else None
            fitting = only if nearest is None else nearest
            if fitting is not None:
                yield fitting, event


def _nearest(ends: Sequence[tuple[datetime, int]], time: datetime, shift: timedelta) -> int | None:
    """Return the handshake whose end is nearest to a log time that is ahead by `shift`, if it is near."""
    position = bisect(ends, -shift, key=lambda end: end[0] - time)
    away, index = min(
        (abs(ended - time + shift), index) for ended, index in ends[max(position - 1, 0) : position + 1]
    )
    return index if away <= _BEFORE else None


def _ended(handshake: Handshake) -> datetime:
    return max((frame.time for frame in handshake.frames), default=handshake.started)


def _one_failure(records: Sequence[LogEvent]) -> bool:
    times = [event.time for event in records if event.time]
    return not times or max(times) - min(times) <= _SAME_FAILURE


def _at_time(
    handshakes: Sequence[Handshake], candidates: Sequence[int], time: datetime | None, offset: ClockOffset
) -> int | None:
    """Return the handshake that a corrected log time falls into (the latest that had begun by then).

    After its end a connection has no more to say: the ports may serve another one that the capture lacks.
    """
    if time is None:
        return candidates[0] if len(candidates) == 1 else None
    shift = timedelta(seconds=offset.seconds)
    begun = [index for index in candidates if time - handshakes[index].started >= shift - _BEFORE]
    if not begun:
        return None
    index = max(begun, key=lambda candidate: handshakes[candidate].started)
    last = _ended(handshakes[index])
    still_open = len(candidates) == 1 and handshakes[index].closed_by is None
    return index if time - last <= shift + _AFTER or still_open else None


def identities_by_ends(identities: Iterable[PeerIdentity]) -> Mapping[Ends, Sequence[PeerIdentity]]:
    """Return what the log says of peers by the ends of their connections."""
    joined: dict[Ends, list[PeerIdentity]] = defaultdict(list)
    for identity in identities:
        if identity.local and identity.remote:
            joined[frozenset((identity.local, identity.remote))].append(identity)
    return joined


def nearest_identity(identities: Sequence[PeerIdentity], handshake: Handshake) -> PeerIdentity | None:
    """Return the one that is nearest to a handshake in time; without times the only one."""
    timed = [identity for identity in identities if identity.time]
    if not timed:
        return identities[0] if len(identities) == 1 else None
    return min(timed, key=lambda identity: abs(identity.time - handshake.started) if identity.time else _AFTER)

"""A node's log as rules ask for it: which lines report a TLS error, and by what they are looked up.

One failure is told a thousand times where a peer tries again and again. Errors that say the same of the same peer are
one `Alike`; rules group and judge these, so that their work grows with what differs, not with the repeats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar, overload

from msgspec import Struct

from analyzer.evidence import Connection, Event, LogEvent, Peer, PeerKind
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE, VERIFY_FAILED

Key = TypeVar("Key")


class Alike:
    """Log lines that say the same of the same peer, and differ in their times, ends and connections.

    Attributes:
        record: the first one's. `name`, `process`, `error`, `alert`, `local_role` and `common_name` are those of all.
        peer: of all of them.
        is_joined: whether they belong to connections of the capture.
        places: of the lines in the log, ascending.
    """

    def __init__(self, log: Sequence[Event], places: Sequence[int]) -> None:
        """Keep the places of one line or more; what they have in common is read off the first."""
        first = log[places[0]]
        self.log = log
        self.places = places
        self.record: LogEvent = first.record
        self.peer: Peer | None = first.peer
        self.is_joined = first.connection is not None

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def events(self) -> Sequence[Event]:
        log = self.log
        return [log[place] for place in self.places]

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset([event.id for event in self.events])

    @cached_property
    def connections(self) -> frozenset[str]:
        """Ids of the connections that they belong to."""
        return frozenset([event.connection for event in self.events if event.connection is not None])

    @cached_property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last of their times; None: none has one."""
        times = [time for event in self.events if (time := event.record.time) is not None]
        return min(times, default=None), max(times, default=None)

    def split(self, by: Callable[[Event], Key]) -> Mapping[Key, Alike]:
        """Return them by something else that they may differ in, in the order of each one's first."""
        parts: defaultdict[Key, list[int]] = defaultdict(list)
        for place, event in zip(self.places, self.events, strict=True):
            parts[by(event)].append(place)
        if len(parts) == 1:
            return dict.fromkeys(parts, self)
        return {key: Alike(self.log, places) for key, places in parts.items()}

    def where(self, wanted: Callable[[Event], bool]) -> Iterator[Alike]:
        """Yield those of them that are wanted, if any is."""
        kept = self.split(wanted).get(True)
        if kept is not None:
            yield kept


class Lines(Sequence[Event]):
    """What a judgement rests on of one node's log: groups of alike lines; as a sequence, in the order of the log."""

    def __init__(self, groups: Iterable[Alike] = ()) -> None:
        """Keep the groups; a group that is given twice counts once."""
        self.groups = tuple(dict.fromkeys(groups))

    @cached_property
    def _places(self) -> Sequence[int]:
        if len(self.groups) == 1:
            return self.groups[0].places
        return sorted([place for group in self.groups for place in group.places])

    def __len__(self) -> int:
        return sum([len(group.places) for group in self.groups])

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if isinstance(index, int):
            place = self._places[index]
            return self.groups[0].log[place]
        if not self.groups:
            return ()
        log = self.groups[0].log
        return [log[place] for place in self._places[index]]

    def __iter__(self) -> Iterator[Event]:
        return iter(self[:])

    @property
    def ids(self) -> frozenset[str]:
        return frozenset().union(*[group.ids for group in self.groups])

    @property
    def connections(self) -> frozenset[str]:
        """Ids of the connections that they belong to."""
        return frozenset().union(*[group.connections for group in self.groups])

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last of their times; None: none has one."""
        times = [time for group in self.groups for time in group.span if time is not None]
        return min(times, default=None), max(times, default=None)

    def where(self, wanted: Callable[[Event], bool]) -> Lines:
        """Return those of them that are wanted."""
        return Lines(kept for group in self.groups for kept in group.where(wanted))


def lines_of(events: Iterable[Event]) -> Lines:
    """Return lines of one node that were picked one by one, in the order of the log."""
    log = tuple(events)
    return Lines(_alike(log, range(len(log))))


class LogLines(Struct, frozen=True, kw_only=True):
    """The events of a node, in the order of the log; errors by the first of those that are alike.

    Attributes:
        others: those that report no TLS error.
        errors: those that report one. One failure gives several lines; of them those are left out that say less than
            another: OpenSSL's "certificate verify failed" beside the reason, and the close of the connection.
        lone_errors: the errors with somebody whom the line tells, of connections that the capture does not show.
        lone_errors_by_peer: the same by kind and name of the peer.
        errors_by_zone: the errors by the name of the zone of their peer.
        name_errors_by_name: refusals of a peer's names by the name that was looked for, in lower case.
    """

    all: Sequence[Event]
    others: Sequence[Event]
    errors: Sequence[Alike]
    lone_errors: Sequence[Alike]
    lone_errors_by_peer: Mapping[tuple[PeerKind, str], Sequence[Alike]]
    errors_by_zone: Mapping[str | None, Sequence[Alike]]
    name_errors_by_name: Mapping[str, Sequence[Alike]]
    _errors_by_reason: Mapping[str | int | None, Sequence[Alike]]
    _by_name: Mapping[str, Sequence[Event]]
    _places_by_connection: Mapping[str, Sequence[int]]

    def named(self, name: str) -> Sequence[Event]:
        """Return the events of a name (`ssh`, `network.tcp`, `Application Start` …)."""
        return self._by_name.get(name, ())

    def of(self, connection: Connection) -> Sequence[Event]:
        """Return the events that belong to a connection."""
        log = self.all
        return [log[place] for place in self._places_by_connection.get(connection.id, ())]

    def lines(self, connections: Iterable[Connection], wanted: Callable[[Event], bool]) -> Lines:
        """Return the wanted ones of the events that belong to connections."""
        log = self.all
        places = [place for one in connections for place in self._places_by_connection.get(one.id, ())]
        return Lines(_alike(log, sorted([place for place in places if wanted(log[place])])))

    def errors_of(self, *reasons: str | int) -> Iterator[Alike]:
        """Yield the errors of given reasons: the number of the peer's alert, else the error's key."""
        for reason in reasons:
            yield from self._errors_by_reason.get(reason, ())


def read_lines(events: Sequence[Event]) -> LogLines:
    """Sort a node's events by all that rules look them up by, at once: there may be hundreds of thousands."""
    others: list[Event] = []
    by_name: defaultdict[str, list[Event]] = defaultdict(list)
    by_connection: defaultdict[str, list[int]] = defaultdict(list)
    reporting: list[int] = []
    for place, event in enumerate(events):
        record = event.record
        by_name[record.name].append(event)
        if event.connection is not None:
            by_connection[event.connection].append(place)
        if record.error is None:
            others.append(event)
        else:
            reporting.append(place)
    errors = _alike(events, _without_lesser(events, reporting))
    by_peer: defaultdict[tuple[PeerKind, str], list[Alike]] = defaultdict(list)
    by_reason: defaultdict[str | int | None, list[Alike]] = defaultdict(list)
    by_zone: defaultdict[str | None, list[Alike]] = defaultdict(list)
    by_wanted_name: defaultdict[str, list[Alike]] = defaultdict(list)
    for group in errors:
        record, peer = group.record, group.peer
        by_reason[record.error if record.alert is None else record.alert].append(group)
        by_zone[peer.zone if peer else None].append(group)
        if not group.is_joined and peer is not None:
            by_peer[peer.kind, peer.name].append(group)
        if record.common_name and record.error == IDENTITY_UNACCEPTABLE:
            by_wanted_name[record.common_name.lower().rstrip(".")].append(group)
    return LogLines(
        all=events,
        others=others,
        errors=errors,
        lone_errors=[group for group in errors if not group.is_joined and group.peer is not None],
        lone_errors_by_peer=by_peer,
        errors_by_zone=by_zone,
        name_errors_by_name=by_wanted_name,
        _errors_by_reason=by_reason,
        _by_name=by_name,
        _places_by_connection=by_connection,
    )


def _without_lesser(events: Sequence[Event], reporting: Iterable[int]) -> Iterator[int]:
    """Leave out the lines that say less than another between the same ends."""
    told = set()
    errors: list[tuple[int, tuple[object, object] | None]] = []
    for place in reporting:
        record = events[place].record
        ends = record.source, record.destination
        if record.error == VERIFY_FAILED or record.local_role is None or record.name == "network.tcp":
            errors.append((place, ends))
        else:
            told.add(ends)
            errors.append((place, None))
    return (place for place, ends in errors if ends is None or ends not in told)


def _alike(log: Sequence[Event], places: Iterable[int]) -> Sequence[Alike]:
    """Group the lines at some places of a log by what they say, and of whom."""
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for place in places:
        event = log[place]
        record, peer = event.record, event.peer
        told = record.error, record.alert, record.local_role, record.common_name, record.name, record.process
        who = peer and (peer.kind, peer.name, peer.zone, peer.node, peer.hint_only)
        groups[told, who, event.connection is None].append(place)
    return [Alike(log, found) for found in groups.values()]

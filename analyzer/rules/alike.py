"""Log lines that say the same: one failure is told a thousand times where a peer tries again and again.

Rules group and judge what is alike, so that their work grows with what differs, not with the repeats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar, overload

from analyzer.evidence import Event, LogEvent, Peer, PeerKind

Key = TypeVar("Key")
Span = tuple[datetime | None, datetime | None]

_NOBODY = Peer(name="", kind=PeerKind.UNKNOWN)
"""Stands for the peer of lines that tell of none."""


class Alike:
    """Log lines that say the same of the same peer, and differ in their times, ends and connections.

    Attributes:
        record: the first one's. `name`, `process`, `error`, `alert`, `local_role` and `common_name` are those of all, and
            whether they have a source.
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
        if not self.is_joined:
            return frozenset()
        return frozenset([event.connection for event in self.events if event.connection is not None])

    @cached_property
    def times(self) -> Sequence[datetime]:
        """Their times, of those that have one."""
        return [time for event in self.events if (time := event.record.time) is not None]

    @cached_property
    def span(self) -> Span:
        """The first and the last of their times; None: none has one."""
        return min(self.times, default=None), max(self.times, default=None)

    def split(self, by: Callable[[Event], Key]) -> Mapping[Key, Alike]:
        """Return them by something else that they may differ in, in the order of each one's first."""
        parts: defaultdict[Key, list[int]] = defaultdict(list)
        for place, event in zip(self.places, self.events, strict=True):
            parts[by(event)].append(place)
        if len(parts) == 1:
            return dict.fromkeys(parts, self)
        return {key: Alike(self.log, places) for key, places in parts.items()}

    def within(self, first: datetime, last: datetime) -> Iterator[Alike]:
        """Yield those of them whose time is from the first to the last of two, if any is."""
        begin, end = self.span
        if begin is None or end is None or end < first or last < begin:
            return
        if first <= begin and end <= last and len(self.times) == len(self):
            yield self
        else:
            yield from self.where(lambda event: event.record.time is not None and first <= event.record.time <= last)

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

    def __len__(self) -> int:
        return sum([len(group.places) for group in self.groups])

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if not self.groups:
            return ()[index]
        log = self.groups[0].log
        if isinstance(index, int):
            return log[self._place(index)]
        return [log[place] for place in self._places(index.stop)[index]]

    def _place(self, index: int) -> int:
        if index == -1:
            return max([group.places[-1] for group in self.groups])
        return self._places(index + 1)[index]

    def _places(self, stop: int | None) -> Sequence[int]:
        """Return where they are in the log, at least up to a place among them: mostly the first few are asked for."""
        few = stop if stop is not None and stop >= 0 else None
        return sorted([place for group in self.groups for place in group.places[:few]])

    def __iter__(self) -> Iterator[Event]:
        return iter(self[:])

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset().union(*[group.ids for group in self.groups])

    @cached_property
    def connections(self) -> frozenset[str]:
        """Ids of the connections that they belong to."""
        return frozenset().union(*[group.connections for group in self.groups])

    @property
    def span(self) -> Span:
        """The first and the last of their times; None: none has one."""
        times = [time for group in self.groups for time in group.span if time is not None]
        return min(times, default=None), max(times, default=None)

    def where(self, wanted: Callable[[Event], bool]) -> Lines:
        """Return those of them that are wanted."""
        return Lines(kept for group in self.groups for kept in group.where(wanted))


def lines_of(events: Iterable[Event]) -> Lines:
    """Return lines of one node that were picked one by one, in the order of the log."""
    log = tuple(events)
    return Lines(group_alike(log, range(len(log))))


def group_alike(log: Sequence[Event], places: Iterable[int]) -> Sequence[Alike]:
    """Group the lines at some places of a log by what they say, and of whom."""
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for place in places:
        event = log[place]
        told, peer = event.record, event.peer or _NOBODY
        # One flat tuple: there may be a hundred thousand of them.
        key = (
            peer.kind, peer.name, peer.zone, peer.node, peer.hint_only,
            told.error, told.alert, told.local_role, told.common_name, told.name, told.process,
            told.source is None, event.connection is None,
        )  # fmt: skip
        groups[key].append(place)
    return [Alike(log, found) for found in groups.values()]

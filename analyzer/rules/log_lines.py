"""A node's log as rules ask for it: which lines report a TLS error, and by what they are looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from analyzer.evidence import Connection, Endpoint, Event, LogEvent, PeerKind
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE, VERIFY_FAILED
from analyzer.rules.alike import Alike, group_alike

Ends = tuple[int, int, str, str]
"""Ports and addresses of source and destination: it is hashed a hundred thousand times."""

_NOWHERE = Endpoint(address="", port=0)


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

    def errors_of(self, *reasons: str | int) -> Iterator[Alike]:
        """Yield the errors of given reasons: the number of the peer's alert, else the error's key."""
        for reason in reasons:
            yield from self._errors_by_reason.get(reason, ())


def read_lines(events: Sequence[Event]) -> LogLines:
    """Sort a node's events by all that rules look them up by, at once: there may be hundreds of thousands."""
    others: list[Event] = []
    by_name: defaultdict[str, list[Event]] = defaultdict(list)
    by_connection: defaultdict[str, list[int]] = defaultdict(list)
    telling: list[int] = []
    lesser: list[tuple[int, Ends]] = []
    told: set[Ends] = set()
    for place, event in enumerate(events):
        record = event.record
        by_name[record.name].append(event)
        if event.connection is not None:
            by_connection[event.connection].append(place)
        if record.error is None:
            others.append(event)
        elif _says_less(record):
            lesser.append((place, _ends_of(record)))
        else:
            telling.append(place)
            told.add(_ends_of(record))
    errors = group_alike(events, sorted([*telling, *(place for place, ends in lesser if ends not in told)]))
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


def saying(events: Iterable[Event], *words: str) -> list[Event]:
    """Return the lines that have one of some words, given in lower case, in theirs. Most lines repeat another's words."""
    known: dict[str, bool] = {}
    found = []
    for event in events:
        detail = event.record.detail
        if detail not in known:
            known[detail] = any(map(detail.casefold().__contains__, words))
        if known[detail]:
            found.append(event)
    return found


def _says_less(record: LogEvent) -> bool:
    """Whether another line between the same ends, if there is one, says more."""
    return record.error == VERIFY_FAILED or record.local_role is None or record.name == "network.tcp"


def _ends_of(record: LogEvent) -> Ends:
    source, destination = record.source or _NOWHERE, record.destination or _NOWHERE
    return source.port, destination.port, source.address, destination.address

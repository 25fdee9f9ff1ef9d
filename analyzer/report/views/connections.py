"""Connections by peer; of equal ones the newest is drawn, with a count and a list of others.

A zone that retries every few seconds makes thousands of equal handshakes: one of them tells the story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from analyzer.evidence import Case, Connection, Event, Outcome, PeerKind
from analyzer.report import wording
from analyzer.report.links import anchor, conversation_filter
from analyzer.report.summary import Index
from analyzer.report.views.badge import Badge, outcome_badge
from analyzer.report.views.handshakes import StepView, handshake_steps

MAX_GROUPS = 100
MAX_ROWS = 500
MAX_ROWS_PER_GROUP = 50
MAX_EVENTS = 20

_OUTCOMES = (Outcome.REFUSED, Outcome.CLOSED, Outcome.UNKNOWN, Outcome.COMPLETED)
_PEER_KINDS = tuple(PeerKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A log line."""

    time: str
    name: str
    detail: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A further connection of a group, in one line."""

    id: str
    anchor: str
    started: str
    client: str
    server: str
    frames: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Equal connections: the newest one in full.

    Attributes:
        rows: others of the group, as far as there is room; `more` counts the rest.
    """

    id: str
    anchor: str
    badge: Badge
    title: str
    role: str
    service: str | None
    tls_version: str
    count: int
    span: str
    client: str
    server: str
    captures: tuple[str, ...]
    display_filter: str
    steps: tuple[StepView, ...]
    events: tuple[EventView, ...]
    more_events: int
    rows: tuple[RowView, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """A peer with its groups of connections; those that failed come first."""

    anchor: str
    name: str
    kind: str
    reason: str | None
    hint_only: bool
    count: int
    outcomes: tuple[tuple[Badge, int], ...]
    groups: tuple[GroupView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsView:
    """All peers. `drawn`: ids of the connections that have a place in the page; `hidden`: how many have none."""

    peers: tuple[PeerView, ...]
    drawn: frozenset[str]
    hidden: int


def connections_view(case: Case, index: Index) -> ConnectionsView:
    """Group the connections of a case by peer and by equality, within the page's limits."""
    by_peer: dict[tuple[str, PeerKind], list[Connection]] = defaultdict(list)
    for connection in sorted(case.connections, key=lambda c: c.handshake.started, reverse=True):
        by_peer[_peer_key(connection)].append(connection)
    groups = {key: _equal(connections) for key, connections in by_peer.items()}
    order = sorted(groups, key=lambda key: _peer_order(key, groups[key]))
    places = _places([group for key in order for group in groups[key]])
    drawn: set[str] = set()
    peers = []
    for number, key in enumerate(order, start=1):
        shown = [(group, rows) for group, rows in islice(places, len(groups[key])) if rows is not None]
        drawn.update(connection.id for group, rows in shown for connection in (group[0], *rows))
        if shown:
            peers.append(_peer(case, index, key, number, by_peer[key], shown))
    return ConnectionsView(peers=tuple(peers), drawn=frozenset(drawn), hidden=len(case.connections) - len(drawn))


Place = tuple[list[Connection], list[Connection] | None]
"""A group, and the connections that it lists beside its newest one; None: the group is not drawn."""


def _places(groups: Sequence[list[Connection]]) -> Iterator[Place]:
    room = MAX_ROWS
    for position, group in enumerate(groups):
        if position >= MAX_GROUPS:
            yield group, None
            continue
        rows = group[1 : 1 + min(MAX_ROWS_PER_GROUP, room)]
        room -= len(rows)
        yield group, rows


def _peer_key(connection: Connection) -> tuple[str, PeerKind]:
    kind = connection.peer.kind
    return ("Internet", kind) if kind is PeerKind.INTERNET else (connection.peer.name, kind)


def _peer_order(key: tuple[str, PeerKind], groups: list[list[Connection]]) -> tuple[bool, int, int, str]:
    name, kind = key
    worst = min(_OUTCOMES.index(group[0].outcome) for group in groups)
    return (kind is PeerKind.INTERNET, worst, _PEER_KINDS.index(kind), name)


def _equal(connections: Sequence[Connection]) -> list[list[Connection]]:
    groups: dict[Hashable, list[Connection]] = defaultdict(list)
    for connection in connections:
        groups[_likeness(connection)].append(connection)
    return sorted(groups.values(), key=lambda group: _OUTCOMES.index(group[0].outcome))


def _likeness(connection: Connection) -> Hashable:
    handshake = connection.handshake
    server = None if connection.peer.kind is PeerKind.INTERNET else handshake.server
    return (
        connection.node,
        connection.local_role,
        server,
        connection.service,
        handshake.tls_version,
        connection.outcome,
        connection.refused_by,
        connection.outcome_reason,
        connection.server_certificate,
        connection.client_certificate,
        tuple((alert.sender, alert.code) for alert in handshake.alerts),
    )


def _peer(
    case: Case,
    index: Index,
    key: tuple[str, PeerKind],
    number: int,
    connections: list[Connection],
    shown: list[tuple[list[Connection], list[Connection]]],
) -> PeerView:
    name, kind = key
    peer = connections[0].peer
    counts = [(outcome, sum(c.outcome is outcome for c in connections)) for outcome in _OUTCOMES]
    return PeerView(
        anchor=anchor("peer", str(number), name),
        name=name,
        kind=wording.PEER_KINDS[kind],
        reason=None if kind is PeerKind.INTERNET else peer.reason,
        hint_only=peer.hint_only,
        count=len(connections),
        outcomes=tuple((outcome_badge(outcome), count) for outcome, count in counts if count),
        groups=tuple(_group(case, index, group, rows) for group, rows in shown),
    )


def _group(case: Case, index: Index, group: list[Connection], rows: list[Connection]) -> GroupView:
    newest = group[0]
    handshake = newest.handshake
    span = (wording.utc(group[-1].handshake.started), wording.utc(handshake.started))
    events = [index.events[id_] for id_ in newest.events if id_ in index.events]
    return GroupView(
        id=newest.id,
        anchor=anchor("connection", newest.id),
        badge=outcome_badge(newest.outcome),
        title=f"{wording.node_label(newest.node)} with {newest.peer.name}",
        role=f"as {wording.SIDES[newest.local_role]}" if newest.local_role else "roles not known",
        service=newest.service,
        tls_version=handshake.tls_version or "TLS version not agreed",
        count=len(group),
        span=span[1] if len(group) == 1 else f"{span[0]} to {span[1]}",
        client=str(handshake.client),
        server=str(handshake.server),
        captures=handshake.captures,
        display_filter=conversation_filter(handshake.client, handshake.server),
        steps=handshake_steps(case, newest),
        events=tuple(event_view(event) for event in events[:MAX_EVENTS]),
        more_events=max(0, len(events) - MAX_EVENTS),
        rows=tuple(_row(connection) for connection in rows),
        more=len(group) - 1 - len(rows),
    )


def event_view(event: Event) -> EventView:
    """Show a log line."""
    record = event.record
    return EventView(
        time=wording.utc(record.time),
        name=record.name,
        detail=record.detail,
        where=f"{record.file}, line {record.line}",
    )


def _row(connection: Connection) -> RowView:
    handshake = connection.handshake
    frames = sorted({frame.frame for frame in handshake.frames})
    return RowView(
        id=connection.id,
        anchor=anchor("connection", connection.id),
        started=wording.utc(handshake.started),
        client=str(handshake.client),
        server=str(handshake.server),
        frames=f"{frames[0]} to {frames[-1]}" if frames else "none",
    )

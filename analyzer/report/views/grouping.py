"""Which connections are drawn: by peer, equal ones once, and no more than a page can hold.

A zone that retries every few seconds makes thousands of equal handshakes: the newest of them tells the story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from msgspec import Struct

from analyzer.evidence import Connection, Outcome, PeerKind
from analyzer.report import wording

MAX_GROUPS = 100
MAX_ROWS = 500
MAX_ROWS_PER_GROUP = 50

OUTCOMES = (Outcome.REFUSED, Outcome.CLOSED, Outcome.UNKNOWN, Outcome.COMPLETED)
"""Outcomes in the order in which they are told: trouble first."""

_PEER_KINDS = tuple(PeerKind)


class EqualConnections(Struct, frozen=True, kw_only=True):
    """Connections that differ in nothing but time, frames and ports, newest first.

    Attributes:
        listed: those that have a line of their own beside the newest one.
    """

    connections: tuple[Connection, ...]
    listed: tuple[Connection, ...]

    @property
    def newest(self) -> Connection:
        return self.connections[0]


class PeerConnections(Struct, frozen=True, kw_only=True):
    """All connections with a peer (all strangers on the Internet are one), and the groups that are drawn."""

    name: str
    kind: PeerKind
    connections: tuple[Connection, ...]
    groups: tuple[EqualConnections, ...]


def group_connections(connections: Iterable[Connection]) -> tuple[PeerConnections, ...]:
    """Group connections; peers and groups with failures come first, and those beyond the limits are left out."""
    by_peer: dict[tuple[str, PeerKind], list[Connection]] = defaultdict(list)
    for connection in sorted(connections, key=lambda c: c.handshake.started, reverse=True):
        kind = connection.peer.kind
        name = wording.PEER_KINDS[kind] if kind is PeerKind.INTERNET else connection.peer.name
        by_peer[name, kind].append(connection)
    return tuple(_within_limits(sorted(by_peer.items(), key=_order)))


def _order(item: tuple[tuple[str, PeerKind], list[Connection]]) -> tuple[bool, int, int, str]:
    (name, kind), connections = item
    worst = min(OUTCOMES.index(connection.outcome) for connection in connections)
    return (kind is PeerKind.INTERNET, worst, _PEER_KINDS.index(kind), name)


def _within_limits(peers: Iterable[tuple[tuple[str, PeerKind], list[Connection]]]) -> Iterator[PeerConnections]:
    groups_left, rows_left = MAX_GROUPS, MAX_ROWS
    for (name, kind), connections in peers:
        drawn = []
        for group in _equal(connections)[:groups_left]:
            listed = group[1 : 1 + min(MAX_ROWS_PER_GROUP, rows_left)]
            rows_left -= len(listed)
            drawn.append(EqualConnections(connections=tuple(group), listed=tuple(listed)))
        groups_left -= len(drawn)
        if drawn:
            yield PeerConnections(name=name, kind=kind, connections=tuple(connections), groups=tuple(drawn))


def _equal(connections: Sequence[Connection]) -> list[list[Connection]]:
    groups: dict[Hashable, list[Connection]] = defaultdict(list)
    for connection in connections:
        groups[_likeness(connection)].append(connection)
    return sorted(groups.values(), key=lambda group: OUTCOMES.index(group[0].outcome))


def _likeness(connection: Connection) -> Hashable:
    handshake = connection.handshake
    return (
        connection.node,
        connection.local_role,
        None if connection.peer.kind is PeerKind.INTERNET else handshake.server,
        connection.service,
        handshake.tls_version,
        connection.outcome,
        connection.refused_by,
        connection.outcome_reason,
        connection.server_certificate,
        connection.client_certificate,
        tuple((alert.sender, alert.code) for alert in handshake.alerts),
    )

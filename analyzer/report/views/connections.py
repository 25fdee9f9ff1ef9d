"""Connections by peer, each group of equal ones with its newest handshake in full, and the log lines beside it."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from analyzer.evidence import Case, Connection, Event, PeerKind
from analyzer.report import wording
from analyzer.report.both_ends import Sighting
from analyzer.report.links import anchor, conversation_filter
from analyzer.report.summary import Index
from analyzer.report.views.badge import Badge, outcome_badge
from analyzer.report.views.grouping import OUTCOMES, EqualConnections, PeerConnections, group_connections
from analyzer.report.views.handshakes import StepView, handshake_steps
from analyzer.report.views.ladder import Ladder, ladder_of
from analyzer.report.views.spot import Spot, line_spot
from analyzer.words import say

MAX_EVENTS = 20


class EventView(Struct, frozen=True, kw_only=True):
    """A log line."""

    time: str
    name: str
    detail: str
    where: Spot


class RowView(Struct, frozen=True, kw_only=True):
    """A further connection of a group, in one line."""

    id: str
    anchor: str
    started: str
    client: str
    server: str
    frames: str


class SightingView(Struct, frozen=True, kw_only=True):
    """The connection in the capture of another node. `anchor`: where the page may show it."""

    id: str
    anchor: str
    node: str
    when: str
    ends: str | None
    same_hello: bool


class GroupView(Struct, frozen=True, kw_only=True):
    """Equal connections: the newest one in full.

    Attributes:
        seen_as: the newest one as other nodes saw it.
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
    seen_as: tuple[SightingView, ...]
    ladder: Ladder | None
    steps: tuple[StepView, ...]
    events: tuple[EventView, ...]
    more_events: int
    rows: tuple[RowView, ...]
    more: int


class PeerView(Struct, frozen=True, kw_only=True):
    """A peer with its groups of connections; those that failed come first."""

    anchor: str
    name: str
    kind: str
    reason: str | None
    hint_only: bool
    outcomes: tuple[tuple[Badge, int], ...]
    groups: tuple[GroupView, ...]


class ConnectionsView(Struct, frozen=True, kw_only=True):
    """All peers. `drawn`: ids of the connections that have a place in the page; `hidden`: how many have none."""

    peers: tuple[PeerView, ...]
    drawn: frozenset[str]
    hidden: int


def connections_view(case: Case, index: Index) -> ConnectionsView:
    """Show the connections of a case by peer, within the page's limits."""
    peers = group_connections(case.connections)
    drawn = {c.id for peer in peers for group in peer.groups for c in (group.newest, *group.listed)}
    return ConnectionsView(
        peers=tuple(_peer(case, index, peer, number) for number, peer in enumerate(peers, start=1)),
        drawn=frozenset(drawn),
        hidden=len(case.connections) - len(drawn),
    )


def _peer(case: Case, index: Index, group: PeerConnections, number: int) -> PeerView:
    peer = group.connections[0].peer
    counts = Counter(connection.outcome for connection in group.connections)
    return PeerView(
        anchor=anchor("peer", str(number), group.name),
        name=group.name,
        kind=wording.PEER_KINDS[group.kind],
        reason=None if group.kind is PeerKind.INTERNET else peer.reason,
        hint_only=peer.hint_only,
        outcomes=tuple((outcome_badge(outcome), counts[outcome]) for outcome in OUTCOMES if counts[outcome]),
        groups=tuple(_group(case, index, equal) for equal in group.groups),
    )


def _group(case: Case, index: Index, group: EqualConnections) -> GroupView:
    newest = group.newest
    handshake = newest.handshake
    count = len(group.connections)
    first, last = wording.utc(group.connections[-1].handshake.started), wording.utc(handshake.started)
    events = [index.events[id_] for id_ in newest.events if id_ in index.events]
    return GroupView(
        id=newest.id,
        anchor=anchor("connection", newest.id),
        badge=outcome_badge(newest.outcome),
        title=say("{node} with {peer}", node=wording.node_label(newest.node), peer=newest.peer.name),
        role=say("as {role}", role=wording.SIDES[newest.local_role]) if newest.local_role else say("roles not known"),
        service=newest.service,
        tls_version=handshake.tls_version or say("TLS version not agreed"),
        count=count,
        span=last if count == 1 else say("{first} to {last}", first=first, last=last),
        client=str(handshake.client),
        server=str(handshake.server),
        captures=handshake.captures,
        display_filter=conversation_filter(handshake.client, handshake.server),
        seen_as=tuple(_sighting(index, newest, one) for one in index.sightings.get(newest.id, ())),
        ladder=ladder_of(case, newest, tuple(events)),
        steps=handshake_steps(case, newest),
        events=tuple(_event(event) for event in events[:MAX_EVENTS]),
        more_events=max(0, len(events) - MAX_EVENTS),
        rows=tuple(_row(connection) for connection in group.listed),
        more=count - 1 - len(group.listed),
    )


def _sighting(index: Index, connection: Connection, sighting: Sighting) -> SightingView:
    here, there = connection.handshake, index.connections[sighting.connection].handshake
    translated = (here.client, here.server) != (there.client, there.server)
    return SightingView(
        id=sighting.connection,
        anchor=anchor("connection", sighting.connection),
        node=wording.node_label(sighting.node),
        when=wording.later(sighting.later),
        ends=say("{client} to {server}", client=there.client, server=there.server) if translated else None,
        same_hello=sighting.same_hello,
    )


def _event(event: Event) -> EventView:
    record = event.record
    return EventView(
        time=wording.utc(record.time),
        name=record.name,
        detail=record.detail,
        where=line_spot(record.file, record.line),
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
        frames=say("{first} to {last}", first=frames[0], last=frames[-1]) if frames else say("none"),
    )

"""Handshakes to connections: role, peer, stores, and what the log says of each."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from analyzer.correlate.chains import is_self_signed
from analyzer.correlate.peers import Contact, identify_peer
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.record_lengths import may_have_gone_through
from analyzer.correlate.stores import present_local, present_peer, present_unknown
from analyzer.evidence import (
    Certificate,
    ClockOffset,
    Connection,
    Endpoint,
    Handshake,
    LogEvent,
    Node,
    Outcome,
    Peer,
    PeerIdentity,
    PresentedCertificate,
    Side,
)
from analyzer.facts.errors import HANDSHAKE_FAILURE, PEER_ALERT, REMOTE_DISCONNECT
from analyzer.facts.services import service_label
from analyzer.facts.store import PACKAGED, Facts

_BEFORE, _AFTER = timedelta(seconds=2), timedelta(seconds=5)
_SAME_FAILURE = timedelta(seconds=10)

Ends = frozenset[Endpoint]


class Draft(Struct, frozen=True, kw_only=True):
    """A connection or an event that has no id yet."""

    node: Node
    handshake: Handshake
    local_role: Side | None
    peer: Peer
    service: str | None
    events: tuple[LogEvent, ...]
    peer_identity: PeerIdentity | None


def draft_connections(
    node: Node,
    reading: NodeReading,
    nodes: Sequence[Node],
    certificates: Mapping[str, Certificate],
    facts: Facts = PACKAGED,
) -> tuple[Draft, ...]:
    """Draft a node's connections, with the log events that belong to each."""
    events = _by_handshake(reading.handshakes, reading.events, node.clock_offset)
    for index, event in _by_name(reading, node, certificates):
        events[index].append(event)
    identities = _by_ends(reading.identities)
    return tuple(
        _draft(node, handshake, nodes, certificates, tuple(events.get(index, ())), identities, facts)
        for index, handshake in enumerate(reading.handshakes)
    )


def _draft(
    node: Node,
    handshake: Handshake,
    nodes: Sequence[Node],
    certificates: Mapping[str, Certificate],
    events: tuple[LogEvent, ...],
    identities: Mapping[Ends, Sequence[PeerIdentity]],
    facts: Facts,
) -> Draft:
    role = local_role_of(handshake, node)
    local, remote = _ends(handshake, role)
    identity = _nearest_identity(identities.get(frozenset((handshake.client, handshake.server)), ()), handshake)
    names = _peer_names(handshake, role, certificates) or (identity.names if identity else ())
    asked = [event.common_name for event in events if event.common_name]
    if handshake.server_name and role is not Side.SERVER:
        asked.append(handshake.server_name)
    contact = Contact(
        local_role=role,
        local=local,
        remote=remote,
        certificate_names=tuple(name.lower() for name in names),
        asked_names=tuple(name.lower() for name in asked),
        vouched=_is_vouched(_peer_leaf(handshake, role, certificates), node),
    )
    return Draft(
        node=node,
        handshake=handshake,
        local_role=role,
        peer=identify_peer(contact, node, nodes, facts),
        service=service_label(handshake.server.port, role, node.role, facts),
        events=events,
        peer_identity=identity,
    )


def local_role_of(handshake: Handshake, node: Node) -> Side | None:
    """Tell the node's side by the ClientHello and the node's own addresses, and by nothing else."""
    if handshake.client.address in node.addresses:
        return Side.CLIENT
    return Side.SERVER if handshake.server.address in node.addresses else None


def _ends(handshake: Handshake, role: Side | None) -> tuple[Endpoint, Endpoint]:
    if role is Side.SERVER:
        return handshake.server, handshake.client
    return handshake.client, handshake.server


def _peer_leaf(
    handshake: Handshake, role: Side | None, certificates: Mapping[str, Certificate]
) -> Certificate | None:
    chain = handshake.message(role.other if role else Side.SERVER).chain
    return certificates.get(chain[0]) if chain else None


def _peer_names(handshake: Handshake, role: Side | None, certificates: Mapping[str, Certificate]) -> tuple[str, ...]:
    leaf = _peer_leaf(handshake, role, certificates)
    return leaf.names if leaf else ()


def _is_vouched(leaf: Certificate | None, node: Node) -> bool:
    return leaf is None or not is_self_signed(leaf) or leaf.sha256 in (node.stores.trusted or ())


def finish(
    draft: Draft,
    identifier: str,
    event_ids: tuple[str, ...],
    nodes: Sequence[Node],
    certificates: Mapping[str, Certificate],
) -> Connection:
    """Give a draft its id, its stores and its outcome."""
    shown = {side: _presented(draft, side, nodes, certificates) for side in Side}
    outcome, refused_by, reason = outcome_of(draft.handshake, draft.local_role, draft.events)
    return Connection(
        id=identifier,
        node=draft.node.name,
        handshake=draft.handshake,
        local_role=draft.local_role,
        peer=draft.peer,
        service=draft.service,
        server_certificate=shown[Side.SERVER],
        client_certificate=shown[Side.CLIENT],
        outcome=outcome,
        refused_by=refused_by,
        outcome_reason=reason,
        events=event_ids,
        peer_identity=draft.peer_identity,
    )


def _presented(
    draft: Draft, side: Side, nodes: Sequence[Node], certificates: Mapping[str, Certificate]
) -> PresentedCertificate:
    message = draft.handshake.message(side)
    if draft.local_role is None:
        return present_unknown(message, certificates, nodes)
    if side is draft.local_role:
        return present_local(message, certificates, draft.node, side)
    others = [node for node in nodes if node is not draft.node]
    return present_peer(message, certificates, others, draft.peer.node, side)


def outcome_of(
    handshake: Handshake, local_role: Side | None, events: Iterable[LogEvent]
) -> tuple[Outcome, Side | None, str | None]:
    """Return the outcome, who refused, and the words that decided it.

    A fatal alert in clear, or a log line that says so, is a refusal. A client's Finished alone is no proof
    of success in TLS 1.3 (rules.md 6): `completed` is the capture's own judgement. Nor is it proof of failure there
    that the connection was closed before any data.
    """
    fatal = next((alert for alert in handshake.alerts if alert.is_fatal), None)
    if fatal:
        return Outcome.REFUSED, fatal.sender, fatal.description
    for event in events:
        if event.error in {None, REMOTE_DISCONNECT}:
            continue
        role = event.local_role or local_role
        by_peer = event.alert is not None or event.error == PEER_ALERT
        if role is not None and (by_peer or event.error != HANDSHAKE_FAILURE):
            return Outcome.REFUSED, role.other if by_peer else role, event.detail
    if handshake.completed:
        return Outcome.COMPLETED, None, None
    if handshake.closed_by is not None and not may_have_gone_through(handshake):
        return Outcome.CLOSED, None, None
    return Outcome.UNKNOWN, None, None


def _by_handshake(
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
                *_peer_names(handshake, Side.CLIENT, certificates),
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


def _by_ends(identities: Iterable[PeerIdentity]) -> dict[Ends, list[PeerIdentity]]:
    joined: dict[Ends, list[PeerIdentity]] = defaultdict(list)
    for identity in identities:
        if identity.local and identity.remote:
            joined[frozenset((identity.local, identity.remote))].append(identity)
    return joined


def _nearest_identity(identities: Sequence[PeerIdentity], handshake: Handshake) -> PeerIdentity | None:
    timed = [identity for identity in identities if identity.time]
    if not timed:
        return identities[0] if len(identities) == 1 else None
    return min(timed, key=lambda identity: abs(identity.time - handshake.started) if identity.time else _AFTER)

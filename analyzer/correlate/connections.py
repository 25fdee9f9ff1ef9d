"""Handshakes to connections: role, peer, stores, and what the log says of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from analyzer.correlate.chains import is_self_signed
from analyzer.correlate.log_joins import events_by_handshake, identities_by_ends, nearest_identity
from analyzer.correlate.peers import Contact, identify_peer
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.record_lengths import may_have_gone_through
from analyzer.correlate.sides import Ends, ends_of, local_role_of, peer_leaf, peer_names
from analyzer.correlate.stores import present_local, present_peer, present_unknown
from analyzer.evidence import (
    Certificate,
    Connection,
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
    events = events_by_handshake(reading, node, certificates)
    identities = identities_by_ends(reading.identities)
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
    local, remote = ends_of(handshake, role)
    identity = nearest_identity(identities.get(frozenset((handshake.client, handshake.server)), ()), handshake)
    names = peer_names(handshake, role, certificates) or (identity.names if identity else ())
    asked = [event.common_name for event in events if event.common_name]
    if handshake.server_name and role is not Side.SERVER:
        asked.append(handshake.server_name)
    contact = Contact(
        local_role=role,
        local=local,
        remote=remote,
        certificate_names=tuple(name.lower() for name in names),
        asked_names=tuple(name.lower() for name in asked),
        vouched=_is_vouched(peer_leaf(handshake, role, certificates), node),
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

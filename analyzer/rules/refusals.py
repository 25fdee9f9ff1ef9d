"""Purpose refusals, collected from log and capture: who refused whose certificate, and what shows it.

Both sides of one refusal may be at hand; what the partner tells is not told again.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Peer, PeerKind, Side
from analyzer.facts.alerts import UNSUPPORTED_CERTIFICATE
from analyzer.findings import Confidence, Evidence, Remedy, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.recovery import recoveries
from analyzer.rules.rule import Judgement
from analyzer.rules.view import NodeView
from analyzer.words import Words


class Refusal(Struct, frozen=True):
    """A purpose refusal: who refused whose certificate, and what shows it.

    Attributes:
        refused: the side whose certificate was refused.
        leaf: the certificate that was refused, as the capture or the owner's store shows it; None: neither does.
        leaf_seen: whether the capture shows it.
    """

    peer: Peer
    refused_by_us: bool
    refused: Side
    connections: tuple[Connection, ...]
    events: Lines
    leaf: Certificate | None
    leaf_seen: bool

    def evidence(self) -> tuple[Evidence, ...]:
        frames = [
            evidence
            for connection in self.connections[:2]
            for evidence in (
                *quote.quote_certificate_frame(connection, self.refused),
                *(
                    quote.quote_alert(connection, a)
                    for a in connection.handshake.alerts
                    if a.code == UNSUPPORTED_CERTIFICATE
                ),
            )
        ]
        return (*quote.quote_events(self.events), *frames)

    def judgement(
        self,
        severity: Severity,
        confidence: Confidence,
        subject: str,
        explanation: Words,
        remedy: tuple[Remedy, ...],
        evidence: tuple[Evidence, ...] = (),
    ) -> Judgement:
        started = [connection.handshake.started for connection in self.connections]
        first, last = self.events.span if self.events else quote.span(started)
        told = [len(lines) for lines in self.events.groups if lines.record.name.endswith("TLS Negotiation Error")]
        lines = sum(told) or len(self.events)
        return Judgement(
            severity=severity,
            confidence=confidence,
            subject=subject,
            explanation=explanation,
            remedy=remedy,
            evidence=(*self.evidence(), *evidence),
            count=max(lines, len(self.connections), 1),
            first=first,
            last=last,
            connections=tuple(self.connections),
            events=self.events,
        )


Contact = tuple[PeerKind, str, str | None, str | None]
"""What tells peers apart here: kind, name, zone and node, but not by what they were recognised."""

Key = tuple[Contact, bool, Side]


def refusals(view: NodeView) -> tuple[Refusal, ...]:
    """Return the purpose refusals of a node, one per peer, refuser and refused certificate."""
    return view.once(_refusals)


def _refusals(view: NodeView) -> tuple[Refusal, ...]:
    connections: dict[Key, list[str]] = defaultdict(list)
    for connection in view.connections:
        for alert in connection.handshake.alerts:
            if alert.code == UNSUPPORTED_CERTIFICATE and connection.local_role is not None:
                by_us = alert.sender is connection.local_role
                connections[_contact(connection.peer), by_us, alert.sender.other].append(connection.id)
                break
    events: dict[Key, list[Alike]] = defaultdict(list)
    for lines in view.log.errors_of("unsupported-purpose", UNSUPPORTED_CERTIFICATE):
        role, peer = lines.record.local_role, lines.peer
        by_peer = lines.record.alert == UNSUPPORTED_CERTIFICATE
        if role is not None and peer is not None:
            key = (_contact(peer), not by_peer, role if by_peer else role.other)
            events[key].append(lines)
            if lines.is_joined:
                connections[key] += lines.connections
    return tuple(
        _refusal(view, key, view.connections_by_id(connections.get(key, ())), Lines(events.get(key, ())))
        for key in dict.fromkeys((*events, *connections))
    )


def _contact(peer: Peer) -> Contact:
    return peer.kind, peer.name, peer.zone, peer.node


def _refusal(view: NodeView, key: Key, connections: tuple[Connection, ...], events: Lines) -> Refusal:
    _, by_us, side = key
    peer = connections[0].peer if connections else events[0].peer or Peer(name="unknown", kind=PeerKind.UNKNOWN)
    shown = [view.case.certificates.get(c.certificate(side).leaf or "") for c in connections]
    seen = next((certificate for certificate in shown if certificate), None)
    stored = _leaf_of_partner(view, peer, side) if by_us else view.expected_leaf(side)
    leaf = seen or (None if stored and _is_newer(view, stored, side, connections, events) else stored)
    return Refusal(peer, by_us, side, connections, events, leaf, seen is not None)


def _is_newer(
    view: NodeView, stored: Certificate, side: Side, connections: tuple[Connection, ...], events: Lines
) -> bool:
    """Whether a store seems to hold another certificate than the one that was refused, unseen.

    Nothing speaks against its purpose, and the same two completed a handshake since: stores show the state at collection.
    """
    capability = view.as_client(stored) if side is Side.CLIENT else view.as_server(stored)
    return capability.capable is not False and bool(recoveries(view, connections, events))


def _leaf_of_partner(view: NodeView, peer: Peer, side: Side) -> Certificate | None:
    """Return what the partner's bundle says it presents; several partners must agree."""
    partners = [p for p in view.partners if peer.node in {None, p.node.name}] if peer.kind is PeerKind.PARTNER else []
    leaves = {leaf.sha256: leaf for partner in partners if (leaf := partner.expected_leaf(side))}
    return next(iter(leaves.values())) if len(leaves) == 1 else None


def told_by_refuser(view: NodeView, refusal: Refusal) -> bool:
    """Whether the partner who refused has the same story in its own bundle: it is told once, there."""
    if refusal.refused_by_us:
        return False
    partner = view.counterpart(refusal.peer)
    partners = (partner,) if partner else view.partners if view.is_traversal(refusal.peer) else ()
    names = (None, view.node.name)
    return any((refusal.refused, name) in partner.once(_told) for partner in partners for name in names)


def _told(view: NodeView) -> frozenset[tuple[Side, str | None]]:
    """Return whose certificates a node refused on the traversal zone: the side, and the partner by its name if known."""
    return frozenset(
        (own.refused, own.peer.node)
        for own in refusals(view)
        if own.refused_by_us and view.is_between_core_and_edge(own.peer)
    )

"""Certificates that were refused as revoked, by this node or by its peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate, Connection, Peer
from analyzer.facts.alerts import CERTIFICATE_REVOKED
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import failures_in
from analyzer.rules.rule import WHO_REFUSED, Judgement, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import said_serial
from analyzer.words import Words, say

_ISSUE_AGAIN = Remedy(
    text=say(
        "Have the certificate issued again with a new key, and ask the CA why it was revoked. The new one takes effect after "
        "a restart: service-affecting, in a maintenance window, one peer at a time."
    ),
    command="Maintenance > Security > Server certificate (or Client certificate)",
    kind=RemedyKind.DURABLE,
)


def certificate_revoked(view: NodeView) -> Iterator[Judgement]:
    """Somebody refused a certificate because it was revoked."""
    connections: dict[tuple[Peer, bool], list[Connection]] = defaultdict(list)
    events: dict[tuple[Peer, bool], list[Alike]] = defaultdict(list)
    for connection in view.connections:
        if connection.local_role is None or connection.peer.kind not in FAMILIAR:
            continue
        for alert in connection.handshake.alerts:
            if alert.code == CERTIFICATE_REVOKED:
                connections[connection.peer, alert.sender is connection.local_role].append(connection)
    for alike in view.log.errors_of(CERTIFICATE_REVOKED, "revoked"):
        if alike.peer is not None and alike.peer.kind in FAMILIAR:
            events[alike.peer, alike.record.alert is None].append(alike)
    for peer, by_us in dict.fromkeys((*connections, *events)):
        lines = Lines(events.get((peer, by_us), ()))
        yield _revoked(view, peer, connections.get((peer, by_us), []), lines, by_us=by_us)


def _revoked(
    view: NodeView, peer: Peer, connections: Sequence[Connection], events: Lines, *, by_us: bool
) -> Judgement:
    shown = list({c.id: c for c in (*connections, *view.connections_of(events))}.values())
    presented = [c.peer_certificate if by_us else c.local_certificate for c in shown]
    leaf = next((found for p in presented if p and (found := view.case.certificates.get(p.leaf or ""))), None)
    seen = leaf is not None
    if leaf is None and not by_us:
        roles = [alike.record.local_role for alike in events.groups]
        leaf = next((found for role in roles if role and (found := view.expected_leaf(role))), None)
    which = _which(leaf, seen=seen)
    first, last = quote.span((*(c.handshake.started for c in connections), *events.span))
    return Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=peer.name,
        explanation=say(
            "This node refused {peer}'s {certificate} because it, or an authority above it, was revoked.",
            peer=peer.name,
            certificate=which,
        )
        if by_us
        else say(
            "{peer} refused this node's {certificate} because it, or an authority above it, was revoked.",
            peer=peer.name,
            certificate=which,
        ),
        remedy=(_present_another(peer) if by_us else _ISSUE_AGAIN,),
        evidence=(
            *(quote.quote_alert(c, a) for c in connections[: quote.MOST] for a in c.handshake.alerts),
            *quote.quote_events(events),
            *(
                (quote.quote_certificate(leaf, None, say("presented") if seen else say("in the store")),)
                if leaf
                else ()
            ),
            *_certificate_frames(shown, by_us=by_us),
        ),
        count=len(shown) + failures_in([alike for alike in events.groups if not alike.is_joined]),
        first=first,
        last=last,
        connections=tuple(shown),
        events=events,
    )


def _which(leaf: Certificate | None, *, seen: bool) -> Words:
    if leaf is None:
        return say("certificate")
    if seen:
        return say("certificate, serial {serial},", serial=said_serial(leaf.serial))
    return say("certificate, serial {serial} by the store rule,", serial=said_serial(leaf.serial))


def _present_another(peer: Peer) -> Remedy:
    return Remedy(
        text=say("Have {peer} present a certificate that is not revoked.", peer=peer.name),
        kind=RemedyKind.DURABLE,
        at=None,
    )


def _certificate_frames(shown: Sequence[Connection], *, by_us: bool) -> tuple[Evidence, ...]:
    quotes: list[Evidence] = []
    for connection in shown[: quote.MOST]:
        role = connection.local_role
        if role is not None:
            quotes += quote.quote_certificate_frame(connection, role.other if by_us else role)
    return tuple(quotes)


RULES = (
    Rule(
        id="certificate-revoked",
        title=say("A certificate was refused as revoked"),
        severity=Severity.CRITICAL,
        judge=certificate_revoked,
        needs=WHO_REFUSED,
        sources=("M",),
        meaning="This node or a familiar peer refused a certificate with certificate_revoked (44), or the log says so. The "
        "certificate, or an authority above it, was revoked by its issuer.",
    ),
)

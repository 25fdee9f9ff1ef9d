"""What a verdict is shown by: the one connection, log line and certificate that every report shows it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.correlate.record_lengths import may_be_certificate, presents_something
from analyzer.evidence import (
    Connection,
    Event,
    Frame,
    Outcome,
    Peer,
    Side,
    Step,
    TlsRecord,
    Visibility,
    telling_event,
)
from analyzer.facts.errors import HANDSHAKE_FAILURE, IDENTITY_UNACCEPTABLE, PEER_ALERT, REMOTE_DISCONNECT
from analyzer.findings import Grounds, Presented, StoreRule
from analyzer.rules.store_rule import HIDDEN, store_rule
from analyzer.rules.view import BETWEEN_CORE_AND_EDGE, TRAVERSAL, NodeView

ABOUT_A_CERTIFICATE = frozenset({42, 43, 44, 45, 46, 48, 49, 51, 116})
"""Alerts that a certificate brings about (RFC 8446 section 6.2): whoever gets one had presented, or had its turn."""

_ABOUT_NO_CERTIFICATE = frozenset({None, PEER_ALERT, REMOTE_DISCONNECT, HANDSHAKE_FAILURE, "no-certificate"})
_MAY_BE_REFUSED = frozenset({Visibility.SEEN, *HIDDEN})


def newest_of(connections: Sequence[Connection]) -> Connection:
    """Return the connection that speaks for equal ones."""
    return max(connections, key=lambda connection: connection.handshake.started)


def of_connections(view: NodeView, connections: Sequence[Connection], elsewhere: Mapping[str, Connection]) -> Grounds:
    """Decide what equal connections are shown by; `elsewhere`: the same connections as other nodes saw them, by id."""
    newest = newest_of(connections)
    others = sorted(connections, key=lambda connection: connection.handshake.started, reverse=True)
    lines = (telling_event(view.log.of(connection)) for connection in (newest, *others))
    event = next((line for line in lines if line), None)
    refused = _refused(newest, event)
    there = elsewhere.get(newest.id)
    presented = newest.local_certificate
    hidden = presented is not None and presented.visibility in HIDDEN
    return Grounds(
        connection=newest.id,
        frame=frame_of(newest, refused or newest.local_role or Side.CLIENT),
        event=event.id if event else None,
        refused=refused,
        accepted=_accepted(newest, there),
        wanted_name=_wanted_name(view, newest.peer, newest.local_role, event) if refused else None,
        rule=store_rule(view, newest, presented or newest.client_certificate, newest.local_role),
        rule_of_refused=_rule_of_refused(view, newest, refused),
        named=there.peer_identity if hidden and there else None,
        about=_about(view, newest.peer),
        nodes=_nodes(view, newest.peer),
    )


def of_events(
    view: NodeView, peer: Peer, newest: Event, refused_by: Side | None, presented: Presented | None
) -> Grounds:
    """Decide what log lines without a connection are shown by: the newest of them."""
    refused = refused_by.other if refused_by and _blames_a_certificate(newest) else None
    return Grounds(
        event=newest.id,
        refused=refused,
        wanted_name=_wanted_name(view, peer, newest.record.local_role, newest) if refused else None,
        rule=StoreRule(expected=presented) if presented else None,
        about=_about(view, peer),
        nodes=_nodes(view, peer),
    )


def frame_of(connection: Connection, side: Side) -> Frame | TlsRecord | None:
    """Return where a side's certificate is; of a hidden one the record in its place, else the ClientHello."""
    handshake = connection.handshake
    if frame := handshake.certificate_frame(side):
        return frame
    if side is Side.CLIENT and presents_something(handshake):
        return may_be_certificate(handshake, side)[0]
    return handshake.frame(Step.CLIENT_HELLO)


def _rule_of_refused(view: NodeView, connection: Connection, refused: Side | None) -> StoreRule | None:
    """Judge a peer's certificate that was refused by the peer's own stores."""
    if refused is None or refused is connection.local_role or connection.local_role is None:
        return None
    shown = connection.certificate(refused)
    owner = shown.store_node or connection.peer.node
    holder = next((other for other in view.others if other.node.name == owner), None)
    return store_rule(holder, connection, shown, refused) if holder and owner else None


def _accepted(connection: Connection, there: Connection | None) -> bool:
    """Whether the peer went through with the certificate that this node is seen to have presented.

    A client that was asked for a certificate, and a server, show theirs before the peer finishes; TLS 1.3 hides that
    (rules.md 6). Not so if the other end tells otherwise, or reset the connection, as an Expressway does that looks
    at the name behind the handshake.
    """
    shown, handshake, role = connection.local_certificate, connection.handshake, connection.local_role
    if role is None or shown is None or shown.leaf is None or connection.outcome is not Outcome.COMPLETED:
        return False
    is_reset = handshake.closed_by_reset and handshake.closed_by is role.other
    is_contradicted = there is not None and there.outcome in {Outcome.REFUSED, Outcome.CLOSED}
    return not (is_reset or is_contradicted or handshake.renegotiated)


def _refused(connection: Connection, event: Event | None) -> Side | None:
    if connection.outcome is not Outcome.REFUSED or connection.refused_by is None:
        return None
    refused = connection.refused_by.other
    alert = connection.refusing_alert
    blamed = alert is not None and alert.code in ABOUT_A_CERTIFICATE
    blamed |= event is not None and _blames_a_certificate(event)
    return refused if blamed and connection.certificate(refused).visibility in _MAY_BE_REFUSED else None


def _blames_a_certificate(event: Event) -> bool:
    record = event.record
    return record.alert in ABOUT_A_CERTIFICATE or record.error not in _ABOUT_NO_CERTIFICATE


def _wanted_name(view: NodeView, peer: Peer, role: Side | None, event: Event | None) -> str | None:
    """Return the name that this node looked for: as a client the peer's address, as a server the zone's subject."""
    if event is None or event.record.error != IDENTITY_UNACCEPTABLE:
        return None
    zone = view.zone(peer.zone)
    return event.record.common_name or (zone.tls_verify_subject if zone and role is Side.SERVER else None)


def _about(view: NodeView, peer: Peer) -> frozenset[str]:
    key = view.key_of(peer)
    return BETWEEN_CORE_AND_EDGE if key == TRAVERSAL else frozenset({key})


def _nodes(view: NodeView, peer: Peer) -> frozenset[str | None]:
    partners = view.node.partners if peer.node is None and view.is_between_core_and_edge(peer) else ()
    return frozenset({view.node.name, *partners, *({peer.node} if peer.node else ())})

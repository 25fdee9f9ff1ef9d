"""Whom a node deals with by mutual TLS: peers that capture and log show, and zones that are configured."""

from __future__ import annotations

from msgspec import Struct, field

from analyzer.evidence import Connection, Outcome, Peer, PeerKind, Side, Zone
from analyzer.facts.webex import is_webex_name
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.outlook.traces import how_it_ended
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import Words, say

WEBEX = "Webex"
_OF_THEIR_OWN = {"traversalserver", "traversalclient"}
_DIALLED = {"neighbor", "dns", "webex", "enum"}


class Contact(Struct, kw_only=True):
    """A peer, by zone or name, with what was seen of it in one role: connections, and TLS errors in the log."""

    name: str
    kind: PeerKind
    zone: Zone | None = None
    connections: list[Connection] = field(default_factory=list)
    errors: list[Alike] = field(default_factory=list)

    @property
    def newest(self) -> Connection | None:
        """The last connection that came to an end that is known."""
        ended = (connection for connection in self.connections if connection.outcome is not Outcome.UNKNOWN)
        return max(ended, key=lambda connection: connection.handshake.started, default=None)

    @property
    def trouble(self) -> Words | None:
        """What shows that it did not work last: the last handshake, else the log."""
        if self.newest is not None:
            ended = how_it_ended(self.newest)
            return ended and say("{ended} ({connection})", ended=ended, connection=self.newest.id)
        return say("the log says {words}", words=self.lines[-1].record.detail) if self.errors else None

    @property
    def lines(self) -> Lines:
        return Lines(self.errors)


def dialled(view: NodeView) -> tuple[Contact, ...]:
    """Return the peers that a node dials."""
    return contacts(view, Side.CLIENT)


def answered(view: NodeView) -> tuple[Contact, ...]:
    """Return the peers that dial a node."""
    return contacts(view, Side.SERVER)


def contacts(view: NodeView, role: Side) -> tuple[Contact, ...]:
    """Return the peers of a node in a role: Webex first, then zones as configured, then the rest as they were met.

    The partner in the traversal zone and cluster peers are not among them: the truth table has them apart.
    """
    zones = {zone.name: zone for zone in view.node.zones}
    found: dict[str, Contact] = {}
    if role is Side.CLIENT:
        for zone in view.node.zones:
            if _dials_by_tls(zone):
                webex = _is_webex(view, zone)
                name = WEBEX if webex else say("zone {zone}", zone=zone.name)
                found.setdefault(
                    name, Contact(name=name, kind=PeerKind.WEBEX if webex else PeerKind.NEIGHBOR, zone=zone)
                )
    for connection in view.connections:
        if connection.local_role is role and _is_meant(view, connection.peer, zones):
            _contact_of(found, connection.peer, zones).connections.append(connection)
    for alike in view.log.errors:
        if alike.record.local_role is role and alike.peer is not None and _is_meant(view, alike.peer, zones):
            _contact_of(found, alike.peer, zones).errors.append(alike)
    if role is Side.CLIENT and view.is_edge and _logged_webex(view):
        found.setdefault(WEBEX, Contact(name=WEBEX, kind=PeerKind.WEBEX))
    return tuple(sorted(found.values(), key=lambda contact: contact.kind is not PeerKind.WEBEX))


def _contact_of(found: dict[str, Contact], peer: Peer, zones: dict[str, Zone]) -> Contact:
    zone = zones.get(peer.zone or "")
    name = peer.name
    if peer.kind is PeerKind.WEBEX:
        name = WEBEX
    elif zone:
        name = say("zone {zone}", zone=zone.name)
    return found.setdefault(name, Contact(name=name, kind=peer.kind, zone=zone))


def _is_meant(view: NodeView, peer: Peer, zones: dict[str, Zone]) -> bool:
    if peer.kind not in FAMILIAR or peer.kind is PeerKind.CLUSTER or peer.node in view.node.partners:
        return False
    zone = zones.get(peer.zone or "")
    return zone is None or zone.kind not in _OF_THEIR_OWN


def _logged_webex(view: NodeView) -> bool:
    return any(is_webex_name(name, view.facts) for identity in view.node.identities for name in identity.names)


def _dials_by_tls(zone: Zone) -> bool:
    """Whether this node opens TLS connections for a zone; a DNS zone goes wherever the records say."""
    if zone.kind not in _DIALLED:
        return False
    if zone.kind == "neighbor":
        return (zone.transport or "").upper() == "TLS" or zone.tls_verify_mode == "On"
    return (zone.transport or "TLS").upper() == "TLS"


def _is_webex(view: NodeView, zone: Zone) -> bool:
    return zone.kind == "webex" or is_webex_name(zone.tls_verify_subject, view.facts)

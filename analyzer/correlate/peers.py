"""Who is at the other end: Webex, a partner Expressway, a cluster peer, CUCM, a neighbour, or the Internet.

Names in certificates and in the configuration decide; ports and address ranges are hints and are said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from msgspec import Struct

from analyzer.correlate.clusters import is_called, same_cluster
from analyzer.evidence import Endpoint, Node, NodeRole, Peer, PeerKind, Side, Zone, ZonePeer
from analyzer.facts.store import PACKAGED, Facts
from analyzer.facts.webex import is_webex_address, is_webex_name
from analyzer.text import is_address
from analyzer.words import Words, say

CUCM_PORTS = frozenset({6970, 6971, 6972})
"""TFTP over HTTP and HTTPS: nobody but CUCM listens there (IP Port Usage Guide X15.0)."""

_TRAVERSAL_SERVER, _TRAVERSAL_CLIENT = "traversalserver", "traversalclient"


class Contact(Struct, frozen=True, kw_only=True):
    """What is known of one contact with a peer.

    Attributes:
        remote, local: None where a log line gives only one end.
        certificate_names: DNS names, else the common name, of the certificate that the peer presented.
        asked_names: SNI of our ClientHello, or the name that the log says was being verified.
        vouched: whether somebody else says that these are its names: not the peer alone, as in a self-signed
            certificate that this node does not trust.
    """

    local_role: Side | None
    local: Endpoint | None
    remote: Endpoint | None
    certificate_names: tuple[str, ...] = ()
    asked_names: tuple[str, ...] = ()
    vouched: bool = True


def identify_peer(contact: Contact, node: Node, nodes: Sequence[Node], facts: Facts = PACKAGED) -> Peer:
    """Name the peer of a contact, by the strongest evidence there is."""
    candidates = (
        _webex_by_name(contact, node, facts),
        _known_node(contact, node, nodes),
        _cluster_peer(contact, node),
        _zone_peer(contact, node),
        _webex_by_address(contact, facts),
        _call_control(contact, node),
        _named(contact),
    )
    return next((peer for peer in candidates if peer), None) or _unnamed(contact, node)


def _webex_by_name(contact: Contact, node: Node, facts: Facts) -> Peer | None:
    held, asked = (
        next((name for name in names if is_webex_name(name, facts)), None)
        for names in (contact.certificate_names, contact.asked_names)
    )
    if held or asked:
        reason = say("certificate name {name}", name=held) if held else say("server name {name}", name=asked)
        configured = next((zone.name for zone in node.zones if _is_webex_zone(zone, facts)), None)
        return Peer(name="Webex", kind=PeerKind.WEBEX, reason=reason, zone=configured)
    for zone in node.zones:
        if _is_webex_zone(zone, facts) and _peer_by_address(zone, contact):
            return Peer(name="Webex", kind=PeerKind.WEBEX, reason=say("zone {zone}", zone=zone.name), zone=zone.name)
    return None


def _is_webex_zone(zone: Zone, facts: Facts) -> bool:
    return zone.kind == "webex" or is_webex_name(zone.tls_verify_subject, facts)


def _webex_by_address(contact: Contact, facts: Facts) -> Peer | None:
    if contact.remote and is_webex_address(contact.remote.address, facts):
        reason = say("address in a published Webex range")
        return Peer(name="Webex", kind=PeerKind.WEBEX, reason=reason, hint_only=True)
    return None


def _known_node(contact: Contact, node: Node, nodes: Sequence[Node]) -> Peer | None:
    """Tell another bundle's node by its address, else by a name (a cluster's certificate may bear all its peers')."""
    others = [other for other in nodes if other is not node and other.name is not None and other.host != node.host]
    names = set(contact.certificate_names)
    by_address = next((o for o in others if contact.remote and contact.remote.address in o.addresses), None)
    other = by_address or next((o for o in others if names & _lower(o.host_names)), None)
    if other is None:
        return None
    reason = (
        say("its bundle gives this address as its own")
        if by_address
        else say("certificate name {name}", name=min(names & _lower(other.host_names)))
    )
    return known_peer(node, other, reason, _zone_between(contact, node))


def known_peer(node: Node, other: Node, reason: Words, zone: str | None) -> Peer | None:
    """Return another bundle's node as a peer; None: it has no name."""
    kind = PeerKind.CLUSTER if same_cluster(node, other) else PeerKind.PARTNER
    return Peer(name=other.name, kind=kind, reason=reason, node=other.name, zone=zone) if other.name else None


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _cluster_peer(contact: Contact, node: Node) -> Peer | None:
    if node.cluster is None or contact.remote is None:
        return None
    for peer in node.cluster.peers:
        if _is_contact(peer, contact) and not is_called(node, peer):
            return Peer(name=peer, kind=PeerKind.CLUSTER, reason=say("cluster peer"))
    return None


def _zone_between(contact: Contact, node: Node) -> str | None:
    return next((zone.name for zone in node.zones if _zone_fits(zone, contact)), None)


def _zone_peer(contact: Contact, node: Node) -> Peer | None:
    for zone in node.zones:
        if not _zone_fits(zone, contact):
            continue
        kind = _kind_of_zone(zone)
        configured = _peer_by_address(zone, contact)
        name = configured.address if configured else _far_end(zone)
        return Peer(name=name, kind=kind, reason=say("zone {zone}", zone=zone.name), zone=zone.name)
    return None


def _far_end(zone: Zone) -> str:
    """Name the other end of a traversal zone: a server configures no client, a client dials what it configures."""
    if zone.kind == _TRAVERSAL_SERVER:
        return say("traversal client of zone {zone}", zone=zone.name)
    return zone.peers[0].address if len(zone.peers) == 1 else say("traversal server of zone {zone}", zone=zone.name)


def _zone_fits(zone: Zone, contact: Contact) -> bool:
    """Tell whether a contact belongs to a zone.

    A traversal client is told by the zone's listening port, not by its source address: a firewall that
    translates addresses would stand there (rules-amendments A13).
    """
    kind = zone.kind
    if kind == _TRAVERSAL_SERVER:
        return (
            contact.local_role is Side.SERVER
            and contact.local is not None
            and zone.port is not None
            and contact.local.port == zone.port
        )
    if kind == _TRAVERSAL_CLIENT:
        return (
            contact.local_role is Side.CLIENT
            and _on_port_of(zone, contact)
            and bool(_peer_by_address(zone, contact) or (zone.port is not None and not _has_addresses(zone)))
        )
    return _peer_by_address(zone, contact) is not None


def _on_port_of(zone: Zone, contact: Contact) -> bool:
    return contact.remote is not None and zone.port in {None, contact.remote.port}


def _has_addresses(zone: Zone) -> bool:
    """Whether a peer is configured by address (a name says nothing about the address that was dialled)."""
    return any(is_address(peer.address) for peer in zone.peers)


def _peer_by_address(zone: Zone, contact: Contact) -> ZonePeer | None:
    return next((peer for peer in zone.peers if _is_contact(peer.address, contact)), None)


def _is_contact(configured: str, contact: Contact) -> bool:
    name = configured.lower()
    if contact.remote is not None and name == contact.remote.address:
        return True
    return name in contact.certificate_names or name in contact.asked_names


def _kind_of_zone(zone: Zone) -> PeerKind:
    if zone.kind in {_TRAVERSAL_SERVER, _TRAVERSAL_CLIENT}:
        return PeerKind.PARTNER
    # Zones that Expressway makes for CUCM by itself are called CEtcp-… and CEtls-… (Admin Guide).
    return PeerKind.CUCM if zone.name.startswith(("CEtcp-", "CEtls-", "CEOAuth-")) else PeerKind.NEIGHBOR


def _call_control(contact: Contact, node: Node) -> Peer | None:
    if node.role is NodeRole.EDGE or contact.local_role is not Side.CLIENT or contact.remote is None:
        return None
    if contact.remote.port not in CUCM_PORTS:
        return None
    names = (*_asked_and_held(contact), *contact.certificate_names, *contact.asked_names)
    name = next(iter(names), contact.remote.address)
    return Peer(name=name, kind=PeerKind.CUCM, reason=say("port {port}", port=contact.remote.port), hint_only=True)


def _asked_and_held(contact: Contact) -> tuple[str, ...]:
    """Return the names asked for that the certificate has: Unified CM's ECDSA certificate has another common name."""
    return tuple(name for name in contact.asked_names if name in contact.certificate_names)


def _named(contact: Contact) -> Peer | None:
    """Name whoever we dialled, and a caller by its certificate: one that it made up itself names nobody."""
    if contact.local_role is Side.SERVER and not contact.vouched:
        return None
    if contact.certificate_names:
        return Peer(name=contact.certificate_names[0], kind=PeerKind.NAMED, reason=say("certificate name"))
    if contact.asked_names and contact.local_role is Side.CLIENT:
        return Peer(name=contact.asked_names[0], kind=PeerKind.NAMED, reason=say("server name"))
    return None


def _unnamed(contact: Contact, node: Node) -> Peer:
    """Whoever we dialled was meant; whoever dials an Edge from a public address is the Internet."""
    if contact.remote is None:
        return Peer(name=say("unknown"), kind=PeerKind.UNKNOWN)
    address = contact.remote.address
    if contact.local_role is None:
        return Peer(name=str(contact.remote), kind=PeerKind.UNKNOWN)
    inbound = contact.local_role is Side.SERVER
    internal = is_address(address) and ip_address(address).is_private
    if inbound and (node.role is NodeRole.EDGE or not internal):
        reason = say("unknown public caller {address}", address=address)
        return Peer(name=say("Internet"), kind=PeerKind.INTERNET, reason=reason)
    return Peer(name=address, kind=PeerKind.NAMED, reason=say("dialled by this node") if not inbound else None)

"""xconf and xstat dumps, XML and text, of one small description of a box.

The paths of xconf are those of the command line, as published `*c xConfiguration` lines show them. Below
`SystemUnit` no published xstat dump exists: those element names follow the web pages and the command line.

Sample::

    *c xConfiguration Zones Zone 3 TraversalServer SIP Port: "7001"
    <Zones item="1"><Zone item="3"><TraversalServer item="1"><SIP item="1"><Port item="1">7001</Port>…
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

NAMESPACE = "http://www.tandberg.no/XML/CUIL/1.0"
EKU_CHECKING_MODE = "SIP TLS Certificate ExtendedKeyUsage Checking Mode"

Leaf = tuple[str, str]
Tree = dict[str, "Tree | str"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneState:
    """A zone and its state when logging started.

    Attributes:
        type: Neighbor, TraversalClient, TraversalServer, DNS, ENUM, Webex.
        unified_communications: for traversal zones: the one that carries mobile and remote access.
        status: Active, Failed, Off, On, Checking.
        subject: TLS verify subject name; None: not set.
    """

    name: str
    type: str
    port: int = 5061
    peers: tuple[str, ...] = ()
    transport: str = "TLS"
    tls_verify: str = "On"
    subject: str | None = None
    unified_communications: bool = False
    status: str = "Active"
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelState:
    """A Unified Communications SSH tunnel, as the status page lists it."""

    target: str
    domain: str
    status: str = "Active"
    reason: str | None = None
    peer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState:
    """A raised alarm."""

    id: str
    severity: str
    title: str
    raised: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """What the dumps of one box say.

    Attributes:
        addresses: of LAN1, LAN2.
        static_nat: address that the outside sees instead of the last LAN's; None: no static NAT.
        settings: further settings by command line path.
        domains: SIP domains with Unified Communications services.
        tunnels: None: the dump has no such list.
        taken: when logging started.
    """

    host: str
    domain: str = "harbor.example"
    version: str = "X15.5"
    serial_number: str = "00A1B2C3"
    addresses: tuple[str, ...] = ("10.20.30.31",)
    static_nat: str | None = None
    time_zone: str = "Etc/UTC"
    uptime: timedelta = timedelta(days=3)
    zones: tuple[ZoneState, ...] = ()
    tunnels: tuple[TunnelState, ...] | None = None
    alarms: tuple[AlarmState, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    domains: tuple[str, ...] = ("harbor.example",)
    cluster_name: str | None = None
    cluster_peers: tuple[str, ...] = ()
    taken: datetime = datetime(2026, 3, 24, 11, 40, 0, tzinfo=UTC)


def xconf_xml(state: NodeState) -> bytes:
    """Return the configuration as XML."""
    return _xml("Configuration", _configuration(state))


def xconf_text(state: NodeState) -> bytes:
    """Return the configuration as text, one setting per line."""
    return "".join(f'*c xConfiguration {path}: "{value}"\n' for path, value in _configuration(state)).encode()


def xstat_xml(state: NodeState) -> bytes:
    """Return the status as XML."""
    return _xml("Status", _status(state))


def xstat_text(state: NodeState) -> bytes:
    """Return the status as an indented text tree, each top element ended by `*s/end`."""
    return "".join(f"*s {label}:{_text(tree, 1)}\n*s/end\n" for label, tree in _tree(_status(state)).items()).encode()


def _configuration(state: NodeState) -> Iterator[Leaf]:
    yield "SystemUnit Name", state.host
    yield "IPProtocol", "Both" if any(":" in address for address in state.addresses) else "IPv4"
    for number, address in enumerate(state.addresses, 1):
        family = "V6" if ":" in address else "V4"
        yield f"Ethernet {number} IP {family} Address", address
        if family == "V4":
            outside = state.static_nat is not None and number == len(state.addresses)
            yield f"Ethernet {number} IP V4 SubnetMask", "255.255.255.0"
            yield f"Ethernet {number} IP V4 StaticNAT Mode", "On" if outside else "Off"
            if outside:
                yield f"Ethernet {number} IP V4 StaticNAT Address", state.static_nat or ""
    yield "IP DNS Hostname", state.host
    yield "IP DNS Domain Name", state.domain
    yield "IP DNS Server 1 Address", "10.20.30.5"
    yield "NTP Server 1 Address", "10.20.30.6"
    yield "TimeZone Name", state.time_zone
    yield "SIP Mode", "On"
    yield "SIP TLS Mode", "On"
    yield "SIP TLS Port", "5061"
    yield "SIP TCP Outbound Port Start", "25000"
    yield "SIP TCP Outbound Port End", "29999"
    yield "SIP TLS Certificate Revocation Checking Mode", "Off"
    yield from state.settings.items()
    yield "CollaborationEdge Enabled", "On" if state.domains else "Off"
    for number, domain in enumerate(state.domains, 1):
        yield f"SIP Domains Domain {number} Name", domain
        yield f"SIP Domains Domain {number} Edgesip", "On"
    if state.cluster_name:
        yield "Alternates Cluster Name", state.cluster_name
        for number, peer in enumerate(state.cluster_peers, 1):
            yield f"Alternates Peer {number} Address", peer
    for number, zone in enumerate(state.zones, 1):
        yield from ((f"Zones Zone {number} {path}", value) for path, value in _zone_configuration(zone))


def _zone_configuration(zone: ZoneState) -> Iterator[Leaf]:
    yield "Name", zone.name
    yield "HopCount", "15"
    yield "H323 Mode", "Off"
    yield "SIP Mode", "On"
    if zone.type.startswith("Traversal"):
        yield f"{zone.type} Collaboration Edge", "On" if zone.unified_communications else "Off"
    if zone.type == "DNS":
        yield "DNS SIP Default Transport", zone.transport
        yield "DNS SIP TLS Verify InboundClassification", "On"
    else:
        yield f"{zone.type} SIP Port", str(zone.port)
        yield f"{zone.type} SIP Transport", zone.transport
    yield f"{zone.type} SIP TLS Verify Mode", zone.tls_verify
    if zone.subject is not None:
        yield f"{zone.type} SIP TLS Verify Subject Name", zone.subject
    for number, peer in enumerate(zone.peers, 1):
        yield f"{zone.type} Peer {number} Address", peer
    yield "Type", zone.type


def _status(state: NodeState) -> Iterator[Leaf]:
    yield "SystemUnit Product", "Cisco Expressway"
    yield "SystemUnit Expressway", "True"
    yield "SystemUnit Uptime", str(int(state.uptime.total_seconds()))
    yield "SystemUnit Hardware SerialNumber", state.serial_number
    yield "SystemUnit Software Version", state.version
    yield "Time UTC", f"{state.taken:%Y-%m-%d %H:%M:%S}"
    for number, address in enumerate(state.addresses, 1):
        family = "IPv6" if ":" in address else "IPv4"
        yield f"NetworkInterface Ethernet {number} {family} Address", address
    if state.cluster_name:
        yield "Cluster Name", state.cluster_name
        for number, peer in enumerate(state.cluster_peers, 1):
            yield f"Cluster Peer {number} Address", peer
    for number, zone in enumerate(state.zones, 1):
        yield from ((f"Zones Zone {number} {path}", value) for path, value in _zone_status(zone, state.taken))
    for number, tunnel in enumerate(state.tunnels or (), 1):
        yield from ((f"Tunnels Tunnel {number} {path}", value) for path, value in _tunnel_status(tunnel))
    for number, alarm in enumerate(state.alarms, 1):
        yield f"Alarm {number} Id", alarm.id
        yield f"Alarm {number} Severity", alarm.severity
        yield f"Alarm {number} Title", alarm.title
        yield f"Alarm {number} Status", "Raised"
        yield f"Alarm {number} FirstRaised", f"{alarm.raised:%Y-%m-%d %H:%M:%S}"


def _zone_status(zone: ZoneState, taken: datetime) -> Iterator[Leaf]:
    yield "Name", zone.name
    yield "Type", zone.type
    yield "Status", zone.status
    for number, peer in enumerate(zone.peers, 1):
        yield f"{zone.type} Peer {number} SIP Address", peer
        yield f"{zone.type} Peer {number} SIP Port", str(zone.port)
        yield f"{zone.type} Peer {number} SIP Status", zone.status
        if zone.cause:
            yield f"{zone.type} Peer {number} SIP Cause", zone.cause
        yield f"{zone.type} Peer {number} SIP LastStatusChange", f"{taken - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"


def _tunnel_status(tunnel: TunnelState) -> Iterator[Leaf]:
    yield "Target", tunnel.target
    yield "Domain", tunnel.domain
    yield "Status", tunnel.status
    if tunnel.reason:
        yield "Reason", tunnel.reason
    if tunnel.peer:
        yield "Peer", tunnel.peer


def _xml(root: str, leaves: Iterable[Leaf]) -> bytes:
    """Write leaves as nested elements, each with its `item` number."""
    content = _elements(_tree(leaves), 1)
    opening = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}" product="Cisco Expressway">'
    return f"{opening}{content}\n</{root}>\n".encode()


def _elements(tree: Tree, depth: int) -> str:
    indent = "\n" + "  " * depth
    parts = []
    for label, inner in tree.items():
        name, _, number = label.partition(" ")
        content = escape(inner) if isinstance(inner, str) else _elements(inner, depth + 1) + indent
        parts.append(f'{indent}<{name} item="{number or 1}">{content}</{name}>')
    return "".join(parts)


def _text(tree: Tree | str, depth: int) -> str:
    if isinstance(tree, str):
        return f' "{tree}"'
    indent = "\n" + "  " * depth
    return "".join(f"{indent}{label}:{_text(inner, depth + 1)}" for label, inner in tree.items())


def _tree(leaves: Iterable[Leaf]) -> Tree:
    root: Tree = {}
    for path, value in leaves:
        *branches, last = _labels(path)
        tree = root
        for branch in branches:
            inner = tree.setdefault(branch, {})
            if isinstance(inner, str):
                raise ValueError(f"{path} lies below a value")  # noqa: TRY004 -- a wrong path, not a wrong type
            tree = inner
        tree[last] = value
    return root


def _labels(path: str) -> tuple[str, ...]:
    """Split a command line path into elements, an index joined to the element before it: `Zone 3`."""
    labels: list[str] = []
    for token in path.split():
        if token.isdigit() and labels:
            labels[-1] += f" {token}"
        else:
            labels.append(token)
    return tuple(labels)

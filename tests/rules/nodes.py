"""A healthy Core and Edge of X15.5, to be changed, and the peers that they talk to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from analyzer.evidence import (
    CaptureFile,
    Certificate,
    LogSpan,
    Member,
    MemberKind,
    NeededNames,
    Node,
    NodeRole,
    Peer,
    PeerKind,
    ReadState,
    ReferenceTime,
    Setting,
    Stores,
    Tunnel,
    Zone,
    ZonePeer,
)
from analyzer.facts.settings import DEFAULT_ZONE_TLS_VERIFY_MODE, EKU_CHECKING_MODE
from tests.rules.pki import CORE_CLIENT, CORE_CLIENT_SERVER_ONLY, CORE_SERVER, EDGE_CLIENT, EDGE_SERVER, EVERYONE

START = datetime(2026, 3, 24, 11, 0, 0, tzinfo=UTC)
ZONE = "UC traversal"
LOG, CAPTURE = "edge.zip/loggingsnapshot.txt", "edge.zip/eth0.pcap"

WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX, reason="certificate name")
CORE = Peer(name="core", kind=PeerKind.PARTNER, node="core", zone=ZONE)
EDGE = Peer(name="edge", kind=PeerKind.PARTNER, node="edge", zone=ZONE)
SOME_CORE = Peer(name=f"traversal client of zone {ZONE}", kind=PeerKind.PARTNER, zone=ZONE)
SOME_EDGE = Peer(name="edge.harbor.example", kind=PeerKind.PARTNER, zone=ZONE)
CUBE = Peer(name="10.3.3.30", kind=PeerKind.NEIGHBOR, zone="CUBE")
CUCM = Peer(name="cucm.harbor.example", kind=PeerKind.CUCM)
NAMED = Peer(name="sip.partner.example", kind=PeerKind.NAMED)
INTERNET = Peer(name="Internet", kind=PeerKind.INTERNET)
UNKNOWN = Peer(name="192.0.2.9:5061", kind=PeerKind.UNKNOWN)


def stores(
    server: Certificate | None, client: Certificate | None, trusted: Iterable[Certificate] | None = EVERYONE
) -> Stores:
    """Return stores that hold a leaf each; None: the member is absent."""
    return Stores(
        server=None if server is None else (server.sha256,),
        client=None if client is None else (client.sha256,),
        trusted=None if trusted is None else tuple(one.sha256 for one in trusted),
    )


def mode(value: str | None) -> dict[str, Setting]:
    """Return the settings with the extended key usage checking mode as dumped."""
    return {EKU_CHECKING_MODE: Setting(value=value, source="edge.zip/xconf.xml: EKU")}


def zone(type_: str = "TraversalServer", status: str | None = "Active", **changes: Any) -> Zone:
    """Return the Unified Communications traversal zone."""
    result = Zone(
        name=ZONE, type=type_, unified_communications=True, status=status, status_source="edge.zip/xstat.xml: Zones",
        source="edge.zip/xconf.xml: Zones", port=7001, tls_verify_mode="On", tls_verify_subject="core.harbor.example",
    )  # fmt: skip
    return replace(result, **changes)


NEIGHBOR_ZONE = Zone(
    name="CUBE", type="Neighbor", status="Active", port=5061, peers=(ZonePeer(address="10.3.3.30"),),
    source="edge.zip/xconf.xml: Zones", tls_verify_mode="On",
)  # fmt: skip


def tunnel(status: str = "Active", reason: str | None = None) -> Tunnel:
    """Return an SSH tunnel's row."""
    source = "edge.zip/xstat.xml: Tunnels"
    return Tunnel(target="edge.harbor.example", domain="harbor.example", status=status, reason=reason, source=source)


def _node(host: str, role: NodeRole, address: str, traversal: Zone, held: Stores) -> Node:
    kinds = (MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM, MemberKind.SNAPSHOT, MemberKind.CAPTURE)
    return Node(
        name=host,
        host=host,
        role=role,
        version="X15.5.1",
        addresses=(address,),
        host_names=(host, f"{host}.harbor.example"),
        stores=held,
        settings={
            EKU_CHECKING_MODE: Setting(value="On", source=f"{host}.zip/xconf.xml: EKU"),
            DEFAULT_ZONE_TLS_VERIFY_MODE: Setting(value="Off", source=f"{host}.zip/xconf.xml: DefaultZone"),
        },
        domains=("harbor.example",),
        needed_names=NeededNames(federation_domains=(), chat_aliases=(), phone_security_profiles=()),
        zones=(traversal, NEIGHBOR_ZONE),
        tunnels=(tunnel(),),
        members=tuple(
            Member(
                name=f"{kind}", reference=f"{host}.zip/{kind}", kind=kind, node=host, size=1, sha256="0" * 64,
                read=ReadState.WHOLE,
            )
            for kind in kinds
        ),
        captures=(
            CaptureFile(
                name=f"{host}.zip/eth0.pcap", interface="eth0", sequence=0, first=START - timedelta(minutes=5),
                last=START + timedelta(minutes=5), packets=99, cut_frames=0, addresses=(address,),
            ),
        ),
        logs=(
            LogSpan(
                file=f"{host}.zip/log.txt", first=START - timedelta(minutes=5), last=START + timedelta(minutes=5),
                lines=99, records=99, has_ssl_debug=True, hosts=(host,),
            ),
        ),
        reference_time=ReferenceTime(time=START + timedelta(minutes=5), origin="evidence"),
        taken=START + timedelta(minutes=6),
    )  # fmt: skip


def core(**changes: Any) -> Node:
    """Return a healthy Core of X15.5, with changes."""
    traversal = zone("TraversalClient", peers=(ZonePeer(address="edge.harbor.example", status="Active"),))
    return replace(_node("core", NodeRole.CORE, "10.1.1.10", traversal, stores(CORE_SERVER, CORE_CLIENT)), **changes)


def edge(**changes: Any) -> Node:
    """Return a healthy Edge of X15.5, with changes."""
    return replace(_node("edge", NodeRole.EDGE, "10.2.2.20", zone(), stores(EDGE_SERVER, EDGE_CLIENT)), **changes)


def bare(role: NodeRole) -> Node:
    """Return a node of which nothing but its role is known."""
    return Node(name="bare", host="bare", role=role)


FAILED_ZONE = (zone(status="Failed"),)
DENIED = (tunnel("Failed", "Permission denied"),)
WEAK_CORE = core(stores=stores(CORE_SERVER, CORE_CLIENT_SERVER_ONLY))

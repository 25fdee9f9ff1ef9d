"""A standard world: Core and Edge, CUCM, Webex, a partner, and the authorities that they rely on.

All names are invented (RFC 2606), the addresses are private but for Webex's, which lies in a range that Cisco
publishes; Webex's certificate names `*.webex.com` and comes from an authority that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from cryptography import x509

from samples.builders.certificates import BOTH_USAGES, SERVER_ONLY, Authority, AuthorityKind, Identity
from samples.builders.dumps import EKU_CHECKING_MODE, AlarmState, NodeState, TunnelState, ZoneState
from samples.builders.host import Host

CORE = "expc.harbor.example"
EDGE = "expe.harbor.example"
CUCM = "cucm1.harbor.example"
BRANCH = "vcs-branch.harbor.example"

ADDRESSES = {
    CORE: "10.20.30.16",
    EDGE: "10.20.30.31",
    CUCM: "10.20.30.38",
    BRANCH: "10.20.30.15",
    "webex": "163.129.37.33",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """CA 1 (internal), CA 2 (public), and the one of Webex. Each issues through an intermediate."""

    internal: Authority
    public: Authority
    webex: Authority
    key: str

    @property
    def trusted(self) -> tuple[x509.Certificate, ...]:
        """What a well-kept trusted CA list holds."""
        return (*self.internal.path, *self.public.path, *self.webex.path)

    def private(self, name: str, *names: str, usages: tuple[str, ...] = BOTH_USAGES) -> Identity:
        """Issue by the internal authority."""
        return self.internal.issue(name, names, usages=usages, key=self.key)

    def server_only(self, name: str, *names: str) -> Identity:
        """Issue by the public authority, as it does since client authentication went: serverAuth alone."""
        return self.public.issue(name, names, usages=SERVER_ONLY, key=self.key)


@cache
def authorities(key: str = "ec256") -> Authorities:
    """Make the authorities; the same ones in one run."""
    public = AuthorityKind.PUBLIC
    meridian = Authority.root("Meridian Trust Root CA R2", kind=public, key=key)
    alder = Authority.root("Alder Global Root CA 4", kind=public, organisation="Alder Digital Trust", key=key)
    return Authorities(
        internal=Authority.root("harbor-DC01-CA", key=key).intermediate("harbor-Issuing-CA", key=key),
        public=meridian.intermediate("Meridian Trust TLS CA G2", key=key),
        webex=alder.intermediate("Alder TLS CA 2024", key=key),
        key=key,
    )


def core(
    known: Authorities,
    *,
    client: Identity | None,
    server: Identity,
    edge_name: str = EDGE,
    zone_status: str = "Active",
    tunnel_reason: str | None = None,
    zones: tuple[ZoneState, ...] = (),
    settings: Mapping[str, str] | None = None,
    version: str = "X15.5",
    alarms: tuple[AlarmState, ...] = (),
) -> Host:
    """Return the Core: traversal client of the Edge, neighbour of CUCM.

    Args:
        known: the authorities; all of them are in its trusted CA list.
        client: its client store; None: it has none (X15.4 and older).
        server: its server store.
        edge_name: how its zone calls the Edge.
        zone_status: of the traversal zone.
        tunnel_reason: why its SSH tunnels failed; None: they are active if the zone is.
        zones: further zones.
        settings: further settings, by command line path.
        version: of the software.
        alarms: raised when logging started.
    """
    traversal = ZoneState(
        name="UC traversal",
        type="TraversalClient",
        port=7001,
        peers=(edge_name,),
        unified_communications=True,
        status=zone_status,
    )
    state = NodeState(
        host="expc",
        version=version,
        serial_number="00C0FFEE",
        addresses=(ADDRESSES[CORE],),
        zones=(traversal, *zones),
        tunnels=(_tunnel(edge_name, zone_status, tunnel_reason, None),),
        settings=_settings(version, settings),
        alarms=alarms,
    )
    return Host(
        name=CORE,
        address=ADDRESSES[CORE],
        server=server,
        client=client,
        trusts=known.trusted,
        state=state,
        announces=known.trusted,
    )


def edge(
    known: Authorities,
    *,
    client: Identity | None,
    server: Identity,
    zone_status: str = "Active",
    tunnel_reason: str | None = None,
    zones: tuple[ZoneState, ...] = (),
    settings: Mapping[str, str] | None = None,
    version: str = "X15.5",
    alarms: tuple[AlarmState, ...] = (),
) -> Host:
    """Return the Edge: traversal server of the Core, with a DNS zone to Webex. Arguments as for the Core."""
    traversal = ZoneState(
        name="UC traversal",
        type="TraversalServer",
        port=7001,
        unified_communications=True,
        subject=CORE,
        status=zone_status,
    )
    webex_zone = ZoneState(name="Webex", type="DNS", subject="sip.webex.com", status="On")
    state = NodeState(
        host="expe",
        version=version,
        serial_number="00BADA55",
        addresses=(ADDRESSES[EDGE],),
        zones=(traversal, webex_zone, *zones),
        tunnels=(_tunnel(EDGE, zone_status, tunnel_reason, ADDRESSES[CORE]),),
        settings=_settings(version, settings),
        alarms=alarms,
    )
    return Host(
        name=EDGE,
        address=ADDRESSES[EDGE],
        server=server,
        client=client,
        trusts=known.trusted,
        state=state,
        announces=known.trusted,
    )


def webex(known: Authorities, *, trusts: tuple[x509.Certificate, ...] | None = None) -> Host:
    """Return Webex: asks for a certificate, and by default accepts whatever it gets.

    `trusts`: then it checks, chain and extended key usage alike.
    """
    identity = known.webex.issue(
        "sip-edge-a.webex.com",
        ("*.webex.com", "sip.webex.com", "callservice.webex.com"),
        usages=SERVER_ONLY,
        key=known.key,
    )
    return Host(
        name="sip.webex.com",
        address=ADDRESSES["webex"],
        server=identity,
        trusts=trusts or (),
        verifies=trusts is not None,
    )


def cucm(known: Authorities, *, verifies: bool = True) -> Host:
    """Return CUCM, whose trust stores hold the internal authority."""
    identity = known.private(CUCM)
    return Host(
        name=CUCM,
        address=ADDRESSES[CUCM],
        server=identity,
        trusts=known.internal.path,
        verifies=verifies,
        announces=known.internal.path,
    )


def branch(known: Authorities) -> Host:
    """Return a neighbour on X8.11.4, with one store."""
    return Host(
        name=BRANCH,
        address=ADDRESSES[BRANCH],
        server=known.private(BRANCH),
        trusts=known.trusted,
    )


def in_time_zone(host: Host, name: str, offset: timedelta) -> Host:
    """Return a host whose log and dumps are in a time zone of its own."""
    state = replace(host.state, time_zone=name) if host.state else None
    return replace(host, state=state, utc_offset=offset)


def running_for(host: Host, uptime: timedelta) -> Host:
    """Return a host that was last restarted so long ago."""
    return replace(host, state=replace(host.state, uptime=uptime)) if host.state else host


def after_restart(host: Host) -> Host:
    """Return a host that was restarted while it logged: only its log is left."""
    return replace(host, leaves_dumps=False)


def with_clock_error(host: Host, error: timedelta) -> Host:
    """Return a host whose log is ahead of its capture."""
    return replace(host, clock_error=error)


def _settings(version: str, settings: Mapping[str, str] | None) -> Mapping[str, str]:
    """X15.5 dumps its checking mode, by default On; older releases have none."""
    mode = {EKU_CHECKING_MODE: "On"} if version.startswith("X15.5") else {}
    return mode | dict(settings or {})


def _tunnel(target: str, zone_status: str, reason: str | None, peer: str | None) -> TunnelState:
    failed = reason is not None or zone_status != "Active"
    return TunnelState(
        target=target,
        domain="harbor.example",
        status="Failed" if failed else "Active",
        reason=reason,
        peer=peer,
    )

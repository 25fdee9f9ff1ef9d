"""From the readings of one group of members to a node: names, role, stores, zones, settings, times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

from msgspec.structs import replace

from analyzer.correlate.changes import alarms_of, settings_of
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.zones import join_zones
from analyzer.evidence import (
    Certificate,
    Cluster,
    ConfiguredName,
    LogEvent,
    NeededNames,
    Node,
    NodeRole,
    ReferenceTime,
    Side,
    Status,
    Stores,
    Zone,
)
from analyzer.text import is_address


def build_nodes(readings: Sequence[NodeReading], as_of: datetime | None) -> tuple[Node, ...]:
    """Build one node per reading, with unique names."""
    seen: Counter[str] = Counter()
    nodes = []
    for reading in readings:
        host = _host(reading)
        known_as = host or "unnamed"
        seen[known_as] += 1
        name = host if seen[known_as] == 1 else f"{known_as}#{seen[known_as]}"
        nodes.append(_node(reading, host, name, as_of))
    return tuple(nodes)


def _node(reading: NodeReading, host: str | None, name: str | None, as_of: datetime | None) -> Node:
    configuration, status = reading.configuration, reading.status
    version = status.version if status else None
    zones = join_zones(configuration.zones if configuration else (), status.zones if status else ())
    return Node(
        name=name,
        host=host,
        role=_role(zones, status),
        version=version,
        serial_number=status.serial_number if status else None,
        addresses=_addresses(reading),
        host_names=_host_names(reading, host),
        time_zone=_time_zone(reading),
        uptime=status.uptime if status else None,
        stores=Stores(
            server=_leaf_first(reading.server),
            client=_leaf_first(reading.client),
            trusted=None if reading.trusted is None else _ids(reading.trusted),
        ),
        settings=settings_of(configuration, version, reading.events),
        zones=zones,
        tunnels=status.tunnels if status else None,
        alarms=alarms_of(status.alarms if status else (), reading.events),
        cluster=_cluster(reading),
        domains=configuration.domains if configuration else (),
        needed_names=_needed_names(reading),
        members=tuple(replace(member, node=name) for member in reading.members),
        captures=reading.captures,
        logs=reading.logs,
        traces=reading.traces,
        identities=reading.identities,
        carried=reading.carried,
        conversations=reading.conversations,
        reference_time=_reference_time(reading, as_of),
        taken=reading.taken,
    )


def _host(reading: NodeReading) -> str | None:
    if reading.host is not None:
        return reading.host
    if reading.configuration and reading.configuration.system_name:
        return reading.configuration.system_name
    if reading.status and reading.status.host_name:
        return reading.status.host_name
    return next((host for log in reading.logs for host in log.hosts), None)


def _role(zones: Sequence[Zone], status: Status | None) -> NodeRole:
    """A traversal server zone makes an Edge, even beside a traversal client zone; else the product's name decides."""
    types = {zone.kind for zone in zones}
    if "traversalserver" in types:
        return NodeRole.EDGE
    if "traversalclient" in types:
        return NodeRole.CORE
    if status is None or status.is_edge is None:
        return NodeRole.UNKNOWN
    return NodeRole.EDGE if status.is_edge else NodeRole.CORE


def _addresses(reading: NodeReading) -> tuple[str, ...]:
    """Return the node's own addresses: the dumps', else those that the log calls local."""
    dumps = [source.addresses for source in (reading.configuration, reading.status) if source]
    known = {address for addresses in dumps for address in addresses if is_address(address)}
    if not known:
        known = set(_addresses_in_log(reading.events))
    return tuple(sorted(known, key=_address_order))


def _address_order(address: str) -> tuple[int, int]:
    parsed = ip_address(address)
    return parsed.version, int(parsed)


def _addresses_in_log(events: Iterable[LogEvent]) -> Iterable[str]:
    for event in events:
        local = event.destination if event.local_role is Side.SERVER else event.source
        if event.local_role is not None and local is not None and is_address(local.address):
            yield local.address


def _host_names(reading: NodeReading, host: str | None) -> tuple[str, ...]:
    names = [host]
    if reading.configuration:
        names += [reading.configuration.system_name, reading.configuration.host_name]
    if reading.status:
        names.append(reading.status.host_name)
    return tuple(dict.fromkeys(name for name in names if name))


def _time_zone(reading: NodeReading) -> str | None:
    for dump in (reading.configuration, reading.status):
        if dump and dump.time_zone:
            return dump.time_zone
    offset = next((log.utc_offset for log in reading.logs if log.utc_offset is not None), None)
    return None if offset is None else str(timezone(timedelta(seconds=offset)))


def _ids(certificates: Iterable[Certificate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(certificate.sha256 for certificate in certificates))


def _leaf_first(certificates: Sequence[Certificate] | None) -> tuple[str, ...] | None:
    """The first certificate that is no CA leads; the rest keep their order."""
    if certificates is None:
        return None
    return _ids(sorted(certificates, key=lambda certificate: certificate.is_ca is True))


def _cluster(reading: NodeReading) -> Cluster | None:
    for dump in (reading.configuration, reading.status):
        if dump and dump.cluster and (dump.cluster.name or dump.cluster.peers):
            return dump.cluster
    return None


def _needed_names(reading: NodeReading) -> NeededNames:
    """Return the names of either dump; the configuration's, if it says any."""
    dumps = [source.needed_names for source in (reading.configuration, reading.status) if source]
    return NeededNames(
        federation_domains=_first_said(dump.federation_domains for dump in dumps),
        chat_aliases=_first_said(dump.chat_aliases for dump in dumps),
        phone_security_profiles=_first_said(dump.phone_security_profiles for dump in dumps),
    )


def _first_said(said: Iterable[tuple[ConfiguredName, ...] | None]) -> tuple[ConfiguredName, ...] | None:
    known = [names for names in said if names is not None]
    return next((names for names in known if names), known[0] if known else None)


def _reference_time(reading: NodeReading, as_of: datetime | None) -> ReferenceTime:
    if as_of is not None:
        return ReferenceTime(time=as_of, origin="as-of")
    ends = [*(log.last for log in reading.logs), *(capture.last for capture in reading.captures)]
    known = [time for time in ends if time is not None]
    if known:
        return ReferenceTime(time=max(known), origin="evidence")
    if reading.taken is not None:
        return ReferenceTime(time=reading.taken, origin="file-name")
    return ReferenceTime(time=None, origin="none")

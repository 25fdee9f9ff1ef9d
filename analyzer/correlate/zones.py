"""The zones of the configuration, joined with what the status shows of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from analyzer.evidence import Zone


def join_zones(configured: Sequence[Zone], shown: Sequence[Zone]) -> tuple[Zone, ...]:
    """Join xconf's zones with xstat's, by name, else by index; xstat's alone are kept."""
    by_name = {zone.name: zone for zone in shown if zone.name}
    by_index = {zone.index: zone for zone in shown if zone.index is not None}
    joined, used = [], set()
    for zone in configured:
        status = by_name.get(zone.name) or (by_index.get(zone.index) if zone.index is not None else None)
        if status is not None and status.name and zone.name and status.name != zone.name:
            status = None
        if status is None:
            joined.append(zone)
            continue
        used.add(id(status))
        joined.append(_with_status(zone, status))
    joined += [zone for zone in shown if id(zone) not in used]
    return tuple(joined)


def _with_status(zone: Zone, status: Zone) -> Zone:
    states = {peer.address.lower(): peer for peer in status.peers}
    peers = tuple(
        replace(peer, status=state.status, cause=state.cause, last_change=state.last_change)
        if (state := states.get(peer.address.lower()))
        else peer
        for peer in zone.peers
    )
    return replace(
        zone,
        name=zone.name or status.name,
        type=zone.type or status.type,
        unified_communications=status.unified_communications
        if zone.unified_communications is None
        else zone.unified_communications,
        port=zone.port or status.port,
        transport=zone.transport or status.transport,
        peers=peers or status.peers,
        status=status.status,
        status_source=status.source,
        tls_verify_mode=zone.tls_verify_mode or status.tls_verify_mode,
        tls_verify_subject=zone.tls_verify_subject or status.tls_verify_subject,
    )

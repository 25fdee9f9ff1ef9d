"""What a node's bundle shows of its traversal zones: the last handshakes, the tunnels, what the other end presented."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Outcome, Side, Zone
from analyzer.rules.states import denied, has_failed, is_active, is_failed
from analyzer.rules.view import NodeView
from analyzer.words import Words, say


class Traces(Struct, frozen=True, kw_only=True):
    """What one node shows.

    Attributes:
        newest: by the other end's node (None: its bundle is not at hand) the last handshake whose outcome is known.
        presented: what the other end presented last.
        failed_zone: the words of the dump.
        tunnels_down: what shows that the SSH tunnels are down; None: nothing.
        tunnels_up: whether the dump shows them up.
    """

    newest: Mapping[str | None, Connection]
    presented: Certificate | None
    failed_zone: Words | None
    zone_active: bool
    tunnels_down: Words | None
    tunnels_up: bool


def traces_of(view: NodeView) -> Traces:
    """Gather what a node shows."""
    zones = {zone.name for zone in view.traversal_zones}
    newest: dict[str | None, Connection] = {}
    role, presented = Side.SERVER if view.is_edge else Side.CLIENT, None
    for connection in view.connections:
        if connection.peer.zone not in zones and connection.peer.node not in view.node.partners:
            continue
        if connection.local_role is role:
            presented = connection.certificate(role.other).leaf or presented
        known = newest.get(connection.peer.node)
        later = known is None or known.handshake.started <= connection.handshake.started
        if later and connection.outcome is not Outcome.UNKNOWN:
            newest[connection.peer.node] = connection
    failed = [zone for zone in view.traversal_zones if is_failed(zone)]
    return Traces(
        newest=newest,
        presented=view.case.certificates.get(presented or ""),
        failed_zone=_failed(failed[0]) if failed else None,
        zone_active=any(is_active(zone) for zone in view.traversal_zones),
        tunnels_down=_tunnels_down(view),
        tunnels_up=any((tunnel.status or "").lower().startswith("active") for tunnel in view.tunnels),
    )


def _failed(zone: Zone) -> Words:
    return say("zone {zone} was {status} when logging started", zone=zone.name, status=str(zone.status))


def _tunnels_down(view: NodeView) -> Words | None:
    failed = next((tunnel for tunnel in view.tunnels if has_failed(tunnel)), None)
    if failed is None:
        return say("the SSH tunnels were refused") if denied(view)[0] else None
    if failed.reason:
        return say("the SSH tunnels were {status} ({reason})", status=failed.status, reason=failed.reason)
    return say("the SSH tunnels were {status}", status=failed.status)


def how_it_ended(connection: Connection) -> Words | None:
    """Say how a handshake came to a bad end; None: to a good one."""
    if connection.outcome is Outcome.COMPLETED:
        return None
    refused = connection.outcome is Outcome.REFUSED
    return say("its last handshake was refused") if refused else say("its last handshake was closed")


def zone_down(ends: Iterable[tuple[Traces, str | None]]) -> Words | None:
    """Say what shows that the zone between two ends is down: its last handshake, else the dumps.

    Args:
        ends: of each node at hand its traces, and the name of the other one.
    """
    pairs = tuple(ends)
    newest = _newest(pairs)
    if newest is not None:
        return how_it_ended(newest)
    return next((traces.failed_zone for traces, _ in pairs if traces.failed_zone), None)


def zone_up(ends: Iterable[tuple[Traces, str | None]]) -> bool:
    """Whether the last handshake, else a dump, shows the zone up."""
    pairs = tuple(ends)
    if zone_down(pairs) is not None:
        return False
    return _newest(pairs) is not None or any(traces.zone_active for traces, _ in pairs)


def _newest(ends: Iterable[tuple[Traces, str | None]]) -> Connection | None:
    known = [c for traces, other in ends for name in {other, None} if (c := traces.newest.get(name))]
    return max(
        known,
        key=lambda connection: (connection.handshake.started, connection.local_role is Side.SERVER),
        default=None,
    )

"""What a node's bundle shows of its traversal zones: the last handshakes, the tunnels, what the other end presented."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Outcome, Side, Zone
from analyzer.rules.states import (
    denied,
    has_failed,
    ssh_errors,
    tunnels_up_since,
    tunnels_with,
)
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.text import person_utc
from analyzer.words import Words, say


class TunnelState(Struct, frozen=True):
    """What shows that the SSH tunnels with a partner are down, or up; None: nothing."""

    down: Words | None
    up: Words | None


class Traces(Struct, frozen=True, kw_only=True):
    """What one node shows.

    Attributes:
        newest: by the other end's node (None: its bundle is not at hand) and zone the last handshake whose outcome is
            known.
        presented: what the other end presented last.
        tunnels: by the other end's node, or None.
    """

    newest: Mapping[tuple[str | None, str | None], Connection]
    presented: Certificate | None
    tunnels: Mapping[str | None, TunnelState]


def traces_of(view: NodeView) -> Traces:
    """Gather what a node shows."""
    newest: dict[tuple[str | None, str | None], Connection] = {}
    role, presented = Side.SERVER if view.is_edge else Side.CLIENT, None
    for connection in view.connections:
        if view.key_of(connection.peer) != TRAVERSAL or _is_beside_the_zone(view, connection):
            continue
        if connection.local_role is role:
            presented = connection.certificate(role.other).leaf or presented
        end = connection.peer.node, connection.peer.zone
        known = newest.get(end)
        later = known is None or known.handshake.started <= connection.handshake.started
        if later and connection.outcome is not Outcome.UNKNOWN:
            newest[end] = connection
    ends = {None: None, **{partner.node.name: partner for partner in view.partners}}
    return Traces(
        newest=newest,
        presented=view.case.certificates.get(presented or ""),
        tunnels={
            name: TunnelState(_tunnels_down(view, other), _tunnels_up(view, other)) for name, other in ends.items()
        },
    )


def _is_beside_the_zone(view: NodeView, connection: Connection) -> bool:
    """Whether a connection of Core and Edge goes to a port that none of their zones has: XCP, web pages."""
    ports = {zone.port for zone in view.traversal_zones}
    in_zone = view.is_traversal(connection.peer)
    return not in_zone and None not in ports and connection.handshake.server.port not in ports


def zone_words(zone: Zone) -> Words:
    """Say what the dump says of a zone."""
    return say("zone {zone} was {status} when logging started", zone=zone.name, status=str(zone.status))


def _tunnels_down(view: NodeView, other: NodeView | None) -> Words | None:
    if tunnels_up_since(view, other) is not None:
        return None
    failed = next((tunnel for tunnel in tunnels_with(view, other) if has_failed(tunnel)), None)
    if failed is None and denied(view, other)[0]:
        return say("the SSH tunnels were refused")
    if failed is None:
        lines = ssh_errors(view, other)
        return say("the log says {words}", words=lines[-1].record.detail) if lines else None
    if failed.reason:
        return say(
            "the SSH tunnels were {status} when logging started ({reason})",
            status=failed.status,
            reason=failed.reason,
        )
    return say("the SSH tunnels were {status} when logging started", status=failed.status)


def _tunnels_up(view: NodeView, other: NodeView | None) -> Words | None:
    flow = tunnels_up_since(view, other)
    if flow is not None:
        return say("an SSH connection to port 2222 came up at {time} and stayed", time=person_utc(flow.started))
    active = next((t for t in tunnels_with(view, other) if (t.status or "").lower().startswith("active")), None)
    return say("the SSH tunnels were {status} when logging started", status=active.status) if active else None


def how_it_ended(connection: Connection) -> Words | None:
    """Say how a handshake came to a bad end; None: to a good one."""
    if connection.outcome is Outcome.COMPLETED:
        return None
    refused = connection.outcome is Outcome.REFUSED
    return say("its last handshake was refused") if refused else say("its last handshake was closed")

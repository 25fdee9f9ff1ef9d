"""What a node's bundle shows of its traversal zones: the last handshakes, the tunnels, what the other end presented."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Outcome, Side, Zone
from analyzer.rules.states import denied, has_failed, ssh_errors, tunnels_up_since
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import Words, say


class Traces(Struct, frozen=True, kw_only=True):
    """What one node shows.

    Attributes:
        newest: by the other end's node (None: its bundle is not at hand) and zone the last handshake whose outcome is
            known.
        presented: what the other end presented last.
        tunnels_down, tunnels_up: what shows that the SSH tunnels are down, or up; None: nothing.
    """

    newest: Mapping[tuple[str | None, str | None], Connection]
    presented: Certificate | None
    tunnels_down: Words | None
    tunnels_up: Words | None


def traces_of(view: NodeView) -> Traces:
    """Gather what a node shows."""
    zones = {zone.name for zone in view.traversal_zones}
    newest: dict[tuple[str | None, str | None], Connection] = {}
    role, presented = Side.SERVER if view.is_edge else Side.CLIENT, None
    for connection in view.connections:
        if connection.peer.zone not in zones and connection.peer.node not in view.node.partners:
            continue
        if connection.local_role is role:
            presented = connection.certificate(role.other).leaf or presented
        end = connection.peer.node, connection.peer.zone
        known = newest.get(end)
        later = known is None or known.handshake.started <= connection.handshake.started
        if later and connection.outcome is not Outcome.UNKNOWN:
            newest[end] = connection
    return Traces(
        newest=newest,
        presented=view.case.certificates.get(presented or ""),
        tunnels_down=_tunnels_down(view),
        tunnels_up=_tunnels_up(view),
    )


def zone_words(zone: Zone) -> Words:
    """Say what the dump says of a zone."""
    return say("zone {zone} was {status} when logging started", zone=zone.name, status=str(zone.status))


def _tunnels_down(view: NodeView) -> Words | None:
    if tunnels_up_since(view) is not None:
        return None
    failed = next((tunnel for tunnel in view.tunnels if has_failed(tunnel)), None)
    if failed is None and denied(view)[0]:
        return say("the SSH tunnels were refused")
    if failed is None:
        lines = ssh_errors(view)
        return say("the log says {words}", words=lines[-1].record.detail) if lines else None
    if failed.reason:
        return say(
            "the SSH tunnels were {status} when logging started ({reason})",
            status=failed.status,
            reason=failed.reason,
        )
    return say("the SSH tunnels were {status} when logging started", status=failed.status)


def _tunnels_up(view: NodeView) -> Words | None:
    flow = tunnels_up_since(view)
    if flow is not None:
        return say("an SSH connection to port 2222 came up at {time} and stayed", time=person_utc(flow.started))
    active = next((t for t in view.tunnels if (t.status or "").lower().startswith("active")), None)
    return say("the SSH tunnels were {status} when logging started", status=active.status) if active else None


def how_it_ended(connection: Connection) -> Words | None:
    """Say how a handshake came to a bad end; None: to a good one."""
    if connection.outcome is Outcome.COMPLETED:
        return None
    refused = connection.outcome is Outcome.REFUSED
    return say("its last handshake was refused") if refused else say("its last handshake was closed")

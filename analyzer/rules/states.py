"""Whether zones and SSH tunnels are up, down or refused, as dumps, log and capture tell it: several rules ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyzer.evidence import Event, LogEvent, Outcome, TcpConversation, Tunnel, Zone
from analyzer.findings import Evidence
from analyzer.rules import quote
from analyzer.rules.meeting import may_be_with
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ROLES
from analyzer.words import Words, say

SSH_PORT = 2222
_SSH_TROUBLE = ("denied", "timed out", "refused", "reset", "closed", "fail", "unreachable", "no route", "not resolve")
CLOSED_EARLY = timedelta(seconds=10)
"""An SSH tunnel that works stays up for hours; one that is refused is closed within seconds."""


def is_failed(zone: Zone) -> bool:
    """Whether the dump shows a zone as failed."""
    return (zone.status or "").lower().startswith("fail")


def is_active(zone: Zone) -> bool:
    """Whether the dump shows a zone as active (`Active`, `Active: 1 of 2`)."""
    return (zone.status or "").lower().startswith("active")


def came_up(view: NodeView, zone: Zone) -> bool:
    """Whether the last handshake of a zone in the capture completed, and no wrong password was logged after it."""
    own = view.connections_by_zone.get(zone.name)
    if not own:
        return False
    newest = max(own, key=lambda connection: connection.handshake.started)
    return newest.outcome is Outcome.COMPLETED and not refused_credentials(view, zone, newest.handshake.started)


def refused_credentials(view: NodeView, zone: Zone, since: datetime | None = None) -> tuple[Event, ...]:
    """Return the log lines in which a traversal client of a zone failed to authenticate.

    They give the client's address alone. It is the zone's if a partner has it, or a connection to the zone's port.

    Args:
        view: the node that logged them.
        zone: its traversal server zone.
        since: by the capture's clock; None: at any time.
    """
    if zone.kind != "traversalserver":
        return ()
    offset = view.node.log_ahead
    clients = {address for partner in view.partners for address in partner.node.addresses}
    clients |= {c.handshake.client.address for c in view.connections_by_zone.get(zone.name, ())}
    return tuple(
        event
        for event in view.log.named("Authentication Failed")
        if "authentication credential" in event.record.detail.lower()
        and event.record.source is not None
        and event.record.source.address in clients
        and (since is None or event.record.time is None or event.record.time - offset >= since)
    )


def has_failed(tunnel: Tunnel) -> bool:
    """Whether the dump shows a tunnel as failed."""
    return (tunnel.status or "").lower().startswith("fail")


def denied(view: NodeView, other: NodeView | None = None) -> tuple[tuple[Evidence, ...], bool]:
    """Return what shows that SSH tunnels were refused, not unreachable, and whether it is said in words.

    A timeout is no refusal (rules-amendments A1).

    Args:
        view: whose bundle shows it.
        other: the partner whose tunnels are meant; None: all.
    """
    rows = [t for t in tunnels_with(view, other) if has_failed(t) and "denied" in (t.reason or "").lower()]
    if tunnels_up_since(view, other) is not None:
        rows = []
    lines = [event for event in ssh_errors(view, other) if "denied" in event.record.detail.lower()]
    flows = [flow for flow in tunnel_flows(view, other) if is_refused_tunnel(flow)]
    evidence = (
        *(row for tunnel in rows[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
        *quote.quote_events(lines),
        *(quote.quote_conversation(flow, _closed_early(flow)) for flow in flows[: quote.MOST]),
    )
    return evidence, bool(rows or lines)


def tunnels_up_since(view: NodeView, other: NodeView | None = None) -> TcpConversation | None:
    """Return the newest SSH connection that stayed up, if all tunnels that the dump shows as failed came up since.

    The dump is of the moment when logging started; later evidence outranks it (truth 8).

    Args:
        view: whose bundle shows them.
        other: the partner whose tunnels are meant; None: all.
    """
    return view.once(_tunnels_up_since) if other is None else _tunnels_up_since(view, other)


def _tunnels_up_since(view: NodeView, other: NodeView | None = None) -> TcpConversation | None:
    newest: dict[str, TcpConversation] = {}
    for flow in sorted(tunnel_flows(view, other), key=lambda flow: flow.started):
        newest[_far_address(view, flow)] = flow
    failed = {(tunnel.target, tunnel.peer) for tunnel in tunnels_with(view, other) if has_failed(tunnel)}
    if len(newest) < max(1, len(failed)) or not all(_stays_up(view, flow) for flow in newest.values()):
        return None
    last = max(newest.values(), key=lambda flow: flow.started)
    offset = view.node.log_ahead
    oldest = min(flow.started for flow in newest.values()) + offset
    is_refused_later = any(
        event.record.time is None or event.record.time > oldest for event in ssh_errors(view, other)
    )
    return None if is_refused_later else last


def tunnels_with(view: NodeView, other: NodeView | None) -> tuple[Tunnel, ...]:
    """Return the tunnels of the dump with a partner; None: all."""
    return tuple(tunnel for tunnel in view.tunnels if may_be_with(view, other, (tunnel.target, tunnel.peer)))


def tunnel_flows(view: NodeView, other: NodeView | None) -> tuple[TcpConversation, ...]:
    """Return the connections to the tunnel port with a partner; None: all."""
    flows = (flow for flow in view.node.conversations if flow.server.port == SSH_PORT)
    return tuple(flow for flow in flows if may_be_with(view, other, (_far_address(view, flow),)))


def _far_address(view: NodeView, flow: TcpConversation) -> str:
    return flow.server.address if flow.client.address in view.node.addresses else flow.client.address


def _stays_up(view: NodeView, flow: TcpConversation) -> bool:
    """Whether an SSH connection lasted longer than one that is refused, as far as the capture goes."""
    ends = [capture.last for capture in view.node.captures if capture.last is not None]
    until = flow.ended or max(ends, default=flow.started)
    return flow.established and flow.server_banner is not None and until - flow.started >= CLOSED_EARLY


def ssh_errors(view: NodeView, other: NodeView | None = None) -> tuple[Event, ...]:
    """Return the log lines in which the tunnels' ssh client complains; `other`: of a partner alone."""
    lines = view.once(_ssh_errors)
    if other is None:
        return lines
    return tuple(event for event in lines if may_be_with(view, other, event.record.detail.split()))


def _ssh_errors(view: NodeView) -> tuple[Event, ...]:
    return tuple(event for event in view.log.named("ssh") if _complains(event.record))


def _complains(record: LogEvent) -> bool:
    words = record.detail.lower()
    return record.fields.get("Level") in {"ERROR", "FATAL"} or any(word in words for word in _SSH_TROUBLE)


def _closed_early(flow: TcpConversation) -> Words:
    seconds = (flow.ended - flow.started).total_seconds() if flow.ended else 0
    numbers = {"seconds": seconds, "client_bytes": flow.client_bytes, "server_bytes": flow.server_bytes}
    if flow.closed_by is None:
        return say(
            "SSH closed {seconds:.1f} s after it was opened, behind both banners; {client_bytes} bytes of the client, "
            "{server_bytes} of the server",
            **numbers,
        )
    return say(
        "SSH closed by the {side} {seconds:.1f} s after it was opened, behind both banners; {client_bytes} bytes of the "
        "client, {server_bytes} of the server",
        side=ROLES[flow.closed_by],
        **numbers,
    )


def is_refused_tunnel(flow: TcpConversation) -> bool:
    """Whether an SSH connection to the tunnel port was closed at once, after both ends had spoken.

    Without the server's banner nobody there refused anything: a firewall or a listener without its service did not.
    """
    return (
        flow.server.port == SSH_PORT
        and flow.established
        and flow.client_banner is not None
        and flow.server_banner is not None
        and flow.ended is not None
        and flow.ended - flow.started < CLOSED_EARLY
    )

"""Each Expressway: what it is, its state at a glance, its zones, tunnels, alarms and settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import (
    Case,
    ClockOffset,
    Cluster,
    Node,
    NodeRole,
    Outcome,
    ReferenceTime,
    Setting,
    SettingChange,
    Side,
    Tunnel,
    Zone,
)
from analyzer.findings import Report
from analyzer.report import fitting, wording
from analyzer.report.links import anchor
from analyzer.report.views.badge import Badge, Tone, outcome_badge
from analyzer.report.views.paths import PathView, path_views
from analyzer.report.views.stores import StoresView, stores_view
from analyzer.report.views.validity import ValidityView, validity_views
from analyzer.words import Words, counted, itemized, listed, say

MAX_ROWS = 500
MAX_STATE = 24
_EKU_MODE = "ekucheckingmode"

_STATE_TONES = {
    "active": Tone.GOOD,
    "ok": Tone.GOOD,
    "failed": Tone.BAD,
    "warning": Tone.WARN,
    "unknown": Tone.OPEN,
}


class SettingView(Struct, frozen=True, kw_only=True):
    """A setting; `note` tells that it is assumed, or when it changed."""

    name: str
    value: str
    source: str
    note: str


class ZoneView(Struct, frozen=True, kw_only=True):
    """A zone with its state when logging started; a peer is its address, state and cause."""

    name: str
    type: str
    state: Badge
    port: str
    transport: str
    verify: str
    peers: tuple[tuple[str, Badge, str], ...]


class TunnelView(Struct, frozen=True, kw_only=True):
    """An SSH tunnel with its state when logging started."""

    target: str
    domain: str
    state: Badge
    reason: str


class NodeView(Struct, frozen=True, kw_only=True):
    """One node.

    Attributes:
        traversal: states of its Unified Communications traversal zones, else of its traversal zones.
        tunnel_states: states of its SSH tunnels with their counts; None: no status that lists them.
        as_client, as_server: outcomes with their counts.
    """

    anchor: str
    name: str
    role: str
    version: str
    eku_mode: SettingView | None
    traversal: tuple[tuple[str, Badge], ...]
    tunnel_states: tuple[tuple[Badge, int], ...] | None
    as_client: tuple[tuple[Badge, int], ...]
    as_server: tuple[tuple[Badge, int], ...]
    facts: tuple[tuple[str, str], ...]
    stores: StoresView
    paths: tuple[PathView, ...]
    validity: tuple[ValidityView, ...]
    zones: tuple[ZoneView, ...]
    tunnels: tuple[TunnelView, ...]
    alarms: tuple[tuple[str, str, str, str], ...]
    settings: tuple[SettingView, ...]


def node_view(report: Report, node: Node, number: int) -> NodeView:
    """Show a node; `number` keeps the anchors of nodes apart whose names differ only in signs."""
    case = report.case
    settings = tuple(_setting(name, setting) for name, setting in sorted(node.settings.items()))
    names = sorted(node.settings)
    eku = next((view for name, view in zip(names, settings, strict=True) if _is_eku_mode(name)), None)
    return NodeView(
        anchor=anchor("node", str(number), node.name or ""),
        name=wording.node_label(node.name),
        role=wording.NODE_ROLES[node.role],
        version=node.version or say("version not known"),
        eku_mode=eku,
        traversal=_traversal(node),
        tunnel_states=None if node.tunnels is None else _counts([_state(t.status) for t in node.tunnels]),
        as_client=_outcomes(case, node, Side.CLIENT),
        as_server=_outcomes(case, node, Side.SERVER),
        facts=_facts(node),
        stores=stores_view(case, node, report.ends_soon_days),
        paths=path_views(case, node),
        validity=validity_views(case, node, report.forecast),
        zones=tuple(_zone(zone) for zone in node.zones[:MAX_ROWS]),
        tunnels=tuple(_tunnel(tunnel) for tunnel in (node.tunnels or ())[:MAX_ROWS]),
        alarms=tuple((a.id or "", a.severity or "", a.title, a.raised or "") for a in node.alarms[:MAX_ROWS]),
        settings=settings[:MAX_ROWS],
    )


def _is_eku_mode(name: str) -> bool:
    plain = name.lower().replace(" ", "").replace("_", "").replace("extendedkeyusage", "eku")
    return plain.endswith(_EKU_MODE)


def _facts(node: Node) -> tuple[tuple[str, str], ...]:
    offset = node.clock_offset
    began = node.logging_started_by
    facts = (
        (say("Serial number"), node.serial_number),
        (say("Addresses"), ", ".join(node.addresses)),
        (say("Host names"), ", ".join(node.host_names)),
        (say("Cluster"), _cluster(node.cluster) if node.cluster else None),
        (say("Up for"), wording.duration(node.uptime) if node.uptime is not None else None),
        (say("Time zone"), node.time_zone),
        (say("Clock"), _clock(offset) if offset else None),
        (say("Dates judged at"), _judged(node.reference_time)),
        (say("Logging started"), _began(began) if began else None),
        (say("Bundle collected"), _taken(node.taken) if node.taken else None),
    )
    return tuple((name, value) for name, value in facts if value)


def _cluster(cluster: Cluster) -> Words:
    return say("{name}: {peers}", name=cluster.name or say("no name"), peers=", ".join(cluster.peers))


def _clock(offset: ClockOffset) -> Words:
    clock = wording.clock(offset)
    return counted(offset.joins, "{clock} ({count:,} join)", "{clock} ({count:,} joins)", clock=clock)


def _judged(reference: ReferenceTime) -> str | None:
    origin = wording.REFERENCE_ORIGINS.get(reference.origin)
    return listed((wording.utc(reference.time), origin)) if reference.time and origin else None


def _began(time: datetime) -> Words:
    return say("at {time} or before: the first log record or frame", time=wording.utc(time))


def _taken(time: datetime) -> Words:
    return say("{time}, by its file names (taken as UTC)", time=wording.utc(time))


def _traversal(node: Node) -> tuple[tuple[str, Badge], ...]:
    zones = [zone for zone in node.zones if zone.unified_communications]
    zones = zones or [zone for zone in node.zones if (zone.type or "").startswith("Traversal")]
    return tuple((zone.name, _state(zone.status)) for zone in zones[:10])


def _outcomes(case: Case, node: Node, side: Side) -> tuple[tuple[Badge, int], ...]:
    connections = [c for c in case.connections if c.node == node.name and c.local_role is side]
    counts = ((outcome, sum(c.outcome is outcome for c in connections)) for outcome in Outcome)
    return tuple((outcome_badge(outcome), count) for outcome, count in counts if count)


def _state(status: str | None) -> Badge:
    if status is None:
        return Badge(tone=Tone.OPEN, word=say("not known"))
    return Badge(tone=_STATE_TONES.get(status.lower(), Tone.PLAIN), word=fitting.fitted(status, MAX_STATE))


def _counts(badges: Sequence[Badge]) -> tuple[tuple[Badge, int], ...]:
    return tuple((badge, badges.count(badge)) for badge in dict.fromkeys(badges))


def _setting(name: str, setting: Setting) -> SettingView:
    assumed = say("assumed: the release's default, as the dump does not have it") if setting.assumed else ""
    return SettingView(
        name=name,
        value=setting.current or say("not known"),
        source=setting.source or "",
        note=itemized((assumed, *map(_change, setting.changes))),
    )


def _change(change: SettingChange) -> Words:
    time, where = wording.utc(change.time), wording.within(change.file, wording.line(change.line))
    return say("changed to {value} at {time} ({where})", value=change.value, time=time, where=where)


def _zone(zone: Zone) -> ZoneView:
    kind = zone.type or say("not known")
    mode, subject = zone.tls_verify_mode or say("not known"), zone.tls_verify_subject
    return ZoneView(
        name=zone.name,
        type=say("{kind} (Unified Communications)", kind=kind) if zone.unified_communications else kind,
        state=_state(zone.status),
        port="" if zone.port is None else str(zone.port),
        transport=zone.transport or "",
        verify=say("{mode}, subject name {name}", mode=mode, name=subject) if subject else mode,
        peers=tuple((peer.address, _state(peer.status), peer.cause or "") for peer in zone.peers[:MAX_ROWS]),
    )


def _tunnel(tunnel: Tunnel) -> TunnelView:
    return TunnelView(
        target=tunnel.target or tunnel.peer or say("not known"),
        domain=tunnel.domain or "",
        state=_state(tunnel.status),
        reason=tunnel.reason or "",
    )


def role_order(node: Node) -> int:
    """Order nodes as a call passes them: Core, Edge, others."""
    return (NodeRole.CORE, NodeRole.EDGE, NodeRole.UNKNOWN).index(node.role)

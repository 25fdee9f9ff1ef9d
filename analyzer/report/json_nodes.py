"""The part of the JSON report that says what each node is: its stores, settings, zones, tunnels and alarms."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analyzer.evidence import Alarm, Node, ReferenceTime, Setting, SettingChange, Stores, Tunnel, Zone, ZonePeer
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.report.json_values import Json, shown, shown_all, time_or_null
from analyzer.text import clean

NO_SETTING = Setting(value=None)

RE_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def reference_time_as_dict(reference: ReferenceTime) -> Json:
    """Map the time that dates are judged at."""
    return {"time": time_or_null(reference.time), "from": reference.origin}


def node_as_dict(node: Node) -> Json:
    """Map a node. `reference_time` is this node's own; the report's is the latest of all."""
    offset = node.clock_offset
    cluster = node.cluster
    return {
        "name": shown(node.name),
        "role": node.role.value,
        "version": shown(node.version),
        "serial_number": shown(node.serial_number),
        "addresses": shown_all(node.addresses),
        "time_zone": shown(node.time_zone),
        "clock_offset": {"seconds": round(offset.seconds, 6), "joins": offset.joins} if offset else None,
        "stores": _stores(node.stores),
        "settings": _settings(node.settings),
        "zones": [_zone(zone) for zone in node.zones],
        "tunnels": None if node.tunnels is None else [_tunnel(tunnel) for tunnel in node.tunnels],
        "alarms": [_alarm(alarm) for alarm in node.alarms],
        "cluster": {"name": shown(cluster.name), "peers": shown_all(cluster.peers)} if cluster else None,
        "reference_time": reference_time_as_dict(node.reference_time),
    }


def _stores(stores: Stores) -> Json:
    return {
        name: None if ids is None else list(ids)
        for name, ids in (("server", stores.server), ("client", stores.client), ("trusted", stores.trusted))
    }


def _settings(settings: Mapping[str, Setting]) -> Json:
    mode = settings.get(EKU_CHECKING_MODE, NO_SETTING)
    others = {snake_case(path): _setting(settings[path]) for path in sorted(settings) if path != EKU_CHECKING_MODE}
    return {"eku_checking_mode": _setting(mode) | {"value": _on_or_off(mode.value)}, **others}


def _setting(setting: Setting) -> Json:
    return {
        "value": shown(setting.value),
        "assumed": setting.assumed,
        "source": shown(setting.source),
        "changes": [_setting_change(change) for change in setting.changes],
    }


def _setting_change(change: SettingChange) -> Json:
    return {
        "time": time_or_null(change.time),
        "value": clean(change.value),
        "file": clean(change.file),
        "line": change.line,
    }


def _on_or_off(value: str | None) -> str | None:
    return {"on": "On", "off": "Off"}.get((value or "").strip().lower())


def snake_case(path: str) -> str:
    """Return a setting's path as the contract spells it."""
    return "_".join(word.lower() for word in RE_WORD_BOUNDARY.split(path) if word)


def _zone(zone: Zone) -> Json:
    return {
        "name": clean(zone.name),
        "type": shown(zone.type),
        "status": shown(zone.status),
        "port": zone.port,
        "peers": [clean(peer.address) for peer in zone.peers],
        "tls_verify_mode": shown(zone.tls_verify_mode),
        "tls_verify_subject": shown(zone.tls_verify_subject),
        "unified_communications": zone.unified_communications,
        "transport": shown(zone.transport),
        "inbound_classification": shown(zone.inbound_classification),
        "peer_states": [_zone_peer(peer) for peer in zone.peers],
    }


def _zone_peer(peer: ZonePeer) -> Json:
    return {
        "address": clean(peer.address),
        "status": shown(peer.status),
        "cause": shown(peer.cause),
        "last_change": shown(peer.last_change),
    }


def _tunnel(tunnel: Tunnel) -> Json:
    return {
        "target": shown(tunnel.target),
        "domain": shown(tunnel.domain),
        "status": shown(tunnel.status),
        "reason": shown(tunnel.reason),
        "peer": shown(tunnel.peer),
    }


def _alarm(alarm: Alarm) -> Json:
    return {
        "id": shown(alarm.id),
        "severity": shown(alarm.severity),
        "title": clean(alarm.title),
        "raised": shown(alarm.raised),
    }

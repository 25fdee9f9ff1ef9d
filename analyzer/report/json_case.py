"""The part of the JSON report that says what was read: nodes, certificates, connections and events.

Text of the input passes `shown` on its way out; times and serials have one spelling each (`analyzer.text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from analyzer.evidence import (
    Alarm,
    Alert,
    Case,
    Certificate,
    CertificateOrigin,
    Connection,
    Endpoint,
    Event,
    Frame,
    Node,
    PresentedCertificate,
    ReferenceTime,
    Setting,
    SettingChange,
    Stores,
    Tunnel,
    Zone,
    ZonePeer,
)
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.report.both_ends import Sighting
from analyzer.text import clean, iso_utc

NO_SETTING = Setting(value=None)

# A certificate's `unreadable` names fields of the record; the contract names these properties only.
UNREADABLE_AS: Mapping[str, str] = {
    "serial": "serial",
    "subject": "subject",
    "issuer": "issuer",
    "subject_alternative_names": "subject_alternative_names",
    "not_before": "not_before",
    "not_after": "not_after",
    "extended_key_usage": "extended_key_usage",
    "key": "key",
    "key_type": "key",
    "key_bits": "key",
    "public_key_sha256": "key",
    "signature_algorithm": "signature_algorithm",
}

RE_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

Json = dict[str, Any]


def shown(text: str | None) -> str | None:
    """Return text of the input, safe to show; None stays None."""
    return None if text is None else clean(text)


def shown_all(texts: Iterable[str]) -> list[str]:
    """Return texts of the input, safe to show."""
    return [clean(text) for text in texts]


def time_or_null(time: datetime | None) -> str | None:
    """Return a time as the contract spells it; None stays None."""
    return None if time is None else iso_utc(time)


def word_or_null(word: StrEnum | None) -> str | None:
    """Return a fixed word; None stays None."""
    return None if word is None else word.value


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


def certificates_as_dict(case: Case) -> Json:
    """Map all certificates, by SHA-256 of the DER."""
    return {key: _certificate(case, key, case.certificates[key]) for key in sorted(case.certificates)}


def connection_as_dict(connection: Connection, sightings: Sequence[Sighting] = ()) -> Json:
    """Map a connection, with where else it was seen."""
    handshake = connection.handshake
    return {
        "id": connection.id,
        "node": shown(connection.node),
        "captures": shown_all(handshake.captures),
        "client": _endpoint(handshake.client),
        "server": _endpoint(handshake.server),
        "local_role": word_or_null(connection.local_role),
        "peer": clean(connection.peer.name),
        "service": shown(connection.service),
        "started": iso_utc(handshake.started),
        "tls_version": handshake.tls_version,
        "server_name": shown(handshake.server_name),
        "resumed": handshake.resumed,
        "seen_from_start": handshake.seen_from_start,
        "certificate_requested": handshake.certificate_requested,
        "certificate_authorities": shown_all(handshake.certificate_authorities),
        "frames": [_frame(frame) for frame in handshake.frames],
        "server_certificate": _presented(connection.server_certificate),
        "client_certificate": _presented(connection.client_certificate),
        "alerts": [_alert(alert) for alert in handshake.alerts],
        "outcome": connection.outcome.value,
        "refused_by": word_or_null(connection.refused_by),
        "events": list(connection.events),
        "seen_as": [_sighting(sighting) for sighting in sightings],
    }


def _sighting(sighting: Sighting) -> Json:
    return {
        "connection": sighting.connection,
        "node": shown(sighting.node),
        "seconds_later": round(sighting.later, 6),
        "same_client_hello": sighting.same_hello,
    }


def event_as_dict(event: Event) -> Json:
    """Map an event of a log."""
    record = event.record
    return {
        "id": event.id,
        "node": shown(event.node),
        "time": time_or_null(record.time),
        "name": clean(record.name),
        "detail": clean(record.detail),
        "source": _endpoint(record.source),
        "destination": _endpoint(record.destination),
        "file": clean(record.file),
        "line": record.line,
        "connection": event.connection,
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


def _certificate(case: Case, key: str, certificate: Certificate) -> Json:
    origin = case.origins.get(key)
    usages = certificate.extended_key_usage
    return {
        "serial": certificate.serial,
        "subject": shown(certificate.subject),
        "issuer": shown(certificate.issuer),
        "subject_alternative_names": shown_all(certificate.subject_alternative_names),
        "not_before": time_or_null(certificate.not_before),
        "not_after": time_or_null(certificate.not_after),
        "extended_key_usage": None if usages is None else shown_all(usages),
        "key": {
            "type": shown(certificate.key_type),
            "bits": certificate.key_bits,
            "sha256": certificate.public_key_sha256,
        },
        "signature_algorithm": shown(certificate.signature_algorithm),
        "origin": (origin.origin if origin else CertificateOrigin.UNKNOWN).value,
        "unreadable": sorted({UNREADABLE_AS[name] for name in certificate.unreadable if name in UNREADABLE_AS}),
    }


def _presented(presented: PresentedCertificate) -> Json:
    return {
        "visibility": presented.visibility.value,
        "serial": presented.serial,
        "chain": list(presented.chain),
        "store": word_or_null(presented.store),
        "store_node": shown(presented.store_node),
    }


def _frame(frame: Frame) -> Json:
    return {
        "step": frame.step.value,
        "capture": clean(frame.capture),
        "frame": frame.frame,
        "time": iso_utc(frame.time),
        "sender": word_or_null(frame.sender),
    }


def _alert(alert: Alert) -> Json:
    return {
        "sender": alert.sender.value,
        "level": alert.level,
        "description": alert.description,
        "code": alert.code,
        "capture": clean(alert.capture),
        "frame": alert.frame,
    }


def _endpoint(endpoint: Endpoint | None) -> Json | None:
    return {"address": clean(endpoint.address), "port": endpoint.port} if endpoint else None

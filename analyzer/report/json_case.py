"""The part of the JSON report that says what was read of certificates, connections and events.

Text of the input passes `shown` on its way out; times and serials have one spelling each (`analyzer.text`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.evidence import (
    Alert,
    Case,
    Certificate,
    CertificateOrigin,
    Connection,
    Endpoint,
    Event,
    Frame,
    PresentedCertificate,
)
from analyzer.report.both_ends import Sighting
from analyzer.report.json_values import Json, shown, shown_all, time_or_null, word_or_null
from analyzer.text import clean, iso_utc

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

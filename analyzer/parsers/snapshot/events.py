"""Decide which log records bear on TLS, certificates, zones, tunnels or restarts, and what they say.

Sample::

    tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" Src-ip="192.0.2.16" … Detail="unsupported certificate …"
    tvcs: UTCTime="…" Module="developer.ssl" Level="ERROR" … bServer="true" localAddress="…" ssl_error_reason="…"
    ssh: Detail="ssh: connect to host edge.example.com port 2222: Connection timed out" Level="ERROR"
    traffic_server[2030]:[ET_NET 1]ERROR:SSL connection failed for 'cucm.example.com':error:14094418: SSL routines:…

Sources: Cisco Expressway Administrator Guide X15.0, "Event log reference"; Cisco "Troubleshooting Guide for Webex
Hybrid Call Service Connect"; Apache Traffic Server's own messages (`SSLNetVConnection`, `SSLClientUtils`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from analyzer.evidence import Endpoint, LogEvent, Side
from analyzer.facts.errors import REMOTE_DISCONNECT, alert_in, normalise_error
from analyzer.parsers.snapshot.changes import setting_change, shown
from analyzer.parsers.snapshot.records import Record

_NEGOTIATION_ROLES = {
    "Inbound TLS Negotiation Error": Side.SERVER,
    "Outbound TLS Negotiation Error": Side.CLIENT,
}
_EVENTS = {
    name.lower(): name
    for name in (
        *_NEGOTIATION_ROLES,
        "Admin Session CBA Authorization Failure",
        "Alarm Acknowledged",
        "Alarm Lowered",
        "Alarm Raised",
        "Application Exit",
        "Application Failed",
        "Application Start",
        "Application Warning",
        "Authentication Failed",
        "CBA Authorization Failure",
        "Certificate Management",
        "Diagnostic Logging",
        "External Server Communications Failure",
        "Security Alert",
        "Sending HTTP error response",
        "System Configuration Changed",
    )
}
"""The guide and the log differ in capitals (`Alarm raised`, `Alarm Raised`)."""

_SHOWN_FIELDS = (
    *("Level", "Service", "Protocol", "Id", "Severity", "Reason", "Module", "Method", "Status", "Type"),
    *("Response-code", "Zone", "MatchedZone"),
)
_SERIOUS = frozenset({"FATAL", "ERROR", "WARN", "WARNING"})
_MARKS_OF_TLS = re.compile(r"certificat|\b(?:tls|ssl|ttssl|openssl)", re.IGNORECASE)
_RESTART = re.compile(
    r"\b(?:system|server|expressway)\b.{0,40}\b(?:restart|reboot|shut ?down|shutting down)"
    r"|\b(?:restarting|rebooting|shutting down)\b",
    re.IGNORECASE,
)
_SSH = re.compile(r"\bport 2222\b|\bssh:|connect to host", re.IGNORECASE)
_UPLOAD_REFUSED = "does not have a client usage attribute"
_OF_INTEREST = re.compile(
    rb"ERROR|WARN|FATAL|DEBUG_MARKER|Diagnostic Logging|\bssh|traffic_server|client usage attribute"
    rb"|[Rr]estart|[Rr]eboot|[Ss]hut|developer\.ssl|network\.tcp|getZoneByIdentities|Event="
)

# Apache Traffic Server's messages about servers that it connects to as a client (stock wording).
_TRAFFIC_SERVER = re.compile(
    r"SSL connection failed for '(?P<failed>[^']{1,255})'"
    r"|Core server certificate verification failed for \((?P<unverified>[^)]{0,255})\)"
    r"|SNI \((?P<mismatched>[^)]{0,255})\) not in certificate"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a family of records says beyond the common fields. `error`: the words to look for a TLS error in."""

    name: str
    detail: str
    error: str | None = None
    role: Side | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    common_name: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def may_matter(line: bytes) -> bool:
    """Whether a record line is worth reading (a cheap test that errs on the side of reading)."""
    return _OF_INTEREST.search(line) is not None


def event_of(record: Record, file: str) -> LogEvent | None:
    """Return the event that a record tells, or None if it does not bear on the subject."""
    reading = next((found for read in _FAMILIES if (found := read(record)) is not None), None)
    if reading is None:
        return None
    fields = {key: value for key in _SHOWN_FIELDS if (value := record.get(key))} | dict(reading.fields)
    return LogEvent(
        time=record.time,
        name=shown(reading.name, 128),
        detail=shown(reading.detail),
        file=file,
        line=record.line,
        process=shown(record.process, 128) if record.process else None,
        source=reading.source,
        destination=reading.destination,
        error=normalise_error(reading.error) if reading.error else None,
        alert=alert_in(reading.error) if reading.error else None,
        local_role=reading.role,
        common_name=shown(reading.common_name, 255) if reading.common_name else None,
        fields={key: shown(value, 255) for key, value in fields.items()},
    )


def _detail(record: Record) -> str:
    return record.get("Detail") or record.get("Reason") or record.get("ssl_error_reason") or record.words


def _all_words(record: Record) -> str:
    reasons = (record.get("ssl_error_reason"), record.get("Reason"), record.get("Detail"), record.words)
    return " / ".join(words for words in reasons if words)


def _named_event(record: Record) -> _Reading | None:
    name = _EVENTS.get((record.get("Event") or "").lower())
    if name is None:
        return None
    detail = _detail(record)
    if name == "System Configuration Changed":
        change = setting_change(detail)
        return _Reading(name=name, detail=change.detail, fields=change.fields)
    role = _NEGOTIATION_ROLES.get(name)
    return _Reading(
        name=name,
        detail=detail,
        error=_all_words(record) if role else None,
        role=role,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
        common_name=record.get("Common-name") if role else None,
        fields={"Title": detail.partition(": ")[0]} if name.startswith("Alarm ") else {},
    )


def _ssl_error(record: Record) -> _Reading | None:
    if not (record.get("Module") or "").startswith("developer.ssl") or not _is_serious(record):
        return None
    # SSL_ERROR_SYSCALL and SSL_ERROR_ZERO_RETURN without a reason: the peer went away.
    silent = record.get("error") in {"5", "6"} and not record.get("ssl_error_reason")
    source, destination = record.tls_ends
    return _Reading(
        name="developer.ssl",
        detail=_detail(record),
        error="No SSL error available" if silent else _all_words(record),
        role=record.tls_role,
        source=source,
        destination=destination,
    )


def _tcp_close(record: Record) -> _Reading | None:
    if record.get("Module") != "network.tcp":
        return None
    detail, reason = record.get("Detail") or "", record.get("Reason") or ""
    error = normalise_error(reason)
    if detail != "TCP Connection Failed" and error in {None, REMOTE_DISCONNECT}:
        return None
    return _Reading(
        name="network.tcp",
        detail=detail or reason,
        error=reason or None,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
    )


def _ssh(record: Record) -> _Reading | None:
    detail = _detail(record)
    if (record.process or "") not in {"ssh", "autossh"} and "port 2222" not in detail:
        return None
    return _Reading(name="ssh", detail=detail) if _is_serious(record) or _SSH.search(detail) else None


def _traffic_server(record: Record) -> _Reading | None:
    detail = _detail(record)
    about = _TRAFFIC_SERVER.search(detail)
    complains = record.process == "traffic_server" and (_is_serious(record) or "ERROR" in record.words)
    if about is None and not (complains and _MARKS_OF_TLS.search(detail)):
        return None
    name = next((found for found in about.groups() if found), None) if about else None
    return _Reading(
        name="traffic_server",
        detail=detail,
        error=_all_words(record),
        role=Side.CLIENT if about else None,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
        common_name=name,
    )


def _plain_notice(record: Record) -> _Reading | None:
    """Markers, refused uploads and restarts; which process writes them is not documented."""
    name = record.get("Event") or record.get("Module") or record.process or "log"
    detail = _detail(record)
    if "DEBUG_MARKER" in (record.process, record.get("Tag")) or "DEBUG_MARKER" in detail:
        return _Reading(name="DEBUG_MARKER", detail=detail)
    if _UPLOAD_REFUSED in detail.lower():
        return _Reading(name=name, detail=detail)
    restarts = _RESTART.search(f"{name} {detail}" if record.get("Event") else detail)
    return _Reading(name=name, detail=detail) if restarts and not record.get("Module") else None


def _unknown_but_tls(record: Record) -> _Reading | None:
    """The fallback: complaints about certificates or TLS in words that no public line shows."""
    event = record.get("Event")
    detail = _detail(record)
    if not (event or _is_serious(record)) or not _MARKS_OF_TLS.search(f"{event or ''} {_all_words(record)}"):
        return None
    return _Reading(
        name=event or record.get("Module") or record.process or "log",
        detail=detail,
        error=_all_words(record) if _is_serious(record) else None,
        role=record.tls_role,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
    )


_FAMILIES = (_named_event, _ssl_error, _tcp_close, _traffic_server, _ssh, _plain_notice, _unknown_but_tls)


def _is_serious(record: Record) -> bool:
    return any(value.upper() in _SERIOUS for key, value in record.pairs if key == "Level")

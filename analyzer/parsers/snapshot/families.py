"""The families of log records that bear on TLS, certificates, zones, tunnels or restarts, and what each says.

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
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct, field

from analyzer.evidence import Endpoint, Side
from analyzer.facts.errors import REMOTE_DISCONNECT, normalise_error
from analyzer.parsers.snapshot.changes import setting_change
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

_SERIOUS = frozenset({"FATAL", "ERROR", "WARN", "WARNING"})
_MARKS_OF_TLS = re.compile(r"certificat|\b(?:tls|ssl|ttssl|openssl|pem)", re.IGNORECASE)
_RESTART = re.compile(
    r"\b(?:system|server|expressway)\b.{0,40}\b(?:restart|reboot|shut ?down|shutting down)"
    r"|\b(?:restarting|rebooting|shutting down)\b",
    re.IGNORECASE,
)
_SSH = re.compile(r"\bport 2222\b|\bssh:|connect to host", re.IGNORECASE)
_UPLOAD_REFUSED = "does not have a client usage attribute"

# Apache Traffic Server's messages about servers that it connects to as a client (stock wording).
_TRAFFIC_SERVER = re.compile(
    r"SSL connection failed for '(?P<failed>[^']{1,255})'"
    r"|Core server certificate verification failed for \((?P<unverified>[^)]{0,255})\)"
    r"|SNI \((?P<mismatched>[^)]{0,255})\) not in certificate"
)
_error_key = lru_cache(maxsize=16)(normalise_error)
_GOES_ON = re.compile(r"\bAction=Continue\b", re.IGNORECASE)
_SERVER = re.compile(r"\bserver=(?P<name>[^\s()]{1,255})\(")


class FamilyReading(Struct, frozen=True, kw_only=True):
    """What a record says beyond the common fields, not yet cleaned.

    Attributes:
        error: the words to look for a TLS error in; None: this family speaks of no handshake.
        fields: beyond those that every family shows.
    """

    name: str
    detail: str
    error: str | None = None
    role: Side | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    common_name: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


Family: TypeAlias = Callable[[Record], FamilyReading | None]


def _detail(record: Record) -> str:
    return record.get("Detail") or record.get("Reason") or record.get("ssl_error_reason") or record.words


def _all_words(record: Record) -> str:
    reasons = (record.get("ssl_error_reason"), record.get("Reason"), record.get("Detail"), record.words)
    return " / ".join(words for words in reasons if words)


def _named_event(record: Record) -> FamilyReading | None:
    name = _EVENTS.get((record.get("Event") or "").lower())
    if name is None:
        return None
    detail = _detail(record)
    if name == "System Configuration Changed":
        change = setting_change(detail)
        return FamilyReading(name=name, detail=change.detail, fields=change.fields)
    role = _NEGOTIATION_ROLES.get(name)
    return FamilyReading(
        name=name,
        detail=detail,
        error=_all_words(record) if role else None,
        role=role,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
        common_name=record.get("Common-name") if role else None,
        fields={"Title": detail.partition(": ")[0]} if name.startswith("Alarm ") else {},
    )


def _ssl_error(record: Record) -> FamilyReading | None:
    if not (record.get("Module") or "").startswith("developer.ssl") or not _is_serious(record):
        return None
    # SSL_ERROR_SYSCALL and SSL_ERROR_ZERO_RETURN without a reason: the peer went away.
    silent = record.get("error") in {"5", "6"} and not record.get("ssl_error_reason")
    source, destination = record.tls_ends
    return FamilyReading(
        name="developer.ssl",
        detail=_detail(record),
        error="No SSL error available" if silent else _all_words(record),
        role=record.tls_role,
        source=source,
        destination=destination,
    )


def _tcp_close(record: Record) -> FamilyReading | None:
    if record.get("Module") != "network.tcp":
        return None
    detail, reason = record.get("Detail") or "", record.get("Reason") or ""
    error = _error_key(reason)
    if detail != "TCP Connection Failed" and error in {None, REMOTE_DISCONNECT}:
        return None
    return FamilyReading(
        name="network.tcp",
        detail=detail or reason,
        error=reason or None,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
    )


def _ssh(record: Record) -> FamilyReading | None:
    detail = _detail(record)
    if (record.process or "") not in {"ssh", "autossh"} and "port 2222" not in detail:
        return None
    return FamilyReading(name="ssh", detail=detail) if _is_serious(record) or _SSH.search(detail) else None


def _traffic_server(record: Record) -> FamilyReading | None:
    """Failures of the connections that it opens. Where verification is not enforced, it says so and goes on."""
    detail = record.get("Detail") or record.message or _detail(record)
    about = _TRAFFIC_SERVER.search(detail)
    complains = record.process == "traffic_server" and (_is_serious(record) or "ERROR" in record.words)
    if about is None and not (complains and _MARKS_OF_TLS.search(detail)):
        return None
    name = next((found for found in about.groups() if found), None) if about else None
    if about and not name and (server := _SERVER.search(detail)):
        name = server["name"]
    return FamilyReading(
        name="traffic_server",
        detail=detail,
        error=None if _GOES_ON.search(detail) else detail,
        role=Side.CLIENT if about else None,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
        common_name=name,
    )


def _plain_notice(record: Record) -> FamilyReading | None:
    """Markers, refused uploads and restarts; which process writes them is not documented."""
    name = record.get("Event") or record.get("Module") or record.process or "log"
    detail = _detail(record)
    if "DEBUG_MARKER" in (record.process, record.get("Tag")) or "DEBUG_MARKER" in detail:
        return FamilyReading(name="DEBUG_MARKER", detail=detail)
    if _UPLOAD_REFUSED in detail.lower():
        return FamilyReading(name=name, detail=detail)
    restarts = _RESTART.search(f"{name} {detail}" if record.get("Event") else detail)
    return FamilyReading(name=name, detail=detail) if restarts and not record.get("Module") else None


def _unknown_but_tls(record: Record) -> FamilyReading | None:
    """The fallback: complaints about certificates or TLS in words that no public line shows."""
    event = record.get("Event")
    detail = _detail(record)
    if not (event or _is_serious(record)) or not _MARKS_OF_TLS.search(f"{event or ''} {_all_words(record)}"):
        return None
    return FamilyReading(
        name=event or record.get("Module") or record.process or "log",
        detail=detail,
        error=_all_words(record) if _is_serious(record) else None,
        role=record.tls_role,
        source=record.endpoint("Src"),
        destination=record.endpoint("Dst"),
    )


FAMILIES: tuple[Family, ...] = (
    _named_event,
    _ssl_error,
    _tcp_close,
    _traffic_server,
    _ssh,
    _plain_notice,
    _unknown_but_tls,
)
"""In the order of trial: each returns None for a record that is not its own."""

DECIDING_KEYS = frozenset({"Event", "Module", "Level", "Detail", "Reason", "ssl_error_reason", "Tag"})
"""The keys by which a family tells whether a record is its own, beside the process and the words."""


def _is_serious(record: Record) -> bool:
    return any(value.upper() in _SERIOUS for key, value in record.pairs if key == "Level")

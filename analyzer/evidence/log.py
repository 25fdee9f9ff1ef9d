"""What a loggingsnapshot says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from analyzer.evidence.certificate import Certificate
from analyzer.evidence.handshake import Endpoint, Side

CERTIFICATE_MANAGEMENT, APPLICATION_START = "Certificate Management", "Application Start"
"""Names of events that rules ask for: certificates were changed by hand; the application began to run."""


class LogEvent(Struct, frozen=True, kw_only=True):
    """A log record that bears on TLS, certificates, zones, tunnels or restarts.

    Attributes:
        name: the `Event` value; else the `Module`; else the process tag (`ssh`, `traffic_server`).
        detail: the words of the record: `Detail`, `Reason`, `ssl_error_reason` or free text.
        error: the OpenSSL reason in one spelling for both dialects (`analyzer.facts.errors`); None: not a
            TLS error.
        alert: the alert number that the *peer* sent, where the words say so (`… alert unknown ca`).
        local_role: the side that this Expressway had (Inbound: server, Outbound: client, bServer); None if
            the line does not say.
        source, destination: as the line gives them (the initiator is `source`).
        common_name: the name being verified, on outbound errors.
        file, line: `INPUT/MEMBER`, and the 1-based number of the record's first line.
        fields: further fields that may be shown, by name: Level, Service, Protocol, Id, Severity, Reason,
            Module, Zone … never a body, never a secret.
    """

    time: datetime | None
    name: str
    detail: str
    file: str
    line: int
    process: str | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    error: str | None = None
    alert: int | None = None
    local_role: Side | None = None
    common_name: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


class LogTrace(Struct, frozen=True, kw_only=True):
    """A `network.tcp` or `developer.ssl` line that ties a 4-tuple to a time, for the clock and for outcomes.

    Attributes:
        what: `connecting`, `established`, `accepted`, `closed`, `failed`, `handshake-succeeded`.
        reason: the `Reason` of a close.
    """

    time: datetime
    what: str
    source: Endpoint
    destination: Endpoint
    file: str
    line: int
    reason: str | None = None


class PeerIdentity(Struct, frozen=True, kw_only=True):
    """Names that the log found in a peer's certificate (DEBUG), joined by thread to a connection's lines.

    Attributes:
        local, remote: the 4-tuple, if a line of the same thread gave one.
        zone: the zone that the names were matched to (`getZoneByIdentities`).
    """

    time: datetime | None
    names: tuple[str, ...]
    file: str
    line: int
    local: Endpoint | None = None
    remote: Endpoint | None = None
    zone: str | None = None


class CarriedCertificate(Struct, frozen=True, kw_only=True):
    """A certificate in the body of a SIP SERVICE message that this node received (mobile and remote access does so).

    The peer wrote it there: it is quoted as what the peer says, and is neither a store's nor one that was presented.

    Attributes:
        time, source: of the message; None: its record is not in the log.
        line: of the certificate's first line.
    """

    certificate: Certificate
    file: str
    line: int
    time: datetime | None = None
    source: Endpoint | None = None


class LogSpan(Struct, frozen=True, kw_only=True):
    """What one log covers.

    Attributes:
        first, last: of the records with a UTC time.
        utc_offset: seconds east of UTC of the box's local clock in the header; None if it has none.
        has_ssl_debug: whether any `developer.ssl` DEBUG line is present.
        hosts: host names in the record headers, most frequent first.
    """

    file: str
    first: datetime | None
    last: datetime | None
    lines: int
    records: int
    utc_offset: int | None = None
    has_ssl_debug: bool = False
    hosts: tuple[str, ...] = ()

"""Evidence as quotations: a frame, a log line, a certificate, a setting, a status, each rebuilt from named fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from analyzer.evidence import (
    Alarm,
    Alert,
    CarriedCertificate,
    Certificate,
    ConfiguredName,
    Connection,
    Event,
    Frame,
    Node,
    PeerIdentity,
    Setting,
    Side,
    Step,
    TcpConversation,
    TlsRecord,
    Tunnel,
    Zone,
)
from analyzer.findings import Evidence, EvidenceKind
from analyzer.text import iso_utc

STEP_WORDS = {
    Step.CLIENT_HELLO: "ClientHello",
    Step.HELLO_RETRY_REQUEST: "HelloRetryRequest",
    Step.SERVER_HELLO: "ServerHello",
    Step.SERVER_CERTIFICATE: "Certificate of the server",
    Step.CERTIFICATE_REQUEST: "CertificateRequest",
    Step.CLIENT_CERTIFICATE: "Certificate of the client",
    Step.ALERT: "alert",
    Step.FINISHED: "Finished",
    Step.CLOSED: "connection closed",
}

MOST = 8
"""How many pieces of one kind a finding quotes; the rest is in its count."""

MOST_NAMES = 12
"""How many names of a certificate a quotation shows."""


def quote_frame(connection: Connection, frame: Frame, words: str | None = None) -> Evidence:
    """Quote a handshake step of a connection."""
    handshake = connection.handshake
    sender = f" by {frame.sender}" if frame.sender else ""
    text = words or f"{STEP_WORDS[frame.step]}{sender}"
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=frame.capture,
        locator=frame.frame,
        text=f"{iso_utc(frame.time)} {handshake.client} → {handshake.server}: {text}",
    )


def frame_of(record: Frame | Alert) -> str:
    """Return where a reader finds something, in words: a number counts within one capture."""
    return f"frame {record.frame} of {record.capture}"


def quote_alert(connection: Connection, alert: Alert) -> Evidence:
    """Quote an alert."""
    handshake = connection.handshake
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=alert.capture,
        locator=alert.frame,
        text=f"{iso_utc(alert.time)} {handshake.client} → {handshake.server}: "
        f"{alert.level} alert {alert.description} ({alert.code}) by the {alert.sender}",
    )


def quote_record(record: TlsRecord, more: str = "") -> Evidence:
    """Quote an encrypted record of TLS 1.3 by its outside."""
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=record.capture,
        locator=record.frame,
        text=f"encrypted record of {record.length} bytes by the {record.sender}{more}",
    )


def quote_certificate_frame(connection: Connection, side: Side) -> tuple[Evidence, ...]:
    """Quote the frame that carries a side's Certificate message, if it is known."""
    step = Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE
    frame = connection.handshake.frame(step)
    serial = connection.certificate(side).serial
    words = f"{STEP_WORDS[step]}, serial {serial}" if serial else None
    return (quote_frame(connection, frame, words),) if frame else ()


def quote_conversation(flow: TcpConversation, what: str) -> Evidence:
    """Quote a TCP conversation by its first SYN."""
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=flow.capture,
        locator=flow.frame,
        text=f"{iso_utc(flow.started)} {flow.client} → {flow.server}: {what}",
    )


def quote_event(event: Event) -> Evidence:
    """Quote a log record."""
    record = event.record
    ends = f" {record.source} → {record.destination}" if record.source and record.destination else ""
    time = f"{iso_utc(record.time)} " if record.time else ""
    return Evidence(
        kind=EvidenceKind.LINE,
        file=record.file,
        locator=record.line,
        text=f"{time}{record.name}{ends}: {record.detail}",
    )


def quote_events(events: Sequence[Event]) -> tuple[Evidence, ...]:
    """Quote the first records and the last one."""
    chosen = events if len(events) <= MOST else (*events[: MOST - 1], events[-1])
    return tuple(quote_event(event) for event in chosen)


def quote_certificate(certificate: Certificate, file: str | None, what: str) -> Evidence:
    """Quote a certificate: whose, serial, subject, issuer, extended key usage and validity."""
    usages = certificate.extended_key_usage
    if "extended_key_usage" in certificate.unreadable:
        eku = "unreadable"
    else:
        eku = "absent" if usages is None else ", ".join(usages)
    dates = " to ".join(f"{day:%Y-%m-%d}" if day else "?" for day in (certificate.not_before, certificate.not_after))
    return Evidence(
        kind=EvidenceKind.CERTIFICATE,
        file=file,
        locator=certificate.sha256,
        text=f"{what}: serial {certificate.serial or 'unreadable'}, subject {certificate.subject or 'unreadable'}, "
        f"issuer {certificate.issuer or 'unreadable'}, extended key usage {eku}, valid {dates}",
    )


def quote_carried(carried: CarriedCertificate) -> Evidence:
    """Quote a certificate that a peer wrote into a SIP SERVICE message: its fields, never the message."""
    said = quote_certificate(carried.certificate, None, "certificate in the body of a SIP SERVICE message received")
    time = f"{iso_utc(carried.time)} " if carried.time else ""
    source = f" from {carried.source}" if carried.source else ""
    return Evidence(
        kind=EvidenceKind.LINE, file=carried.file, locator=carried.line, text=f"{time}{said.text}{source}"
    )


def quote_names(certificate: Certificate, file: str | None, what: str) -> Evidence:
    """Quote a certificate's names."""
    names = ", ".join(certificate.subject_alternative_names[:MOST_NAMES]) or "none"
    more = len(certificate.subject_alternative_names) - MOST_NAMES
    return Evidence(
        kind=EvidenceKind.CERTIFICATE,
        file=file,
        locator=certificate.sha256,
        text=f"{what}: serial {certificate.serial or 'unreadable'}, common name {certificate.common_name or 'none'}, "
        f"subject alternative names {names}{f' and {more} more' if more > 0 else ''}",
    )


def quote_configured_name(name: ConfiguredName) -> Evidence:
    """Quote a name that a dump holds."""
    return _quote_path(EvidenceKind.SETTING, name.source, f"{name.source.rpartition(': ')[2]}: {name.name}")


def quote_identity(identity: PeerIdentity) -> Evidence:
    """Quote the names that the log found in a peer's certificate."""
    return Evidence(
        kind=EvidenceKind.LINE,
        file=identity.file,
        locator=identity.line,
        text=f"names found in the peer's certificate: {', '.join(identity.names[:MOST_NAMES])}"
        + (f"; matched zone {identity.zone}" if identity.zone else ""),
    )


def quote_setting(name: str, setting: Setting) -> tuple[Evidence, ...]:
    """Quote a setting, and the log lines that changed it."""
    quotes = []
    if setting.assumed or setting.source is None:
        if setting.value is not None:
            text = f"{name}: {setting.value} (not in the dump: the release's default is assumed)"
            quotes.append(Evidence(kind=EvidenceKind.SETTING, file=None, locator=name, text=text))
    else:
        quotes.append(_quote_path(EvidenceKind.SETTING, setting.source, f"{name}: {setting.value}"))
    quotes += [
        Evidence(
            kind=EvidenceKind.LINE,
            file=change.file,
            locator=change.line,
            text=f"{iso_utc(change.time) + ' ' if change.time else ''}{name} changed to {change.value}",
        )
        for change in setting.changes
    ]
    return tuple(quotes)


def quote_zone(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's status as the dump shows it."""
    source = zone.status_source or zone.source
    if source is None:
        return ()
    peers = "".join(f"; peer {peer.address}: {peer.status}" for peer in zone.peers if peer.status)
    text = f"zone {zone.name} ({zone.type}): status {zone.status or 'not given'}{peers}, when logging started"
    return (_quote_path(EvidenceKind.STATUS, source, text),)


def quote_zone_setting(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's TLS verify mode and subject name."""
    subject = f", subject name {zone.tls_verify_subject}" if zone.tls_verify_subject else ""
    return quote_zone_words(zone, f"TLS verify mode {zone.tls_verify_mode or 'not given'}{subject}")


def quote_zone_peers(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's peer addresses and TLS verify mode."""
    addresses = ", ".join(peer.address for peer in zone.peers) or "none"
    return quote_zone_words(
        zone, f"peer addresses {addresses}; TLS verify mode {zone.tls_verify_mode or 'not given'}"
    )


def quote_zone_words(zone: Zone, words: str) -> tuple[Evidence, ...]:
    """Quote what the configuration says of a zone."""
    if zone.source is None:
        return ()
    return (_quote_path(EvidenceKind.SETTING, zone.source, f"zone {zone.name}: {words}"),)


def quote_tunnel(tunnel: Tunnel) -> tuple[Evidence, ...]:
    """Quote an SSH tunnel's row."""
    if tunnel.source is None:
        return ()
    text = (
        f"SSH tunnel to {tunnel.target}, domain {tunnel.domain}: {tunnel.status}"
        f"{', ' + tunnel.reason if tunnel.reason else ''}, when logging started"
    )
    return (_quote_path(EvidenceKind.STATUS, tunnel.source, text),)


def quote_alarm(alarm: Alarm) -> tuple[Evidence, ...]:
    """Quote an alarm."""
    if alarm.source is None:
        return ()
    text = f"alarm {alarm.id or ''} {alarm.severity or ''}: {alarm.title}".replace("  ", " ")
    return (_quote_path(EvidenceKind.STATUS, alarm.source, text),)


def _quote_path(kind: EvidenceKind, source: str, text: str) -> Evidence:
    """Split `INPUT/MEMBER: path` into file and locator; `line N` becomes a line's evidence."""
    file, _, path = source.partition(": ")
    if path.startswith("line ") and path[5:].isdigit():
        return Evidence(kind=EvidenceKind.LINE, file=file, locator=int(path[5:]), text=text)
    return Evidence(kind=kind, file=file, locator=path, text=text)


def store_file(node: Node, kind: str) -> str | None:
    """Return the member that holds a store (`server`, `client` or `ca`), or None."""
    return next((member.reference for member in node.members if member.kind == f"{kind}_pem"), None)


def span(times: Iterable[datetime | None]) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last of the known times."""
    known = sorted(time for time in times if time is not None)
    return (known[0], known[-1]) if known else (None, None)

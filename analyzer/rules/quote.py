"""Evidence as quotations: a frame, a log line, a certificate, a setting, a status, each rebuilt from named fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    Handshake,
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
from analyzer.rules.wording import ROLES
from analyzer.text import person_utc, said_serial
from analyzer.words import Words, itemized, listed, say

STEP_WORDS: Mapping[Step, str] = {
    Step.CLIENT_HELLO: "ClientHello",
    Step.HELLO_RETRY_REQUEST: "HelloRetryRequest",
    Step.SERVER_HELLO: "ServerHello",
    Step.SERVER_CERTIFICATE: say("Certificate of the server"),
    Step.CERTIFICATE_REQUEST: "CertificateRequest",
    Step.CLIENT_CERTIFICATE: say("Certificate of the client"),
    Step.ALERT: say("alert"),
    Step.FINISHED: "Finished",
    Step.CLOSED: say("connection closed"),
}

MOST = 8
"""How many pieces of one kind a finding quotes; the rest is in its count."""

MOST_NAMES = 12
"""How many names of a certificate a quotation shows."""

_UNREADABLE = say("unreadable")
_NOT_GIVEN = say("not given")


def quote_frame(connection: Connection, frame: Frame, words: str | None = None) -> Evidence:
    """Quote a handshake step of a connection."""
    what = words or STEP_WORDS[frame.step]
    if not words and frame.sender:
        what = say("{step} by {sender}", step=what, sender=ROLES[frame.sender])
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=frame.capture,
        locator=frame.frame,
        text=_between(frame.time, connection.handshake, what),
    )


def _between(time: datetime, ends: Handshake | TcpConversation, what: str) -> Words:
    """Say what went over the wire, when, and between whom."""
    return say(
        "{time} {client} → {server}: {what}", time=person_utc(time), client=ends.client, server=ends.server, what=what
    )


def frame_of(record: Frame | Alert) -> Words:
    """Return where a reader finds something, in words: a number counts within one capture."""
    return say("frame {frame} of {capture}", frame=record.frame, capture=record.capture)


def quote_alert(connection: Connection, alert: Alert) -> Evidence:
    """Quote an alert."""
    what = say(
        "{level} alert {description} ({code}) by the {sender}",
        level=alert.level,
        description=alert.description,
        code=alert.code,
        sender=ROLES[alert.sender],
    )
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=alert.capture,
        locator=alert.frame,
        text=_between(alert.time, connection.handshake, what),
    )


def quote_record(record: TlsRecord, more: str = "") -> Evidence:
    """Quote an encrypted record of TLS 1.3 by its outside; `more`: words that follow it."""
    text = say(
        "encrypted record of {length} bytes by the {sender}{more}",
        length=record.length,
        sender=ROLES[record.sender],
        more=more,
    )
    return Evidence(kind=EvidenceKind.FRAME, file=record.capture, locator=record.frame, text=text)


def quote_certificate_frame(connection: Connection, side: Side) -> tuple[Evidence, ...]:
    """Quote the frame that carries a side's Certificate message, if it is known."""
    step = Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE
    frame = connection.handshake.frame(step)
    serial = connection.certificate(side).serial
    words = say("{step}, serial {serial}", step=STEP_WORDS[step], serial=said_serial(serial)) if serial else None
    return (quote_frame(connection, frame, words),) if frame else ()


def quote_conversation(flow: TcpConversation, what: str) -> Evidence:
    """Quote a TCP conversation by its first SYN."""
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=flow.capture,
        locator=flow.frame,
        text=_between(flow.started, flow, what),
    )


def quote_event(event: Event) -> Evidence:
    """Quote a log record."""
    record = event.record
    ends = f" {record.source} → {record.destination}" if record.source and record.destination else ""
    time = f"{person_utc(record.time)} " if record.time else ""
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
        eku: str = _UNREADABLE
    else:
        eku = say("absent") if usages is None else listed(usages)
    begins, ends = (f"{day:%Y-%m-%d}" if day else "?" for day in (certificate.not_before, certificate.not_after))
    text = say(
        "{what}: serial {serial}, subject {subject}, issuer {issuer}, extended key usage {usages}, "
        "valid {begins} to {ends}",
        what=what,
        serial=said_serial(certificate.serial),
        subject=certificate.subject or _UNREADABLE,
        issuer=certificate.issuer or _UNREADABLE,
        usages=eku,
        begins=begins,
        ends=ends,
    )
    return Evidence(kind=EvidenceKind.CERTIFICATE, file=file, locator=certificate.sha256, text=text)


def quote_carried(carried: CarriedCertificate) -> Evidence:
    """Quote a certificate that a peer wrote into a SIP SERVICE message: its fields, never the message."""
    what = say("certificate in the body of a SIP SERVICE message received")
    text = quote_certificate(carried.certificate, None, what).text
    if carried.source:
        text = say("{certificate} from {source}", certificate=text, source=carried.source)
    return Evidence(kind=EvidenceKind.LINE, file=carried.file, locator=carried.line, text=_at(carried.time, text))


def _at(time: datetime | None, what: str) -> str:
    """Say when something was, if that is known."""
    return say("{time} {what}", time=person_utc(time), what=what) if time else what


def quote_names(certificate: Certificate, file: str | None, what: str) -> Evidence:
    """Quote a certificate's names."""
    names = listed(certificate.subject_alternative_names[:MOST_NAMES]) or say("none")
    more = len(certificate.subject_alternative_names) - MOST_NAMES
    text = say(
        "{what}: serial {serial}, common name {common_name}, subject alternative names {names}",
        what=what,
        serial=said_serial(certificate.serial),
        common_name=certificate.common_name or say("none"),
        names=say("{names} and {more} more", names=names, more=more) if more > 0 else names,
    )
    return Evidence(kind=EvidenceKind.CERTIFICATE, file=file, locator=certificate.sha256, text=text)


def quote_configured_name(name: ConfiguredName) -> Evidence:
    """Quote a name that a dump holds."""
    return _quote_path(EvidenceKind.SETTING, name.source, f"{name.source.rpartition(': ')[2]}: {name.name}")


def quote_identity(identity: PeerIdentity) -> Evidence:
    """Quote the names that the log found in a peer's certificate."""
    text = say("names found in the peer's certificate: {names}", names=listed(identity.names[:MOST_NAMES]))
    if identity.zone:
        text = say("{names_found}; matched zone {zone}", names_found=text, zone=identity.zone)
    return Evidence(kind=EvidenceKind.LINE, file=identity.file, locator=identity.line, text=text)


def quote_setting(name: str, setting: Setting) -> tuple[Evidence, ...]:
    """Quote a setting, and the log lines that changed it."""
    quotes = []
    if setting.assumed or setting.source is None:
        if setting.value is not None:
            text = say(
                "{name}: {value} (not in the dump: the release's default is assumed)", name=name, value=setting.value
            )
            quotes.append(Evidence(kind=EvidenceKind.SETTING, file=None, locator=name, text=text))
    else:
        quotes.append(_quote_path(EvidenceKind.SETTING, setting.source, f"{name}: {setting.value}"))
    quotes += [
        Evidence(
            kind=EvidenceKind.LINE,
            file=change.file,
            locator=change.line,
            text=_at(change.time, say("{name} changed to {value}", name=name, value=change.value)),
        )
        for change in setting.changes
    ]
    return tuple(quotes)


def quote_zone(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's status as the dump shows it."""
    source = zone.status_source or zone.source
    if source is None:
        return ()
    peers = (
        say("peer {address}: {status}", address=peer.address, status=peer.status)
        for peer in zone.peers
        if peer.status
    )
    state = itemized((zone.status or _NOT_GIVEN, *peers))
    text = say(
        "zone {name} ({type}): status {state}, when logging started", name=zone.name, type=zone.type, state=state
    )
    return (_quote_path(EvidenceKind.STATUS, source, text),)


def quote_zone_setting(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's TLS verify mode and subject name."""
    mode = say("TLS verify mode {mode}", mode=zone.tls_verify_mode or _NOT_GIVEN)
    subject = say("subject name {name}", name=zone.tls_verify_subject) if zone.tls_verify_subject else ""
    return quote_zone_words(zone, listed((mode, subject)))


def quote_zone_peers(zone: Zone) -> tuple[Evidence, ...]:
    """Quote a zone's peer addresses and TLS verify mode."""
    words = say(
        "peer addresses {addresses}; TLS verify mode {mode}",
        addresses=listed(peer.address for peer in zone.peers) or say("none"),
        mode=zone.tls_verify_mode or _NOT_GIVEN,
    )
    return quote_zone_words(zone, words)


def quote_zone_words(zone: Zone, words: str) -> tuple[Evidence, ...]:
    """Quote what the configuration says of a zone."""
    if zone.source is None:
        return ()
    text = say("zone {name}: {words}", name=zone.name, words=words)
    return (_quote_path(EvidenceKind.SETTING, zone.source, text),)


def quote_tunnel(tunnel: Tunnel) -> tuple[Evidence, ...]:
    """Quote an SSH tunnel's row."""
    if tunnel.source is None:
        return ()
    state = f"{tunnel.status}, {tunnel.reason}" if tunnel.reason else tunnel.status
    text = say(
        "SSH tunnel to {target}, domain {domain}: {state}, when logging started",
        target=tunnel.target,
        domain=tunnel.domain,
        state=state,
    )
    return (_quote_path(EvidenceKind.STATUS, tunnel.source, text),)


def quote_alarm(alarm: Alarm) -> tuple[Evidence, ...]:
    """Quote an alarm."""
    if alarm.source is None:
        return ()
    which = " ".join(part for part in (alarm.id, alarm.severity) if part)
    text = say("alarm {which}: {title}", which=which, title=alarm.title)
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

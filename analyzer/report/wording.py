"""The words of the reports: one place for what an enum, a time or an alert is called.

Kept apart from views and templates so that a catalogue for another language replaces this module's tables.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from analyzer.evidence import (
    Alert,
    Certificate,
    CertificateOrigin,
    ClockOffset,
    Frame,
    MemberKind,
    NodeRole,
    Outcome,
    PeerKind,
    ReadState,
    Side,
    Step,
    Store,
    TlsRecord,
    Visibility,
)
from analyzer.findings import Basis, Confidence, EvidenceKind, ForecastKind, Prospect, RemedyKind, Severity
from analyzer.text import person_utc

NODE_ROLES = {
    NodeRole.CORE: "Expressway-C (Core)",
    NodeRole.EDGE: "Expressway-E (Edge)",
    NodeRole.UNKNOWN: "role not known",
}

SIDES = {Side.CLIENT: "TLS client", Side.SERVER: "TLS server"}

STORES = {
    Store.CLIENT: "client store",
    Store.SERVER: "server store",
    Store.BOTH: "both stores (client and server hold the same certificate)",
    Store.TRUSTED: "trusted CA list only",
    Store.NEITHER: "none of the stores that were given",
}

OUTCOMES = {
    Outcome.COMPLETED: "Completed",
    Outcome.REFUSED: "Refused",
    Outcome.CLOSED: "Closed early",
    Outcome.UNKNOWN: "Outcome not known",
}

VISIBILITIES = {
    Visibility.SEEN: "seen in the capture",
    Visibility.ENCRYPTED: "not visible: TLS 1.3 encrypts certificates",
    Visibility.RESUMED: "not sent again: the session was resumed",
    Visibility.NOT_REQUESTED: "not sent: the server did not ask for one",
    Visibility.NONE_SENT: "none: an empty Certificate message was seen",
    Visibility.NOT_REACHED: "not sent: the handshake ended before its turn",
    Visibility.NOT_USED: "not used: the cipher suite works without certificates",
    Visibility.NOT_CAPTURED: "not captured",
}

PEER_KINDS = {
    PeerKind.WEBEX: "Webex",
    PeerKind.PARTNER: "traversal partner",
    PeerKind.CLUSTER: "cluster peer",
    PeerKind.CUCM: "Unified CM",
    PeerKind.NEIGHBOR: "neighbor zone",
    PeerKind.NAMED: "named by its certificate",
    PeerKind.INTERNET: "Internet",
    PeerKind.UNKNOWN: "not known",
}

ORIGINS = {
    CertificateOrigin.PUBLIC: "public CA",
    CertificateOrigin.PRIVATE: "private CA",
    CertificateOrigin.SELF_SIGNED: "self-signed",
    CertificateOrigin.DEFAULT: "Expressway default certificate",
    CertificateOrigin.UNKNOWN: "not known",
}

SEVERITIES = {
    Severity.CRITICAL: "Critical",
    Severity.WARNING: "Warning",
    Severity.INFO: "Info",
    Severity.OK: "OK",
}

CONFIDENCES = {
    Confidence.PROVEN: "proven",
    Confidence.STRONG: "strong: independent indirect evidence",
    Confidence.INFERRED: "inferred",
    Confidence.NOT_DETERMINABLE: "not determinable",
}

PROSPECTS = {
    Prospect.WORKS: "works",
    Prospect.FAILS: "fails",
    Prospect.NEEDS_FAR_END: "far end decides",
    Prospect.UNKNOWN: "unknown",
}

BASES = {Basis.STATED: "stated", Basis.INFERRED: "inferred", Basis.SEEN: "seen"}

EVIDENCE_KINDS = {
    EvidenceKind.FRAME: "frame",
    EvidenceKind.LINE: "line",
    EvidenceKind.CERTIFICATE: "certificate",
    EvidenceKind.SETTING: "setting",
    EvidenceKind.STATUS: "status",
}

FORECAST_KINDS = {
    ForecastKind.EXPIRY: "own end",
    ForecastKind.AUTHORITY_EXPIRY: "end of an authority above it",
    ForecastKind.USAGE: "extended key usage",
    ForecastKind.ROOT_REMOVAL: "root leaving the lists",
    ForecastKind.LIFETIME_CAP: "longest validity",
}

REMEDY_KINDS = {
    RemedyKind.DURABLE: "Durable fix",
    RemedyKind.STOP_GAP: "Stop-gap",
    RemedyKind.COLLECT: "Collect",
}

MEMBER_KINDS = {
    MemberKind.SERVER_PEM: "server store",
    MemberKind.CLIENT_PEM: "client store",
    MemberKind.CA_PEM: "trusted CA list",
    MemberKind.CERTIFICATE: "certificate",
    MemberKind.XCONF_XML: "configuration (XML)",
    MemberKind.XCONF_TEXT: "configuration (text)",
    MemberKind.XSTAT_XML: "status (XML)",
    MemberKind.XSTAT_TEXT: "status (text)",
    MemberKind.SNAPSHOT: "log",
    MemberKind.CAPTURE: "packet capture",
    MemberKind.OTHER: "not used",
}

READ_STATES = {ReadState.WHOLE: "whole", ReadState.PART: "in part", ReadState.NOT: "not read"}

REFERENCE_ORIGINS = {
    "evidence": "the last time in the evidence",
    "file-name": "the time in the file names, when the bundle was collected, taken as UTC",
    "as-of": "the date asked for",
}

# What an alert says about a certificate, by number: RFC 5246 section 7.2.2, RFC 8446 section 6.2.
ALERT_MEANINGS = {
    40: "no acceptable set of parameters; up to TLS 1.2 also: a required client certificate is missing",
    42: "the certificate is corrupt or failed a check",
    43: "the certificate may not be used in this role; its extended key usage, most often",
    44: "the certificate was revoked by its issuer",
    45: "the certificate has expired, or is not valid at the receiver's time",
    46: "the certificate is not acceptable for a reason that the alert does not name",
    48: "the issuer is not among the CAs that the receiver trusts, or the chain is incomplete",
    49: "the certificate is valid, but the receiver's access control refuses it",
    51: "a signature did not verify",
    70: "no protocol version in common",
    112: "no certificate for the server name that was asked for",
    116: "a client certificate is required and none was sent",
}


def node_label(name: str | None) -> str:
    """Return what a node is called; loose files may name none."""
    return name or "the loose files"


def utc(time: datetime | None) -> str:
    """Return a time in UTC with milliseconds, for a person."""
    return "time not known" if time is None else person_utc(time)


def second(time: datetime | None) -> str:
    """Return a time of a certificate, which knows no fractions (RFC 5280 section 4.1.2.5)."""
    return "not known" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def plural(count: int, noun: str) -> str:
    """Return `1 frame`, `1,200 frames`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: int) -> str:
    """Return a length of time in days and hours, or in minutes below an hour."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    if days or hours:
        return " ".join(plural(n, noun) for n, noun in ((days, "day"), (hours, "hour")) if n)
    return plural(rest // 60, "minute")


def clock(offset: ClockOffset) -> str:
    """Return the offset of a log's clock with its direction."""
    if offset.is_negligible:
        return "log and capture agree to the millisecond"
    return f"the log runs {abs(offset.seconds):.3f} s {'ahead of' if offset.seconds > 0 else 'behind'} the capture"


def later(seconds: float) -> str:
    """Return by how much another node's clock shows the same thing later."""
    if round(seconds, 3) == 0:
        return "at the same time by its clock"
    return f"{abs(seconds):,.3f} s {'later' if seconds > 0 else 'earlier'} by its clock"


def place(record: Frame | TlsRecord | None) -> str:
    """Return what the frame is that a verdict names: of the certificate, of the record in its place, of the hello."""
    if isinstance(record, TlsRecord):
        return "Encrypted in"
    return "ClientHello in" if record and record.step is Step.CLIENT_HELLO else "Seen in"


def alert(record: Alert) -> str:
    """Return an alert as `unsupported certificate (fatal, alert 43)`."""
    return f"{record.description.replace('_', ' ')} ({record.level}, alert {record.code})"


def usage(certificate: Certificate) -> str:
    """Return the extended key usage, and whether it covers only one of the two TLS roles."""
    names = certificate.extended_key_usage
    if names is None:
        unreadable = "extended_key_usage" in certificate.unreadable
        return "could not be read" if unreadable else "extension absent: no usage is ruled out"
    if names in {("serverAuth",), ("clientAuth",)}:
        return f"{names[0]} only"
    return ", ".join(names) or "empty"


def key(certificate: Certificate) -> str:
    """Return the key's type and size, and the signature's algorithm."""
    parts = [certificate.key_type or "key not known"]
    parts += [f"{certificate.key_bits} bits"] if certificate.key_bits else []
    parts += [f"signed with {certificate.signature_algorithm}"] if certificate.signature_algorithm else []
    return ", ".join(parts)


def title(certificate: Certificate) -> str:
    """Return the shortest name that tells a person which certificate it is."""
    names = certificate.subject_alternative_names
    return (
        certificate.common_name
        or (names[0] if names else None)
        or certificate.subject
        or f"certificate {certificate.sha256[:12]}"
    )


def common_name_of(name: str | None) -> str | None:
    """Return the first CN of an RFC 4514 name, unescaped no further than a person needs; the name if it has none."""
    for part in (name or "").split(","):
        if part.strip().upper().startswith("CN="):
            return part.strip()[3:]
    return name


def columns(text: str) -> int:
    """Return how many terminal columns a text takes; East Asian wide characters take two (UAX #11)."""
    return len(text) if text.isascii() else sum(_columns_of(character) for character in text)


def shorten(text: str, width: int) -> str:
    """Return a text that takes at most `width` columns, cut with an ellipsis."""
    return text if columns(text) <= width else text[: _fitting(text, width - 1)].rstrip() + "…"


def folded(text: str, width: int, most: int) -> list[str]:
    """Return a text in at most `most` lines of `width` columns, broken at spaces; only the last may be cut."""
    lines: list[str] = []
    while len(lines) < most - 1 and columns(text) > width:
        fitting = _fitting(text, width)
        space = text.rfind(" ", 0, fitting + 1)
        end = space if space > 0 else fitting
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, shorten(text, width)]


def _fitting(text: str, width: int) -> int:
    """Return how many characters at the start of a text take no more columns than this."""
    taken = 0
    for count, character in enumerate(text):
        taken += _columns_of(character)
        if taken > width:
            return count
    return len(text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1

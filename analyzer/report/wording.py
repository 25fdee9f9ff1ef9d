"""The words of the reports: one place for what an enum, a time or an alert is called."""

from __future__ import annotations

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
    TlsRecord,
    Visibility,
)
from analyzer.findings import Basis, Confidence, EvidenceKind, ForecastKind, Prospect, RemedyKind, Severity
from analyzer.text import person_utc
from analyzer.words import Words, counted, listed, say

NODE_ROLES = {
    NodeRole.CORE: "Expressway-C (Core)",
    NodeRole.EDGE: "Expressway-E (Edge)",
    NodeRole.UNKNOWN: say("role not known"),
}

SIDES = {Side.CLIENT: say("TLS client"), Side.SERVER: say("TLS server")}

OUTCOMES = {
    Outcome.COMPLETED: say("Completed"),
    Outcome.REFUSED: say("Refused"),
    Outcome.CLOSED: say("Closed early"),
    Outcome.UNKNOWN: say("Outcome not known"),
}

VISIBILITIES = {
    Visibility.SEEN: say("seen in the capture"),
    Visibility.ENCRYPTED: say("not visible: TLS 1.3 encrypts certificates"),
    Visibility.RESUMED: say("not sent again: the session was resumed"),
    Visibility.NOT_REQUESTED: say("not sent: the server did not ask for one"),
    Visibility.NONE_SENT: say("none: an empty Certificate message was seen"),
    Visibility.NOT_REACHED: say("not sent: the handshake ended before its turn"),
    Visibility.NOT_USED: say("not used: the cipher suite works without certificates"),
    Visibility.NOT_CAPTURED: say("not captured"),
}

PEER_KINDS = {
    PeerKind.WEBEX: "Webex",
    PeerKind.PARTNER: say("traversal partner"),
    PeerKind.CLUSTER: say("cluster peer"),
    PeerKind.CUCM: "Unified CM",
    PeerKind.NEIGHBOR: say("neighbor zone"),
    PeerKind.NAMED: say("named by its certificate"),
    PeerKind.INTERNET: say("Internet"),
    PeerKind.UNKNOWN: say("not known"),
}

ORIGINS = {
    CertificateOrigin.PUBLIC: say("public CA"),
    CertificateOrigin.PRIVATE: say("private CA"),
    CertificateOrigin.SELF_SIGNED: say("self-signed"),
    CertificateOrigin.DEFAULT: say("Expressway default certificate"),
    CertificateOrigin.UNKNOWN: say("not known"),
}

SEVERITIES = {
    Severity.CRITICAL: say("Critical"),
    Severity.WARNING: say("Warning"),
    Severity.INFO: say("Info"),
    Severity.OK: say("OK"),
}

ACCEPTED = say("Accepted")
"""In place of `completed`, where the peer went through with a certificate of this node."""

CONFIDENCES = {
    Confidence.PROVEN: say("proven"),
    Confidence.STRONG: say("strong: independent indirect evidence"),
    Confidence.INFERRED: say("inferred"),
    Confidence.NOT_DETERMINABLE: say("not determinable"),
}

PROSPECTS = {
    Prospect.WORKS: say("works"),
    Prospect.FAILS: say("fails"),
    Prospect.NEEDS_FAR_END: say("far end decides"),
    Prospect.UNKNOWN: say("unknown"),
}

BASES = {Basis.STATED: say("stated"), Basis.INFERRED: say("inferred"), Basis.SEEN: say("seen")}

EVIDENCE_KINDS = {
    EvidenceKind.FRAME: say("Frame"),
    EvidenceKind.LINE: say("Line"),
    EvidenceKind.CERTIFICATE: say("Certificate"),
    EvidenceKind.SETTING: say("Setting"),
    EvidenceKind.STATUS: say("Status"),
}

FORECAST_KINDS = {
    ForecastKind.EXPIRY: say("own end"),
    ForecastKind.AUTHORITY_EXPIRY: say("end of an authority above it"),
    ForecastKind.USAGE: say("extended key usage"),
    ForecastKind.ROOT_REMOVAL: say("root leaving the lists"),
    ForecastKind.LIFETIME_CAP: say("longest validity"),
}

REMEDY_KINDS = {
    RemedyKind.DURABLE: say("Durable fix"),
    RemedyKind.STOP_GAP: say("Stop-gap"),
    RemedyKind.COLLECT: say("Collect"),
}


def nothing_to_do(*, waits: bool, remarks: int) -> Words:
    """Say that there is no step to take now; `waits`: there is one for later; `remarks`: how many have one."""
    if waits and remarks:
        return counted(
            remarks,
            "Nothing now; {count:,} remark has a step to consider.",
            "Nothing now; {count:,} remarks have a step to consider.",
        )
    if remarks:
        return counted(
            remarks,
            "Nothing has to change; {count:,} remark has a step to consider.",
            "Nothing has to change; {count:,} remarks have a step to consider.",
        )
    return say("Nothing now.") if waits else say("Nothing that was read calls for a change.")


MEMBER_KINDS = {
    MemberKind.SERVER_PEM: say("server store"),
    MemberKind.CLIENT_PEM: say("client store"),
    MemberKind.CA_PEM: say("trusted CA list"),
    MemberKind.CERTIFICATE: say("certificate"),
    MemberKind.XCONF_XML: say("configuration (XML)"),
    MemberKind.XCONF_TEXT: say("configuration (text)"),
    MemberKind.XSTAT_XML: say("status (XML)"),
    MemberKind.XSTAT_TEXT: say("status (text)"),
    MemberKind.SNAPSHOT: say("log"),
    MemberKind.CAPTURE: say("packet capture"),
    MemberKind.OTHER: say("not used"),
}

READ_STATES = {ReadState.WHOLE: say("whole"), ReadState.PART: say("in part"), ReadState.NOT: say("not read")}

REFERENCE_ORIGINS = {
    "evidence": say("the last time in the evidence"),
    "file-name": say("the time in the file names, when the bundle was collected, taken as UTC"),
    "as-of": say("the date asked for"),
}

# What an alert says about a certificate, by number: RFC 5246 section 7.2.2, RFC 8446 section 6.2.
ALERT_MEANINGS = {
    40: say("no acceptable set of parameters; up to TLS 1.2 also: a required client certificate is missing"),
    42: say("the certificate is corrupt or failed a check"),
    43: say("the certificate may not be used in this role; its extended key usage, most often"),
    44: say("the certificate was revoked by its issuer"),
    45: say("the certificate has expired, or is not valid at the receiver's time"),
    46: say("the certificate is not acceptable for a reason that the alert does not name"),
    48: say("the issuer is not among the CAs that the receiver trusts, or the chain is incomplete"),
    49: say("the certificate is valid, but the receiver's access control refuses it"),
    51: say("a signature did not verify"),
    70: say("no protocol version in common"),
    112: say("no certificate for the server name that was asked for"),
    116: say("a client certificate is required and none was sent"),
}


def node_label(name: str | None) -> str:
    """Return what a node is called; loose files may name none."""
    return name or say("the loose files")


def utc(time: datetime | None) -> str:
    """Return a time in UTC with milliseconds, for a person."""
    return say("time not known") if time is None else person_utc(time)


def second(time: datetime | None) -> str:
    """Return a time of a certificate, which knows no fractions (RFC 5280 section 4.1.2.5)."""
    return say("not known") if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def frame(number: int | str) -> Words:
    """Return what a frame is called within its capture."""
    return say("frame {number}", number=number)


def line(number: int | str) -> Words:
    """Return what a line is called within its file."""
    return say("line {number}", number=number)


def within(file: str, place: str) -> Words:
    """Return a place in a file."""
    return say("{file}, {place}", file=file, place=place)


def days(certificate: Certificate) -> Words:
    """Return from which day to which a certificate is valid."""
    first, last = (_day(time) for time in (certificate.not_before, certificate.not_after))
    return say("{first} to {last}", first=first, last=last)


def _day(time: datetime | None) -> str:
    return say("not known") if time is None else f"{time.astimezone(UTC):%Y-%m-%d}"


def duration(seconds: int) -> Words:
    """Return a length of time in days and hours, or in minutes below an hour."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    in_days = counted(days, "{count:,} day", "{count:,} days")
    in_hours = counted(hours, "{count:,} hour", "{count:,} hours")
    if days and hours:
        return say("{days} {hours}", days=in_days, hours=in_hours)
    if days or hours:
        return in_days if days else in_hours
    return counted(rest // 60, "{count:,} minute", "{count:,} minutes")


def clock(offset: ClockOffset) -> Words:
    """Return the offset of a log's clock with its direction."""
    if offset.is_negligible:
        return say("log and capture agree to the millisecond")
    seconds = abs(offset.seconds)
    if offset.seconds > 0:
        return say("the log runs {seconds:.3f} s ahead of the capture", seconds=seconds)
    return say("the log runs {seconds:.3f} s behind the capture", seconds=seconds)


def later(seconds: float) -> Words:
    """Return by how much another node's clock shows the same thing later."""
    if round(seconds, 3) == 0:
        return say("at the same time by its clock")
    if seconds > 0:
        return say("{seconds:,.3f} s later by its clock", seconds=seconds)
    return say("{seconds:,.3f} s earlier by its clock", seconds=-seconds)


def place(record: Frame | TlsRecord | None) -> Words:
    """Return what the frame is that a verdict names: of the certificate, of the record in its place, of the hello."""
    if isinstance(record, TlsRecord):
        return say("Encrypted in")
    return say("ClientHello in") if record and record.step is Step.CLIENT_HELLO else say("Seen in")


def alert(record: Alert) -> Words:
    """Return an alert as `unsupported certificate (fatal, alert 43)`."""
    return say(
        "{description} ({level}, alert {code})",
        description=record.description.replace("_", " "),
        level=record.level,
        code=record.code,
    )


def usage(certificate: Certificate) -> str:
    """Return the extended key usage, and whether it covers only one of the two TLS roles."""
    names = certificate.extended_key_usage
    if names is None:
        unreadable = "extended_key_usage" in certificate.unreadable
        return say("could not be read") if unreadable else say("extension absent: no usage is ruled out")
    if names in {("serverAuth",), ("clientAuth",)}:
        return say("{usage} only", usage=names[0])
    return ", ".join(names) or say("empty")


def key(certificate: Certificate) -> str:
    """Return the key's type and size, and the signature's algorithm."""
    bits, algorithm = certificate.key_bits, certificate.signature_algorithm
    return listed(
        (
            certificate.key_type or say("key not known"),
            say("{bits} bits", bits=bits) if bits else "",
            say("signed with {algorithm}", algorithm=algorithm) if algorithm else "",
        )
    )


def title(certificate: Certificate) -> str:
    """Return the shortest name that tells a person which certificate it is."""
    names = certificate.subject_alternative_names
    return (
        certificate.common_name
        or (names[0] if names else None)
        or certificate.subject
        or say("certificate {start}", start=certificate.sha256[:12])
    )

"""Certificates as a reader compares them."""

from __future__ import annotations

import base64
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct

from analyzer.evidence import Case, Certificate
from analyzer.findings import EvidenceKind, Report
from analyzer.report import wording
from analyzer.report.links import anchor, serial_filter
from analyzer.report.views.badge import Badge, Tone
from analyzer.text import common_name_of, serial_spellings
from analyzer.words import counted, say

MAX_NAMES = 40
MAX_CERTIFICATES = 500
_LARGEST_PEM = 8192


class SerialView(Struct, frozen=True, kw_only=True):
    """A serial as the tools at hand spell it."""

    colons: str
    wireshark: str
    plain: str
    prefixed: str
    display_filter: str


class CertificateView(Struct, frozen=True, kw_only=True):
    """One certificate.

    Attributes:
        more_names: subject alternative names beyond those listed.
        pem: one text, placed whole; empty for what is larger than any certificate in use.
        validity: a badge if it can be judged at the reference time, else None.
    """

    anchor: str
    title: str
    subject: str
    issuer: str
    issuer_name: str
    names: tuple[str, ...]
    more_names: int
    serial: SerialView | None
    usage: str
    not_before: str
    not_after: str
    validity: Badge | None
    key: str
    origin: str
    origin_reason: str
    sha256: str
    pem: Markup
    unreadable: tuple[str, ...]


def certificate_anchor(sha256: str) -> str:
    """Return the anchor of a certificate's full description."""
    return anchor("certificate", sha256[:16])


def certificate_view(case: Case, sha256: str, at: datetime | None, ends_soon_days: int = 0) -> CertificateView | None:
    """Describe a certificate, judged at a time; None if the case does not hold it."""
    certificate = case.certificates.get(sha256)
    if certificate is None:
        return None
    origin = case.origins.get(sha256)
    names = certificate.subject_alternative_names
    unknown = say("not known")
    return CertificateView(
        anchor=certificate_anchor(sha256),
        title=wording.title(certificate),
        subject=certificate.subject or unknown,
        issuer=certificate.issuer or unknown,
        issuer_name=common_name_of(certificate.issuer) or unknown,
        names=names[:MAX_NAMES],
        more_names=max(0, len(names) - MAX_NAMES),
        serial=_serial(certificate.serial),
        usage=wording.usage(certificate),
        not_before=wording.second(certificate.not_before),
        not_after=wording.second(certificate.not_after),
        validity=_validity(certificate, at, ends_soon_days),
        key=wording.key(certificate),
        origin=wording.ORIGINS[origin.origin] if origin else unknown,
        origin_reason=origin.reason if origin else "",
        sha256=sha256,
        pem=_pem(certificate.der),
        unreadable=certificate.unreadable,
    )


def described_certificates(report: Report) -> tuple[CertificateView, ...]:
    """Describe the certificates of client and server stores, those presented, and those named as evidence."""
    case = report.case
    stored = (id_ for node in case.nodes for store in (node.stores.client, node.stores.server) for id_ in store or ())
    presented = (
        id_
        for connection in case.connections
        for message in (connection.server_certificate, connection.client_certificate)
        for id_ in message.chain
    )
    named = (
        str(evidence.locator)
        for finding in report.findings
        for evidence in finding.evidence
        if evidence.kind is EvidenceKind.CERTIFICATE
    )
    known = [id_ for id_ in dict.fromkeys((*stored, *presented, *named)) if id_ in case.certificates]
    views = (
        certificate_view(case, id_, case.reference_time.time, report.ends_soon_days)
        for id_ in known[:MAX_CERTIFICATES]
    )
    return tuple(view for view in views if view)


def _pem(der: bytes) -> Markup:
    """Return a certificate as text, in lines of 64 characters (RFC 7468 section 3)."""
    if len(der) > _LARGEST_PEM:
        return Markup()
    text = base64.b64encode(der).decode()
    lines = (text[at : at + 64] for at in range(0, len(text), 64))
    return Markup("\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----")))  # noqa: S704 - Base64


def _serial(serial: str | None) -> SerialView | None:
    if serial is None:
        return None
    colons, wireshark, plain, prefixed = serial_spellings(serial)
    return SerialView(
        colons=colons,
        wireshark=wireshark,
        plain=plain,
        prefixed=prefixed,
        display_filter=serial_filter(serial),
    )


def _validity(certificate: Certificate, at: datetime | None, ends_soon_days: int) -> Badge | None:
    if at is None or certificate.not_before is None or certificate.not_after is None:
        return None
    if at > certificate.not_after:
        return Badge(tone=Tone.BAD, word=say("Expired"))
    if at < certificate.not_before:
        return Badge(tone=Tone.BAD, word=say("Not yet valid"))
    left = (certificate.not_after.date() - at.date()).days
    if left <= ends_soon_days:
        soon = counted(left, "Ends in {count:,} day", "Ends in {count:,} days") if left else say("Ends today")
        return Badge(tone=Tone.WARN, word=soon)
    return Badge(tone=Tone.GOOD, word=say("In its validity period"))

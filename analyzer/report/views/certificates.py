"""Certificates as a reader compares them, and the stores of a node side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analyzer.evidence import Case, Certificate, MemberKind, Node, Side, Store
from analyzer.findings import EvidenceKind, Report
from analyzer.report import wording
from analyzer.report.links import anchor, serial_filter
from analyzer.report.views.badge import Badge, Tone
from analyzer.text import serial_spellings

MAX_NAMES = 40
MAX_CERTIFICATES = 500

_STORE_MEMBERS = {
    "client": MemberKind.CLIENT_PEM,
    "server": MemberKind.SERVER_PEM,
    "trusted": MemberKind.CA_PEM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialView:
    """A serial as the tools at hand spell it."""

    colons: str
    wireshark: str
    plain: str
    prefixed: str
    display_filter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """One certificate.

    Attributes:
        more_names: subject alternative names beyond those listed.
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
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """A client or server store.

    Attributes:
        note: why there is nothing to show; None if there is a leaf.
        chain: what follows the leaf in the file.
    """

    title: str
    files: tuple[str, ...]
    leaf: CertificateView | None
    note: str | None
    chain: tuple[CertificateView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresView:
    """A node's stores. `relation` compares the two leaves in one sentence; None if one is missing."""

    client: StoreView
    server: StoreView
    relation: str | None
    trusted: tuple[CertificateView, ...]
    trusted_count: int
    trusted_note: str
    trusted_files: tuple[str, ...]

    @property
    def pair(self) -> tuple[StoreView, StoreView]:
        return (self.client, self.server)


def certificate_anchor(sha256: str) -> str:
    """Return the anchor of a certificate's full description."""
    return anchor("certificate", sha256[:16])


def certificate_view(case: Case, sha256: str, at: datetime | None) -> CertificateView | None:
    """Describe a certificate, judged at a time; None if the case does not hold it."""
    certificate = case.certificates.get(sha256)
    if certificate is None:
        return None
    origin = case.origins.get(sha256)
    names = certificate.subject_alternative_names
    return CertificateView(
        anchor=certificate_anchor(sha256),
        title=wording.title(certificate),
        subject=certificate.subject or "not known",
        issuer=certificate.issuer or "not known",
        issuer_name=wording.common_name_of(certificate.issuer) or "not known",
        names=names[:MAX_NAMES],
        more_names=max(0, len(names) - MAX_NAMES),
        serial=_serial(certificate.serial),
        usage=wording.usage(certificate),
        not_before=wording.second(certificate.not_before),
        not_after=wording.second(certificate.not_after),
        validity=_validity(certificate, at),
        key=wording.key(certificate),
        origin=wording.ORIGINS[origin.origin] if origin else "not known",
        origin_reason=origin.reason if origin else "",
        sha256=sha256,
        unreadable=certificate.unreadable,
    )


def store_files(node: Node | None, store: Store | None) -> tuple[str, ...]:
    """Return the members that hold a store of a node."""
    names = {Store.BOTH: ("client", "server")}.get(store, (store.value,)) if store else ()
    kinds = {_STORE_MEMBERS[name] for name in names if name in _STORE_MEMBERS}
    return tuple(member.reference for member in node.members if member.kind in kinds) if node else ()


def stores_view(case: Case, node: Node) -> StoresView:
    """Show the stores of a node, judged at its reference time."""
    at = node.reference_time.time
    trusted = node.stores.trusted
    listed = (certificate_view(case, sha256, at) for sha256 in (trusted or ())[:MAX_CERTIFICATES])
    return StoresView(
        client=_store(case, node, Side.CLIENT, node.stores.client),
        server=_store(case, node, Side.SERVER, node.stores.server),
        relation=_relation(case, node),
        trusted=tuple(view for view in listed if view),
        trusted_count=len(trusted or ()),
        trusted_note="not in the bundle" if trusted is None else wording.plural(len(trusted), "certificate"),
        trusted_files=store_files(node, Store.TRUSTED),
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
    views = (certificate_view(case, id_, case.reference_time.time) for id_ in known[:MAX_CERTIFICATES])
    return tuple(view for view in views if view)


def _store(case: Case, node: Node, side: Side, ids: tuple[str, ...] | None) -> StoreView:
    views = tuple(
        view
        for sha256 in (ids or ())[:MAX_CERTIFICATES]
        if (view := certificate_view(case, sha256, node.reference_time.time))
    )
    absent = "The member is not in the bundle." if ids is None else "No certificate in it could be read."
    return StoreView(
        title=f"{side.value.capitalize()} store",
        files=store_files(node, Store(side.value)),
        leaf=views[0] if views else None,
        note=None if views else absent,
        chain=views[1:],
    )


def _relation(case: Case, node: Node) -> str | None:
    client, server = node.stores.client, node.stores.server
    if not client or not server:
        return None
    if client[0] == server[0]:
        return "Both stores hold the same certificate, as after an upgrade: which of them was used cannot be told."
    first, second = case.certificates.get(client[0]), case.certificates.get(server[0])
    same_names = first is not None and second is not None and set(first.names) == set(second.names)
    names = "the same DNS names" if same_names else "different DNS names"
    return f"The stores hold different certificates, with {names}."


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


def _validity(certificate: Certificate, at: datetime | None) -> Badge | None:
    if at is None or certificate.not_before is None or certificate.not_after is None:
        return None
    if at > certificate.not_after:
        return Badge(tone=Tone.BAD, word="Expired")
    if at < certificate.not_before:
        return Badge(tone=Tone.BAD, word="Not yet valid")
    return Badge(tone=Tone.GOOD, word="In its validity period")

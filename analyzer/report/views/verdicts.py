"""The first screen's answers: which certificate was presented to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from analyzer.evidence import PeerIdentity, Side
from analyzer.findings import Finding, Report, Verdict
from analyzer.report import wording
from analyzer.report.links import FrameReference, anchor, conversation_filter, frame_reference
from analyzer.report.summary import Exhibit, Index, confidence_words, exhibit_of, headline
from analyzer.report.views.badge import Badge, verdict_badge
from analyzer.report.views.certificates import CertificateView, certificate_view
from analyzer.report.views.handshakes import end_names
from analyzer.report.views.spot import Spot, line_spot
from analyzer.report.views.stores import store_files
from analyzer.words import say


class RefusalView(Struct, frozen=True, kw_only=True):
    """Who refused, in which words, and where that stands. `line`: of the log; `line_time`: as the log has it."""

    who: str
    words: str
    meaning: str | None
    frame: FrameReference | None
    line: Spot | None
    line_time: str


class InferredView(Struct, frozen=True, kw_only=True):
    """What the store rule says was presented, where that can't be seen."""

    certificate: CertificateView
    store: str
    files: tuple[str, ...]


class NamedView(Struct, frozen=True, kw_only=True):
    """The names that the peer's log found in a certificate that can't be seen."""

    names: tuple[str, ...]
    line: Spot


class VerdictView(Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        brief: the sentence without what stands beside it.
        confidence: of what this node presented; None where that is not shown, or where the badge tells it.
        presenter, receiver: whose certificate is shown, and whom it was for; None: no role or connection is known.
        wanted_name: the name that was looked for in a refused certificate.
        is_refused: whether the certificate that is shown was refused.
        certificate: what was presented; None unless it was seen.
        presented: how it can be seen, or why it cannot.
        store: the store that it stands in, in words; None if it cannot be told.
        place, frame: what the frame is that the sentence names, and which.
        connection_anchor: None if that connection is not drawn in the page.
    """

    badge: Badge
    headline: str
    brief: str
    confidence: str | None
    presenter: str | None
    receiver: str | None
    wanted_name: str | None
    is_refused: bool
    certificate: CertificateView | None
    presented: str
    store: str | None
    files: tuple[str, ...]
    inferred: InferredView | None
    named: NamedView | None
    place: str
    frame: FrameReference | None
    conversation_filter: str | None
    refusal: RefusalView | None
    connections: int
    connection_anchor: str | None
    collect: str | None


def verdict_view(
    report: Report, verdict: Verdict, index: Index, drawn: Container[str], but: Finding | None = None
) -> VerdictView:
    """Show a verdict by its exhibit; `drawn`: ids of connections in the page; `but`: against a success."""
    exhibit = exhibit_of(verdict, index)
    connection, certificate = exhibit.connection, exhibit.certificate
    node = index.nodes.get(verdict.node)
    at = (node.reference_time if node else report.case.reference_time).time
    ends = verdict.local_role is not None or connection is not None
    owner = exhibit.owner if exhibit.owner != verdict.node else None
    return VerdictView(
        badge=verdict_badge(verdict, but),
        headline=headline(verdict, but=but is not None),
        brief=verdict.grounds.brief or verdict.sentence,
        confidence=confidence_words(verdict),
        presenter=_place(verdict, exhibit, exhibit.side) if ends else None,
        receiver=_place(verdict, exhibit, exhibit.side.other) if ends else None,
        wanted_name=verdict.grounds.wanted_name,
        is_refused=verdict.grounds.refused is not None,
        certificate=certificate_view(report.case, certificate, at, report.ends_soon_days) if certificate else None,
        presented=wording.VISIBILITIES[exhibit.visibility] if exhibit.visibility else say("not known"),
        store=wording.store_of(exhibit.store, owner) if exhibit.store else None,
        files=store_files(index.nodes.get(exhibit.owner), exhibit.store),
        inferred=_inferred(report, verdict, index),
        named=_named(verdict.grounds.named),
        place=wording.place(exhibit.frame),
        frame=frame_reference(exhibit.frame),
        conversation_filter=conversation_filter(connection.handshake.client, connection.handshake.server)
        if connection
        else None,
        refusal=_refusal(verdict, exhibit),
        connections=len(verdict.connections),
        connection_anchor=anchor("connection", connection.id) if connection and connection.id in drawn else None,
        collect=verdict.collect,
    )


def _end(verdict: Verdict, exhibit: Exhibit, side: Side) -> str:
    """Call an end by its name and its role; where the roles are not known, by its role and address."""
    if verdict.local_role is None:
        if exhibit.connection:
            return end_names(exhibit.connection)[side]
        return say("the client") if side is Side.CLIENT else say("the server")
    name = wording.node_label(verdict.node) if side is verdict.local_role else verdict.peer
    return say("{name} ({role})", name=name, role=wording.SIDES[side])


def _place(verdict: Verdict, exhibit: Exhibit, side: Side) -> str:
    """Call an end by its name, role, address and zone."""
    end, connection = _end(verdict, exhibit, side), exhibit.connection
    if connection is None or verdict.local_role is None:
        return end
    address = connection.handshake.client if side is Side.CLIENT else connection.handshake.server
    zone = connection.peer.zone if side is verdict.local_role.other else None
    if zone and zone not in end:
        return say("{end}, {address}, zone {zone}", end=end, address=address, zone=zone)
    return say("{end}, {address}", end=end, address=address)


def _inferred(report: Report, verdict: Verdict, index: Index) -> InferredView | None:
    presented = verdict.grounds.by_rule
    node = index.nodes.get(verdict.node)
    at = (node.reference_time if node else report.case.reference_time).time
    identity = presented.certificate if presented else None
    view = certificate_view(report.case, identity, at, report.ends_soon_days) if identity else None
    if presented is None or view is None or presented.store is None:
        return None
    return InferredView(
        certificate=view, store=wording.STORES[presented.store], files=store_files(node, presented.store)
    )


def _named(identity: PeerIdentity | None) -> NamedView | None:
    if identity is None:
        return None
    return NamedView(names=identity.names, line=line_spot(identity.file, identity.line))


def _refusal(verdict: Verdict, exhibit: Exhibit) -> RefusalView | None:
    if verdict.refused_by is None:
        return None
    alert, record = exhibit.alert, exhibit.event.record if exhibit.event else None
    words = wording.alert(alert) if alert else record.detail if record else None
    reason = exhibit.connection.outcome_reason if exhibit.connection else None
    return RefusalView(
        who=_end(verdict, exhibit, verdict.refused_by),
        words=words or reason or say("reason not stated"),
        meaning=wording.ALERT_MEANINGS.get(alert.code) if alert else None,
        frame=frame_reference(alert),
        line=line_spot(record.file, record.line) if record else None,
        line_time=wording.utc(record.time) if record and record.time else "",
    )

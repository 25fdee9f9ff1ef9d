"""The first screen's answers: which certificate was presented to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from analyzer.evidence import Connection, Side
from analyzer.findings import Confidence, Report, Verdict
from analyzer.report import wording
from analyzer.report.links import FrameReference, anchor, conversation_filter, frame_reference
from analyzer.report.summary import (
    Index,
    certificate_frame,
    headline,
    presenting_side,
    refusing_alert,
    refusing_event,
    shown_connection,
)
from analyzer.report.views.badge import Badge, verdict_badge
from analyzer.report.views.certificates import CertificateView, certificate_view
from analyzer.report.views.handshakes import end_names
from analyzer.report.views.stores import store_files


class RefusalView(Struct, frozen=True, kw_only=True):
    """Who refused, in which words, and where that stands."""

    who: str
    words: str
    meaning: str | None
    frame: FrameReference | None
    line: str | None


class VerdictView(Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        presenter: None where neither a role nor a connection is known.
        confidence: None where the badge says that it is not determinable.
        certificate: what this node presented; None unless it was seen.
        presented: how it can be seen, or why it cannot.
        store: the store that it stands in, in words; None if it cannot be told.
        frame: of the Certificate message in the connection that is shown.
        connection_anchor: None if that connection is not drawn in the page.
    """

    badge: Badge
    headline: str
    sentence: str
    confidence: str | None
    presenter: str | None
    certificate: CertificateView | None
    presented: str
    store: str | None
    files: tuple[str, ...]
    frame: FrameReference | None
    conversation_filter: str | None
    refusal: RefusalView | None
    connections: int
    connection_anchor: str | None
    collect: str | None


def verdict_view(report: Report, verdict: Verdict, index: Index, drawn: Container[str]) -> VerdictView:
    """Show a verdict by the newest connection that it names; `drawn` are the ids of connections in the page."""
    connection = shown_connection(verdict, index)
    node = index.nodes.get(verdict.node)
    presented = verdict.presented
    open_ = verdict.confidence is Confidence.NOT_DETERMINABLE
    at = (node.reference_time if node else report.case.reference_time).time
    return VerdictView(
        badge=verdict_badge(verdict),
        headline=headline(verdict),
        sentence=verdict.sentence,
        confidence=None if open_ else wording.CONFIDENCES[verdict.confidence],
        presenter=_end(verdict, presenting_side(verdict), connection) if verdict.local_role or connection else None,
        certificate=certificate_view(report.case, presented.certificate, at) if presented.certificate else None,
        presented=wording.VISIBILITIES[presented.visibility] if presented.visibility else "not known",
        store=wording.STORES[presented.store] if presented.store else None,
        files=store_files(node, presented.store),
        frame=frame_reference(certificate_frame(connection, presenting_side(verdict))) if connection else None,
        conversation_filter=_filter(connection),
        refusal=_refusal(verdict, connection, index),
        connections=len(verdict.connections),
        connection_anchor=anchor("connection", connection.id) if connection and connection.id in drawn else None,
        collect=verdict.collect,
    )


def _end(verdict: Verdict, side: Side, connection: Connection | None) -> str:
    """Call an end by its name and its role; where the roles are not known, by its role and address."""
    if verdict.local_role is None:
        return end_names(connection)[side] if connection else f"the {side}"
    name = wording.node_label(verdict.node) if side is verdict.local_role else verdict.peer
    return f"{name} ({wording.SIDES[side]})"


def _filter(connection: Connection | None) -> str | None:
    return conversation_filter(connection.handshake.client, connection.handshake.server) if connection else None


def _refusal(verdict: Verdict, connection: Connection | None, index: Index) -> RefusalView | None:
    if verdict.refused_by is None or verdict.confidence is Confidence.NOT_DETERMINABLE:
        return None
    alert = refusing_alert(connection, verdict.refused_by)
    event = refusing_event(verdict, index)
    words = wording.alert(alert) if alert else event.record.detail if event else None
    return RefusalView(
        who=_end(verdict, verdict.refused_by, connection),
        words=words or (connection.outcome_reason if connection else None) or "reason not stated",
        meaning=wording.ALERT_MEANINGS.get(alert.code) if alert else None,
        frame=frame_reference(alert),
        line=f"{event.record.file}, line {event.record.line}" if event else None,
    )

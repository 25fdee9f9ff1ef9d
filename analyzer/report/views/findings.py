"""Findings as cards: found, what it means, what to do, and the evidence; consequences under their cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from analyzer.findings import Evidence, EvidenceKind, Finding
from analyzer.report import wording
from analyzer.report.conclusions import Cause
from analyzer.report.links import anchor, frame_filter
from analyzer.report.steps import steps_of
from analyzer.report.summary import Index
from analyzer.report.views.badge import Badge, severity_badge
from analyzer.report.views.certificates import certificate_anchor
from analyzer.report.views.sources import SourceView, citation_views
from analyzer.report.views.spot import Spot
from analyzer.report.views.steps import RemedyView, StepView, remedy_view, step_view
from analyzer.words import listed, say

MAX_EVIDENCE = 12


class EvidenceView(Struct, frozen=True, kw_only=True):
    """A piece of evidence: where it stands, and what stands there. `anchor` leads to the certificate."""

    kind: str
    where: Spot
    text: str
    display_filter: str | None
    anchor: str | None


class FindingView(Struct, frozen=True, kw_only=True):
    """One card.

    Attributes:
        about: what it is about, and the node that it was found on.
        repeats: how often and between which times; None for a single one without a time.
    """

    anchor: str
    badge: Badge
    id: str
    title: str
    node: str
    about: str
    confidence: str
    explanation: str
    steps: tuple[StepView, ...]
    evidence: tuple[EvidenceView, ...]
    more_evidence: int
    repeats: str | None
    sources: tuple[SourceView, ...]
    consequences: tuple[FindingView, ...] = ()


def finding_anchors(findings: Iterable[Finding]) -> dict[Finding, str]:
    """Give each finding an anchor: its id, numbered from the second one of that id on."""
    seen: Counter[str] = Counter()
    anchors: dict[Finding, str] = {}
    for finding in findings:
        seen[finding.id] += 1
        number = seen[finding.id]
        anchors.setdefault(finding, anchor(finding.id, *([str(number)] if number > 1 else [])))
    return anchors


def cause_view(cause: Cause, anchors: Mapping[Finding, str], peers: Container[str], index: Index) -> FindingView:
    """Show a cause with its consequences; `peers` are the names of the case's peers."""
    consequences = tuple(finding_view(finding, anchors, peers, index) for finding in cause.consequences)
    return finding_view(cause.finding, anchors, peers, index, consequences)


class CauseLink(Struct, frozen=True, kw_only=True):
    """A cause on the first screen."""

    badge: Badge
    title: str
    node: str
    anchor: str


def cause_links(
    causes: Iterable[Cause], anchors: Mapping[Finding, str], first: Finding | None = None
) -> tuple[CauseLink, ...]:
    """Link to causes; to one finding before them, even if it follows from one: the badge of the answer names it."""
    findings = dict.fromkeys((*([first] if first else ()), *(cause.finding for cause in causes)))
    return tuple(
        CauseLink(
            badge=severity_badge(finding.severity),
            title=finding.title,
            node=wording.node_label(finding.node),
            anchor=anchors[finding],
        )
        for finding in findings
    )


class UnansweredView(Struct, frozen=True, kw_only=True):
    """What is missing, and the questions that stay open without it."""

    missing: str
    questions: tuple[tuple[str, str, str], ...]
    steps: tuple[RemedyView, ...]


def unanswered_view(missing: str, findings: tuple[Finding, ...]) -> UnansweredView:
    """Show findings that lack the same thing; each question as title, id and node, each step once."""
    return UnansweredView(
        missing=missing,
        questions=tuple((f.title, f.id, wording.node_label(f.node)) for f in findings),
        steps=tuple(dict.fromkeys(remedy_view(remedy) for f in findings for remedy in f.remedy)),
    )


class RemarkView(Struct, frozen=True, kw_only=True):
    """A row of the context: what several nodes have alike is one. `anchors`: of the others' remarks."""

    shown: FindingView
    anchors: tuple[str, ...]


def remark_views(
    findings: Iterable[Finding], anchors: Mapping[Finding, str], peers: Container[str], index: Index
) -> tuple[RemarkView, ...]:
    """Show the context, each remark once."""
    alike: dict[object, list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.id, finding.title, finding.explanation, finding.confidence), []).append(finding)
    return tuple(_remark([finding_view(one, anchors, peers, index) for one in group]) for group in alike.values())


def _remark(views: list[FindingView]) -> RemarkView:
    first, *others = views
    evidence = [row for view in views for row in view.evidence]
    shown = replace(
        first,
        about=listed(dict.fromkeys(view.about for view in views)),
        evidence=tuple(evidence[:MAX_EVIDENCE]),
        more_evidence=sum(view.more_evidence for view in views) + max(0, len(evidence) - MAX_EVIDENCE),
    )
    return RemarkView(shown=shown if others else first, anchors=tuple(view.anchor for view in others))


def finding_view(
    finding: Finding,
    anchors: Mapping[Finding, str],
    peers: Container[str],
    index: Index,
    consequences: tuple[FindingView, ...] = (),
) -> FindingView:
    """Show a finding with what follows from it."""
    return FindingView(
        anchor=anchors[finding],
        badge=severity_badge(finding.severity),
        id=finding.id,
        title=finding.title,
        node=wording.node_label(finding.node),
        about=_about(finding, peers),
        confidence=wording.CONFIDENCES[finding.confidence],
        explanation=finding.explanation,
        steps=tuple(step_view(step, index) for step in steps_of(finding)),
        evidence=tuple(_evidence(evidence) for evidence in finding.evidence[:MAX_EVIDENCE]),
        more_evidence=max(0, len(finding.evidence) - MAX_EVIDENCE),
        repeats=_repeats(finding),
        sources=citation_views(finding.sources),
        consequences=consequences,
    )


def _about(finding: Finding, peers: Container[str]) -> str:
    """Say what a finding is about and on which node it was found; two names alone would not tell which is which."""
    node = wording.node_label(finding.node)
    if finding.subject in {"", node}:
        return node
    if finding.subject in peers:
        return say("peer {peer}, on {node}", peer=finding.subject, node=node)
    return say("{subject}, on {node}", subject=finding.subject, node=node)


def _evidence(evidence: Evidence) -> EvidenceView:
    kind, locator, file = evidence.kind, evidence.locator, evidence.file
    is_certificate = kind is EvidenceKind.CERTIFICATE and isinstance(locator, str)
    place = _place(kind, locator)
    return EvidenceView(
        kind=wording.EVIDENCE_KINDS[kind],
        where=Spot(file, place),
        text=evidence.text,
        display_filter=frame_filter(locator) if kind is EvidenceKind.FRAME and isinstance(locator, int) else None,
        anchor=certificate_anchor(str(locator)) if is_certificate else None,
    )


def _place(kind: EvidenceKind, locator: str | int) -> str:
    match kind:
        case EvidenceKind.FRAME:
            return wording.frame(locator)
        case EvidenceKind.LINE:
            return wording.line(locator)
        case EvidenceKind.CERTIFICATE:
            return f"SHA-256 {str(locator)[:16]}…"
        case _:
            return locator if isinstance(locator, str) else str(locator)


def _repeats(finding: Finding) -> str | None:
    times = [wording.utc(time) for time in (finding.first, finding.last) if time]
    span = ""
    if len(set(times)) == 2:
        span = say("from {first} to {last}", first=times[0], last=times[1])
    elif times:
        span = say("at {time}", time=times[0])
    if finding.count == 1:
        return span or None
    often = say("{count:,} times", count=finding.count)
    return say("{often} {span}", often=often, span=span) if span else often

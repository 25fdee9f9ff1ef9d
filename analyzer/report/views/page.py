"""The whole page: a `Report` in, one `Page` out."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from analyzer.evidence import Case, Input, Member, Problem, ReadState
from analyzer.findings import Confidence, Report
from analyzer.report import wording
from analyzer.report.conclusions import conclude
from analyzer.report.steps import plan
from analyzer.report.summary import Index, index_of, leading_verdict
from analyzer.report.views.answers import AnswersView, answers_view
from analyzer.report.views.badge import Badge, Tone
from analyzer.report.views.certificates import CertificateView, described_certificates
from analyzer.report.views.connections import ConnectionsView, connections_view
from analyzer.report.views.findings import (
    CauseLink,
    FindingView,
    RemarkView,
    UnansweredView,
    cause_links,
    cause_view,
    finding_anchors,
    remark_views,
    unanswered_view,
)
from analyzer.report.views.forecast import ForecastView, forecast_views
from analyzer.report.views.nodes import NodeView, node_view, role_order
from analyzer.report.views.outlook import OutlookView, outlook_view
from analyzer.report.views.services import ServicesView, services_view
from analyzer.report.views.sources import SourceView, source_views
from analyzer.report.views.steps import StepView, step_view
from analyzer.report.views.timeline import Timeline, timeline_of
from analyzer.report.views.verdicts import VerdictView, verdict_view
from analyzer.words import counted, listed, say

MAX_CARDS = 100
MAX_MEMBERS = 500
MAX_PROBLEMS = 500

_READ_TONES = {ReadState.WHOLE: Tone.GOOD, ReadState.PART: Tone.WARN, ReadState.NOT: Tone.OPEN}


class MemberView(Struct, frozen=True, kw_only=True):
    """A member of an input. `size` in bytes; empty strings where nothing is known."""

    name: str
    kind: str
    node: str
    size: str
    sha256: str
    read: Badge
    reason: str


class InputView(Struct, frozen=True, kw_only=True):
    """An input with its members; `read` counts them by what came of reading them."""

    name: str
    sha256: str
    read: str
    members: tuple[MemberView, ...]
    more: int


class Page(Struct, frozen=True, kw_only=True):
    """Everything that the templates place.

    Attributes:
        leading: the answer of the first screen; None: there is no verdict at all.
        steps, later: what to do now, and what waits for a day.
        nothing_to_do: what is said where there is no step for now.
        check_again: whether to say how to see what the steps did; one that collects says it itself.
        has_failed: whether there is a failure to explain.
        why, also: what is tied to the leading answer, and what else has weight.
        counts: findings by severity, in words.
        private_keys: the members that a private key was found in.
        certificates: all but those that are in nothing but a trusted CA list.
        certificate_anchors: of these; a link to any other certificate would lead nowhere.
    """

    title: str
    tool_version: str
    facts_as_of: str
    reference_time: str
    private_keys: tuple[str, ...]
    leading: VerdictView | None
    answers: AnswersView
    steps: tuple[StepView, ...]
    later: StepView | None
    nothing_to_do: str
    check_again: bool
    has_failed: bool
    why: tuple[CauseLink, ...]
    also: tuple[CauseLink, ...]
    counts: str
    critical: tuple[FindingView, ...]
    warnings: tuple[FindingView, ...]
    remarks: tuple[FindingView, ...]
    context: tuple[RemarkView, ...]
    more_findings: int
    unanswered: tuple[UnansweredView, ...]
    nodes: tuple[NodeView, ...]
    timeline: Timeline | None
    connections: ConnectionsView
    connection_count: str
    forecast: tuple[ForecastView, ...]
    forecast_count: int
    certificates: tuple[CertificateView, ...]
    certificate_anchors: frozenset[str]
    inputs: tuple[InputView, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    sources: tuple[SourceView, ...]
    outlook: OutlookView | None
    services: ServicesView


def page_view(report: Report) -> Page:
    """Decide what the page shows, in which order, and how much of it."""
    case = report.case
    index = index_of(case)
    conclusions = conclude(report, index)
    anchors = finding_anchors(report.findings)
    peers = {c.peer.name for c in case.connections} | {e.peer.name for e in case.events if e.peer}
    connections = connections_view(case, index)
    leading = leading_verdict(report)
    steps = plan(conclusions, leading)
    others = sorted(
        (verdict for verdict in report.verdicts if verdict is not leading),
        key=lambda verdict: verdict.confidence is Confidence.NOT_DETERMINABLE,
    )
    critical, warnings, remarks = (
        tuple(cause_view(cause, anchors, peers, index) for cause in group[:MAX_CARDS])
        for group in (conclusions.critical, conclusions.warnings, conclusions.remarks)
    )
    nodes = tuple(node_view(report, node, n) for n, node in enumerate(sorted(case.nodes, key=role_order), start=1))
    certificates = described_certificates(report)
    return Page(
        title=_title(report),
        tool_version=report.tool_version,
        facts_as_of=report.facts_as_of,
        reference_time=_reference_time(report),
        private_keys=tuple(m.reference for record in case.inputs for m in record.members if m.private_keys),
        leading=verdict_view(report, leading, index, connections.drawn, but=conclusions.but) if leading else None,
        answers=answers_view(report, leading, others, index, connections.drawn),
        steps=tuple(step_view(step, index, anchors) for step in steps.now),
        later=step_view(steps.later, index, anchors) if steps.later else None,
        nothing_to_do=wording.nothing_to_do(waits=steps.later is not None, remarks=steps.remarks),
        check_again=bool(steps.now) and not any(step.is_collect for step in steps.now),
        has_failed=conclusions.has_failed,
        why=cause_links(conclusions.why, anchors, first=conclusions.but),
        also=cause_links(conclusions.also, anchors),
        counts=conclusions.counts,
        critical=critical,
        warnings=warnings,
        remarks=remarks,
        context=remark_views(conclusions.context[:MAX_CARDS], anchors, peers, index),
        more_findings=sum(
            max(0, len(group) - MAX_CARDS)
            for group in (conclusions.critical, conclusions.warnings, conclusions.remarks, conclusions.context)
        ),
        unanswered=tuple(unanswered_view(missing, findings) for missing, findings in conclusions.unanswered),
        nodes=nodes,
        timeline=timeline_of(case, sorted(case.nodes, key=role_order)),
        connections=connections,
        connection_count=_connection_count(case, index),
        forecast=forecast_views(report),
        forecast_count=len(report.forecast),
        certificates=certificates,
        certificate_anchors=frozenset(view.anchor for view in certificates),
        inputs=tuple(_input(record) for record in case.inputs),
        problems=case.problems[:MAX_PROBLEMS],
        problem_count=len(case.problems),
        sources=source_views((*report.findings, *(rule for row in report.forecast for rule in row.rules))),
        outlook=outlook_view(report.outlook),
        services=services_view(
            report.services, (leading.node, *leading.grounds.nodes) if leading else (), anchors, connections.drawn
        ),
    )


def _connection_count(case: Case, index: Index) -> str:
    """Count connections; of one that several captures show, each has a record."""
    order = {connection.id: number for number, connection in enumerate(case.connections)}
    distinct = sum(
        all(order[other.connection] > number for other in index.sightings.get(connection, ()))
        for connection, number in order.items()
    )
    records = len(case.connections)
    if distinct == records:
        return f"{records:,}"
    return say(
        "{records} of {connections}",
        records=counted(records, "{count:,} record", "{count:,} records"),
        connections=counted(distinct, "{count:,} connection", "{count:,} connections"),
    )


def _title(report: Report) -> str:
    nodes = sorted(report.case.nodes, key=role_order)
    names = [node.name for node in nodes if node.name] or [record.name for record in report.case.inputs]
    shown = ", ".join(names[:4])
    if len(names) > 4:
        return say("{names} and {count} more", names=shown, count=len(names) - 4)
    return shown or say("Nothing was read")


def _reference_time(report: Report) -> str:
    reference = report.case.reference_time
    if reference.time is None:
        return say("not known, so no date is judged")
    origin = wording.REFERENCE_ORIGINS.get(reference.origin, reference.origin)
    return say("{time} ({origin})", time=wording.utc(reference.time), origin=origin)


def _input(record: Input) -> InputView:
    counts = Counter(member.read for member in record.members)
    return InputView(
        name=record.name,
        sha256=record.sha256 or "",
        read=listed(
            say("{count:,} {state}", count=counts[state], state=wording.READ_STATES[state])
            for state in ReadState
            if counts[state]
        ),
        members=tuple(_member(member) for member in record.members[:MAX_MEMBERS]),
        more=max(0, len(record.members) - MAX_MEMBERS),
    )


def _member(member: Member) -> MemberView:
    return MemberView(
        name=member.name,
        kind=wording.MEMBER_KINDS[member.kind],
        node=member.node or "",
        size="" if member.size is None else f"{member.size:,}",
        sha256=member.sha256 or "",
        read=Badge(tone=_READ_TONES[member.read], word=wording.READ_STATES[member.read]),
        reason=member.reason or "",
    )

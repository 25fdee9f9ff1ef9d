"""What leads a report: the verdict of the first screen, root causes with what follows from them, the next steps.

Shared by the HTML report, the terminal and the note, so that all three tell the same story in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.evidence import Alert, Case, Connection, Event, Frame, Node, Outcome, PeerKind, Side, Step
from analyzer.findings import Confidence, Finding, Remedy, RemedyKind, Report, Severity, Verdict
from analyzer.report import wording

_SEVERITIES = tuple(Severity)
_REMEDY_KINDS = tuple(RemedyKind)
_WEIGHTY = {Severity.CRITICAL, Severity.WARNING}
_OPEN = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A finding that nothing else explains, with the findings that it explains, directly or not."""

    finding: Finding
    consequences: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """All findings, in the order in which they are told.

    Attributes:
        causes: what is broken: critical ones, and any that explains a critical one or a warning.
        warnings: warnings that explain nothing else.
        remarks: info and ok.
        unanswered: what is missing, and the findings that could not be decided without it.
    """

    causes: tuple[Cause, ...]
    warnings: tuple[Cause, ...]
    remarks: tuple[Cause, ...]
    unanswered: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def consequences(self) -> int:
        """How many findings follow from another one."""
        return sum(len(cause.consequences) for cause in self.causes)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One of the steps of the first screen, and the finding that asks for it."""

    remedy: Remedy
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The case's records by the names that verdicts use for them."""

    nodes: Mapping[str | None, Node]
    connections: Mapping[str, Connection]
    events: Mapping[str, Event]


def index_of(case: Case) -> Index:
    return Index(
        nodes={node.name: node for node in case.nodes},
        connections={connection.id: connection for connection in case.connections},
        events={event.id: event for event in case.events},
    )


def conclude(findings: Sequence[Finding]) -> Conclusions:
    """Sort findings into causes, warnings, remarks and open questions; each group by severity, else as given."""
    causes = _by_cause([finding for finding in findings if finding.determined])
    leading = [cause for cause in causes if _leads(cause)]
    others = [cause for cause in causes if not _leads(cause)]
    unanswered: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if not finding.determined:
            unanswered[finding.missing or _OPEN].append(finding)
    return Conclusions(
        causes=tuple(leading),
        warnings=tuple(cause for cause in others if cause.finding.severity is Severity.WARNING),
        remarks=tuple(cause for cause in others if cause.finding.severity is not Severity.WARNING),
        unanswered=tuple((missing, tuple(group)) for missing, group in unanswered.items()),
    )


def next_steps(conclusions: Conclusions, limit: int = 3) -> tuple[NextStep, ...]:
    """Return the first steps to take: the worst findings first, and of equal ones the durable fix first."""
    told = [cause.finding for cause in (*conclusions.causes, *conclusions.warnings)]
    steps = [NextStep(remedy=remedy, finding=finding) for finding in told for remedy in finding.remedy]
    steps.sort(key=lambda step: (_severity(step.finding), _REMEDY_KINDS.index(step.remedy.kind)))
    if not steps:
        steps = [
            NextStep(remedy=remedy, finding=finding)
            for _, group in conclusions.unanswered
            for finding in group
            for remedy in finding.remedy
        ]
    distinct = {(step.remedy.text, step.remedy.command): step for step in reversed(steps)}
    return tuple(step for step in steps if distinct[step.remedy.text, step.remedy.command] is step)[:limit]


def leading_verdict(report: Report) -> Verdict | None:
    """Return the verdict of the first screen: a refusal by a known peer, else an answer, else an open question.

    What strangers on the Internet fail at leads only if there is nothing else.
    """
    kinds = {connection.id: connection.peer.kind for connection in report.case.connections}

    def rank(verdict: Verdict) -> int:
        if verdict.connections and all(kinds.get(id_) is PeerKind.INTERNET for id_ in verdict.connections):
            return 3
        if verdict.outcome is Outcome.REFUSED:
            return 0
        return 2 if verdict.confidence is Confidence.NOT_DETERMINABLE else 1

    return min(report.verdicts, key=rank, default=None)


def headline(verdict: Verdict) -> str:
    """Return the answer in a few words; `Verdict.sentence` has all of it."""
    node, peer = wording.node_label(verdict.node), verdict.peer
    role = f" as {wording.SIDES[verdict.local_role]}" if verdict.local_role else ""
    if verdict.confidence is Confidence.NOT_DETERMINABLE:
        return f"What {node} presented{role} to {peer} is not determinable"
    match verdict.outcome:
        case Outcome.REFUSED if verdict.local_role is None or verdict.refused_by is None:
            return f"{node}: the {verdict.refused_by or 'other side'} refused the handshake with {peer}"
        case Outcome.REFUSED if verdict.refused_by is verdict.local_role:
            return f"{node}{role} refused {peer}"
        case Outcome.REFUSED:
            return f"{peer} refused {node}{role}"
        case Outcome.COMPLETED:
            return f"{node}{role} to {peer}: the handshake completed"
        case Outcome.CLOSED:
            return f"{node}{role} to {peer}: closed without an alert"
        case Outcome.UNKNOWN:
            return f"{node}{role} to {peer}: what came of it is not known"


def shown_connection(verdict: Verdict, index: Index) -> Connection | None:
    """Return the connection that a verdict is shown with: the newest that it names."""
    named = [index.connections[id_] for id_ in verdict.connections if id_ in index.connections]
    return max(named, key=lambda connection: connection.handshake.started, default=None)


def presenting_side(verdict: Verdict) -> Side:
    """Return the side whose certificate a verdict is about; of unknown roles the client's."""
    return verdict.local_role or Side.CLIENT


def certificate_frame(connection: Connection, side: Side) -> Frame | None:
    """Return the frame of a side's Certificate message."""
    step = Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE
    return connection.handshake.frame(step)


def refusing_alert(connection: Connection | None, side: Side | None) -> Alert | None:
    """Return the last clear alert of the side that refused."""
    alerts = connection.handshake.alerts if connection else ()
    return next((alert for alert in reversed(alerts) if alert.sender is side), None)


def refusing_event(verdict: Verdict, index: Index) -> Event | None:
    """Return the log line that tells of a refusal: the first of the verdict's that names an error or an alert."""
    events = (index.events[id_] for id_ in verdict.events if id_ in index.events)
    return next((event for event in events if event.record.error or event.record.alert), None)


def _leads(cause: Cause) -> bool:
    explains = any(finding.severity in _WEIGHTY for finding in cause.consequences)
    return cause.finding.severity is Severity.CRITICAL or explains


def _severity(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)


def _by_cause(findings: Sequence[Finding]) -> list[Cause]:
    by_id: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        by_id[finding.id].append(index)
    parents = [_parent(index, findings, by_id) for index in range(len(findings))]
    groups: dict[int, list[Finding]] = defaultdict(list)
    for index, finding in enumerate(findings):
        root = _root(index, parents)
        if root == index:
            groups.setdefault(index, [])
        else:
            groups[root].append(finding)
    causes = [
        Cause(finding=findings[root], consequences=tuple(sorted(groups[root], key=_severity)))
        for root in sorted(groups)
    ]
    return sorted(causes, key=lambda cause: min(map(_severity, (cause.finding, *cause.consequences))))


def _parent(index: int, findings: Sequence[Finding], by_id: dict[str, list[int]]) -> int | None:
    """Return the explaining finding's index: of several with that id the one of the same node and subject."""
    finding = findings[index]
    candidates = [other for other in by_id.get(finding.caused_by or "", ()) if other != index]
    return min(
        candidates,
        key=lambda other: (findings[other].node != finding.node, findings[other].subject != finding.subject),
        default=None,
    )


def _root(index: int, parents: Sequence[int | None]) -> int:
    """Follow the causes up. Findings that explain each other in a circle stand for themselves."""
    seen = {index}
    current = index
    while (parent := parents[current]) is not None:
        if parent in seen:
            return index
        seen.add(parent)
        current = parent
    return current

"""Findings in the order in which every report tells them: root causes with what follows from them, then the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from analyzer.findings import Finding, Remedy, RemedyKind, Severity

_SEVERITIES = tuple(Severity)
_REMEDY_KINDS = tuple(RemedyKind)
_WEIGHTY = {Severity.CRITICAL, Severity.WARNING}
_OPEN = "not stated"


class Cause(Struct, frozen=True, kw_only=True):
    """A finding that nothing else explains, with the findings that it explains, directly or not."""

    finding: Finding
    consequences: tuple[Finding, ...] = ()


class Conclusions(Struct, frozen=True, kw_only=True):
    """All findings, in the order in which they are told.

    Attributes:
        causes: what is broken: critical ones, and any that explains a critical one or a warning.
        warnings: warnings that explain nothing else.
        remarks: info and ok.
        context: remarks of no weight by themselves.
        unanswered: what is missing, and the findings that could not be decided without it.
    """

    causes: tuple[Cause, ...]
    warnings: tuple[Cause, ...]
    remarks: tuple[Cause, ...]
    context: tuple[Finding, ...]
    unanswered: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def consequences(self) -> int:
        """How many findings follow from another one."""
        return sum(len(cause.consequences) for cause in self.causes)


class NextStep(Struct, frozen=True, kw_only=True):
    """One of the steps of the first screen, and the finding that asks for it."""

    remedy: Remedy
    finding: Finding


def conclude(findings: Sequence[Finding]) -> Conclusions:
    """Sort findings into causes, warnings, remarks, context and open questions; by severity, else as given."""
    causes = _by_cause([finding for finding in findings if finding.determined and not finding.is_context])
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
        context=tuple(finding for finding in findings if finding.is_context),
        unanswered=tuple((missing, tuple(group)) for missing, group in unanswered.items()),
    )


def next_steps(conclusions: Conclusions, limit: int = 3) -> tuple[NextStep, ...]:
    """Return the first steps to take: the worst findings first, and of equal ones the durable fix first.

    An open question alone calls for no step: what to collect for it stands beside it.
    """
    told = [finding for cause in (*conclusions.causes, *conclusions.warnings) for finding in _calling(cause)]
    steps = [NextStep(remedy=remedy, finding=finding) for finding in told for remedy in finding.remedy]
    steps.sort(
        key=lambda step: (
            step.remedy.kind is RemedyKind.COLLECT,
            _severity(step.finding),
            _REMEDY_KINDS.index(step.remedy.kind),
        )
    )
    distinct = {(step.remedy.text, step.remedy.command): step for step in reversed(steps)}
    return tuple(step for step in steps if distinct[step.remedy.text, step.remedy.command] is step)[:limit]


def _calling(cause: Cause) -> tuple[Finding, ...]:
    """Return the findings that call for a step: the cause, and before it what is worse than the cause itself."""
    worse = [finding for finding in cause.consequences if _severity(finding) < _severity(cause.finding)]
    return (*(finding for finding in worse if _acts(finding)), cause.finding, *worse)


def _acts(finding: Finding) -> bool:
    """Whether it says what to do, not only what to collect."""
    return any(remedy.kind is not RemedyKind.COLLECT for remedy in finding.remedy)


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

"""Findings in the order in which every report tells them: causes with what follows from them, by severity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from analyzer.evidence import Outcome
from analyzer.explained import roots_of
from analyzer.findings import Finding, Report, Severity, Verdict
from analyzer.report.summary import WEIGHTY, Index, leading_verdict
from analyzer.words import counted, listed, say

_SEVERITIES = tuple(Severity)
_GROUPS = ({Severity.CRITICAL}, {Severity.WARNING}, {Severity.INFO, Severity.OK})
_NEAR, _SAME_PEER, _FAR = range(3)
_OPEN = say("not stated")


class Cause(Struct, frozen=True, kw_only=True):
    """A finding that nothing else explains, with the findings that it explains, directly or not."""

    finding: Finding
    consequences: tuple[Finding, ...] = ()


class Conclusions(Struct, frozen=True, kw_only=True):
    """All findings, in the order in which they are told: those first that are tied to the leading verdict.

    Attributes:
        critical, warnings: causes, each as grave as what it explains.
        remarks: info and ok.
        context: remarks of no weight by themselves.
        unanswered: what is missing, and the findings that could not be decided without it.
        why: of the first two, those tied to the leading verdict: by its connections or log lines, else by its peer.
        has_failed: the leading handshake did, or something critical is tied to it.
        but: what the leading handshake has against it although it completed.
    """

    critical: tuple[Cause, ...]
    warnings: tuple[Cause, ...]
    remarks: tuple[Cause, ...]
    context: tuple[Finding, ...]
    unanswered: tuple[tuple[str, tuple[Finding, ...]], ...]
    why: tuple[Cause, ...]
    has_failed: bool
    but: Finding | None

    @property
    def also(self) -> tuple[Cause, ...]:
        """Causes of weight that have nothing to do with the leading verdict."""
        return tuple(cause for cause in (*self.critical, *self.warnings) if cause not in self.why)

    @property
    def counts(self) -> str:
        """How many there are of each severity, in words: causes, what follows from them, open questions."""
        following = sum(len(cause.consequences) for cause in (*self.critical, *self.warnings))
        unanswered = sum(len(findings) for _, findings in self.unanswered)
        return listed(
            (
                say("{count:,} critical", count=len(self.critical)),
                counted(len(self.warnings), "{count:,} warning", "{count:,} warnings"),
                counted(following, "{count:,} that follows", "{count:,} that follow") if following else "",
                counted(unanswered, "{count:,} open question", "{count:,} open questions"),
            )
        )


def conclude(report: Report, index: Index) -> Conclusions:
    """Sort findings into causes, warnings, remarks, context and open questions; by severity, else as given."""
    findings, tie = report.findings, _Tie(leading_verdict(report), index)
    causes = _by_cause([finding for finding in findings if finding.determined and not finding.is_context])
    causes.sort(key=lambda cause: (_SEVERITIES.index(cause.finding.severity), tie.distance(cause)))
    unanswered: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if not finding.determined:
            unanswered[finding.missing or _OPEN].append(finding)
    critical, warnings, remarks = (
        tuple(cause for cause in causes if cause.finding.severity in group) for group in _GROUPS
    )
    why = [cause for cause in (*critical, *warnings) if tie.distance(cause) < _FAR]
    return Conclusions(
        critical=critical,
        warnings=warnings,
        remarks=remarks,
        context=tuple(finding for finding in findings if finding.is_context),
        unanswered=tuple((missing, tuple(group)) for missing, group in unanswered.items()),
        why=tuple(sorted(why, key=tie.distance)),
        has_failed=tie.has_failed or any(cause in critical for cause in why),
        but=tie.against(why),
    )


class _Tie:
    """How near findings are to the leading verdict: on its connections or log lines, with its peer, or elsewhere."""

    def __init__(self, verdict: Verdict | None, index: Index) -> None:
        """Keep the verdict, and all ids that stand for what it is about: the other end's view of it as well."""
        self.verdict = verdict
        own = (*verdict.connections, *verdict.events) if verdict else ()
        twins = (sighting.connection for id_ in own for sighting in index.sightings.get(id_, ()))
        self.behind = frozenset((*own, *twins))

    @property
    def has_failed(self) -> bool:
        return self.verdict is not None and self.verdict.outcome in {Outcome.REFUSED, Outcome.CLOSED}

    def distance(self, cause: Cause) -> int:
        """Return that of the nearest finding of weight: a remark that follows from a cause ties it to nothing."""
        weighty = (finding for finding in cause.consequences if finding.severity in WEIGHTY)
        return min(map(self._distance, (cause.finding, *weighty)))

    def against(self, why: Sequence[Cause]) -> Finding | None:
        """Return the gravest finding on a handshake that completed, else what is critical about its peer."""
        if self.verdict is None or self.verdict.outcome is not Outcome.COMPLETED:
            return None
        told = [finding for cause in why for finding in (cause.finding, *cause.consequences)]
        near = [f for f in told if self._distance(f) == _NEAR and f.severity in WEIGHTY]
        critical = [f for f in told if f.severity is Severity.CRITICAL]
        return min(near, key=_severity, default=None) or next(iter(critical), None)

    def _distance(self, finding: Finding) -> int:
        if self.verdict is None:
            return _FAR
        if not self.behind.isdisjoint(finding.rests_on):
            return _NEAR
        grounds = self.verdict.grounds
        return _SAME_PEER if finding.node in grounds.nodes and finding.about & grounds.about else _FAR


def _severity(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)


def _by_cause(findings: Sequence[Finding]) -> list[Cause]:
    groups: dict[int, list[Finding]] = defaultdict(list)
    for index, (finding, root) in enumerate(zip(findings, roots_of(findings), strict=True)):
        if root == index:
            groups.setdefault(index, [])
        else:
            groups[root].append(finding)
    return [
        Cause(finding=findings[root], consequences=tuple(sorted(groups[root], key=_severity)))
        for root in sorted(groups)
    ]

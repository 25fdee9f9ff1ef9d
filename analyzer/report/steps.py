"""What to do now and later, and where: the same steps for HTML, terminal and note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import NodeRole, Outcome
from analyzer.findings import HERE, Finding, Remedy, RemedyKind, Severity, Verdict
from analyzer.report.conclusions import Cause, Conclusions
from analyzer.report.summary import Index
from analyzer.words import Words, say

MOST = 3
"""Steps, and ways to take the one for later, on the first screen: the card of the finding has all."""

_KINDS = tuple(RemedyKind)
_ROLES = {NodeRole.CORE: "Core", NodeRole.EDGE: "Edge"}

_NO_CONNECTION = Remedy(
    text=say(
        "Collect a diagnostic log with “Take tcpdump while logging” ticked while the connection in question is tried."
    ),
    kind=RemedyKind.COLLECT,
    at=None,
)

_BOTH_ENDS = Remedy(
    text=say(
        "Nothing that was read says why it failed: take a diagnostic log with tcpdump at both ends at the same time "
        "while the connection is tried again."
    ),
    kind=RemedyKind.COLLECT,
    at=None,
)
_THIS_END = Remedy(
    text=say(
        "Nothing that was read says why it refused: take a diagnostic log with “Take tcpdump while logging” ticked "
        "while the connection is tried again."
    ),
    kind=RemedyKind.COLLECT,
)


class Step(Struct, frozen=True, kw_only=True):
    """One step, or the ways to take it.

    Attributes:
        options: of which one is enough; the durable first.
        node: the one that `HERE` means.
        finding: that asks for it; None: the verdict itself does.
    """

    options: tuple[Remedy, ...]
    node: str | None
    finding: Finding | None = None

    @property
    def is_collect(self) -> bool:
        return self.options[0].kind is RemedyKind.COLLECT


class Plan(Struct, frozen=True, kw_only=True):
    """What to do now, and what waits for a day: the step of the forecast that comes first.

    Attributes:
        remarks: how many findings of no weight have steps in their cards.
    """

    now: tuple[Step, ...]
    later: Step | None
    remarks: int = 0


def plan(conclusions: Conclusions, verdict: Verdict | None) -> Plan:
    """Return what to do: now what cures the causes of what fails, in three steps at most; later what a forecast asks.

    Without a failure the warnings call for what to do now. A failure that nothing explains calls for what would
    explain it: warnings about something else do not mend it. An open question alone calls for no step: what to
    collect for it stands beside it.
    """
    causes = (*conclusions.why, *conclusions.also)
    waiting = [cause.finding for cause in causes if cause.finding.due is not None]
    causes = tuple(cause for cause in causes if cause.finding.due is None)
    failing = [c for c in causes if c in conclusions.why or c.finding.severity is Severity.CRITICAL]
    is_unexplained = conclusions.has_failed and not any(cause in conclusions.why for cause in causes)
    chosen = failing or (() if is_unexplained else causes)
    steps = [step for cause in chosen for step in _steps_of_cause(cause)]
    own = _of_verdict(verdict)
    if is_unexplained:
        now = [*(own or _of_failure(verdict)), *steps]
    else:
        fixes = [step for step in steps if not step.is_collect] or [step for step in own if not step.is_collect]
        asked = [step for step in own if step.is_collect] or [step for step in steps if step.is_collect]
        now = [*fixes, *asked]
    first = min(waiting, key=lambda finding: str(finding.due), default=None)
    later = steps_of(first)[:1] if first else ()
    return Plan(
        now=tuple(_distinct(now))[:MOST],
        later=replace(later[0], options=later[0].options[:MOST]) if later else None,
        remarks=sum(bool(f.remedy) for cause in conclusions.remarks for f in (cause.finding, *cause.consequences)),
    )


def steps_of(finding: Finding) -> tuple[Step, ...]:
    """Return the steps that a finding asks for. Alternatives are one step, and so is a fix with its stop-gap."""
    return tuple(Step(options=options, node=finding.node, finding=finding) for options in _grouped(finding.remedy))


def _grouped(remedies: Iterable[Remedy]) -> Iterator[tuple[Remedy, ...]]:
    steps: list[list[Remedy]] = []
    for remedy in sorted(remedies, key=lambda remedy: _KINDS.index(remedy.kind)):
        is_option = remedy.instead or remedy.kind is RemedyKind.STOP_GAP
        if is_option and steps and steps[-1][0].kind is not RemedyKind.COLLECT:
            steps[-1].append(remedy)
        else:
            steps.append([remedy])
    return map(tuple, steps)


def place(remedy: Remedy, node: str | None, index: Index) -> Words | None:
    """Say on which node a step is taken; None: the text says where. `node`: the one that `HERE` means."""
    name = node if remedy.at == HERE else remedy.at
    if name is None:
        return None
    known = index.nodes.get(name)
    role = _ROLES.get(known.role) if known else None
    return say("On {node} ({role})", node=name, role=role) if role else say("On {node}", node=name)


def placed(remedy: Remedy, node: str | None, index: Index) -> Words:
    """Return a step with the place where it is taken in front of it."""
    where = place(remedy, node, index)
    return say("{place}: {step}", place=where, step=remedy.text) if where else remedy.text


def _of_verdict(verdict: Verdict | None) -> tuple[Step, ...]:
    if verdict is None:
        return (Step(options=(_NO_CONNECTION,), node=None),)
    return tuple(Step(options=options, node=verdict.node) for options in _grouped(verdict.grounds.remedy))


def _of_failure(verdict: Verdict | None) -> tuple[Step, ...]:
    """Return where to look for what made the leading handshake fail: with whoever refused, else at both ends."""
    if verdict is None:
        return ()
    if verdict.outcome is not Outcome.REFUSED or verdict.refused_by is None or verdict.local_role is None:
        return (Step(options=(_BOTH_ENDS,), node=verdict.node),)
    if verdict.refused_by is verdict.local_role:
        return (Step(options=(_THIS_END,), node=verdict.node),)
    text = say(
        "Nothing that was read says why {peer} refused: get the other end's log of the time of this handshake.",
        peer=verdict.peer,
    )
    return (Step(options=(Remedy(text=text, kind=RemedyKind.COLLECT, at=None),), node=verdict.node),)


def _steps_of_cause(cause: Cause) -> tuple[Step, ...]:
    """Return the steps that a cause asks for; of something critical without any, how to come to know its cause."""
    steps = tuple(step for finding in _calling(cause) for step in steps_of(finding))
    if not steps and cause.finding.severity is Severity.CRITICAL:
        return (Step(options=(_BOTH_ENDS,), node=cause.finding.node, finding=cause.finding),)
    return steps


def _calling(cause: Cause) -> Iterator[Finding]:
    """Yield the findings that call for steps: the cause; if it has none, what as grave follows from it."""
    yield cause.finding
    if all(remedy.kind is RemedyKind.COLLECT for remedy in cause.finding.remedy):
        yield from (finding for finding in cause.consequences if finding.severity is cause.finding.severity)


def _distinct(steps: Iterable[Step]) -> Iterable[Step]:
    """Return the steps, each once, however many findings ask for it."""
    distinct: dict[object, Step] = {}
    for step in steps:
        distinct.setdefault((step.options, step.node), step)
    return distinct.values()

"""The whole data flow on one screen: paths in, a report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from analyzer import __version__
from analyzer.bundle import Inputs, OpenInput, open_inputs
from analyzer.correlate.case import join
from analyzer.correlate.grouping import group_members
from analyzer.evidence import Case, Input, Member, MemberKind, ReadState
from analyzer.facts.dates import threshold_days
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Report
from analyzer.intake import Progress, read_node, silent
from analyzer.memory import without_collections
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.forecast_table import forecast_of
from analyzer.rules.outlook.evaluation import outlook_of
from analyzer.rules.outlook.services import services_of
from analyzer.rules.runner import run
from analyzer.rules.verdicts import verdicts_of
from analyzer.rules.view import views_of


class Options(Struct, frozen=True, kw_only=True):
    """How to analyse.

    Attributes:
        as_of: judge dates at this time instead of the evidence's.
        facts: what is known of the world: the packaged facts, or a user's over them.
        progress: told how far the reading of each member is.
    """

    as_of: datetime | None = None
    facts: Facts = PACKAGED
    progress: Progress = silent


class NothingToAnalyzeError(Exception):
    """None of the inputs holds a member, capture, certificate, log or dump that can be read."""


def analyze(paths: Sequence[Path | str], options: Options | None = None) -> Report:
    """Read bundles, join what they say, judge it.

    Raises:
        NothingToAnalyzeError: if there is nothing in them that this program reads.
    """
    options = options or Options()
    with open_inputs([Path(path) for path in paths]) as inputs:
        case = _read_case(inputs, options)
    if not any(_is_readable(member) for shown in case.inputs for member in shown.members):
        raise NothingToAnalyzeError(_why_nothing(case))
    with without_collections():
        return _judged(case, options.facts)


def _judged(case: Case, facts: Facts) -> Report:
    views = views_of(case, facts)
    findings = tie(run(case, RULES, facts, views))
    outlook = outlook_of(case, facts, views)
    return Report(
        tool_version=__version__,
        facts_as_of=facts.as_of,
        case=case,
        verdicts=verdicts_of(case, facts, views),
        findings=findings,
        ends_soon_days=threshold_days("certificate-expires-warning", facts),
        rule_titles={rule.id: rule.title for rule in RULES},
        forecast=forecast_of(case, facts, views),
        outlook=outlook,
        services=services_of(views, outlook, findings),
    )


def _read_case(inputs: Inputs, options: Options) -> Case:
    members = [member for shown in inputs.inputs for member in shown.members]
    groups = group_members(members)
    intakes = [read_node(group, options.progress) for group in groups]
    certificates = {key: value for intake in intakes for key, value in intake.certificates.items()}
    read_problems = tuple(problem for intake in intakes for problem in intake.problems)
    case = join(
        inputs=(),
        readings=[intake.reading for intake in intakes],
        certificates=certificates,
        problems=(*inputs.problems, *read_problems),
        as_of=options.as_of,
        facts=options.facts,
    )
    records = {
        id(opened): record
        for group, node in zip(groups, case.nodes, strict=True)
        for opened, record in zip(group, node.members, strict=True)
    }
    return replace(case, inputs=tuple(_input(shown, records) for shown in inputs.inputs))


def _input(shown: OpenInput, records: Mapping[int, Member]) -> Input:
    return Input(
        name=shown.name,
        sha256=shown.sha256,
        members=tuple(records[id(member)] for member in shown.members),
    )


def _is_readable(member: Member) -> bool:
    return member.kind is not MemberKind.OTHER and member.read is not ReadState.NOT


def _why_nothing(case: Case) -> str:
    """Say in one sentence what was found instead."""
    names = [shown.name for shown in case.inputs]
    what = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    unread = [member for shown in case.inputs for member in shown.members if member.kind is not MemberKind.OTHER]
    if unread:
        return f"{what}: nothing could be read ({unread[0].name}: {unread[0].reason})"
    if case.problems:
        return f"{what}: nothing to analyse ({case.problems[0].why})"
    loose = [member.reference for shown in case.inputs for member in shown.members] == names
    return f"{what}: nothing to analyse: {'no' if loose else 'it holds no'} part of an Expressway diagnostic bundle"

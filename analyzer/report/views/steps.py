"""Steps as the page shows them: the ways to take each, and the card that explains it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.findings import Finding, Remedy
from analyzer.report import wording
from analyzer.report.steps import Step, place
from analyzer.report.summary import Index


class RemedyView(Struct, frozen=True, kw_only=True):
    """A way to take a step.

    Attributes:
        place: on which node; None: the text says where.
        command: what to type or where to click, word for word; None if there is none.
    """

    kind: str
    place: str | None
    text: str
    command: str | None


class StepView(Struct, frozen=True, kw_only=True):
    """A step: the ways to take it, and the card that explains it, where it stands elsewhere.

    Attributes:
        due: the day before which it is to be taken; None: now.
    """

    options: tuple[RemedyView, ...]
    due: str | None = None
    finding_id: str | None = None
    finding_anchor: str | None = None


def step_view(step: Step, index: Index, anchors: Mapping[Finding, str] | None = None) -> StepView:
    """Show a step; `anchors`: lead to the card of the finding that asks for it."""
    finding = step.finding if anchors is not None else None
    return StepView(
        options=tuple(remedy_view(remedy, place(remedy, step.node, index)) for remedy in step.options),
        due=str(finding.due) if finding and finding.due else None,
        finding_id=finding.id if finding else None,
        finding_anchor=anchors[finding] if anchors is not None and finding else None,
    )


def remedy_view(remedy: Remedy, where: str | None = None) -> RemedyView:
    """Show a way to take a step; `where`: on which node."""
    return RemedyView(kind=wording.REMEDY_KINDS[remedy.kind], place=where, text=remedy.text, command=remedy.command)

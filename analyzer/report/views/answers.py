"""The answers beside the leading one, as rows; what both ends saw of the same handshakes is one answer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from msgspec import Struct

from analyzer.evidence import Outcome, Side
from analyzer.findings import Report, Verdict
from analyzer.report import wording
from analyzer.report.links import FrameReference, anchor, frame_reference
from analyzer.report.summary import Index, exhibit_of
from analyzer.report.views.verdicts import VerdictView, verdict_view
from analyzer.words import say

MAX_ANSWERS = 60
FIRST = 8
"""Rows that are not folded: more of them would be a wall before everything else."""


class SeenView(Struct, frozen=True, kw_only=True):
    """Where else an answer was seen: on which node, in which frame; `anchor`: None if that is not drawn."""

    node: str
    frame: FrameReference | None
    anchor: str | None


class AnswerView(Struct, frozen=True, kw_only=True):
    """One row. `node`: with its role, if that is known. `owner`: whose certificate is shown, if it is the peer's."""

    verdict: VerdictView
    peer: str
    node: str
    owner: str | None
    also: tuple[SeenView, ...]


class AnswersView(Struct, frozen=True, kw_only=True):
    """All answers.

    Attributes:
        leading_also: where else the leading one was seen.
        first: how many rows are not folded.
        more: how many are not shown.
    """

    leading_also: tuple[SeenView, ...]
    rows: tuple[AnswerView, ...]
    more: int
    first: int = FIRST


def answers_view(
    report: Report, leading: Verdict | None, others: Sequence[Verdict], index: Index, drawn: Container[str]
) -> AnswersView:
    """Show the other answers in their order, each once; `drawn`: ids of connections in the page."""
    groups = _of_the_same((*([leading] if leading else []), *others), index)
    led = groups.pop(0)[1:] if leading else []
    return AnswersView(
        leading_also=tuple(_seen(verdict, index, drawn) for verdict in led),
        rows=tuple(_answer(report, group, index, drawn) for group in groups[:MAX_ANSWERS]),
        more=max(0, len(groups) - MAX_ANSWERS),
    )


def _of_the_same(verdicts: Iterable[Verdict], index: Index) -> list[list[Verdict]]:
    """Group the answers of both ends about one certificate in the same handshakes, with the same outcome."""
    groups: list[list[Verdict]] = []
    by_shown: dict[tuple[str, Outcome, Side | None], list[list[Verdict]]] = {}
    for verdict in verdicts:
        certificate = exhibit_of(verdict, index).certificate
        alike = by_shown.setdefault((certificate, verdict.outcome, verdict.refused_by), []) if certificate else []
        for group in alike:
            if group[0].node != verdict.node and _handshakes(verdict, index) <= _handshakes(group[0], index):
                group.append(verdict)
                break
        else:
            groups.append([verdict])
            alike.append(groups[-1])
    return groups


def _handshakes(verdict: Verdict, index: Index) -> frozenset[str]:
    """Return its connections, each by one id whichever end saw it; two that a box in between joins stay two."""
    return frozenset(
        min((id_, *(other.connection for other in index.sightings.get(id_, ()) if other.same_hello)))
        for id_ in verdict.connections
    )


def _answer(report: Report, group: Sequence[Verdict], index: Index, drawn: Container[str]) -> AnswerView:
    verdict, *ends = group
    node, role = wording.node_label(verdict.node), verdict.local_role
    exhibit = exhibit_of(verdict, index)
    return AnswerView(
        verdict=verdict_view(report, verdict, index, drawn),
        peer=verdict.peer,
        node=say("{name} ({role})", name=node, role=wording.SIDES[role]) if role else node,
        owner=verdict.peer if role and exhibit.side is role.other else None,
        also=tuple(_seen(end, index, drawn) for end in ends),
    )


def _seen(verdict: Verdict, index: Index, drawn: Container[str]) -> SeenView:
    exhibit = exhibit_of(verdict, index)
    shown = exhibit.connection
    return SeenView(
        node=wording.node_label(verdict.node),
        frame=frame_reference(exhibit.frame),
        anchor=anchor("connection", shown.id) if shown and shown.id in drawn else None,
    )

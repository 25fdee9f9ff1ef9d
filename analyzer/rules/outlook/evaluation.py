"""The outlook of a case in columns: as it is and with the check on or off, or as it is and after a change."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from analyzer.evidence import Case, NodeRole, Side
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Outlook, OutlookCell, OutlookRow, Prospect
from analyzer.rules.outlook.cells import Assessed, doubted, relieved, unknown
from analyzer.rules.outlook.contacts import Contact, answered, dialled
from analyzer.rules.outlook.inbound import cluster, inbound
from analyzer.rules.outlook.outbound import outbound
from analyzer.rules.outlook.pair import pairs
from analyzer.rules.outlook.traces import Traces, traces_of
from analyzer.rules.outlook.traversal import assess
from analyzer.rules.view import NodeView, Views, views_of
from analyzer.words import Words, say

logger = logging.getLogger(__name__)

LABEL = say("EKU view only: chains trusted, names right.")
NOTES = (
    LABEL,
    say("Whether a trusted CA list lacks a CA is looked up where the bundle of the side that verifies is at hand."),
    say(
        "Stated: a source says it of this very situation. Inferred: drawn from one, or measured with OpenSSL. Seen: captured."
    ),
)
NOW, THEN = say("Now"), say("Then")
CHECK_ON, CHECK_OFF = say("With the check On"), say("With the check Off")

_ROLES = (NodeRole.CORE, NodeRole.EDGE, NodeRole.UNKNOWN)

Key = tuple[object, ...]


def outlook_of(case: Case, facts: Facts = PACKAGED, views: Views | None = None) -> Outlook | None:
    """Return what works now, with the check on and with the check off, on every node that has it.

    A fault of this program costs the outlook, never the report: then it is None.
    """
    try:
        views = views or views_of(case, facts)
        seen = _seen(views)
        columns = [_assessed(views, seen, check) for check in (None, "On", "Off")]
        return _in_columns((NOW, CHECK_ON, CHECK_OFF), columns)
    except Exception:
        logger.exception("outlook")
        return None


def outlook_under_change(
    case: Case, changed: Case, *, absent_check: str | None = None, facts: Facts = PACKAGED
) -> Outlook:
    """Return what works now and what works in the changed case.

    Args:
        case: as it is.
        changed: the same nodes after the change.
        absent_check: the setting that an Edge whose bundle is not at hand is then to have.
        facts: what to judge by.
    """
    views, then = views_of(case, facts), views_of(changed, facts)
    seen = _seen(views)
    columns = [_assessed(views, seen), _assessed(then, seen, absent_check=absent_check)]
    return _in_columns((NOW, THEN), columns)


class _Seen(Struct, frozen=True):
    """What was seen of each node, by its name: no change changes that."""

    traces: Mapping[str | None, Traces]
    dialled: Mapping[str | None, tuple[Contact, ...]]
    answered: Mapping[str | None, tuple[Contact, ...]]


def _seen(views: tuple[NodeView, ...]) -> _Seen:
    return _Seen(
        {view.node.name: view.once(traces_of) for view in views},
        {view.node.name: view.once(dialled) for view in views},
        {view.node.name: view.once(answered) for view in views},
    )


def _assessed(
    views: tuple[NodeView, ...],
    seen: _Seen,
    check: str | None = None,
    absent_check: str | None = None,
) -> Mapping[Key, Assessed]:
    """Assess every service; `check` is taken for the setting of every node that has it."""
    rows = chain(
        *(assess(pair) for pair in pairs(views, seen.traces, check, check or absent_check)),
        *(_of_node(view, seen, check) for view in views if view.node.role is not NodeRole.UNKNOWN or view.node.zones),
    )
    return {row.key: row for row in rows}


def _of_node(view: NodeView, seen: _Seen, check: str | None) -> Iterator[Assessed]:
    yield from outbound(view, seen.dialled[view.node.name])
    yield from inbound(view, seen.answered[view.node.name], check)
    yield from cluster(view)


def _in_columns(titles: tuple[Words, ...], columns: Sequence[Mapping[Key, Assessed]]) -> Outlook:
    """Put columns beside each other, the first of which is what is now."""
    now = columns[0]
    keys = dict.fromkeys(key for column in columns for key in column)
    known = [(key, next(column[key] for column in columns if key in column)) for key in keys]
    known.sort(key=lambda one: _order(one[1]))
    rows = tuple(
        OutlookRow(
            node=row.view.node.name,
            local_role=row.local_role,
            service=row.service,
            peer=row.peer,
            cells=tuple(_cell(column.get(key), now.get(key)) for column in columns),
        )
        for key, row in known
    )
    return Outlook(columns=titles, rows=rows, notes=NOTES)


def _order(row: Assessed) -> tuple[int, str, bool]:
    """Order rows as a call passes the nodes, and of each node what it opens before what it answers."""
    node = row.view.node
    return _ROLES.index(node.role), node.name or "", row.local_role is not Side.CLIENT


def _cell(row: Assessed | None, now: Assessed | None) -> OutlookCell:
    """Return a cell in the light of what was seen: that is of what is now, and explained only by what is now."""
    if row is None:
        return unknown(say("This service is not there."))
    if now is None:
        return row.cell
    if now.is_up and now.cell.condition is not None and row.cell == now.cell:
        return relieved(row.cell)
    return doubted(row.cell, now.down if now.cell.prospect is Prospect.WORKS else None)

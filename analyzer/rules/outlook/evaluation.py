"""The outlook of a case in columns: as it is and with the check on or off, or as it is and after a change."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from analyzer.evidence import Case, NodeRole, Side
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Outlook, OutlookCell, OutlookRow, Prospect
from analyzer.rules.outlook.cells import Assessed, doubted, unknown
from analyzer.rules.outlook.inbound import cluster, inbound
from analyzer.rules.outlook.outbound import outbound
from analyzer.rules.outlook.pair import pairs
from analyzer.rules.outlook.traversal import assess
from analyzer.rules.view import NodeView, views_of

logger = logging.getLogger(__name__)

LABEL = "EKU view only: chains trusted, names right."
NOTES = (
    LABEL,
    "Whether a trusted CA list lacks a CA is looked up where the bundle of the side that verifies is at hand.",
    "Stated: a source says it of this very situation. Inferred: drawn from one, or measured with OpenSSL. Seen: captured.",
)
NOW, CHECK_ON, CHECK_OFF, THEN = "Now", "With the check On", "With the check Off", "Then"

_ROLES = (NodeRole.CORE, NodeRole.EDGE, NodeRole.UNKNOWN)

Key = tuple[object, ...]


def outlook_of(case: Case, facts: Facts = PACKAGED) -> Outlook | None:
    """Return what works now, with the check on and with the check off, on every node that has it.

    A fault of this program costs the outlook, never the report: then it is None.
    """
    try:
        views = views_of(case, facts)
        now = _assessed(views)
        shown = _doubts(now)
        columns = [now, _assessed(views, "On"), _assessed(views, "Off")]
        return _in_columns((NOW, CHECK_ON, CHECK_OFF), columns, shown)
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
    now = _assessed(views_of(case, facts))
    then = _assessed(views_of(changed, facts), absent_check=absent_check)
    return _in_columns((NOW, THEN), [now, then], _doubts(now))


def _assessed(
    views: tuple[NodeView, ...], check: str | None = None, absent_check: str | None = None
) -> Mapping[Key, Assessed]:
    """Assess every service; `check` is taken for the setting of every node that has it."""
    rows = chain(
        *(assess(pair) for pair in pairs(views, check, check or absent_check)),
        *(_of_node(view, check) for view in views if view.node.role is not NodeRole.UNKNOWN or view.node.zones),
    )
    return {row.key: row for row in rows}


def _of_node(view: NodeView, check: str | None) -> Iterator[Assessed]:
    yield from outbound(view)
    yield from inbound(view, check)
    yield from cluster(view)


def _doubts(now: Mapping[Key, Assessed]) -> Mapping[Key, str]:
    """Return what shows that a service is down though the table, as things are, would have it work."""
    return {key: row.down for key, row in now.items() if row.down and row.cell.prospect is Prospect.WORKS}


def _in_columns(
    titles: tuple[str, ...], columns: Sequence[Mapping[Key, Assessed]], doubts: Mapping[Key, str]
) -> Outlook:
    keys = dict.fromkeys(key for column in columns for key in column)
    known = [(key, next(column[key] for column in columns if key in column)) for key in keys]
    known.sort(key=lambda one: _order(one[1]))
    rows = tuple(
        OutlookRow(
            node=row.view.node.name,
            local_role=row.local_role,
            service=row.service,
            peer=row.peer,
            cells=tuple(_cell(column.get(key), doubts.get(key)) for column in columns),
        )
        for key, row in known
    )
    return Outlook(columns=titles, rows=rows, notes=NOTES)


def _order(row: Assessed) -> tuple[int, str, bool]:
    """Order rows as a call passes the nodes, and of each node what it opens before what it answers."""
    node = row.view.node
    return _ROLES.index(node.role), node.name or "", row.local_role is not Side.CLIENT


def _cell(row: Assessed | None, doubt: str | None) -> OutlookCell:
    return unknown("This service is not there.") if row is None else doubted(row.cell, doubt)

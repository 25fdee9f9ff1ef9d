"""Cells of the outlook: how they are made, doubted and made conditional."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import Side
from analyzer.facts.citations import citations
from analyzer.findings import Basis, OutlookCell, Prospect
from analyzer.rules.view import NodeView
from analyzer.words import Words, say, sentences

IF_TRUSTED = say("if trusted")
PATH_UNKNOWN = say("Its path is not known up to its root: an authority may still stand in the way.")


class Assessed(Struct, frozen=True, kw_only=True):
    """One service with its prospect.

    Attributes:
        down: what shows that it does not work as things are; None: nothing.
        is_up: whether something shows that it does.
    """

    view: NodeView
    local_role: Side
    service: Words
    peer: str
    cell: OutlookCell
    down: Words | None = None
    is_up: bool = False

    @property
    def key(self) -> tuple[str | None, Side, str, str]:
        """What tells it from the others."""
        return self.view.node.name, self.local_role, self.service, self.peer


def cell(
    prospect: Prospect,
    reason: Words,
    *sources: str,
    basis: Basis = Basis.INFERRED,
    row: str | None = None,
    condition: Words | None = None,
) -> OutlookCell:
    """Make a cell; `sources` are codes of citations."""
    return OutlookCell(
        prospect=prospect, basis=basis, reason=reason, condition=condition, row=row, sources=citations(sources)
    )


def unknown(reason: Words, *sources: str) -> OutlookCell:
    """Make the cell of what is not known, and why it is not."""
    return cell(Prospect.UNKNOWN, reason, *sources)


def with_lapse(made: OutlookCell, lapsed: Words | None) -> OutlookCell:
    """Let fail what would work, and rests on a certificate that is not valid."""
    if lapsed is None or made.prospect is Prospect.FAILS:
        return made
    return cell(Prospect.FAILS, say("{lapsed}.", lapsed=lapsed), "AR")


def with_condition(made: OutlookCell, condition: Words | None, why: str) -> OutlookCell:
    """Let depend on a condition what would work."""
    if condition is None or made.prospect is not Prospect.WORKS:
        return made
    return replace(made, condition=made.condition or condition, reason=sentences((made.reason, why)))


def relieved(made: OutlookCell) -> OutlookCell:
    """Drop a condition that what was seen working does not seem to need."""
    return replace(made, condition=None, reason=sentences((made.reason, say("It was up all the same."))))


def doubted(made: OutlookCell, down: Words | None) -> OutlookCell:
    """Show nothing as working that fails for a reason which the table does not know."""
    if down is None or made.prospect is not Prospect.WORKS:
        return made
    return unknown(say("By its usages it would work, and yet it does not: {down}. The findings tell why.", down=down))

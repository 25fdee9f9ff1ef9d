"""Verdicts: to whom another certificate was presented, and towards whom something else came of it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diff.pairs import Nodes, Pair, Shown
from analyzer.diff.saved import SavedReport, SavedVerdict
from analyzer.diff.sections import Section, Subject, row
from analyzer.evidence import Outcome, Side, Store
from analyzer.facts.releases import with_one_store
from analyzer.report.store_names import STORES
from analyzer.report.wording import SIDES, VISIBILITIES
from analyzer.text import person_serial

With = tuple[str, Side | None]
"""Whom a verdict is about: the peer, and this node's role."""


Newest = dict[str | None, dict[With, SavedVerdict]]
"""By node, the newest verdict for each peer and role."""


def verdicts_section(nodes: Nodes, before: SavedReport, after: SavedReport) -> Section:
    """Tell towards whom another certificate was presented, or something else came of it."""
    old, new = _newest(before), _newest(after)
    rows = [
        one
        for pair in nodes.pairs
        if pair.shows(Subject.VERDICTS)
        for was in [old.get(pair.before.node.name, {})]
        for one in row(pair.label, _verdicts(pair, was, new.get(pair.after.node.name, {}), nodes))
    ]
    return Section(Subject.VERDICTS, tuple(rows))


def _newest(report: SavedReport) -> Newest:
    """Return what counts: the report has the newest first."""
    newest: Newest = {}
    for verdict in report.verdicts:
        if not _answers_nothing(verdict):
            newest.setdefault(verdict.node, {}).setdefault((verdict.peer, verdict.local_role), verdict)
    return newest


def _verdicts(
    pair: Pair, old: dict[With, SavedVerdict], after: dict[With, SavedVerdict], nodes: Nodes
) -> Iterator[str]:
    before = {(nodes.now(peer) or peer, role): verdict for (peer, role), verdict in old.items()}
    for ends, verdict in after.items():
        if ends not in before:
            yield f"{_with(ends)}: only after: {_outcome(verdict)}; {_presented(verdict, pair.after)}"
        else:
            yield from _verdict(pair, before[ends], verdict, ends)
    for ends, verdict in before.items():
        if ends not in after:
            yield f"{_with(ends)}: only before: {_outcome(verdict)}; {_presented(verdict, pair.before)}"


def _answers_nothing(verdict: SavedVerdict) -> bool:
    """Whether neither a certificate nor an outcome was seen: an Edge without any sign of Webex has such a verdict."""
    return verdict.presented.visibility is None and verdict.outcome is Outcome.UNKNOWN


def _verdict(pair: Pair, before: SavedVerdict, after: SavedVerdict, ends: With) -> Iterator[str]:
    was, came = _outcome(before), _outcome(after)
    other = _shown(before) != _shown(after)
    if was != came or other:
        yield f"{_with(ends)}: {f'{was} → {came}' if was != came else f'{came} as before'}"
    if other:
        yield f"{_presented(before, pair.before)} → {_presented(after, pair.after).removeprefix('presented ')}"


def _shown(verdict: SavedVerdict) -> tuple[object, ...]:
    presented = verdict.presented
    return (presented.visibility, presented.certificate or presented.serial, presented.store)


def _with(ends: With) -> str:
    peer, role = ends
    return f"as {SIDES[role]} with {peer}" if role else f"with {peer}"


def _presented(verdict: SavedVerdict, shown: Shown) -> str:
    presented = verdict.presented
    if presented.serial:
        store = f" ({_store(presented.store, shown)})" if presented.store else ""
        return f"presented serial {person_serial(presented.serial)}{store}"
    return (
        f"certificate {VISIBILITIES[presented.visibility]}" if presented.visibility else "certificate not to be seen"
    )


def _store(store: Store, shown: Shown) -> str:
    """Return what a store of a node is called, in a few words."""
    if store is Store.SERVER and with_one_store(shown.node.version):
        return "single store"
    return STORES[store].split(" (")[0]


def _outcome(verdict: SavedVerdict) -> str:
    match verdict.outcome:
        case Outcome.COMPLETED:
            return "completed"
        case Outcome.CLOSED:
            return "closed early"
        case Outcome.UNKNOWN:
            return "outcome not known"
        case Outcome.REFUSED:
            return f"refused by {_refuser(verdict)}"


def _refuser(verdict: SavedVerdict) -> str:
    if verdict.refused_by is None:
        return "the other side"
    if verdict.local_role is None:
        return f"the {verdict.refused_by}"
    return "this node" if verdict.refused_by is verdict.local_role else "the peer"

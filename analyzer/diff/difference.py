"""The whole comparison on one screen: two reports in, sections out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from analyzer.diff.configuration import alarms_section, settings_section, tunnels_section, zones_section
from analyzer.diff.findings import findings_section
from analyzer.diff.nodes import nodes_section, release_section
from analyzer.diff.pairs import Pair, match_nodes
from analyzer.diff.saved import SavedReport
from analyzer.diff.sections import Row, Section, Subject, joined, row
from analyzer.diff.stores import stores_section, trusted_section
from analyzer.diff.verdicts import verdicts_section


class Difference(Struct, frozen=True):
    """What two reports say differently.

    Attributes:
        has_pairs: whether any node is in both.
        sections: all subjects in their order, those without a change as well.
        not_compared: by node, what one of the two lacks.
        same: the subjects that were compared and in which nothing changed.
    """

    before: SavedReport
    after: SavedReport
    has_pairs: bool
    sections: tuple[Section, ...]
    not_compared: tuple[Row, ...]
    same: tuple[Subject, ...]


def difference(before: SavedReport, after: SavedReport) -> Difference:
    """Compare two reports, node by node."""
    nodes = match_nodes(before, after)
    sections = (
        nodes_section(nodes),
        release_section(nodes),
        stores_section(nodes),
        trusted_section(nodes),
        settings_section(nodes),
        zones_section(nodes),
        tunnels_section(nodes),
        alarms_section(nodes),
        verdicts_section(nodes, before, after),
        findings_section(nodes, before, after),
    )
    return Difference(
        before=before,
        after=after,
        has_pairs=bool(nodes.pairs),
        sections=sections,
        not_compared=joined([one for pair in nodes.pairs for one in row(pair.label, _lacking(pair))]),
        same=tuple(
            section.subject
            for section in sections
            if nodes.pairs and not section.rows and all(pair.shows(section.subject) for pair in nodes.pairs)
        ),
    )


def _lacking(pair: Pair) -> Iterator[str]:
    """Say what could not be compared, and which of the two lacks it."""
    for when, shown in (("before", pair.before), ("after", pair.after)):
        if subjects := [subject for subject in Subject if not shown.shows(subject)]:
            yield f"not to be seen {when}: {', '.join(subjects)}"

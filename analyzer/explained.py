"""Which finding explains which: `caused_by` names an id, and several findings may have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from analyzer.findings import Finding


def roots_of(findings: Sequence[Finding]) -> tuple[int, ...]:
    """Return for each finding the place of the one that explains it and that nothing else explains; else its own."""
    by_id: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        by_id[finding.id].append(index)
    parents = [_parent(index, findings, by_id) for index in range(len(findings))]
    return tuple(_root(index, parents) for index in range(len(findings)))


def _parent(index: int, findings: Sequence[Finding], by_id: Mapping[str, Sequence[int]]) -> int | None:
    """Return the explaining finding's index: of several with that id the one of the same node and subject."""
    finding = findings[index]
    candidates = [other for other in by_id.get(finding.caused_by or "", ()) if other != index]
    return min(
        candidates,
        key=lambda other: (findings[other].node != finding.node, findings[other].subject != finding.subject),
        default=None,
    )


def _root(index: int, parents: Sequence[int | None]) -> int:
    """Follow the causes up. Findings that explain each other in a circle stand for themselves."""
    seen = {index}
    current = index
    while (parent := parents[current]) is not None:
        if parent in seen:
            return index
        seen.add(parent)
        current = parent
    return current

"""Findings: which diagnoses are new, gone, or of another severity; root causes lead, with what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from analyzer.diff.pairs import Nodes
from analyzer.diff.saved import SavedFinding, SavedReport
from analyzer.diff.sections import Section, Subject, row
from analyzer.findings import Severity
from analyzer.report.wording import node_label

_SEVERITIES = tuple(Severity)
_GRAVE = frozenset({Severity.CRITICAL, Severity.WARNING})

Key = tuple[str, str | None, str]
"""What makes two findings the same: id, node and subject."""

Place = tuple[str, str | None]
"""A rule and a node."""


def findings_section(nodes: Nodes, before: SavedReport, after: SavedReport) -> Section:
    """Tell which diagnoses the nodes that are in both reports have now and had not, had and have not."""
    old, open_before = _findings(before, {pair.before.node.name: pair.after.node.name for pair in nodes.pairs})
    new, open_after = _findings(after, {pair.after.node.name: pair.after.node.name for pair in nodes.pairs})
    gone = {key: one for key, one in old.items() if key not in new}
    unknown = {key: one for key, one in gone.items() if key[:2] in open_after}
    rows = [
        *row("new", _told({key: one for key, one in new.items() if key not in old}, open_before)),
        *row("gone", _told({key: one for key, one in gone.items() if key not in unknown}, {})),
        *row("changed", _changed(old, new)),
        *row("unknown now", _unknown(unknown, open_after)),
    ]
    return Section(Subject.FINDINGS, tuple(rows))


def _findings(
    report: SavedReport, names: Mapping[str | None, str | None]
) -> tuple[dict[Key, SavedFinding], dict[Place, str]]:
    """Return the diagnoses that were made, and what those lack that could not be; under the nodes' new names."""
    kinds = _kinds(report)
    made: dict[Key, SavedFinding] = {}
    lacking: dict[Place, str] = {}
    for finding in report.findings:
        if finding.node not in names:
            continue
        node = names[finding.node]
        if finding.determined:
            subject = kinds.get(finding.subject) or names.get(finding.subject) or finding.subject
            made.setdefault((finding.id, node, subject), finding)
        else:
            lacking.setdefault((finding.id, node), finding.missing or "something that the report does not name")
    return made, lacking


def _kinds(report: SavedReport) -> dict[str, str]:
    """Return the kind of each file that a finding may be about: its name has the time at which it was taken."""
    kinds = {shown.name: "the bundle" for shown in report.inputs}
    for shown in report.inputs:
        for member in shown.members:
            loose = member.name == shown.name
            kinds[member.name if loose else f"{shown.name}/{member.name}"] = member.kind
    return kinds


def _told(findings: Mapping[Key, SavedFinding], open_before: Mapping[Place, str]) -> Iterator[str]:
    """Yield the root causes with what follows from them, then the rest, a line for each severity."""
    ids = {key[0] for key in findings}
    causes = {one.id: one.caused_by for one in findings.values() if one.caused_by in ids}
    roots = {key: _root(key[0], causes) for key in findings}
    leading = [key for key, one in findings.items() if one.severity in _GRAVE and roots[key] == key[0]]
    leading.sort(key=lambda key: _SEVERITIES.index(findings[key].severity))
    following: dict[str, list[Key]] = {key[0]: [] for key in leading}
    rest: dict[Severity, list[Key]] = {severity: [] for severity in Severity}
    for key, one in findings.items():
        if roots[key] != key[0] and roots[key] in following:
            following[roots[key]].append(key)
        elif roots[key] != key[0] or one.severity not in _GRAVE:
            rest[one.severity].append(key)
    for key in leading:
        finding = findings[key]
        yield f"{finding.severity} {_one(key, finding)}: {finding.title}{_because(finding, ids)}"
        if effects := following.pop(key[0], None):
            yield f"with it {_listed(effects)}"
    yield from (f"{severity} {_listed(keys)}" for severity, keys in rest.items() if keys)
    if opened := [key for key in findings if key[:2] in open_before]:
        yield f"of these not determinable before: {_listed(opened)}"


def _unknown(findings: Iterable[Key], lacking: Mapping[Place, str]) -> Iterator[str]:
    by_lack: dict[str, list[Key]] = defaultdict(list)
    for key in findings:
        by_lack[lacking[key[:2]]].append(key)
    yield from (f"{_listed(keys)}: for want of {lack}" for lack, keys in by_lack.items())


def _root(identifier: str, causes: Mapping[str, str | None]) -> str:
    """Follow the causes up; in a circle each stands for itself."""
    seen = [identifier]
    while (cause := causes.get(seen[-1])) is not None:
        if cause in seen:
            return identifier
        seen.append(cause)
    return seen[-1]


def _because(finding: SavedFinding, ids: Collection[str]) -> str:
    return f" (follows from {finding.caused_by})" if finding.caused_by and finding.caused_by not in ids else ""


def _changed(old: Mapping[Key, SavedFinding], new: Mapping[Key, SavedFinding]) -> Iterator[str]:
    changed = [(old[key].severity, one, key) for key, one in new.items() if key in old]
    for was, finding, key in sorted(changed, key=lambda change: _SEVERITIES.index(change[1].severity)):
        if was is not finding.severity:
            yield f"{was} → {finding.severity} {_one(key, finding)}: {finding.title}"


def _one(key: Key, finding: SavedFinding) -> str:
    node = node_label(key[1])
    return f"{key[0]} ({node})" if finding.subject in {"", key[1]} else f"{key[0]} ({node}, {finding.subject})"


def _listed(keys: Iterable[Key]) -> str:
    """Return ids, each with the nodes that it was said of."""
    nodes: dict[str, dict[str, None]] = defaultdict(dict)
    for identifier, node, _ in keys:
        nodes[identifier][node_label(node)] = None
    return ", ".join(f"{identifier} ({', '.join(names)})" for identifier, names in nodes.items())

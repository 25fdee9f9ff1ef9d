"""Ties findings to those that explain them: one story is one root cause with its effects under it.

A cause of the table counts only if the diagnosis was made on the same node or its partner, and is about the same:
where both rest on connections of one node, on one of the same connections, else on the same peer. What a partner's
diagnosis explains is what happens between the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from analyzer.evidence import Side
from analyzer.explained import roots_of
from analyzer.findings import Finding, Severity
from analyzer.rules.cause_table import (
    ABOUT,
    AS_CLIENT,
    CAUSES,
    CONTEXT,
    OF_ONE_NODE,
    OF_THE_OTHER,
    OF_THE_SAME,
    WRONG_ADVICE,
)
from analyzer.rules.runner import Grounded, with_cause
from analyzer.rules.view import BETWEEN_THE_TWO, NOBODY

_ORDER = tuple(Severity)
_GRAVE = frozenset({Severity.CRITICAL, Severity.WARNING})


class Causes(Struct):
    """The diagnoses of one id on one node, for the question whether any of them explains an effect.

    Attributes:
        connections: ids that they rest on.
        peers: of all of them; `pathless_peers`: of those that rest on no connection.
        any_peer: whether one of them is about no peer in particular; `any_pathless_peer`: one without a connection.
        between: the ends of the traversal zone that they are about, as the partner sees it.
    """

    connections: set[str] = field(default_factory=set)
    peers: set[str] = field(default_factory=set)
    pathless_peers: set[str] = field(default_factory=set)
    has_pathless: bool = False
    any_peer: bool = False
    any_pathless_peer: bool = False
    between: set[str] = field(default_factory=set)

    def add(self, cause: Grounded) -> None:
        """Take a diagnosis in."""
        peers = _peers(cause)
        self.connections |= cause.connections
        self.peers |= peers
        self.any_peer |= not peers
        self.between |= (peers or BETWEEN_THE_TWO) & BETWEEN_THE_TWO
        if not cause.connections:
            self.has_pathless = True
            self.pathless_peers |= peers
            self.any_pathless_peer |= not peers

    def explain_own(self, effect: Grounded) -> bool:
        """Whether one of them explains an effect on the same node: by a connection of both, else by a peer of both."""
        affected = _peers(effect) - {NOBODY}
        if not effect.connections:
            return self.any_peer or not affected or not self.peers.isdisjoint(affected)
        if not self.connections.isdisjoint(effect.connections):
            return True
        return self.has_pathless and (
            self.any_pathless_peer or not affected or not self.pathless_peers.isdisjoint(affected)
        )

    def explain_partners(self, effect: Grounded) -> bool:
        """Whether one of them explains an effect on the partner: by what is between the two."""
        return not self.between.isdisjoint((_peers(effect) - {NOBODY}) or BETWEEN_THE_TWO)


ById = Mapping[str, Mapping[str | None, Causes]]


def tie(results: Sequence[Grounded]) -> tuple[Finding, ...]:
    """Return the findings, each with the id of the finding that explains it; the gravest first."""
    lasting = _by_id(grounded for grounded in results if not grounded.is_over)
    by_id = _by_id(results) if any(grounded.is_over for grounded in results) else lasting
    causes = [_cause_now(grounded, lasting) or _cause_of(grounded, by_id) for grounded in results]
    explaining = frozenset(causes)
    findings = [
        _without_advice(with_cause(grounded, cause, _peers(grounded), explains=grounded.finding.id in explaining))
        for grounded, cause in zip(results, causes, strict=True)
    ]
    return tuple(sorted(_as_grave_as_effects(findings), key=lambda finding: _ORDER.index(finding.severity)))


def _by_id(results: Iterable[Grounded]) -> ById:
    by_id: dict[str, dict[str | None, Causes]] = defaultdict(lambda: defaultdict(Causes))
    for grounded in results:
        finding = grounded.finding
        if finding.determined and (finding.severity in _GRAVE or finding.id in CONTEXT):
            by_id[finding.id][finding.node].add(grounded)
    return by_id


def _cause_now(effect: Grounded, lasting: ById) -> str | None:
    """Return what explains a trouble of now: what is over explains it only if nothing else does."""
    is_now = effect.finding.severity is Severity.CRITICAL and not effect.is_over
    return _cause_of(effect, lasting) if is_now else None


def _as_grave_as_effects(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Raise what explains graver ones: a cause is as bad for this deployment as what it brings about."""
    told = [finding for finding in findings if finding.determined and not finding.is_context]
    gravest: dict[int, Severity] = {}
    for finding, root in zip(told, roots_of(told), strict=True):
        gravest[id(told[root])] = min(
            finding.severity, gravest.get(id(told[root]), finding.severity), key=_ORDER.index
        )
    for finding in findings:
        severity = gravest.get(id(finding), finding.severity)
        yield finding if severity is finding.severity else replace(finding, severity=severity)


def _without_advice(finding: Finding) -> Finding:
    """Drop the advice on a certificate whose CA does not belong into the trusted CA list."""
    return replace(finding, remedy=()) if finding.caused_by in WRONG_ADVICE else finding


def _cause_of(effect: Grounded, by_id: ById) -> str | None:
    finding = effect.finding
    if not finding.determined or finding.severity is Severity.OK:
        return None
    for identifier in CAUSES.get(finding.id, ()):
        if any(_explain(identifier, node, causes, effect) for node, causes in by_id.get(identifier, {}).items()):
            return identifier
    return None


def _explain(identifier: str, node: str | None, causes: Causes, effect: Grounded) -> bool:
    if node not in effect.partners:
        return False
    pair = effect.finding.id, identifier
    if node != effect.finding.node:
        return effect.finding.id not in OF_ONE_NODE and pair not in OF_THE_SAME and causes.explain_partners(effect)
    if pair in OF_THE_OTHER:
        return False
    if identifier in AS_CLIENT and effect.roles == {Side.SERVER}:
        return False
    return causes.explain_own(effect)


def _peers(grounded: Grounded) -> frozenset[str]:
    return grounded.peers if NOBODY in grounded.peers else ABOUT.get(grounded.finding.id, grounded.peers)

"""Which finding tells why a service fails, and in two or three words what that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from analyzer.findings import Finding, Severity
from analyzer.rules.view import BETWEEN_CORE_AND_EDGE, TRAVERSAL, TUNNELS
from analyzer.words import say

_PURPOSE, _TRUST, _NAME = say("certificate purpose"), say("CA not trusted"), say("name mismatch")
_EXPIRED, _EARLY, _CLIENT_AUTH = say("expired"), say("not yet valid"), say("no clientAuth")

WHY = {
    "certificate-altered-between-ends": say("certificate altered on the way"),
    "core-client-eku-missing-check-on": _CLIENT_AUTH,
    "core-client-eku-missing-check-off": _CLIENT_AUTH,
    "edge-client-is-server-only-copy": _CLIENT_AUTH,
    "m-neighbor-verify-on-server-only": _CLIENT_AUTH,
    "cluster-enforcing-server-only": _CLIENT_AUTH,
    "core-client-not-client-capable": _PURPOSE,
    "edge-client-not-client-capable": _PURPOSE,
    "edge-server-not-server-capable": _PURPOSE,
    "purpose-error-not-leaf-eku": _PURPOSE,
    "neighbor-inbound-purpose-error": _PURPOSE,
    "inbound-purpose-error-default-zone": _PURPOSE,
    "local-alert-unsupported-certificate": _PURPOSE,
    "peer-alert-unsupported-certificate": _PURPOSE,
    "identity-unacceptable": _NAME,
    "name-mismatch-peer-address": _NAME,
    "name-mismatch-verify-subject": _NAME,
    "partner-ca-not-trusted": _TRUST,
    "peer-ca-not-trusted": _TRUST,
    "far-end-must-trust-private-ca": _TRUST,
    "ssh-tunnel-chain-not-trusted": _TRUST,
    "ssh-reverse-trust-missing": _TRUST,
    "local-alert-unknown-ca": _TRUST,
    "peer-alert-unknown-ca": _TRUST,
    "chain-incomplete-sent": say("incomplete chain"),
    "expired-at-handshake": _EXPIRED,
    "cert-expired-in-store": _EXPIRED,
    "trust-ca-expired": _EXPIRED,
    "local-alert-certificate-expired": _EXPIRED,
    "peer-alert-certificate-expired": _EXPIRED,
    "not-yet-valid-at-handshake": _EARLY,
    "cert-not-yet-valid": _EARLY,
    "certificate-revoked": say("revoked"),
    "client-certificate-empty": say("no certificate sent"),
    "tcp-never-established": say("no TCP connection"),
    "traversal-credentials": say("wrong credentials"),
    "closed-without-alert": say("closed early"),
}
"""By finding: what a chip has room for."""

OF_CLUSTER = frozenset(
    {"cluster-client-store-incapable", "cluster-enforcing-server-only", "cluster-peer-not-serving-new-certificate"}
)
OF_TUNNELS = "ssh-tunnels-down"
_GRAVE = {Severity.CRITICAL: 0, Severity.WARNING: 1}


class Ground(Struct, frozen=True, kw_only=True):
    """What tells that a finding is about a service.

    Attributes:
        nodes: at its ends.
        names: keys of its peer, as in `Finding.about`.
        causes: keys of what its causes may be about besides.
        records: ids of its connections and log lines; empty: whatever is about its peer is about it.
        ids: of findings that are about it whatever they rest on.
        elsewhere: by node what tells of further partners alone: ids of records and findings, names of nodes and zones.
    """

    nodes: frozenset[str | None]
    names: frozenset[str]
    causes: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    elsewhere: frozenset[tuple[str | None, str]] = frozenset()

    def holds(self, finding: Finding) -> bool:
        """Whether a finding of its nodes is about the service."""
        if finding.id in self.ids:
            return True
        if self._is_elsewhere(finding):
            return False
        if finding.about.isdisjoint(self.names) or (finding.id == OF_TUNNELS and TUNNELS not in self.names):
            return False  # that tunnels are down is about the zone only in that the zone may be the cause
        return not (self.records and finding.rests_on) or not self.records.isdisjoint(finding.rests_on)

    def may_explain(self, finding: Finding) -> bool:
        """Whether a finding of its nodes may be the cause of one about the service: of what is about no peer, one that says why."""
        if self.holds(finding):
            return True
        if self._is_elsewhere(finding):
            return False
        return not finding.about.isdisjoint(self.causes) if finding.about else finding.id in WHY

    def _is_elsewhere(self, finding: Finding) -> bool:
        """Whether a finding is about further partners alone, or about a zone with them, or one peer of it (`zone: peer`)."""
        if not self.elsewhere:
            return False
        node, subject = finding.node, finding.subject
        zones = {subject, subject.rpartition(": ")[0]} if TRAVERSAL in finding.about else ()
        return (
            (node, finding.id) in self.elsewhere
            or any((node, zone) in self.elsewhere for zone in zones)
            or all((node, key) in self.elsewhere for key in finding.rests_on or {subject})
        )


class Between(Struct, frozen=True):
    """A Core and an Edge, for the question what is about the services between these two.

    Attributes:
        nodes: their names.
        elsewhere: as in `Ground`.
    """

    nodes: frozenset[str | None]
    elsewhere: frozenset[tuple[str | None, str]] = frozenset()


def of_zone(between: Between) -> Ground:
    return Ground(nodes=between.nodes, names=frozenset({TRAVERSAL}), elsewhere=between.elsewhere)


def of_tunnels(between: Between) -> Ground:
    names, causes = frozenset({TUNNELS}), frozenset({TRAVERSAL})
    return Ground(nodes=between.nodes, names=names, causes=causes, elsewhere=between.elsewhere)


def of_both(between: Between) -> Ground:
    return Ground(nodes=between.nodes, names=BETWEEN_CORE_AND_EDGE, elsewhere=between.elsewhere)


class Filed:
    """The findings that may tell why a service fails, by what services look for: there may be thousands of each."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """File them by their node with what they are about, and with their id."""
        self._findings = [finding for finding in findings if finding.determined and finding.severity in _GRAVE]
        self._about: defaultdict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        self._of_id: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
        for place, finding in enumerate(self._findings):
            self._of_id[finding.node, finding.id].append(place)
            for key in finding.about or (None,):
                self._about[finding.node, key].append(place)

    def about(self, ground: Ground) -> Iterator[Finding]:
        """Yield the findings that may be the cause of what is wrong with a service, in their order."""
        keys = (*ground.names, *ground.causes, None)
        places = {place for node in ground.nodes for key in keys for place in self._about.get((node, key), ())}
        places.update(
            place for node in ground.nodes for id_ in ground.ids for place in self._of_id.get((node, id_), ())
        )
        for place in sorted(places):
            if ground.may_explain(self._findings[place]):
                yield self._findings[place]


def blamed(findings: Filed, ground: Ground) -> Finding | None:
    """Return the gravest of what is wrong with a service, by its cause as far as that is about the service, too."""
    told = list(findings.about(ground))
    worst = min(filter(ground.holds, told), key=lambda finding: _GRAVE[finding.severity], default=None)
    return _cause(worst, {finding.id: finding for finding in reversed(told)}) if worst else None


def _cause(finding: Finding, by_id: Mapping[str, Finding]) -> Finding:
    seen = {finding.id}
    while (above := by_id.get(finding.caused_by or "")) is not None and above.id not in seen:
        seen.add(above.id)
        finding = above
    return finding

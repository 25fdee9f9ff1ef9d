"""The settings of a cluster's peers: the primary replicates them, so that they should not differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence import Setting, Zone
from analyzer.facts.releases import Version
from analyzer.facts.settings import (
    CLUSTER_TLS_VERIFY,
    DEFAULT_ZONE_TLS_VERIFY_MODE,
    EKU_CHECKING_MODE,
    REVOCATION_CHECKING_MODE,
)
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.clusters import NOW_AND_THEN, cluster_name, leads
from analyzer.rules.pairs import quote_version
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.words import Words, itemized, listed, say

_COMPARED = (EKU_CHECKING_MODE, CLUSTER_TLS_VERIFY, DEFAULT_ZONE_TLS_VERIFY_MODE, REVOCATION_CHECKING_MODE)


def cluster_setting_differs(view: NodeView) -> Iterator[Judgement]:
    """Settings that are replicated differ between the peers, or their releases do."""
    if not leads(view) or len(view.cluster) < 2:
        return
    rows = [row for name in _COMPARED for row in _differing(name, {p.label: p.setting(name) for p in view.cluster})]
    rows += _zones_differ(view)
    versions = {peer.label: Version.parse(peer.node.version) for peer in view.cluster}
    rows += _differing(say("software version"), {name: str(v) if v else None for name, v in versions.items()})
    if not rows:
        return
    yield Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=cluster_name(view),
        explanation=say(
            "The peers of the cluster differ: {rows}. The primary replicates its configuration to the others: replication "
            "fails, an upgrade is under way, or the bundles are of different times. {effect}",
            rows=itemized(rows),
            effect=NOW_AND_THEN,
        ),
        remedy=(
            Remedy(
                text=say(
                    "Check that all peers are reachable and replicate, and run the same release; change settings on the "
                    "primary alone."
                ),
                command="System > Clustering",
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(
            *(row for name in _COMPARED for row in _quote_differing(view, name)),
            *(row for peer in view.cluster if len(set(versions.values())) > 1 for row in quote_version(peer.node)),
        ),
        count=len(rows),
    )


def _differing(what: str, values: Mapping[str | None, str | None]) -> list[Words]:
    """Say who has which value, if those that are known differ."""
    known = {name: value for name, value in values.items() if value is not None}
    if len({value.lower() for value in known.values()}) < 2:
        return []
    held = listed(say("{value} at {peer}", value=value, peer=name) for name, value in known.items())
    return [say("{setting} is {values}", setting=what, values=held)]


def _zones_differ(view: NodeView) -> list[Words]:
    """Say of the zones that several peers have how their TLS verification differs."""
    zones: dict[str, dict[str | None, Zone]] = {}
    for peer in view.cluster:
        for zone in peer.node.zones:
            zones.setdefault(zone.name, {})[peer.label] = zone
    return [
        row
        for name, held in zones.items()
        for what, values in (
            (
                say("TLS verify mode of zone {zone}", zone=name),
                {peer: zone.tls_verify_mode for peer, zone in held.items()},
            ),
            (
                say("TLS verify subject name of zone {zone}", zone=name),
                {peer: zone.tls_verify_subject for peer, zone in held.items()},
            ),
        )
        for row in _differing(what, values)
    ]


def _quote_differing(view: NodeView, name: str) -> tuple[Evidence, ...]:
    settings: list[Setting] = [peer.node.settings[name] for peer in view.cluster if name in peer.node.settings]
    differ = len({(setting.current or "").lower() for setting in settings}) > 1
    return tuple(row for setting in settings if differ for row in quote.quote_setting(name, setting))


RULES = (
    Rule(
        id="cluster-setting-differs",
        title=say("Peers of a cluster are configured differently"),
        severity=Severity.WARNING,
        judge=cluster_setting_differs,
        needs=((Need.CONFIGURATION, Need.STATUS),),
        sources=("AG", "I"),
        meaning="Said when settings that the primary replicates (the extended key usage check, TLS verification) or the "
        "releases differ between the bundles of a cluster's peers.",
    ),
)

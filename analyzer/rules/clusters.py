"""A cluster's peers side by side: settings are replicated, certificates are not, and each has a bundle of its own.

What is about a cluster is said once, of the first of its peers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.correlate.clusters import is_called
from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import Certificate, MemberKind, Node, Setting, Side, Zone
from analyzer.facts.releases import Version
from analyzer.facts.settings import (
    CLUSTER_TLS_VERIFY,
    DEFAULT_ZONE_TLS_VERIFY_MODE,
    EKU_CHECKING_MODE,
    REVOCATION_CHECKING_MODE,
)
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.pairs import quote_version
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import is_address

_COMPARED = (EKU_CHECKING_MODE, CLUSTER_TLS_VERIFY, DEFAULT_ZONE_TLS_VERIFY_MODE, REVOCATION_CHECKING_MODE)
_XCONF = (MemberKind.XCONF_XML, MemberKind.XCONF_TEXT)
_EKU_WORDS = {
    ExtendedKeyUsageClass.BOTH: "serverAuth and clientAuth",
    ExtendedKeyUsageClass.SERVER_ONLY: "serverAuth only",
    ExtendedKeyUsageClass.CLIENT_ONLY: "clientAuth only",
    ExtendedKeyUsageClass.NONE: "no extended key usage",
}


_NOW_AND_THEN = "What depends on it fails with some of the peers, and so now and then."
_RENEW_ALIKE = Remedy(
    text="Renew the certificates of the peers alike: the same extended key usage, and the cluster's name in all. Restart "
    "one peer at a time, in a maintenance window.",
    command="Maintenance > Security",
    kind=RemedyKind.DURABLE,
)


def cluster_name(view: NodeView) -> str:
    """Return what a cluster is called: its name, else its peers'."""
    return _own_name(view) or ", ".join(peer.node.name or "" for peer in view.cluster)


def _own_name(view: NodeView) -> str | None:
    return next(
        (peer.node.cluster.name for peer in view.cluster if peer.node.cluster and peer.node.cluster.name), None
    )


def listed_peers(view: NodeView) -> tuple[str, ...]:
    """Return the entries of the list of peers, of every bundle of the cluster."""
    listed: dict[str, str] = {}
    for peer in view.cluster:
        for entry in peer.node.cluster.peers if peer.node.cluster else ():
            listed.setdefault(entry.lower(), entry)
    return tuple(listed.values())


def quote_cluster(node: Node) -> tuple[Evidence, ...]:
    """Quote the cluster as a node's configuration dump gives it."""
    if node.cluster is None:
        return ()
    file = next((member.reference for kind in _XCONF for member in node.members if member.kind is kind), None)
    text = f"cluster {node.cluster.name or 'without a name'}: peers {', '.join(node.cluster.peers) or 'not listed'}"
    return (Evidence(kind=EvidenceKind.SETTING, file=file, locator="Alternates", text=text),)


def _leads(view: NodeView) -> bool:
    return view.cluster[0] is view


def cluster_bundle_missing_peers(view: NodeView) -> Iterator[Judgement]:
    """The cluster has peers whose bundles are not given."""
    missing = [entry for entry in listed_peers(view) if not any(is_called(peer.node, entry) for peer in view.cluster)]
    if missing and _leads(view):
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=cluster_name(view),
            explanation=f"No bundle is given of {', '.join(missing)}, listed as {'a peer' if len(missing) == 1 else 'peers'} of "
            f"the cluster: a diagnostic log holds the log, the capture and the certificates of one peer alone. What goes "
            "through the others is not seen.",
            remedy=(
                Remedy(
                    text=f"Download the diagnostic log from {', '.join(missing)}, too: each peer has its own.",
                    command="Maintenance > Diagnostics > Diagnostic logging",
                    kind=RemedyKind.COLLECT,
                ),
            ),
            evidence=quote_cluster(view.node),
            count=len(missing),
        )


def cluster_cert_differs(view: NodeView) -> Iterator[Judgement]:
    """The peers hold different certificates: normal, unless they differ in what they may be used for or are named."""
    if not _leads(view):
        return
    held: dict[str, list[tuple[NodeView, Certificate]]] = {
        store: [(peer, leaf) for peer in view.cluster if (leaf := leaf_of(peer))] for store, leaf_of in _STORES
    }
    differing = {store: leaves for store, leaves in held.items() if len({leaf.sha256 for _, leaf in leaves}) > 1}
    if not differing:
        return
    troubles = [
        *(words for store, leaves in differing.items() for words in _usages_differ(store, leaves)),
        *(words for store, leaves in differing.items() for words in _names_differ(view, store, leaves)),
    ]
    usual = (
        f"The peers hold {' and '.join(differing)} certificates of their own, as is usual: they are not replicated."
    )
    yield Judgement(
        severity=Severity.WARNING if troubles else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=cluster_name(view),
        explanation=" ".join((*troubles, _NOW_AND_THEN))
        if troubles
        else f"{usual} What they may be used for is the same.",
        remedy=(_RENEW_ALIKE,) if troubles else (),
        evidence=tuple(
            quote.quote_certificate(leaf, quote.store_file(peer.node, store), f"{peer.node.name}, {store} store")
            for store, leaves in differing.items()
            for peer, leaf in leaves
        ),
    )


_STORES: Sequence[tuple[str, Callable[[NodeView], Certificate | None]]] = (
    ("server", lambda peer: peer.server_leaf),
    ("client", lambda peer: peer.client_leaf if peer.has_two_stores else None),
)


def _usages_differ(store: str, leaves: Sequence[tuple[NodeView, Certificate]]) -> Iterator[str]:
    usages = {peer.node.name: eku_class(leaf) for peer, leaf in leaves}
    if len(set(usages.values())) > 1:
        said = "; ".join(f"{name} has {_EKU_WORDS.get(usage, usage.value)}" for name, usage in usages.items())
        yield f"The {store} certificates differ in their extended key usage: {said}."


def _names_differ(view: NodeView, store: str, leaves: Sequence[tuple[NodeView, Certificate]]) -> Iterator[str]:
    """A Core's partner may ask for the cluster's name in what the Core presents; elsewhere only the odd one out counts."""
    name = (_own_name(view) or "").lower()
    if "." not in name or is_address(name):
        return
    lacking = [peer.node.name or "" for peer, leaf in leaves if name not in {known.lower() for known in leaf.names}]
    is_asked_for = view.is_core and store == view.expected_store(Side.CLIENT)
    if lacking and (is_asked_for or len(lacking) < len(leaves)):
        yield f"The {store} certificate of {', '.join(lacking)} lacks the cluster's name {name}."


def cluster_setting_differs(view: NodeView) -> Iterator[Judgement]:
    """Settings that are replicated differ between the peers, or their releases do."""
    if not _leads(view) or len(view.cluster) < 2:
        return
    rows = [
        row for name in _COMPARED for row in _differing(name, {p.node.name: p.setting(name) for p in view.cluster})
    ]
    rows += _zones_differ(view)
    versions = {peer.node.name: Version.parse(peer.node.version) for peer in view.cluster}
    rows += _differing("software version", {name: str(v) if v else None for name, v in versions.items()})
    if not rows:
        return
    yield Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=cluster_name(view),
        explanation=f"The peers of the cluster differ: {'; '.join(rows)}. The primary replicates its configuration to the "
        "others: replication fails, an upgrade is under way, or the bundles are of different times. "
        f"{_NOW_AND_THEN}",
        remedy=(
            Remedy(
                text="Check that all peers are reachable and replicate, and run the same release; change settings on the "
                "primary alone.",
                command="System > Clustering",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *(row for name in _COMPARED for row in _quote_differing(view, name)),
            *(row for peer in view.cluster if len(set(versions.values())) > 1 for row in quote_version(peer.node)),
        ),
        count=len(rows),
    )


def _differing(what: str, values: Mapping[str | None, str | None]) -> list[str]:
    """Say who has which value, if those that are known differ."""
    known = {name: value for name, value in values.items() if value is not None}
    if len({value.lower() for value in known.values()}) < 2:
        return []
    return [f"{what} is " + ", ".join(f"{value} at {name}" for name, value in known.items())]


def _zones_differ(view: NodeView) -> list[str]:
    """Say of the zones that several peers have how their TLS verification differs."""
    zones: dict[str, dict[str | None, Zone]] = {}
    for peer in view.cluster:
        for zone in peer.node.zones:
            zones.setdefault(zone.name, {})[peer.node.name] = zone
    return [
        row
        for name, held in zones.items()
        for what, values in (
            ("TLS verify mode", {peer: zone.tls_verify_mode for peer, zone in held.items()}),
            ("TLS verify subject name", {peer: zone.tls_verify_subject for peer, zone in held.items()}),
        )
        for row in _differing(f"{what} of zone {name}", values)
    ]


def _quote_differing(view: NodeView, name: str) -> tuple[Evidence, ...]:
    settings: list[Setting] = [peer.node.settings[name] for peer in view.cluster if name in peer.node.settings]
    differ = len({(setting.current or "").lower() for setting in settings}) > 1
    return tuple(row for setting in settings if differ for row in quote.quote_setting(name, setting))


RULES = (
    Rule(
        id="cluster-cert-differs",
        title="Peers of a cluster hold different certificates",
        severity=Severity.WARNING,
        judge=cluster_cert_differs,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("MRA", "I"),
        meaning="Said of a cluster whose peers hold certificates of their own, which is usual. It is a warning where they "
        "differ in extended key usage, or where some lack the cluster's name: then connections fail with some peers only.",
    ),
    Rule(
        id="cluster-setting-differs",
        title="Peers of a cluster are configured differently",
        severity=Severity.WARNING,
        judge=cluster_setting_differs,
        needs=((Need.CONFIGURATION, Need.STATUS),),
        sources=("AG", "I"),
        meaning="Said when settings that the primary replicates (the extended key usage check, TLS verification) or the "
        "releases differ between the bundles of a cluster's peers.",
    ),
    Rule(
        id="cluster-bundle-missing-peers",
        title="Bundles of cluster peers are missing",
        severity=Severity.INFO,
        judge=cluster_bundle_missing_peers,
        needs=((Need.CONFIGURATION, Need.STATUS),),
        sources=("AG",),
        meaning="Said when the configuration lists peers of the cluster whose bundles are not given. A diagnostic log covers "
        "one peer only.",
    ),
)

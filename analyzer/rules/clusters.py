"""A cluster and its peers: what it is called, whom it lists, and whose bundles are missing.

What is about a cluster is said once, of the first of its peers.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.clusters import is_called
from analyzer.evidence import MemberKind, Node
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.words import counted, listed, say

_XCONF = (MemberKind.XCONF_XML, MemberKind.XCONF_TEXT)
NOW_AND_THEN = say("What depends on it fails with some of the peers, and so now and then.")


def cluster_name(view: NodeView) -> str:
    """Return what a cluster is called: its name, else its peers'."""
    return own_name(view) or listed(peer.label for peer in view.cluster)


def own_name(view: NodeView) -> str | None:
    """Return the name that the configuration gives a cluster."""
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
    text = say(
        "cluster {name}: peers {peers}",
        name=node.cluster.name or say("without a name"),
        peers=listed(node.cluster.peers) or say("not listed"),
    )
    return (Evidence(kind=EvidenceKind.SETTING, file=file, locator="Alternates", text=text),)


def leads(view: NodeView) -> bool:
    """Whether a node is the first of its cluster, which says what is about all."""
    return view.cluster[0] is view


def cluster_bundle_missing_peers(view: NodeView) -> Iterator[Judgement]:
    """The cluster has peers whose bundles are not given."""
    missing = [entry for entry in listed_peers(view) if not any(is_called(peer.node, entry) for peer in view.cluster)]
    if missing and leads(view):
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=cluster_name(view),
            explanation=counted(
                len(missing),
                "No bundle is given of {peers}, listed as a peer of the cluster: a diagnostic log holds the log, the capture "
                "and the certificates of one peer alone. What goes through the others is not seen.",
                "No bundle is given of {peers}, listed as peers of the cluster: a diagnostic log holds the log, the capture "
                "and the certificates of one peer alone. What goes through the others is not seen.",
                peers=listed(missing),
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Download the diagnostic log from {peers}, too: each peer has its own.",
                        peers=listed(missing),
                    ),
                    command="Maintenance > Diagnostics > Diagnostic logging",
                    kind=RemedyKind.COLLECT,
                    at=None,
                ),
            ),
            evidence=quote_cluster(view.node),
            count=len(missing),
        )


RULES = (
    Rule(
        id="cluster-bundle-missing-peers",
        title=say("Bundles of cluster peers are missing"),
        severity=Severity.INFO,
        judge=cluster_bundle_missing_peers,
        needs=((Need.CONFIGURATION, Need.STATUS),),
        sources=("AG",),
        meaning="Said when the configuration lists peers of the cluster whose bundles are not given. A diagnostic log covers "
        "one peer only.",
    ),
)

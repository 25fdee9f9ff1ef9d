from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from analyzer.evidence import Cluster, Node, NodeRole
from tests.rules.cases import NOT_DETERMINABLE, case, judge, made
from tests.rules.clusters import CLUSTER, NAME, peer
from tests.rules.nodes import bare, edge

MISSING = "cluster-bundle-missing-peers"


def three(**third: Any) -> tuple[Node, ...]:
    return peer(1), peer(2), peer(3, **third)


def test_peers_without_a_bundle_are_named() -> None:
    judged = case(peer(1), peer(2))

    assert judge(judged, MISSING) == {("info", "proven", NAME)}
    (finding,) = made(judged, MISSING)
    assert "No bundle is given of edge3.harbor.example, listed as a peer" in finding.explanation


def test_a_whole_cluster_lacks_none_however_its_peers_are_listed() -> None:
    by_address = Cluster(name=None, peers=("10.2.2.21", "EDGE2.harbor.example", "10.2.2.23"))

    assert judge(case(*three()), MISSING) == set()
    assert judge(case(peer(1, cluster=by_address), peer(2), peer(3)), MISSING) == set()


def test_a_cluster_of_one_lacks_nobody() -> None:
    alone = Cluster(name=NAME, peers=("edge1.harbor.example",))

    assert judge(case(peer(1, cluster=alone)), MISSING) == set()
    assert judge(case(edge()), MISSING) == set()


def test_each_bundle_may_list_others() -> None:
    short = replace(CLUSTER, peers=CLUSTER.peers[:2])

    (finding,) = made(case(peer(1, cluster=short), peer(2)), MISSING)

    assert "edge3.harbor.example" in finding.explanation


def test_a_node_of_which_nothing_is_known_is_not_determinable() -> None:
    assert judge(case(bare(NodeRole.EDGE)), MISSING) == {("info", NOT_DETERMINABLE, "bare")}

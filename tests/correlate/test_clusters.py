from __future__ import annotations

import pytest

from analyzer.correlate.clusters import is_called, same_cluster
from analyzer.evidence import Cluster, NodeRole
from tests.correlate.records import node

EDGE = NodeRole.EDGE


@pytest.mark.parametrize(
    ("entry", "means"),
    [
        ("10.1.1.10", True),
        ("10.1.1.11", False),
        ("EXPE1.harbor.example.", True),
        ("expe1.elsewhere.example", False),
        ("expe2.harbor.example", False),
    ],
)
def test_an_entry_means_a_node_by_address_or_name(entry: str, means: bool) -> None:
    assert is_called(node("expe1", EDGE), entry) is means


def test_without_a_domain_the_host_name_decides() -> None:
    bare = node("expe1", EDGE, host_names=("expe1",))

    assert is_called(bare, "expe1.harbor.example")
    assert not is_called(bare, "expe10.harbor.example")


def test_a_name_and_a_role_make_one_cluster() -> None:
    one, other = (node(name, EDGE, cluster=Cluster(name="edge.harbor.example")) for name in ("expe1", "expe2"))

    assert same_cluster(one, other)
    assert not same_cluster(one, node("expc1", NodeRole.CORE, cluster=Cluster(name="edge.harbor.example")))
    assert not same_cluster(one, node("expe3", EDGE, cluster=Cluster(name="other.harbor.example")))
    assert not same_cluster(one, node("expe4", EDGE))


def test_where_a_name_is_missing_either_list_of_peers_makes_one() -> None:
    lists = node("expe1", EDGE, cluster=Cluster(name=None, peers=("expe1.harbor.example", "10.1.1.12")))
    listed = node("expe2", EDGE, addresses=("10.1.1.12",), cluster=Cluster(name="edge.harbor.example"))

    assert same_cluster(lists, listed)
    assert same_cluster(listed, lists)
    assert not same_cluster(lists, node("expe3", EDGE, addresses=("10.1.1.13",), cluster=Cluster(name=None)))

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Cluster, Node, NodeRole
from tests.rules.cases import NOT_DETERMINABLE, case, judge, made
from tests.rules.clusters import NAME, client, peer, server
from tests.rules.nodes import bare, core, edge, stores
from tests.rules.pki import BOTH, SERVER_ONLY, certificate

CERTIFICATES = "cluster-cert-differs"


def three(**third: Any) -> tuple[Node, ...]:
    return peer(1), peer(2), peer(3, **third)


def test_certificates_of_their_own_are_usual_and_told_once() -> None:
    judged = case(*three())

    assert judge(judged, CERTIFICATES) == {("info", "proven", NAME)}
    (finding,) = made(judged, CERTIFICATES)
    assert (finding.node, len(finding.evidence)) == ("edge1", 6)


def test_one_certificate_for_all_is_no_difference() -> None:
    shared = stores(server(1), client(1))

    assert judge(case(*(peer(number, stores=shared) for number in (1, 2, 3))), CERTIFICATES) == set()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ((server(3), client(3, eku=SERVER_ONLY)), "client certificates differ in their extended key usage"),
        ((server(3, eku=BOTH), client(3)), "server certificates differ in their extended key usage"),
        ((server(3, named=False), client(3)), "server certificate of edge3 lacks the cluster's name"),
        ((server(3), client(3, named=False)), "client certificate of edge3 lacks the cluster's name"),
    ],
)
def test_one_peer_that_was_renewed_otherwise_is_a_warning(held: tuple[Any, Any], said: str) -> None:
    judged = case(*three(stores=stores(*held)))

    assert judge(judged, CERTIFICATES) == {("warning", "proven", NAME)}
    assert said in made(judged, CERTIFICATES)[0].explanation


def test_edges_that_all_do_without_the_clusters_name_are_no_warning() -> None:
    without = [peer(n, stores=stores(server(n, named=False), client(n, named=False))) for n in (1, 2)]

    assert judge(case(*without), CERTIFICATES) == {("info", "proven", NAME)}


def test_cores_are_asked_for_the_clusters_name_by_what_they_present() -> None:
    name = "core.harbor.example"
    cores = [
        core(
            name=f"core{number}", host=f"core{number}", cluster=Cluster(name="cores.harbor.example"),
            stores=stores(certificate(name, BOTH), certificate(f"core{number}.harbor.example", BOTH)),
        )
        for number in (1, 2)
    ]  # fmt: skip

    (finding,) = made(case(*cores), CERTIFICATES)

    assert finding.severity == "warning"
    assert "client certificate of core1, core2 lacks the cluster's name cores.harbor.example" in finding.explanation


def test_an_absent_client_store_is_no_difference() -> None:
    old = {"version": "X15.4", "stores": stores(server(1), None)}

    assert judge(case(peer(1, **old), peer(2, **old)), CERTIFICATES) == set()


def test_nodes_of_no_cluster_or_of_two_are_not_compared() -> None:
    other = Cluster(name="other.harbor.example")

    assert judge(case(core(), edge()), CERTIFICATES) == set()
    assert judge(case(peer(1), peer(2, cluster=other)), CERTIFICATES) == set()


def test_two_bundles_of_one_host_are_one_peer() -> None:
    again = replace(peer(1), name="edge1#2", stores=stores(server(2), client(2)))

    assert judge(case(peer(1), again), CERTIFICATES) == set()


def test_a_node_of_which_nothing_is_known_is_not_determinable() -> None:
    assert judge(case(bare(NodeRole.EDGE)), CERTIFICATES) == {("info", NOT_DETERMINABLE, "bare")}

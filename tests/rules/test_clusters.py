from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Cluster, Node, NodeRole, Setting, SettingChange
from analyzer.facts.settings import CLUSTER_TLS_VERIFY, EKU_CHECKING_MODE
from tests.rules.cases import NOT_DETERMINABLE, case, judge, made
from tests.rules.clusters import CLUSTER, ENFORCING, NAME, client, peer, server
from tests.rules.nodes import START, bare, core, edge, mode, stores, zone
from tests.rules.pki import BOTH, SERVER_ONLY, certificate

CERTIFICATES, SETTINGS, MISSING = "cluster-cert-differs", "cluster-setting-differs", "cluster-bundle-missing-peers"


def three(**third: Any) -> tuple[Node, ...]:
    return peer(1), peer(2), peer(3, **third)


# Certificates


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


# Settings


def test_peers_that_agree_say_nothing() -> None:
    assert judge(case(*three()), SETTINGS) == set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": mode("Off")}, f"{EKU_CHECKING_MODE} is On at edge1, On at edge2, Off at edge3"),
        ({"version": "X15.4"}, "software version is X15.5.1 at edge1, X15.5.1 at edge2, X15.4 at edge3"),
        ({"zones": (zone(tls_verify_mode="Off"),)}, "TLS verify mode of zone UC traversal is On at edge1"),
        ({"zones": (zone(tls_verify_subject="x.example"),)}, "TLS verify subject name of zone UC traversal is"),
    ],
)
def test_what_is_replicated_should_not_differ(changes: dict[str, Any], said: str) -> None:
    judged = case(*three(**changes))

    assert judge(judged, SETTINGS) == {("warning", "proven", NAME)}
    assert said in made(judged, SETTINGS)[0].explanation


def test_the_last_change_in_the_log_counts() -> None:
    change = SettingChange(time=START, value="Off", file="log", line=1)
    changed = {EKU_CHECKING_MODE: Setting(value="On", changes=(change,))}

    assert judge(case(peer(1), peer(2, settings=changed)), SETTINGS) == {("warning", "proven", NAME)}
    assert judge(case(peer(1, settings=mode("Off")), peer(2, settings=changed)), SETTINGS) == set()


def test_what_one_dump_does_not_say_is_no_difference() -> None:
    both = {**peer(1).settings, **ENFORCING}

    assert CLUSTER_TLS_VERIFY in both
    assert judge(case(peer(1, settings=both), peer(2), peer(3, version=None)), SETTINGS) == set()


# Bundles


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


# What they need


@pytest.mark.parametrize("rule", [CERTIFICATES, SETTINGS, MISSING])
def test_a_node_of_which_nothing_is_known_is_not_determinable(rule: str) -> None:
    assert judge(case(bare(NodeRole.EDGE)), rule) == {("info", NOT_DETERMINABLE, "bare")}

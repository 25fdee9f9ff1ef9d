from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Cluster, Node, Peer, PeerKind, Setting, Side
from analyzer.facts.settings import CLUSTER_TLS_VERIFY, COLLABORATION_EDGE_ENABLED
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import CUBE, EDGE, NEIGHBOR_ZONE, core, edge, stores, zone
from tests.rules.pki import BOTH, PUBLIC, SERVER_ONLY, certificate

EDGE_NAME, CORE_NAME = "edge.harbor.example", "core.harbor.example"
L_EDGE, M_CORE = "l-edge-server-only", "m-core-server-only"
NEIGHBOR, CLUSTER, ADVICE = "m-neighbor-verify-on-server-only", "cluster-enforcing-server-only", "upgrade-advice"
EDGE_LEAF, EDGE_BOTH = certificate(EDGE_NAME, SERVER_ONLY, PUBLIC), certificate(EDGE_NAME, BOTH, PUBLIC)
CORE_LEAF, CORE_BOTH = certificate(CORE_NAME, SERVER_ONLY, PUBLIC), certificate(CORE_NAME, BOTH)
PEER = Peer(name="peer2", kind=PeerKind.CLUSTER)


def on(name: str, value: str) -> dict[str, Setting]:
    return {name: Setting(value=value, source="edge.zip/xconf.xml: it")}


def old_edge(version: str | None = "X15.3", leaf: Any = EDGE_LEAF, **changes: Any) -> Node:
    held = stores(leaf, None)
    return edge(**{"version": version, "settings": {}, "stores": held, "zones": (zone(), NEIGHBOR_ZONE), **changes})


def old_core(version: str = "X15.4", leaf: Any = CORE_LEAF, **changes: Any) -> Node:
    return core(version=version, settings={}, stores=stores(leaf, None), **changes)


# Up to X15.3: the Edge


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("critical", "proven")),
        ({"version": "X14.0.6"}, ("critical", "proven")),
        ({"settings": on(COLLABORATION_EDGE_ENABLED, "On")}, ("critical", "proven")),
        ({"zones": (zone(unified_communications=None),)}, ("warning", "inferred")),
    ],
    ids=["by the zone", "older", "by the setting", "not said"],
)
def test_an_edge_up_to_x15_3_needs_both_usages_for_remote_access(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert judge(case(old_edge(**changes)), L_EDGE) == {(*expected, EDGE_NAME)}


@pytest.mark.parametrize(
    "node",
    [
        old_edge("X15.4"),
        old_edge(leaf=EDGE_BOTH),
        old_edge(settings=on(COLLABORATION_EDGE_ENABLED, "Off")),
        old_core("X15.3"),
    ],
    ids=["X15.4", "both usages", "no remote access", "Core"],
)
def test_other_releases_certificates_and_roles_need_none(node: Node) -> None:
    assert judge(case(node), L_EDGE) == set()


@pytest.mark.parametrize(
    "node",
    [old_edge(leaf=None), old_edge(version=None), old_edge(zones=())],
    ids=["store", "release", "configuration"],
)
def test_an_edge_that_is_not_known_is_not_determinable(node: Node) -> None:
    assert judge(case(node), L_EDGE) == {("info", NOT_DETERMINABLE, "edge")}


# X15.4: the Core


def test_on_x15_4_a_core_gains_nothing_and_the_general_diagnosis_explains_it() -> None:
    judged = case(old_core("X15.4.2"))

    assert judge(judged, M_CORE) == {("critical", "proven", CORE_NAME)}
    assert causes(judged)["core", M_CORE] == "core-client-not-client-capable"


@pytest.mark.parametrize(
    "node", [old_core("X15.3"), core(), old_core(leaf=CORE_BOTH), old_edge("X15.4")],
    ids=["X15.3", "X15.5", "both usages", "Edge"],
)  # fmt: skip
def test_the_x15_4_core_is_meant_alone(node: Node) -> None:
    assert judge(case(node), M_CORE) == set()


def test_without_its_store_the_x15_4_core_is_not_determinable() -> None:
    assert judge(case(old_core(leaf=None)), M_CORE) == {("info", NOT_DETERMINABLE, "core")}


# X15.4: neighbours that verify


def test_a_neighbour_zone_that_verifies_is_a_warning_until_it_fails() -> None:
    node = old_edge("X15.4")
    failed = replace(node, zones=(replace(NEIGHBOR_ZONE, status="Failed"),))
    refused = connection(node, CUBE, role=Side.CLIENT, client=EDGE_LEAF, alert=(Side.SERVER, 43), port=5061)

    assert judge(case(node), NEIGHBOR) == {("warning", "inferred", "CUBE")}
    assert judge(case(failed), NEIGHBOR) == {("critical", "strong", "CUBE")}
    judged = case(node, connections=[refused, replace(refused)])
    assert judge(judged, NEIGHBOR) == {("critical", "proven", "CUBE")}
    (finding,) = made(judged, NEIGHBOR)
    assert (finding.count, [str(remedy.kind) for remedy in finding.remedy]) == (2, ["durable", "durable", "stop-gap"])
    assert causes(judged)["edge", "peer-alert-unsupported-certificate"] == NEIGHBOR


def test_an_edges_neighbour_is_no_reason_for_what_the_edge_refuses_the_core() -> None:
    refused = connection(old_core(), EDGE, role=Side.CLIENT, client=CORE_LEAF, alert=(Side.SERVER, 43))

    judged = case(old_core(), old_edge("X15.4"), connections=[refused])

    assert made(judged, NEIGHBOR)
    assert causes(judged)["core", "peer-alert-unsupported-certificate"] == "core-client-not-client-capable"


def test_a_neighbour_that_took_the_certificate_is_fine() -> None:
    node = old_edge("X15.4")
    taken = connection(node, CUBE, role=Side.CLIENT, client=EDGE_LEAF, completed=True, port=5061)

    assert judge(case(node, connections=[taken]), NEIGHBOR) == set()


@pytest.mark.parametrize(
    "node",
    [
        old_edge("X15.4", zones=(replace(NEIGHBOR_ZONE, tls_verify_mode="Off"),)),
        old_edge("X15.4", zones=(replace(NEIGHBOR_ZONE, status="Off"),)),
        old_edge("X15.4", leaf=EDGE_BOTH),
        old_edge("X15.3"),
        edge(stores=stores(EDGE_LEAF, EDGE_LEAF)),
    ],
    ids=["does not verify", "off", "both usages", "X15.3", "X15.5"],
)
def test_neighbours_are_no_matter_otherwise(node: Node) -> None:
    assert judge(case(node), NEIGHBOR) == set()


def test_without_the_configuration_the_neighbours_are_not_determinable() -> None:
    assert judge(case(old_edge("X15.4", zones=())), NEIGHBOR) == {("info", NOT_DETERMINABLE, "edge")}


# Up to X15.3: clusters


ENFORCING: dict[str, Any] = {
    "settings": on(CLUSTER_TLS_VERIFY, "Enforcing"),
    "cluster": Cluster(name="cl.harbor.example"),
}
ALARM = Alarm(id="20004", severity="warning", title="Cluster communication failure", source="edge.zip/x: Alarms")


@pytest.mark.parametrize(
    ("alarms", "confidence"), [((), "inferred"), ((ALARM,), "strong")], ids=["no alarm", "alarm"]
)
def test_an_enforcing_cluster_cuts_off_a_server_only_peer(alarms: tuple[Alarm, ...], confidence: str) -> None:
    node = old_edge(**ENFORCING, alarms=alarms)

    assert judge(case(node), CLUSTER) == {("critical", confidence, "cl.harbor.example")}


def test_what_a_cluster_peer_did_with_it_outranks_the_rule() -> None:
    node = old_edge(**ENFORCING)
    refused = connection(node, PEER, role=Side.CLIENT, client=EDGE_LEAF, alert=(Side.SERVER, 43), port=4372)
    taken = connection(node, PEER, role=Side.CLIENT, client=EDGE_LEAF, completed=True, port=4372)

    assert judge(case(node, connections=[refused]), CLUSTER) == {("critical", "proven", "cl.harbor.example")}
    assert judge(case(node, connections=[taken]), CLUSTER) == {("warning", "inferred", "cl.harbor.example")}


@pytest.mark.parametrize(
    "node",
    [
        old_edge(settings=on(CLUSTER_TLS_VERIFY, "Permissive")),
        old_edge(**ENFORCING, leaf=EDGE_BOTH),
        old_edge("X15.4", **ENFORCING),
        old_edge(),
    ],
    ids=["permissive", "both usages", "X15.4", "no cluster"],
)
def test_a_cluster_that_does_not_ask_for_it_is_fine(node: Node) -> None:
    assert judge(case(node), CLUSTER) == set()


def test_without_its_store_a_cluster_peer_is_not_determinable() -> None:
    assert judge(case(old_edge(**ENFORCING, leaf=None)), CLUSTER) == {("info", NOT_DETERMINABLE, "edge")}


# Advice


@pytest.mark.parametrize(
    ("version", "words"), [("X14.3.1", "demands both usages"), ("X15.4", "lets only an Edge do with serverAuth")]
)
def test_an_old_release_is_advised_to_be_upgraded_as_context(version: str, words: str) -> None:
    (finding,) = made(case(old_edge(version, leaf=EDGE_BOTH)), ADVICE)

    assert (str(finding.severity), finding.subject, finding.is_context) == ("info", version, True)
    assert words in finding.explanation


def test_a_release_with_two_stores_needs_no_advice_and_an_unknown_one_gets_none() -> None:
    assert judge(case(edge()), ADVICE) == set()
    assert judge(case(old_edge(version=None)), ADVICE) == {("info", NOT_DETERMINABLE, "edge")}

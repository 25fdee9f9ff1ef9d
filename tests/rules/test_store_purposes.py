"""What a store's certificate may not be used for, though its role demands it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, Side, Stores, Visibility, Zone
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, CUCM, EDGE, NAMED, NEIGHBOR_ZONE, WEBEX, bare, core, edge, stores, zone
from tests.rules.pki import (
    BOTH,
    CLIENT_ONLY,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
)

NAME = "edge.harbor.example"
EDGE_CLIENT_ONLY = certificate(NAME, CLIENT_ONLY)
EDGE_SERVER_ONLY = certificate(NAME, SERVER_ONLY)
CORE_CLIENT_ONLY = certificate("core.harbor.example", CLIENT_ONLY)
SERVER, CLIENT = f"{NAME} (server store)", f"{NAME} (client store)"
EDGE_ID, CORE_ID, CLIENT_ID = (
    "edge-server-not-server-capable",
    "core-server-lacks-serverauth",
    "edge-client-not-client-capable",
)
WEBEX_ZONE = Zone(name="To Webex", type="DNS", tls_verify_subject="callservice.webex.com", source="x.xml: Zones")


# Server certificates


@pytest.mark.parametrize(
    "leaf",
    [EDGE_CLIENT_ONLY, certificate(NAME, BOTH, authority("Narrow", eku=CLIENT_ONLY))],
    ids=["the leaf", "its authority"],
)
def test_an_edge_that_may_be_no_server_is_grave(leaf: Certificate) -> None:
    node = edge(stores=stores(leaf, EDGE_CLIENT, (*EVERYONE, *chain(leaf, root=True)[1:])))

    assert judge(case(node), EDGE_ID) == {("critical", "proven", SERVER)}


@pytest.mark.parametrize("leaf", [EDGE_SERVER, EDGE_CLIENT, certificate(NAME, None)])
def test_an_edge_that_may_be_a_server_is_fine(leaf: Certificate) -> None:
    assert judge(case(edge(stores=stores(leaf, EDGE_CLIENT_ONLY))), EDGE_ID) == set()


def test_what_peers_accept_all_the_same_is_a_warning() -> None:
    node = edge(stores=stores(EDGE_CLIENT_ONLY, EDGE_CLIENT))
    fine = connection(node, CUBE, role=Side.SERVER, server=EDGE_CLIENT_ONLY, completed=True)
    refused = connection(node, CORE, role=Side.SERVER, server=EDGE_CLIENT_ONLY, alert=(Side.CLIENT, 43))

    assert judge(case(node, connections=[fine]), EDGE_ID) == {("warning", "proven", SERVER)}
    assert judge(case(node, connections=[fine, refused]), EDGE_ID) == {("critical", "proven", SERVER)}


def test_what_it_presents_as_a_client_says_nothing_of_it_as_a_server() -> None:
    node = edge(stores=stores(EDGE_CLIENT_ONLY, EDGE_CLIENT_ONLY))
    fine = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT_ONLY, completed=True)
    works = connection(node, CUBE, role=Side.SERVER, server=EDGE_CLIENT_ONLY, completed=True)
    line = event(node, WEBEX, alert=43, role=Side.CLIENT)

    assert judge(case(node, connections=[fine]), EDGE_ID) == {("critical", "proven", SERVER)}
    assert judge(case(node, connections=[works], events=[line]), EDGE_ID) == {("warning", "proven", SERVER)}


def test_the_edges_server_certificate_explains_what_the_core_refuses_on_both_nodes() -> None:
    node = edge(stores=stores(EDGE_CLIENT_ONLY, EDGE_CLIENT), zones=(zone(status="Failed"),))
    holder = core()
    refused = connection(node, CORE, role=Side.SERVER, server=EDGE_CLIENT_ONLY, alert=(Side.CLIENT, 43))
    refusing = connection(holder, EDGE, role=Side.CLIENT, server=EDGE_CLIENT_ONLY, alert=(Side.CLIENT, 43))
    tied = causes(case(node, holder, connections=[refused, refusing]))

    assert tied["edge", EDGE_ID] is None
    assert tied["edge", "uc-zone-failed"] == EDGE_ID
    assert tied["edge", "peer-alert-unsupported-certificate"] == EDGE_ID
    assert tied["core", "local-alert-unsupported-certificate"] == EDGE_ID


def test_a_core_that_may_be_no_server_is_a_warning() -> None:
    bad, good = core(stores=stores(CORE_CLIENT_ONLY, CORE_CLIENT)), core(stores=stores(CORE_SERVER, CORE_CLIENT_ONLY))
    refused = connection(bad, CUCM, role=Side.SERVER, server=CORE_CLIENT_ONLY, alert=(Side.CLIENT, 43))

    assert judge(case(bad), CORE_ID) == {("warning", "proven", "core.harbor.example (server store)")}
    assert causes(case(bad, connections=[refused]))["core", "peer-alert-unsupported-certificate"] == CORE_ID
    assert judge(case(good), CORE_ID) == set()
    assert judge(case(edge(stores=stores(EDGE_CLIENT_ONLY, None))), CORE_ID) == set()


@pytest.mark.parametrize("rule", [EDGE_ID, CORE_ID, CLIENT_ID])
def test_without_the_store_it_is_not_determinable(rule: str) -> None:
    node = core() if rule == CORE_ID else edge()

    assert judge(case(replace(node, stores=Stores())), rule) == {("info", NOT_DETERMINABLE, node.name)}
    assert judge(case(bare(node.role)), rule) == {("info", NOT_DETERMINABLE, "bare")}


# The Edge as a client


def test_an_edge_that_may_be_no_client_is_a_warning_that_names_the_zones_and_predicts_nothing_of_webex() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER_ONLY), zones=(zone(), NEIGHBOR_ZONE, WEBEX_ZONE))
    (finding,) = made(case(node), CLIENT_ID)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("warning", "proven", CLIENT)
    assert "by TLS: CUBE, To Webex." in finding.explanation
    assert "Whether Webex checks it is not known" in finding.explanation


def test_without_a_zone_that_connects_by_tls_nobody_is_concerned() -> None:
    plain = replace(NEIGHBOR_ZONE, transport="TCP")
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER_ONLY), zones=(zone(), plain))

    assert judge(case(node), CLIENT_ID) == {("info", "proven", CLIENT)}


@pytest.mark.parametrize("leaf", [EDGE_CLIENT, EDGE_CLIENT_ONLY, certificate(NAME, None)])
def test_an_edge_that_may_be_a_client_is_fine(leaf: Certificate) -> None:
    assert judge(case(edge(stores=stores(EDGE_SERVER, leaf))), CLIENT_ID) == set()


def test_an_older_release_has_no_client_store_to_judge() -> None:
    node = edge(version="X15.4", stores=stores(EDGE_SERVER, None))

    assert judge(case(node), CLIENT_ID) == set()


def test_only_a_refusal_makes_it_critical_and_who_does_not_ask_is_not_concerned() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER_ONLY))
    refused = connection(node, NAMED, role=Side.CLIENT, client=EDGE_SERVER_ONLY, alert=(Side.SERVER, 43))
    fine = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_SERVER_ONLY, completed=True)
    unasked = connection(node, CUBE, role=Side.CLIENT, client=Visibility.NOT_REQUESTED, completed=True)
    line = event(node, NAMED, alert=43, role=Side.CLIENT)
    (accepted,) = made(case(node, connections=[fine, unasked]), CLIENT_ID)
    (finding,) = made(case(node, connections=[fine, unasked, refused]), CLIENT_ID)

    assert str(accepted.severity) == "warning"
    assert "Webex accepted it" in accepted.explanation
    assert f"{CUBE.name} did not ask for it" in accepted.explanation
    assert (str(finding.severity), finding.count) == ("critical", 1)
    assert f"{NAMED.name} refused it" in finding.explanation
    assert judge(case(node, events=[line]), CLIENT_ID) == {("critical", "proven", CLIENT)}


def test_what_it_presents_as_a_server_says_nothing_of_it_as_a_client() -> None:
    node = edge(stores=stores(EDGE_SERVER_ONLY, EDGE_SERVER_ONLY))
    refused = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER_ONLY, alert=(Side.CLIENT, 43))

    assert judge(case(node, connections=[refused]), CLIENT_ID) == {("warning", "proven", CLIENT)}


def test_the_copy_of_the_server_certificate_is_the_cause() -> None:
    node = edge(stores=stores(EDGE_SERVER_ONLY, EDGE_SERVER_ONLY))
    shown = connection(node, NAMED, role=Side.CLIENT, client=EDGE_SERVER_ONLY, completed=True)

    assert causes(case(node))["edge", CLIENT_ID] == "edge-client-is-server-only-copy"
    assert causes(case(node, connections=[shown]))["edge", CLIENT_ID] == "edge-client-is-server-only-copy"

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import Alarm, Cluster, Connection, Event, NodeRole, Setting, Side, Visibility, ZonePeer
from analyzer.facts.settings import CLUSTER_TLS_VERIFY
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.clusters import ENFORCING, NAME, as_peer, client, peer, server
from tests.rules.nodes import CORE, bare, core, stores, zone
from tests.rules.pki import SERVER_ONLY, certificate

NOT_SERVED, INCAPABLE = "cluster-peer-not-serving-new-certificate", "cluster-client-store-incapable"
OLD = server(2, not_before=datetime(2025, 1, 10, tzinfo=UTC))
FRESH = server(2, not_before=datetime(2026, 3, 20, tzinfo=UTC))
DAY = 86_400


def serves(leaf: Any, *, at: float = 0, port: int = 7001) -> Connection:
    return connection(peer(2), CORE, role=Side.SERVER, server=leaf, completed=True, at=at, port=port)


# An old certificate that one peer still serves


def test_the_peer_that_still_serves_its_old_certificate_is_named() -> None:
    judged = case(peer(1), peer(2), connections=[serves(OLD)])

    assert judge(judged, NOT_SERVED) == {("warning", "proven", "edge2")}
    assert "Restart edge2 alone" in made(judged, NOT_SERVED)[0].remedy[0].text


def test_it_explains_that_an_old_certificate_is_served() -> None:
    tied = causes(case(peer(1), peer(2), connections=[serves(OLD)]))

    assert tied["edge2", "presented-stale-certificate"] == NOT_SERVED


PARTNER = core(
    zones=(
        zone(
            "TraversalClient",
            peers=(
                ZonePeer(address="edge1.harbor.example", status="Active"),
                ZonePeer(address="edge2.harbor.example", status="Failed"),
            ),
        ),
    )
)


def test_it_is_an_outage_where_the_partner_has_all_but_this_peer_active() -> None:
    judged = case(PARTNER, peer(1), peer(2), connections=[serves(OLD)])

    assert judge(judged, NOT_SERVED) == {("critical", "proven", "edge2")}
    (finding,) = made(judged, NOT_SERVED)
    assert "core has 1 of 2 peers of zone UC traversal active, this one not." in finding.explanation


@pytest.mark.parametrize("since", [server(2), certificate("mra.harbor.example")])
def test_what_it_serves_since_outranks_what_it_served(since: Any) -> None:
    assert judge(case(peer(1), peer(2), connections=[serves(OLD), serves(since, at=9)]), NOT_SERVED) == set()


def test_a_peer_that_runs_for_longer_than_its_certificate_is_valid_has_not_taken_it_up() -> None:
    fresh = stores(FRESH, client(2))

    assert judge(case(peer(1), peer(2, stores=fresh, uptime=30 * DAY)), NOT_SERVED) == {
        ("warning", "inferred", "edge2")
    }
    assert judge(case(PARTNER, peer(1), peer(2, stores=fresh, uptime=30 * DAY)), NOT_SERVED) == {
        ("warning", "inferred", "edge2")
    }
    assert judge(case(peer(1), peer(2, stores=fresh, uptime=2 * DAY)), NOT_SERVED) == set()


@pytest.mark.parametrize(
    "changes",
    [{"uptime": None}, {"logs": (), "captures": ()}],
    ids=["no uptime", "no time of the evidence"],
)
def test_what_is_not_known_is_not_reckoned_with(changes: dict[str, Any]) -> None:
    known = {"stores": stores(FRESH, client(2)), "uptime": 30 * DAY}

    assert judge(case(peer(1), peer(2, **{**known, **changes})), NOT_SERVED) == set()


def test_a_restart_or_a_handshake_outranks_the_uptime() -> None:
    node = peer(2, stores=stores(FRESH, client(2)), uptime=30 * DAY)
    restart: Event = event(node, None, name="Application Start", source=None, destination=None)

    assert judge(case(peer(1), node, events=[restart]), NOT_SERVED) == set()
    assert judge(case(peer(1), node, connections=[serves(FRESH)]), NOT_SERVED) == set()


def test_an_expressway_of_no_cluster_is_not_meant() -> None:
    alone = Cluster(name=NAME, peers=("edge2.harbor.example",))

    assert judge(case(peer(2, cluster=alone), connections=[serves(OLD)]), NOT_SERVED) == set()
    assert judge(case(peer(2, cluster=None), connections=[serves(OLD)]), NOT_SERVED) == set()


def test_a_listed_peer_makes_a_cluster_even_without_its_bundle() -> None:
    assert judge(case(peer(2), connections=[serves(OLD)]), NOT_SERVED) == {("warning", "proven", "edge2")}


# Client certificates under Enforcing


def incapable(held: Any = None, **changes: Any) -> Any:
    leaf = held or client(1, eku=SERVER_ONLY)
    return peer(1, **{"stores": stores(server(1), leaf), "settings": {**peer(1).settings, **ENFORCING}, **changes})


def dials(**options: Any) -> Connection:
    return connection(peer(1), as_peer(2), role=Side.CLIENT, port=4372, **options)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (client(1, eku=SERVER_ONLY), "may not be used as a client"),
        (client(9), "lacks the name edge1.harbor.example by which the cluster lists this peer"),
    ],
)
def test_a_client_certificate_that_cannot_serve_the_cluster_is_inferred_until_it_fails(held: Any, said: str) -> None:
    judged = case(incapable(held), peer(2))

    assert judge(judged, INCAPABLE, "edge1") == {("warning", "inferred", "edge1")}
    assert said in made(judged, INCAPABLE)[0].explanation


def test_an_alarm_or_a_refusal_makes_it_an_outage() -> None:
    alarm = Alarm(id="20004", severity="warning", title="Cluster communication failure", source="x: line 1")
    refused = dials(client=client(1, eku=SERVER_ONLY), alert=(Side.SERVER, 43))
    judged = case(incapable(), peer(2), connections=[refused])

    assert judge(case(incapable(alarms=(alarm,)), peer(2)), INCAPABLE, "edge1") == {("critical", "strong", "edge1")}
    assert judge(judged, INCAPABLE, "edge1") == {("critical", "proven", "edge1")}
    assert causes(judged)["edge1", "peer-alert-unsupported-certificate"] == INCAPABLE


def test_another_peers_refusal_is_not_explained_by_the_cluster() -> None:
    leaf = client(1, eku=SERVER_ONLY)
    refused = connection(incapable(), CORE, role=Side.CLIENT, client=leaf, alert=(Side.SERVER, 43))

    tied = causes(case(incapable(), peer(2), connections=[refused]))

    assert tied["edge1", INCAPABLE] is None
    assert tied["edge1", "peer-alert-unsupported-certificate"] != INCAPABLE


def test_a_handshake_that_asked_for_it_and_went_through_settles_it() -> None:
    asked = dials(client=client(1, eku=SERVER_ONLY), completed=True, at=9)
    unasked = dials(client=Visibility.NOT_REQUESTED, completed=True)

    assert judge(case(incapable(), peer(2), connections=[asked]), INCAPABLE, "edge1") == set()
    assert judge(case(incapable(), peer(2), connections=[unasked]), INCAPABLE, "edge1") == {
        ("warning", "inferred", "edge1")
    }


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(incapable(client(1)), id="it fits"),
        pytest.param(incapable(settings={CLUSTER_TLS_VERIFY: Setting(value="Permissive")}), id="permissive"),
        pytest.param(incapable(settings={}), id="mode not known"),
        pytest.param(incapable(version="X15.4"), id="a release with one store"),
        pytest.param(incapable(cluster=None), id="no cluster"),
        pytest.param(
            incapable(client(9), cluster=Cluster(name=NAME, peers=("10.2.2.21", "10.2.2.22"))), id="listed by address"
        ),
    ],
)
def test_a_peer_that_is_not_concerned_is_silent(node: Any) -> None:
    assert judge(case(node, peer(2, cluster=node.cluster)), INCAPABLE, "edge1") == set()


@pytest.mark.parametrize("rule", [NOT_SERVED, INCAPABLE])
def test_without_its_store_it_is_not_determinable(rule: str) -> None:
    assert judge(case(peer(1, stores=stores(None, None))), rule) == {("info", NOT_DETERMINABLE, "edge1")}
    assert judge(case(bare(NodeRole.EDGE)), rule) == {("info", NOT_DETERMINABLE, "bare")}

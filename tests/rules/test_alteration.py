from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Endpoint, Side, Visibility
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made, twins
from tests.rules.nodes import CORE, EDGE, core, edge, stores
from tests.rules.pki import BOTH, CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, authority, certificate, chain

ALTERED = "certificate-altered-between-ends"
FORGED = certificate("edge.harbor.example", BOTH, authority("Firewall Inspection"))
OLD = certificate("edge.harbor.example", BOTH, authority("Meridian", public=True))


def at_core(**options: Any) -> Connection:
    return connection(core(), EDGE, role=Side.CLIENT, **{"server": FORGED, **options})


def at_edge(**options: Any) -> Connection:
    return connection(edge(), CORE, role=Side.SERVER, **{"server": EDGE_SERVER, **options})


def judged(*both: Connection, **options: Any) -> set[tuple[str, str, str]]:
    pairs = (twins(("c1", "c2"), **options),)
    return judge(case(core(), edge(), connections=both, pairs=pairs), ALTERED)


# One connection that both ends show


@pytest.mark.parametrize("same_hello", [True, False])
def test_different_server_certificates_on_one_connection_are_an_alteration(same_hello: bool) -> None:
    assert judged(at_core(completed=True), at_edge(completed=True), same_hello=same_hello) == {
        ("warning", "proven", "edge")
    }


def test_it_is_an_outage_where_the_connection_came_to_nothing_at_one_end() -> None:
    refused, closed = at_core(alert=(Side.CLIENT, 48)), at_edge(completed=False, closed_by=Side.CLIENT)
    expected = {("critical", "proven", "edge")}

    assert judged(refused, at_edge(), same_hello=False) == expected
    assert judged(at_core(), closed, same_hello=False) == expected


def test_the_same_certificate_at_both_ends_is_none() -> None:
    assert judged(at_core(server=EDGE_SERVER), at_edge()) == set()


@pytest.mark.parametrize("hidden", [Visibility.ENCRYPTED, Visibility.RESUMED, Visibility.NOT_CAPTURED])
def test_what_one_end_does_not_show_is_none_as_long_as_the_hello_is_the_same(hidden: Visibility) -> None:
    assert judged(at_core(), at_edge(server=hidden)) == set()
    assert judged(at_core(server=hidden), at_edge()) == set()


@pytest.mark.parametrize("lost", [Visibility.NONE_SENT, Visibility.NOT_REQUESTED])
def test_a_client_certificate_that_does_not_arrive_is_missed_by_the_server(lost: Visibility) -> None:
    here = at_core(server=EDGE_SERVER, client=CORE_CLIENT, completed=True)
    there = at_edge(client=lost, completed=True)

    assert judged(here, there, same_hello=False) == {("warning", "proven", "core")}
    assert judged(here, there) == set()


def test_hidden_certificates_leave_the_hellos_to_tell_and_once_is_not_enough_for_an_outage() -> None:
    here = at_core(server=Visibility.ENCRYPTED, alert=(Side.CLIENT, 48))
    there = at_edge(server=Visibility.ENCRYPTED)
    twice = (twins(("c1", "c2"), ("c3", "c4"), same_hello=False),)

    assert judged(here, there, same_hello=False) == {
        ("warning", "inferred", "edge"),
        ("warning", "inferred", "core"),
    }
    assert judge(case(core(), edge(), connections=[here, there] * 2, pairs=twice), ALTERED, "core") == {
        ("critical", "strong", "edge")
    }


def test_a_capture_whose_role_is_not_known_received_nothing() -> None:
    way = connection(edge(addresses=()), CORE, role=None, server=EDGE_SERVER)

    assert judged(at_core(), way) == set()


# A box with addresses of its own


def alone(here: Connection, there: Connection, **changes: Any) -> set[tuple[str, str, str]]:
    return judge(case(core(), edge(**changes), connections=[here, there]), ALTERED)


def test_what_came_from_the_servers_address_and_is_not_what_it_presents_just_then() -> None:
    there = at_edge(at=1)

    assert alone(at_core(), there) == {("warning", "strong", "edge")}
    assert alone(at_core(alert=(Side.CLIENT, 48)), there) == {("critical", "strong", "edge")}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        pytest.param(at_core(), at_edge(at=60), id="at another time"),
        pytest.param(at_core(), at_edge(port=5061), id="on another port"),
        pytest.param(at_core(server_name="mra.harbor.example"), at_edge(), id="for another name"),
        pytest.param(at_core(server=OLD), at_edge(), id="an older one of the same issuer"),
        pytest.param(at_core(server=EDGE_CLIENT), at_edge(), id="the server's other store"),
        pytest.param(at_core(server=CORE_CLIENT), at_edge(), id="another node's"),
        pytest.param(at_core(), at_edge(server=FORGED), id="presented by the server itself"),
        pytest.param(at_core(server=Visibility.ENCRYPTED), at_edge(), id="hidden"),
    ],
)
def test_what_may_be_the_servers_own_is_not_altered(here: Connection, there: Connection) -> None:
    assert alone(here, there) == set()


def test_a_name_alone_does_not_make_it_the_other_node() -> None:
    assert alone(at_core(), at_edge(), addresses=("10.2.2.99",)) == set()


def test_without_the_servers_stores_it_cannot_be_told() -> None:
    assert alone(at_core(), at_edge(), stores=stores(None, None)) == set()


def test_an_address_that_two_nodes_have_tells_nothing() -> None:
    shared = edge(name="edge2", host="edge2")

    assert judge(case(core(), edge(), shared, connections=[at_core(), at_edge()]), ALTERED, "core") == set()


def test_what_the_other_end_shows_as_the_same_connection_is_compared_there() -> None:
    pairs = (twins(("c3", "c2")),)
    same = at_core(server=EDGE_SERVER)

    assert judge(case(core(), edge(), connections=[at_core(), at_edge(), same], pairs=pairs), ALTERED) == set()


def test_a_connection_whose_other_end_hides_its_certificate_is_not_compared_with_another_one() -> None:
    pairs = (twins(("c1", "c3")),)
    hidden = at_edge(server=Visibility.ENCRYPTED)

    assert judge(case(core(), edge(), connections=[at_core(), at_edge(), hidden], pairs=pairs), ALTERED) == set()


def test_what_the_server_presents_at_another_time_is_its_own() -> None:
    renewed = at_edge(server=FORGED, at=100)

    assert judge(case(core(), edge(), connections=[at_core(), at_edge(), renewed]), ALTERED) == set()


def test_what_a_node_gets_from_its_own_address_is_not_another_bundles() -> None:
    again = core(name="core#2")
    loop = at_core()
    loop = replace(loop, handshake=replace(loop.handshake, server=Endpoint(address="10.1.1.10", port=7001)))
    served = replace(connection(again, CORE, role=Side.SERVER, server=EDGE_SERVER), node="core#2")

    assert judge(case(core(), again, edge(), connections=[loop, served, at_edge(at=60)]), ALTERED) == set()


def test_the_clocks_offset_is_taken_off() -> None:
    both = [at_core(), at_edge(at=3601), at_core(server=EDGE_SERVER, at=9), at_edge(at=3609)]
    measured = twins(("c3", "c4"), seconds=3600)
    the_other_way = twins(("c4", "c3"), seconds=-3600, nodes="edge core")
    expected = {("warning", "strong", "edge")}

    assert judge(case(core(), edge(), connections=both, pairs=[measured]), ALTERED) == expected
    assert judge(case(edge(), core(), connections=both, pairs=[the_other_way]), ALTERED) == expected


# What it needs, explains and advises


def test_without_the_other_ends_capture_it_is_not_determinable() -> None:
    assert judge(case(core(), edge(), connections=[at_core()]), ALTERED, "core") == {
        ("info", NOT_DETERMINABLE, "core")
    }
    assert judge(case(core(), connections=[at_core()]), ALTERED) == {("info", NOT_DETERMINABLE, "core")}


def test_it_explains_the_refusal_and_takes_away_the_advice_to_trust_the_box() -> None:
    here = at_core(server=chain(FORGED), alert=(Side.CLIENT, 48))
    altered = case(core(), edge(), connections=[here, at_edge()], pairs=[twins(("c1", "c2"), same_hello=False)])
    tied = causes(altered)

    assert tied["core", "peer-ca-not-trusted"] == tied["core", "local-alert-unknown-ca"] == ALTERED
    (untrusted,) = made(altered, "peer-ca-not-trusted")
    assert untrusted.remedy == ()
    (finding,) = made(altered, ALTERED)
    assert "Do not import the CA" in finding.explanation
    assert "Exempt the connections between core and edge (port 7001)" in finding.remedy[0].text


def test_another_peers_refusal_is_not_explained_by_it() -> None:
    stranger = certificate("cube.harbor.example", BOTH, authority("Elsewhere"))
    refused = connection(core(), EDGE, role=Side.CLIENT, server=chain(stranger), alert=(Side.CLIENT, 48), port=5061)
    both = [at_core(completed=True), at_edge(completed=True), refused]

    tied = causes(case(core(), edge(), connections=both, pairs=[twins(("c1", "c2"))]))

    assert tied["core", ALTERED] is None
    assert tied["core", "local-alert-unknown-ca"] != ALTERED

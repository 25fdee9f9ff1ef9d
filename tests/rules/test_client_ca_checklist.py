"""Who has to trust the CA of the client certificate."""

from __future__ import annotations

from analyzer.evidence import Case, Cluster, Node, Side, Zone, ZonePeer
from tests.rules.cases import NOT_DETERMINABLE, case, connection, judge, made
from tests.rules.nodes import CUBE, CUCM, EDGE, NEIGHBOR_ZONE, WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    PUBLIC,
    WITHOUT_ISSUING,
    certificate,
)

RULE = "verifiers-must-trust-client-ca"

PUBLIC_CLIENT = certificate("core.harbor.example", BOTH, PUBLIC)


def listed(judged: Case, node: str = "core") -> str:
    (found,) = [one for one in made(judged, RULE) if one.node == node]
    return found.explanation


def test_the_configuration_says_who_has_to_trust_it() -> None:
    automatic = Zone(name="CEtls-cucm", type="Neighbor", peers=(ZonePeer(address="cucm.harbor.example"),))
    node = core(zones=(*core().zones, automatic), cluster=Cluster(name="cluster", peers=("10.1.1.10", "10.1.1.11")))
    judged = case(node)

    assert judge(judged, RULE) == {("info", "inferred", "core.harbor.example")}
    text = listed(judged)
    for expected in (
        "[ ] the Expressway-E of zone UC traversal",
        "[ ] neighbour 10.3.3.30 (zone CUBE)",
        "[ ] CUCM (zone CEtls-cucm): CallManager-trust and tomcat-trust",
        "[ ] CUCM nodes of mobile and remote access",
        "cup-xmpp-trust",
        "[ ] cluster peer 10.1.1.11",
    ):
        assert expected in text
    assert "cluster peer 10.1.1.10" not in text


def test_a_handshake_ticks_or_crosses_out() -> None:
    node = core()
    sent = [
        connection(node, EDGE, role=Side.CLIENT, client=CORE_CLIENT, completed=True),
        connection(node, CUBE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48), port=5061),
        connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, completed=True, port=6972),
    ]
    text = listed(case(node, connections=sent))

    assert "[x] the Expressway-E of zone UC traversal: completed with it, frame 3" in text
    assert "[!] neighbour 10.3.3.30 (zone CUBE): refused it (unknown_ca), frame 3" in text
    assert "[x] CUCM nodes of mobile and remote access: completed with it" in text


def test_a_handshake_with_another_certificate_ticks_nothing() -> None:
    node = core()
    sent = [connection(node, EDGE, role=Side.CLIENT, client=CORE_SERVER, completed=True)]

    assert "[ ] the Expressway-E of zone UC traversal" in listed(case(node, connections=sent))


def test_the_partners_list_ticks_or_crosses_out_where_no_handshake_does() -> None:
    distrusting = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, ()))

    assert "[x] the Expressway-E of zone UC traversal: in the trusted CA list of edge" in listed(case(core(), edge()))
    assert "[!] the Expressway-E of zone UC traversal: not in the trusted CA list of edge" in listed(
        case(core(), distrusting)
    )
    assert "[x] the Expressway-E" in listed(
        case(core(), edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING)))
    )


def test_an_edge_lists_those_whom_it_dials() -> None:
    zones = (
        *edge().zones,
        Zone(name="Webex", type="Webex"),
        Zone(name="Far ends", type="DNS"),
        Zone(name="Plain", type="Neighbor", transport="TCP", peers=(ZonePeer(address="10.7.7.7"),)),
    )
    node = edge(zones=zones)
    text = listed(case(node, connections=[connection(node, WEBEX, role=Side.CLIENT)]), "edge")

    assert "Webex (zone Webex)" in text
    assert "far ends of DNS zone Far ends" in text
    assert "10.7.7.7" not in text
    assert "UC traversal" not in text


def _same_ca() -> Node:
    return core(stores=stores(CORE_SERVER, PUBLIC_CLIENT))


def test_one_public_ca_for_both_stores_needs_no_list() -> None:
    assert judge(case(_same_ca()), RULE) == set()


def test_another_public_ca_for_the_client_does() -> None:
    node = core(stores=stores(CORE_CLIENT, PUBLIC_CLIENT))

    assert judge(case(node), RULE) == {("info", "inferred", "core.harbor.example")}


def test_a_node_that_dials_nobody_needs_no_list() -> None:
    assert judge(case(edge(zones=edge().zones[:1])), RULE) == set()
    assert NEIGHBOR_ZONE in edge().zones


def test_without_the_configuration_it_is_not_determinable() -> None:
    assert judge(case(core(settings={}, zones=())), RULE) == {("info", NOT_DETERMINABLE, "core")}
    assert judge(case(core(stores=stores(CORE_SERVER, None))), RULE) == {("info", NOT_DETERMINABLE, "core")}

"""Which of several traversal zones joins a Core and an Edge, and what is said where that is not known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Node, Peer, PeerKind, Side, Zone, ZonePeer
from analyzer.findings import Prospect, Service
from analyzer.rules.outlook.evaluation import outlook_of
from analyzer.rules.outlook.services import services_of
from analyzer.rules.view import views_of
from tests.rules.cases import case, connection, findings
from tests.rules.nodes import EDGE, NEIGHBOR_ZONE, core, edge, zone
from tests.rules.pki import CORE_CLIENT

ZONE, ACCESS = "UC traversal zone", "MRA and WebRTC"


def between(judged: Case, peer: str = "edge") -> dict[str, Service]:
    told = services_of(views_of(judged), outlook_of(judged), findings(judged))
    return {service.service: service for service in told if service.between and service.peer == peer}


def towards(address: str, status: str | None, name: str = "To it", **changes: object) -> Zone:
    return zone("TraversalClient", status, name=name, peers=(ZonePeer(address=address),), **changes)


def joined(*zones: Zone, judged_edge: Node | None = None) -> Case:
    """Return a Core with some traversal zones, and its Edge, of whose zone no dump shows the state."""
    return case(core(zones=(*zones, NEIGHBOR_ZONE)), judged_edge or edge(zones=(zone(status=None), NEIGHBOR_ZONE)))


@pytest.mark.parametrize("address", ["10.2.2.20", "edge.harbor.example", "EDGE"])
@pytest.mark.parametrize(("own", "works"), [("Active", True), ("Failed", False)])
def test_the_zone_that_dials_the_edge_decides_whatever_another_one_is(address: str, own: str, works: bool) -> None:
    other = "Failed" if works else "Active"
    for zones in (
        (towards("elsewhere.example", other, "Other"), towards(address, own)),
        (towards(address, own), towards("elsewhere.example", other, "Other")),
    ):
        service = between(joined(*zones))[ZONE]

        assert service.seen is not None
        assert service.seen.works is works
        assert "zone To it was " in service.seen.reason


def test_what_is_found_about_the_zone_of_another_edge_is_not_said_of_this_one() -> None:
    judged = joined(towards("edge.harbor.example", "Active"), towards("elsewhere.example", "Failed", "Other"))

    assert {one.subject for one in findings(judged) if one.id == "uc-zone-failed"} == {"Other"}
    assert [service.finding for service in between(judged).values()] == [None, None, None]


def test_which_zone_it_is_is_said_not_to_be_known_where_several_may_be_it() -> None:
    judged = joined(towards("one.example", "Active", "One"), towards("two.example", "Failed", "Two"))
    told = between(judged)

    for service in (told[ZONE], told[ACCESS]):
        assert service.seen is None
        assert service.rule is not None
        assert service.rule.prospect is Prospect.UNKNOWN
        assert service.rule.reason.startswith("Which of the zones of core joins the two (One, Two) is not known,")


@pytest.mark.parametrize(("status", "works"), [("Active", True), ("Failed", False)])
def test_zones_of_one_state_need_not_be_told_apart(status: str, works: bool) -> None:
    seen = between(joined(*(towards(f"{name}.example", status, name) for name in ("One", "Two"))))[ZONE].seen

    assert seen is not None
    assert seen.works is works


def test_the_end_that_knows_which_zone_it_is_speaks_for_both() -> None:
    zones = (towards("one.example", "Active", "One"), towards("two.example", "Failed", "Two"))
    seen = between(joined(*zones, judged_edge=edge()))[ZONE].seen

    assert seen is not None
    assert seen.works
    assert "zone UC traversal was Active" in seen.reason


def test_a_zone_that_dials_another_node_is_ruled_out() -> None:
    far = replace(edge(), name="far", host="far", host_names=("far",), addresses=("10.2.2.99",))
    ours = core(zones=(towards("one.example", "Active", "One"), towards("far", "Failed", "Two"), NEIGHBOR_ZONE))
    known = connection(ours, EDGE, role=Side.CLIENT, client=CORE_CLIENT)
    told = between(case(ours, edge(zones=(zone(status=None),)), far, connections=[known]))[ZONE]

    assert told.seen is not None
    assert told.seen.works


def test_an_edge_tells_its_zones_apart_by_the_port_that_the_core_dials() -> None:
    ours = core(zones=(towards("10.2.2.20", None, port=7002), NEIGHBOR_ZONE))
    zones = (zone(status="Failed", name="First", port=7001), zone(status="Active", name="Second", port=7002))
    seen = between(case(ours, edge(zones=zones)))[ZONE].seen

    assert seen is not None
    assert seen.works
    assert "zone Second was Active" in seen.reason


def test_a_connection_between_the_two_tells_which_zone_it_is() -> None:
    ours = core(
        zones=(towards("one.example", "Active", "One"), towards("two.example", "Failed", "Two"), NEIGHBOR_ZONE)
    )
    shown = connection(ours, replace(EDGE, zone="One"), role=Side.CLIENT, client=CORE_CLIENT)
    seen = between(case(ours, edge(zones=(zone(status=None),)), connections=[shown]))[ZONE].seen

    assert seen is not None
    assert seen.works


def test_a_handshake_in_the_zone_of_another_edge_does_not_count() -> None:
    ours = core(
        zones=(towards("10.2.2.20", "Active"), towards("elsewhere.example", "Failed", "Other"), NEIGHBOR_ZONE)
    )
    elsewhere = Peer(name="elsewhere.example", kind=PeerKind.PARTNER, zone="Other")
    refused = connection(ours, elsewhere, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    told = between(case(ours, edge(zones=(zone(status=None),)), connections=[refused]))[ZONE]

    assert told.seen is not None
    assert told.seen.works
    assert told.seen.connection is None


def test_an_edge_alone_says_of_its_zones_what_all_have_in_common() -> None:
    zones = (zone(status="Failed", name="First", port=7001), zone(status="Active", name="Second", port=7002))
    told = between(case(edge(zones=zones)), "the Core")[ZONE]

    assert told.seen is None
    assert told.rule is not None
    assert "(First, Second)" in told.rule.reason

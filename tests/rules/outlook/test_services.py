"""Services now: what was seen leads, what was not is said by the rule, and why something fails the findings tell."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Node, ReferenceTime, Setting, Side, Visibility, Zone
from analyzer.facts.settings import COLLABORATION_EDGE_ENABLED
from analyzer.findings import Service
from analyzer.rules.catalogue import RULES
from analyzer.rules.outlook import services as module
from analyzer.rules.outlook.blame import OF_CLUSTER, WHY
from analyzer.rules.outlook.evaluation import outlook_of
from analyzer.rules.outlook.services import services_of
from analyzer.rules.view import views_of
from tests.rules.cases import case, connection, event, findings, twins
from tests.rules.nodes import (
    CORE,
    CUBE,
    DENIED,
    EDGE,
    FAILED_ZONE,
    INTERNET,
    NEIGHBOR_ZONE,
    START,
    WEAK_CORE,
    WEBEX,
    core,
    edge,
    stores,
    zone,
)
from tests.rules.pki import CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, EVERYONE, SERVER_ONLY, certificate

ZONE, TUNNELS, ACCESS = "UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"
OUTBOUND, INBOUND = "outbound mTLS", "inbound mTLS"
BOTH_ENDS = (core(), edge())


def services(judged: Case) -> dict[tuple[str, str], Service]:
    told = services_of(views_of(judged), outlook_of(judged), findings(judged))
    return {(service.service, service.peer): service for service in told}


def said(service: Service) -> tuple[str, str]:
    """Return whether it works, and how that is known."""
    if service.seen:
        return ("works" if service.seen.works else "fails"), "seen"
    assert service.rule is not None
    return str(service.rule.prospect), "rule"


def trio(judged: Case) -> tuple[tuple[str, str], ...]:
    told = {service: it for (service, _), it in services(judged).items()}
    return tuple(said(told[name]) for name in (ZONE, TUNNELS, ACCESS))


def with_webex(node: Node | None = None, **how: Any) -> Service:
    node = node or edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, **how)
    return services(case(node, connections=[shown]))[OUTBOUND, "Webex"]


# Core and Edge


def test_what_dumps_show_is_seen_and_what_needs_both_is_by_the_rule() -> None:
    assert trio(case(*BOTH_ENDS)) == (("works", "seen"), ("works", "seen"), ("works", "rule"))


def test_a_zone_that_failed_takes_remote_access_with_it() -> None:
    judged = case(core(zones=FAILED_ZONE, tunnels=()), edge(tunnels=()))

    assert trio(judged) == (("fails", "seen"), ("fails", "rule"), ("fails", "rule"))


def test_a_later_handshake_outranks_the_dump() -> None:
    node = core(zones=FAILED_ZONE)
    fine = connection(node, EDGE, role=Side.CLIENT, client=CORE_CLIENT, completed=True)

    assert trio(case(node, edge(), connections=[fine]))[0] == ("works", "seen")


def test_tunnels_that_were_refused_keep_remote_access_down_although_the_zone_is_up() -> None:
    judged = case(core(tunnels=DENIED), edge())

    assert trio(judged) == (("works", "seen"), ("fails", "seen"), ("fails", "rule"))


def test_remote_access_that_is_off_is_not_told() -> None:
    off = {COLLABORATION_EDGE_ENABLED: Setting(value="Off")}
    told = services(case(core(settings={**core().settings, **off}), edge()))

    assert [service for service, peer in told if peer == "edge"] == [ZONE, TUNNELS]


def test_up_against_the_table_is_up_and_leaves_remote_access_open() -> None:
    assert trio(case(WEAK_CORE, edge())) == (("works", "seen"), ("works", "seen"), ("unknown", "rule"))


def test_the_end_that_refused_tells_more_than_the_end_that_saw_it_closed() -> None:
    ours, theirs = core(), edge()
    refused = connection(ours, EDGE, role=Side.CLIENT, alert=(Side.CLIENT, 46))
    closed = connection(theirs, CORE, role=Side.SERVER, server=EDGE_SERVER, completed=False, at=0.001)
    judged = replace(case(ours, theirs, connections=[refused, closed]), pairs=(twins(("c1", "c2")),))
    seen = services(judged)[ZONE, "edge"].seen

    assert seen is not None
    assert "was refused" in seen.reason


def test_why_it_fails_is_what_the_findings_say() -> None:
    told = services(case(core(stores=WEAK_CORE.stores, zones=FAILED_ZONE), edge(zones=FAILED_ZONE)))

    assert told[ZONE, "edge"].finding is not None
    assert told[ZONE, "edge"].why == "certificate purpose"
    assert told[ACCESS, "edge"].why == "certificate purpose"


# Peers


def test_what_was_taken_works() -> None:
    taken = with_webex(client=EDGE_CLIENT, completed=True)

    assert said(taken) == ("works", "seen")
    assert taken.seen is not None
    assert (taken.seen.state, taken.seen.is_rule, taken.finding) == (None, True, None)


def test_what_was_seen_with_the_other_stores_certificate_leads_and_the_rule_is_for_next_time() -> None:
    worked = with_webex(client=EDGE_SERVER, completed=True)

    assert worked.seen is not None
    assert worked.seen.state == "worked, with the server store's certificate"
    assert not worked.seen.is_rule
    assert worked.rule is not None
    assert worked.rule.condition == "if trusted"
    assert worked.finding is not None
    assert worked.finding.id == "presented-wrong-store"


def test_what_failed_with_the_other_stores_certificate_says_so() -> None:
    failed = with_webex(client=EDGE_SERVER, alert=(Side.SERVER, 43))

    assert said(failed) == ("fails", "seen")
    assert failed.seen is not None
    assert failed.seen.state == "failed, with the server store's certificate"


def test_a_certificate_of_no_store_is_said_to_be_of_none() -> None:
    other = certificate("other.harbor.example", SERVER_ONLY)
    worked = with_webex(client=other, completed=True)

    assert worked.seen is not None
    assert worked.seen.state == "worked, with a certificate of no store"


def test_a_resumed_session_worked_and_showed_nothing() -> None:
    worked = with_webex(client=Visibility.RESUMED, server=Visibility.RESUMED, completed=True, resumed=True)

    assert said(worked) == ("works", "seen")
    assert worked.seen is not None
    assert worked.seen.state == "worked, resumed"


def test_what_nothing_shows_is_by_the_rule() -> None:
    node = edge(zones=(zone(), Zone(name="Webex", type="Webex")))

    assert said(services(case(node))[OUTBOUND, "Webex"]) == ("works", "rule")


def test_what_was_seen_gives_way_where_dates_are_judged_as_of_a_day_on_which_it_is_over() -> None:
    late = START.replace(year=2030)
    node = edge(reference_time=ReferenceTime(time=late, origin="as-of"))

    assert said(with_webex(node, client=EDGE_CLIENT, completed=True)) == ("fails", "rule")
    node = edge(reference_time=ReferenceTime(time=late, origin="evidence"))
    assert said(with_webex(node, client=EDGE_CLIENT, completed=True)) == ("works", "seen")


def test_of_those_who_dial_in_a_failure_is_told_without_a_certificate_and_a_success_is_not() -> None:
    node = edge()
    line = event(node, CUBE, error="purpose", role=Side.SERVER)
    one_way = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, completed=True)

    assert said(services(case(node, events=[line]))[INBOUND, "zone CUBE"]) == ("fails", "seen")
    assert (INBOUND, "zone CUBE") not in services(case(node, connections=[one_way]))


def test_strangers_are_no_service() -> None:
    node = edge()
    failed = connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 46))

    assert not any(service == INBOUND for service, _ in services(case(node, connections=[failed])))


@pytest.mark.parametrize(("server", "told"), [(EDGE_SERVER, False), (certificate("e", ("clientAuth",)), True)])
def test_others_are_told_of_only_if_this_node_is_at_fault(server: Any, told: bool) -> None:
    node = edge(stores=stores(server, EDGE_CLIENT, (*EVERYONE,)))

    assert ((INBOUND, "others") in services(case(node))) is told


def test_services_stand_in_one_order() -> None:
    node = edge()
    shown = [connection(node, peer, role=Side.CLIENT, client=EDGE_CLIENT, completed=True) for peer in (CUBE, WEBEX)]

    assert list(services(case(node, connections=shown))) == [
        (ZONE, "the Core"),
        (TUNNELS, "the Core"),
        (ACCESS, "the Core"),
        (OUTBOUND, "Webex"),
        (OUTBOUND, "zone CUBE"),
    ]


@pytest.mark.parametrize(("status", "expected"), [("Active", "works"), ("Failed", "fails"), ("On", None)])
def test_what_the_dump_says_of_a_neighbour_is_seen(status: str, expected: str | None) -> None:
    node = edge(zones=(zone(), replace(NEIGHBOR_ZONE, status=status)))
    told = said(services(case(node))[OUTBOUND, f"zone {NEIGHBOR_ZONE.name}"])

    assert told == ((expected, "seen") if expected else ("works", "rule"))


def test_a_zone_that_is_active_does_not_show_that_it_asked_for_a_certificate() -> None:
    node = edge(zones=(zone(), replace(NEIGHBOR_ZONE, status="Active")))
    seen = services(case(node))[OUTBOUND, f"zone {NEIGHBOR_ZONE.name}"].seen

    assert seen is not None
    assert seen.by_zone
    assert seen.state == "zone is Active"
    assert seen.reason.endswith("Whether it asks for a client certificate does not show.")


def test_a_handshake_of_a_neighbour_outranks_what_the_dump_says_of_its_zone() -> None:
    node = edge(zones=(zone(), replace(NEIGHBOR_ZONE, status="Active")))
    shown = connection(node, CUBE, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)
    seen = services(case(node, connections=[shown]))[OUTBOUND, f"zone {NEIGHBOR_ZONE.name}"].seen

    assert seen is not None
    assert not seen.by_zone


def test_every_finding_with_a_short_reason_is_known() -> None:
    assert {*WHY, *OF_CLUSTER} <= {rule.id for rule in RULES}


def test_a_fault_costs_the_services_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "pairs", fail)

    assert services(case(*BOTH_ENDS)) == {}

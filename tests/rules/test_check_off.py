"""Test case 2 of Cisco 225693: the zone is up and the tunnels are refused. And what looks like it and is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Node, Side, TcpConversation
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, conversation, judge, ssh
from tests.rules.nodes import (
    DENIED,
    FAILED_ZONE,
    SOME_CORE,
    START,
    WEAK_CORE,
    ZONE,
    core,
    edge,
    mode,
    stores,
    tunnel,
    zone,
)
from tests.rules.pki import (
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    EDGE_SERVER,
    EVERYONE,
)

CHECK_OFF = "core-client-eku-missing-check-off"


def tunnels_refused(*, partner: Node | None = WEAK_CORE, **changes: Any) -> Case:
    node = edge(**{"settings": mode("Off"), "tunnels": DENIED, **changes})
    return case(*((partner,) if partner else ()), node)


def test_with_the_check_off_the_zone_is_up_and_the_tunnels_are_refused() -> None:
    assert judge(tunnels_refused(), CHECK_OFF) == {("critical", "strong", ZONE)}


@pytest.mark.parametrize(
    "changes",
    [
        {"tunnels": (tunnel("Failed", "Connection timed out"),)},
        {"tunnels": (tunnel(),)},
        {"settings": mode("On")},
        {"partner": core()},
        {"partner": None},
    ],
    ids=["a timeout is no refusal", "tunnels up", "check on", "capable certificate", "certificate not known"],
)
def test_what_is_not_test_case_2(changes: dict[str, Any]) -> None:
    assert judge(tunnels_refused(**changes), CHECK_OFF) == set()


def test_a_zone_that_is_down_is_not_test_case_2() -> None:
    down = zone("TraversalClient", status="Failed")
    judged = case(replace(WEAK_CORE, zones=(down,)), edge(settings=mode("Off"), tunnels=DENIED, zones=FAILED_ZONE))

    assert judge(judged, CHECK_OFF) == set()


@pytest.mark.parametrize("where", ["core log", "core flow", "core tunnels"])
def test_the_refusal_may_be_shown_by_the_core_alone(where: str) -> None:
    holder = replace(
        WEAK_CORE,
        conversations=(conversation(),) if where == "core flow" else (),
        tunnels=DENIED if where == "core tunnels" else (),
    )
    lines = [ssh(holder, "Permission denied (publickey).")] if where == "core log" else []

    judged = case(holder, edge(settings=mode("Off")), events=lines)

    assert judge(judged, CHECK_OFF) == {("critical", "strong", ZONE)}


@pytest.mark.parametrize(
    "flow",
    [
        conversation(ended=START + timedelta(minutes=4)),
        conversation(ended=None),
        conversation(established=False, client_banner=None, ended=None, attempts=4),
        conversation(server=replace(conversation().server, port=22)),
    ],
    ids=["long-lived", "still up", "never established", "another port"],
)
def test_only_an_ssh_connection_that_was_closed_at_once_is_a_refusal(flow: TcpConversation) -> None:
    holder = replace(WEAK_CORE, conversations=(flow,))

    assert judge(case(holder, edge(settings=mode("Off"))), CHECK_OFF) == set()


def test_the_core_alone_gives_an_inference() -> None:
    assert judge(case(replace(WEAK_CORE, tunnels=DENIED)), CHECK_OFF) == {("critical", "inferred", ZONE)}


def test_the_certificate_in_the_edges_capture_stands_in_for_the_cores_bundle() -> None:
    node = edge(settings=mode("Off"), tunnels=DENIED)
    judged = case(
        node,
        connections=[connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, completed=True)],
    )

    assert judge(judged, CHECK_OFF) == {("critical", "inferred", ZONE)}


def test_an_intermediate_missing_in_the_edges_list_is_not_test_case_2() -> None:
    """Zone up and tunnels down with a certificate that has clientAuth: the list wants the whole chain (221624)."""
    root_only = tuple(one for one in EVERYONE if one.common_name != "Harbor Issuing CA")
    judged = tunnels_refused(partner=core(), stores=stores(EDGE_SERVER, CORE_CLIENT, root_only))

    assert judge(judged, CHECK_OFF) == set()
    assert judge(judged, "ssh-tunnel-chain-not-trusted") == {("critical", "strong", "core")}
    assert causes(judged)["edge", "ssh-tunnels-down"] == "ssh-tunnel-chain-not-trusted"


def test_the_whole_chain_in_the_list_leaves_nothing_to_say_about_it() -> None:
    assert judge(tunnels_refused(partner=core()), "ssh-tunnel-chain-not-trusted") == set()


def test_an_unreachable_port_is_neither() -> None:
    syns = conversation(established=False, client_banner=None, server_banner=None, ended=None, attempts=4)
    timed_out = (tunnel("Failed", "Connection timed out"),)
    judged = case(core(conversations=(syns,), tunnels=timed_out), edge(tunnels=timed_out))

    assert judge(judged, CHECK_OFF) == set()
    assert judge(judged, "ssh-tunnel-chain-not-trusted") == set()
    assert judge(judged, "tcp-never-established", "core") == {("warning", "proven", "10.2.2.20:2222")}
    assert causes(judged)["core", "ssh-tunnels-down"] == "tcp-never-established"


def test_the_effects_of_test_case_2_are_tied_to_it() -> None:
    tied = causes(tunnels_refused())

    assert tied["edge", CHECK_OFF] is None
    assert tied["edge", "ssh-tunnels-down"] == CHECK_OFF
    assert tied["core", "core-client-not-client-capable"] == CHECK_OFF


def test_without_status_log_and_capture_it_is_not_determinable() -> None:
    silent: dict[str, Any] = {
        "version": None,
        "tunnels": None,
        "zones": (zone(status=None),),
        "logs": (),
        "captures": (),
    }

    assert judge(tunnels_refused(**silent), CHECK_OFF) == {("info", NOT_DETERMINABLE, "edge")}

"""Test cases 1 and 2 of Cisco 225693, and everything that looks like them and is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analyzer.evidence import Alarm, Case, Certificate, Event, Node, Setting, SettingChange, Side, TcpConversation
from analyzer.facts.settings import EKU_CHECKING_MODE
from tests.rules.cases import (
    BOTH,
    CLIENT_ONLY,
    CORE,
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    CORE_SERVER,
    CUBE,
    EDGE,
    EDGE_SERVER,
    EVERYONE,
    NOT_DETERMINABLE,
    SERVER_ONLY,
    SOME_CORE,
    SOME_EDGE,
    START,
    ZONE,
    authority,
    bare,
    case,
    causes,
    certificate,
    chain,
    connection,
    conversation,
    core,
    edge,
    event,
    judge,
    made,
    mode,
    ssh,
    stores,
    tunnel,
    zone,
)

CHECK_ON, CHECK_OFF = "core-client-eku-missing-check-on", "core-client-eku-missing-check-off"
NOT_LEAF = "purpose-error-not-leaf-eku"

FAILED_ZONE = (zone(status="Failed"),)
DENIED = (tunnel("Failed", "Permission denied"),)
WEAK_CORE = core(stores=stores(CORE_SERVER, CORE_CLIENT_SERVER_ONLY))
BELOW_SERVER_ONLY = certificate("core.harbor.example", BOTH, authority("Narrow", eku=SERVER_ONLY))


def refused_by_edge(at: Node) -> Case:
    """Test case 1 as the Edge sees it: its log line, and the handshake with alert 43 sent by it."""
    return case(
        at,
        connections=[
            connection(
                at,
                SOME_CORE,
                role=Side.SERVER,
                server=EDGE_SERVER,
                client=CORE_CLIENT_SERVER_ONLY,
                alert=(Side.SERVER, 43),
            )
        ],
        events=[purpose_error(at, joined="c1")],
    )


def purpose_error(at: Node, *, when: float = 0, joined: str | None = None) -> Event:
    return event(
        at,
        SOME_CORE,
        error="unsupported-purpose",
        role=Side.SERVER,
        detail="unsupported certificate purpose",
        at=when,
        joined=joined,
    )


def test_the_cores_certificate_without_client_usage_is_proven_by_the_handshake() -> None:
    assert judge(refused_by_edge(edge()), CHECK_ON) == {("critical", "proven", ZONE)}


def test_what_is_quoted_is_the_line_the_certificate_the_alert_the_setting_and_the_zone() -> None:
    (finding,) = made(refused_by_edge(edge(zones=FAILED_ZONE)), CHECK_ON)

    assert {str(quoted.kind) for quoted in finding.evidence} == {"line", "frame", "certificate", "setting", "status"}
    assert [str(remedy.kind) for remedy in finding.remedy] == ["durable", "stop-gap"]
    assert (finding.count, finding.first) == (1, START)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (mode("On"), {("critical", "inferred", ZONE)}),
        ({EKU_CHECKING_MODE: Setting(value="On", assumed=True)}, {("critical", "inferred", ZONE)}),
        ({}, {("critical", "inferred", ZONE)}),
        (mode("Off"), set()),
    ],
)
def test_a_log_line_alone_is_enough_unless_the_check_is_off(
    settings: dict[str, Setting], expected: set[tuple[str, str, str]]
) -> None:
    node = edge(settings=settings, captures=())

    assert judge(case(node, events=[purpose_error(node)]), CHECK_ON) == expected


@pytest.mark.parametrize(
    ("value", "changed_to", "fires"), [("On", "Off", True), ("Off", "On", False), ("Off", "Off", False)]
)
def test_the_check_is_judged_as_it_was_when_the_refusal_came(value: str, changed_to: str, fires: bool) -> None:
    later = SettingChange(time=START + timedelta(seconds=60), value=changed_to, file="log", line=9)
    node = edge(settings={EKU_CHECKING_MODE: Setting(value=value, source="x: y", changes=(later,))})

    assert bool(judge(case(node, events=[purpose_error(node)]), CHECK_ON)) is fires


def test_the_cores_own_store_makes_a_log_line_strong() -> None:
    node = edge()

    judged = case(WEAK_CORE, node, events=[purpose_error(node)])

    assert judge(judged, CHECK_ON, "edge") == {("critical", "strong", ZONE)}


def refused_core(at: Node, with_edge: Node | None = None, *more: Event) -> Case:
    """Test case 1 as the Core sees it: alert 43 received from the Edge."""
    peer = EDGE if with_edge else SOME_EDGE
    own = connection(at, peer, role=Side.CLIENT, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    return case(at, *((with_edge,) if with_edge else ()), connections=[own], events=more)


def test_the_cores_bundle_alone_shows_it_by_the_alert_that_it_received() -> None:
    assert judge(refused_core(WEAK_CORE), CHECK_ON) == {("critical", "proven", ZONE)}


def test_with_both_bundles_the_story_is_told_once_by_the_edge_that_refused() -> None:
    node = edge()

    assert judge(refused_core(WEAK_CORE, node, purpose_error(node)), CHECK_ON) == {("critical", "strong", ZONE)}


def test_an_edges_bundle_that_shows_nothing_does_not_silence_the_core() -> None:
    silent = edge(logs=(), captures=())

    assert judge(refused_core(WEAK_CORE, silent), CHECK_ON, "core") == {("critical", "proven", ZONE)}


def test_on_a_core_only_what_the_edge_refused_counts() -> None:
    node = core()
    neighbour = event(node, CUBE, error="unsupported-purpose", role=Side.SERVER)
    own_refusal = event(node, SOME_EDGE, error="unsupported-purpose", role=Side.CLIENT)

    assert judge(case(node, events=[neighbour, own_refusal]), CHECK_ON) == set()


def test_a_release_before_the_check_is_not_judged_by_it() -> None:
    node = edge(version="X15.4")

    assert judge(case(node, events=[purpose_error(node)]), CHECK_ON) == set()


@pytest.mark.parametrize(
    ("node", "missing"),
    [
        (edge(logs=(), captures=()), "the log (loggingsnapshot_….txt)"),
        (
            edge(version=None, settings={}, stores=stores(EDGE_SERVER, None)),
            "the software version (xstat_dump)",
        ),
    ],
)
def test_without_log_and_capture_or_release_it_is_not_determinable(node: Node, missing: str) -> None:
    judged = case(node)

    assert judge(judged, CHECK_ON) == {("info", NOT_DETERMINABLE, "edge")}


# Look-alikes of test case 1


@pytest.mark.parametrize(
    "leaf",
    [
        BELOW_SERVER_ONLY,
        certificate("core.harbor.example", BOTH, authority("Narrow root", root_eku=SERVER_ONLY)),
        certificate("core.harbor.example", BOTH, key_usages=("key_encipherment",)),
        certificate("core.harbor.example", ("anyExtendedKeyUsage",)),
        certificate("core.harbor.example", None, authority("Narrow", eku=SERVER_ONLY)),
    ],
    ids=["intermediate", "root", "key usage", "any only", "no extended key usage below an intermediate"],
)
def test_the_same_error_with_another_reason_is_not_blamed_on_the_leaf(leaf: Certificate) -> None:
    node = edge()
    holder = core(stores=stores(CORE_SERVER, leaf, (*EVERYONE, *chain(leaf, root=True)[1:])))
    judged = case(holder, node, events=[purpose_error(node)])

    assert judge(judged, CHECK_ON) == set()
    assert judge(judged, NOT_LEAF, "edge") == {("critical", "strong", SOME_CORE.name)}
    assert causes(judged)["core", "core-client-not-client-capable"] == NOT_LEAF


@pytest.mark.parametrize("usages", [CLIENT_ONLY, BOTH, None])
def test_a_purpose_error_that_nothing_explains_is_inferred(usages: tuple[str, ...] | None) -> None:
    node = edge()
    judged = case(
        core(stores=stores(CORE_SERVER, certificate("core.harbor.example", usages))),
        node,
        events=[purpose_error(node)],
    )

    assert judge(judged, NOT_LEAF, "edge") == {("critical", "inferred", SOME_CORE.name)}
    assert judge(judged, CHECK_ON) == set()


def test_the_leafs_own_usage_is_not_another_reason() -> None:
    assert judge(refused_by_edge(edge()), NOT_LEAF) == set()


# Test case 2: the check is off, the zone is up, the tunnels are refused


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


# The zone and its tunnels


def test_a_failed_zone_is_critical_until_a_later_handshake_completes() -> None:
    node = edge(zones=FAILED_ZONE)
    came_up = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT, completed=True)

    assert judge(case(node), "uc-zone-failed") == {("critical", "proven", ZONE)}
    assert judge(case(node, connections=[came_up]), "uc-zone-failed") == set()
    assert judge(case(node, connections=[came_up]), "xstat-contradicts-capture") == {("info", "proven", ZONE)}


def test_the_last_handshake_decides_whether_the_dump_is_out_of_date() -> None:
    node = edge()
    fine = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT, completed=True)
    refused = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48), at=60)

    assert judge(case(node, connections=[fine]), "xstat-contradicts-capture") == set()
    assert judge(case(node, connections=[fine, refused]), "xstat-contradicts-capture") == {("info", "proven", ZONE)}


@pytest.mark.parametrize("status", ["Active", "Active: 1 of 2", "Checking", "Off", None])
def test_a_zone_that_has_not_failed_is_not_reported_as_down(status: str | None) -> None:
    assert judge(case(edge(zones=(zone(status=status),))), "uc-zone-failed") == set()


def test_a_zone_of_another_kind_is_no_traversal_zone() -> None:
    assert judge(case(edge(zones=(zone(), zone("Neighbor", "Failed", name="n")))), "uc-zone-failed") == set()


@pytest.mark.parametrize("rule", ["uc-zone-failed", "ssh-tunnels-down"])
def test_without_a_status_dump_or_a_log_the_zone_and_its_tunnels_are_not_determinable(rule: str) -> None:
    assert judge(case(bare(core().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}


def test_tunnels_are_down_by_row_by_alarm_or_by_log() -> None:
    alarm = Alarm(id="35014", severity="error", title="SSH tunnel failure")
    by_log = edge()

    assert judge(case(edge(tunnels=DENIED)), "ssh-tunnels-down") == {("critical", "proven", "SSH tunnels")}
    assert judge(case(edge(alarms=(alarm,))), "ssh-tunnels-down") == {("critical", "proven", "SSH tunnels")}
    assert judge(case(by_log, events=[ssh(by_log, "Permission denied")]), "ssh-tunnels-down") == {
        ("critical", "proven", "SSH tunnels")
    }


def test_a_line_of_ssh_that_complains_of_nothing_is_no_failure() -> None:
    node = edge()

    assert judge(case(node, events=[ssh(node, "Authenticated to edge, port 2222")]), "ssh-tunnels-down") == set()


# One story


@pytest.mark.parametrize("with_core", [True, False])
def test_the_effects_of_test_case_1_are_tied_to_it(with_core: bool) -> None:
    node = edge(zones=FAILED_ZONE, tunnels=(tunnel("Failed"),))
    down = zone("TraversalClient", "Failed")
    holder = replace(WEAK_CORE, zones=(down,), tunnels=(tunnel("Failed"),))
    seen = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    received = connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    judged = case(
        node,
        *((holder,) if with_core else ()),
        connections=[seen, *((received,) if with_core else ())],
        events=[purpose_error(node, joined="c1")],
    )

    tied = causes(judged)

    assert tied.pop(("edge", CHECK_ON)) is None
    assert set(tied.values()) == {CHECK_ON}
    assert {
        ("edge", "uc-zone-failed"),
        ("edge", "ssh-tunnels-down"),
        ("edge", "local-alert-unsupported-certificate"),
    } <= {*tied}
    if with_core:
        assert {("core", "core-client-not-client-capable"), ("core", "peer-alert-unsupported-certificate")} <= {*tied}


def test_the_effects_of_test_case_2_are_tied_to_it() -> None:
    tied = causes(tunnels_refused())

    assert tied["edge", CHECK_OFF] is None
    assert tied["edge", "ssh-tunnels-down"] == CHECK_OFF
    assert tied["core", "core-client-not-client-capable"] == CHECK_OFF


def test_a_capable_certificate_with_zone_and_tunnels_up_is_said_to_be_good() -> None:
    assert judge(case(core(), edge()), "core-client-capable-success") == {("ok", "proven", ZONE)}


@pytest.mark.parametrize(
    "changes",
    [
        {"zones": (zone("TraversalClient", "Failed"),)},
        {"zones": (zone("TraversalClient", "Active: 1 of 2"),)},
        {"tunnels": DENIED},
        {"tunnels": ()},
        {"stores": stores(CORE_SERVER, CORE_CLIENT_SERVER_ONLY)},
    ],
    ids=["zone down", "half of the peers", "tunnels refused", "no tunnels", "incapable"],
)
def test_green_needs_everything_to_be_good(changes: dict[str, object]) -> None:
    assert judge(case(core(**changes), edge()), "core-client-capable-success") == set()


@pytest.mark.parametrize("told_by", ["log", "capture"])
def test_green_is_not_shown_for_what_failed_after_the_dump(told_by: str) -> None:
    node, holder = edge(), core()
    refused = connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    judged = case(
        holder,
        node,
        connections=[refused] if told_by == "capture" else [],
        events=[event(node, CORE, error="issuer-missing", role=Side.SERVER)] if told_by == "log" else [],
    )

    assert judge(judged, "core-client-capable-success") == set()


def test_the_partners_bundle_is_asked_for_where_a_traversal_zone_has_another_end() -> None:
    assert judge(case(edge()), "partner-bundle-missing") == {("info", "proven", ZONE)}
    assert judge(case(core(), edge()), "partner-bundle-missing") == set()
    assert judge(case(edge(zones=())), "partner-bundle-missing") == set()

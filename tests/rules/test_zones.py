"""The states of the traversal zone and its tunnels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Node, Peer, Side, TcpConversation
from tests.rules.cases import NOT_DETERMINABLE, case, connection, conversation, event, judge, made, ssh
from tests.rules.nodes import (
    CORE,
    DENIED,
    EDGE,
    FAILED_ZONE,
    SOME_CORE,
    START,
    ZONE,
    bare,
    core,
    edge,
    stores,
    zone,
)
from tests.rules.pki import (
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    CORE_SERVER,
)


def test_a_failed_zone_is_critical_until_a_later_handshake_completes() -> None:
    node = edge(zones=FAILED_ZONE)
    came_up = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT, completed=True)

    assert judge(case(node), "uc-zone-failed") == {("critical", "proven", ZONE)}
    assert judge(case(node, connections=[came_up]), "uc-zone-failed") == set()
    (older,) = made(case(node, connections=[came_up]), "xstat-contradicts-capture")
    assert (older.severity, older.confidence, older.subject) == ("info", "proven", ZONE)
    assert "its state when logging started, before anything was captured" in older.explanation


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


UP = conversation(ended=None)  # the capture goes on for five minutes


@pytest.mark.parametrize(("node", "partner"), [(core, EDGE), (edge, CORE)])
def test_tunnels_that_came_up_since_the_dump_are_not_down(node: Callable[..., Node], partner: Peer) -> None:
    came_up = node(tunnels=DENIED, conversations=(conversation(started=START - timedelta(minutes=3)), UP))
    completed = connection(came_up, partner, role=Side.CLIENT, completed=True)
    judged = case(came_up, connections=[completed])

    assert judge(judged, "ssh-tunnels-down") == set()
    assert ("info", "proven", "SSH tunnels") in judge(judged, "xstat-contradicts-capture")


@pytest.mark.parametrize(
    ("flows", "error_at"),
    [
        (
            [UP, conversation(started=START + timedelta(minutes=1), ended=START + timedelta(minutes=1, seconds=1))],
            None,
        ),
        ([conversation(started=START + timedelta(minutes=4, seconds=55), ended=None)], None),
        ([conversation(ended=None, established=False, server_banner=None)], None),
        ([UP], 60),
        ([], None),
    ],
    ids=["refused again", "too late to tell", "no answer", "an error since", "not captured"],
)
def test_tunnels_are_down_unless_the_last_connection_stayed_up(
    flows: list[TcpConversation], error_at: float | None
) -> None:
    node = core(tunnels=DENIED, conversations=tuple(flows))
    lines = [] if error_at is None else [ssh(node, "Permission denied", at=error_at)]

    assert judge(case(node, events=lines), "ssh-tunnels-down") == {("critical", "proven", "SSH tunnels")}


def test_one_tunnel_that_came_up_does_not_speak_for_another() -> None:
    two = (*DENIED, replace(DENIED[0], target="edge2.harbor.example"))

    assert judge(case(core(tunnels=two, conversations=(UP,))), "ssh-tunnels-down") != set()


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


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ("xstat-contradicts-capture", {"version": None, "tunnels": None, "zones": (zone(status=None),)}),
        ("xstat-contradicts-capture", {}),
        ("partner-bundle-missing", {"settings": {}, "zones": ()}),
        ("core-client-capable-success", {"stores": stores(None, None)}),
        ("core-client-capable-success", {"version": None, "tunnels": None, "zones": (zone(status=None),)}),
        ("core-client-capable-success", {}),
    ],
)
def test_without_status_handshakes_configuration_stores_or_partner_it_is_not_determinable(
    rule: str, lacks: dict[str, Any]
) -> None:
    assert judge(case(core(**lacks)), rule) == {("info", NOT_DETERMINABLE, "core")}

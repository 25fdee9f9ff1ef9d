from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Alarm, Endpoint, Peer, Side, TcpConversation
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, conversation, event, judge, made, ssh
from tests.rules.nodes import INTERNET, WEBEX, core, edge, stores, tunnel, zone
from tests.rules.pki import CORE_CLIENT_SERVER_ONLY, CORE_SERVER


def unreachable(port: int, address: str = "10.2.2.20", **changes: Any) -> TcpConversation:
    return conversation(
        server=Endpoint(address=address, port=port),
        established=False,
        client_banner=None,
        ended=None,
        attempts=4,
        **changes,
    )


# Closed without a word


@pytest.mark.parametrize(
    ("peer", "changes", "expected"),
    [
        (WEBEX, {"closed_by": Side.SERVER}, {("warning", "proven", "Webex")}),
        (WEBEX, {"closed_by": Side.SERVER, "completed": True}, set()),
        (WEBEX, {"closed_by": Side.SERVER, "alert": (Side.SERVER, 48)}, set()),
        (WEBEX, {}, set()),
        (INTERNET, {"closed_by": Side.SERVER}, set()),
    ],
    ids=["closed", "after it was through", "with an alert", "end not seen", "somebody unknown"],
)
def test_only_a_handshake_cut_off_without_an_alert_is_closed_without_one(
    peer: Peer, changes: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    node = edge()

    assert (
        judge(case(node, connections=[connection(node, peer, role=Side.CLIENT, **changes)]), "closed-without-alert")
        == expected
    )


@pytest.mark.parametrize(
    ("closer", "words"), [(Side.SERVER, "closed by Webex"), (Side.CLIENT, "closed by this node")]
)
def test_who_closed_is_told(closer: Side, words: str) -> None:
    node = edge()
    cut = connection(node, WEBEX, role=Side.CLIENT, closed_by=closer, closed_by_reset=True)

    (finding,) = made(case(node, connections=[cut]), "closed-without-alert")

    assert f"{words} with a reset" in finding.explanation


def test_the_log_alone_may_show_it() -> None:
    node = edge(captures=())
    line = event(node, WEBEX, error="remote-disconnect", role=Side.CLIENT)

    assert judge(case(node, events=[line]), "closed-without-alert") == {("warning", "proven", "Webex")}
    assert judge(case(edge(captures=(), logs=())), "closed-without-alert") == {("info", NOT_DETERMINABLE, "edge")}


# Before TLS


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (unreachable(2222), {("warning", "proven", "10.2.2.20:2222")}),
        (unreachable(7001, refused=True), {("warning", "proven", "10.2.2.20:7001")}),
        (unreachable(9999), set()),
        (unreachable(2222, client=Endpoint(address="10.9.9.9", port=30001)), set()),
        (conversation(), set()),
    ],
    ids=["no answer", "answered by a reset", "another service", "somebody else's", "established"],
)
def test_syns_without_an_answer_are_no_certificate_problem(
    flow: TcpConversation, expected: set[tuple[str, str, str]]
) -> None:
    assert judge(case(core(conversations=(flow,))), "tcp-never-established") == expected


def test_the_tunnels_log_line_stands_in_for_the_capture() -> None:
    node = core()

    assert judge(
        case(node, events=[ssh(node, "connect to host edge port 2222: Connection timed out")]),
        "tcp-never-established",
    ) == {("warning", "proven", "the tunnel's target:2222")}
    assert judge(case(node, events=[ssh(node, "Permission denied (publickey)")]), "tcp-never-established") == set()


def test_what_would_fail_next_is_named_behind_an_unreachable_tunnel() -> None:
    weak = core(stores=stores(CORE_SERVER, CORE_CLIENT_SERVER_ONLY), conversations=(unreachable(2222),))

    (finding,) = made(case(weak), "tcp-never-established")

    assert "will fail at the next check" in finding.explanation
    assert "clientAuth" in finding.explanation


def test_an_unreachable_port_explains_only_what_goes_through_it() -> None:
    down = (zone("TraversalClient", "Failed"),)
    failed = (tunnel("Failed", "Connection timed out"),)

    def tied(*flows: TcpConversation) -> dict[tuple[str | None, str], str | None]:
        return causes(case(core(zones=down, tunnels=failed, conversations=flows)))

    zone_down, tunnels_down = ("core", "uc-zone-failed"), ("core", "ssh-tunnels-down")
    assert (tied(unreachable(7001))[zone_down], tied(unreachable(7001))[tunnels_down]) == (
        "tcp-never-established", "tcp-never-established",
    )  # fmt: skip
    assert (tied(unreachable(2222))[zone_down], tied(unreachable(2222))[tunnels_down]) == (
        None,
        "tcp-never-established",
    )
    assert (tied(unreachable(6972))[zone_down], tied(unreachable(6972))[tunnels_down]) == (None, "uc-zone-failed")


def test_a_restart_that_an_alarm_asks_for_is_told() -> None:
    asks = Alarm(id="15028", severity="warning", title="Restart required", source="x: y")
    other = Alarm(id="25019", severity="warning", title="Verbose log levels", source="x: y")
    node = edge(alarms=(asks, other))

    assert judge(case(node), "restart-required") == {("warning", "proven", "alarm 15028")}
    assert judge(case(edge()), "restart-required") == set()


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ("tcp-never-established", {"logs": (), "captures": ()}),
        ("restart-required", {"logs": (), "version": None, "tunnels": None, "zones": ()}),
    ],
)
def test_without_evidence_of_either_kind_it_is_not_determinable(rule: str, lacks: dict[str, Any]) -> None:
    assert judge(case(edge(**lacks)), rule) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(edge(**{**lacks, "logs": edge().logs})), rule) == set()

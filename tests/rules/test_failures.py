from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.evidence import Alarm, ClockOffset, Endpoint, Event, LogSpan, Node, Peer, Side, TcpConversation
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, conversation, event, judge, made, ssh
from tests.rules.nodes import CORE, CUBE, INTERNET, SOME_CORE, START, WEBEX, core, edge, stores, tunnel, zone
from tests.rules.pki import CORE_CLIENT, CORE_CLIENT_SERVER_ONLY, CORE_SERVER, EDGE_SERVER, WEBEX_SERVER


def unreachable(port: int, address: str = "10.2.2.20", **changes: Any) -> TcpConversation:
    return conversation(
        server=Endpoint(address=address, port=port),
        established=False,
        client_banner=None,
        ended=None,
        attempts=4,
        **changes,
    )


def refused_name(node: Node, peer: Peer, at: float = 0, **changes: Any) -> Event:
    return event(node, peer, error="identity-unacceptable", at=at, **changes)


# Names that this node refused


@pytest.mark.parametrize(
    ("role", "where"), [(Side.SERVER, "TLS verify subject name"), (Side.CLIENT, "peer address"), (None, "names in")]
)
def test_a_name_that_was_refused_is_told_with_where_it_is_configured(role: Side | None, where: str) -> None:
    node = edge()

    (finding,) = made(case(node, events=[refused_name(node, CUBE, role=role)]), "identity-unacceptable")

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("critical", "proven", CUBE.name)
    assert where in finding.explanation
    assert "None" not in finding.explanation


def test_the_names_wanted_and_held_are_put_side_by_side() -> None:
    node = edge()
    closed = connection(node, WEBEX, role=Side.CLIENT, server=WEBEX_SERVER, closed_by=Side.CLIENT)
    line = refused_name(node, WEBEX, role=Side.CLIENT, common_name="calllservice.webex.com", joined="c1")
    judged = case(node, connections=[closed], events=[line])

    (finding,) = made(judged, "identity-unacceptable")

    assert "wanted the name calllservice.webex.com" in finding.explanation
    assert "has l2sip.webex.com" in finding.explanation
    assert judge(judged, "closed-without-alert") == set()


def test_a_name_refused_of_nobody_known_or_by_the_peer_is_not_reported() -> None:
    node = edge()
    lines = [refused_name(node, INTERNET, role=Side.SERVER), event(node, CUBE, alert=42, role=Side.CLIENT)]

    assert judge(case(node, events=lines), "identity-unacceptable") == set()
    assert judge(case(edge(logs=())), "identity-unacceptable") == {("info", NOT_DETERMINABLE, "edge")}


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


# One source without the other


def test_a_line_without_its_packets_is_told_only_within_the_captures_time() -> None:
    node = edge()
    inside, outside = (event(node, WEBEX, error="expired", role=Side.CLIENT, at=at) for at in (10, 99_999))
    shifted = edge(clock_offset=ClockOffset(seconds=99_990, joins=3, spread=0))
    rule = "log-error-without-capture"

    assert judge(case(node, events=[inside]), rule) == {("info", "proven", "edge")}
    assert judge(case(node, events=[outside]), rule) == set()
    assert judge(case(shifted, events=[outside]), rule) == {("info", "proven", "edge")}
    assert judge(case(node, events=[event(node, INTERNET, error="expired")]), rule) == set()
    assert judge(case(edge(captures=())), rule) == {("info", NOT_DETERMINABLE, "edge")}


def test_an_alert_without_its_line_is_told_only_within_the_logs_time() -> None:
    node = edge()
    refused = connection(node, WEBEX, role=Side.CLIENT, alert=(Side.SERVER, 48))
    line = event(node, WEBEX, alert=48, role=Side.CLIENT, joined="c1")
    elsewhere = edge(
        logs=(
            LogSpan(file="log", first=START - timedelta(days=2), last=START - timedelta(days=1), lines=1, records=1),
        )
    )
    rule = "capture-alert-without-log"

    assert judge(case(node, connections=[refused]), rule) == {("info", "proven", "edge")}
    assert judge(case(node, connections=[refused], events=[line]), rule) == set()
    assert judge(case(elsewhere, connections=[refused]), rule) == set()


# Again and again


@pytest.mark.parametrize(
    ("times", "repeats"),
    [((0, 40, 80, 120), 4), ((0, 0.02, 40, 40.02, 80, 80.02), 3), ((0, 40), None), ((0, 40, 400, 440), None)],
    ids=["steady", "in pairs", "twice", "at no pace"],
)
def test_a_steady_retry_is_one_row(times: tuple[float, ...], repeats: int | None) -> None:
    node = edge()
    lines = [event(node, SOME_CORE, error="unsupported-purpose", role=Side.SERVER, at=at) for at in times]

    found = made(case(node, events=lines), "repeated-failure-period")

    assert [one.count for one in found] == ([repeats] if repeats else [])
    assert all("every 40 s" in one.explanation for one in found)


def test_captured_and_logged_failures_count_together_and_success_does_not() -> None:
    node = edge()
    refused = [
        connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48), at=at) for at in (0, 40)
    ]
    fine = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, server=EDGE_SERVER, completed=True, at=80)
    line = event(node, CORE, error="issuer-missing", role=Side.SERVER, at=80)

    assert made(case(node, connections=[*refused, fine]), "repeated-failure-period") == ()
    assert [one.count for one in made(case(node, connections=refused, events=[line]), "repeated-failure-period")] == [
        3
    ]


def test_a_restart_that_an_alarm_asks_for_is_told() -> None:
    asks = Alarm(id="15028", severity="warning", title="Restart required", source="x: y")
    other = Alarm(id="25019", severity="warning", title="Verbose log levels", source="x: y")
    node = edge(alarms=(asks, other))

    assert judge(case(node), "restart-required") == {("warning", "proven", "alarm 15028")}
    assert judge(case(edge()), "restart-required") == set()

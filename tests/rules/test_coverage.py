"""Log and capture laid over each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.evidence import ClockOffset, LogSpan, Side
from tests.rules.cases import NOT_DETERMINABLE, case, connection, event, judge, made
from tests.rules.nodes import CORE, INTERNET, SOME_CORE, START, WEBEX, edge
from tests.rules.pki import CORE_CLIENT, EDGE_SERVER

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


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ("repeated-failure-period", {"logs": (), "captures": ()}),
        ("capture-alert-without-log", {"logs": ()}),
        ("capture-alert-without-log", {"captures": ()}),
    ],
)
def test_without_log_or_capture_neither_can_be_held_against_the_other(rule: str, lacks: dict[str, Any]) -> None:
    assert judge(case(edge(**lacks)), rule) == {("info", NOT_DETERMINABLE, "edge")}

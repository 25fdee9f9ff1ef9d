"""When a node was last restarted, and what that settles about an old certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.evidence import LogSpan, Node, Side
from analyzer.rules.uptime import last_restart
from analyzer.rules.view import views_of
from tests.rules.cases import case, connection, event, judge
from tests.rules.nodes import INTERNET, START, edge
from tests.rules.pki import SERVER_ONLY, certificate

STALE = "presented-stale-certificate"
OLD = certificate("edge.harbor.example", SERVER_ONLY, not_before=datetime(2025, 3, 1, tzinfo=UTC))
DAY = 86400


def sure(node: Node) -> set[str]:
    served = connection(node, INTERNET, role=Side.SERVER, server=OLD)
    return {confidence for _, confidence, _ in judge(case(node, connections=[served]), STALE)}


@pytest.mark.parametrize(("days", "expected"), [(400, "strong"), (10, "inferred")])
def test_a_restart_before_the_new_certificate_was_issued_settles_that_the_old_one_is_served(
    days: int, expected: str
) -> None:
    """The store's certificate begins on 2026-01-10, the log on 2026-03-24."""
    assert sure(edge(uptime=days * DAY)) == {expected}


@pytest.mark.parametrize("uptime", [None, -5, 10**12])
def test_an_uptime_that_is_absent_or_absurd_tells_nothing(uptime: int | None) -> None:
    assert last_restart(views_of(case(edge(uptime=uptime)))[0]) is None


def test_without_a_log_the_moment_of_the_dump_is_not_known() -> None:
    empty = LogSpan(file="x", first=None, last=None, lines=0, records=0)

    assert last_restart(views_of(case(edge(uptime=DAY, logs=())))[0]) is None
    assert last_restart(views_of(case(edge(uptime=DAY, logs=(empty,))))[0]) is None


def test_a_start_in_the_log_is_later_evidence_than_the_dump() -> None:
    node = edge(uptime=400 * DAY)
    started = [event(node, None, name="Application Start", at=at) for at in (-30, 30, None)]

    restart = last_restart(views_of(case(node, events=started))[0])

    assert restart is not None
    assert restart.time == START + timedelta(seconds=30)
    assert restart.evidence[0].text.endswith("words of the log")

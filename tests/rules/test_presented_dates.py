"""Certificates that were out of their dates when they were presented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.evidence import Certificate, Peer, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import INTERNET, START, WEBEX, edge
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, certificate

NAME = "edge.harbor.example"
EXPIRED = certificate(NAME, BOTH, not_before=datetime(2025, 1, 1, tzinfo=UTC), not_after=START - timedelta(days=1))
EXPIRES_LATER = certificate(NAME, BOTH, not_after=START + timedelta(minutes=1))
BEGINS_LATER = certificate(NAME, BOTH, not_before=START + timedelta(days=1))
BEGAN_JUST_NOW = certificate(NAME, BOTH, not_before=START)
TOO_LATE, TOO_EARLY = "expired-at-handshake", "not-yet-valid-at-handshake"


def shown(client: Any = EDGE_CLIENT, server: Any = EDGE_SERVER, peer: Peer = WEBEX, **changes: Any) -> Any:
    node = edge()
    return case(node, connections=[connection(node, peer, role=Side.CLIENT, client=client, server=server, **changes)])


@pytest.mark.parametrize(("leaf", "rule"), [(EXPIRED, TOO_LATE), (BEGINS_LATER, TOO_EARLY)])
@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize(("completed", "expected"), [(None, "critical"), (True, "warning")])
def test_what_is_out_of_its_dates_on_the_wire_is_grave_unless_it_was_accepted(
    leaf: Certificate, rule: str, side: str, completed: bool | None, expected: str
) -> None:
    judged = shown(leaf, completed=completed) if side == "client" else shown(server=leaf, completed=completed)

    (finding,) = made(judged, rule)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == (expected, "proven", "Webex")
    assert finding.explanation.startswith("This node presented" if side == "client" else "Webex presented")


def test_what_is_out_of_its_dates_only_before_or_after_is_fine() -> None:
    assert judge(shown(EXPIRES_LATER), TOO_LATE) == judge(shown(EXPIRES_LATER), TOO_EARLY) == set()
    assert judge(shown(BEGAN_JUST_NOW), TOO_LATE) == judge(shown(BEGAN_JUST_NOW), TOO_EARLY) == set()


@pytest.mark.parametrize(("leaf", "rule"), [(EXPIRED, TOO_LATE), (BEGINS_LATER, TOO_EARLY)])
def test_whom_nobody_knows_is_not_judged_and_without_a_handshake_nobody_is(leaf: Certificate, rule: str) -> None:
    assert judge(shown(leaf, peer=INTERNET), rule) == set()
    assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}


def test_repeats_are_one_finding_with_a_count_and_a_span() -> None:
    node = edge()
    repeats = [connection(node, WEBEX, role=Side.CLIENT, client=BEGINS_LATER, at=at) for at in (0, 40, 80)]
    (finding,) = made(case(node, connections=repeats), TOO_EARLY)

    assert (finding.count, finding.first, finding.last) == (3, START, START + timedelta(seconds=80))


@pytest.mark.parametrize(
    ("leaf", "code", "alert", "rule"),
    [
        (EXPIRED, 45, "peer-alert-certificate-expired", TOO_LATE),
        (BEGINS_LATER, 42, "peer-alert-bad-certificate", TOO_EARLY),
    ],
)
def test_the_dates_explain_the_alert(leaf: Certificate, code: int, alert: str, rule: str) -> None:
    assert causes(shown(leaf, alert=(Side.SERVER, code)))["edge", alert] == rule

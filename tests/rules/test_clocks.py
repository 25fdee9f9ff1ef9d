"""Clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.evidence import Alarm, Certificate, Peer, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge
from tests.rules.nodes import CUBE, DENIED, INTERNET, START, WEBEX, bare, edge, stores
from tests.rules.pki import BOTH, CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, certificate

CLOCK, NAME = "clock-wrong", "edge.harbor.example"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
JUST_EXPIRED = certificate(NAME, BOTH, not_before=LONG_AGO, not_after=START - timedelta(minutes=5))
LONG_EXPIRED = certificate(NAME, BOTH, not_before=LONG_AGO, not_after=START - timedelta(days=90))
TOO_YOUNG = certificate(NAME, BOTH, not_before=START + timedelta(days=90))


def alarm(identifier: str) -> Alarm:
    return Alarm(id=identifier, severity="warning", title="Time problem", source="edge.zip/xstat.xml: Alarm 1")


@pytest.mark.parametrize("identifier", ["25002", "25020", "25021", "25022"])
def test_an_alarm_about_the_time_is_a_warning(identifier: str) -> None:
    assert judge(case(edge(alarms=(alarm(identifier),))), CLOCK) == {("warning", "proven", "edge")}


def test_several_alarms_are_one_finding_and_other_alarms_are_none() -> None:
    assert len(judge(case(edge(alarms=(alarm("25020"), alarm("25021")))), CLOCK)) == 1
    assert judge(case(edge(alarms=(alarm("25019"), alarm("35013")))), CLOCK) == set()


@pytest.mark.parametrize(
    ("leaf", "effect", "explained"),
    [
        (TOO_YOUNG, "not-yet-valid-at-handshake", True),
        (JUST_EXPIRED, "expired-at-handshake", True),
        (LONG_EXPIRED, "expired-at-handshake", False),
    ],
)
def test_an_alarm_explains_dates_that_a_clock_may_be_wrong_about(
    leaf: Certificate, effect: str, explained: bool
) -> None:
    node = edge(alarms=(alarm("25020"),), stores=stores(leaf, EDGE_CLIENT))
    shown = connection(node, CUBE, role=Side.SERVER, server=leaf)

    assert causes(case(node, connections=[shown]))["edge", effect] == (CLOCK if explained else None)


def test_only_the_alarm_about_the_traversal_zone_explains_tunnels() -> None:
    between, alone = (edge(alarms=(alarm(one),), tunnels=DENIED) for one in ("25022", "25020"))

    assert causes(case(between))["edge", "ssh-tunnels-down"] == CLOCK
    assert causes(case(alone))["edge", "ssh-tunnels-down"] is None


@pytest.mark.parametrize(("peer", "role"), [(WEBEX, Side.CLIENT), (CUBE, Side.SERVER)])
def test_a_peer_that_calls_a_certificate_in_date_expired_makes_a_clock_suspect(peer: Peer, role: Side) -> None:
    node = edge()
    own: dict[str, Any] = {"client": EDGE_CLIENT} if role is Side.CLIENT else {"server": EDGE_SERVER}
    refused = connection(node, peer, role=role, alert=(role.other, 45), **own)
    judged = case(node, connections=[refused])

    assert judge(judged, CLOCK) == {("warning", "inferred", peer.name)}
    assert causes(judged)["edge", "peer-alert-certificate-expired"] == CLOCK


@pytest.mark.parametrize("error", ["expired", "not-yet-valid"])
def test_this_nodes_own_refusal_is_compared_with_its_capture(error: str) -> None:
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, client=CORE_CLIENT)
    line = event(node, CUBE, error=error, role=Side.SERVER, joined="c1")

    assert judge(case(node, connections=[refused], events=[line]), CLOCK) == {("warning", "inferred", CUBE.name)}


def test_what_is_out_of_its_dates_by_the_capture_too_contradicts_nothing() -> None:
    node = edge(stores=stores(LONG_EXPIRED, EDGE_CLIENT))
    refused = connection(node, CUBE, role=Side.SERVER, server=LONG_EXPIRED, alert=(Side.CLIENT, 45))
    unseen = connection(node, CUBE, role=Side.SERVER, alert=(Side.CLIENT, 45))
    alone = event(node, CUBE, error="expired", role=Side.SERVER)

    assert judge(case(node, connections=[refused, unseen], events=[alone]), CLOCK) == set()


def test_an_expired_list_of_revoked_certificates_is_no_clock() -> None:
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 45))
    line = event(node, CUBE, error="crl-expired", role=Side.SERVER, joined="c1")
    tied = causes(case(node, connections=[refused], events=[line]))

    assert ("edge", CLOCK) not in tied
    assert tied["edge", "local-alert-certificate-expired"] == "revocation-unavailable"


def test_whom_nobody_knows_makes_no_clock_suspect() -> None:
    node = edge()
    scanner = connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 45))

    assert judge(case(node, connections=[scanner]), CLOCK) == set()


def test_without_evidence_it_is_not_determinable() -> None:
    assert judge(case(bare(edge().role)), CLOCK) == {("info", NOT_DETERMINABLE, "bare")}

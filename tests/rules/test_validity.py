from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.evidence import ClockOffset, Peer, ReferenceTime, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import INTERNET, START, WEBEX, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, certificate

NAME = "edge.harbor.example"
EXPIRED = certificate(NAME, BOTH, not_before=datetime(2025, 1, 1, tzinfo=UTC), not_after=START - timedelta(days=1))
EXPIRES_LATER = certificate(NAME, BOTH, not_after=START + timedelta(minutes=1))


def shown(client: Any = EDGE_CLIENT, server: Any = EDGE_SERVER, peer: Peer = WEBEX, **changes: Any) -> Any:
    node = edge()
    return case(node, connections=[connection(node, peer, role=Side.CLIENT, client=client, server=server, **changes)])


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize(("completed", "expected"), [(None, "critical"), (True, "warning")])
def test_an_expired_certificate_on_the_wire_is_grave_unless_it_was_accepted(
    side: str, completed: bool | None, expected: str
) -> None:
    judged = shown(EXPIRED, completed=completed) if side == "client" else shown(server=EXPIRED, completed=completed)

    (finding,) = made(judged, "expired-at-handshake")

    assert (str(finding.severity), str(finding.confidence), finding.subject) == (expected, "proven", "Webex")
    assert finding.explanation.startswith("This node presented" if side == "client" else "Webex presented")


def test_what_expired_only_afterwards_had_not_expired_at_the_handshake() -> None:
    assert judge(shown(EXPIRES_LATER), "expired-at-handshake") == set()
    assert judge(shown(EXPIRED, peer=INTERNET), "expired-at-handshake") == set()
    assert judge(case(edge()), "expired-at-handshake") == {("info", NOT_DETERMINABLE, "edge")}


def test_the_expired_certificate_explains_the_alert() -> None:
    tied = causes(shown(EXPIRED, alert=(Side.SERVER, 45)))

    assert tied["edge", "peer-alert-certificate-expired"] == "expired-at-handshake"


def test_stores_are_judged_at_the_time_of_the_evidence_and_never_by_the_wall_clock() -> None:
    both = edge(stores=stores(EXPIRES_LATER, EXPIRES_LATER))
    earlier = edge(stores=both.stores, reference_time=ReferenceTime(time=START, origin="as-of"))
    timeless = edge(stores=both.stores, reference_time=ReferenceTime(time=None, origin="none"))

    assert judge(case(both), "cert-expired-in-store") == {("critical", "proven", NAME)}
    assert len(made(case(both), "cert-expired-in-store")) == 1
    assert judge(case(earlier), "cert-expired-in-store") == set()
    assert judge(case(timeless), "cert-expired-in-store") == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize(
    ("seconds", "expected", "words"),
    [
        (0.2, "info", "0.200 s after"),
        (-7, "warning", "7.000 s before"),
        (19800, "warning", "19800.000 s after"),
        (7200.5, "warning", "Whole hours"),
    ],
)
def test_the_clocks_of_log_and_capture_are_compared(seconds: float, expected: str, words: str) -> None:
    node = edge(clock_offset=ClockOffset(seconds=seconds, joins=3, spread=0))

    (finding,) = made(case(node), "clock-skew-log-vs-capture")

    assert str(finding.severity) == expected
    assert words in finding.explanation


def test_a_clock_that_was_not_measured_is_not_determinable() -> None:
    assert judge(case(edge()), "clock-skew-log-vs-capture") == {("info", NOT_DETERMINABLE, "edge")}

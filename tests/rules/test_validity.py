from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Certificate, ClockOffset, Peer, ReferenceTime, Side
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import INTERNET, START, WEBEX, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, EVERYONE, certificate, chain

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


# What ends soon


def ending(days: float, name: str = NAME) -> Certificate:
    """Return a certificate that ends some days after the evidence."""
    return certificate(name, BOTH, not_after=START + timedelta(minutes=5, days=days))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0.5, {("warning", "proven", NAME)}),
        (30.9, {("warning", "proven", NAME)}),
        (31, {("info", "proven", NAME)}),
        (60.9, {("info", "proven", NAME)}),
        (61, set()),
        (-0.1, set()),
    ],
)
def test_what_ends_within_days_of_the_evidence_is_told(days: float, expected: set[tuple[str, str, str]]) -> None:
    node = edge(stores=stores(ending(days), EDGE_CLIENT))

    assert judge(case(node), "cert-expires-soon") == expected


def test_a_certificate_in_both_stores_is_one_row_and_the_alarm_is_quoted() -> None:
    alarm = Alarm(id="40069", severity="alert", title="Expires in 20 days", source="edge.zip/xstat.xml: Alarms")
    leaf = ending(20)

    (finding,) = made(case(edge(stores=stores(leaf, leaf), alarms=(alarm,))), "cert-expires-soon")

    assert "20 days after 2026-03-24" in finding.explanation
    assert "Alarm 40069 says so, too." in finding.explanation
    assert finding.remedy[0].command == (
        "Maintenance > Security > Server certificate; Maintenance > Security > Client certificate"
    )
    assert [row.text.split(":")[0] for row in finding.evidence] == [
        "server store",
        "client store",
        "alarm 40069 alert",
    ]


def test_an_authority_above_a_store_is_watched_too_and_any_other_one_is_not() -> None:
    short = Authority.root("Short Root CA", not_after=START + timedelta(days=40))
    leaf = certificate(NAME, BOTH, short)
    trusted = (*EVERYONE, *chain(leaf, root=True)[1:])

    (finding,) = made(case(edge(stores=stores(EDGE_SERVER, leaf, trusted))), "cert-expires-soon")

    assert (str(finding.severity), finding.subject) == ("info", "Short Root CA")
    assert finding.explanation.startswith("An authority above the client store's certificate ends on")
    assert judge(case(edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, trusted))), "cert-expires-soon") == set()


def test_days_are_facts_and_are_counted_from_the_reference_time() -> None:
    node = edge(stores=stores(ending(50), EDGE_CLIENT))
    later = replace(node, reference_time=ReferenceTime(time=START + timedelta(days=25), origin="as-of"))
    timeless = replace(node, reference_time=ReferenceTime(time=None, origin="none"))

    assert {severity for severity, _, _ in judge(case(node), "cert-expires-soon")} == {"info"}
    assert {severity for severity, _, _ in judge(case(later), "cert-expires-soon")} == {"warning"}
    assert judge(case(timeless), "cert-expires-soon") == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(edge(stores=stores(None, None))), "cert-expires-soon") == {("info", NOT_DETERMINABLE, "edge")}

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Certificate, ClockOffset, ReferenceTime, Side, Visibility
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import CORE, CUBE, EDGE, START, bare, core, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, EVERYONE, certificate, chain

NAME = "edge.harbor.example"
BEGINS_LATER = certificate(NAME, BOTH, not_before=START + timedelta(days=1))
EXPIRES_LATER = certificate(NAME, BOTH, not_after=START + timedelta(minutes=1))


def test_stores_are_judged_at_the_time_of_the_evidence_and_never_by_the_wall_clock() -> None:
    both = edge(stores=stores(EXPIRES_LATER, EXPIRES_LATER))
    earlier = edge(stores=both.stores, reference_time=ReferenceTime(time=START, origin="as-of"))
    timeless = edge(stores=both.stores, reference_time=ReferenceTime(time=None, origin="none"))

    assert judge(case(both), "cert-expired-in-store") == {("critical", "proven", f"{NAME} (both stores)")}
    assert judge(case(earlier), "cert-expired-in-store") == set()
    assert judge(case(timeless), "cert-expired-in-store") == {("info", NOT_DETERMINABLE, "edge")}


def test_the_alarm_of_an_expired_server_certificate_is_quoted_and_stands_in_for_one_that_is_not_at_hand() -> None:
    alarm = Alarm(id="40068", severity="critical", title="Server certificate expired", source="x.xml: Alarm 1")
    soon = Alarm(id="40069", severity="alert", title="Server certificate expires in 9 days", source="x.xml: Alarm 2")

    (both,) = made(
        case(edge(stores=stores(EXPIRES_LATER, EDGE_CLIENT), alarms=(soon, alarm))), "cert-expired-in-store"
    )
    assert [str(row.kind) for row in both.evidence] == ["certificate", "status"]
    assert both.explanation.endswith("Alarm 40068 says so, too.")

    without = edge(stores=stores(None, EDGE_CLIENT), alarms=(soon, alarm))
    assert judge(case(without), "cert-expired-in-store") == {("critical", "proven", "alarm 40068")}
    assert judge(case(edge(alarms=(alarm,))), "cert-expired-in-store") == set()
    assert judge(case(edge(stores=without.stores, alarms=(soon,))), "cert-expired-in-store") == set()


def test_a_store_whose_dates_begin_later_is_critical() -> None:
    server, both = edge(stores=stores(BEGINS_LATER, EDGE_CLIENT)), edge(stores=stores(BEGINS_LATER, BEGINS_LATER))
    later = ReferenceTime(time=START + timedelta(days=2), origin="as-of")

    assert judge(case(server), "cert-not-yet-valid") == {("critical", "proven", f"{NAME} (server store)")}
    assert judge(case(both), "cert-not-yet-valid") == {("critical", "proven", f"{NAME} (both stores)")}
    assert judge(case(edge(stores=both.stores, reference_time=later)), "cert-not-yet-valid") == set()
    assert judge(case(edge()), "cert-not-yet-valid") == set()


def test_a_certificate_issued_between_the_last_packet_and_the_collection_is_fine() -> None:
    fresh = certificate(NAME, BOTH, not_before=START + timedelta(minutes=30))
    held = stores(fresh, EDGE_CLIENT)
    as_of = ReferenceTime(time=START, origin="as-of")

    assert judge(case(edge(stores=held)), "cert-not-yet-valid") != set()
    assert judge(case(edge(stores=held, taken=START + timedelta(hours=1))), "cert-not-yet-valid") == set()
    assert judge(
        case(edge(stores=held, taken=START + timedelta(hours=1), reference_time=as_of)), "cert-not-yet-valid"
    )


@pytest.mark.parametrize(
    ("leaf", "code", "alert", "cause"),
    [
        (EXPIRES_LATER, 45, "certificate-expired", "cert-expired-in-store"),
        (BEGINS_LATER, 42, "bad-certificate", "cert-not-yet-valid"),
    ],
)
def test_what_the_store_holds_explains_a_refusal_that_does_not_show_the_certificate(
    leaf: Certificate, code: int, alert: str, cause: str
) -> None:
    ours, theirs = edge(stores=stores(leaf, EDGE_CLIENT)), core()
    refused = (Side.CLIENT, code)
    ends = [
        connection(ours, CORE, role=Side.SERVER, server=Visibility.ENCRYPTED, alert=refused),
        connection(theirs, EDGE, role=Side.CLIENT, server=Visibility.ENCRYPTED, alert=refused),
    ]

    tied = causes(case(theirs, ours, connections=ends))

    assert tied["edge", f"peer-alert-{alert}"] == tied["core", f"local-alert-{alert}"] == cause
    assert tied["edge", cause] is None


def test_an_own_certificate_that_expired_is_no_reason_to_refuse_another() -> None:
    node = edge(stores=stores(EXPIRES_LATER, EDGE_CLIENT))
    refused = connection(node, CUBE, role=Side.SERVER, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 45))

    assert causes(case(node, connections=[refused]))["edge", "local-alert-certificate-expired"] is None


def test_a_clock_that_is_known_to_be_wrong_explains_a_certificate_that_looks_too_young() -> None:
    alarm = Alarm(id="25020", severity="warning", title="Time problem", source="x.xml: Alarm 1")
    node = edge(stores=stores(BEGINS_LATER, EDGE_CLIENT), alarms=(alarm,))

    assert causes(case(node))["edge", "cert-not-yet-valid"] == "clock-wrong"
    assert causes(case(edge(stores=node.stores)))["edge", "cert-not-yet-valid"] is None


@pytest.mark.parametrize("rule", ["cert-expired-in-store", "cert-not-yet-valid"])
def test_without_stores_or_a_time_dates_are_not_determinable(rule: str) -> None:
    timeless = ReferenceTime(time=None, origin="none")

    assert judge(case(bare(edge().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}
    assert judge(case(edge(stores=stores(EDGE_SERVER, EDGE_CLIENT), reference_time=timeless)), rule) == {
        ("info", NOT_DETERMINABLE, "edge")
    }


@pytest.mark.parametrize(
    ("seconds", "expected", "words"),
    [
        (0.2, "info", "0.200 s after"),
        (-0.0008, "info", "agree with the capture's to the millisecond"),
        (-7, "warning", "7.000 s before"),
        (1700, "warning", "1700.000 s after the capture's, measured on 3 connections. The report"),
        (-19800, "warning", "Whole half hours"),
        (7200.5, "warning", "Whole hours"),
    ],
)
def test_the_clocks_of_log_and_capture_are_compared(seconds: float, expected: str, words: str) -> None:
    node = edge(clock_offset=ClockOffset(seconds=seconds, joins=3, spread=0))

    (finding,) = made(case(node), "clock-skew-log-vs-capture")

    assert str(finding.severity) == expected
    assert words in finding.explanation


@pytest.mark.parametrize(
    ("seconds", "title", "steps"),
    [
        (97.0, "The log's clock is 97 s ahead of the capture's", 1),
        (-7200.4, "The log's clock is 7,200 s behind the capture's", 1),
        (1.9, "The clocks of log and capture agree within 2 s", 0),
    ],
)
def test_the_title_says_how_far_the_clocks_are_apart_and_a_step_how_to_set_them(
    seconds: float, title: str, steps: int
) -> None:
    node = edge(clock_offset=ClockOffset(seconds=seconds, joins=3, spread=0))

    (finding,) = made(case(node), "clock-skew-log-vs-capture")

    assert finding.title == title
    assert [remedy.command for remedy in finding.remedy] == ["System > Time"] * steps


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

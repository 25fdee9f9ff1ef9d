"""What to do: now only what cures what fails, later what a forecast asks for, and each step where it is taken."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from lxml import html
from msgspec.structs import replace

from analyzer.evidence import Outcome, Side
from analyzer.findings import Finding, Grounds, Remedy, RemedyKind, Report, Severity
from analyzer.report.conclusions import conclude
from analyzer.report.html import render_html
from analyzer.report.note import render_note
from analyzer.report.steps import Plan, place, placed, plan, steps_of
from analyzer.report.summary import index_of, leading_verdict
from analyzer.report.terminal import verdict_lines
from analyzer.words import say
from tests.report.reports import FINDINGS, OPEN_WEBEX, rich_report, verdict

FAILS = FINDINGS[0]
DAY = date(2027, 1, 9)
DONE = verdict(outcome=Outcome.COMPLETED, refused_by=None, connections=("c121",), events=())


def remedy(text: str, kind: RemedyKind = RemedyKind.DURABLE, **changes: Any) -> Remedy:
    return Remedy(text=say(text), kind=kind, **changes)


def warning(*remedies: Remedy, **changes: Any) -> Finding:
    """Return a warning that has nothing to do with the answer."""
    return replace(FINDINGS[3], remedy=remedies, **changes)


def told(*findings: Finding, **changes: Any) -> Report:
    return replace(rich_report(), findings=findings, **changes)


def planned(report: Report) -> Plan:
    index = index_of(report.case)
    return plan(conclude(report, index), leading_verdict(report))


def answer_of(report: Report) -> str:
    return " ".join(html.fromstring(render_html(report)).get_element_by_id("answer").text_content().split())


def now(report: Report) -> list[str]:
    return [step.options[0].text for step in planned(report).now]


def test_beside_a_failure_a_forecast_waits_for_its_day_and_a_mere_warning_for_its_card() -> None:
    report = told(FAILS, warning(remedy("Renew.")), warning(remedy("Order."), id="forecast", due=DAY))

    assert now(report) == [next(one.text for one in FAILS.remedy if one.kind is RemedyKind.DURABLE)]
    later = planned(report).later
    assert later is not None
    assert [one.text for one in later.options] == ["Order."]


def test_where_nothing_failed_a_warning_calls_for_its_step() -> None:
    assert now(told(warning(remedy("Renew.")), verdicts=(DONE,))) == ["Renew."]


def test_something_critical_calls_for_a_step_now_whatever_leads() -> None:
    grave = warning(remedy("Mend."), severity=Severity.CRITICAL)

    assert "Mend." in now(told(FAILS, grave))


def test_of_forecasts_the_first_to_come_is_told_and_nothing_is_to_be_done_now() -> None:
    soon = warning(remedy("Soon."), id="soon", due=DAY)
    report = told(warning(remedy("Late."), id="late", due=date(2028, 1, 1)), soon, verdicts=(DONE,))
    answer = answer_of(report)

    assert now(report) == []
    assert "What to do now Nothing now." in answer
    assert "Later, at the renewal before 2027-01-09" in answer
    assert "Soon." in answer
    assert "Late." not in answer


def test_terminal_and_note_tell_the_same_steps_as_the_page() -> None:
    report = told(warning(remedy("Order.", at="core1"), id="forecast", due=DAY), verdicts=(DONE,))

    assert "Do now   nothing now; at the renewal before 2027-01-09: On core1 (Core):" in verdict_lines(report)
    note = render_note(report)
    assert "Nothing now.\n\nLater, at the renewal before 2027-01-09:\n" in note
    assert "On core1 (Core): Order." in note


REMARK = warning(remedy("Tidy up."), id="remark", severity=Severity.INFO)


def test_remarks_with_a_step_are_not_denied_in_page_terminal_and_note() -> None:
    report = told(
        REMARK, replace(REMARK, subject="other"), replace(REMARK, subject="third", remedy=()), verdicts=(DONE,)
    )
    calm = "othing has to change; 2 remarks have a step to consider"

    assert now(report) == []
    assert f"N{calm}." in answer_of(report)
    assert f"N{calm}." in render_note(report)
    assert f"Do now   n{calm}" in " ".join(line.strip() for line in verdict_lines(report))


def test_remarks_with_a_step_are_told_beside_what_waits() -> None:
    waiting = warning(remedy("Order."), id="forecast", due=DAY)
    answer = answer_of(told(REMARK, waiting, verdicts=(DONE,)))

    assert "What to do now Nothing now; 1 remark has a step to consider." in answer


def test_a_remark_without_a_step_takes_nothing_from_the_calm() -> None:
    answer = answer_of(told(replace(REMARK, remedy=()), verdicts=(DONE,)))

    assert "Nothing that was read calls for a change." in answer


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"refused_by": Side.SERVER}, "Nothing that was read says why edge1 refused: get the other end's log"),
        ({"refused_by": Side.CLIENT}, "Nothing that was read says why it refused: take a diagnostic log with “Take"),
        (
            {"refused_by": Side.SERVER, "local_role": None},
            "Nothing that was read says why it failed: take a diagnostic",
        ),
        (
            {"refused_by": None, "outcome": Outcome.CLOSED},
            "Nothing that was read says why it failed: take a diagnostic",
        ),
    ],
)
def test_a_failure_that_nothing_explains_asks_for_what_would_explain_it(changes: dict[str, Any], step: str) -> None:
    other = warning(remedy("Renew."))
    failed = replace(verdict(**changes), grounds=Grounds())
    report = told(other, verdicts=(failed,))

    (only,) = planned(report).now
    assert only.is_collect
    assert only.options[0].text.startswith(step)
    assert "Renew." not in answer_of(report)
    assert other.title in answer_of(report)


def test_a_failure_that_nothing_explains_stands_before_another_one_that_has_a_cure() -> None:
    grave = warning(remedy("Mend."), severity=Severity.CRITICAL)
    first, second = now(told(grave, verdicts=(replace(verdict(), grounds=Grounds()),)))

    assert first.startswith("Nothing that was read says why")
    assert second == "Mend."


def test_a_forecast_about_the_peer_explains_no_failure() -> None:
    forecast = replace(FAILS, id="forecast", severity=Severity.WARNING, due=DAY, remedy=(remedy("Order."),))
    (only,) = now(told(forecast, warning(remedy("Renew.")), verdicts=(replace(verdict(), grounds=Grounds()),)))

    assert only.startswith("Nothing that was read says why")


def test_something_critical_without_advice_asks_for_what_would_explain_it() -> None:
    grave = warning(id="grave", severity=Severity.CRITICAL)
    (step,) = planned(told(grave, verdicts=(DONE,))).now

    assert step.finding is grave
    assert step.is_collect


def test_alternatives_and_stop_gaps_are_ways_to_take_one_step() -> None:
    finding = warning(
        remedy("Set the name."),
        remedy("Or issue it.", instead=True),
        remedy("Until then, look away.", RemedyKind.STOP_GAP),
        remedy("Then restart."),
        remedy("Capture.", RemedyKind.COLLECT),
    )

    steps = [[one.text for one in step.options] for step in steps_of(finding)]

    assert steps == [
        ["Set the name.", "Or issue it."],
        ["Then restart.", "Until then, look away."],
        ["Capture."],
    ]


def test_three_steps_are_told_however_many_ways_there_are_to_take_each() -> None:
    ways = [remedy(f"{number}{way}.", instead=way == "b") for number in range(4) for way in "ab"]

    steps = planned(told(warning(*ways), verdicts=(DONE,))).now

    assert [[one.text for one in step.options] for step in steps] == [["0a.", "0b."], ["1a.", "1b."], ["2a.", "2b."]]


def test_a_step_leads_with_the_node_that_it_is_taken_on() -> None:
    index = index_of(rich_report().case)

    assert placed(remedy("Restart."), "core1", index) == "On core1 (Core): Restart."
    assert placed(remedy("Restart.", at="edge1"), "core1", index) == "On edge1 (Edge): Restart."
    assert placed(remedy("Have cucm1 trust it.", at=None), "core1", index) == "Have cucm1 trust it."
    assert place(remedy("Restart."), None, index) is None


def test_what_the_verdict_asks_to_collect_stands_for_what_findings_would_collect() -> None:
    gap = warning(remedy("Capture again.", RemedyKind.COLLECT))

    assert now(told(gap, verdicts=(OPEN_WEBEX,))) == [OPEN_WEBEX.collect]
    assert now(told(gap, verdicts=(DONE,))) == ["Capture again."]


def test_what_to_collect_stands_where_all_steps_stand() -> None:
    answer = answer_of(told(verdicts=(OPEN_WEBEX,)))

    assert "What to do now Collect On edge1 (Edge): Place a call to Webex" in answer
    assert answer.count("Place a call to Webex") == 1


def test_without_a_finding_the_verdict_says_itself_what_its_alert_asks_for() -> None:
    asks = Grounds(remedy=(remedy("Have it trusted."), remedy("Add a bundle.", RemedyKind.COLLECT)))
    refused = verdict(grounds=asks)

    assert now(told(verdicts=(refused,))) == ["Have it trusted.", "Add a bundle."]
    assert now(told(replace(FAILS, remedy=(remedy("Mend."),)), verdicts=(refused,)))[-1] == "Add a bundle."


def test_a_cause_without_advice_leaves_it_to_what_is_as_grave() -> None:
    effect = replace(FAILS, id="effect", caused_by=FAILS.id, remedy=(remedy("Mend."),))
    minor = replace(effect, id="minor", severity=Severity.WARNING, remedy=(remedy("Tidy up."),))

    assert now(told(replace(FAILS, remedy=()), effect, minor)) == ["Mend."]

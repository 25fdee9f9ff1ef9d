"""How large a page may become: its lists are cut, so that a browser can show what a busy system yields."""

from __future__ import annotations

from functools import cache

from lxml import html

from analyzer.findings import Report
from analyzer.report.html import render_html
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.runner import run
from analyzer.rules.verdicts import verdicts_of
from benchmarks.cases import busy_case

MEGABYTES = 4
ELEMENTS = 80_000


@cache
def page(connections: int) -> str:
    case = busy_case(connections, connections * 10, peers=10)
    report = Report(
        tool_version="0",
        facts_as_of="2026-11-24",
        case=case,
        verdicts=verdicts_of(case),
        findings=tie(run(case, RULES)),
        rule_titles={},
    )
    return render_html(report)


def elements(text: str) -> int:
    return sum(1 for _ in html.document_fromstring(text).iter("*"))


def test_ten_thousand_connections_make_a_page_below_the_limit() -> None:
    assert len(page(10_000).encode()) < MEGABYTES * 1_000_000


def test_a_page_stays_small_enough_for_a_browser_by_far() -> None:
    assert elements(page(1000)) < ELEMENTS * 2 / 3


def test_twice_the_connections_are_no_page_of_twice_the_size() -> None:
    assert len(page(2000)) < 1.25 * len(page(1000))
    assert elements(page(2000)) < 1.25 * elements(page(1000))

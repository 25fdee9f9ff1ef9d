"""The answers beside the leading one, the context, and the documents that both rest on."""

from __future__ import annotations

import re

import pytest
from lxml import html
from msgspec.structs import replace

from analyzer.facts.citations import citation_table
from analyzer.pipeline import analyze
from analyzer.report.html import render_html
from analyzer.report.views.answers import FIRST
from tests.program import sample
from tests.report.reports import rich_report
from tests.report.test_html import page, text


def answer_of(situation: str) -> html.HtmlElement:
    return html.document_fromstring(render_html(analyze(sample(situation)))).get_element_by_id("answer")


def rows_of(answer: html.HtmlElement) -> list[list[str]]:
    return [[text(cell) for cell in row] for row in answer.xpath(".//table[@class='answers']/tbody/tr")]


def test_what_both_ends_saw_of_one_refusal_is_one_answer() -> None:
    answer = answer_of("test-case-1-eku-check-on")

    assert "Also seen on expe: frame 164" in text(answer)
    assert [row[0] for row in rows_of(answer)] == ["Webex"]


def test_what_each_end_presented_in_one_handshake_is_two_answers() -> None:
    rows = rows_of(answer_of("condition-4-server-only-copy"))

    assert [row[:2] for row in rows] == [
        ["expe", "expc (TLS client)"],
        ["expc", "expe (TLS server)"],
        ["Webex", "expe"],
    ]
    assert rows[1][2:4] == [
        "expe.harbor.exampleboth stores (client and server hold the same certificate) "
        "Store rule: ✓both stores, as expected",
        "serverAuth only",
    ]


@pytest.mark.parametrize("situation", ["test-case-1-eku-check-on", "condition-3-all-private"])
def test_the_page_has_one_way_to_write_a_time(situation: str) -> None:
    assert not re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", render_html(analyze(sample(situation))))


def test_the_context_is_folded_and_says_once_what_two_nodes_have_alike() -> None:
    report = rich_report()
    remark = replace(
        report.findings[-1],
        id="revocation-off",
        title="Off",
        subject="core1",
        node="core1",
        is_context=True,
        missing=None,
    )
    other = replace(remark, subject="edge1", node="edge1")

    shown = page(replace(report, findings=(*report.findings, remark, other)))

    (table,) = shown.xpath("//details[not(@open)]//table[@class='context']")
    assert [[text(cell) for cell in row[:2]] for row in table.xpath("./tbody/tr")] == [["Off", "core1, edge1"]]
    assert table.xpath("./tbody/tr/@id | ./tbody/tr//span/@id") == ["revocation-off", "revocation-off-2"]


def test_that_something_was_deduced_is_no_source() -> None:
    report = rich_report()
    deduced, measured = (citation_table()[code] for code in "IM")
    findings = tuple(replace(finding, sources=(deduced, measured)) for finding in report.findings)

    told = text(page(replace(report, findings=findings)))

    assert deduced.title not in told
    assert measured.title in told


def test_answers_beyond_the_first_few_are_folded() -> None:
    report = rich_report()
    verdicts = [replace(report.verdicts[-1], peer=f"sip{number}.quarry.example") for number in range(FIRST + 3)]

    page = html.document_fromstring(render_html(replace(report, verdicts=(*report.verdicts[:1], *verdicts))))

    shown, folded = page.xpath("//section[@id='answer']//table[@class='answers']")
    assert len(shown.xpath("tbody/tr")) == FIRST
    assert text(folded.xpath("ancestor::details/summary")[0]) == "3 more answers"
    assert len(folded.xpath("tbody/tr")) == 3

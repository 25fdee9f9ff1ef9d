"""Every sample's report in Chromium, offline: quiet, self-contained, accessible, answering on its first screen."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from analyzer.evidence import Outcome
from analyzer.findings import Report, Verdict
from analyzer.pipeline import analyze
from analyzer.report import wording
from analyzer.report.conclusions import conclude, next_steps
from analyzer.report.html import render_html
from analyzer.report.summary import Exhibit, exhibit_of, index_of, leading_verdict
from samples.situation import Situation
from samples.situations import SITUATIONS
from tests.program import sample

pytestmark = pytest.mark.browser

each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])

TEXTS_ON_THE_FIRST_SCREEN = """
() => {
  const walker = document.createTreeWalker(document.getElementById("answer"), NodeFilter.SHOW_TEXT);
  const range = document.createRange(), texts = [];
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (box.height && box.top >= 0 && box.top < innerHeight) texts.push(walker.currentNode.data);
  }
  return texts.join("").replace(/\\s+/g, " ");
}
"""


@functools.cache
def report_of(situation: Situation) -> Report:
    return analyze(sample(situation.name))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}, offline=True) as context:
        yield context.new_page()


def open_report(page: Page, folder: Path, situation: Situation) -> Path:
    file = folder / "report.html"
    file.write_text(render_html(report_of(situation)), encoding="utf-8")
    page.goto(file.as_uri())
    return file


def unfold(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


@each_situation
def test_a_report_is_quiet_offline_and_fits_its_window(page: Page, tmp_path: Path, situation: Situation) -> None:
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: noise.extend({request.url} - {(tmp_path / "report.html").as_uri(), "data:,"}))
    open_report(page, tmp_path, situation)
    unfold(page)

    widths = {}
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")

    assert noise == []
    assert all(taken <= width for width, taken in widths.items()), widths
    assert page.locator("main h1, main h2").first.is_visible()


@each_situation
def test_axe_finds_no_violation(page: Page, tmp_path: Path, situation: Situation) -> None:
    open_report(page, tmp_path, situation)
    unfold(page)

    results = Axe().run(page)

    assert [violation["id"] for violation in results.response["violations"]] == []


def assert_the_refusal_is_told(verdict: Verdict, exhibit: Exhibit, text: str) -> None:
    """Who refused, in which words, in which frame or line, and whom it concerns by address (rules-amendments E)."""
    if verdict.outcome is not Outcome.REFUSED:
        return
    assert "Refused by" in text
    if exhibit.connection:
        assert str(exhibit.connection.handshake.client) in text
        assert str(exhibit.connection.handshake.server) in text
    if exhibit.alert:
        assert wording.alert(exhibit.alert) in text
        assert f"frame {exhibit.alert.frame}" in text
    if exhibit.event:
        assert f"log: {exhibit.event.record.file}, line {exhibit.event.record.line}" in text
    if verdict.grounds.wanted_name:
        assert verdict.grounds.wanted_name in text


@each_situation
def test_the_first_screen_says_who_presented_what_to_whom_and_what_to_do(
    page: Page, tmp_path: Path, situation: Situation
) -> None:
    report = report_of(situation)
    verdict = leading_verdict(report)
    assert verdict is not None
    open_report(page, tmp_path, situation)

    text = page.evaluate(TEXTS_ON_THE_FIRST_SCREEN)

    index = index_of(report.case)
    exhibit = exhibit_of(verdict, index)
    certificate = report.case.certificates.get(exhibit.certificate or "")
    visibility = exhibit.visibility
    assert wording.node_label(verdict.node) in text
    assert verdict.peer in text
    assert wording.OUTCOMES[verdict.outcome] in text or "Not determinable" in text
    if certificate:
        assert wording.title(certificate) in text
        assert wording.usage(certificate) in text
    elif visibility:
        assert wording.VISIBILITIES[visibility] in text
    if exhibit.store:
        assert wording.STORES[exhibit.store] in text
    if exhibit.frame:
        assert f"frame {exhibit.frame.frame}" in text
        assert exhibit.frame.capture in text
    assert_the_refusal_is_told(verdict, exhibit, text)
    conclusions = conclude(report, index)
    if conclusions.why:
        assert conclusions.why[0].finding.title in text
    steps = next_steps(conclusions)
    calm = verdict.collect or "Nothing that was read calls for a change."
    assert " ".join((steps[0].remedy.text if steps else calm).split())[:60] in text

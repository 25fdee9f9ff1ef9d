"""Every sample's report in Chromium, offline: quiet, self-contained, accessible, answering on its first screen."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from analyzer.evidence import Outcome
from analyzer.findings import Report, Verdict
from analyzer.pipeline import analyze
from analyzer.report import wording
from analyzer.report.conclusions import conclude
from analyzer.report.language import Language
from analyzer.report.steps import plan
from analyzer.report.store_names import store_name
from analyzer.report.summary import Exhibit, exhibit_of, index_of, leading_verdict
from analyzer.words import say
from samples.situation import Situation
from samples.situations import SITUATIONS
from tests.program import sample
from tests.report.pages import open_in, own_words, told_by

pytestmark = pytest.mark.browser

A4_WIDTH = 794
"""Pixels of a sheet's width at 96 dpi."""

LOOKS: dict[str, Sequence[tuple[int, Literal["light", "dark"]]]] = {
    "en": tuple(product((1440, 390), ("light", "dark"))),
    "ja": ((1440, "light"), (390, "dark")),
}
CONTRAST_IN = {"en": (1440, "light"), "ja": (390, "dark")}
"""Where axe looks at contrast, which takes longer than all else; tests/report/test_html_style.py has all colours."""

ENGLISH = re.compile(r"\b[A-Za-z]?[a-z]{2,} [a-z]{3,}\b")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

each_language = pytest.mark.parametrize("language", ["en", "ja"])
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


def open_report(page: Page, folder: Path, situation: Situation, language: str = "en") -> Path:
    return open_in(page, report_of(situation), folder, language)


def unfold(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


@each_situation
@each_language
def test_a_report_is_quiet_offline_and_fits_its_window_and_paper(
    page: Page, tmp_path: Path, situation: Situation, language: str
) -> None:
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: noise.append(request.url))
    file = open_report(page, tmp_path, situation, language)
    unfold(page)

    widths = {}
    for width in (1440, 900, 390):
        page.set_viewport_size({"width": width, "height": 900})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4_WIDTH, "height": 1123})
    widths[A4_WIDTH] = page.evaluate("document.documentElement.scrollWidth")

    assert set(noise) <= {file.as_uri(), "data:,"}
    assert all(taken <= width for width, taken in widths.items()), widths
    assert page.locator("main h1, main h2").first.is_visible()


@each_situation
@each_language
def test_axe_finds_no_violation_in_either_scheme_at_either_width(
    page: Page, tmp_path: Path, situation: Situation, language: str
) -> None:
    open_report(page, tmp_path, situation, language)
    unfold(page)

    found = {}
    for width, scheme in LOOKS[language]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        contrast = {"color-contrast": {"enabled": CONTRAST_IN[language] == (width, scheme)}}
        results = Axe().run(page, options={"resultTypes": ["violations"], "rules": contrast})
        found[width, scheme] = [violation["id"] for violation in results.response["violations"]]

    assert not any(found.values()), found


@each_situation
def test_a_report_reads_without_javascript(browser: Browser, tmp_path: Path, situation: Situation) -> None:
    report = report_of(situation)
    with browser.new_context(java_script_enabled=False, offline=True) as context:
        page = context.new_page()
        open_in(page, report, tmp_path, "ja")
        for summary in page.locator("section > details > summary").all():
            summary.press("Enter")

        assert page.locator("#answer-heading").is_visible()
        assert all(details.is_visible() for details in page.locator("section > details > .inside").all())
        assert not page.locator("#search").is_visible()


@each_situation
@pytest.mark.parametrize(("language", "other"), [("en", "ja"), ("ja", "en")])
def test_the_switch_makes_the_page_of_the_other_language(
    page: Page, tmp_path: Path, situation: Situation, language: str, other: str
) -> None:
    open_report(page, tmp_path, situation, language)
    page.locator("#switch").click()
    switched = told_by(page)
    open_report(page, tmp_path, situation, other)

    assert switched == told_by(page)


@each_situation
def test_the_japanese_page_has_no_english_sentence(page: Page, tmp_path: Path, situation: Situation) -> None:
    """Two English words in a row that are no name, path or value, and nothing Japanese beside them."""
    open_report(page, tmp_path, situation, "ja")

    assert [text for text in own_words(page) if ENGLISH.search(text) and not JAPANESE.search(text)] == []


def assert_the_refusal_is_told(verdict: Verdict, exhibit: Exhibit, text: str, tell: Language) -> None:
    """Who refused, in which words, in which frame or line, and whom it concerns by address (rules-amendments E)."""
    if verdict.outcome is not Outcome.REFUSED:
        return
    assert tell(say("Refused by")) in text
    if exhibit.connection:
        assert str(exhibit.connection.handshake.client) in text
        assert str(exhibit.connection.handshake.server) in text
    if exhibit.alert:
        assert tell(wording.alert(exhibit.alert)) in text
        assert tell(wording.frame(exhibit.alert.frame)) in text
    if exhibit.event:
        record = exhibit.event.record
        file = record.file.partition("/")[2]
        assert f"{tell(say('log:'))} {file}, {tell(wording.line(record.line))}" in text
    if verdict.grounds.wanted_name:
        assert verdict.grounds.wanted_name in text


@each_situation
@each_language
def test_the_first_screen_says_who_presented_what_to_whom_and_what_to_do(
    page: Page, tmp_path: Path, situation: Situation, language: str
) -> None:
    report, tell = report_of(situation), Language(language)
    verdict = leading_verdict(report)
    assert verdict is not None
    open_report(page, tmp_path, situation, language)

    text = page.evaluate(TEXTS_ON_THE_FIRST_SCREEN)

    index = index_of(report.case)
    exhibit = exhibit_of(verdict, index)
    certificate = report.case.certificates.get(exhibit.certificate or "")
    visibility = exhibit.visibility
    assert tell(wording.node_label(verdict.node)) in text
    assert tell(verdict.peer) in text
    outcome = wording.ACCEPTED if verdict.grounds.accepted else wording.OUTCOMES[verdict.outcome]
    assert tell(outcome) in text or tell(say("Not determinable")) in text
    if certificate:
        assert tell(wording.title(certificate)) in text
        assert tell(wording.usage(certificate)) in text
    elif visibility:
        assert tell(wording.VISIBILITIES[visibility]) in text
    if exhibit.store:
        assert tell(store_name(exhibit.store, exhibit.owner)) in text
    if exhibit.frame:
        assert tell(wording.frame(exhibit.frame.frame)) in text
        assert exhibit.frame.capture.partition("/")[2] in text
    assert_the_refusal_is_told(verdict, exhibit, text, tell)
    conclusions = conclude(report, index)
    if conclusions.why:
        assert tell(conclusions.why[0].finding.title) in text
    steps = plan(conclusions, verdict)
    calm = wording.nothing_to_do(waits=steps.later is not None, remarks=steps.remarks)
    assert " ".join(tell(steps.now[0].options[0].text if steps.now else calm).split())[:60] in text

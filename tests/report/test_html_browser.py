from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analyzer.findings import Report
from analyzer.pipeline import analyze
from analyzer.report.html import render_html
from tests.program import sample
from tests.report.reports import empty_report, hostile_report, rich_report

REPORTS = pytest.mark.parametrize(
    "report", [rich_report(), empty_report(), hostile_report()], ids=["rich", "empty", "hostile"]
)

pytestmark = pytest.mark.browser

FOCUSED = """
() => {
  const it = document.activeElement, box = it.getClientRects()[0], style = getComputedStyle(it);
  const nav = document.querySelector("nav").getBoundingClientRect();
  return {
    it: it.outerHTML.slice(0, 80),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    covered: !it.closest(".bar, .masthead") && (box.bottom <= nav.bottom || box.top >= innerHeight),
  };
}
"""


def opened(page: Page, report: Report, folder: Path) -> list[str]:
    """Open a report and all its details; return every console message, error, dialog and foreign request."""
    file = folder / "report.html"
    file.write_text(render_html(report), encoding="utf-8")
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: noise.extend({request.url} - {file.as_uri()}))
    page.goto(file.as_uri())
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    return noise


@REPORTS
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_quiet_and_fits_its_window(
    browser: Browser, tmp_path: Path, report: Report, width: int, scheme: str
) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()

        noise = opened(page, report, tmp_path)

        assert noise == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_report_reads_without_javascript(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())

        page.locator("#connections summary").first.click()

        assert page.get_by_text("5 Client certificate (ours)").first.is_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("target", ["button", "nav a", "input", "summary", "a[href^='#outlook-']", ".where > a"])
def test_a_target_is_large_enough_for_a_finger(browser: Browser, tmp_path: Path, width: int, target: str) -> None:
    """WCAG 2.2, 2.5.8: what stands alone, and no link within a sentence."""
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        opened(page, rich_report(), tmp_path)
        page.locator("#connections .filter + .copy").first.wait_for()

        boxes = [box for it in page.locator(target).all() if (box := it.bounding_box())]

        assert boxes
        assert min(box["width"] for box in boxes) >= 24
        assert min(box["height"] for box in boxes) >= 24


@pytest.mark.parametrize("width", [1440, 640, 390])
def test_the_bar_hides_nothing_that_a_link_leads_to(browser: Browser, tmp_path: Path, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        opened(page, rich_report(), tmp_path)

        links = page.locator("nav a").all()
        assert len(links) > 5
        for link in links:
            link.click()
            page.wait_for_timeout(100)  # what comes to the screen is laid out there
            bottom = page.evaluate("document.querySelector('nav').getBoundingClientRect().bottom")
            heading = page.locator(f"{link.get_attribute('href')} h2").bounding_box()

            assert heading
            assert bottom <= heading["y"] < 900


@pytest.mark.parametrize("width", [1440, 390])
def test_the_keyboard_reaches_the_answer_first_and_then_the_page_in_its_order(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    """Whatever has the focus shows it, and the bar does not cover it."""
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        opened(page, rich_report(), tmp_path)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"

        tops = []
        for _ in range(60):
            page.keyboard.press("Tab")
            tops.append(page.evaluate(FOCUSED))

        assert all(focused["outlined"] and not focused["covered"] for focused in tops), tops


def test_the_style_is_in_force_under_the_policy(browser: Browser, tmp_path: Path) -> None:
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        opened(page, rich_report(), tmp_path)

        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 24)"


@pytest.mark.parametrize("width", [390, 1280])
def test_what_else_shows_the_answer_stands_clear_of_its_card(browser: Browser, tmp_path: Path, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        opened(page, analyze(sample("test-case-1-eku-check-on")), tmp_path)

        gap = page.evaluate(
            """() => document.querySelector(".answer + p").getBoundingClientRect().top
                   - document.querySelector(".answer").getBoundingClientRect().bottom"""
        )

    assert gap >= 12

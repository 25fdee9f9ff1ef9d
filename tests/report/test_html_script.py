"""What the page's script adds: copying, and links that lead into what is folded away. Finding: test_html_find.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analyzer.report.html import render_html
from tests.report.reports import rich_report

pytestmark = pytest.mark.browser

REFUSE = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }"


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        yield page


def test_a_link_opens_what_it_leads_to(page: Page) -> None:
    target = page.locator("#connections .inside").first
    anchor = target.get_attribute("id")
    assert not target.is_visible()

    page.evaluate(f"location.hash = '#{anchor}'")

    target.wait_for(state="visible")


@pytest.mark.parametrize("may_write", [True, False], ids=["allowed", "without-permission"])
def test_a_filter_is_copied_as_it_stands_and_the_button_says_so(
    browser: Browser, tmp_path: Path, may_write: bool
) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        if not may_write:
            page.evaluate(REFUSE)
        page.locator("#connections summary").first.click()
        code = page.locator("#connections .filter").first
        button = page.locator("#connections .filter + .copy").first

        button.press("Enter")
        page.wait_for_function("document.getElementById('copied').textContent === 'copied'")

        assert page.evaluate("navigator.clipboard.readText()") == code.text_content()
        assert button.evaluate("(it) => getComputedStyle(it, '::after').content") == '"copied"'
        assert button.evaluate("(it) => document.activeElement === it")
        assert page.locator("#copied").get_attribute("aria-live") == "polite"


def test_what_cannot_be_copied_is_selected_and_not_called_copied(page: Page) -> None:
    page.evaluate(REFUSE)
    page.evaluate("() => { document.execCommand = () => false; }")
    page.locator("#connections summary").first.click()
    code = page.locator("#connections .filter").first

    page.locator("#connections .filter + .copy").first.click()
    page.wait_for_function("document.getElementById('copied').textContent !== ''")

    assert page.locator("#copied").text_content() == "selected: press Ctrl+C"
    assert page.evaluate("getSelection().toString()") == code.text_content()


def test_what_is_folded_away_has_its_buttons_when_it_is_opened(page: Page) -> None:
    def lacking() -> int:
        """Return how many of the filters that are not folded away have no button."""
        return page.evaluate(  # type: ignore[no-any-return]
            "[...document.querySelectorAll('.filter')].filter((filter) => !filter.closest('details:not([open])')"
            " && !filter.nextElementSibling?.matches('.copy')).length"
        )

    folded = page.locator("details:not([open]) .filter")
    assert lacking() == 0
    assert folded.count() > 0
    assert page.locator("details:not([open]) .copy").count() == 0

    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    page.wait_for_function(
        "document.querySelectorAll('.filter').length === document.querySelectorAll('.filter + .copy').length"
    )

    assert lacking() == 0


def test_without_javascript_there_is_no_button_and_no_field(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())

        assert not page.locator("#search").is_visible()
        assert page.locator(".copy").count() == 0

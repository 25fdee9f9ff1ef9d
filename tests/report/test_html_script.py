"""What the page's script adds: finding, copying, and links that lead into what is folded away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analyzer.report.html import render_html
from tests.report.reports import rich_report

pytestmark = pytest.mark.browser

SERIAL = "A1:00:00:00:4C:86:9C:77"


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        yield page


def shown(page: Page) -> list[str]:
    """Return the anchors of what is found among findings and connections."""
    return page.evaluate(  # type: ignore[no-any-return]
        "[...document.querySelectorAll('#findings article, #connections .connection')]"
        ".filter((e) => e.getClientRects().length).map((e) => e.id || e.querySelector('[id]').id)"
    )


def find(page: Page, text: str) -> list[str]:
    page.get_by_role("searchbox").fill(text)
    return shown(page)


def test_a_text_finds_what_holds_it_and_an_empty_one_everything(page: Page) -> None:
    everything = shown(page)

    found = find(page, "no peer is called so")
    status = page.get_by_role("status").text_content() or ""

    assert found == []
    assert status.startswith("0 of ")
    assert find(page, "") == everything != []


@pytest.mark.parametrize(
    "spelling", [SERIAL, SERIAL.lower(), SERIAL.replace(":", ""), "0x" + SERIAL.replace(":", "")]
)
def test_a_serial_is_found_in_any_spelling(page: Page, spelling: str) -> None:
    found = find(page, spelling)

    assert found != []
    assert found == find(page, SERIAL)
    assert len(found) < len(find(page, ""))


def test_what_was_looked_for_stands_in_the_address_and_comes_back(page: Page) -> None:
    find(page, "core1 example")
    address = page.url
    again = page.context.new_page()

    again.goto(address)

    assert address.endswith("#find=core1%20example")
    assert again.get_by_role("searchbox").input_value() == "core1 example"
    assert shown(again) == shown(page)


def test_a_link_opens_what_it_leads_to(page: Page) -> None:
    target = page.locator("#connections .inside").first
    anchor = target.get_attribute("id")
    assert not target.is_visible()

    page.evaluate(f"location.hash = '#{anchor}'")

    target.wait_for(state="visible")


def test_a_filter_is_copied_as_it_stands(page: Page) -> None:
    page.locator("#connections summary").first.click()
    code = page.locator("#connections .filter").first
    button = page.locator("#connections .filter + .copy").first

    button.click()

    assert page.evaluate("navigator.clipboard.readText()") == code.text_content()
    assert button.evaluate("(it) => getComputedStyle(it, '::after').content") == '"copied"'


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


def test_a_button_is_no_text_to_find(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    page.locator("#connections .filter + .copy").first.wait_for()
    text = page.locator("#connections .filter").first.text_content() or ""

    assert find(page, text) != []
    assert find(page, f"{text}copy") == []


def test_a_damaged_address_breaks_nothing(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.evaluate("location.hash = '#find=%E0%A4%A'")
    page.evaluate("location.hash = '#no-such-part'")
    page.wait_for_timeout(50)

    assert errors == []
    assert shown(page) != []


def test_without_javascript_there_is_no_button_and_no_field(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())

        assert not page.locator("#search").is_visible()
        assert page.locator(".copy").count() == 0

"""Finding in the page: what is hidden, marked, counted and gone to, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analyzer.report.html import render_html
from tests.report.reports import rich_report

pytestmark = pytest.mark.browser

SERIAL = "A1:00:00:00:4C:86:9C:77"
IN_VIEW = """
(it) => {
  const box = it.getBoundingClientRect();
  const above = document.querySelector(".bar").getBoundingClientRect().bottom;
  return box.height > 0 && box.top >= above && box.top < innerHeight;
}
"""
MARKED = """
(name) => [...CSS.highlights.get(name)].map((marked) => {
  const range = document.createRange();
  range.setStart(marked.startContainer, marked.startOffset);
  range.setEnd(marked.endContainer, marked.endOffset);
  return range.toString();
})
"""


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "report.html"
    file.write_text(render_html(rich_report()), encoding="utf-8")
    with browser.new_context() as context:
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


def press(page: Page, key: str) -> str:
    """Press a key in the box; return what is said of it."""
    page.get_by_role("searchbox").press(key)
    return status(page)


def status(page: Page) -> str:
    return page.get_by_role("status").text_content() or ""


def marked(page: Page, name: str) -> list[str]:
    return page.evaluate(MARKED, name)  # type: ignore[no-any-return]


def count(page: Page) -> int:
    """Return how many places are said to have been found."""
    return int(status(page).split()[0])


def test_a_text_finds_what_holds_it_and_an_empty_one_everything(page: Page) -> None:
    everything = shown(page)

    found = find(page, "no peer is called so")

    assert found == []
    assert status(page) == "not found"
    assert press(page, "Enter") == "not found"
    assert find(page, "") == everything != []
    assert status(page) == ""


@pytest.mark.parametrize(
    "spelling", [SERIAL, SERIAL.lower(), SERIAL.replace(":", ""), "0x" + SERIAL.replace(":", "")]
)
def test_a_serial_is_found_in_any_spelling(page: Page, spelling: str) -> None:
    found = find(page, spelling)

    assert found != []
    assert found == find(page, SERIAL)
    assert len(found) < len(find(page, ""))


def test_a_serial_is_marked_as_it_is_spelt_there(page: Page) -> None:
    find(page, SERIAL.replace(":", ""))

    assert set(marked(page, "found")) <= {SERIAL, SERIAL.lower(), SERIAL.replace(":", "").lower()}
    assert SERIAL.lower() in {text.lower() for text in marked(page, "found")}


def test_enter_goes_to_the_first_place_and_on_and_round_and_shift_enter_back(page: Page) -> None:
    find(page, "core1")
    places = count(page)

    assert status(page) == f"{places} found; press Enter"
    assert places > 2
    assert press(page, "Enter") == f"1 of {places}"
    assert press(page, "Enter") == f"2 of {places}"
    assert press(page, "Shift+Enter") == f"1 of {places}"
    assert press(page, "Shift+Enter") == f"{places} of {places}"
    assert press(page, "Enter") == f"1 of {places}"


def test_every_place_is_in_sight_below_the_bar_and_marked_when_it_is_gone_to(page: Page) -> None:
    find(page, "core1")

    for number in range(1, count(page) + 1):
        press(page, "Enter")
        page.wait_for_timeout(20)  # what was folded away is laid out

        assert page.locator(".here").count() == 1
        assert page.locator(".here").evaluate(IN_VIEW), number
        assert {text.lower() for text in marked(page, "here")} == {"core1"}


def test_finding_changes_no_text_of_the_page(page: Page) -> None:
    before = page.locator("main").text_content()

    find(page, "core1")
    press(page, "Enter")

    assert page.locator("main").text_content() == before


def test_a_hit_in_what_was_opened_stays_marked_when_copy_buttons_are_made_there(page: Page) -> None:
    text = page.locator("#connections .filter").first.text_content() or ""
    find(page, text)

    press(page, "Enter")
    page.locator(".here .copy").first.wait_for()

    assert set(marked(page, "here")) == {text}


def test_escape_clears_shows_everything_and_keeps_the_place(page: Page) -> None:
    everything = shown(page)
    find(page, "core1")
    for _ in range(5):
        press(page, "Enter")
    place = page.locator(".here").element_handle()

    press(page, "Escape")

    assert page.get_by_role("searchbox").input_value() == ""
    assert shown(page) == everything
    assert page.locator(".here").count() == 0
    assert marked(page, "found") == marked(page, "here") == []
    assert place is not None
    assert place.evaluate(IN_VIEW)


def test_a_key_that_ends_the_composing_of_a_word_goes_nowhere(page: Page) -> None:
    find(page, "core1")
    before = status(page)

    page.get_by_role("searchbox").evaluate(
        "(box) => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))"
    )

    assert status(page) == before


def test_nothing_moves_when_the_count_appears(page: Page) -> None:
    top = "document.getElementById('main').getBoundingClientRect().top"
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        find(page, "")
        before = page.evaluate(top)
        find(page, "e")

        assert page.evaluate(top) == before


def test_the_steps_of_a_handshake_stay_whole_when_one_of_them_holds_the_text(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    steps = "#connections .connection:has(.handshake) >> nth=0 >> .handshake tbody tr"
    frame = page.locator(f"{steps} >> .filter").first.text_content() or ""

    find(page, frame)

    assert page.locator(steps).count() == 6
    assert all(row.is_visible() for row in page.locator(steps).all())


def test_the_page_says_that_it_shows_a_part_only(page: Page) -> None:
    remarks = page.locator("#findings > .only, #connections > .only")
    assert not any(remark.is_visible() for remark in remarks.all())

    find(page, "core1")

    assert remarks.count() == 2
    assert all(remark.is_visible() for remark in remarks.all())


def test_what_was_looked_for_stands_in_the_address_and_comes_back(page: Page) -> None:
    find(page, "core1 example")
    address = page.url
    again = page.context.new_page()

    again.goto(address)

    assert address.endswith("#find=core1%20example")
    assert again.get_by_role("searchbox").input_value() == "core1 example"
    assert shown(again) == shown(page)


def test_the_marks_follow_the_language(page: Page) -> None:
    find(page, "core1")
    press(page, "Enter")
    page.locator("#switch").click()

    press(page, "Enter")

    assert {text.lower() for text in marked(page, "here")} == {"core1"}


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

"""What is printed: the answer and its reasons; mere records stay in the file, and the paper says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.report.pages import open_in
from tests.report.reports import rich_report

pytestmark = pytest.mark.browser

RECORDS = (".pem", "#inputs table.record", ".questions", ".connection .record table")


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        open_in(page, rich_report(), tmp_path)
        page.emulate_media(media="print")
        yield page


@pytest.mark.parametrize("record", RECORDS)
def test_a_mere_record_is_not_printed(page: Page, record: str) -> None:
    assert page.locator(record).count() > 0
    assert not any(it.is_visible() for it in page.locator(record).all())


@pytest.mark.parametrize(
    "part",
    [
        "#answer .sentence",
        "#findings article .evidence li",
        ".handshake tr",
        "#stores .compare",
        "#nodes table",
        "#method li",
    ],
)
def test_what_the_answer_rests_on_is_printed_though_it_is_folded(page: Page, part: str) -> None:
    assert page.locator(part).first.is_visible()


def test_the_paper_says_what_the_file_itself_holds(page: Page) -> None:
    assert page.get_by_text("The file itself holds").is_visible()
    assert not page.locator("nav").is_visible()

    page.emulate_media(media="screen")

    assert not page.get_by_text("The file itself holds").is_visible()


def test_a_record_that_the_reader_has_opened_is_printed(page: Page) -> None:
    page.evaluate("for (let it = document.querySelector('.pem'); it; it = it.parentElement) it.open = true")

    assert page.locator(".pem").first.is_visible()
    assert not page.locator(".pem").nth(1).is_visible()

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from analyzer.findings import Report
from tests.report.pages import open_in, told_by
from tests.report.reports import empty_report, hostile_report, rich_report

pytestmark = pytest.mark.browser

REPORTS = pytest.mark.parametrize(
    "report", [rich_report(), empty_report(), hostile_report()], ids=["rich", "empty", "hostile"]
)


@REPORTS
@pytest.mark.parametrize(("language", "other"), [("en", "ja"), ("ja", "en")])
def test_the_switch_makes_the_page_of_the_other_language_and_back(
    browser: Browser, tmp_path: Path, report: Report, language: str, other: str
) -> None:
    page = browser.new_page()
    open_in(page, report, tmp_path, language)
    before = told_by(page)
    page.locator("#switch").click()
    switched = told_by(page)
    page.locator("#switch").click()
    back = told_by(page)
    open_in(page, report, tmp_path, other)

    assert switched == told_by(page)
    assert back == before
    page.close()


def test_what_was_found_is_counted_in_the_language_that_is_shown(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    open_in(page, rich_report(), tmp_path, "en")
    page.locator("#find").fill("edge1")
    page.locator("#switch").click()

    assert "件中" in page.locator("#found").inner_text()
    page.close()

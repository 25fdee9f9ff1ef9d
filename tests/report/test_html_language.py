from __future__ import annotations

import base64
from itertools import cycle
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from analyzer.findings import Report
from analyzer.report.language import Language
from analyzer.words import say
from tests.report.pages import open_in, told_by
from tests.report.reports import CORE_CLIENT, empty_report, hostile_report, rewritten, rich_report

pytestmark = pytest.mark.browser

_OURS = (say("Findings"), say("Inputs"), say("client store"), say("now"), say("not known"), say("Off"))
LOOK_ALIKES = (*map(str, _OURS), *map(Language("ja"), _OURS), "日本語", "English", "1 2 1 3", " OK ")


def look_alike_report() -> Report:
    """The rich report with texts like those of the program in every string, and in the end of a certificate."""
    names = cycle(LOOK_ALIKES)
    report = replace(rewritten(rich_report(), lambda _: next(names)), tool_version="0.1.0")
    certificates = dict(report.case.certificates)
    certificates[CORE_CLIENT] = replace(certificates[CORE_CLIENT], der=bytes(48) + base64.b64decode("Findings"))
    return replace(report, case=replace(report.case, certificates=certificates))


def named_report(name: str) -> Report:
    """A report that is called by the name of its only input."""
    report = empty_report()
    return replace(report, case=replace(report.case, inputs=(replace(report.case.inputs[0], name=name),)))


REPORTS = pytest.mark.parametrize(
    "report",
    [
        rich_report(),
        empty_report(),
        hostile_report(),
        look_alike_report(),
        named_report("日本語"),
        named_report("English"),
    ],
    ids=["rich", "empty", "hostile", "look-alikes", "named-as-japanese", "named-as-english"],
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

    assert "件" in page.locator("#found").inner_text()
    page.close()

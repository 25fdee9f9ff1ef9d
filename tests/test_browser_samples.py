"""Every sample's report in Chromium, offline: quiet, self-contained, and no wider than its window."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from analyzer.pipeline import analyze
from analyzer.report.html import render_html
from samples.situation import Situation
from samples.situations import SITUATIONS
from tests.program import sample

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_a_report_is_quiet_offline_and_fits_its_window(
    browser: Browser, tmp_path: Path, situation: Situation
) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_html(analyze(sample(situation.name))), encoding="utf-8")
    noise: list[str] = []
    with browser.new_context(viewport={"width": 1440, "height": 900}, offline=True) as context:
        page = context.new_page()
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("request", lambda request: noise.extend({request.url} - {file.as_uri(), "data:,"}))
        page.goto(file.as_uri())
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")

        widths = {}
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            widths[width] = page.evaluate("document.documentElement.scrollWidth")

        assert noise == []
        assert all(taken <= width for width, taken in widths.items()), widths
        assert page.locator("main h1, main h2").first.is_visible()

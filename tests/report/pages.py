"""Reports opened in a browser: what they say, node by node."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from analyzer.findings import Report
from analyzer.report.html import render_html

TOLD = """
() => {
  const told = [document.documentElement.lang];
  const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, text = node.data.trim();
    if (text && !node.parentElement.closest("script, style")) told.push(text);
  }
  for (const element of document.querySelectorAll("[aria-label], [data-label], [placeholder]")) {
    for (const name of ["aria-label", "data-label", "placeholder"]) told.push(element.getAttribute(name) ?? "");
  }
  return told;
}
"""

OUR_OWN = """
() => {
  const told = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.parentElement.closest("script, style, [translate=no]")) told.push(node.data.trim());
  }
  return told;
}
"""


def open_in(page: Page, report: Report, folder: Path, language: str = "en") -> Path:
    """Open a report in a language; return its file."""
    file = folder / f"report_{language}.html"
    file.write_text(render_html(report, language=language), encoding="utf-8")
    page.goto(file.as_uri())
    return file


def told_by(page: Page) -> list[str]:
    """Return every text and label of the page, the language first."""
    told: list[str] = page.evaluate(TOLD)
    return told


def own_words(page: Page) -> list[str]:
    """Return every text of the page that may be translated."""
    told: list[str] = page.evaluate(OUR_OWN)
    return [text for text in told if text]

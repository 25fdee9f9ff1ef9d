"""The messages of the program as Babel finds them, and the catalogues of their translations."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "analyzer" / "locale"
KEYWORDS = {"say": None, "counted": (2, 3)}


def messages() -> Catalog:
    """Return every message that the program and its templates say."""
    found = Catalog()
    methods = [("**.py", "python"), ("**.html", "jinja2"), ("**.toml", "analyzer.facts.messages:extract")]
    for folder in ("analyzer", "templates"):
        for file, _, message, comments, _ in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
            found.add(message, locations=[(f"{folder}/{file}", 0)], auto_comments=comments)
    return found


def catalogue(language: str) -> Catalog:
    """Return the translations into a language."""
    with (LOCALE / language / "LC_MESSAGES" / "report.po").open("rb") as file:
        return read_po(file, locale=language)


def placeholders(message: str) -> dict[str, str]:
    """Return the names in braces, each with its format."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(message) if name is not None}

"""Prints what a template places: cleaned, in the page's language, with its twin for the page's switch.

The page says everything in one language, which needs no script. Beside it stands a table of what the other one says
instead, by which the page's script changes text nodes and labels in place.
"""

from __future__ import annotations

import json
import re

from markupsafe import Markup

from analyzer.report.files import FileNames
from analyzer.report.language import NAMES, Language
from analyzer.text import clean
from analyzer.words import Words

MAX_TEXT = 4096
"""Characters of one string that are shown; the JSON report has all of them."""

_ZERO = ord("0")
"""Stands for the first of several twins, the next character for the second one: no page has as many as there are."""

_NUMBER = re.compile(r"[0-9](?:[0-9A-Za-z.:-]*[0-9A-Za-z])?")
"""A number, time, address or serial: what makes thousands of texts of one message. `report.js` has the same."""

_FIRST = 0xE000
"""Stands in a twin for the first number of its text, the next character for the second one; `clean` leaves none."""


class Printer:
    """What Jinja2 calls with each value that it prints (its `finalize`). Holds the texts of one page.

    Each text that is printed has to become a text node or a label of its own.
    """

    def __init__(self, language: Language, other: Language, files: FileNames | None = None) -> None:
        """Print in `language`, with members called as `files` calls them; keep what `other` says instead."""
        self._language = language
        self._other = other
        self._files = files or FileNames()
        self._twins: dict[str, list[str]] = {}

    def __call__(self, value: object) -> object:
        """Clean and translate a text. `Markup` is what a macro of ours returned: its parts went through here."""
        if not isinstance(value, str) or isinstance(value, Markup):
            return value
        value = self._files(value)
        here = there = clean(self._language(value), MAX_TEXT)
        if isinstance(value, Words):
            there = clean(self._other(value), MAX_TEXT)
        self._keep(here.strip(), there.strip())
        return here

    def switch(self) -> Markup:
        """Print what the switch is called: the other language, by the name that it gives itself."""
        here, there = NAMES[self._other.code], NAMES[self._language.code]
        self._keep(here, there)
        return Markup(here)  # noqa: S704 - our own name, printed already

    def _keep(self, here: str, there: str) -> None:
        twin = "" if there == here else there
        if numbers := _NUMBER.findall(here):
            places = {number: chr(_FIRST + index) for index, number in enumerate(dict.fromkeys(numbers))}
            here = _NUMBER.sub(chr(_FIRST), here)
            twin = _NUMBER.sub(lambda number: places.get(number[0], number[0]), twin)
        self._twins.setdefault(here, []).append(twin)

    def switched(self) -> Markup:
        """Return what was printed so far and is said otherwise in the other language, as JSON for a script element.

        The value of a text is its twin, empty where it stays as it is; of a text with several twins, these and, as a
        character for each time that it was printed, which one stands there (two words of one language may be one in
        the other). Numbers are left out.
        """
        table = {here: _packed(twins) for here, twins in self._twins.items() if any(twins)}
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - nothing in it can end the element


def _packed(twins: list[str]) -> str | list[object]:
    distinct = {twin: number for number, twin in enumerate(dict.fromkeys(twins))}
    if len(distinct) == 1:
        return twins[0]
    return [[*distinct], "".join(chr(_ZERO + distinct[twin]) for twin in twins)]

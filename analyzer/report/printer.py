"""Prints what a template places: cleaned, escaped, in the page's language, with its twin for the page's switch.

The page says everything in one language, which needs no script. Beside it stands a table of each distinct text in the
other one, by which the page's script changes the text nodes and attributes in place.
"""

from __future__ import annotations

import json
from string import Formatter

from markupsafe import Markup, escape

from analyzer.report.language import NAMES, Language
from analyzer.text import clean
from analyzer.words import Words

MAX_TEXT = 4096
"""Characters of one string that are shown; the JSON report has all of them."""


class Printer:
    """What Jinja2 calls with each value that it prints (its `finalize`). Holds the texts of one page."""

    def __init__(self, language: Language, other: Language) -> None:
        """Print in `language`; keep what `other` says instead."""
        self.language = language
        self.other = other
        self._switched: dict[str, str] = {NAMES[other.code]: NAMES[language.code]}

    def __call__(self, value: object) -> object:
        """Clean and translate a text. `Markup` is what a macro of ours returned: its parts went through here."""
        if isinstance(value, Words):
            return self._words(value)
        return clean(value, MAX_TEXT) if isinstance(value, str) and not isinstance(value, Markup) else value

    def switched(self) -> Markup:
        """Return the other language's texts by those that were printed so far, as JSON for a script element."""
        text = json.dumps(self._switched, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - nothing in it can end the element

    def _words(self, words: Words) -> str:
        if any(isinstance(value, Markup) for value in words.values.values()):
            return self._around_elements(words)
        here, there = (clean(language(words), MAX_TEXT) for language in (self.language, self.other))
        self._keep(here, there)
        return here

    def _around_elements(self, words: Words) -> Markup:
        """Print a message with elements in it; each stretch between them is a text node of its own."""
        here, elements = _stretches(words, self.language)
        there, _ = _stretches(words, self.other)
        for stretch, twin in zip(here, there, strict=True):
            self._keep(stretch, twin)
        printed = [escape(here[0])]
        for element, stretch in zip(elements, here[1:], strict=True):
            printed += [element, escape(stretch)]
        return Markup("").join(printed)

    def _keep(self, here: str, there: str) -> None:
        """A text node may stand with blanks around it: the table has the text with and without its own."""
        if here != there:
            self._switched[here] = there
            self._switched[here.strip()] = there.strip()


def _stretches(words: Words, language: Language) -> tuple[list[str], list[Markup]]:
    """Split a message at its elements: one text more than there are elements."""
    texts, elements = [""], list[Markup]()
    for literal, name, spec, _ in Formatter().parse(language.template(words)):
        texts[-1] += literal
        value = words.values[name] if name is not None else ""
        if isinstance(value, Markup):
            elements.append(value)
            texts.append("")
        else:
            texts[-1] += format(language(value) if isinstance(value, str) else value, spec or "")
    return [clean(text, MAX_TEXT) for text in texts], elements

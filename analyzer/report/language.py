"""The languages of the report's own words: English, as the program says them, and catalogues of translations.

The catalogues are gettext's, made with Babel (see CONTRIBUTING.md): `analyzer/locale/LANGUAGE/LC_MESSAGES`. A message
without a translation is said in English.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from analyzer.words import Joined, Words

ENGLISH = "en"
NAMES = {ENGLISH: "English", "ja": "日本語"}
"""Every language, as it calls itself. English is that of the messages themselves."""

DOMAIN = "report"


class Language:
    """A language: called with a text it returns it in that language, if it is a text of ours."""

    def __init__(self, code: str) -> None:
        """Take a code of `NAMES`."""
        self.code = code
        self._catalogue = _catalogue(code)

    def __call__(self, text: str) -> str:
        """Return our own words in this language, and any other text as it is."""
        if not isinstance(text, Words):
            return text
        if isinstance(text, Joined):
            return self(text.between).join(map(self, text.parts))
        template = self._template(text)
        if not text.values:
            return template
        return template.format_map({name: self._value(value) for name, value in text.values.items()})

    def _template(self, words: Words) -> str:
        if not words.message:  # a catalogue keeps its header there
            return ""
        if words.plural is None:
            return self._catalogue.gettext(words.message)
        count = words.values["count"]
        return self._catalogue.ngettext(words.message, words.plural, count if isinstance(count, int) else 0)

    def _value(self, value: object) -> object:
        return self(value) if isinstance(value, Words) else value


@cache
def _catalogue(code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    with files("analyzer").joinpath("locale", code, "LC_MESSAGES", f"{DOMAIN}.mo").open("rb") as file:
        return GNUTranslations(file)

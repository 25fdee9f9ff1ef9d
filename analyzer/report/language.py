"""The languages of the report's own words: English, as the program says them, and catalogues of translations.

The catalogues are gettext's, made with Babel (see CONTRIBUTING.md): `analyzer/locale/LANGUAGE/LC_MESSAGES`. A message
without a translation is said in English. They are read here, and a translation is decoded when it is said: `gettext`
decodes 2,000 of them for a page that says some hundreds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from analyzer.text import Serial
from analyzer.words import Joined, Words

ENGLISH = "en"
NAMES = {ENGLISH: "English", "ja": "日本語"}
"""Every language, as it calls itself. English is that of the messages themselves.

Of a number there is one form, or one for 1 and one for all else. A language of other rules brings them.
"""

DOMAIN = "report"
LOCALE = Path(__file__).parent.parent / "locale"


class Language:
    """A language: called with a text it returns it in that language, if it is a text of ours."""

    def __init__(self, code: str) -> None:
        """Take a code of `NAMES`."""
        self.code = code
        self._catalogue = _catalogue(code)

    def __call__(self, text: str) -> str:
        """Return our own words in this language, a serial as a person knows it, and any other text as it is."""
        if isinstance(text, Serial):
            return text.spelled
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
        translation = self._catalogue.get(words.message)
        several = words.plural is not None and words.values["count"] != 1
        if translation is None:
            return words.plural if several and words.plural else words.message
        first, _, others = translation.decode().partition("\0")
        return others if several and others else first

    def _value(self, value: object) -> object:
        return self(value) if isinstance(value, str) else value


@cache
def _catalogue(code: str) -> Mapping[str, bytes]:
    """Return the translations by message; what is counted stands by its singular, its forms with NUL between them."""
    if code == ENGLISH:
        return {}
    data = (LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.mo").read_bytes()
    _, _, count, messages, translations = struct.unpack_from("<5I", data)
    singulars = (message.decode().partition("\0")[0] for message in _texts(data, messages, count))
    return dict(zip(singulars, _texts(data, translations, count), strict=True))


def _texts(data: bytes, table: int, count: int) -> Iterator[bytes]:
    for length, start in struct.iter_unpack("<2I", data[table : table + 8 * count]):
        yield data[start : start + length]

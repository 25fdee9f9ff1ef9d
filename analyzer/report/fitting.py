"""How wide a text is, and how it is made to fit where there is little room."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

from analyzer.report.language import NAMES, Language
from analyzer.text import clean
from analyzer.words import Joined, Words

_CLOSING = frozenset("、。，．・：；？！）」』】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}%…")
_OPENING = frozenset("（「『【([{")


def columns(text: str) -> int:
    """Return how many terminal columns a text takes; East Asian wide characters take two (UAX #11)."""
    return len(text) if text.isascii() else sum(_columns_of(character) for character in text)


def shorten(text: str, width: int) -> str:
    """Return a text that takes at most `width` columns, cut with an ellipsis."""
    return text if columns(text) <= width else text[: _fitting(text, width - 1)].rstrip() + "…"


def fitted(text: str, width: int) -> str:
    """Return a text that takes at most `width` columns in every language; of ours only names in it are cut."""
    if not isinstance(text, Words):
        return shorten(clean(text), width)
    cut = whole = _with_names(text, clean)
    for room in range(width, 0, -1):
        cut = _with_names(whole, partial(shorten, width=room))
        if all(columns(Language(code)(cut)) <= width for code in NAMES):
            break
    return cut


def _with_names(words: Words, change: Callable[[str], str]) -> Words:
    """Return a text of ours in which everything that is not is changed."""

    def changed(value: str) -> str:
        return _with_names(value, change) if isinstance(value, Words) else change(value)

    if isinstance(words, Joined):
        return Joined(words.between, [changed(part) for part in words.parts])
    values = {name: changed(value) if isinstance(value, str) else value for name, value in words.values.items()}
    return Words(words.message, values, words.plural)


def folded(text: str, width: int, most: int) -> list[str]:
    """Return a text in at most `most` lines of `width` columns; only the last may be cut.

    It is broken at spaces, and beside wide characters, which Japanese sets without spaces.
    """
    lines: list[str] = []
    while len(lines) < most - 1 and columns(text) > width:
        fitting = _fitting(text, width)
        end = next((at for at in range(fitting, 0, -1) if _may_break(text, at)), fitting)
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, shorten(text, width)]


def _may_break(text: str, at: int) -> bool:
    """Whether a line may end before this character: no line begins with what closes, or breaks a katakana word."""
    before, after = text[at - 1], text[at]
    if after == " ":
        return True
    is_beside_wide = _columns_of(before) == 2 or _columns_of(after) == 2
    is_in_word = all("ァ" <= character <= "ー" for character in (before, after))
    return is_beside_wide and not is_in_word and after not in _CLOSING and before not in _OPENING


def _fitting(text: str, width: int) -> int:
    """Return how many characters at the start of a text take no more columns than this."""
    taken = 0
    for count, character in enumerate(text):
        taken += _columns_of(character)
        if taken > width:
            return count
    return len(text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1

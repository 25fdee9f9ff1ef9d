"""Take a message of the log apart: its words, and its `Key="value"` pairs.

Keys repeat, values go without quotes or hold blanks, quotes and colons; words may stand between.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

# A key at the start of a word; Cisco's pages also show a blank between `=` and the quote.
_KEY = re.compile(r"(?<![\w-])([A-Za-z][\w-]*+)=( ?\")?+", re.ASCII)
# No sample escapes a quote inside a value: a quote closes it where the value can end.
_CLOSING_QUOTE = re.compile(r"\"(?=[\s:]|\Z)")
_WORD_END = re.compile(r"\s|\Z")
_NEXT_RECORD = re.compile(r"\s++(?=(?:<\d{1,3}>)?20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)", re.ASCII)
_BETWEEN = " \t\r:"
_MAX_PAIRS = 200
# The shapes of longer lines are not remembered.
_MAX_TEXT = 4096

Parts: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], int]
"""The words before the first pair, the message from these words on, the pairs, and where the next record starts."""


def read_parts(text: str, position: int) -> Parts:
    """Take apart what stands behind the header that ends at a position."""
    return quoted_parts(text, position) or any_parts(text, position)


def quoted_parts(text: str, position: int) -> Parts | None:
    """Read a line as nearly all are, cut at its quotes: every value is quoted, and no further record follows.

    Returns the same as `any_parts`; None: the line is not like that.
    """
    pieces = text[position:].split('"')
    between = tuple(pieces[:-1:2])
    if len(pieces) % 2 == 0 or len(text) - position > _MAX_TEXT or pieces[-1].strip(_BETWEEN):
        return None
    shape = _shape(between)
    if shape is None:
        return None
    keys, words, number = shape
    message = text[position + sum(map(len, pieces[:number])) + number :].strip(_BETWEEN) if words else ""
    return words, message, tuple(zip(keys, map(str.strip, pieces[1::2]), strict=True)), len(text)


@lru_cache(maxsize=512)
def _shape(between: tuple[str, ...]) -> tuple[tuple[str, ...], str, int] | None:
    """Return the keys, the first words, and the number of the piece behind which these stand.

    It is asked of the pieces between quoted values: records of one kind share them. None: a piece holds more than
    words and a key.
    """
    if not 0 < len(between) < _MAX_PAIRS:
        return None
    pieces = [_words_and_key(piece if number else f" {piece}") for number, piece in enumerate(between)]
    found = [piece for piece in pieces if piece is not None]
    number = next((number for number, (words, _) in enumerate(found) if words), 0)
    return (tuple(key for _, key in found), found[number][0], 2 * number) if len(found) == len(pieces) else None


def _words_and_key(piece: str) -> tuple[str, str] | None:
    key = _KEY.search(f'{piece}"')
    if not piece.startswith(tuple(_BETWEEN)) or key is None or key.end() <= len(piece) or _NEXT_RECORD.match(piece):
        return None
    return piece[: key.start()].strip(_BETWEEN), key[1]


def any_parts(text: str, position: int) -> Parts:
    """Read any line, value by value."""
    pairs: list[tuple[str, str]] = []
    message, end, rest, words, quoted = position, len(text), len(text), "", False
    while len(pairs) < _MAX_PAIRS:
        key = _KEY.search(text, position)
        following = _NEXT_RECORD.match(text, position) if pairs else None
        if following is not None:
            end, rest = following.span()
            break
        between = text[position : key.start() if key else len(text)].strip(_BETWEEN)
        if between and not words and quoted:
            message = position
        words = words or between
        if key is None:
            words = words if quoted else text[message:].strip(_BETWEEN)
            break
        closing = (_CLOSING_QUOTE if key[2] else _WORD_END).search(text, key.end())
        value = text[key.end() : closing.start() if closing else len(text)]
        pairs.append((key[1], value.strip()))
        quoted = quoted or key[2] is not None
        position = closing.end() if closing and key[2] else key.end() + len(value)
    return words, text[message:end].strip(_BETWEEN) if words else "", tuple(pairs), rest

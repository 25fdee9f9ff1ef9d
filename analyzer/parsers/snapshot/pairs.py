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
# Longer pieces are not remembered.
_MAX_PIECE = 128

Parts: TypeAlias = tuple[str, str, list[tuple[str, str]], int]
"""The words before the first pair, the message from these words on, the pairs, and where the next record starts."""


def read_parts(text: str, position: int) -> Parts:
    """Take apart what stands behind the header that ends at a position."""
    return quoted_parts(text, position) or any_parts(text, position)


def quoted_parts(text: str, position: int) -> Parts | None:
    """Read a line as nearly all are, cut at its quotes: every value is quoted, and no further record follows.

    Returns the same as `any_parts`; None: the line is not like that.
    """
    pieces = text[position:].split('"')
    values = pieces[1::2]
    if not 0 < len(values) < _MAX_PAIRS or len(pieces) % 2 == 0 or pieces[-1].strip(_BETWEEN):
        return None
    pairs: list[tuple[str, str]] = []
    words, message = "", len(text)
    for number, value in enumerate(values):
        piece = pieces[2 * number] if number else f" {pieces[0]}"
        found = _words_and_key(piece) if len(piece) < _MAX_PIECE else None
        if found is None:
            return None
        if found[0] and not words:
            words = found[0]
            message = position + sum(map(len, pieces[: 2 * number])) + 2 * number
        pairs.append((found[1], value.strip()))
    return words, text[message:].strip(_BETWEEN), pairs, len(text)


@lru_cache(maxsize=4096)
def _words_and_key(piece: str) -> tuple[str, str] | None:
    """Return the words and the key between two quoted values (there are few such pieces, and they repeat).

    None: it is not as simple as that.
    """
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
    return words, text[message:end].strip(_BETWEEN) if words else "", pairs, rest

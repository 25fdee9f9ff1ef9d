"""The texts in the facts' tables that a report says in its language, as Babel finds them.

`pyproject.toml` names `extract` for the TOML files, as Babel asks of a method of one's own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import BinaryIO

CELLS = ("label", "ours")
"""Read with `Row.words`. Further words (an alarm's meaning, a date's note) stand in English output only."""


def extract(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Yield each message, as Babel wants it: with a line, the name of a function (none) and comments."""
    del keywords, comment_tags, options
    for table in tomllib.load(file).values():
        for row in table if isinstance(table, list) else ():
            yield from ((0, None, row[cell], []) for cell in CELLS if isinstance(row, dict) and cell in row)

"""How the contract of the JSON report writes a text of the input, a time, a fixed word."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from analyzer.text import clean, iso_utc

Json = dict[str, Any]


def shown(text: str | None) -> str | None:
    """Return text of the input, safe to show; None stays None."""
    return None if text is None else clean(text)


def shown_all(texts: Iterable[str]) -> list[str]:
    """Return texts of the input, safe to show."""
    return [clean(text) for text in texts]


def time_or_null(time: datetime | None) -> str | None:
    """Return a time as the contract spells it; None stays None."""
    return None if time is None else iso_utc(time)


def word_or_null(word: StrEnum | None) -> str | None:
    """Return a fixed word; None stays None."""
    return None if word is None else word.value

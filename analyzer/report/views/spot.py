"""A place in a file, in two parts: the file's name is never translated, the place is."""

from __future__ import annotations

from msgspec import Struct

from analyzer.report import wording


class Spot(Struct, frozen=True):
    """Where something stands. `file`: None for what is in no one file."""

    file: str | None
    place: str


def line_spot(file: str, line: int) -> Spot:
    return Spot(file, wording.line(line))

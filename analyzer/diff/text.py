"""A comparison as plain text, 80 columns wide, without colour: what changed, what is open, what did not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from analyzer.diff.difference import Difference
from analyzer.diff.saved import SavedReport
from analyzer.diff.sections import Row
from analyzer.report.fitting import columns
from analyzer.text import clean

WIDTH = 80
LONGEST_LINE = 4096
_WIDEST_LABEL = 22
_HOUR = 3600


def lines_of(difference: Difference) -> Iterator[str]:
    """Yield the lines of a comparison. All text of the reports is made safe to show here."""
    yield from _row(Row("Before", (_origin(difference.before),)), len("Before"))
    yield from _row(Row("After", (_origin(difference.after),)), len("Before"))
    for note in _notes(difference):
        yield from _wrapped(note, "", "")
    for section in difference.sections:
        if section.rows:
            yield ""
            yield section.subject.value
            yield from _rows(section.rows)
    if difference.not_compared:
        yield ""
        yield "Not compared"
        yield from _rows(difference.not_compared)
    if difference.same:
        yield ""
        yield from _wrapped(f"No change: {', '.join(difference.same)}.", "", "")


def _origin(report: SavedReport) -> str:
    names = ", ".join(shown.name for shown in report.inputs) or "no input"
    return f"{names}; as of {_moment(report.reference_time.time)}"


def _moment(time: datetime | None) -> str:
    """Return a time as the report has it: this program writes UTC, and an edited one may not bear to be converted."""
    if time is None:
        return "a time that is not known"
    return f"{time:%Y-%m-%d %H:%M:%S} {f'{time:%z}' if time.utcoffset() else 'UTC'}"


def _notes(difference: Difference) -> Iterator[str]:
    before, after = difference.before, difference.after
    if before.tool != after.tool:
        yield (
            f"The reports were made with different versions ({_tool(before)}; {_tool(after)}): findings may differ "
            "for that reason alone."
        )
    times = (before.reference_time.time, after.reference_time.time)
    if times[0] is not None and times[1] is not None and (times[0] - times[1]).total_seconds() > _HOUR:
        yield "What was given as “after” is older than what was given as “before”."
    if not difference.has_pairs:
        yield "No Expressway is in both: there is nothing to compare."


def _tool(report: SavedReport) -> str:
    return f"{report.tool.version} with facts as of {report.tool.facts_as_of}"


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    labels = [columns(clean(row.about)) for row in rows]
    width = max((label for label in labels if label <= _WIDEST_LABEL), default=0)
    for row in rows:
        yield from _row(row, width, indent="  ")


def _row(row: Row, width: int, indent: str = "") -> Iterator[str]:
    """Yield a row: its label, and beside it what is to say; a label that is too wide stands on a line of its own."""
    about = clean(row.about, LONGEST_LINE)
    hanging = " " * (len(indent) + width + 2)
    if columns(about) > width:
        yield from _wrapped(about, indent, f"{indent}  ")
        first = hanging
    else:
        first = f"{indent}{about}{' ' * (width - columns(about))}  "
    for line in row.lines:
        yield from _wrapped(clean(line, LONGEST_LINE), first, f"{hanging}  ")
        first = hanging


def _wrapped(text: str, first: str, hanging: str) -> Iterator[str]:
    """Wrap a text to the width, at its blanks; a word that is too wide is broken."""
    line, is_empty = first, True
    for word in text.split(" "):
        if not is_empty and columns(line) + 1 + columns(word) > WIDTH:
            yield line.rstrip()
            line, is_empty = hanging, True
        *pieces, rest = _pieces(word, WIDTH - columns(line), WIDTH - columns(hanging))
        for piece in pieces:
            yield line + piece
            line, is_empty = hanging, True
        line = line + rest if is_empty else f"{line} {rest}"
        is_empty = False
    yield line.rstrip()


def _pieces(word: str, room: int, later: int) -> list[str]:
    """Break a word that is wider than the room for it; its later pieces have a line of their own."""
    if columns(word) <= room:
        return [word]
    pieces, taken = [""], 0
    for character in word:
        width = columns(character)
        if taken + width > room:
            pieces.append("")
            taken, room = 0, later
        pieces[-1] += character
        taken += width
    return pieces

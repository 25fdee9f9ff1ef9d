"""An outlook as a table for the terminal: now and then, at 80 columns, and without a need for colour.

Sample::

    What if: expe: extended key usage check Off
    EKU view only: chains trusted, names right.

                                  Now                     Then
    expc as TLS client
    * UC traversal zone, expe     fails [1]               works [2]
      SSH tunnels (2222), expe    fails [3]               fails [4]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from string import ascii_lowercase
from textwrap import wrap

from analyzer.findings import Citation, Outlook, OutlookCell, OutlookRow
from analyzer.report import fitting, wording
from analyzer.text import clean
from analyzer.words import Words, say

WIDTH = 78
MAX_ROWS = 200
_LABEL = 30
_MARK = "* "


def outlook_lines(outlook: Outlook, changes: Sequence[str], cautions: Sequence[str] = ()) -> Iterator[str]:
    """Yield the table, then a note for each reason in it, then the sources; `changes`: what, and on which node."""
    yield from _wrapped("What if: ", "; ".join(changes))
    yield from _wrapped("", outlook.notes[0])
    yield ""
    width = (WIDTH - _LABEL) // len(outlook.columns)
    yield (" " * _LABEL + "".join(title.ljust(width) for title in outlook.columns)).rstrip()
    shown = outlook.rows[:MAX_ROWS]
    notes = numbered(shown)
    for (node, role), rows in groupby(shown, key=lambda row: (row.node, row.local_role)):
        yield f"{clean(wording.node_label(node))} as {wording.SIDES[role]}"
        yield from (line for row in rows for line in _row(row, notes, width).splitlines())
    if len(outlook.rows) > len(shown):
        yield f"  {len(outlook.rows) - len(shown)} more"
    yield ""
    yield f"{_MARK}changes" if any(map(changes_in, outlook.rows)) else "Nothing of this changes."
    for caution in cautions:
        yield from _wrapped("Note: ", caution)
    letters = dict(zip(sources_of(tuple(notes)), ascii_lowercase, strict=False))
    for cell, number in notes.items():
        yield from _wrapped(f"[{number}] ".rjust(5), f"{_rests_on(cell, letters)}: {cell.reason}")
    for note in outlook.notes[1:]:
        yield from _wrapped("", note)
    for source, letter in letters.items():
        yield from _wrapped(f"{letter}: ".rjust(5), f"{source.title}{f', {source.date}' if source.date else ''}")


def _rests_on(cell: OutlookCell, letters: Mapping[Citation, str]) -> str:
    cited = " and ".join(letters.get(source, "?") for source in cell.sources)
    return basis_of(cell) + (f" ({cited})" if cited else "")


def changes_in(row: OutlookRow) -> bool:
    """Whether the columns of a row differ in what comes of the service."""
    return len({(cell.prospect, cell.condition) for cell in row.cells}) > 1


def numbered(rows: Sequence[OutlookRow]) -> dict[OutlookCell, int]:
    """Number the cells that differ in what they say, in the order of the table."""
    cells = dict.fromkeys(cell for row in rows for cell in row.cells)
    return {cell: number for number, cell in enumerate(cells, 1)}


def basis_of(cell: OutlookCell) -> Words:
    """Return what a cell rests on: `stated, row 2`."""
    basis = wording.BASES[cell.basis]
    return say("{basis}, row {row}", basis=basis, row=cell.row) if cell.row else basis


def cell_word(cell: OutlookCell) -> Words:
    """Return the word of a cell, with its condition."""
    word = wording.PROSPECTS[cell.prospect]
    return say("{prospect} {condition}", prospect=word, condition=cell.condition) if cell.condition else word


def sources_of(cells: Sequence[OutlookCell]) -> tuple[Citation, ...]:
    """Return the documents that cells rest on, each once."""
    return tuple(dict.fromkeys(source for cell in cells for source in cell.sources))


def _row(row: OutlookRow, notes: dict[OutlookCell, int], width: int) -> str:
    """Return the line of a service; a name that is too long for it has a line of its own."""
    start = fitting.shorten((_MARK if changes_in(row) else "  ") + clean(f"{row.service}, {row.peer}"), WIDTH)
    room = _LABEL - fitting.columns(start)
    start += " " * room if room > 0 else f"\n{' ' * _LABEL}"
    return (start + "".join(f"{cell_word(cell)} [{notes[cell]}]".ljust(width) for cell in row.cells)).rstrip()


def _wrapped(start: str, text: str) -> Iterator[str]:
    lines = wrap(clean(text, 4096), WIDTH - len(start), break_on_hyphens=False) or [""]
    yield start + lines[0]
    yield from (" " * len(start) + line for line in lines[1:])

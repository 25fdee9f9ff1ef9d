"""What if: what works now, with the extended key usage check on, and with it off."""

from __future__ import annotations

from itertools import groupby
from string import ascii_lowercase

from msgspec import Struct

from analyzer.findings import Citation, Outlook, OutlookCell, OutlookRow, Prospect
from analyzer.report import fitting, wording
from analyzer.report.links import web_address
from analyzer.report.outlook import basis_of, cell_word, numbered, sources_of
from analyzer.report.views.badge import Badge, Tone
from analyzer.words import both, say

MAX_ROWS = 100
MAX_WORD = 28

_TONES = {
    Prospect.WORKS: Tone.GOOD,
    Prospect.FAILS: Tone.BAD,
    Prospect.NEEDS_FAR_END: Tone.WARN,
    Prospect.UNKNOWN: Tone.OPEN,
}


class OutlookCellView(Struct, frozen=True, kw_only=True):
    """A cell; `note` is the number of its reason. What works on a condition only is not green."""

    badge: Badge
    note: int


class OutlookRowView(Struct, frozen=True, kw_only=True):
    """A service towards a peer."""

    service: str
    peer: str
    cells: tuple[OutlookCellView, ...]


class OutlookNoteView(Struct, frozen=True, kw_only=True):
    """A reason: what it rests on, the letters of its sources, and its words."""

    number: int
    basis: str
    sources: str
    reason: str


class OutlookSourceView(Struct, frozen=True, kw_only=True):
    """A source with its letter; `url` is empty where it may not become a link."""

    letter: str
    title: str
    url: str
    date: str


class OutlookView(Struct, frozen=True, kw_only=True):
    """The section; `groups` are the rows by node and role."""

    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[OutlookRowView, ...]], ...]
    more: int
    notes: tuple[OutlookNoteView, ...]
    sources: tuple[OutlookSourceView, ...]
    label: str
    remarks: tuple[str, ...]


def outlook_view(outlook: Outlook | None) -> OutlookView | None:
    """Show an outlook; None where there is none, or nothing in it."""
    if outlook is None or not outlook.rows:
        return None
    rows = outlook.rows[:MAX_ROWS]
    notes = numbered(rows)
    letters = dict(zip(sources_of(tuple(notes)), ascii_lowercase, strict=False))
    groups = groupby(rows, key=lambda row: (row.node, row.local_role))
    return OutlookView(
        columns=tuple(fitting.fitted(column, MAX_WORD) for column in outlook.columns),
        groups=tuple(
            (
                say("{node} as {role}", node=wording.node_label(node), role=wording.SIDES[role]),
                tuple(_row(row, notes) for row in group),
            )
            for (node, role), group in groups
        ),
        more=len(outlook.rows) - len(rows),
        notes=tuple(_note(cell, number, letters) for cell, number in notes.items()),
        sources=tuple(_source(source, letter) for source, letter in letters.items()),
        label=outlook.notes[0],
        remarks=outlook.notes[1:],
    )


def _row(row: OutlookRow, notes: dict[OutlookCell, int]) -> OutlookRowView:
    cells = tuple(OutlookCellView(badge=_badge(cell), note=notes[cell]) for cell in row.cells)
    return OutlookRowView(service=row.service, peer=row.peer, cells=cells)


def _badge(cell: OutlookCell) -> Badge:
    return Badge(tone=_tone(cell), word=fitting.fitted(cell_word(cell), MAX_WORD))


def _tone(cell: OutlookCell) -> Tone:
    conditional = cell.prospect is Prospect.WORKS and cell.condition is not None
    return Tone.WARN if conditional else _TONES[cell.prospect]


def _note(cell: OutlookCell, number: int, letters: dict[Citation, str]) -> OutlookNoteView:
    cited = both(letters[source] for source in cell.sources if source in letters)
    return OutlookNoteView(
        number=number, basis=fitting.fitted(basis_of(cell), MAX_WORD), sources=cited, reason=cell.reason
    )


def _source(source: Citation, letter: str) -> OutlookSourceView:
    return OutlookSourceView(
        letter=letter, title=source.title, url=web_address(source.url) or "", date=source.date or ""
    )

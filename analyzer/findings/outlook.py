"""What becomes of each service: by the truth table, and as it was seen."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from analyzer.evidence import Side
from analyzer.findings.finding import Citation, Finding
from analyzer.words import Words


class Prospect(StrEnum):
    """What a service does, as far as usages decide. needs-far-end: it works only if the far end does not check."""

    WORKS = "works"
    FAILS = "fails"
    NEEDS_FAR_END = "needs-far-end"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a prospect rests on: a source that says it of this very situation, inference, or what was captured."""

    STATED = "stated"
    INFERRED = "inferred"
    SEEN = "seen"


class OutlookCell(Struct, frozen=True, kw_only=True):
    """What becomes of a service, and why.

    Attributes:
        condition: what it works on condition of, in two words (`if trusted`); else None.
        row: of the truth table that says it; None: no row.
    """

    prospect: Prospect
    basis: Basis
    reason: Words
    condition: str | None = None
    row: str | None = None
    sources: tuple[Citation, ...] = ()


class OutlookRow(Struct, frozen=True, kw_only=True):
    """A service of a node in a role, towards a peer; a cell for each column of the outlook."""

    node: str | None
    local_role: Side
    service: str
    peer: str
    cells: tuple[OutlookCell, ...]


class Outlook(Struct, frozen=True, kw_only=True):
    """The truth table applied to what was read: now, and under a change.

    Attributes:
        notes: what it takes for granted, and what it leaves out.
    """

    columns: tuple[str, ...]
    rows: tuple[OutlookRow, ...]
    notes: tuple[Words, ...]


class Sighted(Struct, frozen=True, kw_only=True):
    """What a capture, a log or a dump shows of a service: the last of it.

    Attributes:
        works: whether it did.
        reason: what shows it, and when.
        state: in place of `works` or `fails` where that is not all (`worked, with the server store's certificate`).
        is_rule: whether what the store rule says was presented, as far as it shows: else next time may be different.
        connection: id of the handshake that shows it.
        by_zone: whether all that shows it is what the dump says of its zone: not that a certificate was asked for.
    """

    works: bool
    reason: Words
    state: Words | None = None
    is_rule: bool = True
    connection: str | None = None
    by_zone: bool = False


class Service(Struct, frozen=True, kw_only=True):
    """A service as it is now: as it was seen, else as the truth table has it (not a part of the JSON report).

    Attributes:
        nodes: names of the nodes of this case at its ends.
        between: whether it is between a Core and an Edge.
        seen: None: nothing shows it.
        rule: what the truth table says; None: nothing.
        why: why it fails, in two or three words.
        finding: what tells why it fails, or what is wrong although it works.
    """

    service: Words
    peer: str
    nodes: frozenset[str | None]
    between: bool
    seen: Sighted | None
    rule: OutlookCell | None
    why: Words | None = None
    finding: Finding | None = None

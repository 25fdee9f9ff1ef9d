"""What an archive opener found: one entry per member, and what it could not make sense of."""

from __future__ import annotations

from msgspec import Struct

from analyzer.bundle.content import Content
from analyzer.words import Words, say


class Entry(Struct, frozen=True, kw_only=True):
    """One member of an archive or folder, before its name and bytes are judged.

    Attributes:
        name: as the archive gives it; not safe to show.
        content: its bytes; None if they cannot be had at all.
        size: bytes, as far as the archive says; a claim.
        unreadable: why it cannot be opened at all; None if it can.
        suspect: why its bytes may be wrong although they can be read.
        head: its first bytes, if they were met on the way.
    """

    name: str
    content: Content | None = None
    size: int | None = None
    unreadable: str | None = None
    suspect: Words | None = None
    head: bytes | None = None


class Trouble(Struct, frozen=True, kw_only=True):
    """Something about an archive as a whole that could not be read; see `Problem`."""

    what: Words
    why: Words
    leaves_open: Words


class Listing(Struct, frozen=True, kw_only=True):
    """What an archive holds, in its own order."""

    entries: tuple[Entry, ...]
    troubles: tuple[Trouble, ...] = ()


def too_many(limit: int) -> Trouble:
    """Return the trouble of an archive with more members than are listed."""
    return Trouble(
        what=say("not all members are listed"),
        why=say("there are more than {limit:,} of them", limit=limit),
        leaves_open=say("what the members beyond the limit say"),
    )


def decode_name(raw: bytes, fallback: str) -> str:
    """Return a name as UTF-8, as most tools write it, flagged or not; else in the archive format's older encoding."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(fallback, "replace")

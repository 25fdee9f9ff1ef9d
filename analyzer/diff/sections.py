"""What a comparison says: sections of rows, each about something of a node, and how a change is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct


class Subject(StrEnum):
    """What is compared, in this order."""

    NODES = "Nodes"
    RELEASE = "Release"
    STORES = "Stores"
    TRUSTED = "Trusted CA list"
    SETTINGS = "Settings"
    ZONES = "Zones"
    TUNNELS = "SSH tunnels"
    ALARMS = "Alarms"
    VERDICTS = "Verdicts"
    FINDINGS = "Findings"


class Row(Struct, frozen=True):
    """One thing that was compared.

    Attributes:
        about: whose it is: a node, or a store of a node.
        lines: what is to say of it; each is wrapped on its own.
    """

    about: str
    lines: tuple[str, ...]


class Section(Struct, frozen=True):
    """One subject. Without rows nothing of it changed."""

    subject: Subject
    rows: tuple[Row, ...]


def row(about: str, lines: Iterable[str]) -> tuple[Row, ...]:
    """Return a row, or none if there is nothing to say."""
    said = tuple(lines)
    return (Row(about, said),) if said else ()


def joined(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Put rows together that say the same of several nodes."""
    about: dict[tuple[str, ...], list[str]] = {}
    for one in rows:
        about.setdefault(one.lines, []).append(one.about)
    return tuple(Row(", ".join(names), lines) for lines, names in about.items())


def changed(name: str, before: object, after: object) -> tuple[str, ...]:
    """Say that something has another value now; None is `not set`."""
    if before == after:
        return ()
    return (f"{name} {'not set' if before is None else before} → {'not set' if after is None else after}",)


def added_and_gone(before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """Return what is new, with a plus, and what is gone, with a minus."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    return (*(f"+ {one}" for one in new if one not in old), *(f"− {one}" for one in old if one not in new))

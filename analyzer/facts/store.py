"""The rows that facts are made of: the packaged TOML files, and a file of the user's that replaces or adds rows.

Sample of a user's file::

    as_of = 2027-02-01

    [[date]]
    id = "chrome-1.8-leaf"
    kind = "root_program"
    ...
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct, field

from analyzer.facts import FACTS_AS_OF
from analyzer.words import Words

FILE_OF_TABLE: Mapping[str, str] = MappingProxyType(
    {
        "citation": "citations.toml",
        "date": "dates.toml",
        "alternative_root": "dates.toml",
        "threshold": "dates.toml",
        "release": "releases.toml",
        "service": "services.toml",
        "source_ports": "services.toml",
        "webex_name": "webex.toml",
        "webex_verify_name": "webex.toml",
        "webex_networks": "webex.toml",
        "alarm": "alarms.toml",
        "key_strength": "certificates.toml",
        "weak_hash": "certificates.toml",
        "key_load_failure": "certificates.toml",
    }
)


Word = TypeVar("Word", bound=StrEnum)


class FactsError(ValueError):
    """A facts file cannot be used. The message names the table, the row and the cell."""


class Row(Struct, frozen=True):
    """A row of a table, read cell by cell. A cell that is missing or of another type raises `FactsError`."""

    table: str
    cells: Mapping[str, object]

    @property
    def id(self) -> str:
        return self.text("id")

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.cells.get(name)
        if not isinstance(value, str) or not value:
            raise self.error(name, "a text")
        return value

    def words(self, name: str) -> Words:
        """Return a text that a report says in its language; Babel finds those cells that `messages.CELLS` names."""
        return Words(self.text(name), {})

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None without one."""
        return self.text(name) if name in self.cells else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty without one."""
        value = self.cells.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.error(name, "a list of texts")
        return tuple(value)

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self.cells.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(name, "a whole number")
        return value

    def day(self, name: str) -> date:
        """Return a day, written without quotes as TOML has it (`2027-03-15`)."""
        value = self.cells.get(name)
        if type(value) is not date or not date(1990, 1, 1) <= value <= date(2199, 12, 31):
            raise self.error(name, "a date such as 2027-03-15")
        return value

    def choice(self, name: str, words: type[Word]) -> Word:
        """Return one of the fixed words."""
        try:
            return words(self.text(name))
        except ValueError:
            raise self.error(name, f"one of {', '.join(words)}") from None

    def error(self, name: str, expected: str) -> FactsError:
        """Return the error that says what a cell must be."""
        return FactsError(f"{self.table} {self.cells.get('id', 'without id')!r}: {name} must be {expected}")


class Facts(Struct, frozen=True, kw_only=True, eq=False):
    """The packaged facts, with the rows of a user's file before them.

    Attributes:
        as_of: date of the newest knowledge in it (ISO).
        rows_of_user: by table; a row replaces the packaged one of the same id.
    """

    as_of: str = FACTS_AS_OF
    rows_of_user: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    def rows(self, table: str) -> tuple[Row, ...]:
        """Return the rows of a table, in the order of the files."""
        own = self.rows_of_user.get(table, ())
        replaced = {row.id for row in own}
        return own + tuple(row for row in _packaged_rows(FILE_OF_TABLE[table], table) if row.id not in replaced)


PACKAGED = Facts()


def read_facts(text: str) -> Facts:
    """Read a facts file (TOML).

    Only its shape is checked here; `custom.load_facts` checks every row.

    Raises:
        FactsError: it is not TOML, or has an unknown table, or a row without id.
    """
    import tomllib  # not at module level: importing facts stays cheap

    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FactsError(f"not a TOML file: {error}") from error
    as_of = content.pop("as_of", None)
    if as_of is not None and type(as_of) is not date:
        raise FactsError("as_of must be a date such as 2027-03-15")
    return Facts(
        as_of=as_of.isoformat() if as_of else FACTS_AS_OF,
        rows_of_user={table: _rows(table, rows) for table, rows in content.items()},
    )


def _rows(table: str, rows: object) -> tuple[Row, ...]:
    if table not in FILE_OF_TABLE:
        raise FactsError(f"unknown table {table!r}; there are {', '.join(FILE_OF_TABLE)}")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FactsError(f"{table} must be a list of rows ([[{table}]])")
    typed = tuple(Row(table, row) for row in rows)
    if len({row.id for row in typed}) < len(typed):
        raise FactsError(f"{table} has two rows of the same id")
    return typed


@cache
def _packaged_rows(file: str, table: str) -> tuple[Row, ...]:
    return tuple(Row(table, cells) for cells in _packaged_file(file)[table])


@cache
def _packaged_file(file: str) -> dict[str, list[dict[str, object]]]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))

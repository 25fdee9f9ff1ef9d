"""The truth table as data: sound, and told in docs/truth-table.md as it is."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from analyzer.facts.citations import citation_table
from analyzer.facts.releases import Version
from analyzer.rules.outlook.row import Constellation, Row, Says
from analyzer.rules.outlook.table import TABLE, look_up
from analyzer.rules.outlook.usages import Usage

DOCUMENT = Path(__file__).parents[3] / "docs" / "truth-table.md"
FIRST = "| Row | "
RELEASES = (Version(15, 5), Version(15, 4, 1), Version(15, 3), Version(14, 0, 6))


def constellation(core_client: Usage, edge_server: Usage, check: str | None, *, serves: bool = True) -> Constellation:
    return Constellation(
        core_client=core_client,
        core_server=None,
        edge_client=None,
        edge_server=edge_server,
        edge_serves=serves,
        check=check,
    )


def drawn() -> str:
    """Return the table in Markdown."""
    stores = "| Core client | Core server | Edge client | Edge server "
    head = f"{FIRST}Releases {stores}| Check | Zone | SSH tunnels | MRA |"
    return "\n".join([head, f"|{'---|' * 10}", *(_line(row) for row in TABLE)])


def _line(row: Row) -> str:
    stores = {
        "core_client": row.core_client,
        "core_server": row.core_server,
        "edge_client": row.edge_client,
        "edge_server": row.edge_server,
    }
    held = [_usages(usages, private=name in row.private) for name, usages in stores.items()]
    if not row.edge_serves:
        held[3] = "not a server's"
    says = (_says(says) for says in (row.zone, row.tunnels, row.remote_access))
    return f"| {' | '.join([row.number, row.releases or 'all', *held, row.check or 'any', *says])} |"


def _usages(usages: Iterable[Usage] | None, *, private: bool) -> str:
    if usages is None:
        return "any"
    return " or ".join(sorted(usages)).replace("_", " ") + (", private CA" if private else "")


def _says(says: Says) -> str:
    return f"{says.prospect}, {says.basis} ({', '.join(says.sources)})"


def test_the_document_shows_the_table_as_it_is(update_golden: bool) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    start = text.index(FIRST)
    end = text.index("\n\n", start)
    if update_golden:
        DOCUMENT.write_text(text[:start] + drawn() + text[end:], encoding="utf-8")

    assert text[start:end] == drawn(), "if this is meant: pytest tests/rules/outlook/test_table.py --update-golden"


def test_the_document_names_every_source_of_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    cited = {code for row in TABLE for says in (row.zone, row.tunnels, row.remote_access) for code in says.sources}

    assert cited == {"S", "P", "M"}
    assert all(f"{code}: {citation_table()[code].title}" in text for code in cited)


def test_the_numbers_are_those_of_the_catalogue() -> None:
    numbers = [row.number for row in TABLE if row.number.isdigit()]

    assert sorted(map(int, numbers)) == list(range(1, 14))


def test_no_row_is_hidden_behind_another() -> None:
    usages = list(Usage)
    every = (
        Constellation(
            core_client=core_client,
            core_server=core_server,
            edge_client=edge_client,
            edge_server=edge_server,
            edge_serves=serves,
            check=check,
            private=private,
        )
        for core_client, edge_server, serves, check in product(usages, usages, (True, False), ("On", "Off", None))
        for core_server, edge_client in product((Usage.BOTH, Usage.SERVER_ONLY), repeat=2)
        for private in (
            frozenset[str](),
            frozenset({"core_client"}),
            frozenset({"core_client", "core_server", "edge_client", "edge_server"}),
        )
    )
    reached = {id(row) for what in every for release in RELEASES if (row := look_up(what, release))}

    assert [row.number for row in TABLE if id(row) not in reached] == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("usage", [usage for usage in Usage if usage is not Usage.UNREADABLE])
@pytest.mark.parametrize("check", ["On", "Off"])
def test_every_readable_certificate_has_a_row_but_one_that_older_releases_do_not_know(
    release: Version, usage: Usage, check: str
) -> None:
    row = look_up(constellation(usage, Usage.SERVER_ONLY, check), release)

    assert (row is None) is (usage is Usage.CLIENT_ONLY and release < Version(15, 5))


def test_what_cannot_be_read_has_no_row() -> None:
    assert look_up(constellation(Usage.UNREADABLE, Usage.BOTH, "On"), Version(15, 5)) is None


def test_mobile_access_never_works_without_zone_and_tunnels() -> None:
    for row in TABLE:
        parts = {str(row.zone.prospect), str(row.tunnels.prospect)}
        if row.remote_access.prospect == "works":
            assert parts == {"works"}, row.number
        if "fails" in parts:
            assert row.remote_access.prospect == "fails", row.number

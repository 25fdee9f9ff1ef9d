"""The list of facts: all tables, with sources, status and age, for a terminal of 80 columns."""

from __future__ import annotations

from datetime import date

from analyzer.facts.custom import load_facts
from analyzer.facts.store import FILE_OF_TABLE, PACKAGED
from analyzer.report.facts import list_facts

TODAY = date(2026, 11, 28)
OWN = load_facts("""
as_of = 2027-02-01
[[citation]]
id = "LATER"
title = "A later policy that \\u001b[31m has a long name and comes from nowhere in particular, as far as one knows"
date = "2027-01"
[[date]]
id = "chrome-1.8-leaf"
kind = "root_program"
effective_on = 2028-01-01
applies_to = "leaf_issued_on_or_after"
status = "current"
source = "LATER"
confidence = "official"
""")


def paragraph(facts: object, name: str, today: date = TODAY) -> str:
    """Return the lines about one row as one text."""
    lines = list(list_facts(facts, today))  # type: ignore[arg-type]
    start = next(number for number, line in enumerate(lines) if line.startswith(f"  {name}: "))
    end = next(number for number in range(start + 1, len(lines)) if not lines[number].startswith("    "))
    return " ".join(" ".join(lines[start:end]).split())


def test_every_row_of_every_table_is_listed_once() -> None:
    lines = list(list_facts(PACKAGED, TODAY))

    for table in FILE_OF_TABLE:
        for row in PACKAGED.rows(table):
            assert sum(line.startswith(f"  {row.id}: ") for line in lines) >= 1, row.id
    assert lines[0] == "Facts as of 2026-11-24, 4 days old on 2026-11-28."
    assert sum(
        line.endswith(f"({table}, {len(PACKAGED.rows(table))})") for table in FILE_OF_TABLE for line in lines
    ) == (len(FILE_OF_TABLE))


def test_nothing_but_an_address_is_wider_than_80_columns() -> None:
    for facts in (PACKAGED, OWN):
        wide = [line for line in list_facts(facts, TODAY) if len(line) > 80]
        assert all(line.strip().startswith("https://") for line in wide)


def test_a_superseded_date_names_its_heir_its_sources_and_their_ages() -> None:
    said = paragraph(PACKAGED, "chrome-1.6-leaf")

    assert said.startswith("chrome-1.6-leaf: superseded by chrome-1.8-leaf")
    assert "effective_on 2026-06-15" in said
    assert "source CRP16: Chrome Root Program Policy, version 1.6 (2025-02-15, 651 days old)" in said
    assert "source P: Prepare Expressway for Client Auth EKU Sunset" in said


def test_a_row_without_a_status_is_current_and_one_of_the_users_is_marked() -> None:
    assert paragraph(PACKAGED, "webex.com").startswith("webex.com: current ")
    said = paragraph(OWN, "chrome-1.8-leaf", date(2027, 2, 2))
    assert said.startswith("chrome-1.8-leaf: current, from the file given")
    assert "(2027-01, about 32 days old)" in said
    assert "\\x1b[31m" in said


def test_ages_are_told_as_far_as_a_date_allows() -> None:
    assert "(without a date)" in paragraph(PACKAGED, "FN-CUBE")
    assert "(2017, about" in paragraph(PACKAGED, "T3")
    assert "(2026-01, dated later than today)".replace("2026-01", "2027-01") in paragraph(OWN, "LATER")
    assert "(2026-06-01, 1 day old)" in paragraph(PACKAGED, "FN", date(2026, 6, 2))


def test_the_public_roots_are_counted_with_the_date_of_their_list() -> None:
    said = " ".join(" ".join(list(list_facts(PACKAGED, TODAY))[-4:]).split())

    assert "Public roots (" in said
    assert "as in certifi (2026-10-19, 40 days old)" in said

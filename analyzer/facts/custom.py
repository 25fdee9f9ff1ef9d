"""A facts file of the user's (`--facts`): other or newer facts, checked before anything is analysed with them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from analyzer.facts.alarms import alarms
from analyzer.facts.certificates import key_load_failures, key_strengths, weak_hashes
from analyzer.facts.citations import citation_table
from analyzer.facts.dates import alternative_roots, sunset_dates, threshold_days
from analyzer.facts.releases import releases
from analyzer.facts.services import services, source_port_ranges
from analyzer.facts.store import Facts, Row, read_facts
from analyzer.facts.webex import is_webex_address, webex_suffixes, webex_verify_names

TABLE_READERS: tuple[Callable[[Facts], object], ...] = (
    citation_table,
    sunset_dates,
    alternative_roots,
    releases,
    services,
    source_port_ranges,
    webex_suffixes,
    webex_verify_names,
    alarms,
    key_strengths,
    weak_hashes,
    key_load_failures,
)


def load_facts(text: str) -> Facts:
    """Read a facts file (TOML); its rows replace the packaged rows of the same id, or come in addition.

    Raises:
        FactsError: the file cannot be used; the message names the table, the row and the cell.
    """
    facts = read_facts(text)
    for read in TABLE_READERS:
        read(facts)
    for row in facts.rows("threshold"):
        threshold_days(row.id, facts)
    is_webex_address("192.0.2.1", facts)
    for rows in facts.rows_of_user.values():
        for row in rows:
            _check_citations(row, citation_table(facts))
    return facts


def _check_citations(row: Row, known: Collection[str]) -> None:
    cited = {"source": (row.optional_text("source"),), "also_in": row.texts("also_in")}
    for cell, codes in cited.items():
        for code in codes:
            if code is not None and code not in known:
                raise row.error(cell, f"the id of a citation, not {code!r}")

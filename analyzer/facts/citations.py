"""The documents that facts and rules rest on, by the short code that they are cited with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from analyzer.facts.store import PACKAGED, Facts, Row
from analyzer.findings import Citation

RE_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


@cache
def citation_table(facts: Facts = PACKAGED) -> Mapping[str, Citation]:
    """Return all citations by code. Codes are `S`, `FN`, `CRP`, `RFC8446` …; see `citations.toml`."""
    return MappingProxyType({row.id: _citation(row) for row in facts.rows("citation")})


def citations(codes: Iterable[str], facts: Facts = PACKAGED) -> tuple[Citation, ...]:
    """Return the citations of some codes, in their order.

    Raises:
        KeyError: a code is unknown: a rule or a row cites a document that is not in the table.
    """
    table = citation_table(facts)
    return tuple(table[code] for code in codes)


def _citation(row: Row) -> Citation:
    url, date = row.optional_text("url"), row.optional_text("date")
    if url is not None and not url.startswith("https://"):
        raise row.error("url", "an https address")
    if date is not None and not RE_DATE.fullmatch(date):
        raise row.error("date", "a year, month or day in quotes, such as '2026-06-01'")
    title = row.words("ours") if "ours" in row.cells else row.text("title")
    return Citation(title=title, url=url, date=date)

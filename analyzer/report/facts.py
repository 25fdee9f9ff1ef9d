"""The facts as a list for a terminal: by table, each row with its source, its status and its age.

A row's age is that of the document that it is from: what was read there may have changed since.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import date

from analyzer.facts.citations import citation_table
from analyzer.facts.public_roots import public_roots
from analyzer.facts.store import FILE_OF_TABLE, Facts, Row
from analyzer.findings import Citation
from analyzer.text import clean

WIDTH = 80
_TITLES = {
    "citation": "Documents that facts and rules refer to",
    "date": "When public CAs stop issuing certificates for client authentication",
    "alternative_root": "Public roots that still offer client authentication",
    "threshold": "Thresholds in days",
    "release": "Product releases",
    "service": "What a server's port suggests",
    "source_ports": "What the Expressway's own port suggests",
    "webex_name": "Domains of the Webex cloud",
    "webex_verify_name": "TLS verify subject names of zones for Webex",
    "webex_networks": "Networks of the Webex cloud (a hint only)",
    "alarm": "Alarms",
    "key_strength": "Keys by their size in bits",
    "weak_hash": "Hashes that no longer count as secure in a signature",
    "key_load_failure": "Words by which a private key fails to load",
}
_SAID_APART = frozenset({"id", "source", "status", "superseded_by", "also_in"})
_CURRENT = "current"


def list_facts(facts: Facts, today: date) -> Iterator[str]:
    """Yield the lines of the list, none but addresses wider than 80 columns."""
    yield f"Facts as of {facts.as_of}, {_age(facts.as_of, today)} on {today}."
    yield from _wrapped("An age is that of the document that a fact is from.", "")
    citations = citation_table(facts)
    for table in FILE_OF_TABLE:
        rows = facts.rows(table)
        own = {row.id for row in facts.rows_of_user.get(table, ())}
        yield ""
        yield from _wrapped(f"{_TITLES[table]} ({table}, {len(rows)})", "")
        for row in rows:
            yield from _row(row, citations, today, from_user=row.id in own)
    yield from _public_roots(today)


def _row(row: Row, citations: Mapping[str, Citation], today: date, *, from_user: bool) -> Iterator[str]:
    status = row.optional_text("status") or _CURRENT
    by = row.optional_text("superseded_by")
    yield from _wrapped(
        f"{row.id}: {status}{f' by {by}' if by else ''}{', from the file given' if from_user else ''}", "  "
    )
    if row.table == "citation":
        yield from _cited("", citations[row.id], today)
        return
    cells = [(name, _value(value)) for name, value in row.cells.items() if name not in _SAID_APART]
    yield from _wrapped("; ".join(f"{name} {value}" for name, value in cells if not value.endswith(".")), "    ")
    for _, prose in cells:
        if prose.endswith("."):
            yield from _wrapped(prose, "    ")
    codes = (row.optional_text("source"), *row.texts("also_in"))
    for code in codes:
        if code is not None:
            yield from _cited(f"source {code}: ", citations[code], today)


def _cited(before: str, cited: Citation, today: date) -> Iterator[str]:
    """Yield a document; its address stays whole, so that it can be copied."""
    dated = f"{cited.date}, {_age(cited.date, today)}" if cited.date else "without a date"
    yield from _wrapped(f"{before}{cited.title} ({dated})", "    ")
    if cited.url and not before:
        yield f"      {clean(cited.url)}"


def _age(written: str, today: date) -> str:
    """Say how old a day, month or year is; a month counts from its first day."""
    parts = [int(part) for part in written.split("-")]
    try:
        days = (today - date(*[*parts, 1, 1][:3])).days
    except ValueError:
        return "of an age that cannot be told"
    about = "" if len(parts) == 3 else "about "
    return f"{about}{days} day{'' if days == 1 else 's'} old" if days >= 0 else "dated later than today"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _public_roots(today: date) -> Iterator[str]:
    roots = public_roots()
    gone = sum(root.removed for root in roots.by_key.values())
    yield ""
    yield from _wrapped(f"Public roots ({len(roots.by_key)})", "")
    yield from _wrapped(f"current: {len(roots.by_key) - gone}; have left the list: {gone}", "    ")
    source = f"Mozilla's list of certification authorities, as in certifi ({roots.as_of}, {_age(roots.as_of, today)})"
    yield from _wrapped(f"source {source}", "    ")


def _wrapped(text: str, indent: str) -> Iterator[str]:
    """Wrap a text, which may be the user's."""
    yield from textwrap.wrap(
        clean(text, 4096), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )

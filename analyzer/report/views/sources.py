"""Documents that findings and forecasts cite."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from analyzer.facts.citations import citation_table
from analyzer.findings import Citation, Finding, ForecastRule
from analyzer.report.links import web_address

_DEDUCED = "I"


class SourceView(Struct, frozen=True, kw_only=True):
    """A document. `url` is None if there is none that may be linked."""

    title: str
    url: str | None
    date: str | None


def source_views(cited: Iterable[Finding | ForecastRule]) -> tuple[SourceView, ...]:
    """List every document that a finding or a forecast cites, once, by title."""
    citations = {citation for item in cited for citation in item.sources}
    return citation_views(
        sorted(citations, key=lambda citation: (citation.title, citation.url or "", citation.date or ""))
    )


def citation_views(citations: Iterable[Citation]) -> tuple[SourceView, ...]:
    """Show documents: that something was deduced from them is none."""
    deduced = citation_table()[_DEDUCED]
    return tuple(
        SourceView(title=citation.title, url=web_address(citation.url), date=citation.date)
        for citation in citations
        if citation != deduced
    )

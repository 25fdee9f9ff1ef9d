"""What a renewal of a certificate brings: whether it may still be a client's, until when, and who says so.

A date is compared with a certificate's notBefore and notAfter. No certificate becomes invalid on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from analyzer.evidence import Certificate, CertificateOrigin, Origin
from analyzer.facts.citations import citations
from analyzer.facts.dates import (
    AlternativeRoot,
    DateKind,
    SourceQuality,
    SunsetDate,
    alternative_root,
    client_usage_ends,
    client_usage_on_request_only,
    history,
    lifetime_cap,
)
from analyzer.facts.store import Facts
from analyzer.findings import Citation
from analyzer.rules.view import NodeView
from analyzer.words import say

_UNKNOWN_ORIGIN = Origin(origin=CertificateOrigin.UNKNOWN, reason=say("it is not in the evidence"), strong=False)


class Renewal(Struct, frozen=True, kw_only=True):
    """What is known of a certificate's renewal by the CA that issued it.

    Attributes:
        alternative: the root by which clientAuth is still offered, if the certificate belongs to one.
        ends: from this date on the CA's certificates carry no clientAuth; None: not public, or no date is known.
        on_request: from this date on they carry it only if asked for; None: not known.
        outlived: it was issued after every date on which its CA was to end clientAuth, and carries it.
    """

    origin: Origin
    alternative: AlternativeRoot | None = None
    ends: SunsetDate | None = None
    on_request: SunsetDate | None = None
    outlived: bool = False

    @property
    def is_public(self) -> bool:
        return self.origin.origin is CertificateOrigin.PUBLIC


def renewal_of(view: NodeView, leaf: Certificate) -> Renewal:
    """Return what a renewal of a leaf brings, by the facts that this view judges by."""
    origin = view.case.origins.get(leaf.sha256, _UNKNOWN_ORIGIN)
    if origin.origin is not CertificateOrigin.PUBLIC:
        return Renewal(origin=origin)
    above = _authorities(view, leaf)
    names = (leaf.issuer, *above)
    alternative = next((found for name in names if (found := alternative_root(name, view.facts))), None)
    carries = "clientAuth" in (leaf.extended_key_usage or ())
    issued = leaf.not_before.date() if leaf.not_before and carries else None
    ends = client_usage_ends(leaf.issuer, view.facts, above=above, issued=issued)
    requests = (client_usage_on_request_only(name, view.facts) for name in names)
    return Renewal(
        origin=origin,
        alternative=alternative,
        ends=ends,
        on_request=next((found for found in requests if found), None),
        outlived=ends is None and alternative is None,
    )


def _authorities(view: NodeView, leaf: Certificate) -> tuple[str, ...]:
    """Return the names of the authorities above a leaf, its root's too where only the name is known."""
    path = view.path(leaf)
    names = [*(authority.subject for authority in path.certificates[1:]), path.top.issuer]
    return tuple(dict.fromkeys(name for name in names if name))


def is_over(ends: SunsetDate, on: date) -> bool:
    """Whether a certificate that is ordered on a day carries clientAuth no more."""
    return on >= ends.effective_on


def lasts_until(before: date, facts: Facts) -> date | None:
    """Return until when a public certificate lasts at most that is issued on the day before one; None: no cap is known."""
    last_day = before - timedelta(days=1)
    cap = lifetime_cap(last_day, facts)
    return last_day + timedelta(days=cap.days) if cap and cap.days else None


def named(row: SunsetDate, facts: Facts) -> str:
    """Name the document that a date is from, with that document's own date."""
    document = "; ".join(_name(cited) for cited in citations((row.source,), facts))
    if row.confidence is SourceQuality.SECONDARY:
        return say("{document}, not confirmed by the CA", document=document)
    return document


def _name(cited: Citation) -> str:
    return f"{cited.title}, {cited.date}" if cited.date else cited.title


def overtaken_dates(ends: SunsetDate, facts: Facts) -> tuple[SunsetDate, ...]:
    """Return the dates that older documents give: of the same CA, and of the policy that all follow."""
    policy = client_usage_ends(None, facts) if ends.kind is not DateKind.ROOT_PROGRAM else None
    return (*history(ends, facts), *(history(policy, facts) if policy else ()))


def other_dates(ends: SunsetDate, facts: Facts) -> str:
    """Say which dates older documents give, and that they are overtaken; empty if there are none."""
    dates = "; ".join(
        f"{row.effective_on} ({'; '.join(_name(c) for c in _all_sources(row, facts))})"
        for row in overtaken_dates(ends, facts)
    )
    return say("Older documents give other dates, which are overtaken: {dates}.", dates=dates) if dates else ""


def _all_sources(row: SunsetDate, facts: Facts) -> tuple[Citation, ...]:
    return citations((row.source, *row.also_in), facts)


def sources_of(rows: Sequence[SunsetDate | None]) -> tuple[str, ...]:
    """Return the codes of the documents that dates are from."""
    return tuple(dict.fromkeys(code for row in rows if row for code in (row.source, *row.also_in)))

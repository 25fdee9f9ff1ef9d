"""When public certification authorities stop issuing certificates for client authentication.

A date is compared with a certificate's notBefore ("issued on or after") and, for the forecast, with its notAfter. No
certificate becomes invalid on such a day: it lives until its notAfter (FN74362 rev 1.2, Cisco 225482).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import cache

from msgspec import Struct

from analyzer.facts.store import PACKAGED, Facts

ACME_DEFAULT = "letsencrypt-default"
"""The date that is about what Expressway's own ACME client orders: the classic profile (Cisco 225482, FN74362)."""

RE_NO_WORD = re.compile(r"[^0-9a-z]+")


class DateKind(StrEnum):
    """What happens on a date."""

    ROOT_PROGRAM = "root_program"
    CA_CUTOFF = "ca_cutoff"
    CA_DEFAULT = "ca_default"
    LIFETIME_CAP = "lifetime_cap"


class AppliesTo(StrEnum):
    """What a date is compared with."""

    LEAF_ISSUED = "leaf_issued_on_or_after"
    SUBORDINATE_CA_DISCLOSED = "subordinate_ca_disclosed_on_or_after"
    ROOTS_PER_OWNER = "two_roots_per_ca_owner_from"


class DateStatus(StrEnum):
    """Whether a newer document has overtaken a date."""

    CURRENT = "current"
    SUPERSEDED = "superseded"


class SourceQuality(StrEnum):
    """Whether the authority itself says so, or somebody else."""

    OFFICIAL = "official"
    SECONDARY = "secondary"


class SunsetDate(Struct, frozen=True, kw_only=True):
    """A date, and who says so.

    Attributes:
        kind: root_program: a browser's policy for all public CAs; ca_cutoff: the last day of a CA; ca_default: from
            here on only on request; lifetime_cap: longest validity.
        match: words of the issuer's name; empty: every public CA.
        superseded_by: id of the date that overtook this one; None for `current`.
        days: longest validity, for a lifetime cap; else None.
        source: code of the citation; `also_in`: codes of further documents that say the same.
    """

    id: str
    kind: DateKind
    match: tuple[str, ...]
    effective_on: date
    applies_to: AppliesTo
    status: DateStatus
    superseded_by: str | None
    days: int | None
    source: str
    also_in: tuple[str, ...]
    confidence: SourceQuality
    note: str | None


class AlternativeRoot(Struct, frozen=True, kw_only=True):
    """A public root from which certificates for client authentication are still offered (FN74362, "illustrative").

    Attributes:
        name: common name of the root.
        issuers: common names of its issuing CAs.
        source: code of a citation.
    """

    name: str
    issuers: tuple[str, ...]
    source: str


@cache
def sunset_dates(facts: Facts = PACKAGED) -> tuple[SunsetDate, ...]:
    """Return all dates, the superseded ones included."""
    return tuple(
        SunsetDate(
            id=row.id,
            kind=row.choice("kind", DateKind),
            match=row.texts("match"),
            effective_on=row.day("effective_on"),
            applies_to=row.choice("applies_to", AppliesTo),
            status=row.choice("status", DateStatus),
            superseded_by=row.optional_text("superseded_by"),
            days=row.number("days") if "days" in row.cells else None,
            source=row.text("source"),
            also_in=row.texts("also_in"),
            confidence=row.choice("confidence", SourceQuality),
            note=row.optional_text("note"),
        )
        for row in facts.rows("date")
    )


@cache
def alternative_roots(facts: Facts = PACKAGED) -> tuple[AlternativeRoot, ...]:
    """Return the roots that still offer client authentication."""
    return tuple(
        AlternativeRoot(name=row.id, issuers=row.texts("issuers"), source=row.text("source"))
        for row in facts.rows("alternative_root")
    )


def threshold_days(name: str, facts: Facts = PACKAGED) -> int:
    """Return a threshold in days: `certificate-expires-warning`, `certificate-expires-info` or `facts-stale`.

    Raises:
        KeyError: there is no threshold of this name.
    """
    return {row.id: row.number("days") for row in facts.rows("threshold")}[name]


def client_usage_ends(
    issuer: str | None, facts: Facts = PACKAGED, *, above: Sequence[str] = (), issued: date | None = None
) -> SunsetDate | None:
    """Return the date from which a public issuer's certificates no longer carry clientAuth.

    That is the CA's own date if one is known, else the root program's. None: the issuer belongs to an alternative
    root, for which no end is known.

    Args:
        issuer: RFC 4514 name of a *public* issuer; None: not readable.
        facts: the facts to answer from.
        above: names of the authorities above the issuer: a reseller's own authority bears another name than its CA.
        issued: when the issuer made a certificate that does carry clientAuth: dates up to then it has not kept.
    """
    names = (issuer, *above)
    if any(alternative_root(name, facts) for name in names):
        return None
    dates = [
        *(_current(DateKind.CA_CUTOFF, name, facts) for name in names),
        _current(DateKind.ROOT_PROGRAM, issuer, facts),
    ]
    return next((found for found in dates if found and (issued is None or issued < found.effective_on)), None)


def client_usage_on_request_only(issuer: str | None, facts: Facts = PACKAGED) -> SunsetDate | None:
    """Return the date from which a public issuer includes clientAuth only on request; None: not known."""
    return _current(DateKind.CA_DEFAULT, issuer, facts)


def acme_default(issuer: str | None, facts: Facts = PACKAGED) -> SunsetDate | None:
    """Return the date from which Expressway's own ACME client gets no clientAuth; None: it orders from another CA."""
    found = client_usage_on_request_only(issuer, facts)
    return found if found and found.id == ACME_DEFAULT else None


def alternative_root(name: str | None, facts: Facts = PACKAGED) -> AlternativeRoot | None:
    """Return the alternative root that an RFC 4514 name belongs to, as the root itself or as one of its issuers."""
    words = _words(name or "")
    for root in alternative_roots(facts):
        if any(_words(known) in words for known in (root.name, *root.issuers)):
            return root
    return None


def lifetime_cap(issued_on: date, facts: Facts = PACKAGED) -> SunsetDate | None:
    """Return the cap on the validity of a public certificate issued on a day; None before the first one known."""
    caps = [row for row in sunset_dates(facts) if row.kind is DateKind.LIFETIME_CAP and row.effective_on <= issued_on]
    return max(caps, key=lambda cap: cap.effective_on, default=None)


def history(current: SunsetDate, facts: Facts = PACKAGED) -> tuple[SunsetDate, ...]:
    """Return the dates that a current one has overtaken, directly or in turn, oldest source first."""
    overtaken: list[SunsetDate] = []
    heirs = {current.id}
    remaining = [row for row in sunset_dates(facts) if row.id != current.id]
    while found := [row for row in remaining if row.superseded_by in heirs]:
        overtaken = found + overtaken
        heirs = {row.id for row in found}
        remaining = [row for row in remaining if row not in found]
    return tuple(overtaken)


def _current(kind: DateKind, issuer: str | None, facts: Facts) -> SunsetDate | None:
    words = _words(issuer or "")
    dates = [
        row
        for row in sunset_dates(facts)
        if row.kind is kind
        and row.status is DateStatus.CURRENT
        and row.applies_to is AppliesTo.LEAF_ISSUED
        and (not row.match or any(_words(word) in words for word in row.match))
    ]
    return min(dates, key=lambda row: row.effective_on, default=None)


def _words(name: str) -> str:
    return f" {RE_NO_WORD.sub(' ', name.casefold()).strip()} "

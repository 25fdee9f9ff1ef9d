"""The forecast table: for each certificate of a store when it stops working, by what rules, and what to order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from analyzer.correlate.chains import CertificationPath
from analyzer.correlate.origin import known_root
from analyzer.evidence import Case, Certificate, Side, Store
from analyzer.facts.citations import citations
from analyzer.facts.dates import AppliesTo, DateStatus, SunsetDate, lifetime_cap, sunset_dates
from analyzer.facts.public_roots import public_roots
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Citation, Forecast, ForecastKind, ForecastRule
from analyzer.rules.authorities import name_of
from analyzer.rules.orders import what_to_order
from analyzer.rules.renewal import Renewal, named, overtaken_dates, renewal_of, sources_of
from analyzer.rules.view import NodeView, Views, views_of
from analyzer.words import Words, both, say, sentences


class Outlook(Struct, frozen=True, kw_only=True):
    """All that the forecast of one certificate is made of."""

    view: NodeView
    leaf: Certificate
    roles: tuple[Side, ...]
    path: CertificationPath
    renewal: Renewal


def forecast_of(case: Case, facts: Facts = PACKAGED, views: Views | None = None) -> tuple[Forecast, ...]:
    """Return the forecast of every node's stores, in the order of the nodes, the client store first."""
    return tuple(
        _forecast(view, store, leaf)
        for view in views or views_of(case, facts)
        for store, leaf in ((Store.CLIENT, view.client_leaf), (Store.SERVER, view.server_leaf))
        if leaf is not None
    )


def _forecast(view: NodeView, store: Store, leaf: Certificate) -> Forecast:
    roles = _roles(view, store)
    outlook = Outlook(view=view, leaf=leaf, roles=roles, path=view.path(leaf), renewal=renewal_of(view, leaf))
    unfit = tuple(_unfit(outlook))
    ends = tuple(sorted(_ends(outlook), key=lambda rule: rule.day or date.max))
    first = unfit[0] if unfit else ends[0] if ends else None
    stops_on = None if unfit or first is None else first.day
    return Forecast(
        node=view.node.name,
        store=store,
        certificate=leaf.sha256,
        roles=roles,
        stops_on=stops_on,
        stops_by=first.kind if first else None,
        rules=(*unfit, *ends, *_usage(outlook), *_roots(outlook), *_cap(outlook, stops_on)),
        order=what_to_order(view, leaf, roles, outlook.renewal, stops_on),
    )


def _roles(view: NodeView, store: Store) -> tuple[Side, ...]:
    """Return the roles in which the release presents a store; where it is not known, what is certain."""
    if store is Store.CLIENT:
        return (Side.CLIENT,) if view.has_two_stores else ()
    one_store = view.version is not None and not view.has_two_stores
    return (Side.CLIENT, Side.SERVER) if one_store else (Side.SERVER,)


def _unfit(outlook: Outlook) -> Iterator[ForecastRule]:
    """Yield the roles for which the certificate does not do today."""
    for role in outlook.roles:
        view, leaf = outlook.view, outlook.leaf
        capability = view.as_client(leaf) if role is Side.CLIENT else view.as_server(leaf)
        if capability.capable is False:
            text = (
                say("It does not do as a TLS client's for a peer that checks: {reason}.", reason=capability.reason)
                if role is Side.CLIENT
                else say(
                    "It does not do as a TLS server's for a peer that checks: {reason}.", reason=capability.reason
                )
            )
            yield ForecastRule(kind=ForecastKind.USAGE, day=None, text=text)


def _ends(outlook: Outlook) -> Iterator[ForecastRule]:
    """Yield the end of the certificate, and of each authority above it that ends before."""
    leaf, *authorities = outlook.path.certificates
    if leaf.not_after is not None:
        text = say("The certificate itself ends.")
        yield ForecastRule(kind=ForecastKind.EXPIRY, day=leaf.not_after.date(), text=text)
    for authority in authorities:
        if authority.not_after is not None and (leaf.not_after is None or authority.not_after < leaf.not_after):
            text = say("The authority {name} above it ends.", name=name_of(authority))
            yield ForecastRule(kind=ForecastKind.AUTHORITY_EXPIRY, day=authority.not_after.date(), text=text)


def _usage(outlook: Outlook) -> Iterator[ForecastRule]:
    """Yield from when its CA issues nothing with clientAuth any more."""
    renewal, facts = outlook.renewal, outlook.view.facts
    if Side.CLIENT not in outlook.roles or not renewal.is_public:
        return
    if renewal.ends is not None:
        older = overtaken_dates(renewal.ends, facts)
        yield ForecastRule(
            kind=ForecastKind.USAGE,
            day=renewal.ends.effective_on,
            text=sentences(
                (
                    say(
                        "What its CA issues from then on carries no clientAuth ({source}). No certificate becomes "
                        "invalid on that day.",
                        source=named(renewal.ends, facts),
                    ),
                    _overtaken(older),
                )
            ),
            sources=_cited((renewal.ends, *older), facts),
        )
    elif renewal.alternative is not None:
        text = say("Below {root} clientAuth is still offered; no end is known.", root=renewal.alternative.name)
        sources = citations((renewal.alternative.source,), facts)
        yield ForecastRule(kind=ForecastKind.USAGE, day=None, text=text, sources=sources)
    else:
        text = say(
            "It was issued with clientAuth after the date on which that was to end. When it ends is not known."
        )
        yield ForecastRule(kind=ForecastKind.USAGE, day=None, text=text)


def _overtaken(older: Sequence[SunsetDate]) -> str:
    if not older:
        return ""
    days: Iterable[str] = dict.fromkeys(str(row.effective_on) for row in older)
    return say("Older documents give {days}, which is overtaken.", days=both(days))


def _dated(row: SunsetDate, kind: ForecastKind, text: Words, facts: Facts) -> ForecastRule:
    return ForecastRule(kind=kind, day=row.effective_on, text=text, sources=_cited((row,), facts))


def _cited(rows: Sequence[SunsetDate], facts: Facts) -> tuple[Citation, ...]:
    return citations(sources_of(rows), facts)


def _roots(outlook: Outlook) -> Iterator[ForecastRule]:
    """Yield what is known of its root leaving the lists of browsers."""
    leaf, top = outlook.leaf, outlook.path.top
    if not outlook.renewal.is_public:
        return
    root = known_root(outlook.path) or public_roots().by_subject.get(top.issuer or "")
    if root is not None and root.removed:
        text = say(
            "Its root {root} has left Mozilla's list after {day}: who goes by that list does not trust it unless its "
            "administrator does.",
            root=root.subject,
            day=root.last,
        )
        yield ForecastRule(kind=ForecastKind.ROOT_REMOVAL, day=None, text=text)
    facts = outlook.view.facts
    for row in sunset_dates(facts):
        outlived = leaf.not_after is not None and leaf.not_after.date() >= row.effective_on
        if row.applies_to is AppliesTo.ROOTS_PER_OWNER and row.status is DateStatus.CURRENT and outlived:
            text = say("Chrome keeps two roots of each CA's owner at most; which ones go, the owner decides.")
            yield _dated(row, ForecastKind.ROOT_REMOVAL, text, facts)


def _cap(outlook: Outlook, stops_on: date | None) -> Iterator[ForecastRule]:
    """Yield how long what replaces it may last."""
    time = outlook.view.node.reference_time.time
    ordered = stops_on or (time.date() if time else None)
    facts = outlook.view.facts
    cap = lifetime_cap(ordered, facts) if ordered and outlook.renewal.is_public else None
    if cap is not None:
        text = say("What a public CA issues from then on lasts {days} days at most.", days=cap.days)
        yield _dated(cap, ForecastKind.LIFETIME_CAP, text, facts)

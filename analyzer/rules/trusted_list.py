"""Authorities of the trusted CA list that are out of their dates: grave where a path in use needs them.

Lists in the field hold dozens of expired roots that nobody uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from analyzer.evidence import Certificate
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.authorities import TRUSTED_CA, name_of
from analyzer.rules.authority_uses import OutOfDate, Use, uses_of
from analyzer.rules.presented_dates import has_expired, is_not_yet_valid
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NOBODY, NodeView
from analyzer.words import Words, listed, say, sentences

LIST = say("trusted CA list")


def trust_ca_expired(view: NodeView) -> Iterator[Judgement]:
    """Authorities of the list that have expired."""
    yield from _out_of_date(
        view, has_expired, lambda c: say("expired on {day:%Y-%m-%d}", day=c.not_after), say("expired")
    )


def trust_ca_not_yet_valid(view: NodeView) -> Iterator[Judgement]:
    """Authorities of the list that are not valid yet."""
    yield from _out_of_date(
        view,
        is_not_yet_valid,
        lambda c: say("is not valid before {day:%Y-%m-%d}", day=c.not_before),
        say("not yet valid"),
    )


def _out_of_date(
    view: NodeView, is_out: OutOfDate, dates: Callable[[Certificate], Words], state: Words
) -> Iterator[Judgement]:
    time = view.node.reference_time.time
    if time is None:
        return
    outdated = {certificate.sha256: certificate for certificate in view.trusted if is_out(certificate, time)}
    if not outdated:
        return
    uses: dict[str, list[Use]] = defaultdict(list)
    for identity, use in uses_of(view, outdated, is_out):
        uses[identity].append(use)
    for identity, found in uses.items():
        yield _used(view, outdated[identity], found, dates(outdated[identity]))
    unused = [certificate for identity, certificate in outdated.items() if identity not in uses]
    if unused:
        file = quote.store_file(view.node, "ca")
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=LIST,
            explanation=say(
                "Authorities of the list that are {state}: {count}. No path that the evidence shows needs one.",
                state=state,
                count=len(unused),
            ),
            evidence=tuple(quote.quote_certificate(c, file, dates(c)) for c in unused[: quote.MOST]),
            count=len(unused),
            about=(NOBODY,),
        )


def _used(view: NodeView, authority: Certificate, uses: Sequence[Use], dates: Words) -> Judgement:
    refused = [connection for use in uses for connection in use.refused]
    is_refused = bool(refused or any(use.events for use in uses))
    # What nobody here verifies, or what was accepted all the same, works as far as anybody knows.
    is_grave = is_refused or any(use.verified_here and not use.accepted for use in uses)
    accepted = sorted({c.peer.name for use in uses for c in use.accepted})
    shown = refused or [connection for use in uses for connection in use.connections]
    first, last = quote.span(connection.handshake.started for connection in shown)
    return Judgement(
        severity=Severity.CRITICAL if is_grave else Severity.WARNING,
        confidence=Confidence.PROVEN
        if refused
        else Confidence.STRONG
        if any(u.verified_here for u in uses)
        else Confidence.INFERRED,
        subject=name_of(authority),
        explanation=sentences(
            (
                say(
                    "{authority} in the trusted CA list {dates}, and the list has no other authority in date in its place. "
                    "It is needed for {uses}.",
                    authority=name_of(authority),
                    dates=dates,
                    uses=listed(dict.fromkeys(use.what for use in uses)),
                ),
                say("A verifier refused such a chain.") if is_refused else "",
                say("Handshakes with {peers} completed all the same.", peers=listed(accepted[:6]))
                if accepted
                else "",
            )
        ),
        remedy=(
            Remedy(
                text=say(
                    "Append the authority's current certificate, then remove the old one. Check that the next handshake "
                    "completes."
                ),
                command=f"{TRUSTED_CA} > Append CA certificate",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            quote.quote_certificate(authority, quote.store_file(view.node, "ca"), LIST),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
        ),
        count=max(1, len(refused)),
        first=first,
        last=last,
        connections=tuple(shown),
        events=Lines(alike for use in uses for alike in use.events.groups),
        about=tuple(name for use in uses for name in use.about),
    )


_NEEDS = (Need.TRUSTED_LIST, Need.REFERENCE_TIME)

RULES = (
    Rule(
        id="trust-ca-expired",
        title=say("An authority in the trusted CA list has expired"),
        severity=Severity.CRITICAL,
        judge=trust_ca_expired,
        needs=_NEEDS,
        sources=("MRA", "I"),
        meaning="The list holds authorities that are past their dates. Grave where a path in use has no other authority to go "
        "by; those that nobody uses are one row for information.",
    ),
    Rule(
        id="trust-ca-not-yet-valid",
        title=say("An authority in the trusted CA list is not valid yet"),
        severity=Severity.CRITICAL,
        judge=trust_ca_not_yet_valid,
        needs=_NEEDS,
        sources=("MRA", "I"),
        meaning="The list holds authorities whose dates have not begun at the time that is judged. Grave where a path in use "
        "needs one; a wrong clock looks the same.",
    ),
)

"""The sunset of clientAuth in public certificates: what the next renewal of a client's certificate brings.

A forecast is a warning at most: what it says happens at a dated event, and a severity is about this deployment now
(rules.md 4, rules-amendments D). So it never stands beside an outage as its equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import CertificateOrigin
from analyzer.facts.dates import SourceQuality, SunsetDate, alternative_roots, threshold_days
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules.client_use import needs_client_usage
from analyzer.rules.renewal import Renewal, is_over, lasts_until, named, other_dates, sources_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.stored import Stored, stored_as
from analyzer.rules.usage import CLIENT_CERTIFICATE_FOR_CORE, OWN_CLIENT_CERTIFICATE, missing_store
from analyzer.rules.view import NodeView
from analyzer.words import Words, either, say, sentences

UPGRADE = Remedy(
    text=say(
        "Upgrade Core and Edge to X15.5 or later: it has a client store of its own, so that the server certificate can "
        "come from a public CA and the client's from a private one."
    ),
    kind=RemedyKind.DURABLE,
    at=None,
)
PRIVATE_FOR_CORE = Remedy(
    text=say(
        "Or have a private CA issue the Core's certificate, with serverAuth and clientAuth. Append that CA's root and "
        "intermediates to the Edge's trusted CA list first."
    ),
    command="Core: Maintenance > Security > Server certificate; Edge: Maintenance > Security > Trusted CA certificate",
    kind=RemedyKind.DURABLE,
    instead=True,
)
IGNORE = Remedy(
    text=say(
        "Or have the peers that check leave the extended key usage of client certificates out of account, where they "
        "can (Expressway X15.5: the checking mode; it does not help the SSH tunnels)."
    ),
    kind=RemedyKind.STOP_GAP,
    at=None,
)


class _Forecast(Struct, frozen=True, kw_only=True):
    """A certificate that is presented as a client's and may be one, with what its renewal brings."""

    stored: Stored
    ends: SunsetDate
    today: date
    works_until: date

    @property
    def outlives(self) -> bool:
        """Whether the renewal comes on or after the day from which there is no clientAuth."""
        return is_over(self.ends, self.today) or self.works_until >= self.ends.effective_on


def _presented_as_client(view: NodeView) -> _Forecast | Judgement | None:
    """Return what there is to forecast; a judgement that says why it can't be told; None: nothing to lose."""
    kind = "client" if view.has_two_stores else "server"
    leaf, time = view.leaf_as_client, view.node.reference_time.time
    if leaf is None:
        return missing_store(kind)
    carries = eku_class(leaf) in {ExtendedKeyUsageClass.BOTH, ExtendedKeyUsageClass.CLIENT_ONLY}
    if time is None or leaf.not_after is None or leaf.not_after < time or not carries:
        return None
    stored = stored_as(view, kind, leaf)
    renewal = stored.renewal
    if renewal.origin.origin is CertificateOrigin.UNKNOWN:
        return _origin_unknown(renewal)
    if renewal.ends is None:
        return None
    return _Forecast(
        stored=stored,
        ends=renewal.ends,
        today=time.date(),
        works_until=leaf.not_after.date(),
    )


def _origin_unknown(renewal: Renewal) -> Judgement:
    missing = say("what tells a public CA from a private one (the issuer's certificate)")
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=say(
            "Not determinable: {missing} is not in what was given: {reason}.",
            missing=missing,
            reason=renewal.origin.reason,
        ),
        remedy=(Remedy(text=Need.TRUSTED_LIST.collect, kind=RemedyKind.COLLECT),),
        missing=missing,
    )


def client_eku_lost_at_renewal(view: NodeView) -> Iterator[Judgement]:
    """The certificate outlives the day from which its CA issues none with clientAuth."""
    forecast = _presented_as_client(view)
    if isinstance(forecast, Judgement):
        yield forecast
        return
    if forecast is None or not forecast.outlives:
        return
    ends, over = forecast.ends, is_over(forecast.ends, forecast.today)
    last = lasts_until(ends.effective_on, view.facts)
    chance = (
        ""
        if over or last is None
        else say("Issued before that day, with clientAuth asked for, one more lasts until {last} at most.", last=last)
    )
    yield _judgement(view, forecast, sentences((_loss(view, forecast), chance)))


def _loss(view: NodeView, forecast: _Forecast) -> Words:
    ends = forecast.ends
    if is_over(ends, forecast.today):
        return say(
            "Works until {works_until}. What its CA issues on or after {day} carries no clientAuth ({source}), so the "
            "next renewal loses it.",
            works_until=forecast.works_until,
            day=ends.effective_on,
            source=named(ends, view.facts),
        )
    return say(
        "Works until {works_until}. What its CA issues on or after {day} carries no clientAuth ({source}), so the "
        "next renewal then loses it.",
        works_until=forecast.works_until,
        day=ends.effective_on,
        source=named(ends, view.facts),
    )


def one_more_renewal(view: NodeView) -> Iterator[Judgement]:
    """The certificate ends before that day: its renewal may carry clientAuth once more."""
    forecast = _presented_as_client(view)
    if isinstance(forecast, Judgement):
        yield forecast
        return
    if forecast is None or forecast.outlives:
        return
    ends = forecast.ends
    asked = forecast.stored.renewal.on_request
    without = (
        say(
            "without, it comes with serverAuth only since {day} ({source})",
            day=asked.effective_on,
            source=named(asked, view.facts),
        )
        if asked
        else say("without, it comes with serverAuth only")
    )
    last = lasts_until(forecast.works_until, view.facts)
    chance = say(
        "Works until {works_until}. Its renewal may carry clientAuth once more, if it is ordered before {day} ({source}) "
        "and clientAuth is asked for: {without}.",
        works_until=forecast.works_until,
        day=ends.effective_on,
        source=named(ends, view.facts),
        without=without,
    )
    longest = say("Ordered just before this one ends, it lasts until {last} at most.", last=last) if last else ""
    yield _judgement(
        view,
        forecast,
        sentences((chance, longest)),
        first=Remedy(
            text=say(
                "Or ask for clientAuth once more when this certificate is renewed (possible before {day}), and check the "
                "new one's extended key usage before it is uploaded.",
                day=ends.effective_on,
            ),
            kind=RemedyKind.STOP_GAP,
        ),
    )


def _judgement(view: NodeView, forecast: _Forecast, words: str, first: Remedy | None = None) -> Judgement:
    """Return a warning where something needs clientAuth; where nothing is known to, a loss is one, and a chance is not."""
    ends = forecast.ends
    needed = needs_client_usage(view)
    grave = needed is True or (needed is None and forecast.outlives)
    where = "" if needed is not False else say("Nothing that was found on this node needs clientAuth.")
    return Judgement(
        severity=Severity.WARNING if grave else Severity.INFO,
        confidence=_confidence(forecast),
        subject=forecast.stored.subject,
        explanation=sentences(
            (
                words,
                say("No certificate becomes invalid on that day."),
                where,
                ends.note or "",
                other_dates(ends, view.facts),
            )
        ),
        due=forecast.works_until,
        remedy=(*_durable(view), *((first,) if first else ()), IGNORE),
        evidence=forecast.stored.quoted(view),
        sources=sources_of((ends, forecast.stored.renewal.on_request if first else None)),
    )


def _confidence(forecast: _Forecast) -> Confidence:
    official = forecast.ends.confidence is SourceQuality.OFFICIAL
    return Confidence.STRONG if forecast.stored.renewal.origin.strong and official else Confidence.INFERRED


def _durable(view: NodeView) -> tuple[Remedy, ...]:
    """Return what helps for good: another CA for what is presented as a client."""
    own: tuple[Remedy, ...]
    if view.has_two_stores:
        own = (CLIENT_CERTIFICATE_FOR_CORE if view.is_core else OWN_CLIENT_CERTIFICATE,)
    else:
        own = (UPGRADE, PRIVATE_FOR_CORE) if view.is_core else (UPGRADE,)
    names: list[str] = [root.name for root in alternative_roots(view.facts)]
    if not names:
        return own
    alternative = Remedy(
        text=say(
            "Or order the certificate below a public root that still offers clientAuth (such as {roots}), and have every "
            "peer import that root: peers and browsers may not trust it.",
            roots=either(names),
        ),
        kind=RemedyKind.DURABLE,
        instead=True,
    )
    return (*own, alternative)


def sunset_data_stale(view: NodeView) -> Iterator[Judgement]:
    """The facts are old at the time that dates are judged at."""
    time = view.node.reference_time.time
    age = (time.date() - date.fromisoformat(view.facts.as_of)).days if time else 0
    if age > threshold_days("facts-stale", view.facts):
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=say("facts of {day}", day=view.facts.as_of),
            explanation=say(
                "The dates of public CAs are as known on {day}, {age} days before the time that is judged at. They have "
                "been moved more than once.",
                day=view.facts.as_of,
                age=age,
            ),
            remedy=(
                Remedy(
                    text=say("Use a newer version of this program, or give newer facts."),
                    command="expressway-analyzer BUNDLE --facts FILE",
                    kind=RemedyKind.COLLECT,
                    at=None,
                ),
            ),
        )


_EITHER_STORE = (Need.SERVER_STORE, Need.CLIENT_STORE)
_SUNSET = ("FN", "CRP", "P")

RULES = (
    Rule(
        id="forecast-client-eku-lost-at-renewal",
        title=say("The next renewal loses clientAuth"),
        severity=Severity.WARNING,
        judge=client_eku_lost_at_renewal,
        needs=(_EITHER_STORE, Need.VERSION, Need.REFERENCE_TIME),
        sources=_SUNSET,
        meaning="The certificate that this node presents as a TLS client is from a public CA, has clientAuth and outlives the day "
        "from which that CA issues none with it. It works until it ends; the one after it will not do as a client's.",
    ),
    Rule(
        id="forecast-one-more-renewal",
        title=say("The next renewal may still have clientAuth; later ones lose it"),
        severity=Severity.WARNING,
        judge=one_more_renewal,
        needs=(_EITHER_STORE, Need.VERSION, Need.REFERENCE_TIME),
        sources=_SUNSET,
        meaning="The certificate that this node presents as a TLS client is from a public CA, has clientAuth and ends before the "
        "day from which that CA issues none with it: its renewal may carry clientAuth once more, if that is asked for.",
    ),
    Rule(
        id="sunset-data-stale",
        title=say("The facts about dates are old"),
        severity=Severity.INFO,
        judge=sunset_data_stale,
        needs=(Need.REFERENCE_TIME,),
        sources=("I",),
        meaning="The facts that dates are judged by are older, at the time of the bundle, than the threshold in them allows.",
    ),
)

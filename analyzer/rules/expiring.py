"""Certificates that end soon: of the stores, and of the authorities above them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.dates import threshold_days
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import REFERENCE_ORIGINS, has_one_store, store_name
from analyzer.words import Words, counted, listed, say, sentences

_LEAF = {
    ("single",): say("The single store's certificate"),
    ("server",): say("The server store's certificate"),
    ("client",): say("The client store's certificate"),
    ("server", "client"): say("The server store's certificate and the client store's certificate"),
}
_AUTHORITY = {
    ("single",): say("An authority above the single store's certificate"),
    ("server",): say("An authority above the server store's certificate"),
    ("client",): say("An authority above the client store's certificate"),
    ("server", "client"): say(
        "An authority above the server store's certificate and an authority above the client store's certificate"
    ),
}
_AN_AUTHORITY = {
    ("single",): say("an authority above the single store's certificate"),
    ("server",): say("an authority above the server store's certificate"),
    ("client",): say("an authority above the client store's certificate"),
    ("server", "client"): say(
        "an authority above the server store's certificate and an authority above the client store's certificate"
    ),
}

"""Where the time comes from that dates are judged at."""


def cert_expires_soon(view: NodeView) -> Iterator[Judgement]:
    """A store's certificate, or an authority above it, ends within days of the reference time."""
    time = view.node.reference_time.time
    if time is None:
        return
    alarms = view.raised(AlarmTopic.EXPIRY)
    for certificate, uses in _in_use(view).items():
        if certificate.not_after is None or certificate.not_after < time:
            continue
        left = (certificate.not_after - time).days
        if left > threshold_days("certificate-expires-info", view.facts):
            continue
        kinds = [kind for kind, leaf in uses if leaf]
        stores = _called(view, [kind for kind, _ in uses])
        raised = alarms if "server" in kinds else []
        said = say("Alarm {alarms} says so, too.", alarms=listed(a.id or "" for a in raised)) if raised else ""
        yield Judgement(
            severity=Severity.WARNING
            if left <= threshold_days("certificate-expires-warning", view.facts)
            else Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=certificate.common_name or certificate.sha256[:16],
            explanation=sentences(
                (
                    say(
                        "{what} ends on {end:%Y-%m-%d}, {left} after {now:%Y-%m-%d} ({origin}). Peers that verify "
                        "refuse it from then on.",
                        what=_LEAF[_called(view, kinds)] if kinds else _AUTHORITY[stores],
                        end=certificate.not_after,
                        left=_days(left),
                        now=time,
                        origin=REFERENCE_ORIGINS[view.node.reference_time.origin],
                    ),
                    said,
                )
            ),
            remedy=(_renew(kinds),),
            evidence=(
                *(
                    quote.quote_certificate(certificate, quote.store_file(view.node, k), store_name(view, k))
                    for k in kinds
                ),
                *((quote.quote_certificate(certificate, None, _AN_AUTHORITY[stores]),) if not kinds else ()),
                *(row for alarm in raised for row in quote.quote_alarm(alarm)),
            ),
        )


def _called(view: NodeView, kinds: Sequence[str]) -> tuple[str, ...]:
    """Return by what the tables of this file call stores."""
    return ("single",) if has_one_store(view) else tuple(kinds)


def _in_use(view: NodeView) -> dict[Certificate, list[tuple[str, bool]]]:
    """Return the certificates of the stores and of the paths above them, with the stores that use each; leaf or not."""
    used: dict[Certificate, list[tuple[str, bool]]] = defaultdict(list)
    for kind, leaf in (("server", view.server_leaf), ("client", view.client_leaf)):
        if leaf is not None:
            for number, certificate in enumerate(view.path(leaf).certificates):
                used[certificate].append((kind, number == 0))
    return used


def _days(number: int) -> Words:
    return say("less than a day") if number == 0 else counted(number, "{count} day", "{count} days")


def _renew(kinds: list[str]) -> Remedy:
    if not kinds:
        return Remedy(
            text=say(
                "Get the authority's successor from the CA, append it to the trusted CA list here and at every peer "
                "that verifies, and have the certificate issued below it."
            ),
            command="Maintenance > Security > Trusted CA certificate",
            kind=RemedyKind.DURABLE,
        )
    return Remedy(
        text=say(
            "Renew it before that day, with the extended key usages that its role needs. A new certificate takes "
            "effect after a restart: service-affecting, in a maintenance window, one peer at a time."
        ),
        command="; ".join(f"Maintenance > Security > {kind.capitalize()} certificate" for kind in kinds),
        kind=RemedyKind.DURABLE,
    )


RULES = (
    Rule(
        id="cert-expires-soon",
        title=say("A certificate ends soon"),
        severity=Severity.WARNING,
        judge=cert_expires_soon,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.REFERENCE_TIME),
        sources=("AR",),
        meaning="A store's certificate, or an authority on its path, ends within the days that the facts name (30 for a warning, "
        "60 for a remark), counted from the time of the evidence.",
    ),
)

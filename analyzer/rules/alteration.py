"""A certificate that did not arrive as it was presented: somebody in between ends TLS and begins it anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.arrivals import Alteration, How, alterations_of, presenter_of
from analyzer.rules.both_ends import quote_hello
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import said_serial
from analyzer.words import Words, listed, say

_MOST_QUOTED = 3


def certificate_altered(view: NodeView) -> Iterator[Judgement]:
    """What this node received is not what the other end presented."""
    found = alterations_of(view)
    for other in view.others:
        alterations = found.get(other.node.name, ())
        shown = [one for one in alterations if one.how in {How.DIFFERS, How.LOST}]
        likely = [one for one in alterations if one.how is How.FROM_ADDRESS]
        if shown:
            yield _judgement(view, other, shown, Confidence.PROVEN)
        elif likely:
            yield _judgement(view, other, likely, Confidence.STRONG)
        elif alterations:
            several = len(alterations) > 1
            yield _judgement(view, other, alterations, Confidence.STRONG if several else Confidence.INFERRED)


def _judgement(
    view: NodeView, other: NodeView, alterations: Sequence[Alteration], confidence: Confidence
) -> Judgement:
    newest = alterations[-1]
    failed = any(alteration.has_failed for alteration in alterations) and confidence is not Confidence.INFERRED
    first, last = quote.span(alteration.here.handshake.started for alteration in alterations)
    ports = sorted({alteration.here.handshake.server.port for alteration in alterations})
    return Judgement(
        severity=Severity.CRITICAL if failed else Severity.WARNING,
        confidence=confidence,
        subject=other.label,
        explanation=say(
            "{alteration} A firewall or proxy between them inspects TLS. Do not import the CA that it signs with: it would "
            "then be trusted to stand in for every peer, and it can still not pass on the client certificate that the "
            "other end asks for.",
            alteration=_what(view, other, newest),
        ),
        remedy=(
            Remedy(
                text=say(
                    "Exempt the connections between {node} and {other} (port {ports}) from TLS inspection in the firewall or "
                    "proxy between them. Then capture at both ends again: both must show the same serial.",
                    node=view.label,
                    other=other.label,
                    ports=listed(map(str, ports)),
                ),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=tuple(row for one in alterations[-_MOST_QUOTED:] for row in _quote(view, other, one)),
        count=len(alterations),
        first=first,
        last=last,
        connections=tuple(alteration.here for alteration in alterations),
    )


def _what(view: NodeView, other: NodeView, alteration: Alteration) -> Words:
    values = {
        "here": view.label,
        "there": other.label,
        "received": _which(alteration.received),
        "presented": _which(alteration.presented),
    }
    match alteration.how:
        case How.DIFFERS:
            return say(
                "{there} presented {presented}; on the same connection {here} received {received}.",
                **values,
            )
        case How.LOST:
            return say(
                "{there} presented {presented}; on the same connection {here} received no certificate.",
                **values,
            )
        case How.FROM_ADDRESS:
            return say(
                "{here} received {received}, from the address of {there}. {there} holds it in no store; its own capture "
                "shows that on a connection of that moment to that port it presented {presented}.",
                **values,
            )
        case How.HIDDEN:
            return say(
                "Of one TCP connection, told by its addresses, ports and time, {here} and {there} show different "
                "ClientHellos: TLS is ended in between and begun anew. The certificates cannot be seen at both ends.",
                **values,
            )


def _which(certificate: Certificate | None) -> Words:
    if certificate is None:
        return say("a certificate")
    return say(
        "serial {serial}, issued by {issuer}", serial=said_serial(certificate.serial), issuer=certificate.issuer
    )


def _quote(view: NodeView, other: NodeView, alteration: Alteration) -> tuple[Evidence, ...]:
    ends = (alteration.here, alteration.there)
    if alteration.how is How.HIDDEN:
        return tuple(row for connection in ends for row in quote_hello(connection))
    side = presenter_of(alteration.here)
    rows = [row for connection in ends for row in quote.quote_certificate_frame(connection, side)]
    for certificate, what in (
        (alteration.received, say("received by {node}", node=view.label)),
        (alteration.presented, say("presented by {node}", node=other.label)),
    ):
        if certificate is not None:
            rows.append(quote.quote_certificate(certificate, None, what))
    return tuple(rows)


RULES = (
    Rule(
        id="certificate-altered-between-ends",
        title=say("A certificate does not arrive as it was presented"),
        severity=Severity.CRITICAL,
        judge=certificate_altered,
        needs=(Need.HANDSHAKE, Need.LOCAL_ADDRESSES, Need.OTHER_END),
        sources=("W", "I"),
        meaning="Said when the captures of both ends of a connection show different certificates, or when a node received "
        "one from another node's address that this one neither holds nor presents. Something in between inspects TLS; "
        "importing its CA is no cure.",
    ),
)

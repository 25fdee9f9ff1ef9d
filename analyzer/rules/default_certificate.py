"""The certificate that an Expressway makes for itself when it is new, and others that bear their own signature."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.chains import is_self_signed
from analyzer.evidence import CertificateOrigin
from analyzer.findings import Confidence, Severity
from analyzer.rules.authorities import CHAIN_ALERTS
from analyzer.rules.own_certificates import own_certificates, quote_own, reception, replace_by
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.words import listed, say, sentences


def default_certificate(view: NodeView) -> Iterator[Judgement]:
    """The certificate that an Expressway makes for itself, which nobody else trusts."""
    for own in own_certificates(view):
        leaf = own.certificate
        origin = view.case.origins.get(leaf.sha256)
        is_default = origin is not None and origin.origin is CertificateOrigin.DEFAULT
        if not is_default and not is_self_signed(leaf):
            continue
        received = reception(view, leaf, CHAIN_ALERTS)
        accepted = sorted({connection.peer.name for connection in received.accepted})
        works = bool(accepted) and not received.is_refused
        what = (
            say("It names the temporary CA of an Expressway: the certificate of a new system.")
            if is_default
            else say("It bears its own signature, as the certificate of a new system does.")
        )
        yield Judgement(
            severity=Severity.CRITICAL
            if received.is_refused
            else Severity.INFO
            if works and not is_default
            else Severity.WARNING,
            confidence=Confidence.STRONG if is_default else Confidence.INFERRED,
            subject=own.subject,
            explanation=sentences(
                (
                    what,
                    say("Whoever verifies it refuses it, unless this very certificate or its CA was imported there."),
                    say("A peer refused it.") if received.is_refused else "",
                    say("It was accepted by {peers}.", peers=listed(accepted[:6])) if accepted else "",
                )
            ),
            remedy=(replace_by(say("of a CA that the peers trust")),),
            evidence=(*quote_own(view, own), *received.evidence()),
            count=max(1, len(received.refused), len(received.lines)),
            connections=received.refused,
            events=received.lines,
            about=received.about,
        )


RULES = (
    Rule(
        id="default-certificate",
        title=say("A default or self-signed certificate is in a store"),
        severity=Severity.CRITICAL,
        judge=default_certificate,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("W", "CG0"),
        meaning="A store holds the certificate that an Expressway makes for itself when it is new, or one that bears its own "
        "signature. The exact name of the former is documented nowhere; it is told by the words “Temporary CA”.",
    ),
)

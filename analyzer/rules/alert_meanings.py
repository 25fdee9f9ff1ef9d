"""What each alert says about a certificate (RFC 8446 section 6.2; rules.md 6), and what puts it right at which end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from analyzer.findings import Remedy, RemedyKind, Severity
from analyzer.rules.refused_ends import RefusedEnds, be_trusted, on_presenter, with_usage
from analyzer.words import Words, say

Advice = Callable[[RefusedEnds], tuple[Remedy, ...]]


class Meaning(Struct, frozen=True, kw_only=True):
    """What an alert says about a certificate.

    Attributes:
        name: the end of the finding's id.
        codes: the alert numbers.
        errors: normalised verify errors that send this alert (measured, rules.md 6).
        means: why the certificate was refused.
        remedy: what to do about it, by its ends.
    """

    name: str
    codes: tuple[int, ...]
    errors: tuple[str, ...]
    means: Words
    remedy: Advice
    severity: Severity = Severity.CRITICAL


def _check_fields(ends: RefusedEnds) -> tuple[Remedy, ...]:
    return (
        on_presenter(
            ends,
            say("Check dates, key size and names of the certificate presented."),
            say("Check dates, key size and names of {presenter}'s certificate.", presenter=ends.presenter),
        ),
    )


def _renew(ends: RefusedEnds) -> tuple[Remedy, ...]:
    return (
        on_presenter(
            ends,
            say("Renew the certificate; check the clock of {verifier}.", verifier=ends.verifier),
            say(
                "Have {presenter} renew its certificate; check the clock of {verifier}.",
                presenter=ends.presenter,
                verifier=ends.verifier,
            ),
        ),
    )


def _replace(ends: RefusedEnds) -> tuple[Remedy, ...]:
    there = say("Have {presenter} replace its certificate.", presenter=ends.presenter)
    return (on_presenter(ends, say("Replace the certificate."), there),)


def _present_any(ends: RefusedEnds) -> tuple[Remedy, ...]:
    there = say("Have {presenter} present a client certificate.", presenter=ends.presenter)
    return (on_presenter(ends, say("Put a certificate into the {store}.", store=ends.store), there),)


def _look_before(_: RefusedEnds) -> tuple[Remedy, ...]:
    return (
        Remedy(
            text=say("See what came before the alert: an empty Certificate message, or only the hellos."),
            kind=RemedyKind.DURABLE,
            at=None,
        ),
    )


def _ask(ends: RefusedEnds) -> tuple[Remedy, ...]:
    """The verifier alone knows why: its log says so, if it is at hand."""
    if ends.verifier_at is not None:
        return (
            Remedy(
                text=say(
                    "Look for the reason in the log; check certificate and key of {presenter}.",
                    presenter=ends.presenter,
                ),
                kind=RemedyKind.DURABLE,
                at=ends.verifier_at,
            ),
        )
    return (
        Remedy(
            text=say(
                "Ask {verifier} what it denies; check that certificate and private key of {presenter} belong together.",
                verifier=ends.verifier,
                presenter=ends.presenter,
            ),
            kind=RemedyKind.DURABLE,
            at=None,
        ),
    )


MEANINGS = (
    Meaning(
        name="unknown-ca",
        codes=(48,),
        errors=("issuer-missing", "self-signed", "self-signed-in-chain", "crl-unavailable"),
        means=say(
            "the issuing CA is not trusted, the chain that was sent is incomplete, or a demanded CRL is missing"
        ),
        remedy=be_trusted,
    ),
    Meaning(
        name="certificate-unknown",
        codes=(46,),
        errors=("verify-failed",),
        means=say(
            "the certificate was not accepted; Webex and Java peers say so for an untrusted or incomplete chain"
        ),
        remedy=be_trusted,
    ),
    Meaning(
        name="unsupported-certificate",
        codes=(43,),
        errors=("unsupported-purpose",),
        means=say(
            "the certificate may not be used for this purpose: its extended key usage, its key usage or an authority "
            "above it does not allow it"
        ),
        remedy=with_usage,
    ),
    Meaning(
        name="bad-certificate",
        codes=(42,),
        errors=("not-yet-valid", "weak-key"),
        means=say("the certificate is not valid yet, its key is too weak, or its names do not fit"),
        remedy=_check_fields,
    ),
    Meaning(
        name="certificate-expired",
        codes=(45,),
        errors=("expired", "crl-expired"),
        means=say("the certificate, or the CRL, has expired by the verifier's clock"),
        remedy=_renew,
    ),
    Meaning(
        name="certificate-revoked",
        codes=(44,),
        errors=("revoked",),
        means=say("the certificate was revoked"),
        remedy=_replace,
    ),
    Meaning(
        name="certificate-required",
        codes=(116,),
        errors=("no-certificate",),
        means=say("a client certificate was demanded, and none was presented"),
        remedy=_present_any,
    ),
    Meaning(
        name="handshake-failure",
        codes=(40,),
        errors=(),
        means=say(
            "after an empty client Certificate: a certificate was demanded; before any certificate: no common version, "
            "cipher suite or curve, which is no matter of certificates"
        ),
        remedy=_look_before,
    ),
    Meaning(
        name="access-denied-or-decrypt",
        codes=(49, 51, 80),
        errors=(),
        means=say(
            "the certificate was valid but not authorised, key and certificate do not fit, or the sender failed"
        ),
        remedy=_ask,
        severity=Severity.WARNING,
    ),
)


BY_CODE: Mapping[int, Meaning] = {code: meaning for meaning in MEANINGS for code in meaning.codes}
BY_ERROR: Mapping[str, Meaning] = {error: meaning for meaning in MEANINGS for error in meaning.errors}

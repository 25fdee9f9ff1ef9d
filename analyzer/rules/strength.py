"""Keys that are too small or too large, and signatures made with hashes that no longer count as secure.

Judged along the paths of the own certificates. A root's signature of itself proves nothing and is ignored, its key is
not (OpenSSL's security level checks the same).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.correlate.chains import is_self_signed
from analyzer.evidence import Certificate
from analyzer.facts.alerts import BAD_CERTIFICATE
from analyzer.facts.certificates import key_strengths, weak_hash_in
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.own_certificates import own_certificates, quote_own, reception
from analyzer.rules.own_paths import links
from analyzer.rules.per_peer import Who, failures_in, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import is_failed
from analyzer.rules.view import FAMILIAR, NOBODY, NodeView
from analyzer.words import Words, listed, say, sentences


def weak_key(view: NodeView) -> Iterator[Judgement]:
    """A key on an own path that peers refuse as too small, and peers whose key this node refused."""
    for link in links(view):
        kind, bits = link.certificate.key_type, link.certificate.key_bits
        strength = key_strengths(view.facts).get(kind or "")
        if strength is None or bits is None or not strength.is_weak(bits):
            continue
        received = [reception(view, own.certificate, {BAD_CERTIFICATE}) for own in link.leaves]
        is_refused = any(one.is_refused for one in received)
        is_accepted = any(one.accepted for one in received)
        broken = strength.is_broken(bits) and not is_accepted
        yield Judgement(
            severity=Severity.CRITICAL if is_refused or broken else Severity.WARNING,
            confidence=Confidence.PROVEN,
            subject=link.subject,
            explanation=sentences(
                (
                    say(
                        "{place} has a key of {bits} bits ({type}). Peers that follow today's security levels refuse it as too "
                        "weak (OpenSSL: alert bad_certificate).",
                        place=link.place,
                        bits=bits,
                        type=kind,
                    ),
                    say("A peer did refuse it with that alert.") if is_refused else "",
                )
            ),
            remedy=(_issue_again(say("a new key of at least 2048 bits (RSA) or 256 bits (EC)")),),
            evidence=(*link.evidence(view), *(row for one in received for row in one.evidence())),
            count=max(1, sum(len(one.refused) or len(one.lines) for one in received)),
            connections=tuple(c for one in received for c in one.refused),
            events=Lines(alike for one in received for alike in one.lines.groups),
            about=() if is_refused else (NOBODY,),
        )
    yield from _weak_keys_of_peers(view)


def _weak_keys_of_peers(view: NodeView) -> Iterator[Judgement]:
    refused: dict[Who, list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of("weak-key"):
        if alike.peer is not None and alike.peer.kind in FAMILIAR:
            refused[who_is(alike.peer)].append(alike)
    for (_, peer), lines in refused.items():
        events = Lines(lines)
        first, last = events.span
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=peer,
            explanation=say(
                "This node refused {peer}: the key of its certificate, or of an authority above it, is too small. The log says: "
                "{line}.",
                peer=peer,
                line=events[0].record.detail,
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Have {peer} present a certificate with a key of at least 2048 bits (RSA) or 256 bits (EC).",
                        peer=peer,
                    ),
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            ),
            evidence=quote.quote_events(events),
            count=failures_in(lines),
            first=first,
            last=last,
            events=events,
        )


def weak_signature(view: NodeView) -> Iterator[Judgement]:
    """A leaf or an intermediate on an own path is signed with a weak hash."""
    for link in links(view):
        certificate = link.certificate
        weak = weak_hash_in(certificate.signature_algorithm, view.facts)
        if weak is None or is_self_signed(certificate) or _has_stronger_twin(view, certificate):
            continue
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.PROVEN,
            subject=link.subject,
            explanation=say(
                "{place} is signed with {hash} ({algorithm}). Browsers, phones and peers of today refuse such a signature; "
                "Expressway itself warns of it when it is uploaded.",
                place=link.place,
                hash=weak,
                algorithm=certificate.signature_algorithm,
            ),
            remedy=(_issue_again(say("a signature with SHA-256 or better")),),
            evidence=link.evidence(view),
            about=(NOBODY,),
        )


def _has_stronger_twin(view: NodeView, certificate: Certificate) -> bool:
    """Whether the same authority, with the same key, is at hand with a better signature: either makes the path."""
    return certificate.is_ca is True and any(
        twin.public_key_sha256 == certificate.public_key_sha256
        and weak_hash_in(twin.signature_algorithm, view.facts) is None
        for twin in view.known_authorities.named(certificate.subject_der)
    )


def key_8192(view: NodeView) -> Iterator[Judgement]:
    """A key so large that zones may not become active with it."""
    failed = [zone.name for zone in view.node.zones if is_failed(zone)]
    for own in own_certificates(view):
        kind, bits = own.certificate.key_type, own.certificate.key_bits
        strength = key_strengths(view.facts).get(kind or "")
        if strength is None or bits is None or not strength.is_oversized(bits):
            continue
        yield Judgement(
            severity=Severity.WARNING if failed else Severity.INFO,
            confidence=Confidence.INFERRED if failed else Confidence.PROVEN,
            subject=own.subject,
            explanation=sentences(
                (
                    say(
                        "The key has {bits} bits. The certificate guide says that zones may not become active with so large a "
                        "key.",
                        bits=bits,
                    ),
                    say("Failed when logging started: {zones}.", zones=listed(failed[:6])) if failed else "",
                )
            ),
            remedy=(_issue_again(say("a key of 4096 bits")),) if failed else (),
            evidence=quote_own(view, own),
        )


def _issue_again(what: Words) -> Remedy:
    return Remedy(
        text=say(
            "Have the certificate issued again with {what}, under authorities that keep to the same. It takes effect after a "
            "restart: service-affecting, in a maintenance window, one peer at a time.",
            what=what,
        ),
        command="Maintenance > Security > Server certificate (or Client certificate) > Generate CSR",
        kind=RemedyKind.DURABLE,
    )


_STORE = ((Need.SERVER_STORE, Need.CLIENT_STORE),)

RULES = (
    Rule(
        id="weak-key",
        title=say("A key is too small"),
        severity=Severity.CRITICAL,
        judge=weak_key,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE, Need.LOG),),
        sources=("M",),
        meaning="A certificate of the node, or an authority above it, has a key that today's security levels refuse, or this "
        "node refused a peer for the size of its key. Grave where somebody refused it, or where nearly everybody does.",
    ),
    Rule(
        id="weak-signature",
        title=say("A signature was made with a weak hash"),
        severity=Severity.WARNING,
        judge=weak_signature,
        needs=_STORE,
        sources=("CG0", "I"),
        meaning="A certificate of the node, or an intermediate above it, is signed with SHA-1, MD5 or MD2. A root's signature "
        "of itself is not looked at.",
    ),
    Rule(
        id="key-8192",
        title=say("A key is very large"),
        severity=Severity.WARNING,
        judge=key_8192,
        needs=_STORE,
        sources=("CG0",),
        meaning="A certificate of the node has an RSA key of 8192 bits or more, with which zones may not become active. "
        "Context, unless a zone failed.",
        is_context=True,
    ),
)

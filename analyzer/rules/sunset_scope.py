"""Whom the end of clientAuth in public certificates concerns: which certificates, and what on this node needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import CertificateOrigin, Connection, ReadState
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules.client_use import dials_with_tls, is_asking_clients, needs_client_usage
from analyzer.rules.inventory import DUMP_KINDS
from analyzer.rules.presented import newest_as_client, quote_shown, told
from analyzer.rules.renewal import sources_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.stored import Stored, by_subject, is_strong, named_stores, quoted
from analyzer.rules.view import NodeView
from analyzer.words import Words, both, counted, say, sentences

_NOT_CONCERNED = frozenset({CertificateOrigin.PRIVATE, CertificateOrigin.SELF_SIGNED})


def already_server_only_public(view: NodeView) -> Iterator[Judgement]:
    """A public certificate has serverAuth only: what public CAs issue by default by now."""
    for subject, group in by_subject(view, _is_public_server_only):
        shown = newest_as_client(view, [stored.leaf for stored in group if stored.leaf != view.leaf_as_client])
        since = group[0].renewal.on_request
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN if is_strong(group) else Confidence.INFERRED,
            subject=subject,
            explanation=sentences(
                (
                    counted(
                        len(group),
                        "The certificate in {stores} is from a public CA, with serverAuth only.",
                        "The certificates in {stores} are from a public CA, with serverAuth only.",
                        stores=named_stores(group),
                    ),
                    say("By default its CA issues none with clientAuth since {day}.", day=since.effective_on)
                    if since
                    else "",
                    say("As a TLS server that does everything."),
                    _what_breaks(view, shown, group),
                )
            ),
            evidence=(*quoted(view, group), *(quote_shown(shown) if shown else ())),
            count=len(group),
            sources=sources_of((since,)),
        )


def _is_public_server_only(stored: Stored) -> bool:
    return stored.renewal.is_public and eku_class(stored.leaf) is ExtendedKeyUsageClass.SERVER_ONLY


def _what_breaks(view: NodeView, shown: Connection | None, group: Sequence[Stored]) -> Words:
    if view.version is None:
        return say(
            "As a TLS client it is refused by peers that check: whether it is presented as one, the release decides."
        )
    presented = view.leaf_as_client
    if presented is None or all(stored.leaf.sha256 != presented.sha256 for stored in group):
        if shown is None:
            return say("By the store rule it would not be presented as a client's: nothing breaks.")
        against = say("That is against the store rule, and a peer that checks refuses it.")
        return sentences((told(shown), against))
    if view.is_core:
        return say(
            "As a TLS client it breaks the traversal zone (unless the Edge's check is off) and the SSH tunnels, and with them "
            "mobile and remote access."
        )
    return say(
        "As a TLS client it is refused by peers that ask for a certificate and check it: neighbours, business to business "
        "calls, federation."
    )


def private_not_affected(view: NodeView) -> Iterator[Judgement]:
    """Certificates of a private CA: the policy of browsers is about public ones."""
    for subject, group in by_subject(view, lambda stored: stored.renewal.origin.origin in _NOT_CONCERNED):
        yield Judgement(
            severity=Severity.OK,
            confidence=Confidence.STRONG if is_strong(group) else Confidence.INFERRED,
            subject=subject,
            explanation=sentences(
                (_not_concerned(group), say("Which usages a certificate has, its own CA decides."))
            ),
            evidence=quoted(view, group),
            count=len(group),
        )


def _not_concerned(group: Sequence[Stored]) -> Words:
    origins = {stored.renewal.origin.origin for stored in group}
    if len(origins) > 1:
        return say(
            "The certificates in {stores} are private and self-signed: the end of clientAuth in public certificates is of no "
            "concern.",
            stores=named_stores(group),
        )
    if CertificateOrigin.PRIVATE in origins:
        return counted(
            len(group),
            "The certificate in {stores} is private: the end of clientAuth in public certificates is of no concern.",
            "The certificates in {stores} are private: the end of clientAuth in public certificates is of no concern.",
            stores=named_stores(group),
        )
    return counted(
        len(group),
        "The certificate in {stores} is self-signed: the end of clientAuth in public certificates is of no concern.",
        "The certificates in {stores} are self-signed: the end of clientAuth in public certificates is of no concern.",
        stores=named_stores(group),
    )


def alternative_root_in_use(view: NodeView) -> Iterator[Judgement]:
    """A certificate below one of the roots by which clientAuth is still offered."""
    for subject, group in by_subject(view, lambda stored: stored.renewal.alternative is not None):
        roots = {root.name: root.source for stored in group if (root := stored.renewal.alternative)}
        names = both(roots)
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.STRONG if is_strong(group) else Confidence.INFERRED,
            subject=subject,
            explanation=counted(
                len(group),
                "The certificate in {stores} is issued below {roots}, where clientAuth is still offered; no end is known. Peers "
                "and browsers may not trust such a root, and Chrome may drop it.",
                "The certificates in {stores} are issued below {roots}, where clientAuth is still offered; no end is known. "
                "Peers and browsers may not trust such a root, and Chrome may drop it.",
                stores=named_stores(group),
                roots=names,
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Have every peer that verifies this certificate import {roots} and the issuing CA.",
                        roots=names,
                    ),
                    command="On an Expressway: Maintenance > Security > Trusted CA certificate",
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            ),
            evidence=quoted(view, group),
            count=len(group),
            sources=tuple(roots.values()),
        )


def not_mtls_minimal_impact(view: NodeView) -> Iterator[Judgement]:
    """Public certificates, and nothing that presents one as a client or asks for one."""
    read_whole = any(m.kind in DUMP_KINDS and m.read is ReadState.WHOLE for m in view.node.members)
    opens_tls = needs_client_usage(view) is True or any(dials_with_tls(zone) for zone in view.node.zones)
    if not read_whole or opens_tls or is_asking_clients(view):
        return
    captured = bool(view.connections)
    for subject, group in by_subject(view, lambda stored: stored.renewal.is_public):
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.STRONG if captured else Confidence.INFERRED,
            subject=subject,
            explanation=say(
                "No zone or service in the configuration opens TLS connections or asks its clients for a certificate, and no "
                "handshake in the capture shows one: the end of clientAuth in public certificates has little effect here."
            )
            if captured
            else say(
                "No zone or service in the configuration opens TLS connections or asks its clients for a certificate: the end "
                "of clientAuth in public certificates has little effect here."
            ),
            evidence=quoted(view, group),
            count=len(group),
        )


_EITHER_STORE = (Need.SERVER_STORE, Need.CLIENT_STORE)

RULES = (
    Rule(
        id="alternative-root-in-use",
        title=say("A public root that still offers clientAuth is in use"),
        severity=Severity.INFO,
        judge=alternative_root_in_use,
        needs=(_EITHER_STORE,),
        sources=("FN",),
        meaning="A store's certificate belongs to one of the public roots that Cisco names as still offering clientAuth. Not every "
        "peer and browser trusts them.",
    ),
    Rule(
        id="not-mtls-minimal-impact",
        title=say("Nothing here needs clientAuth"),
        severity=Severity.INFO,
        judge=not_mtls_minimal_impact,
        needs=(_EITHER_STORE, Need.CONFIGURATION),
        sources=("P",),
        meaning="The node's certificates are public, and neither its configuration nor the capture shows anything that presents "
        "one as a client or asks clients for one: the end of clientAuth has little effect.",
    ),
    Rule(
        id="already-server-only-public",
        title=say("A public certificate has serverAuth only"),
        severity=Severity.INFO,
        judge=already_server_only_public,
        needs=(_EITHER_STORE,),
        sources=("P",),
        meaning="A store holds a public certificate without clientAuth: that is normal by now. It says which roles that breaks.",
        is_context=True,
    ),
    Rule(
        id="private-not-affected",
        title=say("A private certificate: the sunset does not concern it"),
        severity=Severity.OK,
        judge=private_not_affected,
        needs=(_EITHER_STORE,),
        sources=("P",),
        meaning="A store's certificate is from a private CA or self-signed: the policy about public CAs does not apply to it.",
        is_context=True,
    ),
)

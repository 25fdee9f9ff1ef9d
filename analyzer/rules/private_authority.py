"""Certificates of a private CA: they work, but only with those who were taught to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate, CertificateOrigin, Connection, NodeRole, Outcome, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import CHAIN_ALERTS, name_of
from analyzer.rules.presented import quote_shown, shown_as_client, shown_instead, told_instead
from analyzer.rules.refused_ends import be_trusted, ends_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, listed, say, sentences

_UNTRUSTED = CHAIN_ALERTS - {42}
"""bad_certificate is sent for a name, a date or a weak key, too: it does not say that the authority is unknown."""


def _is_private(view: NodeView, leaf: Certificate | None) -> bool:
    origin = view.case.origins.get(leaf.sha256) if leaf else None
    return origin is not None and origin.origin is CertificateOrigin.PRIVATE


def _quote_origin(view: NodeView, kind: str, leaf: Certificate) -> Evidence:
    reason = view.case.origins[leaf.sha256].reason
    what = say("{store}, private because {reason}", store=store_name(view, kind), reason=reason)
    return quote.quote_certificate(leaf, quote.store_file(view.node, kind), what)


def all_private_ca(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 3: everything is signed by a private authority."""
    server, client = view.server_leaf, view.leaf_as_client
    if server is None or client is None or not (_is_private(view, server) and _is_private(view, client)):
        return
    yield Judgement(
        severity=Severity.WARNING if view.is_edge else Severity.INFO,
        confidence=Confidence.STRONG,
        subject=name_of(server),
        explanation=_what_private_means(view),
        remedy=(_public_for_edge(view),) if view.is_edge else (),
        evidence=(
            _quote_origin(view, "server", server),
            _quote_origin(view, "client" if view.has_two_stores else "server", client),
        ),
    )


def _what_private_means(view: NodeView) -> Words:
    come = (
        say("Server and client certificate come from a private CA.")
        if view.has_two_stores
        else say("The certificate in the {store} comes from a private CA.", store=store_name(view, "server"))
    )
    if view.is_core:
        return sentences((come, say("On a Core that is common; every peer has to trust this CA.")))
    means = say(
        "Far ends must trust it before outbound TLS works, and clients of mobile and remote access are asked to accept the "
        "certificate unless their system trusts that CA; 78xx and 88xx phones can't be taught to."
    )
    return sentences((come, means))


def _public_for_edge(view: NodeView) -> Remedy:
    text = say(
        "Use a public CA for the Edge's certificate, if its peers do without clientAuth or that CA still issues it."
    )
    if view.has_two_stores:
        text = say(
            "Use a public CA for the Edge's server certificate; keep the private one for the client store if needed."
        )
    return Remedy(text=text, command="Maintenance > Security > Server certificate", kind=RemedyKind.DURABLE)


_IMPORT = Remedy(
    text=say(
        "Have the far end import the CA. For Webex calls over SIP a Cisco document on Hybrid Call Service "
        "(2020-12-06) has it uploaded in Control Hub; whether that holds for other services is not known."
    ),
    command="Control Hub: Certificates for Encrypted SIP Calls",
    kind=RemedyKind.DURABLE,
    at=None,
)


def _authority(view: NodeView, leaf: Certificate) -> str:
    """Return the name of the authority that issued a leaf, as short as it is known."""
    above = view.path(leaf).certificates[1:]
    return name_of(above[0]) if above else leaf.issuer or say("not known")


def far_end_must_trust_private_ca(view: NodeView) -> Iterator[Judgement]:
    """What the Edge presents as a client comes from a private authority: the far end has to know it."""
    leaf = view.leaf_as_client
    if leaf is None or not _is_private(view, leaf):
        return
    shown = shown_as_client(view, leaf)
    instead = shown_instead(view, lambda peer: peer.kind in FAMILIAR)
    refused = [c for c in shown if any(a.code in _UNTRUSTED and a.sender is Side.SERVER for a in c.handshake.alerts)]
    accepted = sorted({c.peer.name for c in shown if c.outcome is Outcome.COMPLETED})
    refusal = say("{peer} refused it.", peer=refused[0].peer.name) if refused else ""
    proof = say("Handshakes that completed with it: {peers}.", peers=listed(accepted)) if accepted else ""
    yield Judgement(
        severity=Severity.CRITICAL if refused else Severity.INFO,
        confidence=Confidence.STRONG if refused else Confidence.INFERRED,
        subject=name_of(leaf),
        title=say(
            "{peer} refused a certificate of the private CA {authority}",
            peer=refused[0].peer.name,
            authority=_authority(view, leaf),
        )
        if refused
        else None,
        explanation=sentences(
            (
                _whose_authority(shown, instead),
                refusal,
                proof,
            )
        ),
        remedy=be_trusted(ends_of(view, refused[0].peer, Side.CLIENT, by_us=False)) if refused else (_IMPORT,),
        evidence=(
            _quote_origin(view, "client" if view.has_two_stores else "server", leaf),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
            *(quote_shown(instead) if instead else ()),
        ),
        count=max(1, len(refused)),
        connections=tuple(refused or shown),
    )


def _whose_authority(shown: Sequence[Connection], instead: Connection | None) -> Words:
    """Say that the client certificate is private: as it was seen, else as the store rule has it."""
    must = say("A far end that verifies it must have imported that CA's root and intermediates.")
    if shown:
        return sentences((say("As a TLS client this Edge presented a certificate of a private CA."), must))
    would = say("As a TLS client this Edge would present a certificate of a private CA, by the store rule.")
    return sentences((told_instead(instead) if instead else "", would, must))


RULES = (
    Rule(
        id="all-private-ca",
        title=say("All certificates come from a private CA"),
        meaning="Said when the certificates in both stores come from a private CA, which on a Core is common. On an "
        "Edge it has two consequences: far ends must trust that CA before outbound TLS works, and clients "
        "of mobile and remote access are asked to accept the certificate unless their system trusts it "
        "(78xx and 88xx phones can't be taught to).",
        severity=Severity.WARNING,
        judge=all_private_ca,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("S", "P", "MRA", "W"),
    ),
    Rule(
        id="far-end-must-trust-private-ca",
        title=say("Far ends must trust the private CA of the client certificate"),
        meaning="Said when what an Edge presents as a TLS client comes from a private CA: a far end that verifies "
        "it must have imported that CA. Critical where a peer refused it, and only a remark where "
        "handshakes completed with it.",
        severity=Severity.CRITICAL,
        judge=far_end_must_trust_private_ca,
        needs=((Need.CLIENT_STORE, Need.SERVER_STORE),),
        roles=(NodeRole.EDGE,),
        sources=("S", "W"),
    ),
)

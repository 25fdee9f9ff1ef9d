"""Inbound callers that no zone configures, refused for the purpose of their certificate.

The extended key usage check is On by default since X15.5 and asks every inbound SIP TLS peer for clientAuth, business to
business callers too. A purpose is looked at only after the chain was found trusted (measured with OpenSSL 3.0.19): who is
refused for it is no mere scanner.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import Peer, PeerKind, Side, ZonePeer
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.refusals import Refusal, refusals
from analyzer.rules.rule import WHO_REFUSED, Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import is_address
from analyzer.words import Words, listed, say, sentences

_NOT_CONFIGURED = frozenset({PeerKind.NAMED, PeerKind.WEBEX, PeerKind.INTERNET})


def inbound_purpose_error_default_zone(view: NodeView) -> Iterator[Judgement]:
    """We refused an inbound caller that is no configured neighbour, for its extended key usage."""
    for refusal in refusals(view):
        is_inbound = refusal.refused_by_us and refusal.refused is Side.CLIENT
        if not is_inbound or refusal.peer.kind not in _NOT_CONFIGURED or view.is_between_core_and_edge(refusal.peer):
            continue
        yield _judgement(view, refusal)


def _judgement(view: NodeView, refusal: Refusal) -> Judgement:
    nameless = refusal.peer.kind is PeerKind.INTERNET
    callers = _addresses(refusal)
    who = (
        say(
            "{callers} callers that are neither configured nor named ({addresses})",
            callers=len(callers),
            addresses=listed(callers[:4]),
        )
        if nameless
        else _with_zone(refusal.peer)
    )
    usages = refusal.leaf.extended_key_usage if refusal.leaf_seen and refusal.leaf else None
    held = say("Its extended key usage is {usages}.", usages=listed(usages)) if usages else ""
    doubt = (
        say(
            "Their chains had passed the trust check before: they may be business partners, whose names nothing here "
            "shows."
        )
        if nameless
        else ""
    )
    whom = say("the callers") if nameless else refusal.peer.name
    mode = view.checking_mode
    return refusal.judgement(
        Severity.INFO if nameless else Severity.CRITICAL,
        _confidence(view, refusal.peer),
        refusal.peer.name,
        sentences(
            (
                say(
                    "This node refused {who} because the client certificate presented may not be used as a client's.",
                    who=who,
                ),
                held,
                say(
                    "Their certificate, our setting: the extended key usage check is On by default since X15.5, and it "
                    "applies to every inbound caller, those of the Default Zone too."
                ),
                doubt,
            )
        ),
        (
            Remedy(
                text=say("Have {whom} present a certificate whose whole path allows clientAuth.", whom=whom),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
            Remedy(
                text=say(
                    "If their calls cannot wait: switch the check off here. It affects every inbound SIP TLS peer, the "
                    "Internet's too; CA and name checks remain, and SSH tunnels gain nothing."
                ),
                command=f"xConfiguration {EKU_CHECKING_MODE}: Off",
                kind=RemedyKind.STOP_GAP,
            ),
        ),
        (
            *_quote_leaf(refusal),
            *(quote.quote_setting(EKU_CHECKING_MODE, mode) if mode is not None else ()),
        ),
    )


def _confidence(view: NodeView, peer: Peer) -> Confidence:
    """A caller that is known by its address alone may be a neighbour that is configured by name."""
    if is_address(peer.name) and any(not is_address(other.address) for other in _neighbours(view)):
        return Confidence.INFERRED
    return Confidence.STRONG if peer.hint_only else Confidence.PROVEN


def _neighbours(view: NodeView) -> Iterator[ZonePeer]:
    return (peer for zone in view.node.zones if zone.kind == "neighbor" for peer in zone.peers)


def _with_zone(peer: Peer) -> Words:
    if peer.zone:
        return say("{peer} (zone {zone})", peer=peer.name, zone=peer.zone)
    if is_address(peer.name):
        return say("{peer}, an address that no zone of this node configures,", peer=peer.name)
    return say("{peer}, which no zone of this node configures,", peer=peer.name)


def _addresses(refusal: Refusal) -> list[str]:
    ends = [connection.handshake.client for connection in refusal.connections]
    ends += [event.record.source for event in refusal.events if event.record.source]
    return sorted({end.address for end in ends})


def _quote_leaf(refusal: Refusal) -> tuple[Evidence, ...]:
    if refusal.leaf is None or not refusal.leaf_seen:
        return ()
    return (quote.quote_certificate(refusal.leaf, None, say("the certificate that was refused")),)


RULES = (
    Rule(
        id="inbound-purpose-error-default-zone",
        title=say("Inbound callers that no zone configures were refused for the purpose of their certificate"),
        severity=Severity.CRITICAL,
        judge=inbound_purpose_error_default_zone,
        needs=(*WHO_REFUSED, (Need.CONFIGURATION, Need.ZONES)),
        applies_to=">=X15.5",
        sources=("S", "FN", "M"),
        meaning="A caller that is no configured neighbour (business to business, Webex, a conference server) was refused "
        "because its certificate lacks clientAuth, while the extended key usage check of this node is on. For information "
        "only where nothing names the callers.",
    ),
)

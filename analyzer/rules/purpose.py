"""Extended key usage: who was refused because a certificate may not be used as a client's (or a server's).

`unsupported certificate purpose` has more causes than a leaf without clientAuth; they give the same words and
the same alert 43 (measured with OpenSSL 3.0.19). The leaf is judged first, then its path.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.correlate.purpose import Capability, Obstacle
from analyzer.evidence import NodeRole, Peer, PeerKind, Side
from analyzer.findings import HERE, Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.refusals import Refusal, refusals, told_by_refuser
from analyzer.rules.rule import WHO_REFUSED, Judgement, Need, Rule
from analyzer.rules.usage import CLIENT_CERTIFICATE_FOR_CORE
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import said_serial
from analyzer.words import listed, say

NEIGHBORS = frozenset({PeerKind.NEIGHBOR, PeerKind.CUCM, PeerKind.CLUSTER, PeerKind.PARTNER})
"""Configured peers; a partner that stands at no traversal zone with this node is a neighbour as others are."""

CHECKING_OFF = Remedy(
    text=say(
        "Only if something other than mobile and remote access needs the zone at once: switch the check off on the "
        "Edge. It affects every inbound SIP TLS peer, the Internet's too; SSH tunnels and mobile and remote access stay "
        "down; CA and name checks remain. Set it On again after the certificate is replaced."
    ),
    command="Edge: xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off",
    kind=RemedyKind.STOP_GAP,
)


def _lacks_usage(capability: Capability) -> bool:
    """Whether the leaf itself lacks the usage (and does not merely stand below an authority without it)."""
    return capability.obstacle is Obstacle.LEAF_EXTENDED_KEY_USAGE


def core_client_eku_missing_check_on(view: NodeView) -> Iterator[Judgement]:
    """Test case 1: the Core presents a certificate without clientAuth, and the Edge checks."""
    for refusal in refusals(view):
        if refusal.refused is not Side.CLIENT or not view.is_between_core_and_edge(refusal.peer):
            continue
        if refusal.refused_by_us is not view.is_edge or told_by_refuser(view, refusal):
            continue
        if refusal.leaf is not None and not _lacks_usage(view.as_client(refusal.leaf)):
            continue
        if view.is_edge and not _was_checking(view, refusal):
            continue
        yield _check_on(view, refusal)


def _was_checking(view: NodeView, refusal: Refusal) -> bool:
    """Whether the check was on at one of the refusals; where the setting is not known, the refusal shows it."""
    times = [event.record.time for event in refusal.events] or [c.handshake.started for c in refusal.connections]
    return any(view.checking_mode_at(time) != "Off" for time in times)


def _check_on(view: NodeView, refusal: Refusal) -> Judgement:
    if refusal.leaf is None:
        confidence = Confidence.INFERRED
        whose = say(
            "The certificate itself is not in what was given. The same words also come from a key usage, an "
            "intermediate or a root without client usage, and from anyExtendedKeyUsage: the Core's bundle decides."
        )
    else:
        confidence = Confidence.PROVEN if refusal.leaf_seen else Confidence.STRONG
        usages = listed(refusal.leaf.extended_key_usage or ())
        whose = say(
            "That certificate, serial {serial}, has extended key usage {usages}: clientAuth is missing.",
            serial=said_serial(refusal.leaf.serial),
            usages=usages,
        )
    mode = view.checking_mode if view.is_edge else None
    if mode is not None and mode.value is None and not mode.changes:
        mode = None
    settings = quote.quote_setting("SIP TLS Certificate ExtendedKeyUsage Checking Mode", mode) if mode else ()
    checks = say(
        "The Edge's extended key usage check is on, as the refusal shows (its setting is not in what was given)."
    )
    if mode is not None:
        checks = (
            say("The Edge's extended key usage check is On (the release's default, assumed).")
            if mode.assumed
            else say("The Edge's extended key usage check is On.")
        )
    zone = refusal.peer.zone or refusal.peer.name
    return refusal.judgement(
        Severity.CRITICAL,
        confidence,
        zone,
        say(
            "The Edge refused the certificate that the Core presented as TLS client on the traversal zone: unsupported "
            "certificate purpose. {whose} {checks} While this lasts the zone, the SSH tunnels, and mobile and remote "
            "access are down.",
            whose=whose,
            checks=checks,
        ),
        (
            replace(CLIENT_CERTIFICATE_FOR_CORE, at=_place_of(view, refusal, NodeRole.CORE)),
            replace(CHECKING_OFF, at=_place_of(view, refusal, NodeRole.EDGE)),
        ),
        (*_quote_leaf(view, refusal), *settings, *_quote_zone(view, refusal.peer)),
    )


def _place_of(view: NodeView, refusal: Refusal, role: NodeRole) -> str | None:
    return HERE if view.node.role is role else refusal.peer.node or view.end_of_zone(role)


def _quote_leaf(view: NodeView, refusal: Refusal) -> tuple[Evidence, ...]:
    if refusal.leaf is None:
        return ()
    file = None
    for owner in (view, *view.partners):
        for kind, leaf in (("client", owner.client_leaf), ("server", owner.server_leaf)):
            if file is None and leaf is not None and leaf.sha256 == refusal.leaf.sha256:
                file = quote.store_file(owner.node, kind)
    return (quote.quote_certificate(refusal.leaf, file, say("the certificate that was refused")),)


def _quote_zone(view: NodeView, peer: Peer) -> tuple[Evidence, ...]:
    zone = view.zone(peer.zone)
    return quote.quote_zone(zone) if zone else ()


def purpose_error_not_leaf_eku(view: NodeView) -> Iterator[Judgement]:
    """The same error, and the leaf's own extended key usage is not the reason."""
    for refusal in refusals(view):
        leaf = refusal.leaf
        if leaf is None or refusal.peer.kind not in FAMILIAR or told_by_refuser(view, refusal):
            continue
        as_client = refusal.refused is Side.CLIENT
        capability = view.as_client(leaf) if as_client else view.as_server(leaf)
        if _lacks_usage(capability):
            continue
        usage = "clientAuth" if as_client else "serverAuth"
        found = (
            capability.reason
            if capability.capable is False
            else say(
                "nothing in the path that is at hand explains it: the refused chain may hold an authority that is not "
                "in what was given, or the verifier checks for server use as well"
            )
        )
        element = capability.certificate
        if leaf.extended_key_usage is not None:
            allowed = usage if usage in leaf.extended_key_usage else "anyExtendedKeyUsage"
            has = say("the certificate itself has {usage}", usage=allowed)
        elif "extended_key_usage" in leaf.unreadable:
            has = say("the certificate itself has an extended key usage that cannot be read")
        else:
            has = say("the certificate itself has no extended key usage")
        yield refusal.judgement(
            Severity.CRITICAL,
            Confidence.STRONG if capability.capable is False else Confidence.INFERRED,
            refusal.peer.name,
            say(
                "{who} refused serial {serial} for its purpose, though {has}: {found}.",
                who=say("This node") if refusal.refused_by_us else refusal.peer.name,
                serial=said_serial(leaf.serial),
                has=has,
                found=found,
            ),
            (
                Remedy(
                    text=say(
                        "Replace the certificate of {peer} with one from a hierarchy whose key usage, intermediates and root "
                        "all allow {usage}; then look for the same error again.",
                        peer=refusal.peer.name,
                        usage=usage,
                    )
                    if refusal.refused_by_us
                    else say(
                        "Replace the certificate with one from a hierarchy whose key usage, intermediates and root all "
                        "allow {usage}; then look for the same error again.",
                        usage=usage,
                    ),
                    kind=RemedyKind.DURABLE,
                    at=refusal.peer.node if refusal.refused_by_us else HERE,
                ),
            ),
            (
                *_quote_leaf(view, refusal),
                *((quote.quote_certificate(element, None, say("the certificate in the way")),) if element else ()),
            ),
        )


def neighbor_inbound_purpose_error(view: NodeView) -> Iterator[Judgement]:
    """A configured neighbour's client certificate has no clientAuth, and we check."""
    for refusal in refusals(view):
        if not refusal.refused_by_us or refusal.refused is not Side.CLIENT:
            continue
        if refusal.peer.kind not in NEIGHBORS or view.is_between_core_and_edge(refusal.peer):
            continue
        subject = refusal.peer.zone or refusal.peer.name
        yield refusal.judgement(
            Severity.CRITICAL,
            Confidence.PROVEN,
            subject,
            say(
                "This node refused {peer} because the client certificate that it presented may not be used as "
                "a client's. Their certificate, our check: the extended key usage check is On by default since X15.5.",
                peer=refusal.peer.name,
            ),
            (
                Remedy(
                    text=say("Have {peer} present a certificate with clientAuth.", peer=refusal.peer.name),
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
                Remedy(
                    text=say(
                        "Until then the check can be switched off here. It affects every inbound SIP TLS peer; CA and "
                        "name checks remain."
                    ),
                    command="xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off",
                    kind=RemedyKind.STOP_GAP,
                ),
            ),
            (*_quote_leaf(view, refusal), *_quote_zone(view, refusal.peer)),
        )


RULES = (
    Rule(
        id="core-client-eku-missing-check-on",
        title=say(
            "The traversal zone fails: the Core presents a certificate without clientAuth, and the Edge checks it"
        ),
        meaning="Said when the Edge refused the Core's client certificate on the traversal zone for its purpose, "
        "its extended key usage check being on, and the certificate lacks clientAuth (inferred where the "
        "certificate is not at hand). Zone, SSH tunnels, and mobile and remote access stay down until the "
        "Core's client store holds a certificate with clientAuth. Switching the check off brings back the "
        "zone alone.",
        severity=Severity.CRITICAL,
        judge=core_client_eku_missing_check_on,
        needs=WHO_REFUSED,
        roles=(NodeRole.EDGE, NodeRole.CORE),
        applies_to=">=X15.5",
        sources=("S", "M"),
    ),
    Rule(
        id="purpose-error-not-leaf-eku",
        title=say("Refused for its purpose, but the certificate's own extended key usage is not the reason"),
        meaning="Said when a certificate was refused for its purpose though its own extended key usage is not the "
        "reason. A key usage without digitalSignature or keyAgreement, an intermediate or a root with a "
        "narrower usage, and anyExtendedKeyUsage alone give the same words and the same alert 43. Where an "
        "authority is in the way, a renewal below it changes nothing.",
        severity=Severity.CRITICAL,
        judge=purpose_error_not_leaf_eku,
        needs=WHO_REFUSED,
        sources=("M", "CRP"),
    ),
    Rule(
        id="neighbor-inbound-purpose-error",
        title=say("A neighbour's client certificate was refused for its purpose"),
        meaning="Said when this node refused a configured neighbour (CUCM, CMS, CUBE, another Expressway) because "
        "the client certificate that it presented may not be used as a client's. Their certificate, this "
        "node's check: X15.5 has it On by default, so that a zone may fail from the upgrade on.",
        severity=Severity.CRITICAL,
        judge=neighbor_inbound_purpose_error,
        needs=(*WHO_REFUSED, (Need.CONFIGURATION, Need.ZONES)),
        applies_to=">=X15.5",
        sources=("S", "FN"),
    ),
)

"""What a store's certificate may not be used for, though its role on this node demands it.

The Core's certificate as a client is the subject of `usage`: it decides about the traversal zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.correlate.purpose import Capability
from analyzer.evidence import Certificate, NodeRole, Side, Visibility, Zone
from analyzer.facts.alerts import UNSUPPORTED_CERTIFICATE
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.own_certificates import OwnCertificate, Reception, own_certificate, quote_own, reception
from analyzer.rules.per_peer import by_peer, by_visibility
from analyzer.rules.presented import quote_shown, shown_instead, told_instead
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.usage import OWN_CLIENT_CERTIFICATE, accepted_by
from analyzer.rules.view import FAMILIAR, TRAVERSAL, NodeView
from analyzer.words import Words, listed, say, sentences

_ZONES_THAT_CONNECT = frozenset({"dns", "enum", "neighbor", "traversalclient", "webex"})
_SERVER_CERTIFICATE = Remedy(
    text=say(
        "Replace the server certificate by one with serverAuth, under authorities that allow it. It takes effect after a "
        "restart: service-affecting, in a maintenance window, one peer at a time."
    ),
    command="Maintenance > Security > Server certificate",
    kind=RemedyKind.DURABLE,
)


def edge_server_not_server_capable(view: NodeView) -> Iterator[Judgement]:
    """The Edge is the TLS server of mobile and remote access and of the traversal zone."""
    who = say("the Core on the traversal zone, clients of mobile and remote access")
    yield from _not_server_capable(view, Severity.CRITICAL, who, (TRAVERSAL,))


def core_server_lacks_serverauth(view: NodeView) -> Iterator[Judgement]:
    """The Core is a TLS server for CUCM's trunk and for neighbours only."""
    who = say("peers that connect to this Core, such as a CUCM trunk and neighbours")
    yield from _not_server_capable(view, Severity.WARNING, who, ())


def _not_server_capable(view: NodeView, gravest: Severity, who: Words, about: tuple[str, ...]) -> Iterator[Judgement]:
    leaf = view.server_leaf
    capability = view.as_server(leaf) if leaf else None
    if leaf is None or capability is None or capability.capable is not False:
        return
    own = own_certificate(view, "server", leaf)
    received = reception(view, leaf, {UNSUPPORTED_CERTIFICATE}, Side.SERVER)
    accepted = {connection.peer.name for connection in received.accepted}
    works = bool(accepted) and not received.is_refused
    yield _judgement(
        view,
        own,
        received,
        severity=Severity.WARNING if works else gravest,
        explanation=sentences(
            (
                say(
                    "The {store}'s certificate may not be used as a server's: {reason}. Whoever verifies it refuses it: {who}.",
                    store=own.where,
                    reason=capability.reason,
                    who=who,
                ),
                say("Handshakes with {peers} completed with it: they do not check.", peers=_some(accepted))
                if accepted
                else "",
            )
        ),
        remedy=(_SERVER_CERTIFICATE,),
        evidence=_in_the_way(leaf, capability),
        about=about or received.about,
    )


def edge_client_not_client_capable(view: NodeView) -> Iterator[Judgement]:
    """What the Edge presents as a client matters to peers that ask for it and check it (rules-amendments A3)."""
    leaf = view.client_leaf
    capability = view.as_client(leaf) if leaf else None
    if leaf is None or capability is None or capability.capable is not False:
        return
    own = own_certificate(view, "client", leaf)
    received = reception(view, leaf, {UNSUPPORTED_CERTIFICATE}, Side.CLIENT)
    instead = shown_instead(view, lambda peer: peer.kind in FAMILIAR)
    zones = [zone for zone in view.node.zones if _connects_by_tls(zone)]
    is_used = bool(zones or received.is_refused or received.accepted or not view.node.zones)
    yield _judgement(
        view,
        own,
        received,
        severity=Severity.CRITICAL if received.is_refused else Severity.WARNING if is_used else Severity.INFO,
        explanation=sentences(
            (
                _of_no_use(capability, received),
                told_instead(instead) if instead else "",
                _affected(view, zones),
                _seen(view, received),
                say("Whether Webex checks it is not known: no document says so."),
            )
        ),
        remedy=accepted_by(refusing) if (refusing := received.refusing) else (OWN_CLIENT_CERTIFICATE,),
        evidence=(
            *_in_the_way(leaf, capability),
            *(quote_shown(instead) if instead else ()),
            *(row for zone in zones[: quote.MOST] for row in quote.quote_zone_setting(zone)),
        ),
        about=received.about,
    )


def _of_no_use(capability: Capability, received: Reception) -> Words:
    if received.shown or received.lines:
        return say(
            "The client store's certificate, which this Edge presented as a TLS client, may not be used as a client's: "
            "{reason}. That matters to peers that ask for it and check its use.",
            reason=capability.reason,
        )
    return say(
        "The client store's certificate, which this Edge would present as a TLS client by the store rule, may not be used as "
        "a client's: {reason}. That matters to peers that ask for it and check its use.",
        reason=capability.reason,
    )


def _connects_by_tls(zone: Zone) -> bool:
    kind = zone.kind.replace(" ", "")
    return kind in _ZONES_THAT_CONNECT and (zone.transport or "TLS").upper() == "TLS"


def _affected(view: NodeView, zones: list[Zone]) -> Words:
    if zones:
        return say("Zones over which it connects by TLS: {zones}.", zones=listed(zone.name for zone in zones))
    if view.node.zones:
        return say("No zone is configured over which it connects by TLS.")
    return say("Its zones are not known.")


def _seen(view: NodeView, received: Reception) -> Words:
    """Say what the evidence shows of peers that were, or were not, asking for it."""
    refusing = {c.peer.name for c in received.refused} | {a.peer.name for a in received.lines.groups if a.peer}
    accepting = {c.peer.name for c in received.accepted} - refusing
    not_asking = {
        peer.name
        for peer, _ in by_peer(
            c for c in by_visibility(view).get(Visibility.NOT_REQUESTED, ()) if c.local_role is Side.CLIENT
        )
    } - refusing
    return sentences(
        (
            say("Seen: {peers} refused it.", peers=_some(refusing)) if refusing else "",
            say("Seen: {peers} accepted it.", peers=_some(accepting)) if accepting else "",
            say("Seen: {peers} did not ask for it.", peers=_some(not_asking)) if not_asking else "",
        )
    )


def _some(names: Iterable[str]) -> str:
    return listed(sorted(names)[:6])


def _in_the_way(leaf: Certificate, capability: Capability) -> tuple[Evidence, ...]:
    """Quote the authority that forbids the use, where it is not the leaf itself."""
    found = capability.certificate
    if found is None or found.sha256 == leaf.sha256:
        return ()
    return (quote.quote_certificate(found, None, say("the certificate in the way")),)


def _judgement(
    view: NodeView,
    own: OwnCertificate,
    received: Reception,
    *,
    severity: Severity,
    explanation: Words,
    remedy: tuple[Remedy, ...],
    evidence: tuple[Evidence, ...],
    about: tuple[str, ...],
) -> Judgement:
    first, last = quote.span((*(c.handshake.started for c in received.refused), *received.lines.span))
    return Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=own.subject,
        explanation=explanation,
        remedy=remedy,
        evidence=(*quote_own(view, own), *evidence, *received.evidence()),
        count=max(1, len(received.refused), len(received.lines)),
        first=first,
        last=last,
        connections=received.refused,
        events=received.lines,
        about=about,
    )


RULES = (
    Rule(
        id="edge-server-not-server-capable",
        title=say("The Edge's server certificate may not be used as a server's"),
        severity=Severity.CRITICAL,
        judge=edge_server_not_server_capable,
        needs=(Need.SERVER_STORE,),
        roles=(NodeRole.EDGE,),
        sources=("P", "M"),
        meaning="The certificate in the Edge's server store lacks serverAuth, or an authority above it does not allow it. "
        "Every TLS client that verifies refuses the Edge: the Core on the traversal zone, and mobile and remote access.",
    ),
    Rule(
        id="core-server-lacks-serverauth",
        title=say("The Core's server certificate may not be used as a server's"),
        severity=Severity.WARNING,
        judge=core_server_lacks_serverauth,
        needs=(Need.SERVER_STORE,),
        roles=(NodeRole.CORE,),
        sources=("P", "I"),
        meaning="The certificate in the Core's server store lacks serverAuth, or an authority above it does not allow it. "
        "Only peers that connect to the Core are concerned; on the traversal zone it is the client.",
    ),
    Rule(
        id="edge-client-not-client-capable",
        title=say("The Edge's client certificate may not be used as a client's"),
        severity=Severity.CRITICAL,
        judge=edge_client_not_client_capable,
        needs=(Need.CLIENT_STORE,),
        roles=(NodeRole.EDGE,),
        applies_to=">=X15.5",
        sources=("S", "P"),
        meaning="The certificate in the Edge's client store lacks clientAuth, or an authority above it does not allow it. "
        "It is grave only where a peer that asks for it and checks its use refused it; whether Webex does is not known.",
    ),
)

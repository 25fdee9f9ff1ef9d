"""What the certificates in the stores may be used for: the ones that a TLS client presents need clientAuth."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.purpose import Capability, ExtendedKeyUsageClass, eku_class
from analyzer.evidence import Certificate, Connection, NodeRole, Outcome, Peer, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.presented import quote_shown, shown_instead, told_instead
from analyzer.rules.renewal import renewal_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import denied
from analyzer.rules.view import NOBODY, NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, say, sentences

CLIENT_STORE_PAGE = "Maintenance > Security > Client certificate"

CLIENT_CERTIFICATE_FOR_CORE = Remedy(
    text=say(
        "Upload a client certificate with clientAuth (best with serverAuth too) to the Core: from a private CA, or from "
        "a public one that still issues it. Append that CA's root and intermediates to the Edge's trusted CA list first. "
        "Then check that the zone and the SSH tunnels are Active."
    ),
    command="Core: Maintenance > Security > Client certificate; Edge: Maintenance > Security > Trusted CA certificate",
    kind=RemedyKind.DURABLE,
)

_CERTIFICATE_FOR_CORE = Remedy(
    text=say(
        "Replace the Core's certificate by one with serverAuth and clientAuth: from a private CA, or from a public one that "
        "still issues it. Append that CA's root and intermediates to the Edge's trusted CA list first. Then check that the "
        "zone and the SSH tunnels are Active."
    ),
    command="Core: Maintenance > Security > Server certificate; Edge: Maintenance > Security > Trusted CA certificate",
    kind=RemedyKind.DURABLE,
)
"""Before X15.5, where the Core has one store for both roles."""

OWN_CLIENT_CERTIFICATE = Remedy(
    text=say(
        "If a peer checks the client certificate of this node: upload one with clientAuth to the client store, from a CA "
        "that the peer trusts."
    ),
    command=CLIENT_STORE_PAGE,
    kind=RemedyKind.DURABLE,
)


def accepted_by(peer: Peer) -> tuple[Remedy, ...]:
    """Return what makes a peer take the client certificate that it refused for its extended key usage."""
    return (
        Remedy(
            text=say(
                "Upload a certificate with clientAuth to the client store, from a CA that {peer} trusts.",
                peer=peer.name,
            ),
            command=CLIENT_STORE_PAGE,
            kind=RemedyKind.DURABLE,
        ),
        Remedy(
            text=say(
                "Or have {peer} leave the extended key usage of client certificates unchecked, if it can.",
                peer=peer.name,
            ),
            kind=RemedyKind.STOP_GAP,
            at=None,
        ),
    )


def _quote_store(view: NodeView, kind: str, leaf: Certificate) -> Evidence:
    return quote.quote_certificate(leaf, quote.store_file(view.node, kind), store_name(view, kind))


def stores_identical(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 1: both stores hold the same certificate."""
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 != client.sha256:
        return
    capability = view.as_client(client)
    ends = renewal_of(view, client).ends if capability.capable else None
    late = ends is not None and client.not_after is not None and client.not_after.date() >= ends.effective_on
    if capability.capable is False:
        severity = Severity.WARNING
        more = say("It can't serve as a client certificate: {reason}.", reason=capability.reason)
    elif late and ends is not None:
        severity = Severity.WARNING
        more = say(
            "It works until {end:%Y-%m-%d}; a renewal by a public CA on or after {day} will not carry clientAuth. Plan a "
            "client certificate of its own before then.",
            end=client.not_after,
            day=ends.effective_on,
        )
    else:
        severity, more = Severity.INFO, say("Nothing to do while it may be used as a client's.")
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=client.common_name or client.sha256[:16],
        explanation=sentences(
            (
                say(
                    "Client store and server store hold the same certificate. The upgrade to X15.5 copies it, and so does "
                    '"Upload server certificate file as client certificate"; the files alone can\'t tell which.'
                ),
                more,
            )
        ),
        due=client.not_after.date() if late and client.not_after else None,
        remedy=(OWN_CLIENT_CERTIFICATE,) if severity is Severity.WARNING else (),
        evidence=(_quote_store(view, "server", server), _quote_store(view, "client", client)),
    )


def core_client_not_client_capable(view: NodeView) -> Iterator[Judgement]:
    """The Core is always the TLS client on the traversal zone; its certificate must do as one."""
    leaf = view.leaf_as_client
    kind = "client" if view.has_two_stores else "server"
    if leaf is None:
        yield missing_store(kind)
        return
    capability = view.as_client(leaf)
    if capability.capable is not False:
        return
    extra = (
        (quote.quote_certificate(capability.certificate, None, say("the certificate in the way")),)
        if capability.certificate is not None and capability.certificate.sha256 != leaf.sha256
        else ()
    )
    instead = shown_instead(view, view.is_between_core_and_edge)
    is_forecast = instead is not None and not denied(view)[0]
    yield Judgement(
        severity=Severity.WARNING if is_forecast else Severity.CRITICAL,
        confidence=Confidence.INFERRED if is_forecast else Confidence.PROVEN,
        subject=leaf.common_name or leaf.sha256[:16],
        explanation=_of_no_use_as_client(store_name(view, kind), capability, instead),
        remedy=(CLIENT_CERTIFICATE_FOR_CORE if view.has_two_stores else _CERTIFICATE_FOR_CORE,),
        evidence=(_quote_store(view, kind, leaf), *extra, *(quote_shown(instead) if instead else ())),
        about=(NOBODY,) if is_forecast else (),
    )


def _of_no_use_as_client(store: Words, capability: Capability, instead: Connection | None) -> Words:
    words = {"store": store, "reason": capability.reason}
    if instead is None:
        return say(
            "The Core presents its {store}'s certificate as TLS client to the Edge, and that certificate may not be used as "
            "a client's: {reason}. An Edge that checks refuses it; the SSH tunnels need clientAuth even where the check is "
            "off.",
            **words,
        )
    next_time = say(
        "By the store rule the Core would present its {store}'s certificate as TLS client to the Edge, and that certificate "
        "may not be used as a client's: {reason}. An Edge that checks would refuse it; the SSH tunnels need clientAuth even "
        "where the check is off.",
        **words,
    )
    return sentences((told_instead(instead), next_time))


def missing_store(kind: str) -> Judgement:
    """Return the answer where the store that the release presents from is not in the bundle."""
    need = Need.CLIENT_STORE if kind == "client" else Need.SERVER_STORE
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=say("Not determinable: {missing} is not in what was given.", missing=need.missing),
        remedy=(Remedy(text=need.collect, kind=RemedyKind.COLLECT),),
        missing=need.missing,
    )


def edge_client_is_server_only_copy(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 4: a server-only certificate was copied to the client store of the Edge.

    It matters only to peers that ask for a certificate and check it (rules-amendments A3): each connection
    decides.
    """
    server, client = view.server_leaf, view.client_leaf
    if (
        server is None
        or client is None
        or server.sha256 != client.sha256
        or eku_class(client) is not ExtendedKeyUsageClass.SERVER_ONLY
    ):
        return
    asked = [
        connection
        for connection in view.connections
        if connection.local_role is Side.CLIENT and connection.client_certificate.leaf == client.sha256
    ]
    refused = [c for c in asked if c.outcome is Outcome.REFUSED and c.refused_by is Side.SERVER]
    if refused:
        severity, shown = Severity.CRITICAL, refused
        more = say(
            "{peer} was shown it and refused: {reason}.", peer=refused[0].peer.name, reason=refused[0].outcome_reason
        )
    elif asked:
        severity, shown = Severity.WARNING, asked
        more = say("{peer} was shown it and did not refuse it; peers that check it will.", peer=asked[0].peer.name)
    else:
        severity, shown = Severity.WARNING, []
        more = say(
            "No captured peer was shown it. Connections in which the peer asks for no certificate are not affected."
        )
    first, last = quote.span(connection.handshake.started for connection in shown)
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=client.common_name or client.sha256[:16],
        explanation=sentences(
            (
                say(
                    "The Edge's client store holds a copy of the server certificate, and that has serverAuth only: as a "
                    "TLS client (business to business calls, federation, Webex) it presents a certificate without "
                    "clientAuth."
                ),
                more,
            )
        ),
        remedy=accepted_by(refused[0].peer) if refused else (OWN_CLIENT_CERTIFICATE,),
        evidence=(_quote_store(view, "client", client), *_quote_presented(shown)),
        count=max(1, len(shown)),
        first=first,
        last=last,
        connections=tuple(shown),
    )


def _quote_presented(connections: list[Connection]) -> tuple[Evidence, ...]:
    return tuple(
        evidence
        for connection in connections[: quote.MOST]
        for evidence in (
            *quote.quote_certificate_frame(connection, Side.CLIENT),
            *(quote.quote_alert(connection, alert) for alert in connection.handshake.alerts),
        )
    )


def core_client_capable_success(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 2.1: the working reference."""
    leaf = view.leaf_as_client
    zones = view.traversal_zones
    if leaf is None or view.as_client(leaf).capable is not True or not zones or not view.tunnels:
        return
    if any((zone.status or "").split(" ")[0] != "Active" for zone in zones):
        return
    if any(tunnel.status != "Active" for tunnel in view.tunnels):
        return
    for edge in view.partners:
        server = edge.server_leaf
        if server is None or edge.as_server(server).capable is not True or _trouble_between(view, edge):
            continue
        yield Judgement(
            severity=Severity.OK,
            confidence=Confidence.PROVEN,
            subject=zones[0].name,
            explanation=say(
                "The Core's client certificate has clientAuth, the Edge's server certificate has serverAuth, zone and SSH "
                "tunnels are Active. The Core's server certificate and both of the Edge's need no clientAuth for this, "
                "whatever the extended key usage check says."
            ),
            evidence=(
                _quote_store(view, "client" if view.has_two_stores else "server", leaf),
                _quote_store(edge, "server", server),
                *quote.quote_zone(zones[0]),
                *(row for tunnel in view.tunnels[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
            ),
        )


def _trouble_between(core: NodeView, edge: NodeView) -> bool:
    """Whether log or capture of either side shows a failure between the two."""
    for view, other in ((core, edge.node.name), (edge, core.node.name)):
        failed = [c.peer for c in view.connections if c.outcome in {Outcome.REFUSED, Outcome.CLOSED}]
        logged = [alike.peer for alike in view.log.errors if alike.peer is not None]
        if any(peer.node == other or view.is_traversal(peer) for peer in (*failed, *logged)):
            return True
    return False


_LEAST_LEAF = ((Need.CLIENT_STORE, Need.SERVER_STORE),)

RULES = (
    Rule(
        id="stores-identical-after-upgrade",
        title=say("Both stores hold the same certificate"),
        meaning="Said when client store and server store hold the same certificate. The upgrade to X15.5 copies it, "
        "and so does uploading the server certificate as client certificate. Nothing to do while it may be "
        "used as a client's; a warning if it may not, or if a renewal by its public CA will no longer carry "
        "clientAuth.",
        severity=Severity.WARNING,
        judge=stores_identical,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        applies_to=">=X15.5",
        sources=("S", "CG"),
    ),
    Rule(
        id="core-client-not-client-capable",
        title=say("The certificate that the Core presents as a client may not be used as a client's"),
        meaning="Said when the certificate that the Core presents as a client (from X15.5 on the client store's, "
        "before that the only one) may not be used as a client's, by itself or because of an authority "
        "above it. The Core is always the TLS client on the traversal zone: an Edge that checks refuses it, "
        "and the SSH tunnels need clientAuth even where the check is off. It is said before anything has "
        "failed, too.",
        severity=Severity.CRITICAL,
        judge=core_client_not_client_capable,
        needs=(*_LEAST_LEAF, Need.VERSION),
        roles=(NodeRole.CORE,),
        sources=("S", "P"),
    ),
    Rule(
        id="edge-client-is-server-only-copy",
        title=say("The Edge's client store holds a copy of a server-only certificate"),
        meaning="Said when the Edge's client store holds the same certificate as its server store, and that has "
        "serverAuth only. Only peers that ask for a client certificate and check its usage are affected: "
        "critical where one refused it, a warning otherwise.",
        severity=Severity.CRITICAL,
        judge=edge_client_is_server_only_copy,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        roles=(NodeRole.EDGE,),
        applies_to=">=X15.5",
        sources=("S", "FN", "FN-CUCM"),
    ),
    Rule(
        id="core-client-capable-success",
        title=say("Traversal zone and SSH tunnels work: the Core's client certificate has clientAuth"),
        meaning="Said when everything that the traversal zone needs is there and works: clientAuth in the Core's "
        "client certificate, serverAuth in the Edge's server certificate, zone and SSH tunnels Active, no "
        "failure between the two. The other two certificates need no clientAuth for this.",
        severity=Severity.OK,
        judge=core_client_capable_success,
        needs=(_LEAST_LEAF[0], Need.STATUS, Need.PARTNER),
        roles=(NodeRole.CORE,),
        applies_to=">=X15.5",
        sources=("S",),
    ),
)

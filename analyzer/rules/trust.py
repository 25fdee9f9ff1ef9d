"""Who trusts whom: the chain that is sent, and the trusted CA list of the side that verifies it.

Trust is judged with the verifier's list and the chain presented to it (rules-amendments A8). Leaving the root
out of a chain is right, and a leaf signed directly by a root is healthy (A4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.correlate.chains import CertificationPath, Pool, build_path, chain_order, is_self_signed
from analyzer.evidence import (
    Certificate,
    CertificateOrigin,
    Connection,
    Event,
    NodeRole,
    Outcome,
    Peer,
    PeerKind,
    Side,
    Visibility,
)
from analyzer.facts.public_roots import public_roots
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.zones import denied, is_active

UNTRUSTED = frozenset({"issuer-missing", "self-signed", "self-signed-in-chain"})
CHAIN_ALERTS = frozenset({42, 46, 48})
TRUSTED_CA = "Maintenance > Security > Trusted CA certificate"


def append(what: str, where: str | None = None) -> Remedy:
    """Return the advice to append authorities. A CA append needs no restart (rules-amendments A15)."""
    return Remedy(
        text=f"Append {what} to the trusted CA list{' of ' + where if where else ''}: all intermediates and the root.",
        command=f"{TRUSTED_CA} > Append CA certificate",
        kind=RemedyKind.DURABLE,
    )


def _name(certificate: Certificate) -> str:
    return certificate.common_name or certificate.subject or certificate.sha256[:16]


def _chains_sent(view: NodeView) -> Iterator[tuple[Peer, Side, tuple[Certificate, ...], list[Connection]]]:
    """Yield what this node sent as its own chain, grouped by peer, role and chain."""
    groups: dict[tuple[Peer, Side, tuple[str, ...]], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        shown = connection.local_certificate
        if connection.local_role and shown and shown.visibility is Visibility.SEEN and shown.chain:
            groups[connection.peer, connection.local_role, shown.chain].append(connection)
    for (peer, role, ids), connections in groups.items():
        chain = view.certificates(ids)
        if len(chain) == len(ids):
            yield peer, role, chain, connections


def chain_incomplete_sent(view: NodeView) -> Iterator[Judgement]:
    """An intermediate that the peer needs was not sent."""
    for peer, role, chain, connections in _chains_sent(view):
        order = chain_order(chain, view.known_authorities)
        refused = [
            c
            for c in connections
            if peer.kind in FAMILIAR
            and any(a.code in CHAIN_ALERTS and a.sender is role.other for a in c.handshake.alerts)
        ]
        missing = ", ".join(_name(certificate) for certificate in order.missing)
        confidence = Confidence.PROVEN
        if not order.missing:
            if len(order.path) > 1 or order.missing_issuer is None or is_self_signed(order.path[0]):
                continue
            if order.missing_issuer in public_roots().by_subject:
                continue
            # Nothing at hand says whether the issuer is a root, whose absence would be right (A4). A public CA
            # never issues from one (CA/Browser Forum baseline requirements, 6.1.7).
            if not _is_public(view, order.path[0]):
                continue
            missing, confidence = order.missing_issuer, Confidence.STRONG if refused else Confidence.INFERRED
        shown = refused or connections
        yield Judgement(
            severity=Severity.CRITICAL if refused else Severity.WARNING,
            confidence=confidence,
            subject=peer.name,
            explanation=f"As TLS {role} towards {peer.name} it sent {' → '.join(_name(c) for c in order.path)} without the "
            f"intermediate {missing}. Expressway sends the intermediates that its trusted CA list holds."
            + (f" {peer.name} then refused the chain." if refused else ""),
            remedy=(append(f"{missing} and its root", view.node.name),),
            evidence=(
                *(row for c in shown[: quote.MOST] for row in quote.quote_certificate_frame(c, role)),
                *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
                *(quote.quote_certificate(c, None, "not sent") for c in order.missing),
            ),
            count=len(shown),
            first=shown[0].handshake.started,
            last=shown[-1].handshake.started,
            connections=tuple(connection.id for connection in shown),
        )


def chain_order_or_extra(view: NodeView) -> Iterator[Judgement]:
    """The chain sent is out of order, or holds certificates that do not belong to it."""
    for peer, role, chain, connections in _chains_sent(view):
        order = chain_order(chain, view.known_authorities)
        if order.in_order:
            continue
        extra = f" Not part of it: {', '.join(_name(c) for c in order.extra)}." if order.extra else ""
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=peer.name,
            explanation=f"The chain sent as TLS {role} is {' → '.join(_name(c) for c in chain)}: out of order, or with "
            f"certificates that do not belong to it.{extra} Some peers refuse such a chain.",
            evidence=quote.quote_certificate_frame(connections[0], role),
            count=len(connections),
            connections=tuple(connection.id for connection in connections),
        )


def trust_missing_own_issuer(view: NodeView) -> Iterator[Judgement]:
    """The node's trusted CA list lacks the authority of its own certificate."""
    stores = {
        "server": (view.server_leaf, view.node.stores.server),
        "client": (view.client_leaf, view.node.stores.client),
    }
    told = set()
    for kind, (leaf, ids) in stores.items():
        if leaf is None or leaf.sha256 in told or is_self_signed(leaf):
            continue
        told.add(leaf.sha256)
        trusted = set(view.node.stores.trusted or ())
        path = build_path(leaf, Pool((*view.certificates(ids or ()), *view.trusted)))
        if path.complete and path.top.sha256 in trusted:
            continue
        yield _own_issuer_missing(view, kind, leaf, path)


def _in_part(view: NodeView) -> str:
    return "" if view.trusted_is_whole else " The list could be read only in part: it may stand in what was not read."


def _own_issuer_missing(view: NodeView, kind: str, leaf: Certificate, path: CertificationPath) -> Judgement:
    cut_short = {identity for judgement in chain_incomplete_sent(view) for identity in judgement.connections}
    incomplete = any(
        connection.id in cut_short and shown.leaf == leaf.sha256
        for connection in view.connections
        if (shown := connection.local_certificate)
    )
    missing = path.missing_issuer or path.top.subject or "the root"
    lookalikes = "; ".join(f"{_name(c)}, serial {c.serial}" for c in path.lookalikes[:3])
    twin = f" It holds another certificate of that name with another key: {lookalikes}." if lookalikes else ""
    return Judgement(
        severity=Severity.CRITICAL if incomplete else Severity.WARNING,
        confidence=Confidence.PROVEN if view.trusted_is_whole else Confidence.INFERRED,
        subject=f"{_name(leaf)} ({kind} store)",
        explanation=f"The trusted CA list lacks {missing}, which the {kind} certificate's chain needs.{twin}{_in_part(view)} "
        "One list serves both stores; the intermediates that Expressway sends come from it.",
        remedy=(append(missing, view.node.name),),
        evidence=(
            quote.quote_certificate(leaf, quote.store_file(view.node, kind), f"{kind} store"),
            *(
                quote.quote_certificate(c, quote.store_file(view.node, "ca"), "same name, other key")
                for c in path.lookalikes[:3]
            ),
        ),
    )


def peer_ca_not_trusted(view: NodeView) -> Iterator[Judgement]:
    """This node refused a peer because it does not trust its authority."""
    groups: dict[Peer, list[Event]] = defaultdict(list)
    for event in view.tls_errors:
        if (
            event.record.error in UNTRUSTED
            and event.record.alert is None
            and event.peer
            and event.peer.kind in FAMILIAR
        ):
            groups[event.peer].append(event)
    alerts: dict[Peer, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        role = connection.local_role
        refused = role and any(a.code == 48 and a.sender is role for a in connection.handshake.alerts)
        if refused and connection.peer.kind in FAMILIAR:
            alerts[connection.peer].append(connection)
    for peer in dict.fromkeys((*groups, *alerts)):
        judgement = _untrusted(view, peer, groups.get(peer, []), alerts.get(peer, []))
        if judgement is not None:
            yield judgement


def _untrusted(
    view: NodeView, peer: Peer, events: Sequence[Event], connections: Sequence[Connection]
) -> Judgement | None:
    ids = {event.connection for event in events}
    shown = [*connections, *(c for c in view.connections if c.id in ids and c not in connections)]
    chains = [chain for c in shown if c.peer_certificate and (chain := view.certificates(c.peer_certificate.chain))]
    path = build_path(chains[0][0], Pool((*chains[0], *view.trusted))) if chains else None
    trusted = set(view.node.stores.trusted or ())
    if path is not None and view.node.stores.trusted is not None and path.complete and path.top.sha256 in trusted:
        return None
    if path is None:
        what = "its authority; the chain itself is not in the capture"
    else:
        what = path.missing_issuer or path.top.subject or "its root"
    webex = peer.kind is PeerKind.WEBEX
    first, last = quote.span([e.record.time for e in events] + [c.handshake.started for c in connections])
    return Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN if events or path is not None else Confidence.STRONG,
        subject=peer.name,
        explanation=f"This node refused {peer.name}: its trusted CA list lacks {what}."
        + (f" The log says: {events[0].record.detail}." if events else ""),
        remedy=(
            Remedy(
                text="Fetch the Webex certificates.",
                command="Expressway-E: Applications > Cloud certificate management > Get certificates",
                kind=RemedyKind.DURABLE,
            )
            if webex
            else append(f"the authorities of {peer.name}", view.node.name),
        ),
        evidence=(
            *quote.quote_events(events),
            *(quote.quote_alert(c, a) for c in connections[: quote.MOST] for a in c.handshake.alerts),
            *(quote.quote_certificate(c, None, "presented by the peer") for c in (chains[0] if chains else ())[:3]),
        ),
        count=max(len(connections), sum(e.record.name.endswith("Negotiation Error") for e in events), 1),
        first=first,
        last=last,
        connections=tuple(connection.id for connection in shown),
        events=tuple(event.id for event in events),
    )


class Trust(Struct, frozen=True):
    """Whether a verifier trusts what a partner presents.

    Attributes:
        path: the leaf's path with the verifier's list and the chain presented.
        trusted: whether its top is in the verifier's list.
        lacking: intermediates of the path that the verifier's list itself does not hold.
    """

    path: CertificationPath
    trusted: bool
    lacking: tuple[Certificate, ...]


def trust_of(verifier: NodeView, owner: NodeView, leaf: Certificate, role: Side) -> Trust:
    """Judge a partner's leaf with the verifier's list and the chain presented to it.

    The chain is the one seen on the wire; failing that, what its owner would send: the intermediates of the
    owner's own store file and trusted CA list.
    """
    trusted = set(verifier.node.stores.trusted or ())
    sent = next(
        (c.certificate(role).chain for c in owner.case.connections if c.certificate(role).leaf == leaf.sha256), None
    )
    if sent is None:
        store = owner.node.stores.client if role is Side.CLIENT and owner.has_two_stores else owner.node.stores.server
        own = build_path(leaf, Pool((*owner.certificates(store or ()), *owner.trusted)))
        sent = tuple(c.sha256 for c in own.certificates if not is_self_signed(c))
    path = build_path(leaf, Pool((*verifier.certificates(sent), *verifier.trusted)))
    lacking = tuple(c for c in owner.path(leaf).certificates[1:] if c.sha256 not in trusted and not is_self_signed(c))
    return Trust(path, path.top.sha256 in trusted and path.complete, lacking)


def partner_ca_not_trusted(view: NodeView) -> Iterator[Judgement]:
    """The trusted CA list of one end has no path for what the other end presents on the traversal zone."""
    role = Side.CLIENT if view.is_edge else Side.SERVER
    for partner in view.partners:
        leaf = partner.expected_leaf(role)
        if leaf is None:
            continue
        trust = trust_of(view, partner, leaf, role)
        if trust.trusted:
            continue
        missing = trust.path.missing_issuer or trust.path.top.subject or "its root"
        accepted = any(
            c.outcome is Outcome.COMPLETED and c.local_role is role.other and c.certificate(role).leaf == leaf.sha256
            for c in view.connections
        )
        still = (
            " A handshake completed with it all the same: it is not verified there, or the list has changed since."
            if accepted
            else ""
        )
        yield Judgement(
            severity=Severity.WARNING if accepted or not view.trusted_is_whole else Severity.CRITICAL,
            confidence=Confidence.STRONG if view.trusted_is_whole else Confidence.INFERRED,
            subject=partner.node.name or "",
            explanation=f"{view.node.name} does not trust what {partner.node.name} presents as TLS {role}: its trusted CA list "
            f"lacks {missing}.{still}{_in_part(view)}",
            remedy=(append(f"{missing} and what stands below it", view.node.name),),
            evidence=(
                quote.quote_certificate(
                    leaf,
                    quote.store_file(partner.node, partner.expected_store(role)),
                    f"{partner.node.name} presents",
                ),
                *(quote.quote_certificate(c, None, "missing link") for c in trust.lacking[:3]),
            ),
        )


def ssh_tunnel_chain_not_trusted(view: NodeView) -> Iterator[Judgement]:
    """The zone is up and the tunnels are refused: the root is trusted, an intermediate is not in the list."""
    for core in view.partners:
        if not any(is_active(zone) for side in (view, core) for zone in side.traversal_zones):
            continue
        leaf = core.leaf_as_client
        evidence = (*denied(view)[0], *denied(core)[0])
        if leaf is None or not evidence or core.as_client(leaf).capable is not True:
            continue
        trust = trust_of(view, core, leaf, Side.CLIENT)
        if not trust.trusted or not trust.lacking:
            continue
        missing = ", ".join(_name(certificate) for certificate in trust.lacking)
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.STRONG,
            subject=core.node.name or "",
            explanation=f"The zone is Active, the Core's client certificate has clientAuth, and the SSH tunnels are refused: "
            f"{view.node.name} trusts the root but not the intermediate {missing}. The zone gets the intermediate sent; SSH "
            "wants the whole chain in the list.",
            remedy=(append(missing, view.node.name),),
            evidence=(*evidence, *(quote.quote_certificate(c, None, "not in the list") for c in trust.lacking)),
        )


def _is_public(view: NodeView, leaf: Certificate) -> bool:
    origin = view.case.origins.get(leaf.sha256)
    return origin is not None and origin.origin is CertificateOrigin.PUBLIC


def _is_private(view: NodeView, leaf: Certificate | None) -> bool:
    origin = view.case.origins.get(leaf.sha256) if leaf else None
    return origin is not None and origin.origin is CertificateOrigin.PRIVATE


def _quote_origin(view: NodeView, kind: str, leaf: Certificate) -> Evidence:
    reason = view.case.origins[leaf.sha256].reason
    return quote.quote_certificate(leaf, quote.store_file(view.node, kind), f"{kind} store, private because {reason}")


def all_private_ca(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 3: everything is signed by a private authority."""
    server, client = view.server_leaf, view.leaf_as_client
    if server is None or client is None or not (_is_private(view, server) and _is_private(view, client)):
        return
    yield Judgement(
        severity=Severity.WARNING if view.is_edge else Severity.INFO,
        confidence=Confidence.STRONG,
        subject=_name(server),
        explanation="Server and client certificate come from a private CA. "
        + (
            "Far ends must trust it before outbound TLS works, and clients of mobile and remote access are asked to accept "
            "the certificate unless their system trusts that CA; 78xx and 88xx phones can't be taught to."
            if view.is_edge
            else "On a Core that is common; every peer has to trust this CA."
        ),
        remedy=(
            Remedy(
                text="Use a public CA for the Edge's server certificate; keep the private one for the client store if needed.",
                command="Maintenance > Security > Server certificate",
                kind=RemedyKind.DURABLE,
            ),
        )
        if view.is_edge
        else (),
        evidence=(
            _quote_origin(view, "server", server),
            _quote_origin(view, "client" if view.has_two_stores else "server", client),
        ),
    )


def far_end_must_trust_private_ca(view: NodeView) -> Iterator[Judgement]:
    """What the Edge presents as a client comes from a private authority: the far end has to know it."""
    leaf = view.leaf_as_client
    if leaf is None or not _is_private(view, leaf):
        return
    shown = [c for c in view.connections if c.local_role is Side.CLIENT and c.client_certificate.leaf == leaf.sha256]
    refused = [
        c for c in shown if any(a.code in CHAIN_ALERTS and a.sender is Side.SERVER for a in c.handshake.alerts)
    ]
    accepted = sorted({c.peer.name for c in shown if c.outcome is Outcome.COMPLETED})
    severity = (
        Severity.CRITICAL
        if refused
        else Severity.WARNING
        if _is_private(view, view.server_leaf) and not accepted
        else Severity.INFO
    )
    proof = f" Handshakes that completed with it: {', '.join(accepted)}." if accepted else ""
    refusal = f" {refused[0].peer.name} refused it." if refused else ""
    yield Judgement(
        severity=severity,
        confidence=Confidence.STRONG if refused else Confidence.INFERRED,
        subject=_name(leaf),
        explanation="As a TLS client this Edge presents a certificate of a private CA. A far end that verifies it must have "
        f"imported that CA's root and intermediates.{refusal}{proof}",
        remedy=(
            Remedy(
                text="Have the far end import the CA. For Webex calls over SIP a Cisco document on Hybrid Call Service "
                "(2020-12-06) has it uploaded in Control Hub; whether that holds for other services is not known.",
                command="Control Hub: Certificates for Encrypted SIP Calls",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            _quote_origin(view, "client" if view.has_two_stores else "server", leaf),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
        ),
        count=max(1, len(refused)),
        connections=tuple(connection.id for connection in refused or shown),
    )


_SENT = (Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES)

RULES = (
    Rule(
        id="chain-incomplete-sent",
        title="The chain that was sent lacks an intermediate",
        severity=Severity.CRITICAL,
        judge=chain_incomplete_sent,
        needs=_SENT,
        sources=("W", "M"),
    ),
    Rule(
        id="chain-order-or-extra",
        title="The chain that was sent is out of order or has extra certificates",
        severity=Severity.INFO,
        judge=chain_order_or_extra,
        needs=_SENT,
        sources=("I",),
    ),
    Rule(
        id="trust-missing-own-issuer",
        title="The trusted CA list lacks the authority of the own certificate",
        severity=Severity.CRITICAL,
        judge=trust_missing_own_issuer,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.TRUSTED_LIST),
        sources=("S", "W", "T1", "MRA"),
    ),
    Rule(
        id="peer-ca-not-trusted",
        title="The peer's authority is not trusted here",
        severity=Severity.CRITICAL,
        judge=peer_ca_not_trusted,
        needs=((Need.LOG, Need.CAPTURE),),
        sources=("W", "M"),
    ),
    Rule(
        id="partner-ca-not-trusted",
        title="One end of the traversal zone does not trust the other's authority",
        severity=Severity.CRITICAL,
        judge=partner_ca_not_trusted,
        needs=(Need.TRUSTED_LIST, Need.PARTNER),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("MRA", "T1"),
    ),
    Rule(
        id="ssh-tunnel-chain-not-trusted",
        title="SSH tunnels are refused: an intermediate is missing in the trusted CA list",
        severity=Severity.CRITICAL,
        judge=ssh_tunnel_chain_not_trusted,
        needs=(Need.TRUSTED_LIST, Need.PARTNER, Need.STATUS),
        roles=(NodeRole.EDGE,),
        sources=("T1",),
    ),
    Rule(
        id="all-private-ca",
        title="All certificates come from a private CA",
        severity=Severity.WARNING,
        judge=all_private_ca,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("S", "P", "MRA", "W"),
    ),
    Rule(
        id="far-end-must-trust-private-ca",
        title="Far ends must trust the private CA of the client certificate",
        severity=Severity.CRITICAL,
        judge=far_end_must_trust_private_ca,
        needs=((Need.CLIENT_STORE, Need.SERVER_STORE),),
        roles=(NodeRole.EDGE,),
        sources=("S", "W"),
    ),
)

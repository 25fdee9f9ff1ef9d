"""Who trusts whom: what the other side presents, and the trusted CA list of the side that verifies it.

Trust is judged with the verifier's list and the chain presented to it (rules-amendments A8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from analyzer.correlate.chains import CertificationPath, Pool, build_path, is_self_signed
from analyzer.evidence import Certificate, Connection, Event, NodeRole, Outcome, Peer, PeerKind, Side
from analyzer.facts.alerts import UNKNOWN_CA
from analyzer.facts.errors import HANDSHAKE_FAILURE, REMOTE_DISCONNECT, VERIFY_FAILED
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.authorities import append_lacking, in_part, name_of, onboarding_ports
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.presented import partner_shows_instead, quote_shown, told_instead
from analyzer.rules.rule import WHO_REFUSED, Judgement, Need, Rule
from analyzer.rules.states import denied, is_active
from analyzer.rules.view import FAMILIAR, NOBODY, NodeView
from analyzer.rules.wording import ROLES
from analyzer.words import Words, listed, say, sentences

UNTRUSTED = ("issuer-missing", "self-signed", "self-signed-in-chain")
_NO_REASON = frozenset({None, VERIFY_FAILED, HANDSHAKE_FAILURE, REMOTE_DISCONNECT})
"""What a line says that gives no reason why a certificate was refused."""


def peer_ca_not_trusted(view: NodeView) -> Iterator[Judgement]:
    """This node refused a peer because it does not trust its authority."""
    elsewhere = onboarding_ports(view)
    peers: dict[Who, Peer] = {}
    groups: dict[Who, list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of(*UNTRUSTED):
        if alike.peer and alike.peer.kind in FAMILIAR:
            for told in (
                alike.where(lambda event: not _is_by_another_list(event, elsewhere)) if elsewhere else (alike,)
            ):
                groups[who_is(alike.peer)].append(told)
                peers.setdefault(who_is(alike.peer), alike.peer)
    alerts: dict[Who, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        role = connection.local_role
        if role is Side.SERVER and connection.handshake.server.port in elsewhere:
            continue
        refused = role and any(a.code == UNKNOWN_CA and a.sender is role for a in connection.handshake.alerts)
        if refused and connection.peer.kind in FAMILIAR and not _has_another_reason(view, connection):
            alerts[who_is(connection.peer)].append(connection)
            peers.setdefault(who_is(connection.peer), connection.peer)
    for who, peer in peers.items():
        judgement = _untrusted(view, peer, Lines(groups.get(who, [])), alerts.get(who, []))
        if judgement is not None:
            yield judgement


def _is_by_another_list(event: Event, ports: Collection[int]) -> bool:
    """Whether a caller came to a port where another list than the trusted CA list decides."""
    to = event.record.destination
    return event.record.local_role is Side.SERVER and to is not None and to.port in ports


def _has_another_reason(view: NodeView, connection: Connection) -> bool:
    """Whether the log gives another reason for the alert: a revocation list that is demanded and missing, say."""
    reasons = {event.record.error for event in view.log.of(connection) if event.record.alert is None}
    return reasons.isdisjoint(UNTRUSTED) and bool(reasons - _NO_REASON)


def _untrusted(view: NodeView, peer: Peer, events: Lines, connections: Sequence[Connection]) -> Judgement | None:
    shown = view.connections_by_id({*events.connections, *(connection.id for connection in connections)})
    chains = [chain for c in shown if c.peer_certificate and (chain := view.certificates(c.peer_certificate.chain))]
    path = build_path(chains[0][0], Pool((*chains[0], *view.trusted))) if chains else None
    trusted = set(view.node.stores.trusted or ())
    if path is not None and view.node.stores.trusted is not None and path.complete and path.top.sha256 in trusted:
        return None
    webex = peer.kind is PeerKind.WEBEX
    first, last = quote.span((*events.span, *(c.handshake.started for c in connections)))
    told = [len(alike) for alike in events.groups if alike.record.name.endswith("Negotiation Error")]
    return Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN if events or path is not None else Confidence.INFERRED,
        subject=peer.name,
        explanation=sentences(
            (
                say("This node refused {peer}: {found}.", peer=peer.name, found=_found(path, events)),
                say("The log says: {detail}.", detail=events[0].record.detail) if events else "",
            )
        ),
        remedy=(
            Remedy(
                text=say("Fetch the Webex certificates."),
                command="Expressway-E: Applications > Cloud certificate management > Get certificates",
                kind=RemedyKind.DURABLE,
            )
            if webex
            else append_lacking(
                view, [chain[0] for chain in chains[:1]], say("the authorities of {peer}", peer=peer.name)
            ),
        ),
        evidence=(
            *quote.quote_events(events),
            *(quote.quote_alert(c, a) for c in connections[: quote.MOST] for a in c.handshake.alerts),
            *(
                quote.quote_certificate(c, None, say("presented by the peer"))
                for c in (chains[0] if chains else ())[:3]
            ),
        ),
        count=max(len(connections), sum(told), 1),
        first=first,
        last=last,
        connections=tuple(shown),
        events=events,
    )


def _found(path: CertificationPath | None, events: Sequence[Event]) -> Words:
    """Say what the trusted CA list lacks, as far as the chain or the log tells."""
    if path is not None:
        return say(
            "its trusted CA list lacks {authority}",
            authority=path.missing_issuer or path.top.subject or say("its root"),
        )
    if events:
        return say("its trusted CA list lacks its authority; the chain itself is not in the capture")
    return say(
        "its trusted CA list seems to lack its authority. The chain itself is not to be seen, and the same alert is sent "
        "for an intermediate that the peer left out and for a revocation list that is missing"
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
        missing = trust.path.missing_issuer or trust.path.top.subject or say("its root")
        accepted = any(
            c.outcome is Outcome.COMPLETED and c.local_role is role.other and c.certificate(role).leaf == leaf.sha256
            for c in view.connections
        )
        still = (
            say(
                "A handshake completed with it all the same: it is not verified there, or the list has changed since."
            )
            if accepted
            else ""
        )
        instead = partner_shows_instead(view, partner, leaf, role)
        lacks = _lacks(view, partner, role, missing, instead)
        is_now = view.trusted_is_whole and instead is None
        yield Judgement(
            severity=Severity.CRITICAL if is_now and not accepted else Severity.WARNING,
            confidence=Confidence.STRONG if is_now else Confidence.INFERRED,
            subject=partner.node.name or "",
            explanation=sentences((lacks, still, in_part(view))),
            remedy=(append_lacking(view, (leaf,), missing),),
            evidence=(
                quote.quote_certificate(
                    leaf,
                    quote.store_file(partner.node, partner.expected_store(role)),
                    say("{node} presents", node=partner.node.name),
                ),
                *(quote.quote_certificate(c, None, say("missing link")) for c in trust.lacking[:3]),
                *(quote_shown(instead, role) if instead else ()),
            ),
            about=(NOBODY,) if instead else (),
        )


def _lacks(view: NodeView, partner: NodeView, role: Side, missing: str, instead: Connection | None) -> Words:
    names = {"verifier": view.node.name, "presenter": partner.node.name, "role": ROLES[role], "authority": missing}
    if instead is None:
        return say(
            "{verifier} does not trust what {presenter} presents as TLS {role}: its trusted CA list lacks {authority}.",
            **names,
        )
    would = say(
        "{verifier} would not trust what {presenter} would present as TLS {role} by the store rule: its trusted CA list lacks "
        "{authority}.",
        **names,
    )
    return sentences((told_instead(instead, role), would))


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
        missing = listed(name_of(certificate) for certificate in trust.lacking)
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.STRONG,
            subject=core.node.name or "",
            explanation=say(
                "The zone is Active, the Core's client certificate has clientAuth, and the SSH tunnels are refused: {edge} "
                "trusts the root but not the intermediate {missing}. The zone gets the intermediate sent; SSH wants the "
                "whole chain in the list.",
                edge=view.node.name,
                missing=missing,
            ),
            remedy=(append_lacking(view, (leaf,), missing),),
            evidence=(*evidence, *(quote.quote_certificate(c, None, say("not in the list")) for c in trust.lacking)),
        )


RULES = (
    Rule(
        id="peer-ca-not-trusted",
        title=say("The peer's authority is not trusted here"),
        meaning="Said when this node refused a peer because no path leads from the peer's certificate to its "
        "trusted CA list, as the log or the alert unknown_ca tells. The peer's root and intermediates are "
        "missing here; for Webex, Expressway can fetch them.",
        severity=Severity.CRITICAL,
        judge=peer_ca_not_trusted,
        needs=WHO_REFUSED,
        sources=("W", "M"),
    ),
    Rule(
        id="partner-ca-not-trusted",
        title=say("One end of the traversal zone does not trust the other's authority"),
        meaning="Said when the bundles of Core and Edge are both at hand and the trusted CA list of one of them "
        "does not lead to a root from what the other presents on the traversal zone. The zone fails there, "
        "whatever the usages of the certificates. A warning only, where a handshake completed all the same "
        "or the list was read in part.",
        severity=Severity.CRITICAL,
        judge=partner_ca_not_trusted,
        needs=(Need.TRUSTED_LIST, Need.PARTNER),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("MRA", "T1"),
    ),
    Rule(
        id="ssh-tunnel-chain-not-trusted",
        title=say("SSH tunnels are refused: an intermediate is missing in the trusted CA list"),
        meaning="Said when the traversal zone is Active and the Core's client certificate has clientAuth, yet the "
        "SSH tunnels are refused and the Edge's trusted CA list lacks an intermediate of that certificate. "
        "The zone gets the intermediate sent; SSH wants the whole chain in the list.",
        severity=Severity.CRITICAL,
        judge=ssh_tunnel_chain_not_trusted,
        needs=(Need.TRUSTED_LIST, Need.PARTNER, Need.STATUS),
        roles=(NodeRole.EDGE,),
        sources=("T1",),
    ),
)

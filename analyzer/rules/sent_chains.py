"""The chain that a node sends with its own certificate, and the list that it takes the intermediates from.

Leaving the root out of a chain is right, and a leaf signed directly by a root is healthy (rules-amendments A4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from analyzer.correlate.chains import CertificationPath, Pool, build_path, chain_order, is_self_signed
from analyzer.evidence import Certificate, CertificateOrigin, Connection, Peer, Side, Visibility
from analyzer.facts.public_roots import public_roots
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import CHAIN_ALERTS, append_lacking, in_part, name_of
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import ROLES, store_name
from analyzer.text import common_name_of, said_serial
from analyzer.words import Words, both, itemized, listed, say, sentences

ChainSent = tuple[Peer, Side, tuple[Certificate, ...], Sequence[Connection]]


def _chains_sent(view: NodeView) -> tuple[ChainSent, ...]:
    """Return what this node sent as its own chain, grouped by peer, role and chain."""
    return view.once(_grouped_by_chain)


def _grouped_by_chain(view: NodeView) -> tuple[ChainSent, ...]:
    groups: dict[tuple[Who, Side, tuple[str, ...]], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        shown = connection.local_certificate
        if connection.local_role and shown and shown.visibility is Visibility.SEEN and shown.chain:
            groups[who_is(connection.peer), connection.local_role, shown.chain].append(connection)
    return tuple(
        (connections[0].peer, role, chain, connections)
        for (_, role, ids), connections in groups.items()
        if len(chain := view.certificates(ids)) == len(ids)
    )


def _is_public(view: NodeView, leaf: Certificate) -> bool:
    origin = view.case.origins.get(leaf.sha256)
    return origin is not None and origin.origin is CertificateOrigin.PUBLIC


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
        missing: str = listed(name_of(certificate) for certificate in order.missing)
        lacking, confidence = say("the intermediate {name}", name=missing), Confidence.PROVEN
        if not order.missing:
            if len(order.path) > 1 or order.missing_issuer is None or is_self_signed(order.path[0]):
                continue
            if order.missing_issuer in public_roots().by_subject:
                continue
            # Nothing at hand says whether the issuer is a root, whose absence would be right (A4). A public CA
            # never issues from one (CA/Browser Forum baseline requirements, 6.1.7); of a private one that our own
            # list lacks, too, a refusal suggests it.
            public = _is_public(view, order.path[0])
            if not public and not (refused and view.node.stores.trusted is not None and view.trusted_is_whole):
                continue
            missing = common_name_of(order.missing_issuer) or order.missing_issuer
            confidence = Confidence.STRONG if public and refused else Confidence.INFERRED
            lacking = (
                say("the intermediate {name}", name=missing)
                if public
                else say("its issuer {name}, which its own list lacks, too", name=missing)
            )
        shown = refused or connections
        yield Judgement(
            severity=Severity.CRITICAL if refused else Severity.WARNING,
            confidence=confidence,
            subject=peer.name,
            explanation=sentences(
                (
                    _sent_without(lacking, peer, role, order.path),
                    say("{peer} then refused the chain.", peer=peer.name) if refused else "",
                )
            ),
            remedy=(append_lacking(view, order.path[:1], missing),),
            evidence=(
                *(row for c in shown[: quote.MOST] for row in quote.quote_certificate_frame(c, role)),
                *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
                *(quote.quote_certificate(c, None, say("not sent")) for c in order.missing),
            ),
            count=len(shown),
            first=shown[0].handshake.started,
            last=shown[-1].handshake.started,
            connections=tuple(shown),
        )


def _sent_without(lacking: Words, peer: Peer, role: Side, path: Sequence[Certificate]) -> Words:
    return say(
        "As TLS {role} towards {peer} it sent {chain} without {lacking}. Expressway sends the intermediates that its trusted "
        "CA list holds.",
        role=ROLES[role],
        peer=peer.name,
        chain=" → ".join(name_of(c) for c in path),
        lacking=lacking,
    )


def chain_order_or_extra(view: NodeView) -> Iterator[Judgement]:
    """The chain sent is out of order, or holds certificates that do not belong to it."""
    for peer, role, chain, connections in _chains_sent(view):
        order = chain_order(chain, view.known_authorities)
        if order.in_order:
            continue
        extra = listed(name_of(c) for c in order.extra)
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=peer.name,
            explanation=sentences(
                (
                    say(
                        "The chain sent as TLS {role} is {chain}: out of order, or with certificates that do not belong to it.",
                        role=ROLES[role],
                        chain=" → ".join(name_of(c) for c in chain),
                    ),
                    say("Not part of it: {names}.", names=extra) if extra else "",
                    say("Some peers refuse such a chain."),
                )
            ),
            evidence=quote.quote_certificate_frame(connections[0], role),
            count=len(connections),
            connections=tuple(connections),
        )


def trust_missing_own_issuer(view: NodeView) -> Iterator[Judgement]:
    """The node's trusted CA list lacks the authority of its own certificates; one that both need is told once."""
    stores = {
        "server": (view.server_leaf, view.node.stores.server),
        "client": (view.client_leaf, view.node.stores.client),
    }
    trusted = set(view.node.stores.trusted or ())
    told = set()
    lacking: dict[object, dict[str, CertificationPath]] = defaultdict(dict)
    for kind, (leaf, ids) in stores.items():
        if leaf is None or leaf.sha256 in told or is_self_signed(leaf):
            continue
        told.add(leaf.sha256)
        path = build_path(leaf, Pool((*view.certificates(ids or ()), *view.trusted)))
        if not path.complete:
            lacking[path.missing_issuer, path.top.authority_key_identifier][kind] = path
        elif path.top.sha256 not in trusted:
            lacking[path.top.sha256][kind] = path
    for paths in lacking.values():
        yield _own_issuer_missing(view, paths)


def _own_issuer_missing(view: NodeView, paths: Mapping[str, CertificationPath]) -> Judgement:
    """Judge one authority that the list lacks, by the paths that need it and the stores that they are of."""
    path = next(iter(paths.values()))
    missing = common_name_of(path.missing_issuer or path.top.subject) or say("the root")
    lookalikes = [
        say("{name}, serial {serial}", name=name_of(c), serial=said_serial(c.serial)) for c in path.lookalikes[:3]
    ]
    twin = (
        say("It holds another certificate of that name with another key: {twins}.", twins=itemized(lookalikes))
        if lookalikes
        else ""
    )
    incomplete = _is_cut_short(view, {one.leaf.sha256 for one in paths.values()})
    return Judgement(
        severity=Severity.CRITICAL if incomplete else Severity.WARNING,
        confidence=Confidence.PROVEN if view.trusted_is_whole else Confidence.INFERRED,
        subject=say(
            "{name} ({where})", name=name_of(path.leaf), where=both(store_name(view, kind) for kind in paths)
        ),
        title=_what_is_missing(view.node.name or say("This node"), missing, incomplete=incomplete),
        explanation=sentences((_who_needs(view, missing, tuple(paths)), twin, in_part(view), _one_list(view))),
        remedy=(append_lacking(view, [one.leaf for one in paths.values()], missing),),
        evidence=(
            *(
                quote.quote_certificate(p.leaf, quote.store_file(view.node, k), store_name(view, k))
                for k, p in paths.items()
            ),
            *(
                quote.quote_certificate(c, quote.store_file(view.node, "ca"), say("same name, other key"))
                for c in path.lookalikes[:3]
            ),
        ),
    )


def _is_cut_short(view: NodeView, leaves: Collection[str]) -> bool:
    """Whether the capture shows one of these certificates with a chain that lacks an intermediate."""
    cut_short = {connection.id for judgement in chain_incomplete_sent(view) for connection in judgement.connections}
    return any(
        connection.id in cut_short and shown.leaf in leaves
        for connection in view.connections
        if (shown := connection.local_certificate)
    )


def _what_is_missing(node: str, missing: str, *, incomplete: bool) -> Words:
    if incomplete:
        return say("{node} sends an incomplete chain: {name} is not in its trusted CA list", node=node, name=missing)
    return say(
        "The chain of {node}'s certificate needs {name}, which is not in its trusted CA list", node=node, name=missing
    )


def _who_needs(view: NodeView, missing: str, kinds: Sequence[str]) -> Words:
    if len(kinds) > 1:
        return say(
            "The trusted CA list lacks {name}, which the chains of both stores' certificates need.", name=missing
        )
    if not view.has_two_stores:
        return say(
            "The trusted CA list lacks {name}, which the chain of the {store}'s certificate needs.",
            name=missing,
            store=store_name(view, kinds[0]),
        )
    return say(
        "The trusted CA list lacks {name}, which the {kind} certificate's chain needs.",
        name=missing,
        kind=ROLES[kinds[0]],
    )


def _one_list(view: NodeView) -> Words:
    if view.has_two_stores:
        return say("One list serves both stores; the intermediates that Expressway sends come from it.")
    return say("The intermediates that Expressway sends come from this list.")


_SENT = (Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES)

RULES = (
    Rule(
        id="chain-incomplete-sent",
        title=say("The chain that was sent lacks an intermediate"),
        meaning="Said when the chain that this node sent lacks an intermediate; a chain without its root is right "
        "and is not reported. Expressway takes the intermediates from its own trusted CA list. Critical "
        "where a known peer then refused the chain: it does not hold the missing one either.",
        severity=Severity.CRITICAL,
        judge=chain_incomplete_sent,
        needs=_SENT,
        sources=("W", "M"),
    ),
    Rule(
        id="chain-order-or-extra",
        title=say("The chain that was sent is out of order or has extra certificates"),
        meaning="Said when the chain that this node sent is out of order, or holds certificates that do not belong "
        "to it. Some peers refuse such a chain; most do not mind.",
        severity=Severity.INFO,
        judge=chain_order_or_extra,
        needs=_SENT,
        sources=("I",),
        is_context=True,
    ),
    Rule(
        id="trust-missing-own-issuer",
        title=say("The trusted CA list lacks an authority of the node's own certificates"),
        meaning="Said when a node's own trusted CA list does not lead from its server or client certificate to a "
        "root. One list serves both stores, and the intermediates that Expressway sends come from it, so "
        "that peers may get a chain that is cut short. Critical where such a chain was seen.",
        severity=Severity.CRITICAL,
        judge=trust_missing_own_issuer,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.TRUSTED_LIST),
        sources=("S", "W", "T1", "MRA"),
    ),
)

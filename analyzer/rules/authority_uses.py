"""Who needs an authority of the trusted CA list: paths of peers, of partners, and the chain that is sent.

A path prefers authorities that are in date, as OpenSSL does; what is left on one has no substitute in the list (rules-amendments A8: judged with the verifier's list).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.correlate.chains import Pool, build_path, is_self_signed
from analyzer.evidence import Certificate, Connection, Outcome, Side
from analyzer.facts.alerts import CERTIFICATE_EXPIRED
from analyzer.rules.alike import Lines
from analyzer.rules.authorities import CHAIN_ALERTS
from analyzer.rules.own_certificates import own_certificates, reception
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.view import FAMILIAR, NOBODY, TRAVERSAL, NodeView
from analyzer.words import Words, say

_REFUSED_CODES = CHAIN_ALERTS | {CERTIFICATE_EXPIRED}

OutOfDate = Callable[[Certificate, datetime], bool]


class Use(Struct, frozen=True):
    """A path that needs an authority.

    Attributes:
        what: whose path, in words.
        connections: in which it was verified, or presented.
        refused: of these, the ones that a verifier refused for its dates or its chain.
        accepted: of these, the ones that completed while the authority was out of its dates.
        verified_here: whether this node is the verifier; else its peers are, whose lists are not known.
    """

    what: Words
    connections: tuple[Connection, ...] = ()
    refused: tuple[Connection, ...] = ()
    accepted: tuple[Connection, ...] = ()
    events: Lines = Lines()
    verified_here: bool = True
    about: tuple[str, ...] = ()


def uses_of(view: NodeView, outdated: Mapping[str, Certificate], is_out: OutOfDate) -> Iterator[tuple[str, Use]]:
    """Yield the uses of authorities that are out of date, each with the authority's id."""
    yield from _of_peers(view, outdated, is_out)
    yield from _of_partners(view, outdated)
    yield from _of_own(view, outdated)


def _of_peers(view: NodeView, outdated: Mapping[str, Certificate], is_out: OutOfDate) -> Iterator[tuple[str, Use]]:
    """Yield what the paths of familiar peers, as they presented them, need."""
    groups: dict[tuple[Who, tuple[str, ...]], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        shown = connection.peer_certificate
        if shown is not None and shown.chain and connection.peer.kind in FAMILIAR:
            groups[who_is(connection.peer), shown.chain].append(connection)
    for ((_, peer), chain), connections in groups.items():
        for authority in _needed(view, view.certificates(chain), outdated):
            yield (
                authority.sha256,
                Use(
                    say("what {name} presents", name=peer),
                    connections=tuple(connections),
                    refused=tuple(c for c in connections if _is_refused_here(c)),
                    accepted=tuple(
                        c
                        for c in connections
                        if c.outcome is Outcome.COMPLETED and is_out(authority, c.handshake.started)
                    ),
                ),
            )


def _is_refused_here(connection: Connection) -> bool:
    return connection.outcome is Outcome.REFUSED and connection.refused_by is connection.local_role


def _of_partners(view: NodeView, outdated: Mapping[str, Certificate]) -> Iterator[tuple[str, Use]]:
    """Yield what the partners' stores need where no connection shows what they present."""
    role = Side.CLIENT if view.is_edge else Side.SERVER
    for partner in view.partners:
        leaf = partner.expected_leaf(role)
        if leaf is None or any(
            c.peer_certificate and c.peer_certificate.leaf == leaf.sha256 for c in view.connections
        ):
            continue
        stores = partner.node.stores
        held = stores.client if role is Side.CLIENT and partner.has_two_stores else stores.server
        pool = Pool((*partner.certificates(held or ()), *partner.trusted))
        own = build_path(leaf, pool, view.node.reference_time.time)
        sent = tuple(c for c in own.certificates if not is_self_signed(c))
        for authority in _needed(view, sent, outdated):
            yield authority.sha256, Use(say("what {name} presents", name=partner.node.name), about=(TRAVERSAL,))


def _of_own(view: NodeView, outdated: Mapping[str, Certificate]) -> Iterator[tuple[str, Use]]:
    """Yield the intermediates that this node sends with its own certificates; a root is the verifier's matter."""
    for own in own_certificates(view):
        received = reception(view, own.certificate, _REFUSED_CODES)
        for authority in _needed(view, (own.certificate,), outdated):
            if is_self_signed(authority):
                continue
            yield (
                authority.sha256,
                Use(
                    say("the chain that is sent with the certificate of {where}", where=own.where),
                    connections=received.shown,
                    refused=received.refused,
                    accepted=received.accepted,
                    events=received.lines,
                    verified_here=False,
                    about=() if received.shown or received.lines else (NOBODY,),
                ),
            )


def _needed(
    view: NodeView, chain: Sequence[Certificate], outdated: Mapping[str, Certificate]
) -> tuple[Certificate, ...]:
    """Return the outdated authorities of the list on the best path of a chain."""
    if not chain:
        return ()
    path = build_path(chain[0], Pool((*chain, *view.trusted)), view.node.reference_time.time)
    return tuple(outdated[c.sha256] for c in path.certificates[1:] if c.sha256 in outdated)

"""Authorities of the trusted CA list that are out of their dates: grave where a path in use needs them.

Lists in the field hold dozens of expired roots that nobody uses. A path prefers authorities that are in date, as
OpenSSL does; what is left on one has no substitute in the list (rules-amendments A8: judged with the verifier's list).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.correlate.chains import Pool, build_path, is_self_signed
from analyzer.evidence import Certificate, Connection, Outcome, Side
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import CHAIN_ALERTS, TRUSTED_CA, name_of
from analyzer.rules.own_certificates import own_certificates, reception
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.presented_dates import has_expired, is_not_yet_valid
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NOBODY, TRAVERSAL, NodeView

LIST = "trusted CA list"
CERTIFICATE_EXPIRED = 45
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

    what: str
    connections: tuple[Connection, ...] = ()
    refused: tuple[Connection, ...] = ()
    accepted: tuple[Connection, ...] = ()
    events: tuple[str, ...] = ()
    verified_here: bool = True
    about: tuple[str, ...] = ()


def trust_ca_expired(view: NodeView) -> Iterator[Judgement]:
    """Authorities of the list that have expired."""
    yield from _out_of_date(view, has_expired, lambda c: f"expired on {c.not_after:%Y-%m-%d}", "expired")


def trust_ca_not_yet_valid(view: NodeView) -> Iterator[Judgement]:
    """Authorities of the list that are not valid yet."""
    yield from _out_of_date(
        view, is_not_yet_valid, lambda c: f"is not valid before {c.not_before:%Y-%m-%d}", "not yet valid"
    )


def _out_of_date(
    view: NodeView, is_out: OutOfDate, dates: Callable[[Certificate], str], word: str
) -> Iterator[Judgement]:
    time = view.node.reference_time.time
    if time is None:
        return
    outdated = {certificate.sha256: certificate for certificate in view.trusted if is_out(certificate, time)}
    if not outdated:
        return
    uses: dict[str, list[Use]] = defaultdict(list)
    for identity, use in (
        *_of_peers(view, outdated, is_out),
        *_of_partners(view, outdated),
        *_of_own(view, outdated),
    ):
        uses[identity].append(use)
    for identity, found in uses.items():
        yield _used(view, outdated[identity], found, dates(outdated[identity]))
    unused = [certificate for identity, certificate in outdated.items() if identity not in uses]
    if unused:
        file = quote.store_file(view.node, "ca")
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=LIST,
            explanation=f"{len(unused)} of the list's authorities are {word}. No path that the evidence shows needs them.",
            evidence=tuple(quote.quote_certificate(c, file, dates(c)) for c in unused[: quote.MOST]),
            count=len(unused),
            about=(NOBODY,),
        )


def _used(view: NodeView, authority: Certificate, uses: Sequence[Use], dates: str) -> Judgement:
    refused = [connection for use in uses for connection in use.refused]
    is_refused = bool(refused or any(use.events for use in uses))
    # What nobody here verifies, or what was accepted all the same, works as far as anybody knows.
    is_grave = is_refused or any(use.verified_here and not use.accepted for use in uses)
    accepted = sorted({c.peer.name for use in uses for c in use.accepted})
    shown = refused or [connection for use in uses for connection in use.connections]
    first, last = quote.span(connection.handshake.started for connection in shown)
    return Judgement(
        severity=Severity.CRITICAL if is_grave else Severity.WARNING,
        confidence=Confidence.PROVEN
        if refused
        else Confidence.STRONG
        if any(u.verified_here for u in uses)
        else Confidence.INFERRED,
        subject=name_of(authority),
        explanation=f"{name_of(authority)} in the trusted CA list {dates}, and the list has no other authority in date in its "
        f"place. It is needed for {', '.join(dict.fromkeys(use.what for use in uses))}."
        + (" A verifier refused such a chain." if is_refused else "")
        + (f" Handshakes with {', '.join(accepted[:6])} completed all the same." if accepted else ""),
        remedy=(
            Remedy(
                text="Append the authority's current certificate, then remove the old one. Check that the next handshake "
                "completes.",
                command=f"{TRUSTED_CA} > Append CA certificate",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            quote.quote_certificate(authority, quote.store_file(view.node, "ca"), LIST),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
        ),
        count=max(1, len(refused)),
        first=first,
        last=last,
        connections=tuple(connection.id for connection in shown),
        events=tuple(event for use in uses for event in use.events),
        about=tuple(name for use in uses for name in use.about),
    )


def _of_peers(view: NodeView, outdated: dict[str, Certificate], is_out: OutOfDate) -> Iterator[tuple[str, Use]]:
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
                    f"what {peer} presents",
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


def _of_partners(view: NodeView, outdated: dict[str, Certificate]) -> Iterator[tuple[str, Use]]:
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
        own = build_path(leaf, Pool((*partner.certificates(held or ()), *partner.trusted)))
        sent = tuple(c for c in own.certificates if not is_self_signed(c))
        for authority in _needed(view, sent, outdated):
            yield authority.sha256, Use(f"what {partner.node.name} presents", about=(TRAVERSAL,))


def _of_own(view: NodeView, outdated: dict[str, Certificate]) -> Iterator[tuple[str, Use]]:
    """Yield the intermediates that this node sends with its own certificates; a root is the verifier's matter."""
    for own in own_certificates(view):
        received = reception(view, own.certificate, _REFUSED_CODES)
        for authority in _needed(view, (own.certificate,), outdated):
            if is_self_signed(authority):
                continue
            yield (
                authority.sha256,
                Use(
                    f"the chain that is sent with the certificate of {own.where}",
                    connections=received.shown,
                    refused=received.refused,
                    accepted=received.accepted,
                    events=received.events,
                    verified_here=False,
                    about=() if received.shown or received.lines else (NOBODY,),
                ),
            )


def _needed(
    view: NodeView, chain: Sequence[Certificate], outdated: dict[str, Certificate]
) -> tuple[Certificate, ...]:
    """Return the outdated authorities of the list on the best path of a chain."""
    if not chain:
        return ()
    path = build_path(chain[0], Pool((*chain, *view.trusted)), view.node.reference_time.time)
    return tuple(outdated[c.sha256] for c in path.certificates[1:] if c.sha256 in outdated)


_NEEDS = (Need.TRUSTED_LIST, Need.REFERENCE_TIME)

RULES = (
    Rule(
        id="trust-ca-expired",
        title="An authority in the trusted CA list has expired",
        severity=Severity.CRITICAL,
        judge=trust_ca_expired,
        needs=_NEEDS,
        sources=("MRA", "I"),
        meaning="The list holds authorities that are past their dates. Grave where a path in use has no other authority to go "
        "by; those that nobody uses are one row for information.",
    ),
    Rule(
        id="trust-ca-not-yet-valid",
        title="An authority in the trusted CA list is not valid yet",
        severity=Severity.CRITICAL,
        judge=trust_ca_not_yet_valid,
        needs=_NEEDS,
        sources=("MRA", "I"),
        meaning="The list holds authorities whose dates have not begun at the time that is judged. Grave where a path in use "
        "needs one; a wrong clock looks the same.",
    ),
)

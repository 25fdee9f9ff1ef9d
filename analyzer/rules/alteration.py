"""A certificate that did not arrive as it was presented: somebody in between ends TLS and begins it anew.

A box that inspects TLS makes two connections of one, so that the ClientHellos at its sides differ; it mostly keeps
addresses and ports. What a client received is compared with what the server's own capture shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum

from msgspec import Struct

from analyzer.correlate.stores import store_of
from analyzer.evidence import Certificate, Connection, Outcome, Side, Store, Visibility
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.both_ends import Elsewhere, quote_hello, seen_elsewhere
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView

_FAILED = frozenset({Outcome.REFUSED, Outcome.CLOSED})
_NOTHING_CAME = frozenset({Visibility.NONE_SENT, Visibility.NOT_REQUESTED})
_MOST_QUOTED = 3
_NEAR = timedelta(seconds=5)
"""Between a connection to a box in between and the one that the box makes of it."""


class How(Enum):
    """What shows that a certificate was altered."""

    DIFFERS = "another certificate arrived"
    LOST = "no certificate arrived"
    FROM_ADDRESS = "the connection itself is not in both captures"
    HIDDEN = "another ClientHello arrived, and the certificates cannot be seen"


class Alteration(Struct, frozen=True):
    """A connection on which another certificate arrived than was presented.

    Attributes:
        there: the connection at the other end; `FROM_ADDRESS`: one that shows what the other end presents.
        received, presented: None where none arrived, or where it cannot be seen.
    """

    how: How
    here: Connection
    there: Connection
    received: Certificate | None
    presented: Certificate | None

    @property
    def has_failed(self) -> bool:
        """Whether the connection came to nothing at one of its ends."""
        return self.here.outcome in _FAILED or (self.how is not How.FROM_ADDRESS and self.there.outcome in _FAILED)


Found = dict[str | None, list[Alteration]]


def certificate_altered(view: NodeView) -> Iterator[Judgement]:
    """What this node received is not what the other end presented."""
    found = _found(view)
    for other in view.others:
        alterations = found.get(other.node.name, [])
        shown = [one for one in alterations if one.how in {How.DIFFERS, How.LOST}]
        likely = [one for one in alterations if one.how is How.FROM_ADDRESS]
        if shown:
            yield _judgement(view, other, shown, Confidence.PROVEN)
        elif likely:
            yield _judgement(view, other, likely, Confidence.STRONG)
        elif alterations:
            several = len(alterations) > 1
            yield _judgement(view, other, alterations, Confidence.STRONG if several else Confidence.INFERRED)


def _found(view: NodeView) -> Found:
    found: Found = defaultdict(list)
    for seen in seen_elsewhere(view):
        how = _on_matched(seen)
        if how is not None:
            leaves = (shown.certificate(_presenter(seen.here)).leaf for shown in (seen.here, seen.there))
            received, presented = (view.case.certificates.get(leaf or "") for leaf in leaves)
            found[seen.other.node.name].append(Alteration(how, seen.here, seen.there, received, presented))
    matched = {id_ for pair in view.case.pairs for twin in pair.twins for id_ in (twin.first, twin.second)}
    unmatched = [c for c in view.connections if c.local_role is Side.CLIENT and c.id not in matched]
    nodes = _by_address(view) if unmatched else {}
    served = {other.node.name: _Served.of(other, matched) for other in nodes.values()}
    for connection in unmatched:
        other = nodes.get(connection.handshake.server.address)
        alteration = _from_address(view, connection, other, served[other.node.name]) if other else None
        if other and alteration:
            found[other.node.name].append(alteration)
    return found


def _on_matched(seen: Elsewhere) -> How | None:
    """Compare what both ends show of one connection."""
    role, there = seen.here.local_role, seen.there
    if role is None or there.local_role is not role.other:
        return None
    got, sent = seen.here.certificate(role.other), there.certificate(role.other)
    if got.leaf and sent.leaf:
        return How.DIFFERS if got.leaf != sent.leaf else None
    if seen.same_hello:
        return None
    if sent.leaf and got.visibility in _NOTHING_CAME:
        return How.LOST
    return None if _is_told_by_the_other(seen.here, there, role) else How.HIDDEN


def _presenter(connection: Connection) -> Side:
    """Return the side whose certificate a node received."""
    return Side.SERVER if connection.local_role is Side.CLIENT else Side.CLIENT


def _is_told_by_the_other(here: Connection, there: Connection, role: Side) -> bool:
    """Whether what this node presented did not arrive there: then that node says so."""
    sent, got = here.certificate(role).leaf, there.certificate(role).leaf
    return sent is not None and got is not None and sent != got


def _from_address(view: NodeView, here: Connection, other: NodeView, served: _Served) -> Alteration | None:
    """Compare what came from a server's address with what the server's own capture shows it to present just then.

    Its stores must not hold it, and another issuer must have signed it: an old certificate is not an altered one.
    """
    received = view.case.certificates.get(here.server_certificate.leaf or "")
    if received is None or received.sha256 in served.leaves:
        return None
    there = served.near(here, _clock_of(view, other))
    presented = view.case.certificates.get(there.server_certificate.leaf or "") if there else None
    if there is None or presented is None or received.issuer == presented.issuer:
        return None
    is_foreign = store_of(received.sha256, other.node.stores) is Store.NEITHER and not _is_held(view, received)
    return Alteration(How.FROM_ADDRESS, here, there, received, presented) if is_foreign else None


def _by_address(view: NodeView) -> Mapping[str, NodeView]:
    """Return the other nodes by their addresses; one that two of them have tells nothing."""
    holders: dict[str, list[NodeView]] = defaultdict(list)
    for other in view.others:
        for address in other.node.addresses if other.node.host != view.node.host else ():
            holders[address].append(other)
    return {address: found[0] for address, found in holders.items() if len(found) == 1}


class _Served(Struct, frozen=True):
    """What a node's own capture shows it to present as server.

    Attributes:
        unmatched: connections that no other capture shows, by port and name asked for, in the order of their start.
        leaves: all that it presented.
    """

    unmatched: Mapping[tuple[int, str | None], Sequence[Connection]]
    leaves: frozenset[str]

    @classmethod
    def of(cls, view: NodeView, matched: Container[str]) -> _Served:
        unmatched: dict[tuple[int, str | None], list[Connection]] = defaultdict(list)
        leaves = set()
        for connection in view.connections:
            leaf = connection.server_certificate.leaf
            if connection.local_role is Side.SERVER and leaf:
                leaves.add(leaf)
                if connection.id not in matched:
                    unmatched[_service(connection)].append(connection)
        return cls(unmatched, frozenset(leaves))

    def near(self, connection: Connection, clock: timedelta) -> Connection | None:
        """Return a connection that began when another one did, on its port and for its name."""
        candidates = self.unmatched.get(_service(connection), ())
        time = connection.handshake.started + clock
        index = bisect_left(candidates, time - _NEAR, key=lambda candidate: candidate.handshake.started)
        found = candidates[index] if index < len(candidates) else None
        return found if found is not None and found.handshake.started <= time + _NEAR else None


def _service(connection: Connection) -> tuple[int, str | None]:
    return connection.handshake.server.port, connection.handshake.server_name


def _is_held(view: NodeView, certificate: Certificate) -> bool:
    """Whether some node of the case presents it: then that one answered."""
    return any(
        certificate.sha256 in (store or ())[:1]
        for other in (view, *view.others)
        for store in (other.node.stores.server, other.node.stores.client)
    )


def _clock_of(view: NodeView, other: NodeView) -> timedelta:
    """Return by how much another node's capture is ahead; nothing, where no connection measures it."""
    for pair in view.case.pairs:
        if (pair.first, pair.second) == (view.node.name, other.node.name):
            return timedelta(seconds=pair.offset.seconds)
        if (pair.second, pair.first) == (view.node.name, other.node.name):
            return timedelta(seconds=-pair.offset.seconds)
    return timedelta(0)


def _judgement(
    view: NodeView, other: NodeView, alterations: Sequence[Alteration], confidence: Confidence
) -> Judgement:
    newest = alterations[-1]
    failed = any(alteration.has_failed for alteration in alterations) and confidence is not Confidence.INFERRED
    first, last = quote.span(alteration.here.handshake.started for alteration in alterations)
    ports = sorted({alteration.here.handshake.server.port for alteration in alterations})
    return Judgement(
        severity=Severity.CRITICAL if failed else Severity.WARNING,
        confidence=confidence,
        subject=other.node.name or "the loose capture",
        explanation=f"{_what(view, other, newest)} A firewall or proxy between them inspects TLS. Do not import the CA "
        "that it signs with: it would then be trusted to stand in for every peer, and it can still not pass on the "
        "client certificate that the other end asks for.",
        remedy=(
            Remedy(
                text=f"Exempt the connections between {view.node.name} and {other.node.name} (port "
                f"{', '.join(map(str, ports))}) from TLS inspection in the firewall or proxy between them. Then capture at "
                "both ends again: both must show the same serial.",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=tuple(row for one in alterations[-_MOST_QUOTED:] for row in _quote(view, other, one)),
        count=len(alterations),
        first=first,
        last=last,
        connections=tuple(alteration.here.id for alteration in alterations),
    )


def _what(view: NodeView, other: NodeView, alteration: Alteration) -> str:
    here, there = view.node.name, other.node.name
    received, presented = (
        f"serial {certificate.serial}, issued by {certificate.issuer}" if certificate else "a certificate"
        for certificate in (alteration.received, alteration.presented)
    )
    match alteration.how:
        case How.DIFFERS:
            return f"{there} presented {presented}; on the same connection {here} received {received}."
        case How.LOST:
            return f"{there} presented {presented}; on the same connection {here} received no certificate."
        case How.FROM_ADDRESS:
            return (
                f"{here} received {received}, from the address of {there}. {there} holds it in no store; its own capture "
                f"shows that on a connection of that moment to that port it presented {presented}."
            )
        case How.HIDDEN:
            return (
                f"Of one TCP connection, told by its addresses, ports and time, {here} and {there} show different "
                "ClientHellos: TLS is ended in between and begun anew. The certificates cannot be seen at both ends."
            )


def _quote(view: NodeView, other: NodeView, alteration: Alteration) -> tuple[Evidence, ...]:
    ends = (alteration.here, alteration.there)
    if alteration.how is How.HIDDEN:
        return tuple(row for connection in ends for row in quote_hello(connection))
    side = _presenter(alteration.here)
    rows = [row for connection in ends for row in quote.quote_certificate_frame(connection, side)]
    for certificate, what in (
        (alteration.received, f"received by {view.node.name}"),
        (alteration.presented, f"presented by {other.node.name}"),
    ):
        if certificate is not None:
            rows.append(quote.quote_certificate(certificate, None, what))
    return tuple(rows)


RULES = (
    Rule(
        id="certificate-altered-between-ends",
        title="A certificate does not arrive as it was presented",
        severity=Severity.CRITICAL,
        judge=certificate_altered,
        needs=(Need.HANDSHAKE, Need.LOCAL_ADDRESSES, Need.OTHER_END),
        sources=("W", "I"),
        meaning="Said when the captures of both ends of a connection show different certificates, or when a node received "
        "one from another node's address that this one neither holds nor presents. Something in between inspects TLS; "
        "importing its CA is no cure.",
    ),
)

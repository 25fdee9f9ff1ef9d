"""One connection in the captures of two nodes: what that says of their clocks and of the way between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from analyzer.correlate.clock import LEAST_JOINS
from analyzer.evidence import Connection, Endpoint, NodePair, Step, Twin
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.validity import SKEW_SECONDS
from analyzer.rules.view import NodeView

_RESENT = 60.0
"""Seconds by which a lost ClientHello can come late: it is sent again, and a client gives up before."""
_SAME = 0.001
_MOST_ADDRESSES = 3


class Elsewhere(Struct, frozen=True):
    """A connection of a node as another node's capture shows it; `same_hello` as in `Twin`."""

    view: NodeView
    connection: Connection
    same_hello: bool


def seen_elsewhere(view: NodeView) -> Mapping[str, Sequence[Elsewhere]]:
    """Return, by the id of each of a node's connections that others saw, how they did."""
    found: dict[str, list[Elsewhere]] = defaultdict(list)
    others = {other.node.name: other for other in view.others}
    for pair in view.case.pairs:
        is_first = pair.first == view.node.name
        other = others.get(pair.second if is_first else pair.first)
        if other is None or view.node.name not in {pair.first, pair.second}:
            continue
        known = {connection.id: connection for connection in other.connections}
        for twin in pair.twins:
            here, there = (twin.first, twin.second) if is_first else (twin.second, twin.first)
            if there in known:
                found[here].append(Elsewhere(other, known[there], twin.same_hello))
    return found


def _pairs(view: NodeView) -> Iterator[tuple[NodePair, str]]:
    """Yield the pairs that a node stands first in, each with the other's name: both ends need not say it."""
    for pair in view.case.pairs:
        if pair.first == view.node.name:
            yield pair, pair.second or "the loose capture"


def connection_seen_at_both_ends(view: NodeView) -> Iterator[Judgement]:
    """The same connections are in two captures."""
    elsewhere = seen_elsewhere(view)
    connections = {connection.id: connection for connection in view.connections}
    for pair, other in _pairs(view):
        same = [twin for twin in pair.twins if twin.same_hello and twin.first in connections]
        there = {seen.connection.id: seen.connection for twin in same for seen in elsewhere.get(twin.first, ())}
        if not there:
            continue
        count = len(same)
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=other,
            explanation=f"{count} {'connection is' if count == 1 else 'connections are'} in the captures of both "
            f"{view.node.name} and {other}, told by the random of the ClientHello. {_clock_words(pair, other)}."
            + _translation(same, connections, there),
            evidence=_quote_hellos(same[0], connections, there),
            count=count,
            connections=tuple(twin.first for twin in same),
        )


def clocks_differ(view: NodeView) -> Iterator[Judgement]:
    """The captures' clocks are apart by more than the way between the nodes takes."""
    for pair, other in _pairs(view):
        measured = pair.offset.joins >= LEAST_JOINS
        if abs(pair.offset.seconds) <= (SKEW_SECONDS if measured else _RESENT):
            continue
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.PROVEN if measured else Confidence.STRONG,
            subject=other,
            explanation=f"{_clock_words(pair, other)}. Times of the two bundles compare only after that is taken off. "
            "Each node judges certificates by its own clock, and the traversal zone needs both to be right.",
            remedy=(
                Remedy(
                    text="Let both nodes take their time from the same NTP servers, and check that they are synchronized.",
                    command="System > Time",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            count=pair.offset.joins,
            connections=tuple(twin.first for twin in pair.twins),
        )


def _clock_words(pair: NodePair, other: str) -> str:
    """Say how far the other's clock is ahead or behind, and how well that is known."""
    offset = pair.offset
    if abs(offset.seconds) < _SAME:
        return f"The clocks of {pair.first} and {other} agree to the millisecond"
    known = f"median of {offset.joins}, spread {offset.spread:.3f} s" if offset.joins > 1 else "measured once"
    ahead = "ahead of" if offset.seconds >= 0 else "behind"
    return f"The clock of {other} is {abs(offset.seconds):,.3f} s {ahead} that of {pair.first} ({known})"


def _translation(twins: Sequence[Twin], here: Mapping[str, Connection], there: Mapping[str, Connection]) -> str:
    """Say which addresses are others at the other end."""
    changes = {
        (ours.address, theirs.address): None
        for twin in twins
        if twin.second in there
        for ours, theirs in zip(_ends(here[twin.first]), _ends(there[twin.second]), strict=True)
        if ours.address != theirs.address
    }
    shown = [f"{ours} is {theirs} there" for ours, theirs in list(changes)[:_MOST_ADDRESSES]]
    return f" Addresses are translated in between: {', '.join(shown)}." if shown else ""


def _ends(connection: Connection) -> tuple[Endpoint, Endpoint]:
    return connection.handshake.client, connection.handshake.server


def _quote_hellos(
    twin: Twin, here: Mapping[str, Connection], there: Mapping[str, Connection]
) -> tuple[Evidence, ...]:
    both = [shown[identity] for shown, identity in ((here, twin.first), (there, twin.second)) if identity in shown]
    return tuple(row for connection in both for row in quote_hello(connection))


def quote_hello(connection: Connection) -> tuple[Evidence, ...]:
    """Quote the ClientHello of a connection, if its frame is known."""
    frame = connection.handshake.frame(Step.CLIENT_HELLO)
    return (quote.quote_frame(connection, frame),) if frame else ()


RULES = (
    Rule(
        id="clocks-differ-between-nodes",
        title="The clocks of two nodes differ",
        severity=Severity.WARNING,
        judge=clocks_differ,
        needs=(Need.HANDSHAKE, Need.OTHER_END),
        sources=("AG", "AR"),
        meaning="Said when two captures show the same connections more than two seconds apart (a minute, if fewer than "
        "three connections measure it). Each node judges certificates by its own clock.",
    ),
    Rule(
        id="connection-seen-at-both-ends",
        title="The same connections are in the captures of both ends",
        severity=Severity.INFO,
        judge=connection_seen_at_both_ends,
        needs=(Need.HANDSHAKE, Need.OTHER_END),
        sources=("RFC8446",),
        meaning="Said when two captures show the same ClientHellos. It gives the offset of the two clocks, and which "
        "addresses are translated in between.",
        is_context=True,
    ),
)

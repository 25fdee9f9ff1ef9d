"""One connection in the captures of two nodes: what that says of their clocks and of the way between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analyzer.correlate.clock import LEAST_JOINS
from analyzer.evidence import Connection, Endpoint, NodePair, Step
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.validity import SKEW_SECONDS
from analyzer.rules.view import LOOSE, NodeView
from analyzer.words import Words, counted, listed, say, sentences

_RESENT = 60.0
"""Seconds by which a lost ClientHello can come late: it is sent again, and a client gives up before."""
_SAME = 0.001
_MOST_ADDRESSES = 3


class Elsewhere(NamedTuple):
    """A connection of a node, and how another node's capture shows it; `same_hello` as in `Twin`."""

    here: Connection
    there: Connection
    other: NodeView
    same_hello: bool


def seen_elsewhere(view: NodeView) -> Iterator[Elsewhere]:
    """Yield a node's connections that others saw, by the other node."""
    others = {other.node.name: other for other in view.others}
    ours = {connection.id: connection for connection in view.connections}
    for pair in view.case.pairs:
        is_first = pair.first == view.node.name
        other = others.get(pair.second if is_first else pair.first)
        if other is None or not (is_first or pair.second == view.node.name):
            continue
        theirs = {connection.id: connection for connection in other.connections}
        for twin in pair.twins:
            here, there = (twin.first, twin.second) if is_first else (twin.second, twin.first)
            if here in ours and there in theirs:
                yield Elsewhere(ours[here], theirs[there], other, twin.same_hello)


def _pairs(view: NodeView) -> Iterator[tuple[NodePair, str]]:
    """Yield the pairs that a node stands first in, each with the other's name: both ends need not say it."""
    for pair in view.case.pairs:
        if pair.first == view.node.name:
            yield pair, pair.second or LOOSE


def connection_seen_at_both_ends(view: NodeView) -> Iterator[Judgement]:
    """The same connections are in two captures."""
    seen: dict[str | None, list[Elsewhere]] = defaultdict(list)
    for one in seen_elsewhere(view):
        if one.same_hello:
            seen[one.other.node.name].append(one)
    for pair, other in _pairs(view):
        same = seen.get(pair.second)
        if not same:
            continue
        count = len(same)
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=other,
            explanation=sentences(
                (_in_both(view, other, count), _clock_words(view, pair, other), _translation(same))
            ),
            evidence=(*quote_hello(same[0].here), *quote_hello(same[0].there)),
            count=count,
            connections=tuple(one.here for one in same),
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
            explanation=say(
                "{offset} Times of the two bundles compare only after that is taken off. Each node judges certificates by "
                "its own clock, and the traversal zone needs both to be right.",
                offset=_clock_words(view, pair, other),
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Let both nodes take their time from the same NTP servers, and check that they are synchronized."
                    ),
                    command="System > Time",
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            ),
            count=pair.offset.joins,
            connections=view.connections_by_id(twin.first for twin in pair.twins),
        )


def _in_both(view: NodeView, other: str, count: int) -> Words:
    return counted(
        count,
        "{count} connection is in the captures of both {node} and {other}, told by the random of the ClientHello.",
        "{count} connections are in the captures of both {node} and {other}, told by the random of the ClientHello.",
        node=view.label,
        other=other,
    )


def _clock_words(view: NodeView, pair: NodePair, other: str) -> Words:
    """Say how far the other's clock is ahead or behind, and how well that is known."""
    offset, node = pair.offset, view.label
    if abs(offset.seconds) < _SAME:
        return say("The clocks of {node} and {other} agree to the millisecond.", node=node, other=other)
    known = say("measured once")
    if offset.joins > 1:
        known = say("median of {count}, spread {spread:.3f} s", count=offset.joins, spread=offset.spread)
    values = {"other": other, "apart": abs(offset.seconds), "node": node, "known": known}
    if offset.seconds >= 0:
        return say("The clock of {other} is {apart:,.3f} s ahead of that of {node} ({known}).", **values)
    return say("The clock of {other} is {apart:,.3f} s behind that of {node} ({known}).", **values)


def _translation(same: Iterable[Elsewhere]) -> str:
    """Say which addresses are others at the other end."""
    changes = {
        (ours.address, theirs.address): None
        for one in same
        for ours, theirs in zip(_ends(one.here), _ends(one.there), strict=True)
        if ours.address != theirs.address
    }
    shown = [
        say("{ours} is {theirs} there", ours=ours, theirs=theirs) for ours, theirs in list(changes)[:_MOST_ADDRESSES]
    ]
    return say("Addresses are translated in between: {addresses}.", addresses=listed(shown)) if shown else ""


def _ends(connection: Connection) -> tuple[Endpoint, Endpoint]:
    return connection.handshake.client, connection.handshake.server


def quote_hello(connection: Connection) -> tuple[Evidence, ...]:
    """Quote the ClientHello of a connection, if its frame is known."""
    frame = connection.handshake.frame(Step.CLIENT_HELLO)
    return (quote.quote_frame(connection, frame),) if frame else ()


RULES = (
    Rule(
        id="clocks-differ-between-nodes",
        title=say("The clocks of two nodes differ"),
        severity=Severity.WARNING,
        judge=clocks_differ,
        needs=(Need.HANDSHAKE, Need.OTHER_END),
        sources=("AG", "AR"),
        meaning="Said when two captures show the same connections more than two seconds apart (a minute, if fewer than "
        "three connections measure it). Each node judges certificates by its own clock.",
    ),
    Rule(
        id="connection-seen-at-both-ends",
        title=say("The same connections are in the captures of both ends"),
        severity=Severity.INFO,
        judge=connection_seen_at_both_ends,
        needs=(Need.HANDSHAKE, Need.OTHER_END),
        sources=("RFC8446",),
        meaning="Said when two captures show the same ClientHellos. It gives the offset of the two clocks, and which "
        "addresses are translated in between.",
        is_context=True,
    ),
)

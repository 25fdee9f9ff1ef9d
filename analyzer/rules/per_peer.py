"""One row per peer: connections grouped by whom they are with, and the judgement of such a group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.evidence import Connection, Peer, PeerKind, Step, Visibility
from analyzer.findings import Confidence, Evidence, Remedy, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.rule import Judgement
from analyzer.rules.view import NodeView
from analyzer.words import Words

Who = tuple[PeerKind, str]
"""What tells peers apart in a row: a name says nothing without its kind."""


def who_is(peer: Peer) -> Who:
    """Return what tells a peer apart, whichever address or zone a connection of it shows."""
    return peer.kind, peer.name


def by_peer(connections: Iterable[Connection]) -> Iterator[tuple[Peer, list[Connection]]]:
    """Yield connections by peer, in the order of each peer's first."""
    groups: dict[Who, list[Connection]] = defaultdict(list)
    for connection in connections:
        groups[connection.peer.kind, connection.peer.name].append(connection)
    for group in groups.values():
        yield group[0].peer, group


def failures_in(lines: Sequence[Alike]) -> int:
    """Return how many failures log lines tell: one gives several lines, of which the Event record stands for it."""
    alone = [alike for alike in lines if not alike.is_joined]
    records = [alike for alike in alone if stands_for_failures(alike)]
    return len(Lines(lines).connections) + len(Lines(records or alone))


def stands_for_failures(alike: Alike) -> bool:
    """Whether lines are the Event records, of which each failure has one."""
    return alike.record.name.endswith("TLS Negotiation Error") or alike.record.name == "traffic_server"


def quote_steps(connections: Sequence[Connection], *steps: Step) -> tuple[Evidence, ...]:
    """Quote the last of the steps that each connection reached."""
    quotes = []
    for connection in connections[: quote.MOST]:
        frames = [frame for step in steps if (frame := connection.handshake.frame(step))]
        quotes += [quote.quote_frame(connection, frame) for frame in frames[-1:]]
    return tuple(quotes)


def row_of(
    peer: Peer,
    connections: Sequence[Connection],
    severity: Severity,
    explanation: Words,
    evidence: tuple[Evidence, ...],
    *,
    confidence: Confidence = Confidence.PROVEN,
    remedy: tuple[Remedy, ...] = (),
) -> Judgement:
    """Return the judgement of a peer's connections: one row, with their number and time span."""
    first, last = quote.span(connection.handshake.started for connection in connections)
    return Judgement(
        severity=severity,
        confidence=confidence,
        subject=peer.name,
        explanation=explanation,
        remedy=remedy,
        evidence=evidence,
        count=len(connections),
        first=first,
        last=last,
        connections=tuple(connections),
    )


def by_visibility(view: NodeView) -> Mapping[Visibility, Sequence[Connection]]:
    """Return connections by how this node's certificate is shown; without known addresses, by both sides'."""
    return view.once(_by_visibility)


def _by_visibility(view: NodeView) -> Mapping[Visibility, Sequence[Connection]]:
    shown: dict[Visibility, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        local = connection.local_certificate
        sides = (local,) if local else (connection.client_certificate, connection.server_certificate)
        for visibility in dict.fromkeys([side.visibility for side in sides]):
            shown[visibility].append(connection)
    return shown

"""One connection in the captures of two nodes: known by its ClientHello, or by its addresses, ports and time.

The client's random (32 bytes, RFC 8446 section 4.1.2) goes through address translation unchanged. Where a box in
between ends TLS and begins it anew, there are two ClientHellos; if it keeps addresses and ports, these tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from analyzer.correlate.connections import Draft
from analyzer.correlate.peers import known_peer
from analyzer.evidence import ClockOffset, Endpoint, Node, NodePair, Peer, PeerKind, Side, Step, Twin
from analyzer.words import say

_RANDOM_BYTES = 32
_MOST_NODES = 4
"""A connection has two ends; further captures of it are taken on the way."""
_NEAR = 5.0
"""Seconds that one connection may be apart in two captures, beyond the offset of their clocks."""

Translations = Mapping[tuple[str | None, str], Node]
"""By a node's name and an address that it saw: the node that stands behind that."""


class Match(Struct, frozen=True, gc=False):
    """Two drafts of one connection, by their places in the list; the first one's node comes first by its name."""

    first: int
    second: int
    same_hello: bool


def match_ends(drafts: Sequence[Draft], nodes: Sequence[Node]) -> tuple[Match, ...]:
    """Match the drafts of different nodes that are one connection."""
    if len(nodes) < 2:
        return ()
    hellos: dict[bytes, list[int]] = defaultdict(list)
    ends: dict[tuple[Endpoint, Endpoint], list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        handshake = draft.handshake
        if len(handshake.client_random) == _RANDOM_BYTES:
            hellos[handshake.client_random].append(index)
        ends[handshake.client, handshake.server].append(index)
    same = tuple(Match(*both, True) for found in hellos.values() for both in _of_two_nodes(drafts, found))
    matched = {index for match in same for index in (match.first, match.second)}
    begun_anew = [
        both
        for found in ends.values()
        for both in _of_two_nodes(drafts, found)
        if not matched & set(both) and _differ(*(drafts[index].handshake.client_random for index in both))
    ]
    return (*same, *(Match(*both, False) for both in _at_one_time(drafts, begun_anew, same)))


def _of_two_nodes(drafts: Sequence[Draft], found: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield what is there just once for each of two nodes; two bundles of one host are one end."""
    if len(found) < 2:
        return
    by_node: dict[str | None, list[int]] = defaultdict(list)
    for index in found:
        by_node[drafts[index].node.name].append(index)
    once = [by_node[name][0] for name in sorted(by_node, key=str) if len(by_node[name]) == 1]
    for first, second in combinations(once[:_MOST_NODES], 2):
        host = drafts[first].node.host
        if host is None or host != drafts[second].node.host:
            yield first, second


def _differ(one: bytes, other: bytes) -> bool:
    return one != other and len(one) == len(other) == _RANDOM_BYTES


def _at_one_time(
    drafts: Sequence[Draft], candidates: Sequence[tuple[int, int]], same: Iterable[Match]
) -> Iterator[tuple[int, int]]:
    """Yield those whose times agree, once the clocks' offset is taken off, where a common ClientHello measures it.

    Else the clocks must be right: a zone that keeps failing comes round to the same ports, at the same intervals.
    """
    measured = _by_nodes(drafts, ((match.first, match.second) for match in same))
    for nodes, pairs in _by_nodes(drafts, candidates).items():
        offset = median(_apart(drafts, *pair) for pair in measured[nodes]) if nodes in measured else 0.0
        yield from (pair for pair in pairs if abs(_apart(drafts, *pair) - offset) <= _NEAR)


def _by_nodes(
    drafts: Sequence[Draft], pairs: Iterable[tuple[int, int]]
) -> dict[tuple[str | None, str | None], list[tuple[int, int]]]:
    grouped: dict[tuple[str | None, str | None], list[tuple[int, int]]] = defaultdict(list)
    for first, second in pairs:
        grouped[drafts[first].node.name, drafts[second].node.name].append((first, second))
    return grouped


def _apart(drafts: Sequence[Draft], first: int, second: int) -> float:
    """Return by how many seconds the second capture shows the ClientHello later."""
    times = []
    for index in (first, second):
        frame = drafts[index].handshake.frame(Step.CLIENT_HELLO)
        times.append(frame.time if frame else drafts[index].handshake.started)
    return (times[1] - times[0]).total_seconds()


def translations_of(drafts: Sequence[Draft], matches: Iterable[Match]) -> Translations:
    """Return by node and remote address which other node stands behind it, as the ends of connections show.

    A peer of a cluster may stand behind the same address as another one, whose bundle is not given.
    """
    behind: dict[tuple[str | None, str], dict[str | None, Node]] = defaultdict(dict)
    for here, there in _ends_of(drafts, matches):
        behind[drafts[here].node.name, _remote(drafts[here])][drafts[there].node.name] = drafts[there].node
    alone = {key: next(iter(nodes.values())) for key, nodes in behind.items() if len(nodes) == 1}
    return {key: node for key, node in alone.items() if node.cluster is None or len(node.cluster.peers) < 2}


def name_ends(drafts: Sequence[Draft], matches: Iterable[Match], translations: Translations) -> list[Draft]:
    """Return the drafts, each with the node as its peer that is seen to be the other end, whatever its address."""
    named = [
        replace(draft, peer=name_behind(draft.peer, draft.node, _remote(draft), translations))
        if draft.peer.node is None
        else draft
        for draft in drafts
    ]
    for here, there in _ends_of(drafts, matches):
        draft = drafts[here]
        named[here] = replace(draft, peer=_named(draft.peer, draft.node, drafts[there].node))
    return named


def _ends_of(drafts: Sequence[Draft], matches: Iterable[Match]) -> Iterator[tuple[int, int]]:
    """Yield each end of a connection with the other one; a capture on the way is no end."""
    for match in matches:
        role = drafts[match.first].local_role
        if match.same_hello and role is not None and drafts[match.second].local_role is role.other:
            yield match.first, match.second
            yield match.second, match.first


def name_behind(peer: Peer, node: Node, address: str | None, translations: Translations) -> Peer:
    """Return the node that stands behind a peer's address, if the peer is some partner of a zone; else the peer."""
    other = translations.get((node.name, address)) if address is not None else None
    if other is None or peer.kind is not PeerKind.PARTNER or peer.node is not None:
        return peer
    return _named(peer, node, other)


def _named(peer: Peer, node: Node, other: Node) -> Peer:
    if peer.node == other.name:
        return peer
    return known_peer(node, other, say("the same ClientHello is in its capture"), peer.zone) or peer


def _remote(draft: Draft) -> str:
    ends = draft.handshake
    return ends.client.address if draft.local_role is Side.SERVER else ends.server.address


def pairs_of(drafts: Sequence[Draft], matches: Iterable[Match], ids: Sequence[str]) -> tuple[NodePair, ...]:
    """Return the matches by pairs of nodes, with the offset of their captures' clocks."""
    kinds = {(m.first, m.second): m.same_hello for m in sorted(matches, key=lambda m: (m.first, m.second))}
    return tuple(
        NodePair(
            first=first,
            second=second,
            twins=tuple(
                Twin(first=ids[one], second=ids[other], same_hello=kinds[one, other]) for one, other in found
            ),
            offset=_offset(drafts, [pair for pair in found if kinds[pair]] or found),
        )
        for (first, second), found in _by_nodes(drafts, kinds).items()
    )


def _offset(drafts: Sequence[Draft], pairs: Sequence[tuple[int, int]]) -> ClockOffset:
    apart = [_apart(drafts, *pair) for pair in pairs]
    middle = median(apart)
    spread = median(abs(seconds - middle) for seconds in apart)
    return ClockOffset(seconds=round(middle, 6), joins=len(apart), spread=round(spread, 6))

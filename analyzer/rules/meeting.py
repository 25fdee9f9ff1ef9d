"""With which partner a node meets in a zone or a tunnel: a Core may have several Edges, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.evidence import Peer
from analyzer.rules.view import NodeView


def may_be_with(view: NodeView, other: NodeView | None, said: Iterable[str | None]) -> bool:
    """Whether names and addresses tell of a partner, or of none: then of any.

    Args:
        view: whose bundle says them.
        other: one of its partners; None: whichever.
        said: as configured, logged or captured.
    """
    if other is None or len(view.partners) < 2:
        return True
    words = {word.lower() for word in said if word}
    meant = [partner for partner in view.partners if _is_called(partner, words)]
    return not meant or other in meant


def _is_called(partner: NodeView, words: set[str]) -> bool:
    known = {name.lower() for name in (*partner.node.addresses, *partner.node.host_names)}
    return any(word in known or word.partition(".")[0] in known for word in words)


def told_of_others(view: NodeView, other: NodeView) -> Iterator[str]:
    """Yield what tells only of further partners of a node: ids of connections and log lines, names of nodes."""
    further = {partner.node.name for partner in view.partners if partner is not other}
    if not further:
        return
    yield from (name for name in further if name)
    yield from (c.id for c in view.connections if _is_one_of(further, c.peer))
    for alike in view.log.errors:
        if _is_one_of(further, alike.peer):
            yield from alike.ids


def _is_one_of(names: set[str | None], peer: Peer | None) -> bool:
    return peer is not None and peer.node is not None and peer.node in names

"""Which Core works with which Edge."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from analyzer.evidence import Connection, Node, NodeRole, PeerKind, Zone


def find_partners(nodes: Sequence[Node], connections: Sequence[Connection]) -> tuple[Node, ...]:
    """Tell each Core its Edges and each Edge its Cores.

    The configuration decides (a traversal client zone's peers), then a connection between the two; where
    there is only one Core and one Edge, they belong together.
    """
    talked = {
        frozenset((connection.node, connection.peer.node))
        for connection in connections
        if connection.peer.kind is PeerKind.PARTNER and connection.peer.node
    }
    cores = [node for node in nodes if node.role is NodeRole.CORE]
    edges = [node for node in nodes if node.role is NodeRole.EDGE]
    alone = len(cores) == 1 and len(edges) == 1
    pairs = [
        (core, edge)
        for core in cores
        for edge in edges
        if alone or _is_configured(core, edge) or frozenset((core.name, edge.name)) in talked
    ]
    return tuple(
        replace(
            node,
            partners=tuple(
                other.name
                for pair in pairs
                for other in pair
                if any(node is member for member in pair) and other is not node and other.name is not None
            ),
        )
        for node in nodes
    )


def _is_configured(core: Node, edge: Node) -> bool:
    return any(dials(zone, edge) for zone in core.zones if zone.kind == "traversalclient")


def dials(zone: Zone, node: Node) -> bool:
    """Whether one of a zone's peers is a node, by an address or a name of it."""
    known = {name.lower() for name in (*node.addresses, *node.host_names)}
    return any(peer.address.lower() in known or peer.address.split(".")[0].lower() in known for peer in zone.peers)

"""Which nodes are peers of one cluster, and which of them an entry of its list of peers means."""

from __future__ import annotations

from analyzer.evidence import Node
from analyzer.text import is_address


def is_called(node: Node, entry: str) -> bool:
    """Tell whether an entry of a cluster's list, an address or a name, means a node.

    Where a node's domain is not known, its host name alone decides.
    """
    wanted = entry.lower().rstrip(".")
    if wanted in {known.lower() for known in (*node.addresses, *node.host_names)}:
        return True
    if is_address(wanted) or any("." in name for name in node.host_names):
        return False
    return wanted.split(".")[0] in {name.lower() for name in node.host_names}


def same_cluster(node: Node, other: Node) -> bool:
    """Tell whether two nodes are peers of one cluster: it has one name and one role, or one lists the other."""
    if node.cluster is None or other.cluster is None or node.role is not other.role:
        return False
    if node.cluster.name and other.cluster.name:
        return node.cluster.name.lower() == other.cluster.name.lower()
    listed = any(is_called(other, entry) for entry in node.cluster.peers)
    return listed or any(is_called(node, entry) for entry in other.cluster.peers)

"""Which side of a handshake the node is, and who is on the other one."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.evidence import Certificate, Endpoint, Handshake, Node, Side

Ends = frozenset[Endpoint]
"""Both ends of a TCP connection, whichever opened it."""


def local_role_of(handshake: Handshake, node: Node) -> Side | None:
    """Tell the node's side by the ClientHello and the node's own addresses, and by nothing else."""
    if handshake.client.address in node.addresses:
        return Side.CLIENT
    return Side.SERVER if handshake.server.address in node.addresses else None


def ends_of(handshake: Handshake, role: Side | None) -> tuple[Endpoint, Endpoint]:
    """Return the local end and the remote one; the client counts as local where the role is not known."""
    if role is Side.SERVER:
        return handshake.server, handshake.client
    return handshake.client, handshake.server


def peer_leaf(handshake: Handshake, role: Side | None, certificates: Mapping[str, Certificate]) -> Certificate | None:
    """Return what the other side presented, or the server where the role is not known; None: it was not seen."""
    chain = handshake.message(role.other if role else Side.SERVER).chain
    return certificates.get(chain[0]) if chain else None


def peer_names(handshake: Handshake, role: Side | None, certificates: Mapping[str, Certificate]) -> tuple[str, ...]:
    """Return the names in what the other side presented."""
    leaf = peer_leaf(handshake, role, certificates)
    return leaf.names if leaf else ()

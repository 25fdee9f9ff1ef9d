"""Presented certificate to store, by the SHA-256 of the DER.

A match to both stores is normal after an upgrade and is said as `both`: the role is told by the ClientHello.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.evidence import (
    Certificate,
    CertificateMessage,
    Node,
    PresentedCertificate,
    Side,
    Store,
    Stores,
    Visibility,
)
from analyzer.facts.releases import with_one_store

_NOT_ITS_OWN = frozenset({Store.TRUSTED, Store.NEITHER})
"""What says of a node only that the certificate is not its own."""


def store_of(leaf: str, node: Node, role: Side) -> Store | None:
    """Return the store that holds what a node presented in a role.

    None if none does and the one that the role calls for is not in the bundle.
    """
    return _holding(leaf, node.stores) or (Store.NEITHER if _is_at_hand(node, role) else None)


def _holding(leaf: str, stores: Stores) -> Store | None:
    in_client = leaf in (stores.client or ())[:1]
    in_server = leaf in (stores.server or ())[:1]
    if in_client or in_server:
        return Store.BOTH if in_client and in_server else Store.CLIENT if in_client else Store.SERVER
    return Store.TRUSTED if leaf in (stores.trusted or ()) else None


def _is_at_hand(node: Node, role: Side) -> bool:
    """Whether the bundle has the store that a role calls for; before X15.5 the server store serves both."""
    if role is Side.CLIENT and node.stores.client is not None:
        return True
    return node.stores.server is not None and (role is Side.SERVER or with_one_store(node.version) is not None)


def present_local(
    message: CertificateMessage, certificates: Mapping[str, Certificate], node: Node, role: Side
) -> PresentedCertificate:
    """Compare what the node itself presented in a role with its own stores."""
    leaf = _leaf(message)
    store = store_of(leaf, node, role) if leaf else None
    return _presented(message, certificates, store, node.name if store else None)


def present_peer(
    message: CertificateMessage,
    certificates: Mapping[str, Certificate],
    others: Sequence[Node],
    peer_node: str | None,
    role: Side,
) -> PresentedCertificate:
    """Compare what the peer presented in a role with the stores of the other bundles.

    `neither` is said only of a peer whose bundle is at hand.
    """
    leaf = _leaf(message)
    found = [(node, store) for node in others if leaf and (store := store_of(leaf, node, role))]
    found.sort(key=lambda pair: (pair[1] in _NOT_ITS_OWN, pair[0].name != peer_node))
    for node, store in found:
        if store not in _NOT_ITS_OWN or node.name == peer_node:
            return _presented(message, certificates, store, node.name)
    return _presented(message, certificates, None, None)


def present_unknown(
    message: CertificateMessage, certificates: Mapping[str, Certificate], nodes: Sequence[Node]
) -> PresentedCertificate:
    """Compare with every store at hand: which side the node had is not known."""
    leaf = _leaf(message)
    if leaf:
        for node in nodes:
            store = _holding(leaf, node.stores)
            if store is not None and store not in _NOT_ITS_OWN:
                return _presented(message, certificates, store, node.name)
    return _presented(message, certificates, None, None)


def _leaf(message: CertificateMessage) -> str | None:
    return message.chain[0] if message.visibility is Visibility.SEEN and message.chain else None


def _presented(
    message: CertificateMessage,
    certificates: Mapping[str, Certificate],
    store: Store | None,
    store_node: str | None,
) -> PresentedCertificate:
    leaf = _leaf(message)
    certificate = certificates.get(leaf) if leaf else None
    return PresentedCertificate(
        visibility=message.visibility,
        chain=message.chain,
        serial=certificate.serial if certificate else None,
        store=store,
        store_node=store_node,
    )

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
    Store,
    Stores,
    Visibility,
)

_NOT_ITS_OWN = frozenset({Store.TRUSTED, Store.NEITHER})
"""What says of a node only that the certificate is not its own."""


def store_of(leaf: str, stores: Stores) -> Store | None:
    """Return the store that holds a leaf; None if there is no store to compare with."""
    in_client = leaf in (stores.client or ())[:1]
    in_server = leaf in (stores.server or ())[:1]
    if in_client or in_server:
        return Store.BOTH if in_client and in_server else Store.CLIENT if in_client else Store.SERVER
    if leaf in (stores.trusted or ()):
        return Store.TRUSTED
    return None if stores.server is None and stores.client is None else Store.NEITHER


def present_local(
    message: CertificateMessage, certificates: Mapping[str, Certificate], node: Node
) -> PresentedCertificate:
    """Compare what the node itself presented with its own stores."""
    leaf = _leaf(message)
    store = store_of(leaf, node.stores) if leaf else None
    return _presented(message, certificates, store, node.name if store else None)


def present_peer(
    message: CertificateMessage,
    certificates: Mapping[str, Certificate],
    others: Sequence[Node],
    peer_node: str | None,
) -> PresentedCertificate:
    """Compare what the peer presented with the stores of the other bundles.

    `neither` is said only of a peer whose bundle is at hand.
    """
    leaf = _leaf(message)
    found = [(node, store) for node in others if leaf and (store := store_of(leaf, node.stores))]
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
            store = store_of(leaf, node.stores)
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

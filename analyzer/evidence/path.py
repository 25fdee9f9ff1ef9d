"""From a leaf to its root: who issued what, what of it was sent, and who trusts it."""

from __future__ import annotations

from msgspec import Struct


class PathLink(Struct, frozen=True, kw_only=True):
    """A certificate on a path.

    Attributes:
        certificate: its id; None: it is not among what was given, and only its name is known.
        name: of the subject (RFC 4514).
        sent: whether it stood in the chain that was presented; None: none was seen.
        trusted_by: names of the nodes whose trusted CA lists hold it.
    """

    certificate: str | None
    name: str | None
    sent: bool | None = None
    trusted_by: tuple[str | None, ...] = ()


class IssuerPath(Struct, frozen=True, kw_only=True):
    """The path of a leaf that a node holds in a store, presented, or was shown by a peer.

    Attributes:
        presenter: the peer that presented it; None: the node itself holds it.
        stores: names of the node's stores that it leads (`client`, `server`).
        chain: ids as presented, leaf first; empty: it was not seen on the wire.
        links: leaf first.
        extra: ids of what was sent and does not belong to the path.
        lists: names of the nodes whose trusted CA lists matter for it, as far as they were given: whose certificate
            it is, and who verifies it.
    """

    node: str | None
    presenter: str | None
    stores: tuple[str, ...]
    chain: tuple[str, ...]
    links: tuple[PathLink, ...]
    extra: tuple[str, ...] = ()
    lists: tuple[str | None, ...] = ()

"""What the stores of a node are called, which depends on its release."""

from __future__ import annotations

from analyzer.evidence import Node, Store
from analyzer.facts.releases import with_one_store
from analyzer.report.wording import node_label
from analyzer.words import Words, say

STORES = {
    Store.CLIENT: say("client store"),
    Store.SERVER: say("server store"),
    Store.BOTH: say("both stores (client and server hold the same certificate)"),
    Store.TRUSTED: say("trusted CA list only"),
    Store.NEITHER: say("none of the stores that were given"),
}

BRIEF_STORES = {**STORES, Store.BOTH: say("both stores")}

STORE_TITLES = {**STORES, Store.CLIENT: say("Client store"), Store.SERVER: say("Server store")}

STORES_OF = {
    Store.CLIENT: say("the client store's"),
    Store.SERVER: say("the server store's"),
    Store.BOTH: say("the one that both stores hold"),
}
"""Of a certificate that the store rule says."""


def store_name(store: Store, holder: Node | None, *, brief: bool = False) -> Words:
    """Return what a store of a node is called: before X15.5 there is one for both roles."""
    release = _with_one_store(store, holder)
    if release is None:
        return BRIEF_STORES[store] if brief else STORES[store]
    return say("single store") if brief else say("single store ({release} has one for both roles)", release=release)


def store_of(store: Store, holder: Node | None, *, brief: bool = False) -> Words:
    """Return a store, and whose it is where a node is given."""
    name = store_name(store, holder, brief=brief)
    return say("{store} of {node}", store=name, node=node_label(holder.name)) if holder else name


def store_title(store: Store, holder: Node | None) -> Words:
    """Return what a store of a node is called at the head of a column or a line."""
    release = _with_one_store(store, holder)
    if release is None:
        return STORE_TITLES[store]
    return say("Single store ({release} has one for both roles)", release=release)


def store_expected(store: Store, holder: Node | None) -> Words:
    """Return whose certificate the store rule says."""
    return say("the single store's") if _with_one_store(store, holder) else STORES_OF[store]


def has_one_store(holder: Node | None) -> bool:
    """Whether a node's release is known to have one store for both roles."""
    return holder is not None and with_one_store(holder.version) is not None


def _with_one_store(store: Store, holder: Node | None) -> str | None:
    release = with_one_store(holder.version) if holder and store is Store.SERVER else None
    return str(release) if release else None

"""The stores of a node, side by side."""

from __future__ import annotations

from msgspec import Struct

from analyzer.evidence import Case, MemberKind, Node, Side, Store
from analyzer.report.store_names import has_one_store, store_title
from analyzer.report.views.certificates import MAX_CERTIFICATES, CertificateView, certificate_view
from analyzer.report.wording import node_label
from analyzer.words import Words, counted, say

_STORE_MEMBERS = {
    "client": MemberKind.CLIENT_PEM,
    "server": MemberKind.SERVER_PEM,
    "trusted": MemberKind.CA_PEM,
}


class StoreView(Struct, frozen=True, kw_only=True):
    """A client or server store.

    Attributes:
        note: why there is nothing to show; None if there is a leaf.
        chain: what follows the leaf in the file.
    """

    title: Words
    files: tuple[str, ...]
    leaf: CertificateView | None
    note: Words | None
    chain: tuple[CertificateView, ...] = ()


class StoresView(Struct, frozen=True, kw_only=True):
    """A node's stores. `relation` compares the two leaves in one sentence; None if one is missing."""

    title: Words
    client: StoreView
    server: StoreView
    relation: Words | None
    trusted: tuple[CertificateView, ...]
    trusted_count: int
    trusted_note: Words
    trusted_files: tuple[str, ...]

    @property
    def pair(self) -> tuple[StoreView, StoreView]:
        return (self.client, self.server)


def store_files(node: Node | None, store: Store | None) -> tuple[str, ...]:
    """Return the members that hold a store of a node."""
    names = {Store.BOTH: ("client", "server")}.get(store, (store.value,)) if store else ()
    kinds = {_STORE_MEMBERS[name] for name in names if name in _STORE_MEMBERS}
    return tuple(member.reference for member in node.members if member.kind in kinds) if node else ()


def stores_view(case: Case, node: Node, ends_soon_days: int) -> StoresView:
    """Show the stores of a node, judged at its reference time."""
    at = node.reference_time.time
    trusted = node.stores.trusted
    listed = (certificate_view(case, sha256, at, ends_soon_days) for sha256 in (trusted or ())[:MAX_CERTIFICATES])
    return StoresView(
        title=say("Single store of {node}", node=node_label(node.name))
        if has_one_store(node)
        else say("Client and server store of {node}", node=node_label(node.name)),
        client=_store(case, node, Side.CLIENT, ends_soon_days),
        server=_store(case, node, Side.SERVER, ends_soon_days),
        relation=_relation(case, node),
        trusted=tuple(view for view in listed if view),
        trusted_count=len(trusted or ()),
        trusted_note=say("not in the bundle")
        if trusted is None
        else counted(len(trusted), "{count:,} certificate", "{count:,} certificates"),
        trusted_files=store_files(node, Store.TRUSTED),
    )


def _store(case: Case, node: Node, side: Side, ends_soon_days: int) -> StoreView:
    ids = node.stores.client if side is Side.CLIENT else node.stores.server
    views = tuple(
        view
        for sha256 in (ids or ())[:MAX_CERTIFICATES]
        if (view := certificate_view(case, sha256, node.reference_time.time, ends_soon_days))
    )
    store = Store(side.value)
    return StoreView(
        title=store_title(store, node),
        files=store_files(node, store),
        leaf=views[0] if views else None,
        note=None if views else _absent(node, store, ids),
        chain=views[1:],
    )


def _absent(node: Node, store: Store, ids: tuple[str, ...] | None) -> Words:
    if ids is not None:
        return say("No certificate in it could be read.")
    if store is Store.CLIENT and has_one_store(node):
        return say("This release has none: the single store serves both roles.")
    return say("The member is not in the bundle.")


def _relation(case: Case, node: Node) -> Words | None:
    client, server = node.stores.client, node.stores.server
    if not client or not server:
        return None
    if client[0] == server[0]:
        return say(
            "Both stores hold the same certificate, as after an upgrade: which of them was used cannot be told."
        )
    first, second = case.certificates.get(client[0]), case.certificates.get(server[0])
    same_names = first is not None and second is not None and set(first.names) == set(second.names)
    if same_names:
        return say("The stores hold different certificates, with the same DNS names.")
    return say("The stores hold different certificates, with different DNS names.")

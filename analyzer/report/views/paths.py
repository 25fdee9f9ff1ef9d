"""Paths from a leaf to its root, certificate by certificate: sent, trusted, or missing."""

from __future__ import annotations

from msgspec import Struct

from analyzer.evidence import Case, IssuerPath, Node, PathLink, Store
from analyzer.report import wording
from analyzer.report.store_names import store_title
from analyzer.report.views.certificates import certificate_anchor
from analyzer.words import Words, both, say

_BOTH_STORES = say("Client and server store")
_NO_STORE = say("Not a store's")

MAX_LINKS = 12
"""Of one path: more is no certification path that anybody would accept, and lists nest as deep as this."""


class LinkView(Struct, frozen=True, kw_only=True):
    """A certificate. `anchor`: of its description, where the page has one; None: it is missing."""

    title: str
    anchor: str | None
    marks: tuple[Words, ...]


class PathView(Struct, frozen=True, kw_only=True):
    """A path, leaf first.

    Attributes:
        more: links beyond those shown.
        extra: titles of what was sent and does not belong to it.
    """

    title: str
    links: tuple[LinkView, ...]
    more: int
    extra: tuple[str, ...]


def path_views(case: Case, node: Node) -> tuple[PathView, ...]:
    """Show the paths of what a node holds and presents, then of what peers presented to it."""
    return tuple(_path(case, path, node) for path in case.paths if path.node == node.name)


def _path(case: Case, path: IssuerPath, node: Node) -> PathView:
    return PathView(
        title=_title(path, node),
        links=tuple(_link(case, path, link, number) for number, link in enumerate(path.links[:MAX_LINKS])),
        more=max(0, len(path.links) - MAX_LINKS),
        extra=tuple(wording.title(case.certificates[one]) for one in path.extra if one in case.certificates),
    )


def _title(path: IssuerPath, node: Node) -> Words:
    if path.presenter is not None:
        return say("Presented by {peer}", peer=path.presenter)
    store = _NO_STORE
    if path.stores:
        store = store_title(Store(path.stores[0]), node) if len(path.stores) == 1 else _BOTH_STORES
    if path.chain:
        return say("{store}, as presented", store=store)
    return say("{store}, not seen on the wire", store=store)


def _link(case: Case, path: IssuerPath, link: PathLink, number: int) -> LinkView:
    certificate = case.certificates.get(link.certificate or "")
    if certificate is None:
        missing = say("missing: the issuer's certificate is not among what was given")
        return LinkView(title=link.name or say("not known"), anchor=None, marks=(missing,))
    is_leaf, is_root = number == 0, certificate.self_issued
    marks = []
    if link.sent is not None:
        unsent = say("not sent, and need not be") if is_root else say("not sent")
        marks.append(say("sent") if link.sent else unsent)
    lacking = [name for name in path.lists if name not in link.trusted_by]
    if link.trusted_by:
        marks.append(say("in the trusted CA list of {nodes}", nodes=_names(link.trusted_by)))
    if lacking and not is_leaf:
        marks.append(say("not in the trusted CA list of {nodes}", nodes=_names(lacking)))
    return LinkView(
        title=wording.title(certificate), anchor=certificate_anchor(certificate.sha256), marks=tuple(marks)
    )


def _names(names: tuple[str | None, ...] | list[str | None]) -> str:
    return both(wording.node_label(name) for name in names)

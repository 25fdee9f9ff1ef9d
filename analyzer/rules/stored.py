"""The certificates that the stores hold, each once, with what their renewal brings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from analyzer.evidence import Certificate
from analyzer.findings import Evidence
from analyzer.rules import quote
from analyzer.rules.renewal import Renewal, renewal_of
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ORIGINS, store_name
from analyzer.words import Words, both, say


class Stored(Struct, frozen=True):
    """A leaf, the kinds of the stores that hold it (`server`, `client`), what those are called, and its renewal."""

    leaf: Certificate
    kinds: tuple[str, ...]
    stores: Words
    renewal: Renewal

    @property
    def subject(self) -> str:
        return self.leaf.common_name or self.leaf.sha256[:16]

    def quoted(self, view: NodeView) -> tuple[Evidence, ...]:
        """Quote the leaf in each store, with the reason why it is called public or private."""
        origin = self.renewal.origin
        return tuple(
            quote.quote_certificate(
                self.leaf,
                quote.store_file(view.node, kind),
                say(
                    "{store}, {origin} because {reason}",
                    store=store_name(view, kind),
                    origin=ORIGINS[origin.origin],
                    reason=origin.reason,
                ),
            )
            for kind in self.kinds
        )


def stored_leaves(view: NodeView) -> tuple[Stored, ...]:
    """Return the leaves of the stores, each once."""
    kinds: dict[str, list[str]] = defaultdict(list)
    leaves: dict[str, Certificate] = {}
    for kind, leaf in (("server", view.server_leaf), ("client", view.client_leaf)):
        if leaf is not None:
            leaves[leaf.sha256] = leaf
            kinds[leaf.sha256].append(kind)
    return tuple(_stored(view, leaf, kinds[key]) for key, leaf in leaves.items())


def stored_as(view: NodeView, kind: str, leaf: Certificate) -> Stored:
    """Return a leaf as one store holds it, whether or not the other does, too."""
    return _stored(view, leaf, (kind,))


def _stored(view: NodeView, leaf: Certificate, kinds: Sequence[str]) -> Stored:
    stores = say("both stores") if len(kinds) > 1 else say("the {store}", store=store_name(view, kinds[0]))
    return Stored(leaf, tuple(kinds), stores, renewal_of(view, leaf))


def by_subject(view: NodeView, wanted: Callable[[Stored], bool]) -> Iterator[tuple[str, list[Stored]]]:
    """Yield what the stores hold and is wanted, by its name: equal names in two certificates make one row."""
    groups: dict[str, list[Stored]] = defaultdict(list)
    for stored in stored_leaves(view):
        if wanted(stored):
            groups[stored.subject].append(stored)
    yield from groups.items()


def named_stores(group: Sequence[Stored]) -> str:
    """Name the stores of some certificates."""
    return both(stored.stores for stored in group)


def quoted(view: NodeView, group: Sequence[Stored]) -> tuple[Evidence, ...]:
    """Quote some certificates."""
    return tuple(row for stored in group for row in stored.quoted(view))


def is_strong(group: Sequence[Stored]) -> bool:
    """Whether all of them are public or private by marks in themselves, or by a path that was verified."""
    return all(stored.renewal.origin.strong for stored in group)

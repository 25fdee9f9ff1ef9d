"""Which Core stands before which Edge, and what each presents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from analyzer.evidence import Certificate
from analyzer.facts.releases import Version
from analyzer.rules.outlook.ends import End, end_of
from analyzer.rules.outlook.traces import Traces
from analyzer.rules.view import NodeView


class Pair(Struct, frozen=True, kw_only=True):
    """A Core and an Edge; at least one of them is at hand.

    Attributes:
        client: what the Core presents as TLS client.
        server: what the Edge presents as TLS server.
        seen: which of them is known from the other's capture only (`Core`, `Edge`).
        check: of the Edge, On or Off; None: not known, or its release has none.
        release: the Edge's, else the Core's.
        ends: those whose bundle is at hand, the Core's first.
    """

    core: NodeView | None
    edge: NodeView | None
    client: Certificate | None
    server: Certificate | None
    seen: frozenset[str]
    check: str | None
    release: Version | None
    ends: tuple[End, ...]

    @property
    def own(self) -> NodeView:
        """The view that answers for both: the Core's, if its bundle is at hand."""
        view = self.core or self.edge
        assert view is not None  # noqa: S101 - see above
        return view

    @property
    def is_split(self) -> bool:
        """Whether the Edge's release has the check."""
        return self.release is not None and self.release >= Version(15, 5)


def pairs(
    views: tuple[NodeView, ...], traces: Mapping[str | None, Traces], check: str | None, absent_check: str | None
) -> Iterator[Pair]:
    """Yield each Core with each of its Edges, and those whose other end is not at hand.

    Args:
        views: of all nodes.
        traces: of all nodes, by name.
        check: takes the place of every Edge's setting; None: as it is.
        absent_check: the setting of an Edge that is not at hand; None: not known.
    """
    for view in views:
        if not view.traversal_zones:
            continue
        if view.is_core:
            for edge in view.partners or (None,):
                yield _pair(view, edge, traces, check, absent_check)
        elif view.is_edge and not view.partners:
            yield _pair(None, view, traces, check, absent_check)


def _pair(
    core: NodeView | None,
    edge: NodeView | None,
    traces: Mapping[str | None, Traces],
    check: str | None,
    absent_check: str | None,
) -> Pair:
    core_shows, edge_shows = (traces[view.node.name] if view else None for view in (core, edge))
    client = core.leaf_as_client if core else edge_shows.presented if edge_shows else None
    server = edge.server_leaf if edge else core_shows.presented if core_shows else None
    held = {"Core": client is not None and core is None, "Edge": server is not None and edge is None}
    setting = edge.checking_mode if edge else None
    known = setting.current if setting else None
    ends = ((core, edge), (edge, core))
    return Pair(
        core=core,
        edge=edge,
        client=client,
        server=server,
        seen=frozenset(name for name, seen in held.items() if seen),
        check=check or (known if edge else absent_check),
        release=(edge.version if edge else None) or (core.version if core else None),
        ends=tuple(end_of(view, other, traces[view.node.name]) for view, other in ends if view),
    )

"""Which Core stands before which Edge, what each presents, and what shows that it does not work."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from analyzer.evidence import Certificate, Outcome, Side
from analyzer.facts.releases import Version
from analyzer.rules.states import denied, has_failed, is_failed
from analyzer.rules.view import NodeView


class Pair(Struct, frozen=True, kw_only=True):
    """A Core and an Edge; at least one of them is at hand.

    Attributes:
        client: what the Core presents as TLS client.
        server: what the Edge presents as TLS server.
        seen: which of them is known from the other's capture only (`Core`, `Edge`).
        check: of the Edge, On or Off; None: not known, or its release has none.
        release: the Edge's, else the Core's.
    """

    core: NodeView | None
    edge: NodeView | None
    client: Certificate | None
    server: Certificate | None
    seen: frozenset[str]
    check: str | None
    release: Version | None

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


def pairs(views: tuple[NodeView, ...], check: str | None, absent_check: str | None) -> Iterator[Pair]:
    """Yield each Core with each of its Edges, and those whose other end is not at hand.

    Args:
        views: of all nodes.
        check: takes the place of every Edge's setting; None: as it is.
        absent_check: the setting of an Edge that is not at hand; None: not known.
    """
    for view in views:
        if not view.traversal_zones:
            continue
        if view.is_core:
            for edge in view.partners or (None,):
                yield _pair(view, edge, check, absent_check)
        elif view.is_edge and not view.partners:
            yield _pair(None, view, check, absent_check)


def _pair(core: NodeView | None, edge: NodeView | None, check: str | None, absent_check: str | None) -> Pair:
    client = core.leaf_as_client if core else _seen_of(edge, Side.CLIENT)
    server = edge.server_leaf if edge else _seen_of(core, Side.SERVER)
    held = {"Core": client is not None and core is None, "Edge": server is not None and edge is None}
    setting = edge.checking_mode if edge else None
    known = setting.current if setting else None
    return Pair(
        core=core,
        edge=edge,
        client=client,
        server=server,
        seen=frozenset(name for name, seen in held.items() if seen),
        check=check or (known if edge else absent_check),
        release=(edge.version if edge else None) or (core.version if core else None),
    )


def _seen_of(view: NodeView | None, side: Side) -> Certificate | None:
    """Return the newest certificate that the other end of the traversal zone presented, as a capture shows it."""
    if view is None:
        return None
    leaf, zones = None, {zone.name for zone in view.traversal_zones}
    for connection in view.connections:
        if connection.local_role is side.other and connection.peer.zone in zones:
            leaf = connection.certificate(side).leaf or leaf
    return view.case.certificates.get(leaf or "")


def zone_down(pair: Pair) -> str | None:
    """Say what shows that the zone is down: its last handshake, else the dumps."""
    views = [view for view in (pair.core, pair.edge) if view]
    ends = {view.node.name for view in views if len(views) == 2}
    newest = None
    for view in views:
        zones = {zone.name for zone in view.traversal_zones}
        for connection in view.connections:
            between = connection.peer.zone in zones or connection.peer.node in ends
            if between and connection.outcome is not Outcome.UNKNOWN:
                newest = max(newest or connection, connection, key=lambda one: one.handshake.started)
    if newest is not None:
        return None if newest.outcome is Outcome.COMPLETED else f"its last handshake was {newest.outcome}"
    failed = [zone for view in views for zone in view.traversal_zones if is_failed(zone)]
    return f"zone {failed[0].name} was {failed[0].status} when logging started" if failed else None


def tunnels_down(pair: Pair) -> str | None:
    """Say what shows that the SSH tunnels are down."""
    views = [view for view in (pair.core, pair.edge) if view]
    failed = [tunnel for view in views for tunnel in view.tunnels if has_failed(tunnel)]
    if failed:
        return f"the SSH tunnels were {failed[0].status}{f' ({failed[0].reason})' if failed[0].reason else ''}"
    return "the SSH tunnels were refused" if any(denied(view)[0] for view in views) else None

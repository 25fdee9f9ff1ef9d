"""The two ends of a Core and an Edge: what each shows of the other, and which of its traversal zones join the two.

A Core may have zones to several Edges, and an Edge zones for several Cores. Which one joins two nodes is told by a
connection, by the peers that the Core's zone dials, and by the port that both ends configure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.correlate.partners import dials
from analyzer.evidence import Connection, Zone
from analyzer.rules.outlook.traces import Traces, TunnelState
from analyzer.rules.view import NodeView


class End(Struct, frozen=True, kw_only=True):
    """One end of a pair, whose bundle is at hand.

    Attributes:
        other: name of the node at the other end; None: its bundle is not at hand.
        zones: the traversal zones that join the two; where that cannot be told, those that may.
        is_told: whether it can.
    """

    view: NodeView
    traces: Traces
    other: str | None
    zones: tuple[Zone, ...]
    is_told: bool

    def handshakes(self) -> Iterator[Connection]:
        """Yield the last handshakes with the other end: with its node, or in a zone that may join the two."""
        names = {zone.name for zone in self.zones}
        for (node, zone), connection in self.traces.newest.items():
            if node == self.other if node is not None else zone in names:
                yield connection

    @property
    def tunnels(self) -> TunnelState:
        return self.traces.tunnels[self.other]

    @property
    def zones_of_others(self) -> frozenset[tuple[str | None, str]]:
        """The zones that are known to join this node with others; with its name."""
        zones = [zone for zone in self.view.traversal_zones if zone not in self.zones] if self.is_told else ()
        return frozenset((self.view.node.name, zone.name) for zone in zones)


def end_of(view: NodeView, other: NodeView | None, traces: Traces) -> End:
    """Return the end of a pair that a node is."""
    zones = view.traversal_zones
    joining = _joining(view, other) if other else ()
    if not joining and other:
        zones = tuple(zone for zone in zones if not _is_of_another(view, zone, other)) or zones
    return End(
        view=view,
        traces=traces,
        other=other.node.name if other else None,
        zones=joining or zones,
        is_told=bool(joining) or len(zones) <= 1,
    )


def _joining(view: NodeView, other: NodeView) -> tuple[Zone, ...]:
    """Return the zones that are known to join two nodes; empty: that cannot be told."""
    shown = view.once(_zones_by_node)[other.node.name]
    if view.is_edge:
        ports = _ports(_dialling(other, view))
        return tuple(zone for zone in view.traversal_zones if zone.name in shown or zone.port in ports)
    dialling = _dialling(view, other)
    return tuple(zone for zone in view.traversal_zones if zone.name in shown or zone in dialling)


def _zones_by_node(view: NodeView) -> defaultdict[str | None, set[str | None]]:
    """Return by the node at the other end the zones that its connections belong to."""
    zones: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for connection in view.connections:
        zones[connection.peer.node].add(connection.peer.zone)
    return zones


def _dialling(core: NodeView, edge: NodeView) -> tuple[Zone, ...]:
    """Return the zones in which a Core dials an Edge; its only one, whatever that dials."""
    zones = core.traversal_zones
    return zones if len(zones) == 1 else tuple(zone for zone in zones if dials(zone, edge.node))


def _is_of_another(view: NodeView, zone: Zone, than: NodeView) -> bool:
    """Whether a zone is known to join a node with another one of this case."""
    if view.is_edge:
        return any(zone.port in _ports(_dialling(core, view)) for core in view.partners if core is not than)
    return any(dials(zone, other.node) for other in view.others if other is not than)


def _ports(zones: Sequence[Zone]) -> frozenset[int]:
    return frozenset(zone.port for zone in zones if zone.port is not None)

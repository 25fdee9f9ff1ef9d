"""How it stands between a Core and an Edge, as handshakes, log and dumps show it; the last of them counts (truth 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence import Connection, Event, Outcome, Zone
from analyzer.rules.both_ends import seen_elsewhere
from analyzer.rules.outlook.pair import Pair
from analyzer.rules.outlook.traces import Standing, how_it_ended
from analyzer.rules.states import refused_credentials
from analyzer.rules.view import NodeView
from analyzer.words import Words, say

_TELLING = (Outcome.REFUSED, Outcome.CLOSED, Outcome.COMPLETED, Outcome.UNKNOWN)
"""Of one handshake in two captures: the end that refused knows more than the one that saw the connection closed."""


def last_handshake(pair: Pair) -> Connection | None:
    """Return the last handshake between the two whose outcome is known, as the end shows it that knows more."""
    known = [c for traces, other in pair.ends for name in {other, None} if (c := traces.newest.get(name))]
    newest = max(known, key=lambda connection: connection.handshake.started, default=None)
    if newest is None:
        return None
    twin = pair.own.once(_twins).get(newest.id, newest)
    return min((newest, twin), key=lambda connection: _TELLING.index(connection.outcome))


def standings(pair: Pair) -> tuple[Standing, ...]:
    """Return how it stands between the two, as each bundle at hand shows it."""
    return tuple(traces.standing[other] for traces, other in pair.ends)


def _twins(view: NodeView) -> Mapping[str, Connection]:
    """Return the other end's view of each connection that both captures show, by either one's id."""
    both = [(one.here, one.there) for one in seen_elsewhere(view) if one.same_hello]
    return {here.id: there for here, there in both} | {there.id: here for here, there in both}


def zone_down(pair: Pair) -> Words | None:
    """Say what shows that the zone is down: its last handshake, else the dumps."""
    newest = last_handshake(pair)
    if newest is None:
        return next((there.failed_zone for there in standings(pair) if there.failed_zone), None)
    if newest.outcome is Outcome.COMPLETED and wrong_credentials(pair, newest):
        return say("the log says that its credentials were refused")
    return how_it_ended(newest)


def zone_up(pair: Pair) -> bool:
    """Whether the last handshake, else a dump, shows the zone up."""
    if zone_down(pair) is not None:
        return False
    return last_handshake(pair) is not None or any(there.active_zone for there in standings(pair))


def wrong_credentials(pair: Pair, since: Connection) -> Event | None:
    """Return the last line after a handshake in which the Edge refuses what the Core authenticates with."""
    found = [
        event for view, zone in _zones(pair) for event in refused_credentials(view, zone, since.handshake.started)
    ]
    return found[-1] if found else None


def _zones(pair: Pair) -> Iterator[tuple[NodeView, Zone]]:
    for view in (pair.core, pair.edge):
        if view is not None:
            yield from ((view, zone) for zone in view.traversal_zones)


def tunnels_down(pair: Pair) -> Words | None:
    """Say what shows that the SSH tunnels are down; None: nothing."""
    return next((there.tunnels_down for there in standings(pair) if there.tunnels_down), None)


def tunnels_up(pair: Pair) -> Words | None:
    """Say what shows that the SSH tunnels are up; None: nothing, or something shows them down."""
    if tunnels_down(pair) is not None:
        return None
    return next((there.tunnels_up for there in standings(pair) if there.tunnels_up), None)

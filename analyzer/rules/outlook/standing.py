"""How it stands between a Core and an Edge, as handshakes, log and dumps show it; the last of them counts (truth 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from analyzer.evidence import Connection, Event, Outcome, Zone
from analyzer.rules.both_ends import seen_elsewhere
from analyzer.rules.outlook.ends import End
from analyzer.rules.outlook.pair import Pair
from analyzer.rules.outlook.traces import how_it_ended, zone_words
from analyzer.rules.states import is_active, is_failed, refused_credentials
from analyzer.rules.view import NodeView
from analyzer.words import Words, listed, say

_TELLING = (Outcome.REFUSED, Outcome.CLOSED, Outcome.COMPLETED, Outcome.UNKNOWN)
"""Of one handshake in two captures: the end that refused knows more than the one that saw the connection closed."""


def last_handshake(pair: Pair) -> Connection | None:
    """Return the last handshake between the two whose outcome is known, as the end shows it that knows more."""
    known = [connection for end in pair.ends for connection in end.handshakes()]
    newest = max(known, key=lambda connection: connection.handshake.started, default=None)
    if newest is None:
        return None
    twin = pair.own.once(_twins).get(newest.id, newest)
    return min((newest, twin), key=lambda connection: _TELLING.index(connection.outcome))


def _twins(view: NodeView) -> Mapping[str, Connection]:
    """Return the other end's view of each connection that both captures show, by either one's id."""
    both = [(one.here, one.there) for one in seen_elsewhere(view) if one.same_hello]
    return {here.id: there for here, there in both} | {there.id: here for here, there in both}


class ZoneByDumps(Struct, frozen=True, kw_only=True):
    """What the dumps say of the zone between the two, in words; all None: nothing.

    Attributes:
        open: that it cannot be told which zone that is, and that those which may be it are not in one state.
    """

    down: Words | None = None
    up: Words | None = None
    open: Words | None = None


def zone_by_dumps(pair: Pair) -> ZoneByDumps:
    """Return what the dumps say of the zone: an end that knows which one it is before one that does not."""
    ends = sorted(pair.ends, key=lambda end: not end.is_told)
    found = [(end.is_told, shown) for end in ends if (shown := _shown_by(end))]
    told = [shown for is_told, shown in found if is_told] or [shown for _, shown in found]
    down, up = next((one.down for one in told if one.down), None), next((one.up for one in told if one.up), None)
    if down or up:
        return ZoneByDumps(down=down, up=None if down else up)
    return ZoneByDumps(open=next((one.open for one in told if one.open), None))


def _shown_by(end: End) -> ZoneByDumps | None:
    """Return what one end's dump says; of several zones that may be the one, what all of them have in common."""
    failed, active = ([zone for zone in end.zones if has(zone)] for has in (is_failed, is_active))
    if failed and (end.is_told or len(failed) == len(end.zones)):
        return ZoneByDumps(down=zone_words(failed[0]))
    if active and (end.is_told or len(active) == len(end.zones)):
        return ZoneByDumps(up=zone_words(active[0]))
    if not failed:
        return None
    zones = listed(zone.name for zone in end.zones)
    return ZoneByDumps(
        open=say(
            "Which of the zones of {node} joins the two ({zones}) is not known, and not all of them were in one state when "
            "logging started.",
            node=end.view.label,
            zones=zones,
        )
    )


def zone_open(pair: Pair) -> Words | None:
    """Say that it cannot be told whether the zone is up: no handshake shows it, and several zones may be the one."""
    return zone_by_dumps(pair).open if last_handshake(pair) is None else None


def zone_down(pair: Pair) -> Words | None:
    """Say what shows that the zone is down: its last handshake, else the dumps."""
    newest = last_handshake(pair)
    if newest is None:
        return zone_by_dumps(pair).down
    if newest.outcome is Outcome.COMPLETED and wrong_credentials(pair, newest):
        return say("the log says that its credentials were refused")
    return how_it_ended(newest)


def zone_up(pair: Pair) -> bool:
    """Whether the last handshake, else a dump, shows the zone up."""
    if zone_down(pair) is not None:
        return False
    return last_handshake(pair) is not None or zone_by_dumps(pair).up is not None


def wrong_credentials(pair: Pair, since: Connection) -> Event | None:
    """Return the last line after a handshake in which the Edge refuses what the Core authenticates with."""
    found = [
        event for view, zone in _zones(pair) for event in refused_credentials(view, zone, since.handshake.started)
    ]
    return found[-1] if found else None


def _zones(pair: Pair) -> Iterator[tuple[NodeView, Zone]]:
    for end in pair.ends:
        yield from ((end.view, zone) for zone in end.zones)


def tunnels_down(pair: Pair) -> Words | None:
    """Say what shows that the SSH tunnels are down; None: nothing."""
    return next((end.tunnels.down for end in pair.ends if end.tunnels.down), None)


def tunnels_up(pair: Pair) -> Words | None:
    """Say what shows that the SSH tunnels are up; None: nothing, or something shows them down."""
    if tunnels_down(pair) is not None:
        return None
    return next((end.tunnels.up for end in pair.ends if end.tunnels.up), None)

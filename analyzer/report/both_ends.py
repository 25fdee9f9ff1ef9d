"""Where else a connection was seen: in the capture of another node, by that node's clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence import Case


class Sighting(Struct, frozen=True, kw_only=True):
    """A connection as another node's capture shows it.

    Attributes:
        connection: its id there.
        later: seconds that the other capture's clock shows more.
        same_hello: False: a box in between ends TLS and begins it anew.
    """

    connection: str
    node: str | None
    later: float
    same_hello: bool


def sightings_of(case: Case) -> Mapping[str, tuple[Sighting, ...]]:
    """Return, by the id of each connection that two nodes saw, how the others did."""
    started = {connection.id: connection.handshake.started for connection in case.connections}
    found: dict[str, list[Sighting]] = defaultdict(list)
    for pair in case.pairs:
        for twin in pair.twins:
            ways = ((twin.first, twin.second, pair.second), (twin.second, twin.first, pair.first))
            for here, there, node in ways:
                if here not in started or there not in started:
                    continue
                later = (started[there] - started[here]).total_seconds()
                found[here].append(Sighting(connection=there, node=node, later=later, same_hello=twin.same_hello))
    return {connection: tuple(sightings) for connection, sightings in found.items()}

"""Which connection a thread was serving: lines that name no address are joined to the nearest one that does.

A thread serves one connection after the other. A line is therefore not joined to an error before it (that ended
another handshake), nor to a connection that is opened after it, and only within `JOIN_SECONDS`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Endpoint, Side
from analyzer.parsers.snapshot.records import Record

JOIN_SECONDS = 2.0
"""How far apart the lines of one handshake are taken to be."""


class Sighting(Struct, frozen=True, kw_only=True):
    """A line of a thread that names both ends of a connection, which it may open or end.

    `role`: this Expressway's, if known.
    """

    line: int
    time: datetime
    local: Endpoint
    remote: Endpoint
    role: Side | None
    opens: bool
    ends: bool


class Threads:
    """The sightings of every thread, in the order of the log; at most `limit`."""

    def __init__(self, *, limit: int) -> None:
        self._room = limit
        self._sightings: dict[str, list[Sighting]] = defaultdict(list)

    def see(self, record: Record, *, local: Endpoint, remote: Endpoint, role: Side | None, opens: bool) -> None:
        """Note that a record names both ends of a connection; without a thread and a time it ties nothing."""
        thread = record.get("Thread")
        if thread and record.time and self._room:
            self._room -= 1
            self._sightings[thread].append(
                Sighting(
                    line=record.line,
                    time=record.time,
                    local=local,
                    remote=remote,
                    role=role,
                    opens=opens,
                    ends=record.get("Level") == "ERROR",
                )
            )

    def nearest(self, thread: str | None, line: int, time: datetime | None) -> Sighting | None:
        """Return the sighting that a line of a thread belongs to, or None."""
        sightings = self._sightings.get(thread, []) if thread else []
        after = bisect_left(sightings, line, key=lambda sighting: sighting.line)
        before = [sighting for sighting in sightings[max(after - 1, 0) : after] if not sighting.ends]
        behind = [sighting for sighting in sightings[after : after + 1] if not sighting.opens]
        around = [sighting for sighting in (*before, *behind) if near(sighting.time, time)]
        return min(around, key=lambda sighting: abs(sighting.line - line), default=None)


def near(one: datetime | None, other: datetime | None) -> bool:
    """Whether two lines can be of one handshake, by their times."""
    return one is not None and other is not None and abs((one - other).total_seconds()) <= JOIN_SECONDS

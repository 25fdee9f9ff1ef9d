"""Which side this Expressway had of a connection: lines that say so tell it for those that name the ends alone.

Sample::

    Module="developer.ssl" Level="INFO" … bServer="true" localAddress="…" remoteAddress="…"
    Module="network.tcp" Level="DEBUG":  Src-ip="192.0.2.16" Src-port="45215" … Reason="no certificate returned"

`TCP Connecting` and `TCP Connection Established` are written of inbound connections, too, and say nothing of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from analyzer.evidence import Endpoint, LogEvent, Side


class Roles:
    """The side that this Expressway had, by the two ends; at most `limit` are kept."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._roles: dict[frozenset[Endpoint], Side | None] = {}
        self._failures: set[frozenset[Endpoint]] = set()

    def see(self, one: Endpoint | None, other: Endpoint | None, role: Side | None) -> None:
        """Note what a line says of a connection; lines that contradict each other say nothing."""
        if one is None or other is None or role is None:
            return
        ends = frozenset((one, other))
        if ends in self._roles:
            self._roles[ends] = role if self._roles[ends] is role else None
        elif len(self._roles) < self._limit:
            self._roles[ends] = role

    def see_event(self, event: LogEvent) -> None:
        """Note what an event says of a connection."""
        self.see(event.source, event.destination, event.local_role)
        if event.source and event.destination and event.local_role and event.error:
            self._failures.add(frozenset((event.source, event.destination)))

    def complete(self, event: LogEvent) -> LogEvent:
        """Return an event with the role that other lines tell, if it does not say it.

        Where another event tells the failure of the same connection with its role, this one only repeats it, and
        is left as it is: one refusal must not count twice.
        """
        if event.local_role is not None or event.source is None or event.destination is None:
            return event
        ends = frozenset((event.source, event.destination))
        role = None if ends in self._failures else self._roles.get(ends)
        return replace(event, local_role=role) if role else event

"""Tie log records to connections: 4-tuples with times.

Sample::

    Module="network.tcp" Level="DEBUG":  Src-ip="192.0.2.1" Src-port="25001" … Detail="TCP Connection Established"
    Module="developer.ssl" … Thread="0x7f29": Detail="Handshake succeeded"

A line that carries no addresses is joined by its thread (see `threads`), else to what was just opened (`openings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.evidence import Endpoint, LogTrace, PeerIdentity, Side
from analyzer.parsers.snapshot.changes import shown
from analyzer.parsers.snapshot.identities import Identities
from analyzer.parsers.snapshot.openings import Opening, Openings
from analyzer.parsers.snapshot.records import Record
from analyzer.parsers.snapshot.roles import Roles
from analyzer.parsers.snapshot.threads import Threads

_TCP_STEPS = {
    "tcp connecting": "connecting",
    "tcp connection established": "established",
    "tcp connection accepted": "accepted",
    "connection accepted": "accepted",
    "tcp connection closed": "closed",
    "tcp connection failed": "failed",
}
_OPENS = frozenset({"connecting", "established", "accepted"})


class Connections:
    """Collects records in the order of the log; at most `limit` of each kind are kept."""

    def __init__(self, *, limit: int, roles: Roles) -> None:
        self._limit = limit
        self._roles = roles
        self._traces: list[LogTrace] = []
        self._succeeded: list[tuple[str, int, datetime, Opening | None]] = []
        self._threads = Threads(limit=limit)
        self._openings = Openings()
        self._identities = Identities(limit=limit, threads=self._threads, openings=self._openings)
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many records were beyond the limit."""
        return self._dropped + self._identities.dropped

    def see(self, record: Record, file: str) -> None:
        """Take what a record says about a connection, if anything."""
        module = record.get("Module") or ""
        if module == "network.tcp":
            self._see_tcp(record, file)
        elif module.startswith("developer.ssl"):
            self._see_tls(record, file)
        elif module.startswith("developer.zone"):
            self._identities.see_zone(record)
        elif (record.get("Event") or "").endswith("TLS Negotiation Error"):
            self._openings.end(record.endpoint("Src"), record.endpoint("Dst"))

    def traces(self, file: str) -> tuple[LogTrace, ...]:
        """Return the traces in the order of the log."""
        joined: list[LogTrace] = []
        for thread, line, time, opening in self._succeeded:
            ends = self._threads.nearest(thread, line, time) or opening
            if ends is not None:
                source, destination = (
                    (ends.remote, ends.local) if ends.role is Side.SERVER else (ends.local, ends.remote)
                )
                joined.append(_succeeded(time, source, destination, file, line))
        return tuple(sorted((*self._traces, *joined), key=lambda trace: trace.line))

    def identities(self, file: str) -> tuple[PeerIdentity, ...]:
        """Return the peers' names in the order of the log."""
        return self._identities.result(file)

    def _see_tcp(self, record: Record, file: str) -> None:
        what = _TCP_STEPS.get((record.get("Detail") or "").lower())
        source, destination = record.endpoint("Src"), record.endpoint("Dst")
        if what is None or record.time is None or source is None or destination is None:
            return
        reason = record.get("Reason")
        if self._has_room(self._traces):
            self._traces.append(
                LogTrace(
                    time=record.time,
                    what=what,
                    source=source,
                    destination=destination,
                    file=file,
                    line=record.line,
                    reason=shown(reason, 255) if reason else None,
                )
            )
        if what not in _OPENS:
            self._openings.end(source, destination)
            return
        role = Side.SERVER if what == "accepted" else None
        local, remote = (destination, source) if role else (source, destination)
        self._openings.open(source, destination, role, record.time)
        self._threads.see(record, local=local, remote=remote, role=role, opens=True)
        self._roles.see(source, destination, role)

    def _see_tls(self, record: Record, file: str) -> None:
        local, remote = record.address("localAddress"), record.address("remoteAddress")
        if local and remote:
            self._threads.see(record, local=local, remote=remote, role=record.tls_role, opens=False)
            self._roles.see(local, remote, record.tls_role)
            if record.get("Level") == "ERROR":
                self._openings.end(local, remote)
        if (record.get("Detail") or "").startswith("Handshake succeeded"):
            self._see_success(record, file)
        self._identities.see_name(record)

    def _see_success(self, record: Record, file: str) -> None:
        if record.time is None or not self._has_room(self._succeeded) or not self._has_room(self._traces):
            return
        source, destination = record.tls_ends
        thread = record.get("Thread")
        if source and destination:
            self._traces.append(_succeeded(record.time, source, destination, file, record.line))
        elif thread:
            opening = self._openings.of_success(thread, record.time)
            self._succeeded.append((thread, record.line, record.time, opening))

    def _has_room(self, kept: Sequence[object]) -> bool:
        if len(kept) < self._limit:
            return True
        self._dropped += 1
        return False


def _succeeded(time: datetime, source: Endpoint, destination: Endpoint, file: str, line: int) -> LogTrace:
    return LogTrace(
        time=time, what="handshake-succeeded", source=source, destination=destination, file=file, line=line
    )

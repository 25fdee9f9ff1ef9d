"""Tie log records to connections: 4-tuples with times, and the names that the log found in peers' certificates.

Sample::

    Module="network.tcp" Level="DEBUG":  Src-ip="192.0.2.1" Src-port="25001" … Detail="TCP Connection Established"
    Module="developer.ssl" … Thread="0x7f29": Detail="Handshake succeeded"
    Module="developer.ssl" … Thread="0x7f29": Detail="Found common name in peer certificate" CommonName="edge.example"
    Module="developer.zone.zonemgr" … Thread="0x7f29": Detail="getZoneByIdentities, match complete" … MatchedZone="…"

The lines that carry names carry no addresses: they are joined by thread (see `threads`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.evidence import Endpoint, LogTrace, PeerIdentity, Side
from analyzer.parsers.snapshot.changes import shown
from analyzer.parsers.snapshot.records import Record
from analyzer.parsers.snapshot.threads import Threads, near

_TCP_STEPS = {
    "tcp connecting": "connecting",
    "tcp connection established": "established",
    "tcp connection accepted": "accepted",
    "connection accepted": "accepted",
    "tcp connection closed": "closed",
    "tcp connection failed": "failed",
}
_NAME_KEYS = {"Found common name": "CommonName", "Found DNS alt-name": "AltName"}
_IDENTITY_PARTS = re.compile(r"[{},]")
_LABEL = re.compile(r"\A(?:CN|(?:Alt-)?DNS|(?:Alt-)?URI|(?:Alt-)?IP)\s*:\s*", re.IGNORECASE)
_MAX_NAMES = 100


@dataclass(slots=True, kw_only=True)
class _Names:
    """What the lines of one thread say about one peer, while it is collected."""

    thread: str | None
    line: int
    time: datetime | None
    names: list[str] = field(default_factory=list)
    has_common_name: bool = False
    zone: str | None = None


class Connections:
    """Collects records in the order of the log; at most `limit` of each kind are kept.

    Attributes:
        dropped: how many were beyond the limit.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._traces: list[LogTrace] = []
        self._succeeded: list[tuple[str, int, datetime]] = []
        self._threads = Threads(limit=limit)
        self._names: list[_Names] = []
        self._open: dict[str, _Names] = {}
        self.dropped = 0

    def see(self, record: Record, file: str) -> None:
        """Take what a record says about a connection, if anything."""
        module = record.get("Module") or ""
        if module == "network.tcp":
            self._see_tcp(record, file)
        elif module.startswith("developer.ssl"):
            self._see_tls(record, file)
        elif module.startswith("developer.zone"):
            self._see_zone(record)

    def traces(self, file: str) -> tuple[LogTrace, ...]:
        """Return the traces in the order of the log."""
        joined: list[LogTrace] = []
        for thread, line, time in self._succeeded:
            if (seen := self._threads.nearest(thread, line, time)) is not None:
                source, destination = (
                    (seen.remote, seen.local) if seen.role is Side.SERVER else (seen.local, seen.remote)
                )
                joined.append(_succeeded(time, source, destination, file, line))
        return tuple(sorted((*self._traces, *joined), key=lambda trace: trace.line))

    def identities(self, file: str) -> tuple[PeerIdentity, ...]:
        """Return the peers' names in the order of the log."""
        return tuple(self._identity(names, file) for names in self._names)

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
        if what in {"connecting", "established"}:
            self._threads.see(record, local=source, remote=destination, role=Side.CLIENT, opens=True)
        elif what == "accepted":
            self._threads.see(record, local=destination, remote=source, role=Side.SERVER, opens=True)

    def _see_tls(self, record: Record, file: str) -> None:
        local, remote = record.address("localAddress"), record.address("remoteAddress")
        if local and remote:
            self._threads.see(record, local=local, remote=remote, role=record.tls_role, opens=False)
        detail = record.get("Detail") or ""
        if detail.startswith("Handshake succeeded"):
            self._see_success(record, file)
        key = next((key for words, key in _NAME_KEYS.items() if detail.startswith(words)), None)
        name = record.get(key) if key else None
        if key and name:
            names = self._names_of(record, renew=key == "CommonName")
            names.has_common_name |= key == "CommonName"
            _add(names, name)

    def _see_success(self, record: Record, file: str) -> None:
        if record.time is None or not self._has_room(self._succeeded) or not self._has_room(self._traces):
            return
        source, destination = record.tls_ends
        thread = record.get("Thread")
        if source and destination:
            self._traces.append(_succeeded(record.time, source, destination, file, record.line))
        elif thread:
            self._succeeded.append((thread, record.line, record.time))

    def _see_zone(self, record: Record) -> None:
        zone = record.get("MatchedZone")
        if zone is None or "getZoneByIdentities" not in f"{record.get('Detail')} {record.get('Method')}":
            return
        names = self._names_of(record, renew=False)
        if "match complete" in (record.get("Detail") or "") or names.zone is None:
            names.zone = zone
        if not names.names:
            # The log spells it so.
            listed = record.get("Identitites") or record.get("Identities") or ""
            for part in _IDENTITY_PARTS.split(listed[:8192]):
                _add(names, _LABEL.sub("", part.strip()))

    def _names_of(self, record: Record, *, renew: bool) -> _Names:
        """Return what is being collected for the record's thread; a second common name is another peer's."""
        thread = record.get("Thread")
        current = self._open.get(thread) if thread else None
        if current is None or (renew and current.has_common_name) or not near(current.time, record.time):
            current = _Names(thread=thread, line=record.line, time=record.time)
            if self._has_room(self._names):
                self._names.append(current)
                if thread:
                    self._open[thread] = current
        return current

    def _identity(self, names: _Names, file: str) -> PeerIdentity:
        sighting = self._threads.nearest(names.thread, names.line, names.time)
        return PeerIdentity(
            time=names.time,
            names=tuple(names.names),
            file=file,
            line=names.line,
            local=sighting.local if sighting else None,
            remote=sighting.remote if sighting else None,
            zone=shown(names.zone, 255) if names.zone else None,
        )

    def _has_room(self, kept: Sequence[object]) -> bool:
        if len(kept) < self._limit:
            return True
        self.dropped += 1
        return False


def _succeeded(time: datetime, source: Endpoint, destination: Endpoint, file: str, line: int) -> LogTrace:
    return LogTrace(
        time=time, what="handshake-succeeded", source=source, destination=destination, file=file, line=line
    )


def _add(names: _Names, name: str) -> None:
    name = shown(name, 255)
    if name and name not in names.names and len(names.names) < _MAX_NAMES:
        names.names.append(name)

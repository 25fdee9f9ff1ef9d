"""The names that the log found in peers' certificates (DEBUG), and the zones that they were matched to.

Sample::

    Module="developer.ssl" … Thread="0x7f29": Detail="Found common name in peer certificate" CommonName="edge.example"
    Module="developer.ssl" … Thread="0x7f29": Detail="Found DNS alt-name in peer certificate" AltName="edge.example"
    Module="developer.zone.zonemgr" … Thread="0x7f29": Detail="getZoneByIdentities, match complete" … MatchedZone="…"

These lines carry no addresses: those of one thread are collected, and joined by `threads`, else by `openings`.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct, field

from analyzer.evidence import PeerIdentity
from analyzer.parsers.snapshot.changes import shown
from analyzer.parsers.snapshot.openings import Opening, Openings
from analyzer.parsers.snapshot.records import Record
from analyzer.parsers.snapshot.threads import Threads, near

_NAME_KEYS = {"Found common name": "CommonName", "Found DNS alt-name": "AltName"}
_IDENTITY_PARTS = re.compile(r"[{},]")
_LABEL = re.compile(r"\A(?:CN|(?:Alt-)?DNS|(?:Alt-)?URI|(?:Alt-)?IP)\s*:\s*", re.IGNORECASE)
_MAX_NAMES = 100


class _Names(Struct, kw_only=True):
    """What the lines of one thread say about one peer, while it is collected."""

    thread: str | None
    line: int
    time: datetime | None
    names: list[str] = field(default_factory=list)
    has_common_name: bool = False
    zone: str | None = None
    opening: Opening | None = None


class Identities:
    """Collects records in the order of the log; at most `limit` identities are kept.

    Attributes:
        dropped: how many were beyond the limit.
    """

    def __init__(self, *, limit: int, threads: Threads, openings: Openings) -> None:
        self._limit = limit
        self._threads = threads
        self._openings = openings
        self._names: list[_Names] = []
        self._open: dict[str, _Names] = {}
        self.dropped = 0

    def see_name(self, record: Record) -> None:
        """Take the name of a `developer.ssl` record, if it has one."""
        detail = record.get("Detail") or ""
        key = next((key for words, key in _NAME_KEYS.items() if detail.startswith(words)), None)
        name = record.get(key) if key else None
        if not key or not name:
            return
        names = self._names_of(record, renew=key == "CommonName")
        names.has_common_name |= key == "CommonName"
        if not names.names:
            names.opening = self._openings.of_names(names.thread, names.time)
        _add(names, name)

    def see_zone(self, record: Record) -> None:
        """Take the zone that a `developer.zone` record matched, and the names by which it did."""
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

    def result(self, file: str) -> tuple[PeerIdentity, ...]:
        """Return the peers' names in the order of the log."""
        return tuple(self._identity(names, file) for names in self._names)

    def _names_of(self, record: Record, *, renew: bool) -> _Names:
        """Return what is being collected for the record's thread; a second common name is another peer's."""
        thread = record.get("Thread")
        current = self._open.get(thread) if thread else None
        if current is None or (renew and current.has_common_name) or not near(current.time, record.time):
            current = _Names(thread=thread, line=record.line, time=record.time)
            if len(self._names) >= self._limit:
                self.dropped += 1
                return current
            self._names.append(current)
            if thread:
                self._open[thread] = current
        return current

    def _identity(self, names: _Names, file: str) -> PeerIdentity:
        ends = self._threads.nearest(names.thread, names.line, names.time) or names.opening
        return PeerIdentity(
            time=names.time,
            names=tuple(names.names),
            file=file,
            line=names.line,
            local=ends.local if ends else None,
            remote=ends.remote if ends else None,
            zone=shown(names.zone, 255) if names.zone else None,
        )


def _add(names: _Names, name: str) -> None:
    name = shown(name, 255)
    if name and name not in names.names and len(names.names) < _MAX_NAMES:
        names.names.append(name)

"""What failed and works again: a severity is about this deployment now (rules-amendments D, design truth 8)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from analyzer.evidence import Connection, Outcome, Side
from analyzer.findings import Severity
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc

Contact = tuple[Who, str | None, Side]
"""A peer, the zone that it stands at, and this node's role towards it."""

_FAILED = frozenset({Outcome.REFUSED, Outcome.CLOSED})


def as_of_now(view: NodeView, judgement: Judgement) -> Judgement:
    """Lower a critical judgement to a warning if all that failed has completed a handshake since."""
    if judgement.severity is not Severity.CRITICAL:
        return judgement
    failures = _failures(view, judgement)
    since = [_completed_since(view, *contact, last) for contact, last in failures.items()]
    if not since or None in since:
        return judgement
    newest = max((c for c in since if c is not None), key=_started)
    return replace(
        judgement,
        severity=Severity.WARNING,
        explanation=f"{judgement.explanation} It works since: a handshake with {newest.peer.name} completed at "
        f"{iso_utc(newest.handshake.started)}.",
    )


def _failures(view: NodeView, judgement: Judgement) -> dict[Contact, datetime]:
    """Return when each peer, by this node's role, failed last; events count on the capture's clock."""
    offset = timedelta(seconds=view.node.clock_offset.seconds if view.node.clock_offset else 0)
    failed: dict[Contact, datetime] = {}
    moments = [
        (c.peer, c.local_role, c.handshake.started)
        for c in view.connections_by_id(judgement.connections)
        if c.outcome in _FAILED
    ]
    moments += [
        (event.peer, event.record.local_role, event.record.time - offset)
        for event in view.events_by_id(judgement.events)
        if event.peer is not None and event.record.time is not None and event.record.error is not None
    ]
    for peer, role, time in moments:
        if role is not None:
            contact = who_is(peer), peer.zone, role
            failed[contact] = max(time, failed.get(contact, time))
    return failed


def _completed_since(view: NodeView, who: Who, zone: str | None, role: Side, last: datetime) -> Connection | None:
    completed = view.once(_completed).get((who, zone, role), ())
    place = bisect_right(completed, last, key=_started)
    return completed[place] if place < len(completed) else None


def _completed(view: NodeView) -> Mapping[Contact, Sequence[Connection]]:
    """Return the handshakes that completed, by peer and role, in the order of their times."""
    found: dict[Contact, list[Connection]] = defaultdict(list)
    for c in view.connections:
        if c.outcome is Outcome.COMPLETED and c.local_role is not None:
            found[who_is(c.peer), c.peer.zone, c.local_role].append(c)
    for connections in found.values():
        connections.sort(key=_started)
    return found


def _started(connection: Connection) -> datetime:
    return connection.handshake.started

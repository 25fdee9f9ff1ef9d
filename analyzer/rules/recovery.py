"""What failed and works again: a severity is about this deployment now (rules-amendments D, design truth 8)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from analyzer.evidence import Connection, Outcome, Side
from analyzer.findings import Severity
from analyzer.rules.alike import Lines
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import say

Contact = tuple[Who, str | None, Side]
"""A peer, the zone that it stands at, and this node's role towards it."""

_FAILED = frozenset({Outcome.REFUSED, Outcome.CLOSED})


def as_of_now(view: NodeView, judgement: Judgement) -> Judgement:
    """Lower a critical judgement to a warning if all that failed has completed a handshake since."""
    if judgement.severity is not Severity.CRITICAL:
        return judgement
    since = recoveries(view, judgement.connections, judgement.events)
    if not since:
        return judgement
    newest = max(since, key=_started)
    return replace(
        judgement,
        severity=Severity.WARNING,
        is_over=True,
        explanation=say(
            "{failure} It works since: a handshake with {peer} completed at {time}.",
            failure=judgement.explanation,
            peer=newest.peer.name,
            time=person_utc(newest.handshake.started),
        ),
    )


def recoveries(view: NodeView, connections: Sequence[Connection], events: Lines) -> list[Connection]:
    """Return the first handshake that completed with each peer since it failed last; empty if one never did."""
    completed = view.once(_completed)
    failed: dict[Contact, datetime] = {}
    for contact, time in _failures(view, connections, events):
        if contact not in failed and contact not in completed:
            return []
        failed[contact] = max(time, failed.get(contact, time))
    since = [_completed_since(view, contact, last) for contact, last in failed.items()]
    return [] if None in since else [connection for connection in since if connection is not None]


def _failures(view: NodeView, connections: Sequence[Connection], events: Lines) -> Iterator[tuple[Contact, datetime]]:
    """Yield who failed when, at the last, by this node's role; events count on the capture's clock."""
    for c in connections:
        if c.outcome in _FAILED and c.local_role is not None:
            yield (who_is(c.peer), c.peer.zone, c.local_role), c.handshake.started
    offset = view.node.log_ahead
    for lines in events.groups:
        record, peer, (_, last) = lines.record, lines.peer, lines.span
        if peer is not None and record.local_role is not None and last is not None and record.error:
            yield (who_is(peer), peer.zone, record.local_role), last - offset


def _completed_since(view: NodeView, contact: Contact, last: datetime) -> Connection | None:
    completed = view.once(_completed)[contact]
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
    return dict(found)


def _started(connection: Connection) -> datetime:
    return connection.handshake.started

"""What failed and works again: a severity is about this deployment now (rules-amendments D, design truth 8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from analyzer.evidence import Connection, Outcome, Peer, Side
from analyzer.findings import Severity
from analyzer.rules.rule import Judgement
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc

_FAILED = frozenset({Outcome.REFUSED, Outcome.CLOSED})


def as_of_now(view: NodeView, judgement: Judgement) -> Judgement:
    """Lower a critical judgement to a warning if all that failed has completed a handshake since."""
    if judgement.severity is not Severity.CRITICAL:
        return judgement
    failures = _failures(view, judgement)
    since = [_completed_since(view, peer, role, last) for (peer, role), last in failures.items()]
    if not since or None in since:
        return judgement
    newest = max((c for c in since if c is not None), key=lambda connection: connection.handshake.started)
    return replace(
        judgement,
        severity=Severity.WARNING,
        explanation=f"{judgement.explanation} It works since: a handshake with {newest.peer.name} completed at "
        f"{iso_utc(newest.handshake.started)}.",
    )


def _failures(view: NodeView, judgement: Judgement) -> dict[tuple[Peer, Side], datetime]:
    """Return when each peer, by this node's role, failed last; events count on the capture's clock."""
    offset = timedelta(seconds=view.node.clock_offset.seconds if view.node.clock_offset else 0)
    failed: dict[tuple[Peer, Side], datetime] = {}
    moments = [
        (c.peer, c.local_role, c.handshake.started)
        for c in view.connections
        if c.id in judgement.connections and c.outcome in _FAILED
    ]
    moments += [
        (event.peer, event.record.local_role, event.record.time - offset)
        for event in view.events_by_id(judgement.events)
        if event.peer is not None and event.record.time is not None and event.record.error is not None
    ]
    for peer, role, time in moments:
        if role is not None:
            failed[peer, role] = max(time, failed.get((peer, role), time))
    return failed


def _completed_since(view: NodeView, peer: Peer, role: Side, last: datetime) -> Connection | None:
    return next(
        (
            c
            for c in view.connections
            if c.peer == peer
            and c.local_role is role
            and c.outcome is Outcome.COMPLETED
            and c.handshake.started > last
        ),
        None,
    )

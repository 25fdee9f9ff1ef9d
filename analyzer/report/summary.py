"""The verdict that leads a report, and where its evidence is.

Shared by the HTML report, the terminal and the note, so that all three give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence import Alert, Case, Connection, Event, Frame, Node, Outcome, PeerKind, Side, Step, Store
from analyzer.findings import Confidence, Report, Verdict
from analyzer.report import wording
from analyzer.report.both_ends import Sighting, sightings_of


class Index(Struct, frozen=True, kw_only=True):
    """The case's records by the names that verdicts use for them."""

    nodes: Mapping[str | None, Node]
    connections: Mapping[str, Connection]
    events: Mapping[str, Event]
    sightings: Mapping[str, tuple[Sighting, ...]]


def index_of(case: Case) -> Index:
    return Index(
        nodes={node.name: node for node in case.nodes},
        connections={connection.id: connection for connection in case.connections},
        events={event.id: event for event in case.events},
        sightings=sightings_of(case),
    )


def leading_verdict(report: Report) -> Verdict | None:
    """Return the verdict of the first screen: a refusal by a known peer, else an answer, else an open question.

    Of both ends of one refusal the one leads whose certificate was refused, whichever bundle was named first; of
    completed ones, a certificate that no store holds. What strangers on the Internet fail at leads only if there is
    nothing else.
    """
    kinds = {connection.id: connection.peer.kind for connection in report.case.connections}
    kinds |= {event.id: event.peer.kind for event in report.case.events if event.peer}

    def rank(verdict: Verdict) -> int:
        behind = verdict.connections or verdict.events
        if behind and all(kinds.get(id_) is PeerKind.INTERNET for id_ in behind):
            return 4
        if verdict.outcome is Outcome.REFUSED:
            return 0 if verdict.refused_by is not verdict.local_role else 1
        if verdict.confidence is Confidence.NOT_DETERMINABLE:
            return 3
        return 1 if verdict.presented.store is Store.NEITHER else 2

    return min(report.verdicts, key=rank, default=None)


def headline(verdict: Verdict) -> str:
    """Return the answer in a few words; `Verdict.sentence` has all of it."""
    node, peer = wording.node_label(verdict.node), verdict.peer
    local = f"{node} as {wording.SIDES[verdict.local_role]}" if verdict.local_role else None
    if verdict.confidence is Confidence.NOT_DETERMINABLE and verdict.outcome is Outcome.UNKNOWN:
        return f"What {local or node} presented to {peer} is not determinable"
    ends = f"{local} to {peer}" if local else f"Handshake with {peer}"
    match verdict.outcome:
        case Outcome.REFUSED if local is None or verdict.refused_by is None:
            return f"{ends}: refused by the {verdict.refused_by or 'other side'}"
        case Outcome.REFUSED:
            return (
                f"{local} refused {peer}" if verdict.refused_by is verdict.local_role else f"{peer} refused {local}"
            )
        case Outcome.COMPLETED:
            return f"{ends}: completed"
        case Outcome.CLOSED:
            return f"{ends}: closed early"
        case Outcome.UNKNOWN:
            return f"{ends}: what came of it is not known"


def shown_connection(verdict: Verdict, index: Index) -> Connection | None:
    """Return the connection that a verdict is shown with: the newest that it names."""
    named = [index.connections[id_] for id_ in verdict.connections if id_ in index.connections]
    return max(named, key=lambda connection: connection.handshake.started, default=None)


def presenting_side(verdict: Verdict) -> Side:
    """Return the side whose certificate a verdict is about; of unknown roles the client's."""
    return verdict.local_role or Side.CLIENT


def certificate_frame(connection: Connection, side: Side) -> Frame | None:
    """Return the frame of a side's Certificate message."""
    step = Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE
    return connection.handshake.frame(step)


def refusing_alert(connection: Connection | None, side: Side | None) -> Alert | None:
    """Return the last fatal clear alert of the side that refused (a `close_notify` after it says nothing)."""
    alerts = connection.handshake.alerts if connection else ()
    return next((alert for alert in reversed(alerts) if alert.sender is side and alert.is_fatal), None)


def refusing_event(verdict: Verdict, index: Index) -> Event | None:
    """Return the log line that tells of a refusal: the first of the verdict's that names an error or an alert."""
    events = (index.events[id_] for id_ in verdict.events if id_ in index.events)
    return next((event for event in events if event.record.error or event.record.alert), None)

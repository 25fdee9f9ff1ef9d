"""The verdict that leads a report, and what it is shown by.

Shared by the HTML report, the terminal and the note, so that all three give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import (
    Alert,
    Case,
    Connection,
    Event,
    Frame,
    Node,
    Outcome,
    PeerKind,
    Side,
    Store,
    TlsRecord,
    Visibility,
)
from analyzer.findings import Confidence, Report, Severity, Verdict
from analyzer.report import wording
from analyzer.report.both_ends import Sighting, sightings_of

WEIGHTY = frozenset({Severity.CRITICAL, Severity.WARNING})


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


class Exhibit(Struct, frozen=True, kw_only=True):
    """What a verdict is shown by.

    Attributes:
        side: whose certificate is shown: the one that was refused, else this node's; of unknown roles the client's.
        certificate: its id; None unless seen.
        owner: the node that `store` belongs to.
        frame: of the Certificate message, or of what stands in its place.
        alert, event: that tell of the refusal.
    """

    connection: Connection | None
    side: Side
    visibility: Visibility | None
    certificate: str | None
    store: Store | None
    owner: str | None
    frame: Frame | TlsRecord | None
    alert: Alert | None
    event: Event | None


def exhibit_of(verdict: Verdict, index: Index) -> Exhibit:
    """Look up what a verdict was decided to be shown by."""
    grounds = verdict.grounds
    connection = index.connections.get(grounds.connection or "")
    own = verdict.local_role or Side.CLIENT
    side = grounds.refused or own
    presented = verdict.presented
    exhibit = Exhibit(
        connection=connection,
        side=side,
        visibility=presented.visibility,
        certificate=presented.certificate,
        store=presented.store,
        owner=verdict.node,
        frame=grounds.frame,
        alert=connection.refusing_alert if connection else None,
        event=index.events.get(grounds.event or ""),
    )
    if side is own:
        return exhibit
    theirs = connection.certificate(side) if connection else None
    return replace(
        exhibit,
        visibility=theirs.visibility if theirs else None,
        certificate=theirs.leaf if theirs else None,
        store=theirs.store if theirs else None,
        owner=theirs.store_node if theirs else None,
    )


def confidence_words(verdict: Verdict) -> str | None:
    """Say how sure it is what this node presented; None where the other end's is shown, or nothing is known."""
    if verdict.grounds.refused not in {None, verdict.local_role or Side.CLIENT}:
        return None
    known = verdict.confidence is not Confidence.NOT_DETERMINABLE
    return wording.CONFIDENCES[verdict.confidence] if known else None


def leading_verdict(report: Report) -> Verdict | None:
    """Return the verdict of the first screen: a refusal by a known peer, else an answer, else an open question.

    Of both ends of one refusal the one leads whose certificate was refused, whichever bundle was named first; of
    completed ones, one that a critical finding or a warning rests on, or with a certificate that no store holds. What
    strangers on the Internet fail at leads only if there is nothing else.
    """
    troubled = {id_ for f in report.findings if f.determined and f.severity in WEIGHTY for id_ in f.rests_on}
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
        return 1 if verdict.presented.store is Store.NEITHER or not troubled.isdisjoint(behind) else 2

    return min(report.verdicts, key=rank, default=None)


def headline(verdict: Verdict, *, but: bool = False) -> str:
    """Return the answer in a few words; `Verdict.sentence` has all of it. `but`: something speaks against it."""
    node, peer = wording.node_label(verdict.node), verdict.peer
    local = f"{node} as {wording.SIDES[verdict.local_role]}" if verdict.local_role else None
    refused_by = verdict.refused_by
    if verdict.confidence is Confidence.NOT_DETERMINABLE and verdict.outcome is Outcome.UNKNOWN:
        return f"What {local or node} presented to {peer} is not determinable"
    ends = f"{local} to {peer}" if local else f"Handshake with {peer}"
    match verdict.outcome:
        case Outcome.REFUSED if local and refused_by:
            who, whom = (node, peer) if refused_by is verdict.local_role else (peer, node)
            what = "certificate" if verdict.grounds.refused else "handshake"
            return f"{who} refused the {what} of {whom} ({wording.SIDES[refused_by.other]})"
        case Outcome.REFUSED:
            return f"{ends}: refused by the {refused_by or 'other side'}"
        case Outcome.COMPLETED:
            return f"{ends}: completed{', but not all is well' if but else ''}"
        case Outcome.CLOSED:
            return f"{ends}: closed early"
        case Outcome.UNKNOWN:
            return f"{ends}: what came of it is not known"

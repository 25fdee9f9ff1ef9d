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
from analyzer.words import Words, say

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


def confidence_words(verdict: Verdict) -> Words | None:
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


def headline(verdict: Verdict, *, but: bool = False) -> Words:
    """Return the answer in a few words; `Verdict.sentence` has all of it. `but`: something speaks against it."""
    node, peer, role = wording.node_label(verdict.node), verdict.peer, verdict.local_role
    if verdict.confidence is Confidence.NOT_DETERMINABLE and verdict.outcome is Outcome.UNKNOWN:
        if role is None:
            return say("What {node} presented to {peer} is not determinable", node=node, peer=peer)
        return say(
            "What {node} as {role} presented to {peer} is not determinable",
            node=node,
            role=wording.SIDES[role],
            peer=peer,
        )
    if role is None:
        return _outcome(verdict, say("Handshake with {peer}", peer=peer), but=but)
    if verdict.outcome is Outcome.REFUSED and verdict.refused_by:
        return _refusal(verdict, *((node, peer) if verdict.refused_by is role else (peer, node)))
    ends = say("{node} as {role} to {peer}", node=node, role=wording.SIDES[role], peer=peer)
    return _outcome(verdict, ends, but=but)


def _refusal(verdict: Verdict, who: str, whom: str) -> Words:
    role = wording.SIDES[verdict.refused_by.other] if verdict.refused_by else ""
    if verdict.grounds.refused:
        return say("{who} refused the certificate of {whom} ({role})", who=who, whom=whom, role=role)
    return say("{who} refused the handshake of {whom} ({role})", who=who, whom=whom, role=role)


def _outcome(verdict: Verdict, ends: Words, *, but: bool) -> Words:
    match verdict.outcome, verdict.refused_by:
        case Outcome.REFUSED, Side.CLIENT:
            return say("{ends}: refused by the client", ends=ends)
        case Outcome.REFUSED, Side.SERVER:
            return say("{ends}: refused by the server", ends=ends)
        case Outcome.REFUSED, _:
            return say("{ends}: refused by the other side", ends=ends)
        case Outcome.COMPLETED, _ if but:
            return say("{ends}: completed, but not all is well", ends=ends)
        case Outcome.COMPLETED, _:
            return say("{ends}: completed", ends=ends)
        case Outcome.CLOSED, _:
            return say("{ends}: closed early", ends=ends)
        case _:
            return say("{ends}: what came of it is not known", ends=ends)

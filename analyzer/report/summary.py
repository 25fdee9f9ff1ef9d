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
    PresentedCertificate,
    Side,
    Store,
    TlsRecord,
    Visibility,
)
from analyzer.findings import Confidence, Report, Severity, StoreRule, Verdict
from analyzer.report import wording
from analyzer.report.both_ends import Sighting, sightings_of
from analyzer.report.store_names import store_name, store_of
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


def holder_of(case: Case, presented: PresentedCertificate) -> Node | None:
    """Return the node whose store holds what was presented."""
    return next((node for node in case.nodes if presented.store_node and node.name == presented.store_node), None)


class Exhibit(Struct, frozen=True, kw_only=True):
    """What a verdict is shown by.

    Attributes:
        side: whose certificate is shown: the one that was refused, else this node's; of unknown roles the client's.
        certificate: its id; None unless seen.
        owner: the node that `store` belongs to.
        rule: what the store rule says of it; None: nothing was presented, or by a peer whose stores are not at hand.
        frame: of the Certificate message, or of what stands in its place.
        alert, event: that tell of the refusal.
    """

    connection: Connection | None
    side: Side
    visibility: Visibility | None
    certificate: str | None
    store: Store | None
    owner: Node | None
    rule: StoreRule | None
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
        owner=index.nodes.get(verdict.node),
        rule=grounds.rule,
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
        owner=index.nodes.get(theirs.store_node) if theirs and theirs.store_node else None,
        rule=grounds.rule_of_refused,
    )


def basis_words(verdict: Verdict) -> Words | None:
    """Say that it is inferred why this node presented no certificate; None: it is seen, or it is not said."""
    grounds = verdict.grounds
    if grounds.by_rule or grounds.refused not in {None, verdict.local_role or Side.CLIENT}:
        return None
    return wording.CONFIDENCES[Confidence.INFERRED] if verdict.confidence is Confidence.INFERRED else None


def store_words(verdict: Verdict, exhibit: Exhibit) -> Words | None:
    """Say which store the certificate that is shown stands in, and whose that is if it is not this node's."""
    if exhibit.store is None:
        return None
    holder = exhibit.owner
    is_own = holder is not None and holder.name == verdict.node
    store = store_name(exhibit.store, holder) if is_own else store_of(exhibit.store, holder)
    is_older = exhibit.rule is not None and exhibit.rule.is_older
    return say("{store}: it is an older certificate", store=store) if is_older else store


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

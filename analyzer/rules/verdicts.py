"""The answers: which certificate this node presented to whom, from which store, and what came of it.

One verdict per node, peer, local role, certificate and outcome; failures that only the log shows have theirs
too. An Edge without any sign of Webex still gets its Webex verdict: not determinable, and how to collect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from analyzer.evidence import (
    Case,
    Connection,
    Event,
    LogEvent,
    LogTrace,
    Outcome,
    Peer,
    PeerIdentity,
    PeerKind,
    PresentedCertificate,
    Side,
    Visibility,
)
from analyzer.facts.errors import PEER_ALERT
from analyzer.facts.store import PACKAGED, Facts
from analyzer.facts.webex import is_webex_name
from analyzer.findings import Confidence, Grounds, Presented, StoreRule, Verdict
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.both_ends import seen_elsewhere
from analyzer.rules.grounds import ABOUT_A_CERTIFICATE, newest_of
from analyzer.rules.grounds import of_connections as grounds_of_connections
from analyzer.rules.grounds import of_events as grounds_of_events
from analyzer.rules.log_sentences import events_sentence, identity_sentence
from analyzer.rules.sentences import ConnectionSentence
from analyzer.rules.store_rule import HIDDEN, by_rule
from analyzer.rules.verdict_steps import CALL_WEBEX, LOG_ALONE, collected, how_to_see, of_unknown_ends
from analyzer.rules.view import NodeView, Views, views_of
from analyzer.words import say, sentences

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX)

_SEEN = frozenset({Visibility.SEEN, Visibility.NONE_SENT})
_NOTHING_SENT = frozenset({Visibility.NOT_REQUESTED, Visibility.NOT_REACHED, Visibility.NOT_USED})
"""Where the handshake itself shows that there was nothing to present, if it is in clear."""

_LOG_ALONE = sentences((say("The log names no certificate of this node."), LOG_ALONE.text))


def verdicts_of(case: Case, facts: Facts = PACKAGED, views: Views | None = None) -> tuple[Verdict, ...]:
    """Return the verdicts of a case: Webex first, then the newest first. `views`: its own, if they exist already."""
    rows = [row for view in views or views_of(case, facts) for row in _verdicts_of_node(view)]
    rows.sort(key=lambda row: (row[0], -row[1].timestamp() if row[1] is not _EARLIEST else float("inf")))
    return tuple(verdict for _, _, verdict in rows)


Row = tuple[bool, datetime, Verdict]


def _verdicts_of_node(view: NodeView) -> Iterator[Row]:
    webex = False
    elsewhere = {one.here.id: one.there for one in seen_elsewhere(view) if one.same_hello}
    for connections in _grouped(view):
        webex |= connections[0].peer.kind is PeerKind.WEBEX
        newest = newest_of(connections).handshake.started
        yield connections[0].peer.kind is not PeerKind.WEBEX, newest, _of_connections(view, connections, elsewhere)
    for events in _grouped_events(view):
        peer = events[0].peer or Peer(name=say("unknown"), kind=PeerKind.UNKNOWN)
        webex |= peer.kind is PeerKind.WEBEX
        yield peer.kind is not PeerKind.WEBEX, events.span[1] or _EARLIEST, _of_events(view, peer, events)
    if not webex and (identity := _webex_in_the_log(view)):
        webex = True
        yield False, identity.time or _EARLIEST, _of_identity(view, identity)
    if view.is_edge and not webex:
        yield False, _EARLIEST, _no_sign_of_webex(view)


def _grouped(view: NodeView) -> Iterator[list[Connection]]:
    """Group equal answers; a node without a name (loose files) has one verdict per connection."""
    groups: dict[object, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        shown = _shown(connection)
        key = (
            connection.id
            if view.node.name is None
            else (
                connection.peer.kind,
                connection.peer.name,
                connection.local_role,
                shown.visibility,
                shown.leaf,
                connection.outcome,
                connection.refused_by,
            )
        )
        groups[key].append(connection)
    yield from groups.values()


def _grouped_events(view: NodeView) -> Iterator[Lines]:
    """Group the TLS errors that belong to no captured connection."""
    groups: dict[object, list[Alike]] = defaultdict(list)
    for alike in view.log.lone_errors:
        record, peer = alike.record, alike.peer
        if peer is not None and record.local_role is not None:
            groups[peer.kind, peer.name, record.local_role, _outcome_of(record)].append(alike)
    yield from map(Lines, groups.values())


def _outcome_of(record: LogEvent) -> tuple[Outcome, Side | None]:
    if record.error == "remote-disconnect":
        return Outcome.CLOSED, None
    if record.local_role is None or record.error == "handshake-failure":
        return Outcome.UNKNOWN, None
    by_peer = record.alert is not None or record.error == PEER_ALERT
    return Outcome.REFUSED, record.local_role.other if by_peer else record.local_role


def _shown(connection: Connection) -> PresentedCertificate:
    """What this node presented; of a lone capture, what the client presented."""
    return connection.local_certificate or connection.client_certificate


def _local(connection: Connection) -> Presented:
    shown = _shown(connection)
    return Presented(visibility=shown.visibility, certificate=shown.leaf, serial=shown.serial, store=shown.store)


def _of_connections(
    view: NodeView, connections: Sequence[Connection], elsewhere: Mapping[str, Connection]
) -> Verdict:
    newest = newest_of(connections)
    presented = _local(newest)
    grounds = grounds_of_connections(view, connections, elsewhere)
    count = len(connections)
    steps = () if grounds.named else how_to_see(presented.visibility)
    return Verdict(
        node=view.node.name,
        peer=newest.peer.name,
        local_role=newest.local_role,
        connections=tuple(connection.id for connection in connections),
        events=tuple(dict.fromkeys(event for connection in connections for event in connection.events)),
        presented=presented,
        outcome=newest.outcome,
        refused_by=newest.refused_by,
        confidence=_confidence(view, newest, presented),
        sentence=ConnectionSentence(view, newest, grounds, count=count).text(),
        collect=collected(steps),
        grounds=replace(
            grounds,
            brief=ConnectionSentence(view, newest, grounds, count=count, brief=True).text(),
            remedy=of_unknown_ends(newest) or steps,
        ),
    )


def _confidence(view: NodeView, connection: Connection, presented: Presented) -> Confidence:
    in_clear = connection.handshake.tls_version not in {None, "TLSv1.3"}
    if presented.visibility in _SEEN or (in_clear and presented.visibility in _NOTHING_SENT):
        return Confidence.STRONG if connection.peer.hint_only else Confidence.PROVEN
    if presented.visibility in HIDDEN:
        known = connection.local_role and view.expected_leaf(connection.local_role)
        return Confidence.INFERRED if known else Confidence.NOT_DETERMINABLE
    return Confidence.INFERRED


def _of_events(view: NodeView, peer: Peer, events: Lines) -> Verdict:
    newest = events[-1]
    outcome, refused_by = _outcome_of(newest.record)
    presented = _by_the_rule(view, newest)
    grounds = grounds_of_events(view, peer, newest, refused_by, presented)
    tell = partial(events_sentence, view, peer, events, outcome=outcome, refused_by=refused_by, grounds=grounds)
    return Verdict(
        node=view.node.name,
        peer=peer.name,
        local_role=newest.record.local_role,
        connections=(),
        events=tuple(event.id for event in events),
        presented=Presented(visibility=None),
        outcome=outcome,
        refused_by=refused_by,
        confidence=Confidence.INFERRED if presented else Confidence.NOT_DETERMINABLE,
        sentence=tell(),
        collect=_LOG_ALONE,
        grounds=replace(grounds, brief=tell(brief=True), remedy=(LOG_ALONE,)),
    )


def _by_the_rule(view: NodeView, event: Event) -> Presented | None:
    """Return what the store rule says was presented, if the log shows that it came to presenting at all.

    A server presents before it looks at the client's certificate. A client that refuses the server's ends the
    handshake before its own turn; that it had its turn is shown by the peer's alert about a certificate.
    """
    record = event.record
    if record.local_role is None or record.error in {"remote-disconnect", "handshake-failure", None}:
        return None
    by_peer = record.alert is not None or record.error == PEER_ALERT
    had_its_turn = record.alert in ABOUT_A_CERTIFICATE if by_peer else record.local_role is Side.SERVER
    return by_rule(view, record.local_role) if had_its_turn else None


def _webex_in_the_log(view: NodeView) -> PeerIdentity | None:
    """Return the newest of the log's lines that found a Webex name in a peer's certificate."""
    found = [
        identity
        for identity in view.node.identities
        if any(is_webex_name(name, view.facts) for name in identity.names)
    ]
    return max(found, key=lambda identity: identity.time or _EARLIEST, default=None)


def _of_identity(view: NodeView, identity: PeerIdentity) -> Verdict:
    """The outcome stays open: a client's "Handshake succeeded" is no proof in TLS 1.3 (rules.md 6)."""
    ends = {identity.local, identity.remote}
    opened = next((t for t in view.node.traces if {t.source, t.destination} == ends and None not in ends), None)
    role = _opened_as(view, opened) if opened else None
    presented = by_rule(view, role)
    rule = StoreRule(expected=presented) if presented else None
    tell = partial(identity_sentence, view, identity, role, presented)
    return Verdict(
        node=view.node.name,
        peer=_WEBEX.name,
        local_role=role,
        connections=(),
        events=(),
        presented=Presented(visibility=None),
        outcome=Outcome.UNKNOWN,
        refused_by=None,
        confidence=Confidence.INFERRED if presented else Confidence.NOT_DETERMINABLE,
        sentence=tell(),
        collect=_LOG_ALONE,
        grounds=Grounds(rule=rule, brief=tell(brief=True), nodes=frozenset({view.node.name}), remedy=(LOG_ALONE,)),
    )


def _opened_as(view: NodeView, opened: LogTrace) -> Side | None:
    if opened.source.address in view.node.addresses:
        return Side.CLIENT
    return Side.SERVER if opened.destination.address in view.node.addresses else None


def _no_sign_of_webex(view: NodeView) -> Verdict:
    return Verdict(
        node=view.node.name,
        peer=_WEBEX.name,
        local_role=None,
        connections=(),
        events=(),
        presented=Presented(visibility=None),
        outcome=Outcome.UNKNOWN,
        refused_by=None,
        confidence=Confidence.NOT_DETERMINABLE,
        sentence=say(
            "Which certificate {node} presents to Webex is not determinable: nothing of what was given shows a connection "
            "with Webex.",
            node=view.node.name or say("this Edge"),
        ),
        collect=CALL_WEBEX.text,
        grounds=Grounds(remedy=(CALL_WEBEX,)),
    )

"""The answers: which certificate this node presented to whom, from which store, and what came of it.

One verdict per node, peer, local role, certificate and outcome; failures that only the log shows have theirs
too. An Edge without any sign of Webex still gets its Webex verdict: not determinable, and how to collect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from analyzer.evidence import (
    Case,
    Certificate,
    Connection,
    Event,
    Outcome,
    Peer,
    PeerKind,
    Side,
    Step,
    Store,
    Visibility,
)
from analyzer.facts.errors import PEER_ALERT
from analyzer.findings import Confidence, Presented, Verdict
from analyzer.rules.rule import Need
from analyzer.rules.view import NodeView, views_of
from analyzer.text import iso_utc

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX)

STORE_WORDS = {
    Store.CLIENT: "the client store's certificate",
    Store.SERVER: "the server store's certificate",
    Store.BOTH: "the certificate that both stores hold",
    Store.TRUSTED: "a certificate of the trusted CA list",
    Store.NEITHER: "a certificate that is in neither store",
}

HIDDEN_WORDS = {
    Visibility.SEEN: "a certificate",
    Visibility.ENCRYPTED: "a certificate that TLS 1.3 encrypts",
    Visibility.RESUMED: "no certificate again, because the session was resumed",
    Visibility.NOT_REQUESTED: "no certificate, because none was requested",
    Visibility.NONE_SENT: "an empty Certificate message",
    Visibility.NOT_REACHED: "nothing, because the handshake ended before its turn",
    Visibility.NOT_USED: "nothing, because the cipher suite uses no certificates",
    Visibility.NOT_CAPTURED: "a certificate that the capture missed",
}

OUTCOME_WORDS = {
    Outcome.COMPLETED: "the handshake completed",
    Outcome.REFUSED: "it was refused",
    Outcome.CLOSED: "the connection was closed without an alert",
    Outcome.UNKNOWN: "what came of it is not known",
}


def verdicts_of(case: Case) -> tuple[Verdict, ...]:
    """Return the verdicts of a case: Webex first, then the newest first."""
    rows = [row for view in views_of(case) for row in _verdicts_of_node(view)]
    rows.sort(key=lambda row: (row[0], -row[1].timestamp() if row[1] is not _EARLIEST else float("inf")))
    return tuple(verdict for _, _, verdict in rows)


Row = tuple[bool, datetime, Verdict]


def _verdicts_of_node(view: NodeView) -> Iterator[Row]:
    webex = False
    for connections in _grouped(view):
        webex |= connections[0].peer.kind is PeerKind.WEBEX
        newest = max(connection.handshake.started for connection in connections)
        yield connections[0].peer.kind is not PeerKind.WEBEX, newest, _of_connections(view, connections)
    for events in _grouped_events(view):
        peer = events[0].peer or Peer(name="unknown", kind=PeerKind.UNKNOWN)
        webex |= peer.kind is PeerKind.WEBEX
        newest = max((event.record.time for event in events if event.record.time), default=_EARLIEST)
        yield peer.kind is not PeerKind.WEBEX, newest, _of_events(view, peer, events)
    if view.is_edge and not webex:
        yield False, _EARLIEST, _no_sign_of_webex(view)


def _grouped(view: NodeView) -> Iterator[list[Connection]]:
    """Group equal answers; a node without a name (loose files) has one verdict per connection."""
    groups: dict[object, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        presented = _local(connection)
        key = (
            connection.id
            if view.node.name is None
            else (
                connection.peer.kind,
                connection.peer.name,
                connection.local_role,
                presented.visibility,
                presented.certificate,
                connection.outcome,
                connection.refused_by,
            )
        )
        groups[key].append(connection)
    yield from groups.values()


def _grouped_events(view: NodeView) -> Iterator[list[Event]]:
    """Group the TLS errors that belong to no captured connection."""
    groups: dict[object, list[Event]] = defaultdict(list)
    for event in view.tls_errors:
        if event.connection is None and event.peer is not None and event.record.local_role is not None:
            outcome, refused_by = _outcome_of(event)
            groups[event.peer.kind, event.peer.name, event.record.local_role, outcome, refused_by].append(event)
    yield from groups.values()


def _outcome_of(event: Event) -> tuple[Outcome, Side | None]:
    record = event.record
    if record.error == "remote-disconnect":
        return Outcome.CLOSED, None
    if record.local_role is None or record.error == "handshake-failure":
        return Outcome.UNKNOWN, None
    by_peer = record.alert is not None or record.error == PEER_ALERT
    return Outcome.REFUSED, record.local_role.other if by_peer else record.local_role


def _local(connection: Connection) -> Presented:
    """What this node presented; of a lone capture, what the client presented."""
    shown = connection.local_certificate or connection.client_certificate
    return Presented(visibility=shown.visibility, certificate=shown.leaf, serial=shown.serial, store=shown.store)


def _of_connections(view: NodeView, connections: Sequence[Connection]) -> Verdict:
    newest = max(connections, key=lambda connection: connection.handshake.started)
    presented = _local(newest)
    peer = newest.peer
    seen = presented.visibility is Visibility.SEEN or presented.visibility is Visibility.NONE_SENT
    confidence = Confidence.PROVEN if seen else Confidence.INFERRED
    if seen and peer.hint_only:
        confidence = Confidence.STRONG
    if presented.visibility in {Visibility.NOT_CAPTURED, Visibility.ENCRYPTED, Visibility.RESUMED}:
        confidence = Confidence.INFERRED if _expected(view, newest) else Confidence.NOT_DETERMINABLE
    return Verdict(
        node=view.node.name,
        peer=peer.name,
        local_role=newest.local_role,
        connections=tuple(connection.id for connection in connections),
        events=tuple(dict.fromkeys(event for connection in connections for event in connection.events)),
        presented=presented,
        outcome=newest.outcome,
        refused_by=newest.refused_by,
        confidence=confidence,
        sentence=_sentence(view, newest, presented, len(connections)),
        collect=_how_to_see(presented.visibility),
    )


def _how_to_see(visibility: Visibility | None) -> str | None:
    match visibility:
        case Visibility.RESUMED | Visibility.NOT_CAPTURED:
            return "Capture a full handshake: disable and enable the zone, or restart the service, while logging."
        case Visibility.ENCRYPTED:
            return "The log at DEBUG names the peer's certificate; both ends' bundles show what each side refused."
        case _:
            return None


def _expected(view: NodeView, connection: Connection) -> Certificate | None:
    return view.expected_leaf(connection.local_role) if connection.local_role else None


def _sentence(view: NodeView, connection: Connection, presented: Presented, count: int) -> str:
    peer, role = connection.peer, connection.local_role
    node = view.node.name or "The client" if role is None else view.node.name or "This node"
    hint = " (by its address range only)" if peer.hint_only and peer.kind is PeerKind.WEBEX else ""
    towards = str(connection.handshake.server) if role is None else peer.name
    subject = f"{node} as TLS {role}" if role else node
    frame = _frame_of(connection, role or Side.CLIENT)
    what = _what(view, connection, presented)
    times = f", {count} times" if count > 1 else ""
    return (
        f"{subject} presented {what} to {towards}{hint} at {iso_utc(connection.handshake.started)}{frame}{times}; "
        f"{_came_of_it(view, connection)}."
    )


def _what(view: NodeView, connection: Connection, presented: Presented) -> str:
    if presented.certificate is None:
        words = HIDDEN_WORDS[presented.visibility or Visibility.NOT_CAPTURED]
        expected = _expected(view, connection)
        if presented.visibility is Visibility.ENCRYPTED and expected and connection.local_role:
            store = view.expected_store(connection.local_role)
            words += f" (by the store rule the {store} store's, serial {expected.serial}: inferred)"
        return words
    certificate = view.case.certificates.get(presented.certificate)
    store = STORE_WORDS[presented.store] if presented.store else "a certificate"
    name = (certificate and (certificate.common_name or certificate.subject)) or "without a name"
    return f"{store}, {name}, serial {presented.serial or 'unreadable'},"


def _frame_of(connection: Connection, side: Side) -> str:
    step = Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE
    frame = connection.handshake.frame(step) or connection.handshake.frame(Step.CLIENT_HELLO)
    return f" (frame {frame.frame} of {frame.capture})" if frame else ""


def _came_of_it(view: NodeView, connection: Connection) -> str:
    if connection.outcome is not Outcome.REFUSED or connection.refused_by is None:
        return OUTCOME_WORDS[connection.outcome]
    if connection.local_role is None:
        who = f"the {connection.refused_by}"
    elif connection.refused_by is connection.local_role:
        who = view.node.name or "this node"
    else:
        who = connection.peer.name
    return f"{who} refused: {connection.outcome_reason}"


def _of_events(view: NodeView, peer: Peer, events: Sequence[Event]) -> Verdict:
    newest = max(events, key=lambda event: event.record.time or _EARLIEST)
    outcome, refused_by = _outcome_of(newest)
    role = newest.record.local_role
    expected = view.expected_leaf(role) if role else None
    rule = (
        f"by the store rule the {view.expected_store(role)} store's certificate, serial {expected.serial} (inferred)"
        if role and expected
        else "a certificate that the log does not name"
    )
    who = None if refused_by is None else peer.name if refused_by is not role else view.node.name or "this node"
    came = f"{who} refused: {newest.record.detail}" if who else f"{OUTCOME_WORDS[outcome]}: {newest.record.detail}"
    times = f", {len(events)} log lines" if len(events) > 1 else ""
    at = f" at {iso_utc(newest.record.time)}" if newest.record.time else ""
    return Verdict(
        node=view.node.name,
        peer=peer.name,
        local_role=role,
        connections=(),
        events=tuple(event.id for event in events),
        presented=Presented(visibility=None),
        outcome=outcome,
        refused_by=refused_by,
        confidence=Confidence.INFERRED if expected else Confidence.NOT_DETERMINABLE,
        sentence=f"{view.node.name or 'This node'} as TLS {role} presented {rule} to {peer.name}{at} "
        f"(line {newest.record.line} of {newest.record.file}{times}); {came}.",
        collect="The log names no certificate of this node. " + Need.CAPTURE.collect,
    )


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
        sentence=f"Which certificate {view.node.name or 'this Edge'} presents to Webex is not determinable: nothing "
        "of what was given shows a connection with Webex.",
        collect='Place a call to Webex while diagnostic logging runs with "Take tcpdump while logging" ticked.',
    )

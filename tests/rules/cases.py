"""Small cases for the rules: records built directly, starting from a healthy Core and Edge.

    case(core(), edge(), connections=[connection(edge(), CORE, role=Side.SERVER, alert=(Side.SERVER, 43))])

Stores, partners, origins and outcomes are worked out as the correlator does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from analyzer.correlate.connections import outcome_of
from analyzer.correlate.origin import origins_of
from analyzer.correlate.partners import find_partners
from analyzer.correlate.stores import present_local, present_unknown
from analyzer.evidence import (
    Alert,
    Case,
    Certificate,
    CertificateMessage,
    ClockOffset,
    Connection,
    Endpoint,
    Event,
    Frame,
    Handshake,
    LogEvent,
    Node,
    NodePair,
    Outcome,
    Peer,
    PresentedCertificate,
    ReferenceTime,
    Side,
    Step,
    Stores,
    TcpConversation,
    Twin,
    Visibility,
)
from analyzer.facts.alerts import alert_name
from analyzer.findings import Finding
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.runner import run
from tests.rules.nodes import CAPTURE, LOG, START
from tests.rules.pki import _made, chain

NOT_DETERMINABLE = "not-determinable"

Shown = Certificate | tuple[Certificate, ...] | Visibility


def connection(
    node: Node,
    peer: Peer,
    *,
    role: Side | None,
    client: Shown = Visibility.NOT_REQUESTED,
    server: Shown = Visibility.NOT_CAPTURED,
    alert: tuple[Side, int] | None = None,
    completed: bool | None = None,
    at: float = 0,
    port: int = 7001,
    **changes: Any,
) -> Connection:
    """Return a connection at `at` seconds; `alert`: sender and number; `changes` are the handshake's."""
    ours = Endpoint(address=node.addresses[0] if node.addresses else "10.9.9.9", port=25000)
    dialling, answering = (_remote(peer), ours) if role is Side.SERVER else (ours, _remote(peer))
    started = START + timedelta(seconds=at)
    frames = [_frame(Step.CLIENT_HELLO, 1, started, Side.CLIENT)]
    messages = {Side.SERVER: _message(server), Side.CLIENT: _message(client)}
    for number, (side, message) in enumerate(messages.items(), 2):
        if message.visibility in {Visibility.SEEN, Visibility.NONE_SENT}:
            step = Step.SERVER_CERTIFICATE if side is Side.SERVER else Step.CLIENT_CERTIFICATE
            frames.append(_frame(step, number, started + timedelta(milliseconds=number), side))
    alerts = (_alert(*alert, started + timedelta(milliseconds=9)),) if alert else ()
    frames += [_frame(Step.ALERT, sent.frame, sent.time, sent.sender) for sent in alerts]
    handshake = Handshake(
        captures=(CAPTURE,), client=dialling, server=replace(answering, port=port), started=started,
        tls_version="TLSv1.2", server_name=None, resumed=False, seen_from_start=True,
        certificate_requested=messages[Side.CLIENT].visibility is not Visibility.NOT_REQUESTED,
        certificate_authorities=(), frames=tuple(frames), server_certificate=messages[Side.SERVER],
        client_certificate=messages[Side.CLIENT], alerts=alerts, completed=False if alert else completed,
    )  # fmt: skip
    nothing = PresentedCertificate(visibility=Visibility.NOT_CAPTURED)
    return Connection(
        id="", node=node.name, handshake=replace(handshake, **changes), local_role=role, peer=peer, service=None,
        server_certificate=nothing, client_certificate=nothing, outcome=Outcome.UNKNOWN, refused_by=None,
        outcome_reason=None,
    )  # fmt: skip


def _remote(peer: Peer) -> Endpoint:
    known = {"core": "10.1.1.10", "edge": "10.2.2.20", "Webex": "163.129.37.33"}
    return Endpoint(address=known.get(peer.node or peer.name, "10.3.3.30"), port=25001)


def _frame(step: Step, number: int, time: datetime, sender: Side) -> Frame:
    return Frame(step=step, capture=CAPTURE, frame=number, time=time, sender=sender)


def _alert(sender: Side, code: int, time: datetime) -> Alert:
    name = alert_name(code)
    return Alert(sender=sender, level="fatal", description=name, code=code, capture=CAPTURE, frame=9, time=time)


def _message(shown: Shown) -> CertificateMessage:
    if isinstance(shown, Visibility):
        return CertificateMessage(visibility=shown)
    sent = chain(shown) if isinstance(shown, Certificate) else shown
    return CertificateMessage(visibility=Visibility.SEEN, chain=tuple(one.sha256 for one in sent))


def event(
    node: Node,
    peer: Peer | None,
    *,
    error: str | None = None,
    alert: int | None = None,
    role: Side | None = None,
    detail: str = "words of the log",
    name: str | None = None,
    at: float | None = 0,
    joined: str | None = None,
    **changes: Any,
) -> Event:
    """Return a log event; `joined`: the connection that it belongs to (`c1` is the first of the case)."""
    ours, theirs = Endpoint(address="10.9.9.9", port=7001), Endpoint(address="10.8.8.8", port=25000)
    source, destination = (theirs, ours) if role is Side.SERVER else (ours, theirs)
    record = LogEvent(
        time=None if at is None else START + timedelta(seconds=at),
        name=name or f"{'Inbound' if role is Side.SERVER else 'Outbound'} TLS Negotiation Error",
        detail=detail, file=LOG, line=int(at or 0) + 1, source=source, destination=destination,
        error="peer-alert" if alert is not None else error, alert=alert, local_role=role,
    )  # fmt: skip
    return Event(id="", node=node.name, record=replace(record, **changes), peer=peer, connection=joined)


def ssh(node: Node, detail: str, at: float = 0) -> Event:
    """Return a line of the tunnels' ssh client."""
    return event(node, None, name="ssh", detail=f"ssh: {detail}", at=at, source=None, destination=None)


def conversation(**changes: Any) -> TcpConversation:
    """Return an SSH conversation of the Core with the Edge that was closed right after it was established."""
    result = TcpConversation(
        capture=CAPTURE, frame=7, client=Endpoint(address="10.1.1.10", port=30001),
        server=Endpoint(address="10.2.2.20", port=2222), started=START, attempts=1, established=True, refused=False,
        client_banner="SSH-2.0-OpenSSH_9.6", server_banner="SSH-2.0-OpenSSH_9.6", client_bytes=900, server_bytes=900,
        ended=START + timedelta(seconds=1),
    )  # fmt: skip
    return replace(result, **changes)


def twins(*both: tuple[str, str], same_hello: bool = True, seconds: float = 0, nodes: str = "core edge") -> NodePair:
    """Return the pair of two nodes whose captures show the same connections (`("c1", "c2")`)."""
    first, second = nodes.split()
    return NodePair(
        first=first, second=second,
        twins=tuple(Twin(first=here, second=there, same_hello=same_hello) for here, there in both),
        offset=ClockOffset(seconds=seconds, joins=len(both), spread=0),
    )  # fmt: skip


def case(
    *nodes: Node,
    connections: Sequence[Connection] = (),
    events: Sequence[Event] = (),
    pairs: Sequence[NodePair] = (),
) -> Case:
    """Join nodes, connections (`c1`, `c2` …) and events (`e1`, `e2` …) to a case, as the correlator does."""
    used = [one for node in nodes for held in _held(node.stores) for one in held]
    used += [one for c in connections for side in Side for one in c.handshake.message(side).chain]
    certificates = {identity: _made[identity] for identity in dict.fromkeys(used)}
    numbered = [replace(one, id=f"e{number}") for number, one in enumerate(events, 1)]
    joined = tuple(
        _joined(replace(one, id=f"c{number}"), nodes, numbered, certificates)
        for number, one in enumerate(connections, 1)
    )
    trusted = frozenset(one for node in nodes for one in node.stores.trusted or ())
    return Case(
        inputs=(), nodes=find_partners(nodes, joined), certificates=certificates,
        origins=origins_of(certificates, trusted),
        connections=joined, events=tuple(numbered), problems=(),
        reference_time=ReferenceTime(time=START, origin="evidence"), pairs=tuple(pairs),
    )  # fmt: skip


def _held(held: Stores) -> tuple[tuple[str, ...], ...]:
    return held.server or (), held.client or (), held.trusted or ()


def _joined(
    one: Connection, nodes: Sequence[Node], events: Sequence[Event], certificates: dict[str, Certificate]
) -> Connection:
    own = [event for event in events if event.connection == one.id]
    node = next(node for node in nodes if node.name == one.node)
    shown = {
        side: present_local(one.handshake.message(side), certificates, node, side)
        if side is one.local_role
        else present_unknown(
            one.handshake.message(side), certificates, [other for other in nodes if other is not node]
        )
        for side in Side
    }
    outcome, refused_by, reason = outcome_of(one.handshake, one.local_role, [event.record for event in own])
    return replace(
        one, events=tuple(event.id for event in own), server_certificate=shown[Side.SERVER],
        client_certificate=shown[Side.CLIENT], outcome=outcome, refused_by=refused_by, outcome_reason=reason,
    )  # fmt: skip


def findings(judged: Case) -> tuple[Finding, ...]:
    """Return all findings of a case, with their causes."""
    return tie(run(judged, RULES))


def made(judged: Case, rule_id: str) -> tuple[Finding, ...]:
    """Return the findings of one rule by which a diagnosis was made."""
    return tuple(one for one in findings(judged) if one.id == rule_id and one.determined)


def judge(judged: Case, rule_id: str, node: str | None = None) -> set[tuple[str, str, str]]:
    """Return severity, confidence and subject of what one rule says (of one node, if one is named)."""
    rule = [rule for rule in RULES if rule.id == rule_id]
    assert rule, rule_id
    found = [grounded.finding for grounded in run(judged, rule)]
    return {(str(f.severity), str(f.confidence), f.subject) for f in found if node in {None, f.node}}


def causes(judged: Case) -> dict[tuple[str | None, str], str | None]:
    """Return, for what is critical or a warning, node and id with the id of its cause."""
    grave = [one for one in findings(judged) if one.determined and one.severity in {"critical", "warning"}]
    return {(one.node, one.id): one.caused_by for one in grave}

"""Failures that no alert explains: closed without a word, TCP that never comes up, a restart that is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyzer.evidence import Connection, Event, Outcome, Step, TcpConversation
from analyzer.facts.alarms import AlarmTopic
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines, lines_of
from analyzer.rules.log_lines import saying
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import SSH_PORT, ssh_errors
from analyzer.rules.view import FAMILIAR, TRAVERSAL, TUNNELS, NodeView
from analyzer.rules.wording import ROLES
from analyzer.words import Words, both, say, sentences

SIP_AND_TUNNEL_PORTS = frozenset({2222, 5061, 5062, 6971, 6972, 7001, 7002, 7003, 8443})


def closed_without_alert(view: NodeView) -> Iterator[Judgement]:
    """The connection ended in the middle of the handshake, and nobody said why."""
    connections: dict[Who, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        if connection.outcome is Outcome.CLOSED and connection.peer.kind in FAMILIAR:
            connections[who_is(connection.peer)].append(connection)
    events: dict[Who, list[Alike]] = defaultdict(list)
    refused = {c.id for c in view.connections if c.outcome in {Outcome.REFUSED, Outcome.COMPLETED}}
    for alike in view.log.errors_of("remote-disconnect"):
        if alike.peer is not None and alike.peer.kind in FAMILIAR:
            told = alike.where(lambda event: event.connection not in refused) if alike.is_joined else (alike,)
            events[who_is(alike.peer)] += told
    for who in dict.fromkeys((*connections, *events)):
        flows, lines = connections.get(who, []), Lines(events.get(who, ()))
        if flows or lines:
            yield _closed(who[1], flows, lines)


def _closed(peer: str, flows: Sequence[Connection], lines: Lines) -> Judgement:
    first, last = quote.span((*(c.handshake.started for c in flows), *lines.span))
    closes = [(c, frame) for c in flows[: quote.MOST] if (frame := c.handshake.frame(Step.CLOSED))]
    hidden = [c for c in flows if c.handshake.tls_version == "TLSv1.3"]
    is_told = bool(lines) or all(c.handshake.completed is False for c in hidden)
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN if is_told else Confidence.INFERRED,
        subject=peer,
        explanation=sentences(
            (
                _how_closed(peer, flows),
                say(
                    "A firewall that inspects SIP or TLS is the classic cause; a peer that checks names itself, or a "
                    "crash, looks the same."
                ),
            )
        ),
        remedy=(
            Remedy(
                text=say(
                    "Switch SIP and TLS inspection off on the firewall in between; capture on both sides of it and "
                    "compare."
                ),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(*(quote.quote_frame(c, frame) for c, frame in closes), *quote.quote_events(lines)),
        count=max(len(flows), len({(e.record.source, e.record.destination) for e in lines}), 1),
        first=first,
        last=last,
        connections=tuple(flows),
        events=lines,
    )


def _how_closed(peer: str, flows: Sequence[Connection]) -> Words:
    closers: set[str] = {ROLES[c.handshake.closed_by] for c in flows if c.handshake.closed_by and not c.local_role}
    closers |= {
        say("this node") if c.handshake.closed_by is c.local_role else peer
        for c in flows
        if c.handshake.closed_by and c.local_role
    }
    alert = say("an alert")
    if any(c.handshake.tls_version == "TLSv1.3" for c in flows):
        alert = say("an alert in clear (TLS 1.3 encrypts those about a client's certificate)")
    if not closers:
        return say(
            "The connection with {peer} was closed during the handshake, without {alert}.", peer=peer, alert=alert
        )
    by = both(sorted(closers))
    if any(c.handshake.closed_by_reset for c in flows):
        return say(
            "The connection with {peer} was closed by {closers} with a reset during the handshake, without {alert}.",
            peer=peer,
            closers=by,
            alert=alert,
        )
    return say(
        "The connection with {peer} was closed by {closers} during the handshake, without {alert}.",
        peer=peer,
        closers=by,
        alert=alert,
    )


def tcp_never_established(view: NodeView) -> Iterator[Judgement]:
    """A SYN without an answer, or answered by a reset: no matter of certificates."""
    flows: dict[tuple[str, int], list[TcpConversation]] = defaultdict(list)
    ports = SIP_AND_TUNNEL_PORTS | {zone.port for zone in view.node.zones if zone.port}
    for flow in view.node.conversations:
        ours = flow.client.address in view.node.addresses or not view.node.addresses
        if not flow.established and flow.server.port in ports and ours:
            flows[flow.server.address, flow.server.port].append(flow)
    lines: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in saying(view.log.named("network.tcp"), "connection failed"):
        target = event.record.destination
        if target and target.port in ports:
            lines[target.address, target.port].append(event)
    timeouts = [
        event for event in ssh_errors(view) if "timed out" in event.record.detail or "refused" in event.record.detail
    ]
    if timeouts and not any(port == SSH_PORT for _, port in (*flows, *lines)):
        lines[say("the tunnel's target"), SSH_PORT] = timeouts
    for address, port in dict.fromkeys((*flows, *lines)):
        found = flows.get((address, port), [])
        logged = lines.get((address, port), [])
        yield _unreachable(view, say("{address}:{port}", address=address, port=port), port, found, lines_of(logged))


def _unreachable(view: NodeView, target: str, port: int, flows: Sequence[TcpConversation], lines: Lines) -> Judgement:
    refused = bool(flows) and all(flow.refused for flow in flows)
    attempts = sum(flow.attempts for flow in flows)
    if not flows:
        said = say("the log says so")
    elif refused:
        said = say("{attempts} SYNs answered by a reset", attempts=attempts)
    else:
        said = say("{attempts} SYNs without an answer", attempts=attempts)
    leaf = view.leaf_as_client
    behind = (
        say(
            "Once it is reachable, the tunnels will fail at the next check: {reason}.",
            reason=view.as_client(leaf).reason,
        )
        if port == SSH_PORT and view.is_core and leaf is not None and view.as_client(leaf).capable is False
        else ""
    )
    first, last = quote.span((*(flow.started for flow in flows), *lines.span))
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=target,
        explanation=sentences(
            (
                say(
                    "TCP to {target} is never established: {said}. That is no certificate problem: a firewall, a "
                    "listener that is down, or a wrong address.",
                    target=target,
                    said=said,
                ),
                behind,
            )
        ),
        remedy=(
            Remedy(
                text=say(
                    "Open TCP port {port} to the target and check that the service listens there and the name "
                    "resolves.",
                    port=port,
                ),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(
            *(quote.quote_conversation(f, _answer(f)) for f in flows[: quote.MOST]),
            *quote.quote_events(lines),
        ),
        count=max(attempts, len(lines)),
        first=first,
        last=last,
        events=lines,
        about=_about(view, target, port),
    )


def _answer(flow: TcpConversation) -> Words:
    if flow.refused:
        return say("{attempts} SYNs, reset", attempts=flow.attempts)
    return say("{attempts} SYNs, no answer", attempts=flow.attempts)


def _about(view: NodeView, target: str, port: int) -> tuple[str, ...]:
    if port == SSH_PORT:
        return (TUNNELS,)
    return (TRAVERSAL,) if port in {zone.port for zone in view.traversal_zones} else (target,)


def restart_required(view: NodeView) -> Iterator[Judgement]:
    """An alarm says that a change waits for a restart."""
    for alarm in view.raised(AlarmTopic.RESTART):
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.PROVEN,
            subject=say("alarm {id}", id=alarm.id),
            explanation=say(
                "Alarm {id}: {title}. Certificates take effect only after a restart.",
                id=alarm.id,
                title=alarm.title,
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Restart: service-affecting, in a maintenance window, one peer at a time. Then check the "
                        "alarm."
                    ),
                    command="Maintenance > Restart options > Restart",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=quote.quote_alarm(alarm),
        )


_EITHER = ((Need.LOG, Need.CAPTURE),)

RULES = (
    Rule(
        id="closed-without-alert",
        title=say("Closed during the handshake, without an alert"),
        meaning="Said when the connection with a known peer ended during the handshake and nobody said why. A "
        "firewall that inspects SIP or TLS is the classic cause; a peer that checks names itself, or a "
        "crash, looks the same. Under TLS 1.3 an alert about a client's certificate can't be seen, so that "
        "it is inferred there.",
        severity=Severity.WARNING,
        judge=closed_without_alert,
        needs=_EITHER,
        sources=("W",),
    ),
    Rule(
        id="tcp-never-established",
        title=say("TCP is never established"),
        meaning="Said when attempts to reach a SIP, traversal or tunnel port get no answer or a reset. That is no "
        "certificate problem but a firewall, a listener that is down, or a wrong address: nothing was "
        "presented to anybody. What would fail next, once the port is reachable, is said where it is known.",
        severity=Severity.WARNING,
        judge=tcp_never_established,
        needs=_EITHER,
        sources=("AR", "W"),
    ),
    Rule(
        id="restart-required",
        title=say("A restart is required"),
        meaning="Said when an alarm tells that a change waits for a restart. Until then the Expressway serves the "
        "old certificate, whatever its store holds.",
        severity=Severity.WARNING,
        judge=restart_required,
        needs=((Need.STATUS, Need.LOG),),
        sources=("AR",),
    ),
)

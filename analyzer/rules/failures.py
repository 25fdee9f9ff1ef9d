"""Failures without an alert, failures before TLS, and what only one of log and capture shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from analyzer.evidence import Connection, Event, Outcome, Peer, PeerKind, Side, Step, TcpConversation
from analyzer.facts.alarms import AlarmTopic, alarm_ids
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, TRAVERSAL, TUNNELS, NodeView
from analyzer.rules.zones import SSH_PORT, quote_conversation, ssh_errors

SIP_AND_TUNNEL_PORTS = frozenset({2222, 5061, 5062, 6971, 6972, 7001, 7002, 7003, 8443})
ONE_ATTEMPT = timedelta(seconds=2)
"""Attempts come in pairs some 20 ms apart (seed); what is so close is one."""

LEAST_REPEATS = 3

Who = tuple[PeerKind, str]


def _who(peer: Peer) -> Who:
    return peer.kind, peer.name


def identity_unacceptable(view: NodeView) -> Iterator[Judgement]:
    """Expressway's own name check failed: it sends no alert and resets the connection."""
    groups: dict[tuple[Who, Side | None, str | None], list[Event]] = defaultdict(list)
    for event in view.tls_errors:
        record = event.record
        if record.error == "identity-unacceptable" and event.peer is not None and event.peer.kind in FAMILIAR:
            groups[_who(event.peer), record.local_role, record.common_name].append(event)
    for ((_, peer), role, name), events in groups.items():
        shown = [c for c in view.connections if c.id in {event.connection for event in events}]
        names = sorted({n for c in shown for n in _peer_names(view, c)})
        wanted = f" It wanted the name {name}." if name else ""
        held = f" The peer's certificate has {', '.join(names[:6])}." if names else ""
        where = (
            "the zone's TLS verify subject name must be in the peer's subjectAltName"
            if role is Side.SERVER
            else "the peer address configured in the zone must be in the peer's subjectAltName; the common name does not count"
        )
        zone = view.zone(events[0].peer.zone) if events[0].peer else None
        first, last = quote.span(event.record.time for event in events)
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=peer,
            explanation=f"This node refused {peer} because of the names in its certificate.{wanted}{held}{f' As TLS {role}: {where}.' if role else ''}",
            remedy=(
                Remedy(
                    text="Correct the zone's peer address or TLS verify subject name, or have the peer's certificate issued "
                    "with that name. Then look for the next handshake.",
                    command="Configuration > Zones > Zones",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=(
                *quote.quote_events(events),
                *(
                    row
                    for c in shown[:2]
                    if c.local_role
                    for row in quote.quote_certificate_frame(c, c.local_role.other)
                ),
                *(quote.quote_zone_setting(zone) if zone else ()),
            ),
            count=len(events),
            first=first,
            last=last,
            connections=tuple(connection.id for connection in shown),
            events=tuple(event.id for event in events),
        )


def _peer_names(view: NodeView, connection: Connection) -> tuple[str, ...]:
    shown = connection.peer_certificate
    leaf = view.case.certificates.get(shown.leaf or "") if shown else None
    if leaf is not None:
        return leaf.names
    return connection.peer_identity.names if connection.peer_identity else ()


def closed_without_alert(view: NodeView) -> Iterator[Judgement]:
    """The connection ended in the middle of the handshake, and nobody said why."""
    connections: dict[Who, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        if connection.outcome is Outcome.CLOSED and connection.peer.kind in FAMILIAR:
            connections[_who(connection.peer)].append(connection)
    events: dict[Who, list[Event]] = defaultdict(list)
    for event in view.tls_errors:
        if event.record.error == "remote-disconnect" and event.peer is not None and event.peer.kind in FAMILIAR:
            events[_who(event.peer)].append(event)
    for who in dict.fromkeys((*connections, *events)):
        flows, lines = connections.get(who, []), events.get(who, [])
        refused = {c.id for c in view.connections if c.outcome in {Outcome.REFUSED, Outcome.COMPLETED}}
        lines = [event for event in lines if event.connection not in refused]
        if flows or lines:
            yield _closed(who[1], flows, lines)


def _closed(peer: str, flows: Sequence[Connection], lines: Sequence[Event]) -> Judgement:
    closers = {str(c.handshake.closed_by) for c in flows if c.handshake.closed_by and not c.local_role}
    closers |= {
        "this node" if c.handshake.closed_by is c.local_role else peer
        for c in flows
        if c.handshake.closed_by and c.local_role
    }
    reset = any(c.handshake.closed_by_reset for c in flows)
    by = f" by {' and '.join(sorted(closers))}{' with a reset' if reset else ''}" if closers else ""
    first, last = quote.span([c.handshake.started for c in flows] + [e.record.time for e in lines])
    closes = [(c, frame) for c in flows[: quote.MOST] if (frame := c.handshake.frame(Step.CLOSED))]
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=peer,
        explanation=f"The connection with {peer} was closed{by} during the handshake, without an alert. A firewall that inspects "
        "SIP or TLS is the classic cause; a peer that checks names itself, or a crash, looks the same.",
        remedy=(
            Remedy(
                text="Switch SIP and TLS inspection off on the firewall in between; capture on both sides of it and compare.",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(*(quote.quote_frame(c, frame) for c, frame in closes), *quote.quote_events(lines)),
        count=max(len(flows), len({(e.record.source, e.record.destination) for e in lines}), 1),
        first=first,
        last=last,
        connections=tuple(connection.id for connection in flows),
        events=tuple(event.id for event in lines),
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
    for event in view.events:
        target = event.record.destination
        failed = event.record.name == "network.tcp" and "connection failed" in event.record.detail.lower()
        if failed and target and target.port in ports:
            lines[target.address, target.port].append(event)
    timeouts = [
        event for event in ssh_errors(view) if "timed out" in event.record.detail or "refused" in event.record.detail
    ]
    if timeouts and not any(port == SSH_PORT for _, port in (*flows, *lines)):
        lines["the tunnel's target", SSH_PORT] = timeouts
    for address, port in dict.fromkeys((*flows, *lines)):
        found = flows.get((address, port), [])
        logged = lines.get((address, port), [])
        yield _unreachable(view, f"{address}:{port}", port, found, logged)


def _unreachable(
    view: NodeView, target: str, port: int, flows: Sequence[TcpConversation], lines: Sequence[Event]
) -> Judgement:
    refused = bool(flows) and all(flow.refused for flow in flows)
    attempts = sum(flow.attempts for flow in flows)
    said = (
        f"{attempts} SYNs {'answered by a reset' if refused else 'without an answer'}" if flows else "the log says so"
    )
    leaf = view.leaf_as_client
    behind = (
        f" Once it is reachable, the tunnels will fail at the next check: {view.as_client(leaf).reason}."
        if port == SSH_PORT and view.is_core and leaf is not None and view.as_client(leaf).capable is False
        else ""
    )
    first, last = quote.span([flow.started for flow in flows] + [event.record.time for event in lines])
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=target,
        explanation=f"TCP to {target} is never established: {said}. That is no certificate problem: a firewall, a listener "
        f"that is down, or a wrong address.{behind}",
        remedy=(
            Remedy(
                text=f"Open TCP port {port} to the target and check that the service listens there and the name resolves.",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *(
                quote_conversation(f, f"{f.attempts} SYNs, {'reset' if f.refused else 'no answer'}")
                for f in flows[: quote.MOST]
            ),
            *quote.quote_events(lines),
        ),
        count=max(attempts, len(lines)),
        first=first,
        last=last,
        events=tuple(event.id for event in lines),
        about=_about(view, target, port),
    )


def _about(view: NodeView, target: str, port: int) -> tuple[str, ...]:
    if port == SSH_PORT:
        return (TUNNELS,)
    return (TRAVERSAL,) if port in {zone.port for zone in view.traversal_zones} else (target,)


def _capture_span(view: NodeView) -> tuple[datetime | None, datetime | None]:
    return quote.span([time for capture in view.node.captures for time in (capture.first, capture.last)])


def _offset(view: NodeView) -> timedelta:
    return timedelta(seconds=view.node.clock_offset.seconds if view.node.clock_offset else 0)


def log_error_without_capture(view: NodeView) -> Iterator[Judgement]:
    """The log reports a TLS error of a connection that the capture lacks, though it covers the time."""
    first, last = _capture_span(view)
    if first is None or last is None:
        return
    alone = [
        event
        for event in view.tls_errors
        if event.connection is None
        and event.record.source
        and event.record.time
        and event.peer is not None
        and event.peer.kind in FAMILIAR
        and first <= event.record.time - _offset(view) <= last
    ]
    if alone:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=view.node.name or "",
            explanation=f"{len(alone)} TLS error lines belong to connections that the capture does not show, though it covers "
            "their time (joined by addresses and ports, within 2 s). A capture filter, another interface or the loopback "
            "explains it.",
            evidence=quote.quote_events(alone),
            count=len(alone),
            events=tuple(event.id for event in alone),
        )


def capture_alert_without_log(view: NodeView) -> Iterator[Judgement]:
    """The capture shows an alert of which the log says nothing, though it covers the time."""
    first, last = quote.span([time for log in view.node.logs for time in (log.first, log.last)])
    if first is None or last is None:
        return
    alone = [
        c
        for c in view.connections
        if c.peer.kind in FAMILIAR
        and not c.events
        and any(a.level == "fatal" and first <= a.time + _offset(view) <= last for a in c.handshake.alerts)
    ]
    if alone:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=view.node.name or "",
            explanation=f"{len(alone)} connections ended with an alert that the log does not mention (joined by addresses and "
            "ports, within 2 s). Services other than SIP log elsewhere, or at a higher level only.",
            evidence=tuple(quote.quote_alert(c, c.handshake.alerts[0]) for c in alone[: quote.MOST]),
            count=len(alone),
            connections=tuple(connection.id for connection in alone),
        )


def repeated_failure_period(view: NodeView) -> Iterator[Judgement]:
    """The same peer fails again and again at a steady pace."""
    times: dict[Who, list[datetime]] = defaultdict(list)
    connections: dict[Who, list[Connection]] = defaultdict(list)
    events: dict[Who, list[Event]] = defaultdict(list)
    for connection in view.connections:
        if connection.outcome in {Outcome.REFUSED, Outcome.CLOSED} and connection.peer.kind in FAMILIAR:
            times[_who(connection.peer)].append(connection.handshake.started)
            connections[_who(connection.peer)].append(connection)
    for event in view.tls_errors:
        if event.connection is None and event.peer and event.peer.kind in FAMILIAR and event.record.time:
            times[_who(event.peer)].append(event.record.time - _offset(view))
            events[_who(event.peer)].append(event)
    for who, moments in times.items():
        ordered = sorted(moments)
        attempts = ordered[:1] + [after for before, after in pairwise(ordered) if after - before > ONE_ATTEMPT]
        gaps = [(after - before).total_seconds() for before, after in pairwise(attempts)]
        if len(attempts) < LEAST_REPEATS or max(gaps) > 2 * median(gaps):
            continue
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=who[1],
            explanation=f"{len(attempts)} attempts with {who[1]} failed, one every {median(gaps):.0f} s: a retry, not new trouble.",
            evidence=(
                *quote.quote_events(events[who][:2]),
                *(quote.quote_frame(c, c.handshake.frames[0]) for c in connections[who][:2] if c.handshake.frames),
            ),
            count=len(attempts),
            first=attempts[0],
            last=attempts[-1],
            connections=tuple(connection.id for connection in connections[who]),
            events=tuple(event.id for event in events[who]),
        )


def restart_required(view: NodeView) -> Iterator[Judgement]:
    """An alarm says that a change waits for a restart."""
    for alarm in view.node.alarms:
        if alarm.id in alarm_ids(AlarmTopic.RESTART):
            yield Judgement(
                severity=Severity.WARNING,
                confidence=Confidence.PROVEN,
                subject=f"alarm {alarm.id}",
                explanation=f"Alarm {alarm.id}: {alarm.title}. Certificates take effect only after a restart.",
                remedy=(
                    Remedy(
                        text="Restart: service-affecting, in a maintenance window, one peer at a time. Then check the alarm.",
                        command="Maintenance > Restart options > Restart",
                        kind=RemedyKind.DURABLE,
                    ),
                ),
                evidence=quote.quote_alarm(alarm),
            )


_EITHER = ((Need.LOG, Need.CAPTURE),)

RULES = (
    Rule(
        id="identity-unacceptable",
        title="The names in the peer's certificate were refused",
        severity=Severity.CRITICAL,
        judge=identity_unacceptable,
        needs=(Need.LOG,),
        sources=("W", "T3", "T1"),
    ),
    Rule(
        id="closed-without-alert",
        title="Closed during the handshake, without an alert",
        severity=Severity.WARNING,
        judge=closed_without_alert,
        needs=_EITHER,
        sources=("W",),
    ),
    Rule(
        id="tcp-never-established",
        title="TCP is never established",
        severity=Severity.WARNING,
        judge=tcp_never_established,
        needs=_EITHER,
        sources=("AR", "W"),
    ),
    Rule(
        id="restart-required",
        title="A restart is required",
        severity=Severity.WARNING,
        judge=restart_required,
        needs=((Need.STATUS, Need.LOG),),
        sources=("AR",),
    ),
    Rule(
        id="repeated-failure-period",
        title="The same failure repeats at a steady pace",
        severity=Severity.INFO,
        judge=repeated_failure_period,
        needs=_EITHER,
        sources=("S",),
    ),
    Rule(
        id="log-error-without-capture",
        title="TLS errors in the log that the capture does not show",
        severity=Severity.INFO,
        judge=log_error_without_capture,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("I",),
    ),
    Rule(
        id="capture-alert-without-log",
        title="Alerts in the capture that the log does not mention",
        severity=Severity.INFO,
        judge=capture_alert_without_log,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("I",),
    ),
)

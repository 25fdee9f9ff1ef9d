"""Log and capture laid over each other: failures that both count, and those that only one of them shows.

The two clocks differ; times of the log are brought to the capture's by the node's clock offset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from analyzer.evidence import Connection, Outcome
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import say

ONE_ATTEMPT = timedelta(seconds=2)
"""Attempts come in pairs some 20 ms apart (seed); what is so close is one."""

LEAST_REPEATS = 3


def _capture_span(view: NodeView) -> tuple[datetime | None, datetime | None]:
    return quote.span([time for capture in view.node.captures for time in (capture.first, capture.last)])


def repeated_failure_period(view: NodeView) -> Iterator[Judgement]:
    """The same peer fails again and again at a steady pace."""
    times: dict[Who, list[datetime]] = defaultdict(list)
    connections: dict[Who, list[Connection]] = defaultdict(list)
    events: dict[Who, Lines] = defaultdict(Lines)
    offset = view.node.log_ahead
    for connection in view.connections:
        if connection.outcome in {Outcome.REFUSED, Outcome.CLOSED} and connection.peer.kind in FAMILIAR:
            times[who_is(connection.peer)].append(connection.handshake.started)
            connections[who_is(connection.peer)].append(connection)
    for who, lines in view.log.lone_errors_by_peer.items():
        if who[0] in FAMILIAR:
            times[who] += [time - offset for alike in lines for time in alike.times]
            events[who] = Lines(lines)
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
            explanation=say(
                "{attempts} attempts with {peer} failed, one every {seconds:.0f} s: a retry, not new trouble.",
                attempts=len(attempts),
                peer=who[1],
                seconds=median(gaps),
            ),
            evidence=(
                *quote.quote_events(events[who][:2]),
                *(quote.quote_frame(c, c.handshake.frames[0]) for c in connections[who][:2] if c.handshake.frames),
            ),
            count=len(attempts),
            first=attempts[0],
            last=attempts[-1],
            connections=tuple(connections[who]),
            events=events[who],
        )


def log_error_without_capture(view: NodeView) -> Iterator[Judgement]:
    """The log reports a TLS error of a connection that the capture lacks, though it covers the time."""
    first, last = _capture_span(view)
    if first is None or last is None:
        return
    first, last = first + view.node.log_ahead, last + view.node.log_ahead
    alone = Lines(
        told
        for alike in view.log.lone_errors
        if alike.record.source is not None and alike.peer is not None and alike.peer.kind in FAMILIAR
        for told in alike.within(first, last)
    )
    if alone:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=view.node.name or "",
            explanation=say(
                "{lines} TLS error lines belong to connections that the capture does not show, though it covers "
                "their time (joined by addresses and ports, within 2 s). A capture filter, another interface or the "
                "loopback explains it.",
                lines=len(alone),
            ),
            evidence=quote.quote_events(alone),
            count=len(alone),
            events=alone,
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
        and any(a.is_fatal and first <= a.time + view.node.log_ahead <= last for a in c.handshake.alerts)
    ]
    if alone:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=view.node.name or "",
            explanation=say(
                "{connections} connections ended with an alert that the log does not mention (joined by addresses and "
                "ports, within 2 s). Services other than SIP log elsewhere, or at a higher level only.",
                connections=len(alone),
            ),
            evidence=tuple(quote.quote_alert(c, c.handshake.alerts[0]) for c in alone[: quote.MOST]),
            count=len(alone),
            connections=tuple(alone),
        )


RULES = (
    Rule(
        id="repeated-failure-period",
        title=say("The same failure repeats at a steady pace"),
        meaning="Said when the same peer fails at least three times at a steady pace. It is one problem that is "
        "tried again and again, not new trouble each time.",
        severity=Severity.INFO,
        judge=repeated_failure_period,
        needs=((Need.LOG, Need.CAPTURE),),
        sources=("S",),
    ),
    Rule(
        id="log-error-without-capture",
        title=say("TLS errors in the log that the capture does not show"),
        meaning="Said when the log reports a TLS error of a connection that the capture lacks, though it covers the "
        "time. A capture filter, another interface or the loopback explains it; nothing is wrong by itself.",
        severity=Severity.INFO,
        judge=log_error_without_capture,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("I",),
        is_context=True,
    ),
    Rule(
        id="capture-alert-without-log",
        title=say("Alerts in the capture that the log does not mention"),
        meaning="Said when a connection ended with a fatal alert in the capture that the log does not mention, "
        "though it covers the time. Services other than SIP log elsewhere, or at a higher level only.",
        severity=Severity.INFO,
        judge=capture_alert_without_log,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("I",),
    ),
)

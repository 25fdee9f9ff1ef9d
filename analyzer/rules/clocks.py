"""Clocks that are wrong: by an alarm, or because a verifier called dates wrong that are right by the capture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from analyzer.correlate.chains import Pool, build_path
from analyzer.evidence import Alarm, Connection, Peer
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.alerts import CERTIFICATE_EXPIRED
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.presented_dates import Window, window_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NOBODY, TRAVERSAL, TUNNELS, NodeView
from analyzer.words import say

OVER_TRAVERSAL_ZONE = "25022"
"""The alarm "Time not synchronized over traversal zone"."""

_ABOUT_DATES = frozenset({"expired", "not-yet-valid"})
_DRIFT = timedelta(days=1)
"""A clock without a source of time runs fast by minutes; only one that was reset is off by years, and then it is behind."""

_SET_CLOCKS = Remedy(
    text=say("Set the NTP servers of both ends and see that they are synchronised. Then judge dates anew."),
    command="System > Time; Status > Alarms",
    kind=RemedyKind.DURABLE,
    at=None,
)


def clock_wrong(view: NodeView) -> Iterator[Judgement]:
    """The node's time is not synchronised, or a verifier's dates don't agree with the capture's."""
    alarms = view.raised(AlarmTopic.CLOCK)
    if alarms:
        yield _alarmed(view, alarms)
    of_lists = Lines(view.log.errors_of("crl-expired")).connections
    lines: dict[tuple[Peer, bool], list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of(CERTIFICATE_EXPIRED, *sorted(_ABOUT_DATES)):
        if alike.peer is not None and alike.peer.kind in FAMILIAR and alike.is_joined:
            lines[alike.peer, alike.record.alert is None].append(alike)
    refused: dict[tuple[Peer, bool], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        if connection.local_role is None or connection.peer.kind not in FAMILIAR:
            continue
        for alert in connection.handshake.alerts:
            if alert.code == CERTIFICATE_EXPIRED:
                refused[connection.peer, alert.sender is connection.local_role].append(connection)
    for peer, by_us in dict.fromkeys((*refused, *lines)):
        events = Lines(lines.get((peer, by_us), ()))
        shown = {c.id: c for c in (*refused.get((peer, by_us), []), *view.connections_of(events))}
        in_date = list(_in_date(view, (c for c in shown.values() if c.id not in of_lists), by_us=by_us))
        if in_date:
            yield _contradicted(peer, in_date, _told_of(in_date, events), by_us=by_us)


def _told_of(connections: Iterable[Connection], events: Lines) -> Lines:
    ids = {connection.id for connection in connections}
    return events.where(lambda event: event.connection in ids)


def _alarmed(view: NodeView, alarms: Sequence[Alarm]) -> Judgement:
    """The alarm explains certificates that look too young, or expired only a moment ago, and what it says itself."""
    off = list(_may_be_clock(view))
    between = any(alarm.id == OVER_TRAVERSAL_ZONE for alarm in alarms)
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=view.node.name or "",
        explanation=say(
            "The time of this node is not synchronised: {alarms}. Dates of certificates are judged by that clock here; SSH "
            "tunnels need clocks that agree, too.",
            alarms="; ".join(dict.fromkeys(a.title for a in alarms)),
        ),
        remedy=(_SET_CLOCKS,),
        evidence=tuple(row for alarm in alarms[: quote.MOST] for row in quote.quote_alarm(alarm)),
        count=len(alarms),
        connections=tuple(off),
        about=(TRAVERSAL, TUNNELS) if between else () if off else (NOBODY,),
    )


def _may_be_clock(view: NodeView) -> Iterator[Connection]:
    """Yield what a familiar peer or this node presented a little too late, or too early by whatever time."""
    windows: dict[tuple[str, ...], Window] = {}
    for connection in view.connections:
        if connection.peer.kind not in FAMILIAR:
            continue
        time = connection.handshake.started
        for chain in (connection.client_certificate.chain, connection.server_certificate.chain):
            if chain not in windows:
                windows[chain] = window_of(view.certificates(chain))
            window = windows[chain]
            is_early = window.begins is not None and time < window.begins
            if is_early or (window.ends is not None and window.ends < time <= window.ends + _DRIFT):
                yield connection
                break


def _in_date(view: NodeView, connections: Iterable[Connection], *, by_us: bool) -> Iterator[Connection]:
    """Yield the refusals of chains that were in date by the capture, with the authorities that the verifier is known to have.

    A chain is judged once: the path that is best at its first refusal is taken to stay so.
    """
    windows: dict[tuple[str, ...], Window] = {}
    for connection in connections:
        presented = connection.peer_certificate if by_us else connection.local_certificate
        if presented is None or not presented.chain:
            continue
        time = connection.handshake.started
        if presented.chain not in windows:
            chain = view.certificates(presented.chain)
            pool = Pool((*chain, *view.trusted)) if by_us else Pool(chain)
            path = build_path(chain[0], pool, time).certificates if chain else ()
            windows[presented.chain] = window_of((*chain, *path))
        window = windows[presented.chain]
        if window.ends is not None and window.holds(time):
            yield connection


def _contradicted(peer: Peer, shown: Sequence[Connection], events: Lines, *, by_us: bool) -> Judgement:
    first, last = quote.span(connection.handshake.started for connection in shown)
    refusal = (
        say("This node refused {peer}'s certificate for its dates", peer=peer.name)
        if by_us
        else say("{peer} refused this node's certificate for its dates", peer=peer.name)
    )
    frames = (
        row
        for c in shown[: quote.MOST]
        if c.local_role
        for row in quote.quote_certificate_frame(c, c.local_role.other if by_us else c.local_role)
    )
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.INFERRED,
        subject=peer.name,
        explanation=say(
            "{refusal}, and every certificate that was sent is in date by the capture. Either the clock of one end is wrong, "
            "or an authority in the list of the side that refused it is out of date.",
            refusal=refusal,
        ),
        remedy=(_SET_CLOCKS,),
        evidence=(
            *frames,
            *(quote.quote_alert(c, a) for c in shown[: quote.MOST] for a in c.handshake.alerts),
            *quote.quote_events(events),
        ),
        count=len(shown),
        first=first,
        last=last,
        connections=tuple(shown),
        events=events,
    )


RULES = (
    Rule(
        id="clock-wrong",
        title=say("A clock is wrong"),
        severity=Severity.WARNING,
        judge=clock_wrong,
        needs=((Need.STATUS, Need.LOG, Need.CAPTURE),),
        sources=("AR", "AG"),
        meaning="An alarm says that the node's time is not synchronised, or a certificate was refused for its dates though it was "
        "in date by the capture. Dates are judged by clocks, so this comes before any of them.",
    ),
)

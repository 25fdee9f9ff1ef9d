"""Refusals as the wire and the log say them: who sent the alert, about whose certificate, and what it asks for.

A verify text in the log means that this node refused the peer; an `… alert …` text means that the peer refused
this node (formats.md 3.4). Each id stands once per peer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from analyzer.evidence import Alert, Connection, Outcome, Peer, PeerKind, Side, Visibility
from analyzer.facts.alerts import (
    HANDSHAKE_FAILURE,
    alert_name,
)
from analyzer.facts.errors import REMOTE_DISCONNECT
from analyzer.findings import HERE, Confidence, Evidence, Severity
from analyzer.rules import quote
from analyzer.rules.alert_meanings import BY_CODE, BY_ERROR, MEANINGS, Meaning
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import Who, stands_for_failures, who_is
from analyzer.rules.refused_ends import RefusedEnds, ends_of
from analyzer.rules.rule import WHO_REFUSED, Judgement, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import Words, listed, say


class Refusals(Struct):
    """What shows one meaning towards one peer."""

    peer: Peer
    connections: list[tuple[Connection, Alert]]
    lines: list[Alike]

    @property
    def events(self) -> Lines:
        return Lines(self.lines)


def _refusals(view: NodeView) -> Mapping[tuple[str, bool], Mapping[Who, Refusals]]:
    """Collect alerts and log lines by meaning, by whether this node refused, and by peer; no Internet background."""
    found: dict[tuple[str, bool], dict[Who, Refusals]] = defaultdict(dict)

    def towards(peer: Peer, meaning: Meaning, *, by_us: bool) -> Refusals:
        group, who = found[meaning.name, by_us], who_is(peer)
        if who not in group:
            group[who] = Refusals(peer, [], [])
        return group[who]

    for connection in view.connections:
        if not connection.handshake.alerts or connection.peer.kind not in FAMILIAR or connection.local_role is None:
            continue
        for alert in connection.handshake.alerts:
            if meaning := BY_CODE.get(alert.code):
                by_us = alert.sender is connection.local_role
                towards(connection.peer, meaning, by_us=by_us).connections.append((connection, alert))
    sent = _alerts_sent(view)
    for lines in view.log.errors:
        if lines.peer is not None and lines.peer.kind in FAMILIAR:
            for meaning, told in _by_meaning(lines, sent):
                towards(lines.peer, meaning, by_us=lines.record.alert is None).lines.append(told)
    return found


def _alerts_sent(view: NodeView) -> Mapping[str | None, int]:
    """Return the code of the first fatal alert that this node sent in each connection."""
    sent: dict[str | None, int] = {}
    for connection in view.connections:
        for alert in connection.handshake.alerts:
            if alert.is_fatal and alert.sender is connection.local_role:
                sent.setdefault(connection.id, alert.code)
    return sent


def _by_meaning(lines: Alike, sent: Mapping[str | None, int]) -> Iterator[tuple[Meaning, Alike]]:
    """Yield lines by what they mean. One about this node's refusal stands with the alert that it sent, where that is seen.

    A missing certificate, say, is refused with another alert under TLS 1.2 than under TLS 1.3.
    """
    record = lines.record
    parts: Mapping[int | None, Alike] = {record.alert: lines}
    if record.alert is None and lines.is_joined and record.error != REMOTE_DISCONNECT:
        parts = lines.split(lambda event: sent.get(event.connection))
    for code, told in parts.items():
        meaning = BY_ERROR.get(record.error or "") if code is None else BY_CODE.get(code)
        if meaning is not None:
            yield meaning, told


def judge_alerts(meaning: Meaning, *, by_us: bool) -> Callable[[NodeView], Iterator[Judgement]]:
    """Make the rule function of a meaning in one direction."""

    def judge(view: NodeView) -> Iterator[Judgement]:
        for refusals in view.once(_refusals).get((meaning.name, by_us), {}).values():
            yield _judgement(view, meaning, refusals, by_us=by_us)

    return judge


def _judgement(view: NodeView, meaning: Meaning, refusals: Refusals, *, by_us: bool) -> Judgement:
    peer = refusals.peer
    shown = [evidence for pair in refusals.connections[: quote.MOST] for evidence in _quote(*pair)]
    events = refusals.events
    first, last = quote.span((*(alert.time for _, alert in refusals.connections), *events.span))
    alone = sum(len(lines) for lines in refusals.lines if not lines.is_joined and stands_for_failures(lines))
    count = len({connection.id for connection, _ in refusals.connections} | events.connections) + alone
    return Judgement(
        severity=meaning.severity,
        confidence=Confidence.PROVEN,
        subject=peer.name,
        title=_named_title(meaning, refusals, by_us=by_us),
        explanation=say(
            "{refusal}: {said}. It means that {meaning}.",
            refusal=_refusal(view, meaning, refusals, by_us=by_us),
            said=listed((_said(meaning, refusals), _after(refusals))),
            meaning=meaning.means,
        ),
        remedy=meaning.remedy(ends_of(view, peer, _side(refusals, by_us=by_us), by_us=by_us)),
        evidence=(*shown, *quote.quote_events(events)),
        count=max(1, count),
        first=first,
        last=last,
        connections=tuple(connection for connection, _ in refusals.connections),
        events=events,
    )


def _named_title(meaning: Meaning, refusals: Refusals, *, by_us: bool) -> Words | None:
    """Name the one alert that was sent, where the rule's title names several."""
    sent = _sent(meaning, refusals)
    return _title(alert_name(sent[0]), by_us=by_us) if len(meaning.codes) > 1 and len(sent) == 1 else None


def _title(alert: str, *, by_us: bool) -> Words:
    alert = alert.replace("_", " ")
    if by_us:
        return say("This node refused the peer: {alert}", alert=alert)
    return say("The peer refused this node: {alert}", alert=alert)


def _sent(meaning: Meaning, refusals: Refusals) -> list[int]:
    sent = {alert.code for _, alert in refusals.connections} | {lines.record.alert for lines in refusals.lines}
    return [code for code in meaning.codes if code in sent]


def _refusal(view: NodeView, meaning: Meaning, refusals: Refusals, *, by_us: bool) -> Words:
    """Say who refused whom, and whether it was for a certificate."""
    values = {"node": view.node.name or say("This node"), "peer": refusals.peer.name}
    if _is_about_certificate(meaning, refusals):
        if by_us:
            return say("{node} refused {peer}'s certificate", **values)
        return say("{peer} refused this node's certificate", **values)
    if by_us:
        return say("{node} refused the handshake with {peer}", **values)
    return say("{peer} refused the handshake with this node", **values)


def _side(refusals: Refusals, *, by_us: bool) -> Side | None:
    """Return whose certificate was refused, as a client's or as a server's; None: both, or not known."""
    sides = {alert.sender.other for _, alert in refusals.connections}
    for lines in refusals.lines:
        if role := lines.record.local_role:
            sides.add(role.other if by_us else role)
    return sides.pop() if len(sides) == 1 else None


def _said(meaning: Meaning, refusals: Refusals) -> Words:
    """Return the alerts, else what the log says."""
    alerts = listed(f"{alert_name(code)} ({code})" for code in _sent(meaning, refusals))
    return say("alert {alerts}", alerts=alerts) if alerts else say("“{line}”", line=refusals.events[0].record.detail)


def _is_about_certificate(meaning: Meaning, refusals: Refusals) -> bool:
    """Whether a certificate came before the alert: a handshake_failure says nothing about one by itself."""
    if not refusals.connections:
        return HANDSHAKE_FAILURE not in meaning.codes
    return any(
        connection.certificate(alert.sender.other).visibility in {Visibility.SEEN, Visibility.ENCRYPTED}
        for connection, alert in refusals.connections
    )


def _quote(connection: Connection, alert: Alert) -> tuple[Evidence, ...]:
    return (*quote.quote_certificate_frame(connection, alert.sender.other), quote.quote_alert(connection, alert))


def _after(refusals: Refusals) -> str:
    """Say how long after the certificate the alert came, and in which frames."""
    for connection, alert in refusals.connections:
        frame = next((f for f in connection.handshake.frames if f.step == f"{alert.sender.other}_certificate"), None)
        if frame is not None and connection.certificate(alert.sender.other).visibility is Visibility.SEEN:
            seconds = (alert.time - frame.time).total_seconds()
            is_there = frame.capture == alert.capture
            return say(
                "{alert}, {seconds:.3f} s after the certificate in {certificate}",
                alert=quote.frame_of(alert),
                seconds=seconds,
                certificate=say("frame {number}", number=frame.frame) if is_there else quote.frame_of(frame),
            )
        if connection.certificate(alert.sender.other).visibility is Visibility.ENCRYPTED:
            return say("{alert} (TLS 1.3 encrypts the certificate itself)", alert=quote.frame_of(alert))
        return quote.frame_of(alert)
    return ""


def internet_background(view: NodeView) -> Iterator[Judgement]:
    """Everything that fails against an Internet-facing Edge and concerns nobody known: one row."""
    connections = [
        c
        for c in view.connections
        if c.peer.kind is PeerKind.INTERNET
        and (c.outcome in {Outcome.REFUSED, Outcome.CLOSED} or c.handshake.completed is False)
    ]
    events = Lines(
        lines for lines in view.log.lone_errors if lines.peer is not None and lines.peer.kind is PeerKind.INTERNET
    )
    if not connections and not events:
        return
    addresses = {
        c.handshake.server.address if c.local_role is Side.CLIENT else c.handshake.client.address for c in connections
    }
    addresses |= {e.record.source.address for e in events if e.record.source}
    first, last = quote.span((*(c.handshake.started for c in connections), *events.span))
    yield Judgement(
        severity=Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=say("Internet"),
        explanation=say(
            "{attempts} failed inbound attempts from {addresses} addresses that are neither configured nor named: scanners, "
            "clients that went away, no common cipher. Normal for an Edge that faces the Internet.",
            attempts=len(connections) + len(events),
            addresses=len(addresses),
        ),
        evidence=(
            *(
                quote.quote_alert(c, c.handshake.alerts[0])
                for c in [c for c in connections if c.handshake.alerts][:4]
            ),
            *quote.quote_events(events[:4]),
        ),
        count=len(connections) + len(events),
        first=first,
        last=last,
        connections=tuple(connections),
        events=events,
    )


def _explained(meaning: Meaning, *, by_us: bool) -> str:
    """Say when the rule of a meaning speaks, what the alert means, and what to do about it."""
    alerts = " or ".join(f"{alert_name(code)} ({code})" for code in meaning.codes)
    if by_us:
        said = f"this node sent a known peer the alert {alerts}" + (
            ", or its log names the error that sends it" if meaning.errors else ""
        )
    else:
        said = f"a known peer sent this node the alert {alerts}, in the capture or as the log tells it"
    fix = meaning.remedy(_REFUSED_BY_US if by_us else _REFUSED_BY_PEER)[0].text
    return f"Said once per peer when {said}. It means: {meaning.means}. {fix}"


_REFUSED_BY_US = RefusedEnds(presenter="the peer", verifier="this node", verifier_at=HERE)
_REFUSED_BY_PEER = RefusedEnds(presenter="this node", verifier="the peer", presenter_at=HERE)


def _rules_of(meaning: Meaning) -> Iterable[Rule]:
    for by_us in (False, True):
        yield Rule(
            id=f"{'local' if by_us else 'peer'}-alert-{meaning.name}",
            title=_title(meaning.name.replace("-", " "), by_us=by_us),
            meaning=_explained(meaning, by_us=by_us),
            severity=meaning.severity,
            judge=judge_alerts(meaning, by_us=by_us),
            needs=WHO_REFUSED,
            sources=("M", "W"),
        )


RULES = (
    *(rule for meaning in MEANINGS for rule in _rules_of(meaning)),
    Rule(
        id="internet-background",
        title=say("Failed attempts from the Internet"),
        meaning="Folds everything that fails against an Internet-facing Edge and concerns nobody configured or "
        "named into one row: scanners, clients that go away, no common cipher suite. It is normal, and no "
        "certificate needs to be changed for it.",
        severity=Severity.INFO,
        judge=internet_background,
        needs=WHO_REFUSED,
        sources=("I",),
    ),
)

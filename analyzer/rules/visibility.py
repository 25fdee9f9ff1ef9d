"""Why a certificate is not in the capture: a resumed session, a late start, packets that were not taken.

Each reason is said with its own word, and nothing follows from a certificate's absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence import Connection, Step, Visibility
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.per_peer import Who, by_peer, by_visibility, quote_steps, row_of, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import say, sentences

FULL_HANDSHAKE = Remedy(
    text=say(
        "Capture a full handshake: disable and enable the zone, or restart the service, while logging runs with the "
        "packet capture on."
    ),
    kind=RemedyKind.COLLECT,
)


def resumed_session(view: NodeView) -> Iterator[Judgement]:
    """A resumed session carries no certificates, by design."""
    for peer, connections in by_peer(by_visibility(view).get(Visibility.RESUMED, ())):
        full = view.once(_full_handshakes).get(who_is(peer))
        why = say(
            "The session was resumed: no certificate goes over the wire again, by design. What was presented is to be seen "
            "in the first full handshake with this peer."
        )
        where = say("The full handshake is connection {connection}.", connection=full.id) if full else ""
        yield row_of(
            peer,
            connections,
            Severity.INFO,
            sentences((why, where)),
            quote_steps(connections, Step.CLIENT_HELLO, Step.SERVER_HELLO),
            remedy=() if full else (FULL_HANDSHAKE,),
        )


def _full_handshakes(view: NodeView) -> Mapping[Who, Connection]:
    """Return the first full handshake with each peer."""
    full = [c for c in view.connections if c.handshake.resumed is False and c.local_role is not None]
    return {who_is(c.peer): c for c in reversed(full)}


def capture_starts_mid_handshake(view: NodeView) -> Iterator[Judgement]:
    """The capture begins too late, or bytes are missing."""
    late = [connection for connection in view.connections if not connection.handshake.seen_from_start]
    missed = by_visibility(view).get(Visibility.NOT_CAPTURED, ())
    for peer, connections in by_peer(view.connections_by_id([connection.id for connection in (*late, *missed)])):
        yield row_of(
            peer,
            connections,
            Severity.INFO,
            say(
                "The capture starts in the middle of the handshake, or segments of it are missing: what was presented "
                "before is not in it. Nothing follows from its absence."
            ),
            tuple(
                quote.quote_frame(c, c.handshake.frames[0]) for c in connections[: quote.MOST] if c.handshake.frames
            ),
            remedy=(FULL_HANDSHAKE,),
        )


def capture_no_tls_for_peer(view: NodeView) -> Iterator[Judgement]:
    """The log reports a TLS error with a peer whom the capture does not show."""
    seen = {(c.peer.kind, c.peer.name) for c in view.connections}
    for (kind, name), lines in view.log.lone_errors_by_peer.items():
        if kind not in FAMILIAR or (kind, name) in seen:
            continue
        events = Lines(lines)
        first, last = events.span
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=name,
            explanation=say(
                "The log reports TLS errors with {peer}, but the capture has no connection with it: not taken, filtered, or "
                "overwritten by newer files. Its absence from the capture does not mean that it did not happen.",
                peer=name,
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Capture again with a filter on this peer's address, so that the files do not roll over."
                    ),
                    command="Maintenance > Diagnostics > Diagnostic logging",
                    kind=RemedyKind.COLLECT,
                ),
            ),
            evidence=quote.quote_events(events),
            count=len(events),
            first=first,
            last=last,
            events=events,
        )


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE)

RULES = (
    Rule(
        id="tls12-resumed-session",
        title=say("The session was resumed: no certificate on the wire"),
        meaning="Said when a session was resumed: no certificate goes over the wire again, by design. What was "
        "presented is to be seen in the first full handshake with that peer, or in a new capture while the "
        "zone is disabled and enabled.",
        severity=Severity.INFO,
        judge=resumed_session,
        needs=_NEEDS,
        sources=("M",),
    ),
    Rule(
        id="capture-starts-mid-handshake",
        title=say("The capture lacks part of the handshake"),
        meaning="Said when the capture begins in the middle of a handshake, or packets of it are missing. What is "
        "not in the capture may have been presented all the same: nothing follows from its absence.",
        severity=Severity.INFO,
        judge=capture_starts_mid_handshake,
        needs=_NEEDS,
        sources=("I",),
    ),
    Rule(
        id="capture-no-tls-for-peer",
        title=say("The capture does not show a peer that the log reports errors with"),
        meaning="Said when the log reports TLS errors with a peer of whom the capture has no connection: not taken, "
        "filtered out, or overwritten by newer files. Only the log answers for that peer then.",
        severity=Severity.INFO,
        judge=capture_no_tls_for_peer,
        needs=(Need.LOG,),
        sources=("AG",),
    ),
)

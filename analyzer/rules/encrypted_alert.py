"""What ended a TLS 1.3 handshake and looks like an alert: a suspicion, because a leave has the same length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.correlate.record_lengths import lone_alert
from analyzer.evidence import Connection, Outcome, Side, Visibility
from analyzer.facts.errors import REMOTE_DISCONNECT
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import by_peer, row_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import Words, say, sentences

_SUSPICION = {
    Side.CLIENT: say(
        "TLS 1.3: all that the client said in its turn has exactly the length of an encrypted alert, and then the "
        "connection was closed."
    ),
    Side.SERVER: say(
        "TLS 1.3: all that the server said in its turn has exactly the length of an encrypted alert, and then the "
        "connection was closed."
    ),
}


def tls13_suspected_encrypted_alert(view: NodeView) -> Iterator[Judgement]:
    """TLS 1.3: all that a side said in its turn has the length of an alert, and then the connection was closed."""
    suspects = [(connection, _suspect_of(connection)) for connection in view.connections_in_tls13]
    for sender in Side:
        for peer, connections in by_peer(connection for connection, suspect in suspects if suspect is sender):
            told = [
                [e for e in view.log.of(c) if e.record.error not in {None, REMOTE_DISCONNECT}] for c in connections
            ]
            lines = [event for events in told for event in events]
            said = (
                say("The log says: {line}.", line=lines[0].record.detail)
                if lines
                else say("The log of the other end says which.")
            )
            records = [lone_alert(c.handshake) for c in connections[: quote.MOST]]
            frames = [quote.quote_record(r, say(", then the connection was closed")) for r in records if r]
            yield row_of(
                peer,
                connections,
                Severity.WARNING,
                sentences((_SUSPICION[sender], _meaning(sender, connections), said)),
                (*frames, *quote.quote_events(lines)),
                confidence=Confidence.STRONG if all(told) else Confidence.INFERRED,
            )


def _suspect_of(connection: Connection) -> Side | None:
    """Return who seems to have sent an alert in a connection with a familiar peer."""
    if (
        connection.outcome is Outcome.COMPLETED
        or connection.handshake.resumed
        or connection.peer.kind not in FAMILIAR
    ):
        return None
    alert = lone_alert(connection.handshake)
    return alert.sender if alert else None


def _meaning(sender: Side, connections: Sequence[Connection]) -> Words:
    if sender is Side.CLIENT:
        return say("A client's refusal of the server's certificate looks so, and so does a leave without any reason.")
    if all(c.client_certificate.visibility is Visibility.NOT_REACHED for c in connections):
        return say("The client had not had its turn, so that it is not about the client's certificate.")
    return say("A server's refusal of the client's certificate looks so, and so does a leave without any reason.")


RULES = (
    Rule(
        id="tls13-suspected-encrypted-alert",
        title=say("What ended this TLS 1.3 handshake looks like an alert"),
        meaning="Said when all that one side sent in its turn has exactly the length of an encrypted alert and the "
        "connection was then closed. A refusal looks so, and so does a leave without any reason: a "
        "suspicion, unless the log tells more.",
        severity=Severity.WARNING,
        judge=tls13_suspected_encrypted_alert,
        needs=(Need.CAPTURE, Need.HANDSHAKE),
        sources=("M",),
    ),
)

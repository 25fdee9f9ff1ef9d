"""What a capture shows this node presenting as a TLS client, where the store rule says another certificate.

What was seen leads: a rule that knows only the stores says what would be presented, not what was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from analyzer.evidence import Certificate, Connection, Outcome, Peer, Side
from analyzer.findings import Evidence
from analyzer.rules import quote
from analyzer.rules.view import NodeView
from analyzer.text import said_serial
from analyzer.words import Words, say


def shown_as_client(view: NodeView, leaf: Certificate) -> tuple[Connection, ...]:
    """Return the handshakes in which a certificate was seen as this node's client certificate."""
    shown = view.connections_by_own_leaf.get(leaf.sha256, ())
    return tuple(connection for connection in shown if connection.local_role is Side.CLIENT)


def newest_as_client(view: NodeView, leaves: Iterable[Certificate]) -> Connection | None:
    """Return the last handshake in which one of some certificates was seen as this node's client certificate."""
    shown = (connection for leaf in leaves for connection in shown_as_client(view, leaf))
    return max(shown, key=_started, default=None)


def shown_instead(view: NodeView, is_meant: Callable[[Peer], bool]) -> Connection | None:
    """Return the last handshake with a peer that is meant in which a client certificate was seen.

    None: it is the one that the store rule says, or none was seen.
    """
    shown = [
        connection
        for connection in view.connections
        if connection.local_role is Side.CLIENT
        and connection.client_certificate.leaf in view.case.certificates
        and is_meant(connection.peer)
    ]
    newest = max(shown, key=_started, default=None)
    expected = view.leaf_as_client
    if newest is None or expected is None or newest.client_certificate.leaf == expected.sha256:
        return None
    return newest


def partner_shows_instead(view: NodeView, partner: NodeView, leaf: Certificate, role: Side) -> Connection | None:
    """Return the last handshake of this node in which a partner's certificate was seen, if it is another than `leaf`."""
    shown = [
        connection
        for connection in view.connections
        if connection.local_role is role.other
        and connection.certificate(role).leaf in view.case.certificates
        and view.counterpart(connection.peer) is partner
    ]
    newest = max(shown, key=_started, default=None)
    return newest if newest is not None and newest.certificate(role).leaf != leaf.sha256 else None


def _started(connection: Connection) -> datetime:
    return connection.handshake.started


def told(connection: Connection) -> Words:
    """Say to whom a certificate was presented as a client's, and what came of it."""
    frame = connection.handshake.certificate_frame(Side.CLIENT)
    facts = {"peer": connection.peer.name, "frame": frame.frame if frame else "?"}
    match connection.outcome:
        case Outcome.COMPLETED:
            return say(
                "It was presented to {peer} as a client's (frame {frame}), and the handshake completed.", **facts
            )
        case Outcome.REFUSED:
            return say(
                "It was presented to {peer} as a client's (frame {frame}), and the handshake was refused.", **facts
            )
        case _:
            return say("It was presented to {peer} as a client's (frame {frame}).", **facts)


def told_instead(connection: Connection, side: Side = Side.CLIENT) -> Words:
    """Say which other certificate a side was seen presenting."""
    frame = connection.handshake.certificate_frame(side)
    return say(
        "With {peer} another certificate was captured: serial {serial} (frame {frame}).",
        peer=connection.peer.name,
        serial=said_serial(connection.certificate(side).serial),
        frame=frame.frame if frame else "?",
    )


def quote_shown(connection: Connection, side: Side = Side.CLIENT) -> tuple[Evidence, ...]:
    """Quote the frame of the certificate that was seen."""
    return quote.quote_certificate_frame(connection, side)

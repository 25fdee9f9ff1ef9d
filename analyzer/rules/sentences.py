"""The sentence of a verdict: who presented what to whom, when, where it is to be seen, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.correlate.record_lengths import is_not_asked, presents_nothing, presents_something
from analyzer.evidence import (
    Certificate,
    Connection,
    Event,
    Outcome,
    Peer,
    PeerIdentity,
    PeerKind,
    Side,
    Step,
    Store,
    Visibility,
)
from analyzer.rules import quote
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc

STORE_WORDS = {
    Store.CLIENT: "the client store's certificate",
    Store.SERVER: "the server store's certificate",
    Store.BOTH: "the certificate that both stores hold",
    Store.TRUSTED: "a certificate of the trusted CA list",
    Store.NEITHER: "a certificate that is in none of the stores that were given",
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


NOT_IN_THE_LOG = "What this node itself presented is not in the log."


def connection_sentence(view: NodeView, connection: Connection, count: int) -> str:
    """Say what a connection shows. Where the local role is not known, it speaks of the TLS client, not of the node."""
    role, handshake = connection.local_role, connection.handshake
    if role is None:
        who, towards = f"The client {handshake.client}", str(handshake.server)
    else:
        hint = connection.peer.hint_only and connection.peer.kind is PeerKind.WEBEX
        who = f"{_name(view)} as TLS {role}"
        towards = f"{connection.peer.name}{' (by its address range only)' if hint else ''}"
    times = f", {count} times" if count > 1 else ""
    return (
        f"{who} presented {_what(view, connection)} to {towards} at {iso_utc(handshake.started)}"
        f"{_frame(connection)}{times}; {_what_came(view, connection)}."
    )


def events_sentence(
    view: NodeView,
    peer: Peer,
    events: Sequence[Event],
    *,
    outcome: Outcome,
    refused_by: Side | None,
    presented: Certificate | None,
) -> str:
    """Say what the log alone shows: it names no certificate of this node."""
    newest = events[-1].record
    role = newest.local_role
    at = f" at {iso_utc(newest.time)}" if newest.time else ""
    lines = f", {len(events)} log lines" if len(events) > 1 else ""
    where = f"{at} (line {newest.line} of {newest.file}{lines})"
    if refused_by is None:
        came = f"{OUTCOME_WORDS[outcome]}: {newest.detail}"
    else:
        came = f"{_name(view) if refused_by is role else peer.name} refused: {newest.detail}"
    shown = _by_the_rule(view, role, presented)
    if shown is None:
        return f"{_name(view)} as TLS {role} with {peer.name}{where}; {came}. {NOT_IN_THE_LOG}"
    return f"{_name(view)} as TLS {role} presented {shown} to {peer.name}{where}; {came}."


def identity_sentence(
    view: NodeView, identity: PeerIdentity, role: Side | None, presented: Certificate | None
) -> str:
    """Say that the log names a peer's certificate, of a connection that nothing else shows."""
    at = f" at {iso_utc(identity.time)}" if identity.time else ""
    found = f"the log found {', '.join(identity.names[:3])} in the peer's certificate"
    where = f"{at} (line {identity.line} of {identity.file})"
    who = f"{_name(view)}{f' as TLS {role}' if role else ''}"
    shown = _by_the_rule(view, role, presented)
    if shown is None:
        return f"{who} with Webex{where}: {found}. {NOT_IN_THE_LOG}"
    return f"{who} presented {shown} to Webex{where}; {found}."


def _by_the_rule(view: NodeView, role: Side | None, presented: Certificate | None) -> str | None:
    if role is None or presented is None:
        return None
    return f"by the store rule the {view.expected_store(role)} store's certificate, serial {presented.serial} (inferred),"


def _name(view: NodeView) -> str:
    return view.node.name or "this node"


def _what(view: NodeView, connection: Connection) -> str:
    shown = connection.local_certificate or connection.client_certificate
    if shown.leaf is None:
        if shown.visibility is Visibility.ENCRYPTED:
            return _encrypted(view, connection)
        more = " at first, and behind another handshake, which is encrypted, what nobody can see"
        return HIDDEN_WORDS[shown.visibility] + (more if connection.handshake.renegotiated else "")
    certificate = view.case.certificates.get(shown.leaf)
    store_words = STORE_WORDS[shown.store] if shown.store else "a certificate"
    name = (certificate and (certificate.common_name or certificate.subject)) or "without a name"
    return f"{store_words}, {name}, serial {shown.serial or 'unreadable'},"


def _encrypted(view: NodeView, connection: Connection) -> str:
    """Say what TLS 1.3 hides: a server's certificate, or what a client may not even have been asked for."""
    role, handshake = connection.local_role, connection.handshake
    if role is Side.SERVER:
        words = HIDDEN_WORDS[Visibility.ENCRYPTED]
    elif presents_something(handshake):
        words = "a certificate, as its length tells, which TLS 1.3 encrypts"
    else:
        words = "a certificate or none, which TLS 1.3 encrypts"
        if presents_nothing(handshake) or is_not_asked(handshake):
            return f"{words} (by the lengths of the records none: inferred)"
    expected = view.expected_leaf(role) if role else None
    if role is None or expected is None:
        return words
    return f"{words} (by the store rule the {view.expected_store(role)} store's, serial {expected.serial}: inferred)"


def _frame(connection: Connection) -> str:
    is_client = connection.local_role is not Side.SERVER
    step = Step.CLIENT_CERTIFICATE if is_client else Step.SERVER_CERTIFICATE
    frame = connection.handshake.frame(step) or connection.handshake.frame(Step.CLIENT_HELLO)
    return f" ({quote.frame_of(frame)})" if frame else ""


def _what_came(view: NodeView, connection: Connection) -> str:
    if connection.outcome is not Outcome.REFUSED or connection.refused_by is None:
        hides_alerts = connection.outcome is Outcome.CLOSED and connection.handshake.tls_version == "TLSv1.3"
        return OUTCOME_WORDS[connection.outcome] + (" in clear" if hides_alerts else "")
    if connection.local_role is None:
        who = f"the {connection.refused_by}"
    else:
        who = _name(view) if connection.refused_by is connection.local_role else connection.peer.name
    return f"{who} refused: {connection.outcome_reason}"

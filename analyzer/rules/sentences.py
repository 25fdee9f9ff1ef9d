"""The sentence of a verdict: who presented what to whom, when, where it is to be seen, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.correlate.record_lengths import (
    is_not_asked,
    presents_nothing,
    presents_something,
)
from analyzer.evidence import (
    Certificate,
    Connection,
    Event,
    Frame,
    Outcome,
    Peer,
    PeerIdentity,
    PeerKind,
    Side,
    Step,
    Store,
    TlsRecord,
    Visibility,
)
from analyzer.findings import Grounds, Presented
from analyzer.rules.grounds import frame_of
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc, person_utc

STORE_WORDS = {
    Store.CLIENT: "the client store's certificate",
    Store.SERVER: "the server store's certificate",
    Store.BOTH: "the certificate that both stores hold",
    Store.TRUSTED: "a certificate of the trusted CA list",
    Store.NEITHER: "a certificate that is in none of the stores that were given",
}

HIDDEN_WORDS = {
    Visibility.SEEN: "a certificate",
    Visibility.ENCRYPTED: "a certificate, which TLS 1.3 encrypts,",
    Visibility.RESUMED: "no certificate again, because the session was resumed,",
    Visibility.NOT_REQUESTED: "no certificate, because none was requested,",
    Visibility.NONE_SENT: "an empty Certificate message",
    Visibility.NOT_REACHED: "nothing, because the handshake ended before its turn,",
    Visibility.NOT_USED: "nothing, because the cipher suite uses no certificates,",
    Visibility.NOT_CAPTURED: "a certificate that the capture missed",
}

NOT_SEEN_WORDS = {
    Visibility.ENCRYPTED: "which TLS 1.3 encrypts",
    Visibility.RESUMED: "which was not sent again",
    Visibility.NOT_CAPTURED: "which the capture missed",
}
"""Of a certificate that was refused all the same."""

OUTCOME_WORDS = {
    Outcome.COMPLETED: "the handshake completed",
    Outcome.REFUSED: "it was refused",
    Outcome.CLOSED: "the connection was closed without an alert",
    Outcome.UNKNOWN: "what came of it is not known",
}


NOT_IN_THE_LOG = "What this node itself presented is not in the log."


class ConnectionSentence:
    """What a connection shows, in full, or in brief: without the serials and paths that a page shows beside it.

    Where the local role is not known, it speaks of the TLS client, not of the node.
    """

    def __init__(
        self, view: NodeView, connection: Connection, grounds: Grounds, *, count: int, brief: bool = False
    ) -> None:
        """Keep what is told; `count`: how many connections show the same."""
        self.view = view
        self.connection = connection
        self.grounds = grounds
        self.times = f", {count} times" if count > 1 else ""
        self.brief = brief

    def text(self) -> str:
        """Return the sentence; what this node refused, or what is inferred, takes a second one."""
        role, refused = self.connection.local_role, self.grounds.refused
        if role and refused is role.other:
            return f"{self._who()} {self._refused_by_us(refused)}. {self._itself(role)}{self._inferred()}"
        side = role or Side.CLIENT
        return (
            f"{self._who()} presented {self._what(side)} to {self._towards()}{self._where(side)}{self.times}; "
            f"{self._what_came()}.{self._inferred()}"
        )

    def _who(self) -> str:
        role = self.connection.local_role
        return f"{_name(self.view)} as TLS {role}" if role else f"The client {self.connection.handshake.client}"

    def _towards(self) -> str:
        connection = self.connection
        if connection.local_role is None:
            return str(connection.handshake.server)
        hint = connection.peer.hint_only and connection.peer.kind is PeerKind.WEBEX
        return f"{connection.peer.name}{' (by its address range only)' if hint else ''}"

    def _refused_by_us(self, refused: Side) -> str:
        name = self.grounds.wanted_name
        wanted = f"; it looked for the name {name}" if name else ""
        return (
            f"refused the certificate of {self._towards()}, {self._certificate(refused)}, presented"
            f"{self._where(refused)}{self.times}: {self.connection.outcome_reason}{self._refusal_place()}{wanted}"
        )

    def _itself(self, role: Side) -> str:
        what = self._what(role).removesuffix(",")
        frame = frame_of(self.connection, role) if self.connection.certificate(role).leaf else None
        return f"{_name(self.view)} itself presented {what}{self._spot(frame) if frame else ''}."

    def _what(self, side: Side) -> str:
        shown = self.connection.certificate(side)
        if shown.leaf is None:
            if shown.visibility is Visibility.ENCRYPTED and side is Side.CLIENT:
                return self._encrypted_of_client()
            more = " at first, and behind another handshake, which is encrypted, what nobody can see"
            words = HIDDEN_WORDS[shown.visibility]
            return words.removesuffix(",") + more if self.connection.handshake.renegotiated else words
        return f"{STORE_WORDS[shown.store] if shown.store else 'a certificate'}, {self._certificate(side)},"

    def _certificate(self, side: Side) -> str:
        shown = self.connection.certificate(side)
        if shown.leaf is None:
            return NOT_SEEN_WORDS[shown.visibility]
        name = _title(self.view.case.certificates.get(shown.leaf or ""))
        return name if self.brief else f"{name}, serial {shown.serial or 'unreadable'}"

    def _encrypted_of_client(self) -> str:
        """A client may not even have been asked for a certificate: the lengths of its records tell."""
        handshake = self.connection.handshake
        if presents_something(handshake):
            return HIDDEN_WORDS[Visibility.ENCRYPTED]
        if presents_nothing(handshake) or is_not_asked(handshake):
            return "a certificate or none, which TLS 1.3 encrypts (by the lengths of the records none: inferred),"
        return "a certificate or none, which TLS 1.3 encrypts,"

    def _inferred(self) -> str:
        """Say what the store rule, the lengths and the peer's log tell of a certificate that TLS 1.3 hides."""
        connection, presented = self.connection, self.grounds.by_rule
        handshake, role = connection.handshake, connection.local_role
        if role is None or connection.certificate(role).visibility is not Visibility.ENCRYPTED:
            return ""
        sure = role is Side.SERVER or presents_something(handshake)
        if not sure and (presents_nothing(handshake) or is_not_asked(handshake)):
            return ""
        told = ["its length tells that there was one"] if sure and role is Side.CLIENT else []
        if presented:
            by = "by" if sure else "if there was one, by"
            told.append(f"{by} the store rule it was {_stored(self.view, presented, brief=self.brief)}")
        inferred = f" Inferred: {'; '.join(told)}." if told else ""
        named = self.grounds.named
        if named is None:
            return inferred
        where = f"line {named.line}{_of(named.file, brief=self.brief)}"
        return f"{inferred} The peer's log found {', '.join(named.names[:3])} in it ({where})."

    def _where(self, side: Side) -> str:
        frame = frame_of(self.connection, side)
        time = frame.time if frame else self.connection.handshake.started
        return f" at {_at(time, brief=self.brief)}{self._spot(frame) if frame else ''}"

    def _spot(self, frame: Frame | TlsRecord) -> str:
        if isinstance(frame, TlsRecord):
            what = "encrypted record in "
        else:
            what = "ClientHello in " if frame.step is Step.CLIENT_HELLO else ""
        return f" ({what}frame {frame.frame}{_of(frame.capture, brief=self.brief)})"

    def _what_came(self) -> str:
        connection = self.connection
        if connection.outcome is not Outcome.REFUSED or connection.refused_by is None:
            hides_alerts = connection.outcome is Outcome.CLOSED and connection.handshake.tls_version == "TLSv1.3"
            return OUTCOME_WORDS[connection.outcome] + (" in clear" if hides_alerts else "")
        if connection.local_role is None:
            who = f"the {connection.refused_by}"
        else:
            who = _name(self.view) if connection.refused_by is connection.local_role else connection.peer.name
        it = " it" if self.grounds.refused is (connection.local_role or Side.CLIENT) else ""
        return f"{who} refused{it}: {connection.outcome_reason}{self._refusal_place()}"

    def _refusal_place(self) -> str:
        """Name the frame of the alert, else the log line, if it is one of this connection."""
        if alert := self.connection.refusing_alert:
            frame = frame_of(self.connection, alert.sender.other)
            there = frame is not None and frame.capture == alert.capture
            return f" (alert in frame {alert.frame}{'' if self.brief else ' there' if there else _of(alert.capture)})"
        lines = self.view.events_by_id([self.grounds.event] if self.grounds.event else ())
        own = [line.record for line in lines if line.id in self.connection.events]
        return f" (line {own[0].line}{_of(own[0].file, brief=self.brief)})" if own else ""


def events_sentence(
    view: NodeView,
    peer: Peer,
    events: Sequence[Event],
    *,
    outcome: Outcome,
    refused_by: Side | None,
    grounds: Grounds,
    brief: bool = False,
) -> str:
    """Say what the log alone shows: it names no certificate of this node."""
    presented = grounds.by_rule
    newest = events[-1].record
    role = newest.local_role
    at = f" at {_at(newest.time, brief=brief)}" if newest.time else ""
    lines = f", {len(events)} log lines" if len(events) > 1 else ""
    where = f"{at} (line {newest.line}{_of(newest.file, brief=brief)}{lines})"
    shown = f"by the store rule {_stored(view, presented, brief=brief)} (inferred)" if presented else None
    if refused_by is not None and refused_by is role and grounds.refused:
        wanted = f"; it looked for the name {grounds.wanted_name}" if grounds.wanted_name else ""
        itself = f"{_name(view)} itself presented {shown}." if shown else NOT_IN_THE_LOG
        refused = f"refused the certificate of {peer.name}{where}: {newest.detail}{wanted}"
        return f"{_name(view)} as TLS {role} {refused}. {itself}"
    if refused_by is None:
        came = f"{OUTCOME_WORDS[outcome]}: {newest.detail}"
    else:
        came = f"{_name(view) if refused_by is role else peer.name} refused: {newest.detail}"
    if shown is None:
        return f"{_name(view)} as TLS {role} with {peer.name}{where}; {came}. {NOT_IN_THE_LOG}"
    return f"{_name(view)} as TLS {role} presented {shown}, to {peer.name}{where}; {came}."


def identity_sentence(
    view: NodeView, identity: PeerIdentity, role: Side | None, presented: Presented | None, *, brief: bool = False
) -> str:
    """Say that the log names a peer's certificate, of a connection that nothing else shows."""
    at = f" at {_at(identity.time, brief=brief)}" if identity.time else ""
    found = f"the log found {', '.join(identity.names[:3])} in the peer's certificate"
    where = f"{at} (line {identity.line}{_of(identity.file, brief=brief)})"
    who = f"{_name(view)}{f' as TLS {role}' if role else ''}"
    if presented is None:
        return f"{who} with Webex{where}: {found}. {NOT_IN_THE_LOG}"
    shown = f"by the store rule {_stored(view, presented, brief=brief)} (inferred),"
    return f"{who} presented {shown} to Webex{where}; {found}."


def _stored(view: NodeView, presented: Presented, *, brief: bool) -> str:
    """Name a certificate that the store rule says was presented."""
    words = STORE_WORDS[presented.store] if presented.store else "a certificate"
    certificate = view.case.certificates.get(presented.certificate or "")
    if brief:
        return f"{words}, {_title(certificate)}"
    return f"{words}, serial {presented.serial or 'unreadable'}"


def _title(certificate: Certificate | None) -> str:
    return (certificate and (certificate.common_name or certificate.subject)) or "without a name"


def _name(view: NodeView) -> str:
    return view.node.name or "this node"


def _at(time: datetime, *, brief: bool) -> str:
    return person_utc(time) if brief else iso_utc(time)


def _of(file: str, *, brief: bool = False) -> str:
    return "" if brief else f" of {file}"

"""The sentence of a verdict: who presented what to whom, when, where it is to be seen, and what came of it.

Each shape of sentence is one message. What goes into it are noun phrases (who, whom, what), the time with its place, and
a clause on what came of it: every language has them in an order of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

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
from analyzer.words import Words, listed, say, sentences

STORE_WORDS = {
    Store.CLIENT: say("the client store's certificate"),
    Store.SERVER: say("the server store's certificate"),
    Store.BOTH: say("the certificate that both stores hold"),
    Store.TRUSTED: say("a certificate of the trusted CA list"),
    Store.NEITHER: say("a certificate that is in none of the stores that were given"),
}
A_CERTIFICATE = say("a certificate")

NOT_SEEN_WORDS = {
    Visibility.ENCRYPTED: say("which TLS 1.3 encrypts"),
    Visibility.RESUMED: say("which was not sent again"),
    Visibility.NOT_CAPTURED: say("which the capture missed"),
}
"""Of a certificate that was refused all the same."""

OUTCOME_WORDS = {
    Outcome.COMPLETED: say("the handshake completed"),
    Outcome.REFUSED: say("it was refused"),
    Outcome.CLOSED: say("the connection was closed without an alert"),
    Outcome.UNKNOWN: say("what came of it is not known"),
}

THE_SIDE = {Side.CLIENT: say("the client"), Side.SERVER: say("the server")}

NOT_IN_THE_LOG = say("What this node itself presented is not in the log.")


class What(Struct, frozen=True):
    """What a side presented.

    Attributes:
        words: a noun phrase.
        apart: whether it ends with a remark, behind which English sets a comma.
        is_nothing: whether it says why nothing was presented.
    """

    words: Words
    apart: bool = False
    is_nothing: bool = False


HIDDEN = {
    Visibility.SEEN: What(A_CERTIFICATE),
    Visibility.ENCRYPTED: What(say("a certificate, which TLS 1.3 encrypts"), apart=True),
    Visibility.NONE_SENT: What(say("an empty Certificate message")),
    Visibility.NOT_CAPTURED: What(say("a certificate that the capture missed")),
    Visibility.RESUMED: What(say("no certificate again, because the session was resumed"), is_nothing=True),
    Visibility.NOT_REQUESTED: What(say("no certificate, because none was requested"), is_nothing=True),
    Visibility.NOT_REACHED: What(say("nothing, because the handshake ended before its turn"), is_nothing=True),
    Visibility.NOT_USED: What(say("nothing, because the cipher suite uses no certificates"), is_nothing=True),
}


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
        self.count = count
        self.style = _Style(brief)

    def text(self) -> Words:
        """Return the sentence; what this node refused, or what is inferred, takes further ones."""
        role, refused = self.connection.local_role, self.grounds.refused
        if role and refused is role.other:
            return sentences((self._refused_by_us(role), self._itself(role), *self._inferred()))
        return sentences((self._presented(role or Side.CLIENT), *self._inferred()))

    def _presented(self, side: Side) -> Words:
        what = self._what(side)
        told = {"who": self._who(), "whom": self._whom(), "when": self._when(side), "outcome": self._outcome()}
        if what.is_nothing:
            return say("{who} presented {nothing}, to {whom} {when}; {outcome}.", nothing=what.words, **told)
        if what.apart:
            return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=what.words, **told)
        return say("{who} presented {what} to {whom} {when}; {outcome}.", what=what.words, **told)

    def _refused_by_us(self, role: Side) -> Words:
        return say(
            "{who} refused the certificate of {whom}, {certificate}, presented {when}: {reason}.",
            who=self._who(),
            whom=self._whom(),
            certificate=self._certificate(role.other),
            when=self._when(role.other),
            reason=_looked_for(self._reason(), self.grounds.wanted_name),
        )

    def _itself(self, role: Side) -> Words:
        node, what = _name(self.view), self._what(role)
        frame = frame_of(self.connection, role) if self.connection.certificate(role).leaf else None
        if what.is_nothing:
            return say("{node} itself presented {nothing}.", node=node, nothing=what.words)
        if frame is None:
            return say("{node} itself presented {what}.", node=node, what=what.words)
        place = self.style.frame(frame)
        return say("{node} itself presented {what} ({place}).", node=node, what=what.words, place=place)

    def _who(self) -> str:
        role = self.connection.local_role
        return _in_role(self.view, role) if role else say("The client {end}", end=self.connection.handshake.client)

    def _whom(self) -> str:
        connection = self.connection
        if connection.local_role is None:
            return str(connection.handshake.server)
        if connection.peer.hint_only and connection.peer.kind is PeerKind.WEBEX:
            return say("{peer} (by its address range only)", peer=connection.peer.name)
        return connection.peer.name

    def _when(self, side: Side) -> Words:
        frame = frame_of(self.connection, side)
        time = frame.time if frame else self.connection.handshake.started
        when = self.style.when(time, self.style.frame(frame) if frame else None)
        return say("{when}, {count} times", when=when, count=self.count) if self.count > 1 else when

    def _what(self, side: Side) -> What:
        shown, handshake = self.connection.certificate(side), self.connection.handshake
        if shown.leaf is not None:
            words = STORE_WORDS[shown.store] if shown.store else A_CERTIFICATE
            return What(say("{what}, {certificate}", what=words, certificate=self._certificate(side)), apart=True)
        if shown.visibility is Visibility.ENCRYPTED and side is Side.CLIENT:
            return self._encrypted_of_client()
        what = HIDDEN[shown.visibility]
        return _and_another(what) if handshake.renegotiated else what

    def _certificate(self, side: Side) -> str:
        shown = self.connection.certificate(side)
        if shown.leaf is None:
            return NOT_SEEN_WORDS[shown.visibility]
        name = _title(self.view.case.certificates.get(shown.leaf))
        return name if self.style.brief else say("{name}, {serial}", name=name, serial=_serial(shown.serial))

    def _encrypted_of_client(self) -> What:
        """A client may not even have been asked for a certificate: the lengths of its records tell."""
        if presents_something(self.connection.handshake):
            return HIDDEN[Visibility.ENCRYPTED]
        words = say("a certificate or none, which TLS 1.3 encrypts")
        if self._seems_without():
            words = say(
                "a certificate or none, which TLS 1.3 encrypts (by the lengths of the records none: inferred)"
            )
        return What(words, apart=True)

    def _seems_without(self) -> bool:
        """Whether the lengths tell that a client presented no certificate."""
        handshake = self.connection.handshake
        return presents_nothing(handshake) or is_not_asked(handshake)

    def _inferred(self) -> Iterator[Words]:
        """Say what the store rule, the lengths and the peer's log tell of a certificate that TLS 1.3 hides."""
        role, named = self.connection.local_role, self.grounds.named
        if role is None or self.connection.certificate(role).visibility is not Visibility.ENCRYPTED:
            return
        by_length = role is Side.CLIENT and presents_something(self.connection.handshake)
        if role is Side.CLIENT and not by_length and self._seems_without():
            return
        if self.grounds.by_rule:
            what = self.style.stored(self.view, self.grounds.by_rule)
            if by_length:
                yield say(
                    "Inferred: its length tells that there was one; by the store rule it was {what}.", what=what
                )
            elif role is Side.SERVER:
                yield say("Inferred: by the store rule it was {what}.", what=what)
            else:
                yield say("Inferred: if there was one, by the store rule it was {what}.", what=what)
        elif by_length:
            yield say("Inferred: its length tells that there was one.")
        if named:
            place = self.style.line(named.line, named.file)
            yield say("The peer's log found {names} in it ({place}).", names=_names(named), place=place)

    def _outcome(self) -> Words:
        connection, by = self.connection, self.connection.refused_by
        if connection.outcome is not Outcome.REFUSED or by is None:
            if connection.outcome is Outcome.CLOSED and connection.handshake.tls_version == "TLSv1.3":
                return say("the connection was closed without an alert in clear")
            return OUTCOME_WORDS[connection.outcome]
        if connection.local_role is None:
            who: str = THE_SIDE[by]
        else:
            who = _name(self.view) if by is connection.local_role else connection.peer.name
        if self.grounds.refused is (connection.local_role or Side.CLIENT):
            return say("{who} refused it: {reason}", who=who, reason=self._reason())
        return say("{who} refused: {reason}", who=who, reason=self._reason())

    def _reason(self) -> str:
        """Return the words of the refusal, with the frame of the alert, else the log line, if it is of this connection."""
        reason, place = str(self.connection.outcome_reason), self._refusal_place()
        return say("{reason} ({place})", reason=reason, place=place) if place else reason

    def _refusal_place(self) -> Words | None:
        if alert := self.connection.refusing_alert:
            frame = frame_of(self.connection, alert.sender.other)
            if frame is not None and frame.capture == alert.capture and not self.style.brief:
                return say("alert in frame {number} there", number=alert.frame)
            return say("alert in {frame}", frame=self.style.numbered(alert.frame, alert.capture))
        own = [line.record for line in self.view.log.of(self.connection) if line.id == self.grounds.event]
        return self.style.line(own[0].line, own[0].file) if own else None


def events_sentence(
    view: NodeView,
    peer: Peer,
    events: Sequence[Event],
    *,
    outcome: Outcome,
    refused_by: Side | None,
    grounds: Grounds,
    brief: bool = False,
) -> Words:
    """Say what the log alone shows: it names no certificate of this node."""
    style, newest = _Style(brief), events[-1].record
    place = style.line(newest.line, newest.file)
    if len(events) > 1:
        place = say("{place}, {count} log lines", place=place, count=len(events))
    told = {"who": _in_role(view, newest.local_role), "whom": peer.name, "when": style.when(newest.time, place)}
    shown = style.by_rule(view, grounds.by_rule) if grounds.by_rule else None
    by_us = refused_by is not None and refused_by is newest.local_role
    if by_us and grounds.refused:
        reason = _looked_for(newest.detail, grounds.wanted_name)
        refused = say("{who} refused the certificate of {whom} {when}: {reason}.", reason=reason, **told)
        itself = shown and say("{node} itself presented {what}.", node=_name(view), what=shown)
        return sentences((refused, itself or NOT_IN_THE_LOG))
    if refused_by is None:
        came = say("{outcome}: {reason}", outcome=OUTCOME_WORDS[outcome], reason=newest.detail)
    else:
        came = say("{who} refused: {reason}", who=_name(view) if by_us else peer.name, reason=newest.detail)
    if shown is None:
        return sentences((say("{who} with {whom} {when}; {outcome}.", outcome=came, **told), NOT_IN_THE_LOG))
    return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=shown, outcome=came, **told)


def identity_sentence(
    view: NodeView, identity: PeerIdentity, role: Side | None, presented: Presented | None, *, brief: bool = False
) -> Words:
    """Say that the log names a peer's certificate, of a connection that nothing else shows."""
    style = _Style(brief)
    when = style.when(identity.time, style.line(identity.line, identity.file))
    found = say("the log found {names} in the peer's certificate", names=_names(identity))
    told = {"who": _in_role(view, role), "whom": "Webex", "when": when}
    if presented is None:
        return sentences((say("{who} with {whom} {when}: {found}.", found=found, **told), NOT_IN_THE_LOG))
    shown = style.by_rule(view, presented)
    return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=shown, outcome=found, **told)


class _Style(Struct, frozen=True):
    """How times, places and certificates are told: in brief, without what a page shows beside a sentence."""

    brief: bool

    def when(self, time: datetime | None, place: Words | None) -> Words:
        """At least one of them is known."""
        if time is None:
            return say("({place})", place=place)
        at = person_utc(time) if self.brief else iso_utc(time)
        return say("at {time} ({place})", time=at, place=place) if place else say("at {time}", time=at)

    def line(self, number: int, file: str) -> Words:
        return say("line {line}", line=number) if self.brief else say("line {line} of {file}", line=number, file=file)

    def frame(self, frame: Frame | TlsRecord) -> Words:
        numbered = self.numbered(frame.frame, frame.capture)
        if isinstance(frame, TlsRecord):
            return say("encrypted record in {frame}", frame=numbered)
        return say("ClientHello in {frame}", frame=numbered) if frame.step is Step.CLIENT_HELLO else numbered

    def numbered(self, number: int, file: str) -> Words:
        if self.brief:
            return say("frame {number}", number=number)
        return say("frame {number} of {file}", number=number, file=file)

    def stored(self, view: NodeView, presented: Presented) -> Words:
        """Name a certificate that the store rule says was presented."""
        words = STORE_WORDS[presented.store] if presented.store else A_CERTIFICATE
        title = _title(view.case.certificates.get(presented.certificate or ""))
        return say(
            "{what}, {certificate}", what=words, certificate=title if self.brief else _serial(presented.serial)
        )

    def by_rule(self, view: NodeView, presented: Presented) -> Words:
        return say("by the store rule {what} (inferred)", what=self.stored(view, presented))


def _and_another(what: What) -> What:
    """Say that there is another handshake in the connection, of which nothing can be seen."""
    if what.is_nothing:
        return What(
            say(
                "{nothing} at first, and behind another handshake, which is encrypted, what nobody can see",
                nothing=what.words,
            )
        )
    return What(
        say("{what} at first, and behind another handshake, which is encrypted, what nobody can see", what=what.words)
    )


def _looked_for(reason: str, name: str | None) -> str:
    return say("{reason}; it looked for the name {name}", reason=reason, name=name) if name else reason


def _in_role(view: NodeView, role: Side | None) -> str:
    node = _name(view)
    if role is None:
        return node
    if role is Side.CLIENT:
        return say("{node} as TLS client", node=node)
    return say("{node} as TLS server", node=node)


def _title(certificate: Certificate | None) -> str:
    return (certificate and (certificate.common_name or certificate.subject)) or say("without a name")


def _serial(serial: str | None) -> Words:
    return say("serial {serial}", serial=serial or say("unreadable"))


def _names(identity: PeerIdentity) -> str:
    return listed(identity.names[:3])


def _name(view: NodeView) -> str:
    return view.node.name or say("this node")

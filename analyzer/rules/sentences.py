"""The sentence of a verdict: who presented what to whom, when, where it is to be seen, and what came of it.

Each shape of sentence is one message. What goes into it are noun phrases (who, whom, what), the time with its place, and
a clause on what came of it: every language has them in an order of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from analyzer.correlate.record_lengths import (
    is_not_asked,
    presents_nothing,
    presents_something,
)
from analyzer.evidence import Connection, Outcome, PeerKind, Side, Visibility
from analyzer.findings import Grounds
from analyzer.rules.grounds import frame_of
from analyzer.rules.sentence_parts import (
    A_CERTIFICATE,
    OUTCOME_WORDS,
    Style,
    in_role,
    looked_for,
    names_of,
    node_of,
    serial_of,
    title_of,
)
from analyzer.rules.view import NodeView
from analyzer.rules.wording import THE_SIDE
from analyzer.words import Words, say, sentences

ROLE_WORDS = {Side.CLIENT: say("TLS client"), Side.SERVER: say("TLS server")}

NOT_SEEN_WORDS = {
    Visibility.ENCRYPTED: say("which TLS 1.3 encrypts"),
    Visibility.RESUMED: say("which was not sent again"),
    Visibility.NOT_CAPTURED: say("which the capture missed"),
}
"""Of a certificate that was refused all the same."""


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
    Visibility.RESUMED: What(say("no certificate, because the session was resumed"), is_nothing=True),
    Visibility.NOT_REQUESTED: What(say("no certificate, because none was requested"), is_nothing=True),
    Visibility.NOT_REACHED: What(say("nothing, because the handshake ended before its turn"), is_nothing=True),
    Visibility.NOT_USED: What(say("nothing, because the cipher suite uses no certificates"), is_nothing=True),
}


class ConnectionSentence:
    """What a connection shows, in full, or in brief: without what a page shows above and beside it.

    That is serials and paths; where a certificate was accepted or refused, also who did so with whose.
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
        self.style = Style(brief)

    def text(self) -> Words:
        """Return the sentence; what this node refused, or what is inferred, takes further ones."""
        role, refused = self.connection.local_role, self.grounds.refused
        if role is None or refused is not role.other:
            return sentences((self._presented(role), *self._inferred()))
        told = self._seen_above(role) or self._refused_by_us(role)
        return sentences((told, self._itself(role), *self._inferred()))

    def _seen_above(self, role: Side) -> Words | None:
        """Return when and why alone, if a page says above what became of whose certificate; None: it does not."""
        refused = self.grounds.refused
        if not self.style.brief or not (refused or self.grounds.accepted):
            return None
        side = refused or role
        told = {"role": ROLE_WORDS[side], "when": self._when(side)}
        if refused is None:
            return say("Presented as {role} {when}.", **told)
        reason = looked_for(self._reason(), self.grounds.wanted_name)
        return say("Presented as {role} {when}. Reason: {reason}.", reason=reason, **told)

    def _presented(self, role: Side | None) -> Words:
        if role and (above := self._seen_above(role)):
            return above
        if role and self._is_resumed(role):
            return self._resumed(role)
        side = role or Side.CLIENT
        what = self._what(side)
        told = {"who": self._who(), "whom": self._whom(), "when": self._when(side), "outcome": self._outcome()}
        if self.style.brief and role and self.connection.outcome is Outcome.COMPLETED:
            return _without_outcome(what, **told)
        if what.is_nothing:
            return say("{who} presented {nothing}, to {whom} {when}; {outcome}.", nothing=what.words, **told)
        if what.apart:
            return say("{who} presented {what}, to {whom} {when}; {outcome}.", what=what.words, **told)
        return say("{who} presented {what} to {whom} {when}; {outcome}.", what=what.words, **told)

    def _is_resumed(self, role: Side) -> bool:
        shown = self.connection.certificate(role)
        return shown.visibility is Visibility.RESUMED and not self.connection.handshake.renegotiated

    def _resumed(self, role: Side) -> Words:
        when = self._when(role)
        if self.style.brief and self.connection.outcome is Outcome.COMPLETED:
            return say("Session resumed {when}: no certificate was sent this time, by design.", when=when)
        return say(
            "{who} resumed a session with {whom} {when}: no certificate was sent this time, by design; {outcome}.",
            who=self._who(),
            whom=self._whom(),
            when=when,
            outcome=self._outcome(),
        )

    def _refused_by_us(self, role: Side) -> Words:
        return say(
            "{who} refused the certificate of {whom}, {certificate}, presented {when}: {reason}.",
            who=self._who(),
            whom=self._whom(),
            certificate=self._certificate(role.other),
            when=self._when(role.other),
            reason=looked_for(self._reason(), self.grounds.wanted_name),
        )

    def _itself(self, role: Side) -> Words:
        node, what = node_of(self.view), self._what(role)
        frame = frame_of(self.connection, role) if self.connection.certificate(role).leaf else None
        if what.is_nothing:
            return say("{node} itself presented {nothing}.", node=node, nothing=what.words)
        if frame is None:
            return say("{node} itself presented {what}.", node=node, what=what.words)
        place = self.style.frame(frame)
        return say("{node} itself presented {what} ({place}).", node=node, what=what.words, place=place)

    def _who(self) -> str:
        role = self.connection.local_role
        return in_role(self.view, role) if role else say("The client {end}", end=self.connection.handshake.client)

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
            words = self.style.of_store(self.view, shown.store, shown.store_node)
            return What(say("{what}, {certificate}", what=words, certificate=self._certificate(side)), apart=True)
        if shown.visibility is Visibility.ENCRYPTED and side is Side.CLIENT:
            return self._encrypted_of_client()
        what = HIDDEN[shown.visibility]
        return _and_another(what) if handshake.renegotiated else what

    def _certificate(self, side: Side) -> str:
        shown = self.connection.certificate(side)
        if shown.leaf is None:
            return NOT_SEEN_WORDS[shown.visibility]
        name = title_of(self.view.case.certificates.get(shown.leaf))
        return name if self.style.brief else say("{name}, {serial}", name=name, serial=serial_of(shown.serial))

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
        """Say what the store rule, the lengths and the peer's log tell of a certificate that can't be seen."""
        role, named = self.connection.local_role, self.grounds.named
        if role and self._is_resumed(role) and self.grounds.by_rule:
            yield say("Expected by the store rule: {what}.", what=self.style.stored(self.view, self.grounds.by_rule))
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
            yield say("The peer's log found {names} in it ({place}).", names=names_of(named), place=place)

    def _outcome(self) -> Words:
        connection, by = self.connection, self.connection.refused_by
        if connection.outcome is not Outcome.REFUSED or by is None:
            if connection.outcome is Outcome.CLOSED and connection.handshake.tls_version == "TLSv1.3":
                return say("the connection was closed without an alert in clear")
            if self.grounds.accepted:
                return say("{who} accepted it: the handshake completed", who=connection.peer.name)
            return OUTCOME_WORDS[connection.outcome]
        if connection.local_role is None:
            who: str = THE_SIDE[by]
        else:
            who = node_of(self.view) if by is connection.local_role else connection.peer.name
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


def _without_outcome(what: What, **told: Words | str) -> Words:
    """Say what was presented where a headline says what came of it."""
    if what.is_nothing:
        return say("{who} presented {nothing}, to {whom} {when}.", nothing=what.words, **told)
    if what.apart:
        return say("{who} presented {what}, to {whom} {when}.", what=what.words, **told)
    return say("{who} presented {what} to {whom} {when}.", what=what.words, **told)


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

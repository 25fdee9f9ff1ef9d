"""What the sentences of verdicts are made of: nodes in their roles, certificates by their stores, times and places."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Certificate, Frame, Outcome, PeerIdentity, Side, Step, Store, TlsRecord
from analyzer.facts.releases import with_one_store
from analyzer.findings import Presented
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc, person_utc, said_serial
from analyzer.words import Words, listed, say

STORE_WORDS = {
    Store.CLIENT: say("the client store's certificate"),
    Store.SERVER: say("the server store's certificate"),
    Store.BOTH: say("the certificate that both stores hold"),
    Store.TRUSTED: say("a certificate of the trusted CA list"),
    Store.NEITHER: say("a certificate that is in none of the stores that were given"),
}
A_CERTIFICATE = say("a certificate")

OUTCOME_WORDS = {
    Outcome.COMPLETED: say("the handshake completed"),
    Outcome.REFUSED: say("it was refused"),
    Outcome.CLOSED: say("the connection was closed without an alert"),
    Outcome.UNKNOWN: say("what came of it is not known"),
}


class Style(Struct, frozen=True):
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
        words = self.of_store(view, presented.store, view.node.name)
        title = title_of(view.case.certificates.get(presented.certificate or ""))
        return say(
            "{what}, {certificate}", what=words, certificate=title if self.brief else serial_of(presented.serial)
        )

    def of_store(self, view: NodeView, store: Store | None, owner: str | None) -> Words:
        """Call a certificate by the store that holds it; before X15.5 there is one store for both roles."""
        if store is None:
            return A_CERTIFICATE
        holder = next((one for one in (view, *view.others) if one.node.name == owner), view)
        release = with_one_store(holder.node.version) if store is Store.SERVER else None
        if release is None:
            return STORE_WORDS[store]
        if self.brief:
            return say("the single store's certificate")
        return say("the single store's certificate ({release} has one for both roles)", release=str(release))

    def by_rule(self, view: NodeView, presented: Presented) -> Words:
        return say("by the store rule {what} (inferred)", what=self.stored(view, presented))


def looked_for(reason: str, name: str | None) -> str:
    return say("{reason}; it looked for the name {name}", reason=reason, name=name) if name else reason


def in_role(view: NodeView, role: Side | None) -> str:
    node = node_of(view)
    if role is None:
        return node
    if role is Side.CLIENT:
        return say("{node} as TLS client", node=node)
    return say("{node} as TLS server", node=node)


def title_of(certificate: Certificate | None) -> str:
    return (certificate and (certificate.common_name or certificate.subject)) or say("without a name")


def serial_of(serial: str | None) -> Words:
    return say("serial {serial}", serial=said_serial(serial))


def names_of(identity: PeerIdentity) -> str:
    return listed(identity.names[:3])


def node_of(view: NodeView) -> str:
    return view.node.name or say("this node")

"""Certificates that were out of their dates when they were presented, by the time of their frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Certificate, Connection, Outcome, Side, Visibility
from analyzer.findings import HERE, Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import person_utc, said_serial
from analyzer.words import Words, say


class Presented(Struct, frozen=True):
    """A certificate of a chain that was out of its dates, and the connections with one peer in which a side sent it."""

    peer: str
    side: Side
    is_ours: bool
    certificate: Certificate
    connections: tuple[Connection, ...]

    @property
    def accepted(self) -> bool:
        return all(connection.outcome is Outcome.COMPLETED for connection in self.connections)

    @property
    def who(self) -> str:
        return say("This node") if self.is_ours else self.peer

    @property
    def reception(self) -> Words:
        if self.accepted:
            return say("The other side accepted it all the same.")
        return say("A side that checks refuses it.")


def has_expired(certificate: Certificate, time: datetime) -> bool:
    """Whether a certificate is past its dates."""
    return certificate.not_after is not None and certificate.not_after < time


def is_not_yet_valid(certificate: Certificate, time: datetime) -> bool:
    """Whether the dates of a certificate have not begun."""
    return certificate.not_before is not None and certificate.not_before > time


class Window(Struct, frozen=True):
    """When all certificates of a chain are in date; None: no limit is known."""

    begins: datetime | None
    ends: datetime | None

    def holds(self, time: datetime) -> bool:
        """Whether all are in date at a time."""
        return (self.begins is None or self.begins <= time) and (self.ends is None or time <= self.ends)


def window_of(certificates: Iterable[Certificate]) -> Window:
    """Return when all of these certificates are in date."""
    held = tuple(certificates)
    return Window(
        max((c.not_before for c in held if c.not_before is not None), default=None),
        min((c.not_after for c in held if c.not_after is not None), default=None),
    )


def _presented(view: NodeView, is_out: Callable[[Certificate, datetime], bool]) -> Iterator[Presented]:
    groups: dict[tuple[str, Side, bool, str], list[Connection]] = defaultdict(list)
    for connection, side in view.once(_out_of_date):
        chain = view.certificates(connection.certificate(side).chain)
        out = next((c for c in chain if is_out(c, connection.handshake.started)), None)
        if out is not None:
            groups[connection.peer.name, side, side is connection.local_role, out.sha256].append(connection)
    for (peer, side, is_ours, identity), connections in groups.items():
        yield Presented(peer, side, is_ours, view.case.certificates[identity], tuple(connections))


def _out_of_date(view: NodeView) -> Sequence[tuple[Connection, Side]]:
    """Return the connections with familiar peers, and the sides, whose chain was not all in date."""
    found = []
    windows: dict[tuple[str, ...], Window] = {}
    for connection in view.connections:
        if connection.peer.kind not in FAMILIAR or connection.local_role is None:
            continue
        for side in Side:
            shown = connection.certificate(side)
            if shown.visibility is not Visibility.SEEN:
                continue
            if shown.chain not in windows:
                windows[shown.chain] = window_of(view.certificates(shown.chain))
            if not windows[shown.chain].holds(connection.handshake.started):
                found.append((connection, side))
    return found


def expired_at_handshake(view: NodeView) -> Iterator[Judgement]:
    """A certificate on the wire had expired by the time of its frame."""
    for presented in _presented(view, has_expired):
        certificate = presented.certificate
        yield _judgement(
            presented,
            say(
                "{who} presented serial {serial}, which had expired on {day:%Y-%m-%d} when it was presented. {reception}",
                who=presented.who,
                serial=said_serial(certificate.serial),
                day=certificate.not_after,
                reception=presented.reception,
            ),
            Remedy(
                text=say(
                    "Replace the certificate, and restart so that the new one is served (service-affecting, in a "
                    "maintenance window, one peer at a time)."
                )
                if presented.is_ours
                else say("Have {peer} renew its certificate.", peer=presented.peer),
                kind=RemedyKind.DURABLE,
                at=HERE if presented.is_ours else None,
            ),
        )


def not_yet_valid_at_handshake(view: NodeView) -> Iterator[Judgement]:
    """A certificate on the wire was not valid yet by the time of its frame."""
    for presented in _presented(view, is_not_yet_valid):
        begins = person_utc(presented.certificate.not_before) if presented.certificate.not_before else say("later")
        first = person_utc(presented.connections[0].handshake.started)
        yield _judgement(
            presented,
            say(
                "{who} presented serial {serial} at {time} by the clock of this node, and it is valid from {begins} only. "
                "{reception} A certificate is rarely issued for later: first see whether the clock is right.",
                who=presented.who,
                serial=said_serial(presented.certificate.serial),
                time=first,
                begins=begins,
                reception=presented.reception,
            ),
            Remedy(
                text=say("Check the time of both ends and their NTP servers; only then the certificate."),
                command="System > Time",
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        )


def _judgement(presented: Presented, explanation: Words, remedy: Remedy) -> Judgement:
    connections: Sequence[Connection] = presented.connections
    first, last = quote.span(connection.handshake.started for connection in connections)
    return Judgement(
        severity=Severity.WARNING if presented.accepted else Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=presented.peer,
        explanation=explanation,
        remedy=(remedy,),
        evidence=(
            *(row for c in connections[: quote.MOST] for row in quote.quote_certificate_frame(c, presented.side)),
            quote.quote_certificate(presented.certificate, None, say("presented")),
        ),
        count=len(connections),
        first=first,
        last=last,
        connections=tuple(connections),
    )


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES)

RULES = (
    Rule(
        id="expired-at-handshake",
        title=say("An expired certificate was presented"),
        severity=Severity.CRITICAL,
        judge=expired_at_handshake,
        needs=_NEEDS,
        sources=("M",),
        meaning="A certificate of a chain on the wire had expired by the time of its frame. A warning where the other side "
        "accepted it all the same.",
    ),
    Rule(
        id="not-yet-valid-at-handshake",
        title=say("A certificate was presented before it is valid"),
        severity=Severity.CRITICAL,
        judge=not_yet_valid_at_handshake,
        needs=_NEEDS,
        sources=("M",),
        meaning="The dates of a certificate on the wire begin after the time of its frame. Mostly a clock is wrong; a warning "
        "where the other side accepted it all the same.",
    ),
)

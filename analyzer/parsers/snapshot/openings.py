"""Which connection was just being opened: for lines of a thread of which no line names an address.

Sample::

    Module="network.tcp" Level="DEBUG":  Src-ip="192.0.2.1" … Detail="TCP Connection Established"
    Module="developer.ssl" … Thread="0x7f29": Detail="Handshake succeeded"
    Module="developer.ssl" … Thread="0x7f29": Detail="Found common name in peer certificate" CommonName="edge.example"

Published `network.tcp` lines carry no thread (Cisco "Troubleshooting Guide for Webex Hybrid Call Service Connect").
A line is joined to one only where nothing else comes into question: exactly one connection was opened in the
`JOIN_SECONDS` before it whose handshake has not ended yet. Names stand before or behind the success.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Endpoint, Side
from analyzer.parsers.snapshot.threads import near

# Far more than can be told apart; it bounds what a log with one time for all lines can cost.
_MOST = 64


class Opening(Struct, eq=False):
    """A connection that was opened a moment ago. `role`: this Expressway's, if known.

    Attributes:
        named_by, succeeded_on: the threads whose lines were joined to it.
    """

    source: Endpoint
    destination: Endpoint
    role: Side | None
    time: datetime
    named_by: str | None = None
    succeeded_on: str | None = None

    @property
    def local(self) -> Endpoint:
        """This Expressway's end; the initiator's, if the role is not known."""
        return self.destination if self.role is Side.SERVER else self.source

    @property
    def remote(self) -> Endpoint:
        """The other end."""
        return self.source if self.role is Side.SERVER else self.destination


class Openings:
    """The connections opened last, in the order of the log."""

    def __init__(self) -> None:
        self._recent: dict[frozenset[Endpoint | None], Opening] = {}

    def open(self, source: Endpoint, destination: Endpoint, role: Side | None, time: datetime) -> None:
        """Note a step of opening a connection; the steps of one connection are one opening."""
        self.end(source, destination)
        while self._recent and (len(self._recent) == _MOST or not near(self._oldest().time, time)):
            del self._recent[next(iter(self._recent))]
        self._recent[frozenset((source, destination))] = Opening(source, destination, role, time)

    def end(self, one: Endpoint | None, other: Endpoint | None) -> None:
        """Note that a connection failed or was closed: no later line is about its handshake."""
        self._recent.pop(frozenset((one, other)), None)

    def of_names(self, thread: str | None, time: datetime | None) -> Opening | None:
        """Return the connection that a line of names belongs to, or None."""
        unnamed = (opening for opening in self._before(time) if opening.named_by is None)
        found = _only(opening for opening in unnamed if opening.succeeded_on in {None, thread})
        if thread and found:
            found.named_by = thread
        return found if thread else None

    def of_success(self, thread: str | None, time: datetime | None) -> Opening | None:
        """Return the connection that a line of a handshake's success belongs to, or None."""
        pending = [opening for opening in self._before(time) if opening.succeeded_on is None]
        named = [opening for opening in pending if opening.named_by == thread]
        found = _only(named or [opening for opening in pending if opening.named_by is None])
        if thread and found:
            found.succeeded_on = thread
        return found if thread else None

    def _oldest(self) -> Opening:
        return next(iter(self._recent.values()))

    def _before(self, time: datetime | None) -> Iterator[Opening]:
        return (o for o in self._recent.values() if time and o.time <= time and near(o.time, time))


def _only(openings: Iterable[Opening]) -> Opening | None:
    """Return the one of them; None: there is none, or more than one."""
    found = tuple(openings)
    return found[0] if len(found) == 1 else None

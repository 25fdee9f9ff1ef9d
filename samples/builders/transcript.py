"""A recorded handshake: what each side sent, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from OpenSSL import SSL

from analyzer.evidence import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """Bytes that one side sent at once."""

    sender: Side
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """An alert that was sent, in clear or encrypted. `level`: 1 warning, 2 fatal."""

    sender: Side
    level: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What went over the wire.

    Attributes:
        completed: whether both sides finished the handshake.
        refused_by: the side that ended it; None if it completed.
        verify_error: OpenSSL's number of the refuser's verification error; None if that was not the reason.
        name_refused: the client ended it without an alert, because it expected another name.
        alerts: all that were sent, close_notify included.
        session: for `handshake(resume=…)`.
    """

    flights: tuple[Flight, ...]
    version: str
    completed: bool
    resumed: bool = False
    refused_by: Side | None = None
    verify_error: int | None = None
    name_refused: bool = False
    alerts: tuple[SentAlert, ...] = ()
    session: Session | None = field(default=None, repr=False)

    @property
    def alert(self) -> int | None:
        """Number of the fatal alert, or None."""
        return next((alert.code for alert in self.alerts if alert.level == 2), None)

    def sent(self, side: Side) -> bytes:
        """Return all that a side sent."""
        return b"".join(flight.payload for flight in self.flights if flight.sender is side)

    def with_alert(self, code: int) -> Transcript:
        """Return the same handshake refused with another alert, as a peer that is not OpenSSL would put it.

        Only for a refusal in clear: its record is the last that the refuser sent.
        """
        last = self.flights[-1]
        if last.payload[-7:-1] != b"\x15\x03\x03\x00\x02\x02":
            raise ValueError("the transcript does not end in a fatal alert in clear")
        refusal = replace(last, payload=last.payload[:-1] + bytes([code]))
        alert = SentAlert(sender=last.sender, level=2, code=code)
        return replace(self, flights=(*self.flights[:-1], refusal), alerts=(alert,))

    def with_name_refused(self) -> Transcript:
        """Return the same handshake up to the server's certificate, whose name the client does not accept.

        Expressway then resets the connection and sends no alert (Cisco 212475, issue 6).
        """
        return replace(
            self,
            flights=self.flights[:2],
            completed=False,
            refused_by=Side.CLIENT,
            verify_error=None,
            name_refused=True,
            alerts=(),
            session=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a resumption needs: the client's session, and the contexts of client and server."""

    session: SSL.Session
    contexts: tuple[SSL.Context, SSL.Context]

"""One TLS handshake as a ladder: who sent what, when and in which frame, and the log line beside it.

The geometry is worked out here, in the units of the drawing; the template only draws. The table of steps beside it
says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Alert, Case, Connection, Event, Frame, Side, Step, Visibility, telling_event
from analyzer.report import fitting, wording
from analyzer.report.store_names import store_of
from analyzer.report.summary import holder_of
from analyzer.report.views.handshakes import end_names
from analyzer.words import listed, say

_WIDTH, _CLIENT_X, _SERVER_X = 1120, 190, 700
_TOP, _LINE, _SECOND_LINE, _FOOT = 38, 34, 15, 22
_LABEL, _END, _NOTE = 68, 21, 54  # columns that fit; of an end's name, before its role

_CERTIFICATES = {Step.SERVER_CERTIFICATE: Side.SERVER, Step.CLIENT_CERTIFICATE: Side.CLIENT}
_STEPS = tuple(Step)
_NAMES = {
    Step.CLIENT_HELLO: "ClientHello",
    Step.HELLO_RETRY_REQUEST: "HelloRetryRequest",
    Step.SERVER_HELLO: "ServerHello",
    Step.CERTIFICATE_REQUEST: "CertificateRequest",
    Step.FINISHED: "Finished",
}


class Rung(Struct, frozen=True, kw_only=True):
    """A message, drawn at `y`.

    Attributes:
        sender: client or server; None: not known.
        second: a second line under the arrow; empty: none.
        frame: number in the capture.
        elapsed: since the first message; empty: it is the first.
        tone: `bad` for what refused, `quiet` for the end of the connection, else empty.
        note: a log line that tells of it; empty: none.
    """

    y: int
    sender: Side | None
    label: str
    second: str = ""
    frame: int
    elapsed: str = ""
    tone: str = ""
    note: str = ""


class Ladder(Struct, frozen=True, kw_only=True):
    """The drawing.

    Attributes:
        client_x, server_x: where the life lines of both ends are.
        hidden: a sentence on what is encrypted, at `hidden_y`; empty: nothing is said.
    """

    client: str
    server: str
    height: int
    rungs: tuple[Rung, ...]
    title: str
    hidden: str = ""
    hidden_y: int = 0
    width: int = _WIDTH
    client_x: int = _CLIENT_X
    server_x: int = _SERVER_X


class _Sent(Struct, frozen=True, kw_only=True):
    """A message to be drawn."""

    frame: Frame | Alert
    sender: Side | None
    label: str
    second: str = ""
    tone: str = ""


def ladder_of(case: Case, connection: Connection, events: tuple[Event, ...]) -> Ladder | None:
    """Draw a connection; None: no frame of it is known."""
    sent = sorted(_messages(case, connection), key=_order)
    if not sent:
        return None
    ends = end_names(connection)
    hidden = connection.handshake.tls_version == "TLSv1.3"
    rungs, y, hidden_y = [], _TOP, 0
    told = next((i for i, one in enumerate(sent) if one.tone == "bad"), len(sent) - 1)
    note = _note(events)
    for number, one in enumerate(sent):
        y += _LINE
        elapsed = (one.frame.time - sent[0].frame.time).total_seconds()
        rungs.append(
            Rung(
                y=y,
                sender=one.sender,
                label=fitting.fitted(one.label, _LABEL),
                second=fitting.fitted(one.second, _LABEL),
                frame=one.frame.frame,
                elapsed=f"+{elapsed:.3f} s" if number else "",
                tone=one.tone,
                note=note if number == told else "",
            )
        )
        y += _SECOND_LINE if one.second else 0
        if hidden and isinstance(one.frame, Frame) and one.frame.step is Step.SERVER_HELLO:
            hidden_y = y = y + _LINE
    return Ladder(
        client=_head(connection, Side.CLIENT),
        server=_head(connection, Side.SERVER),
        height=y + _FOOT,
        rungs=tuple(rungs),
        title=say(
            "Messages of connection {id} between {client} and {server}",
            id=connection.id,
            client=ends[Side.CLIENT],
            server=ends[Side.SERVER],
        ),
        hidden=say("encrypted from here on: certificates are not visible") if hidden_y else "",
        hidden_y=hidden_y,
    )


def _head(connection: Connection, side: Side) -> str:
    """Return what stands over a life line: of a long name the end goes, never the role."""
    name = end_names(connection)[side]
    if connection.local_role is None:
        name = str(connection.handshake.client if side is Side.CLIENT else connection.handshake.server)
    return say("{name} ({role})", name=fitting.fitted(name, _END), role=wording.SIDES[side])


def _order(one: _Sent) -> tuple[datetime, str, int, int]:
    """Sort by time; within a frame in the order of the protocol."""
    step = one.frame.step if isinstance(one.frame, Frame) else Step.ALERT
    return one.frame.time, one.frame.capture, one.frame.frame, _STEPS.index(step)


def _messages(case: Case, connection: Connection) -> Iterator[_Sent]:
    handshake = connection.handshake
    for frame in handshake.frames:
        if frame.step in _CERTIFICATES:
            yield _certificate(case, connection, frame, _CERTIFICATES[frame.step])
        elif frame.step is Step.CLOSED:
            reset = handshake.closed_by_reset
            how = say("connection reset (RST)") if reset else say("connection closed (FIN)")
            yield _Sent(frame=frame, sender=frame.sender, label=how, tone="quiet")
        elif frame.step is not Step.ALERT:
            yield _Sent(frame=frame, sender=frame.sender, label=_name(connection, frame))
    for alert in handshake.alerts:
        tone = "bad" if alert.is_fatal else ""
        label = say("Alert: {alert}", alert=wording.alert(alert))
        yield _Sent(frame=alert, sender=alert.sender, label=label, tone=tone)


def _name(connection: Connection, frame: Frame) -> str:
    handshake, name = connection.handshake, _NAMES[frame.step]
    match frame.step:
        case Step.CLIENT_HELLO if handshake.server_name:
            return say("{message} for {name}", message=name, name=handshake.server_name)
        case Step.SERVER_HELLO if handshake.resumed:
            return say("{message}: {version}, session resumed", message=name, version=handshake.tls_version)
        case Step.SERVER_HELLO if handshake.tls_version:
            return f"{name}: {handshake.tls_version}"
        case _:
            return name


def _certificate(case: Case, connection: Connection, frame: Frame, side: Side) -> _Sent:
    presented = connection.certificate(side)
    leaf = case.certificates.get(presented.leaf or "")
    if leaf is None:
        empty = presented.visibility is Visibility.NONE_SENT
        label = say("Certificate: empty, none was presented") if empty else "Certificate"
        return _Sent(frame=frame, sender=side, label=label)
    store = store_of(presented.store, holder_of(case, presented), brief=True) if presented.store else ""
    return _Sent(
        frame=frame,
        sender=side,
        label=say("Certificate: {name}", name=wording.title(leaf)),
        second=listed((wording.usage(leaf), store)),
    )


def _note(events: tuple[Event, ...]) -> str:
    """Return the log line that tells of the outcome: of an error, else the last one."""
    telling = telling_event(events) or next(reversed(events), None)
    if telling is None:
        return ""
    record = telling.record
    words = record.detail or record.name
    return fitting.fitted(say("log line {line}: {words}", line=record.line, words=words), _NOTE)

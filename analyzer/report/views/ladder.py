"""One TLS handshake as a ladder: who sent what, when and in which frame, and the log line beside it.

The geometry is worked out here, in the units of the drawing; the template only draws. The table of steps beside it
says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import Alert, Case, Connection, Event, Frame, Side, Step, Visibility, telling_event
from analyzer.report import wording
from analyzer.report.views.handshakes import end_names

_WIDTH, _CLIENT_X, _SERVER_X = 1120, 190, 700
_TOP, _LINE, _SECOND_LINE, _FOOT = 38, 34, 15, 22
_LABEL, _END, _NOTE = 68, 34, 54  # columns that fit

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
                label=wording.shorten(one.label, _LABEL),
                second=wording.shorten(one.second, _LABEL),
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
        client=_head(ends[Side.CLIENT], Side.CLIENT),
        server=_head(ends[Side.SERVER], Side.SERVER),
        height=y + _FOOT,
        rungs=tuple(rungs),
        title=f"Messages of connection {connection.id} between {ends[Side.CLIENT]} and {ends[Side.SERVER]}",
        hidden="encrypted from here on: certificates are not visible" if hidden_y else "",
        hidden_y=hidden_y,
    )


def _head(name: str, side: Side) -> str:
    """Return what stands over a life line: of a long name the end goes, never the role."""
    role = f" ({wording.SIDES[side]})"
    return wording.shorten(name, _END - wording.columns(role)) + role


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
            how = "reset (RST)" if handshake.closed_by_reset else "closed (FIN)"
            yield _Sent(frame=frame, sender=frame.sender, label=f"connection {how}", tone="quiet")
        elif frame.step is not Step.ALERT:
            yield _Sent(frame=frame, sender=frame.sender, label=_name(connection, frame))
    for alert in handshake.alerts:
        tone = "bad" if alert.is_fatal else ""
        yield _Sent(frame=alert, sender=alert.sender, label=f"Alert: {wording.alert(alert)}", tone=tone)


def _name(connection: Connection, frame: Frame) -> str:
    handshake, name = connection.handshake, _NAMES[frame.step]
    match frame.step:
        case Step.CLIENT_HELLO if handshake.server_name:
            return f"{name} for {handshake.server_name}"
        case Step.SERVER_HELLO if handshake.resumed:
            return f"{name}: {handshake.tls_version}, session resumed"
        case Step.SERVER_HELLO if handshake.tls_version:
            return f"{name}: {handshake.tls_version}"
        case _:
            return name


def _certificate(case: Case, connection: Connection, frame: Frame, side: Side) -> _Sent:
    presented = connection.certificate(side)
    leaf = case.certificates.get(presented.leaf or "")
    if leaf is None:
        empty = presented.visibility is Visibility.NONE_SENT
        label = "Certificate: empty, none was presented" if empty else "Certificate"
        return _Sent(frame=frame, sender=side, label=label)
    store = f", {wording.STORES[presented.store].split(' (')[0]}" if presented.store else ""
    owner = f" of {presented.store_node}" if presented.store and presented.store_node else ""
    return _Sent(
        frame=frame,
        sender=side,
        label=f"Certificate: {wording.title(leaf)}",
        second=f"{wording.usage(leaf)}{store}{owner}",
    )


def _note(events: tuple[Event, ...]) -> str:
    """Return the log line that tells of the outcome: of an error, else the last one."""
    telling = telling_event(events) or next(reversed(events), None)
    if telling is None:
        return ""
    record = telling.record
    return wording.shorten(f"log line {record.line}: {record.detail or record.name}", _NOTE)

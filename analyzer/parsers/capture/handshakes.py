"""From what was seen of a TLS handshake to the record of it: roles, outcome, frames."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter

from analyzer.evidence import (
    Alert,
    CertificateMessage,
    Frame,
    Handshake,
    Side,
    Step,
    TlsRecord,
)
from analyzer.facts.alerts import alert_name
from analyzer.parsers.capture import alerts, visibility
from analyzer.parsers.capture.connection import Connection
from analyzer.parsers.capture.exchange import Exchange
from analyzer.parsers.capture.flow_key import endpoints
from analyzer.parsers.capture.messages import CertificateRequest, ClientHello
from analyzer.parsers.capture.place import Place, instant
from analyzer.parsers.capture.sides import Roles, SeenRecord

_NO_HELLO = ClientHello()
_NO_REQUEST = CertificateRequest()
_BY_PLACE = itemgetter(0)


def conclude(connection: Connection) -> list[Handshake]:
    """Return the handshakes of a connection whose roles can be told, in order."""
    exchanges = connection.dialogue.exchanges
    return [
        _handshake(connection, exchange, roles, is_last=exchange is exchanges[-1])
        for exchange in exchanges
        if (roles := exchange.roles()) and _is_worth_reporting(connection, exchange)
    ]


def _is_worth_reporting(connection: Connection, exchange: Exchange) -> bool:
    if connection.needs_answer and not exchange.is_answered:
        return False
    shown = exchange.client_hello or exchange.server_hello or exchange.retry or exchange.request or exchange.alerts
    return bool(shown) or any(side.chain is not None or side.certificate_lost for side in exchange.sides)


def _handshake(connection: Connection, exchange: Exchange, roles: Roles, is_last: bool) -> Handshake:
    client, server = endpoints(connection.key)
    if exchange.client == 1:
        client, server = server, client
    closed = connection.closed if is_last else None
    is_over = closed is not None or not is_last
    frames = _frames(connection, exchange, closed)
    hello = exchange.client_hello or _NO_HELLO
    request = exchange.request or _NO_REQUEST
    return Handshake(
        captures=tuple(dict.fromkeys(frame.capture for frame in frames)),
        client=client,
        server=server,
        started=exchange.started.time,
        tls_version=exchange.version,
        server_name=hello.server_name,
        resumed=visibility.is_resumed(exchange, roles),
        seen_from_start=_is_whole(exchange, roles),
        certificate_requested=visibility.is_requested(exchange, roles),
        certificate_authorities=request.authorities,
        frames=frames,
        server_certificate=_shared(visibility.server_certificate(exchange, roles, is_over)),
        client_certificate=_shared(visibility.client_certificate(exchange, roles, is_over)),
        alerts=tuple(_alert(exchange, *alert) for alert in exchange.alerts),
        completed=_is_completed(exchange, roles, is_over),
        closed_by=_side(exchange, connection.closed_by) if closed else None,
        closed_by_reset=connection.closed_by_reset if closed else False,
        last_record_before_close=_last_record(exchange, connection) if closed else None,
        encrypted_records=tuple(
            _record(exchange, record)
            for record in sorted(exchange.sides[0].records + exchange.sides[1].records, key=lambda r: r.place)
        ),
        cipher_suite=exchange.server_hello.cipher_suite if exchange.server_hello else None,
        signature_algorithms=hello.signature_algorithms,
        requested_signature_algorithms=request.signature_algorithms,
        requested_certificate_types=request.certificate_types,
        certificate_authority_names=request.authority_names,
        renegotiated=exchange.renegotiated,
        client_random=hello.random,
        opened=connection.opened.time if connection.opened else None,
        established=None if connection.established_at is None else instant(connection.established_at),
    )


@lru_cache(maxsize=1024)
def _shared(message: CertificateMessage) -> CertificateMessage:
    """Return one record for equal ones: thousands of handshakes show the same few chains."""
    return message


def _side(exchange: Exchange, sender: int | None) -> Side | None:
    if sender is None:
        return None
    return Side.CLIENT if sender == exchange.client else Side.SERVER


def _frames(connection: Connection, exchange: Exchange, closed: Place | None) -> tuple[Frame, ...]:
    seen: list[tuple[Place, Step, int | None]] = [
        (place, step, sender) for (step, sender), place in exchange.steps.items()
    ]
    for sender, side in enumerate(exchange.sides):
        if side.certificate_place:
            step = Step.CLIENT_CERTIFICATE if sender == exchange.client else Step.SERVER_CERTIFICATE
            seen.append((side.certificate_place, step, sender))
    seen += [(alert.place, Step.ALERT, alert.sender) for alert in exchange.alerts]
    if closed:
        seen.append((closed, Step.CLOSED, connection.closed_by))
    seen.sort(key=_BY_PLACE)
    sides = {None: None, exchange.client: Side.CLIENT, 1 - (exchange.client or 0): Side.SERVER}
    frames, before, time = [], None, exchange.started.time
    for place, step, by in seen:
        if place is not before:  # one frame often brings several steps
            before, time = place, place.time
        frames.append(Frame(step=step, capture=place.capture, frame=place.frame, time=time, sender=sides[by]))
    return tuple(frames)


def _alert(exchange: Exchange, sender: int, level: int, code: int, place: Place) -> Alert:
    return Alert(
        sender=Side.CLIENT if sender == exchange.client else Side.SERVER,
        level=alerts.level_name(level),
        description=alert_name(code),
        code=code,
        capture=place.capture,
        frame=place.frame,
        time=place.time,
    )


def _record(exchange: Exchange, record: SeenRecord) -> TlsRecord:
    return TlsRecord(
        sender=Side.CLIENT if record.sender == exchange.client else Side.SERVER,
        length=record.length,
        capture=record.place.capture,
        frame=record.place.frame,
        time=record.place.time,
    )


def _last_record(exchange: Exchange, connection: Connection) -> TlsRecord | None:
    if not exchange.is_tls13 or connection.closed_by is None or connection.dialogue.settled:
        return None
    last = exchange.sides[connection.closed_by].last_record
    return _record(exchange, last) if last else None


def _is_completed(exchange: Exchange, roles: Roles, is_over: bool) -> bool | None:
    """Whether the handshake went through; None: that cannot be told.

    `is_over`: the connection was closed, or went on to another handshake.
    Under TLS 1.3 a client has finished before the server judges its certificate, so that only the server's data
    proves it. An alert in clear is one that was sent before the sender's keys changed, hence before the end.
    """
    if exchange.version == "SSLv2":
        return None
    if all(side.finished for side in exchange.sides) or (exchange.version and exchange.server_data):
        return True
    if exchange.has_fatal_alert:
        return False
    if exchange.is_tls13 and not visibility.ended_before(exchange, roles.client, is_over):
        return None
    return False if is_over and _is_whole(exchange, roles) else None


def _is_whole(exchange: Exchange, roles: Roles) -> bool:
    """Whether nothing is missing of the handshake, from its ClientHello on."""
    torn = roles.client.torn or roles.server.torn or visibility.is_server_torn(exchange, roles)
    return exchange.client_hello is not None and not torn

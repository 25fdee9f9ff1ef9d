"""Whether a side's certificate can be seen, and if not, why.

Seven different things look like "no certificate" in a capture, and only one of them means that none was presented:
a Certificate message seen empty.
"""

from __future__ import annotations

from analyzer.evidence import CertificateMessage, Visibility
from analyzer.parsers.capture import alerts
from analyzer.parsers.capture.cipher_suites import WITHOUT_CERTIFICATES
from analyzer.parsers.capture.exchange import Exchange
from analyzer.parsers.capture.sides import Roles, SideFacts


def is_resumed(exchange: Exchange, roles: Roles) -> bool | None:
    """Whether a session was resumed; None: the server did not get far enough to tell, or that part is missing.

    TLS 1.2 and before: the ChangeCipherSpec follows the ServerHello (RFC 5246 section 7.3). TLS 1.3: the
    ServerHello has selected a pre-shared key (RFC 8446 section 4.2.11).
    """
    hello = exchange.server_hello
    if hello is None:
        return None
    if hello.version == "SSLv2":
        return exchange.ssl2_resumed
    if exchange.is_tls13:
        return hello.pre_shared_key
    server = roles.server
    if exchange.full or server.chain is not None or server.certificate_lost:
        return False
    return True if server.ciphered and not server.lost else None


def is_requested(exchange: Exchange, roles: Roles) -> bool | None:
    """Whether the server asked for a certificate; None: that cannot be told."""
    if exchange.request is not None:
        return True
    if exchange.is_tls13 or not exchange.hello_done:
        return None
    return None if is_server_torn(exchange, roles) else False


def is_server_torn(exchange: Exchange, roles: Roles) -> bool:
    """Whether a part of the server's flight is missing: lost bytes, or a ServerHello from before the capture."""
    server = roles.server
    return server.lost or (exchange.server_hello is None and (server.sent or server.ciphered))


def server_certificate(exchange: Exchange, roles: Roles, is_closed: bool) -> CertificateMessage:
    """Return the server's Certificate message, or why there is none to see. `is_closed`: a FIN or RST was seen."""
    side = roles.server
    if side.chain is not None:
        return _message(side.chain)
    if side.certificate_lost:
        return CertificateMessage(visibility=Visibility.NOT_CAPTURED)
    return CertificateMessage(
        visibility=_hidden(exchange, roles, side, is_closed) or _server_absence(exchange, roles)
    )


def client_certificate(exchange: Exchange, roles: Roles, is_closed: bool) -> CertificateMessage:
    """Return the client's Certificate message, or why there is none to see. `is_closed`: a FIN or RST was seen."""
    side = roles.client
    if side.chain is not None:
        return _message(side.chain)
    if side.certificate_lost:
        return CertificateMessage(visibility=Visibility.NOT_CAPTURED)
    if exchange.version == "SSLv2":
        return CertificateMessage(visibility=Visibility.ENCRYPTED)
    return CertificateMessage(
        visibility=_hidden(exchange, roles, side, is_closed) or _client_absence(exchange, roles)
    )


def _message(chain: tuple[str, ...]) -> CertificateMessage:
    return CertificateMessage(visibility=Visibility.SEEN if chain else Visibility.NONE_SENT, chain=chain)


def ended_before(exchange: Exchange, side: SideFacts, is_closed: bool) -> bool:
    """Whether a handshake of TLS 1.3 provably ended before a side had sent its Certificate and Finished messages.

    An alert in clear is one from before the sender's keys; stacks that change them earlier send it encrypted.
    """
    is_over = is_closed or any(alert.level == alerts.FATAL for alert in exchange.alerts)
    return is_over and not side.lost and not side.said_more_than_alerts


def _hidden(exchange: Exchange, roles: Roles, side: SideFacts, is_closed: bool) -> Visibility | None:
    """What the ServerHello decides for a side, and under TLS 1.3 whether it went on; None: nothing."""
    hello = exchange.server_hello
    if hello is None:
        return None
    if is_resumed(exchange, roles):
        return Visibility.RESUMED
    if exchange.is_tls13:
        return Visibility.NOT_REACHED if ended_before(exchange, side, is_closed) else Visibility.ENCRYPTED
    if hello.cipher_suite in WITHOUT_CERTIFICATES and exchange.request is None:
        return Visibility.NOT_USED
    return None


def _server_absence(exchange: Exchange, roles: Roles) -> Visibility:
    if is_server_torn(exchange, roles):
        return Visibility.NOT_CAPTURED
    return Visibility.NOT_USED if exchange.hello_done else Visibility.NOT_REACHED


def _client_absence(exchange: Exchange, roles: Roles) -> Visibility:
    if is_requested(exchange, roles) is False:
        return Visibility.NOT_REQUESTED
    side = roles.client
    # A client that was asked and goes on sends the message, if only an empty one (RFC 5246 section 7.4.6).
    passed_over = side.key_exchange or side.ciphered
    if side.lost or passed_over or exchange.client_hello is None:
        return Visibility.NOT_CAPTURED
    return Visibility.NOT_REACHED

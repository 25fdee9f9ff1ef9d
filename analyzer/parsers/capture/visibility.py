"""Whether a side's certificate can be seen, and if not, why.

Seven different things look like "no certificate" in a capture, and only one of them means that none was presented:
a Certificate message seen empty.
"""

from __future__ import annotations

from analyzer.evidence import CertificateMessage, Visibility
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
    """Whether a part of the server's flight is missing: lost bytes, or a ServerHello that was not captured.

    Without a ServerHello the server can have sent only a HelloRetryRequest or an alert, and the client's turn has
    not come.
    """
    client, server = roles
    if server.lost:
        return True
    if exchange.server_hello is not None:
        return False
    went_on = (server.sent and not exchange.is_retried) or server.ciphered
    return went_on or exchange.client_hello is None or client.went_on


def server_certificate(exchange: Exchange, roles: Roles, is_over: bool) -> CertificateMessage:
    """Return the server's Certificate message, or why there is none to see.

    `is_over`: the connection was closed, or went on to another handshake.
    """
    side = roles.server
    if side.chain is not None:
        return _message(side.chain)
    if side.certificate_lost:
        return CertificateMessage(visibility=Visibility.NOT_CAPTURED)
    return CertificateMessage(
        visibility=_hidden(exchange, roles, side, is_over) or _server_absence(exchange, roles, is_over)
    )


def client_certificate(exchange: Exchange, roles: Roles, is_over: bool) -> CertificateMessage:
    """Return the client's Certificate message, or why there is none to see. `is_over`: as for the server's."""
    side = roles.client
    if side.chain is not None:
        return _message(side.chain)
    if side.certificate_lost:
        return CertificateMessage(visibility=Visibility.NOT_CAPTURED)
    if exchange.version == "SSLv2":
        return CertificateMessage(visibility=Visibility.ENCRYPTED)
    return CertificateMessage(
        visibility=_hidden(exchange, roles, side, is_over) or _client_absence(exchange, roles, is_over)
    )


def _message(chain: tuple[str, ...]) -> CertificateMessage:
    return CertificateMessage(visibility=Visibility.SEEN if chain else Visibility.NONE_SENT, chain=chain)


def ended_before(exchange: Exchange, side: SideFacts, is_over: bool) -> bool:
    """Whether a handshake of TLS 1.3 provably ended before a side had sent its Certificate and Finished messages.

    An alert in clear is one from before the sender's keys; stacks that change them earlier send it encrypted.
    """
    return _has_ended(exchange, is_over) and not side.lost and not side.said_more_than_alerts


def _has_ended(exchange: Exchange, is_over: bool) -> bool:
    """Whether nothing more of the handshake can have come behind what was captured."""
    return is_over or exchange.has_fatal_alert


def _hidden(exchange: Exchange, roles: Roles, side: SideFacts, is_over: bool) -> Visibility | None:
    """What the ServerHello decides for a side, and under TLS 1.3 whether it went on; None: nothing."""
    hello = exchange.server_hello
    if hello is None:
        return None
    if is_resumed(exchange, roles):
        return Visibility.RESUMED
    if exchange.is_tls13:
        return Visibility.NOT_REACHED if ended_before(exchange, side, is_over) else Visibility.ENCRYPTED
    if hello.cipher_suite in WITHOUT_CERTIFICATES and exchange.request is None:
        return Visibility.NOT_USED
    return None


def _server_absence(exchange: Exchange, roles: Roles, is_over: bool) -> Visibility:
    if is_server_torn(exchange, roles):
        return Visibility.NOT_CAPTURED
    if exchange.hello_done:
        return Visibility.NOT_USED
    return Visibility.NOT_REACHED if _has_ended(exchange, is_over) else Visibility.NOT_CAPTURED


def _client_absence(exchange: Exchange, roles: Roles, is_over: bool) -> Visibility:
    if is_requested(exchange, roles) is False:
        return Visibility.NOT_REQUESTED
    side = roles.client
    # A client that was asked and goes on sends the message, if only an empty one (RFC 5246 section 7.4.6).
    if side.lost or side.went_on or exchange.client_hello is None or not _has_ended(exchange, is_over):
        return Visibility.NOT_CAPTURED
    return Visibility.NOT_REACHED

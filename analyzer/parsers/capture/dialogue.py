"""The TLS of one TCP connection: two streams of records, and the handshakes that they make up."""

from __future__ import annotations

from analyzer.parsers.capture.certificate_shelf import CertificateShelf
from analyzer.parsers.capture.cipher_suites import UNENCRYPTED
from analyzer.parsers.capture.exchange import Exchange
from analyzer.parsers.capture.messages import (
    ClientHello,
    MessageType,
    ServerHello,
    read_certificate_request,
    read_client_hello,
    read_server_hello,
    version_name,
)
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.search import begins_handshake_record

# Handshakes of one connection, after which it is left; the next hello counts as one of another connection.
_MOST_EXCHANGES = 64
_SSL2_CLIENT_HELLO, _SSL2_SERVER_HELLO = 1, 4

# Plain numbers: comparing with an enumeration's members takes as long as all the rest of a message's way.
_CLIENT_HELLO = int(MessageType.CLIENT_HELLO)
_SERVER_HELLO = int(MessageType.SERVER_HELLO)
_HELLO_RETRY_REQUEST = int(MessageType.HELLO_RETRY_REQUEST)
_CERTIFICATE = int(MessageType.CERTIFICATE)
_CERTIFICATE_REQUEST = int(MessageType.CERTIFICATE_REQUEST)
_SERVER_HELLO_DONE = int(MessageType.SERVER_HELLO_DONE)
_CLIENT_KEY_EXCHANGE = int(MessageType.CLIENT_KEY_EXCHANGE)
_FINISHED = int(MessageType.FINISHED)


class Dialogue:
    """Turns messages of either sender into handshakes.

    Attributes:
        exchanges: the handshakes so far, the current one last.
        settled: nothing more is to be learned but how the connection is closed.
        largest_message: bytes of a message that is still read.
    """

    __slots__ = ("_lost", "_shelf", "exchanges", "largest_message", "settled")

    def __init__(self, shelf: CertificateShelf, largest_message: int) -> None:
        self.largest_message = largest_message
        self.exchanges: list[Exchange] = []
        self.settled = False
        self._shelf = shelf
        self._lost: set[int] = set()

    def current(self, place: Place) -> Exchange:
        """Return the handshake that goes on, or begin one."""
        if not self.exchanges:
            self.exchanges.append(Exchange(place))
            for sender in self._lost:
                self.lose(sender)
        return self.exchanges[-1]

    def on_message(self, sender: int, kind: int, body: bytes, place: Place) -> None:
        """Take a whole handshake message."""
        if kind == _CLIENT_HELLO:
            self._begin(sender, read_client_hello(body), place)
            return
        exchange = self.exchanges[-1] if self.exchanges else self.current(place)
        exchange.add_message(sender, kind)
        if kind == _SERVER_HELLO:
            exchange.add_server_hello(sender, read_server_hello(body), place)
        elif kind == _CERTIFICATE:
            exchange.add_certificate(sender, self._shelf.add(body), place)
        elif kind == _SERVER_HELLO_DONE:
            exchange.add_server_hello_done(sender)
        elif kind == _CLIENT_KEY_EXCHANGE:
            exchange.add_client_key_exchange(sender)
        elif kind == _CERTIFICATE_REQUEST:
            exchange.add_request(sender, read_certificate_request(body, exchange.version), place)
        elif kind == _FINISHED:  # in clear only where the cipher suite does not encrypt
            exchange.add_finished(sender, place)
        elif kind == _HELLO_RETRY_REQUEST:
            version = version_name(int.from_bytes(body[:2], "big"))
            exchange.add_server_hello(sender, ServerHello(version, None, is_retry=True), place)

    def on_oversized_message(self, sender: int, kind: int, place: Place) -> None:
        """Take note of a message that is larger than the limit."""
        exchange = self.current(place)
        exchange.add_message(sender, kind)
        if kind == _CERTIFICATE:
            exchange.add_certificate(sender, None, place)
        exchange.lose(sender)

    def on_change_cipher_spec(self, sender: int, place: Place) -> None:
        """Take a ChangeCipherSpec."""
        self.current(place).add_change_cipher_spec(sender)

    def on_alert(self, sender: int, level: int, code: int, place: Place) -> None:
        """Take an alert in clear."""
        self.current(place).add_alert(sender, level, code, place)

    def on_late_record(self, sender: int, data: bytes) -> None:
        """Take a segment that comes when the connection was left; it may begin with a handshake record."""
        if self.exchanges and begins_handshake_record(data):
            self.exchanges[-1].add_late_handshake(sender)

    def on_finished(self, sender: int, length: int, place: Place) -> None:
        """Take an encrypted handshake record."""
        exchange = self.current(place)
        exchange.add_finished(sender, place)
        exchange.add_encrypted(sender, length, False, place)
        self.settled = exchange.is_settled()

    def on_encrypted(self, sender: int, length: int, is_data: bool, place: Place) -> None:
        """Take a record of application data, or another one that is encrypted."""
        exchange = self.exchanges[-1] if self.exchanges else self.current(place)
        exchange.add_encrypted(sender, length, is_data, place)
        self.settled = exchange.is_settled()

    def on_ssl2_hello(self, sender: int, record: bytes, place: Place) -> None:
        """Take a hello in the format of SSL 2.0, with its header of two bytes."""
        if record[2] == _SSL2_CLIENT_HELLO:
            self._begin(sender, ClientHello(ssl2_format=True), place)
            return
        exchange = self.current(place)
        exchange.add_server_hello(sender, ServerHello("SSLv2", None), place)
        exchange.ssl2_resumed = record[3] == 1
        size = int.from_bytes(record[7:9], "big")
        if size:
            # The message's one certificate, as a list of TLS would hold it.
            listed = size.to_bytes(3, "big") + record[13 : 13 + size]
            exchange.add_certificate(sender, self._shelf.add(len(listed).to_bytes(3, "big") + listed), place)
        exchange.sides[sender].complete = True
        self.settled = True

    def lose(self, sender: int) -> None:
        """Take note that bytes of a sender are missing."""
        if self.exchanges:
            self.exchanges[-1].lose(sender)
        else:
            self._lost.add(sender)

    def is_ciphered(self, sender: int) -> bool:
        """Whether this sender's records are encrypted, as far as the handshake of TLS 1.2 and before tells."""
        return bool(self.exchanges) and self.exchanges[-1].sides[sender].ciphered

    def expects_more(self, sender: int) -> bool:
        """Whether a sender's handshake may go on, whatever the other one's says."""
        side = self.exchanges[-1].sides[sender]
        return not (side.finished or side.is_talkative)

    def code_length(self) -> int | None:
        """Bytes of the authentication code of a suite that does not encrypt; None: it does, or is not known."""
        hello = self.exchanges[-1].server_hello if self.exchanges else None
        return UNENCRYPTED.get(hello.cipher_suite) if hello and hello.cipher_suite is not None else None

    def expects_ssl2(self, sender: int) -> bool:
        """Whether a SERVER-HELLO of SSL 2.0 may come from this sender."""
        hello = self.exchanges[-1].client_hello if self.exchanges else None
        return hello is not None and hello.ssl2_format and self.exchanges[-1].client != sender

    def _begin(self, sender: int, hello: ClientHello, place: Place) -> None:
        if self.exchanges and self.exchanges[-1].begins_anew(sender, hello):
            self.exchanges.append(Exchange(place))
            self.settled = len(self.exchanges) == _MOST_EXCHANGES
        self.current(place).add_client_hello(sender, hello, place)

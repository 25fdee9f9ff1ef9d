"""One TLS handshake in the making: what was seen of it so far, by sender and not yet by role.

The two directions of a connection may come in any order (a lost segment holds one of them up), so nothing is
concluded here; `analyzer.parsers.capture.handshakes` does that at the end. A sender is 0 or 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from analyzer.evidence import Step
from analyzer.parsers.capture import alerts
from analyzer.parsers.capture.messages import CertificateRequest, ClientHello, MessageType, ServerHello
from analyzer.parsers.capture.place import Place

_KEPT_RECORDS: Final = 16
# Encrypted records and their bytes, per side, after which nothing more is learned from a connection.
_MANY_RECORDS: Final = 64
_MANY_BYTES: Final = 1 << 18
# An alert under TLS 1.3 takes 2 bytes, a content type and a tag of 8 or 16; data takes more.
_LONGEST_ALERT: Final = 24
# NewSessionTickets come right behind the client's Finished and prove nothing; no server sends this much of them.
_MORE_THAN_TICKETS: Final = 16_384
# Flights after the ServerHello of TLS 1.3: server, client's Finished, tickets, client's data, server's data.
_DATA_FLIGHT: Final = 5

_SENT_BY_CLIENT = frozenset({MessageType.CLIENT_KEY_EXCHANGE, MessageType.CERTIFICATE_VERIFY})
_ONLY_IN_FULL_HANDSHAKES = frozenset(
    {MessageType.SERVER_KEY_EXCHANGE, MessageType.CERTIFICATE_REQUEST, MessageType.SERVER_HELLO_DONE}
)
_SENT_BY_SERVER = _ONLY_IN_FULL_HANDSHAKES | {
    MessageType.HELLO_REQUEST,
    MessageType.SERVER_HELLO,
    MessageType.HELLO_RETRY_REQUEST,
    MessageType.CERTIFICATE_STATUS,
    MessageType.NEW_SESSION_TICKET,
}


class SeenAlert(NamedTuple):
    """An alert in clear."""

    sender: int
    level: int
    code: int
    place: Place


class SeenRecord(NamedTuple):
    """An encrypted record."""

    sender: int
    length: int
    place: Place


class SideFacts:
    """What one sender sent.

    Attributes:
        chain: of its Certificate message, () if that was empty; None: no such message, or unreadable.
        certificate_lost: a Certificate message came that could not be read, or was too large.
        ciphered: it sent ChangeCipherSpec.
        certificate_place: where that message was seen.
        lost: bytes are missing before its handshake messages were through.
        torn: bytes are missing before its Finished.
        complete: its handshake messages are through.
    """

    __slots__ = (
        "certificate_lost",
        "certificate_place",
        "chain",
        "ciphered",
        "complete",
        "encrypted_bytes",
        "encrypted_records",
        "finished",
        "key_exchange",
        "last_record",
        "lost",
        "records",
        "sent",
        "torn",
    )

    def __init__(self) -> None:
        self.chain: tuple[str, ...] | None = None
        self.certificate_lost = False
        self.certificate_place: Place | None = None
        self.ciphered = False
        self.complete = False
        self.finished = False
        self.key_exchange = False
        self.lost = False
        self.torn = False
        self.sent = False
        self.records: list[SeenRecord] = []
        self.last_record: SeenRecord | None = None
        self.encrypted_records = 0
        self.encrypted_bytes = 0


class Roles(NamedTuple):
    """Both sides by their roles."""

    client: SideFacts
    server: SideFacts


class Exchange:
    """A handshake in the making.

    Attributes:
        client: the sender that is the client; None: nothing said so yet.
        steps: the first place of each step and sender.
        hello_done: the server's flight of TLS 1.2 and before is through.
        flights: changes of the sender among encrypted records after a ServerHello of TLS 1.3.
        server_data: the server sent application data, which it does only after the handshake.
    """

    __slots__ = (
        "_flight_bytes",
        "_last_flight",
        "alerts",
        "client",
        "client_hello",
        "flights",
        "full",
        "hello_done",
        "request",
        "retried",
        "server_data",
        "server_hello",
        "sides",
        "ssl2_resumed",
        "started",
        "steps",
    )

    def __init__(self, started: Place) -> None:
        self.started = started
        self.client: int | None = None
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.request: CertificateRequest | None = None
        self.ssl2_resumed: bool | None = None
        self.retried = False
        self.full = False
        self.hello_done = False
        self.server_data = False
        self.sides = (SideFacts(), SideFacts())
        self.steps: dict[tuple[Step, int], Place] = {}
        self.alerts: list[SeenAlert] = []
        self.flights = 0
        self._flight_bytes = 0
        self._last_flight: int | None = None

    @property
    def version(self) -> str | None:
        """The negotiated version; None: no ServerHello yet."""
        return self.server_hello.version if self.server_hello else None

    @property
    def is_tls13(self) -> bool:
        """Whether TLS 1.3 was negotiated, or is being retried."""
        return self.version == "TLSv1.3" or (self.retried and self.server_hello is None)

    def roles(self) -> Roles | None:
        """Return both sides by their roles; None: nothing said which is which."""
        return None if self.client is None else Roles(self.sides[self.client], self.sides[1 - self.client])

    def is_settled(self) -> bool:
        """Whether nothing more is to be learned from the connection but how it is closed."""
        if self.version and not self.is_tls13 and (self.server_data or all(s.finished for s in self.sides)):
            return True
        if self.is_tls13 and self.server_data:
            return True
        return any(s.encrypted_records > _MANY_RECORDS or s.encrypted_bytes > _MANY_BYTES for s in self.sides)

    def begins_anew(self, sender: int) -> bool:
        """Whether a ClientHello of this sender belongs to another handshake than this one."""
        if self.client_hello is not None:
            return not (self.retried and self.server_hello is None and sender == self.client)
        return self.client == 1 - sender or self.sides[sender].sent

    def mark(self, step: Step, sender: int, place: Place) -> None:
        """Note where a step was seen first."""
        self.steps.setdefault((step, sender), place)

    def add_client_hello(self, sender: int, hello: ClientHello, place: Place) -> None:
        """Note a ClientHello; the second one after a HelloRetryRequest changes nothing."""
        self.client = sender
        self.sides[sender].sent = True
        self.client_hello = self.client_hello or hello
        self.mark(Step.CLIENT_HELLO, sender, place)

    def add_server_hello(self, sender: int, hello: ServerHello, place: Place) -> None:
        """Note a ServerHello or a HelloRetryRequest."""
        self.client = 1 - sender if self.client is None else self.client
        side = self.sides[sender]
        if self.server_hello is None and side.chain is None and not side.ciphered:
            side.lost = side.torn = False  # what is missing came before the handshake
        if hello.is_retry:
            self.retried = True
            self.mark(Step.HELLO_RETRY_REQUEST, sender, place)
        elif self.server_hello is None:
            self.server_hello = hello
            self.mark(Step.SERVER_HELLO, sender, place)

    def add_message(self, sender: int, kind: int) -> None:
        """Note that a message of this type was sent, and what that alone says."""
        side = self.sides[sender]
        side.sent = True
        if self.client is None:
            if kind in _SENT_BY_SERVER:
                self.client = 1 - sender
            elif kind in _SENT_BY_CLIENT:
                self.client = sender
        if kind in _ONLY_IN_FULL_HANDSHAKES:
            self.full = True

    def add_server_hello_done(self, sender: int) -> None:
        """Note the end of the server's flight of TLS 1.2 and before."""
        self.hello_done = self.sides[sender].complete = True

    def add_client_key_exchange(self, sender: int) -> None:
        """Note that the client went on behind the place of its certificate."""
        self.sides[sender].key_exchange = self.sides[sender].complete = True

    def add_certificate(self, sender: int, chain: tuple[str, ...] | None, place: Place) -> None:
        """Note a Certificate message; None: it could not be read."""
        side = self.sides[sender]
        if side.chain is None:
            side.chain = chain
            side.certificate_lost = chain is None
            side.certificate_place = side.certificate_place or place

    def add_request(self, sender: int, request: CertificateRequest, place: Place) -> None:
        """Note a CertificateRequest."""
        self.request = self.request or request
        self.mark(Step.CERTIFICATE_REQUEST, sender, place)

    def add_change_cipher_spec(self, sender: int) -> None:
        """Note a ChangeCipherSpec. TLS 1.3 sends it only for the eyes of boxes on the way (RFC 8446 appendix D.4)."""
        if not self.is_tls13:
            self.sides[sender].ciphered = True
            self.sides[sender].complete = True

    def add_alert(self, sender: int, level: int, code: int, place: Place) -> None:
        """Note an alert in clear."""
        self.alerts.append(SeenAlert(sender, level, code, place))
        if code == alerts.NO_CERTIFICATE and self.version == "SSLv3" and self.sides[sender].chain is None:
            self.sides[sender].chain = ()

    def add_finished(self, sender: int, place: Place) -> None:
        """Note the first encrypted handshake record after a ChangeCipherSpec."""
        self.sides[sender].finished = True
        self.mark(Step.FINISHED, sender, place)

    def add_encrypted(self, sender: int, length: int, is_data: bool, place: Place) -> None:
        """Note an encrypted record."""
        side = self.sides[sender]
        side.encrypted_records += 1
        side.encrypted_bytes += length
        if not self.is_tls13:
            self.server_data = self.server_data or (is_data and self.client == 1 - sender)
            return
        record = SeenRecord(sender, length, place)
        side.last_record = record
        side.complete = True
        if len(side.records) < _KEPT_RECORDS:
            side.records.append(record)
        self._count_flight(sender, length)

    def _count_flight(self, sender: int, length: int) -> None:
        """The server's data of TLS 1.3 is told from its handshake by whose turn it is."""
        if sender != self._last_flight:
            self._last_flight = sender
            self._flight_bytes = 0
            if self.flights or sender != self.client:
                self.flights += 1
        self._flight_bytes += length
        if sender == self.client or length <= _LONGEST_ALERT:
            return
        many = self.flights >= _DATA_FLIGHT - 2 and self._flight_bytes > _MORE_THAN_TICKETS
        if many or self.flights >= _DATA_FLIGHT:
            self.server_data = True

    def lose(self, sender: int) -> None:
        """Note that bytes of this sender are missing."""
        side = self.sides[sender]
        side.lost = side.lost or not side.complete
        side.torn = side.torn or not (side.finished or (self.is_tls13 and side.complete))

"""One TLS handshake in the making: what was seen of it so far, by sender and not yet by role.

The two directions of a connection may come in any order (a lost segment holds one of them up), so nothing is
concluded here; `analyzer.parsers.capture.handshakes` does that at the end. A sender is 0 or 1.
"""

from __future__ import annotations

from msgspec import Struct, field

from analyzer.evidence import Step
from analyzer.parsers.capture import alerts
from analyzer.parsers.capture.messages import CertificateRequest, ClientHello, MessageType, ServerHello
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.sides import Flights, Roles, SeenAlert, SeenRecord, SideFacts

_MOST_ALERTS = 32
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


class Exchange(Struct, eq=False):
    """A handshake in the making.

    Attributes:
        client: the sender that is the client; None: nothing said so yet.
        retry: the server's HelloRetryRequest.
        is_tls13: TLS 1.3 was negotiated, or is being retried.
        full: the server sent a message that no resumption has.
        hello_done: the server's flight of TLS 1.2 and before is through.
        renegotiated: the client began another handshake, which is encrypted.
        server_data: the server sent application data, which it does only after the handshake.
        ssl2_resumed: what the SERVER-HELLO of SSL 2.0 says; None: none was seen.
        dropped_alerts: in clear, beyond the limit.
        steps: the first place of each step and sender.
    """

    started: Place
    client: int | None = None
    client_hello: ClientHello | None = None
    server_hello: ServerHello | None = None
    request: CertificateRequest | None = None
    retry: ServerHello | None = None
    is_tls13: bool = False
    full: bool = False
    hello_done: bool = False
    renegotiated: bool = False
    server_data: bool = False
    ssl2_resumed: bool | None = None
    sides: tuple[SideFacts, SideFacts] = field(default_factory=lambda: (SideFacts(), SideFacts()))
    steps: dict[tuple[Step, int], Place] = field(default_factory=dict)
    alerts: list[SeenAlert] = field(default_factory=list)
    dropped_alerts: int = 0
    flights: Flights = field(default_factory=Flights)

    @property
    def version(self) -> str | None:
        """The negotiated version; None: neither a ServerHello nor a HelloRetryRequest yet."""
        hello = self.server_hello or self.retry
        return hello.version if hello else None

    @property
    def is_retried(self) -> bool:
        """Whether a HelloRetryRequest was seen, and no ServerHello behind it."""
        return self.retry is not None and self.server_hello is None

    @property
    def has_fatal_alert(self) -> bool:
        """Whether one side said in clear that it ends the handshake."""
        return any(alert.level == alerts.FATAL for alert in self.alerts)

    @property
    def is_answered(self) -> bool:
        """Whether the server sent a message or an alert."""
        if self.client is None:
            return False
        server = 1 - self.client
        return self.sides[server].sent or any(alert.sender == server for alert in self.alerts)

    def roles(self) -> Roles | None:
        """Return both sides by their roles; None: nothing said which is which."""
        return None if self.client is None else Roles(self.sides[self.client], self.sides[1 - self.client])

    def is_settled(self) -> bool:
        """Whether nothing more is to be learned from the connection but how it is closed."""
        first, second = self.sides
        is_finished = self.server_data or (first.finished and second.finished and not self.is_tls13)
        return bool(is_finished and (self.is_tls13 or self.version)) or first.is_talkative or second.is_talkative

    def begins_anew(self, sender: int, hello: ClientHello) -> bool:
        """Whether a ClientHello of this sender belongs to another handshake than this one.

        RFC 8446 section 4.1.2: the one that answers a HelloRetryRequest has the random of the first, and other
        extensions. It is told by that, because the request itself may be missing, or come later.
        """
        if self.client_hello is None:
            return self.client == 1 - sender or self.sides[sender].sent
        before, may_be_answer = self.client_hello, self.is_tls13 or self.server_hello is None
        is_changed = hello.random == before.random != b"" and hello.checksum != before.checksum
        return sender != self.client or not (self.is_retried or (is_changed and may_be_answer))

    def mark(self, step: Step, sender: int, place: Place) -> None:
        """Note where a step was seen first."""
        self.steps.setdefault((step, sender), place)

    def add_client_hello(self, sender: int, hello: ClientHello, place: Place) -> None:
        """Note a ClientHello; the second one after a HelloRetryRequest changes nothing."""
        self.client = sender
        side = self.sides[sender]
        side.sent = True
        if self.client_hello is None and not side.went_on:
            side.lost = side.torn = False  # what is missing came before the handshake
        self.client_hello = self.client_hello or hello
        self.mark(Step.CLIENT_HELLO, sender, place)

    def add_server_hello(self, sender: int, hello: ServerHello, place: Place) -> None:
        """Note a ServerHello or a HelloRetryRequest."""
        self.client = 1 - sender if self.client is None else self.client
        side = self.sides[sender]
        if self.server_hello is None and side.chain is None and not side.ciphered:
            side.lost = side.torn = False  # what is missing came before the handshake
        if hello.is_retry:
            self.retry = self.retry or hello
            self.is_tls13 = self.is_tls13 or self.server_hello is None
            self.mark(Step.HELLO_RETRY_REQUEST, sender, place)
        elif self.server_hello is None:
            self.server_hello = hello
            self.is_tls13 = hello.version == "TLSv1.3"
            self.mark(Step.SERVER_HELLO, sender, place)
        if self.is_tls13:
            for side in self.sides:
                side.ciphered = False  # its ChangeCipherSpec, if that was read first, meant nothing

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
        if not (self.is_tls13 or self._is_early(sender)):
            self.sides[sender].ciphered = True
            self.sides[sender].complete = True

    def add_alert(self, sender: int, level: int, code: int, place: Place) -> None:
        """Note an alert in clear."""
        if len(self.alerts) < _MOST_ALERTS or (level == alerts.FATAL and not self.has_fatal_alert):
            self.alerts.append(SeenAlert(sender, level, code, place))
        else:
            self.dropped_alerts += 1
        if code == alerts.NO_CERTIFICATE and self.version == "SSLv3" and self.sides[sender].chain is None:
            self.sides[sender].chain = ()

    def add_finished(self, sender: int, place: Place) -> None:
        """Note the first encrypted handshake record after a ChangeCipherSpec."""
        self.add_late_handshake(sender)
        self.sides[sender].finished = True
        self.mark(Step.FINISHED, sender, place)

    def add_late_handshake(self, sender: int) -> None:
        """Note an encrypted handshake record behind both Finished messages: only a renegotiation has any."""
        is_through = self.sides[0].finished and self.sides[1].finished
        if is_through and sender == self.client and not self.is_tls13:
            self.renegotiated = True

    def add_encrypted(self, sender: int, length: int, is_data: bool, place: Place) -> None:
        """Note an encrypted record."""
        if self.server_hello is None and self._is_early(sender):
            return
        side = self.sides[sender]
        side.encrypted_records += 1
        side.encrypted_bytes += length
        if length > side.longest_record:
            side.longest_record = length
        if not self.is_tls13:
            self.server_data = self.server_data or (is_data and self.client == 1 - sender)
            return
        side.complete = side.said_more_than_alerts
        side.keep(SeenRecord(sender, length, place))
        self.server_data = self.flights.add(sender != self.client, length) or self.server_data

    def _is_early(self, sender: int) -> bool:
        """Whether what a client encrypts before an answer is data that its hello announced (RFC 8446 section 2.3)."""
        return sender == self.client and self.client_hello is not None and self.client_hello.has_early_data

    def lose(self, sender: int) -> None:
        """Note that bytes of this sender are missing."""
        side = self.sides[sender]
        side.lost = side.lost or not side.complete
        side.torn = side.torn or not (side.finished or (self.is_tls13 and side.complete))

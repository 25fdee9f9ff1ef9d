"""What was seen of each side of a handshake, by sender (0 or 1) and not yet by role."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct, field

from analyzer.parsers.capture.place import Place

_KEPT_RECORDS: Final = 16
# An alert takes 2 bytes, a content type and a tag of 8 or 16; data and the messages of a handshake take more.
_LONGEST_ALERT: Final = 24
_MANY_RECORDS: Final = 64
_MANY_BYTES: Final = 1 << 18
_MOST_ALERTS: Final = 2  # the alert, and a close_notify behind it


class SeenAlert(NamedTuple):
    """An alert in clear."""

    sender: int
    level: int
    code: int
    place: Place


class SeenRecord(NamedTuple):
    """An encrypted record; `length` of its payload."""

    sender: int
    length: int
    place: Place


class SideFacts(Struct, eq=False):
    """What one sender sent.

    Attributes:
        sent: any handshake message.
        chain: of its Certificate message, () if that was empty; None: no such message, or unreadable.
        certificate_lost: a Certificate message came that could not be read, or was too large.
        certificate_place: where that message was seen.
        key_exchange: a ClientKeyExchange.
        ciphered: a ChangeCipherSpec.
        finished: an encrypted handshake record behind it.
        complete: all that is in clear was sent; under TLS 1.3 and what is encrypted has begun.
        lost: bytes are missing from before that.
        torn: bytes are missing from before its Finished.
        longest_record: bytes of the longest encrypted record.
        records: the first encrypted records of TLS 1.3; `last_record` is the last one.
    """

    sent: bool = False
    chain: tuple[str, ...] | None = None
    certificate_lost: bool = False
    certificate_place: Place | None = None
    key_exchange: bool = False
    ciphered: bool = False
    finished: bool = False
    complete: bool = False
    lost: bool = False
    torn: bool = False
    encrypted_records: int = 0
    encrypted_bytes: int = 0
    longest_record: int = 0
    records: list[SeenRecord] = field(default_factory=list)
    last_record: SeenRecord | None = None

    @property
    def went_on(self) -> bool:
        """Whether a client sent more than its hello, so that the server has answered."""
        is_encrypting = self.key_exchange or self.ciphered or self.encrypted_records > 0
        return is_encrypting or self.chain is not None or self.certificate_lost

    @property
    def is_talkative(self) -> bool:
        """Whether it sent so much that nothing more is learned from the connection."""
        return self.encrypted_records > _MANY_RECORDS or self.encrypted_bytes > _MANY_BYTES

    @property
    def said_more_than_alerts(self) -> bool:
        """Whether it sent encrypted records that may hold a Certificate and a Finished message."""
        return self.longest_record > _LONGEST_ALERT or self.encrypted_records > _MOST_ALERTS

    def keep(self, record: SeenRecord) -> None:
        """Keep an encrypted record of TLS 1.3, if it is one of the first, or the last so far."""
        self.last_record = record
        if len(self.records) < _KEPT_RECORDS:
            self.records.append(record)


class Roles(NamedTuple):
    """Both sides by their roles."""

    client: SideFacts
    server: SideFacts


class Flights:
    """Tells the server's data of TLS 1.3 from its handshake, by whose turn it is.

    When the server judges the client's certificate, the client has already finished; so that neither its Finished
    nor the tickets that may come right behind it prove anything. Counted are changes of the sender among encrypted
    records: the server's flight, the client's Finished, tickets (or data, or an alert), the client's data, data.
    """

    __slots__ = ("_bytes", "_count", "_was_server")

    _DATA: Final = 5
    _TICKETS: Final = 3
    # No server sends this much of tickets.
    _MORE_THAN_TICKETS: Final = 16_384

    def __init__(self) -> None:
        self._count = 0
        self._bytes = 0
        self._was_server = False

    def add(self, is_server: bool, length: int) -> bool:
        """Count an encrypted record. True: it can only be application data of the server."""
        if is_server != self._was_server:
            self._was_server = is_server
            self._count += 1
            self._bytes = 0
        self._bytes += length
        if not is_server or length <= _LONGEST_ALERT:
            return False
        return self._count >= self._DATA or (self._count >= self._TICKETS and self._bytes > self._MORE_THAN_TICKETS)

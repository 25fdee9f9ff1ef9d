"""Keeps one handshake while the captures are read: its messages in clear, and the outside of what is encrypted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from analyzer.evidence import Handshake, Side
from analyzer.parsers.capture import plain_dialogue
from analyzer.parsers.capture.certificate_shelf import CertificateShelf
from analyzer.parsers.capture.dialogue import Dialogue
from analyzer.parsers.capture.exchange import Exchange
from analyzer.parsers.capture.flow_key import endpoints
from analyzer.parsers.capture.messages import MessageType
from analyzer.parsers.capture.place import Place

MOST_ENTRIES = 256
# Bytes of one handshake. Scapy takes up to 45 µs for a byte of a hello, and up to 190 µs and 10 KB of memory for a
# byte of DER, which therefore counts three times. That leaves room for the names of 300 authorities in a
# CertificateRequest and 8 KiB of certificates from either side.
_MOST_BYTES = 96 << 10
_WEIGHT_OF_DER = 3
# Handshakes between the same ends that begin at the same microsecond: real captures have two, of two interfaces.
_MOST_TWINS = 64
_DER = frozenset({MessageType.CERTIFICATE.name.lower(), MessageType.CERTIFICATE_STATUS.name.lower()})


class Content(StrEnum):
    """How the bytes of an entry are to be read."""

    MESSAGE = "handshake message"
    SSL2_HELLO = "hello of SSL 2.0"
    ALERT = "alert"
    CHANGE_CIPHER_SPEC = "change_cipher_spec"
    ENCRYPTED = "encrypted"


class Entry(Struct, frozen=True, kw_only=True):
    """Something that one side sent.

    Attributes:
        name: of the message, or of the record.
        data: its bytes; empty: it is encrypted, or was not kept because of its size.
        length: its bytes in the capture; None: not known, the reader left it out.
        place: the frame in which it is complete.
    """

    sender: int
    content: Content
    name: str
    data: bytes
    length: int | None
    place: Place


class Recording(Struct, eq=False):
    """A handshake as it was recorded, in the order of reading.

    Attributes:
        weight: of the bytes of all entries.
        unlisted: entries beyond the limit.
        is_partial: a message in clear was not kept because of its size, or for the number of those before it.
    """

    exchange: Exchange
    entries: list[Entry] = field(default_factory=list)
    weight: int = 0
    unlisted: int = 0
    is_partial: bool = False

    def add(self, entry: Entry) -> None:
        """Keep an entry as far as the limits go."""
        if len(self.entries) == MOST_ENTRIES:
            self.unlisted += 1
            self.is_partial = True
            return
        weight = len(entry.data) * (_WEIGHT_OF_DER if entry.name in _DER else 1)
        if self.weight + weight > _MOST_BYTES:
            entry, weight = replace(entry, data=b""), 0
        self.weight += weight
        self.is_partial = self.is_partial or not (entry.data or entry.content is Content.ENCRYPTED)
        self.entries.append(entry)

    def join(self, other: Recording) -> None:
        """Add the other half of a handshake whose directions took different interfaces."""
        is_turned = other.exchange.client != self.exchange.client
        for entry in other.entries:
            self.add(replace(entry, sender=1 - entry.sender) if is_turned else entry)
        self.unlisted += other.unlisted
        self.is_partial = self.is_partial or other.is_partial

    def in_order(self) -> list[Entry]:
        """Return the entries by their times and frames: the two directions are read independently of each other."""
        return sorted(self.entries, key=lambda entry: (entry.place.nanoseconds, entry.place))

    def side(self, entry: Entry) -> Side:
        """Return who sent an entry."""
        return Side.CLIENT if entry.sender == self.exchange.client else Side.SERVER


class Recorder:
    """Keeps the handshake that a record of the analysis tells of, while the same captures are read again."""

    def __init__(self, wanted: Handshake) -> None:
        self._wanted = wanted
        self._frames = {(frame.capture, frame.frame, frame.time) for frame in wanted.frames}
        self._recordings: list[Recording] = []

    def make_dialogue(self, key: bytes, shelf: CertificateShelf, largest_message: int) -> Dialogue:
        """Return a dialogue that records, if the connection has the ends of the wanted one."""
        if set(endpoints(key)) == {self._wanted.client, self._wanted.server}:
            return _RecordingDialogue(shelf, largest_message, self)
        return plain_dialogue(key, shelf, largest_message)

    def keep(self, exchange: Exchange, entry: Entry) -> None:
        """Keep an entry if its handshake may be the wanted one."""
        started = exchange.started
        if started.time != self._wanted.started and _where(started) not in self._frames:
            return
        if not self._recordings or self._recordings[-1].exchange is not exchange:
            if len(self._recordings) == _MOST_TWINS:
                return
            self._recordings.append(Recording(exchange))
        self._recordings[-1].add(entry)

    def found(self) -> Recording | None:
        """Return the recording whose steps are in the frames of the wanted handshake; None: there is none."""
        best = min(self._recordings, key=self._unlikeness, default=None)
        for other in self._recordings:
            if best is not None and other is not best and self._is_half(other):
                best.join(other)
        return best

    def _is_half(self, recording: Recording) -> bool:
        """Whether every step of it is in a frame of the wanted handshake, which twins on other interfaces are not."""
        places = set(map(_where, recording.exchange.steps.values()))
        return bool(places) and places <= self._frames

    def _unlikeness(self, recording: Recording) -> int:
        steps = {(step, place.capture, place.frame) for (step, _), place in recording.exchange.steps.items()}
        return len(steps ^ {(frame.step, frame.capture, frame.frame) for frame in self._wanted.frames})


class _RecordingDialogue(Dialogue):
    """A dialogue that also hands on what it is told, once it knows to which handshake that belongs."""

    __slots__ = ("_recorder",)

    def __init__(self, shelf: CertificateShelf, largest_message: int, recorder: Recorder) -> None:
        super().__init__(shelf, largest_message)
        self._recorder = recorder

    def on_message(self, sender: int, kind: int, body: bytes, place: Place) -> None:
        super().on_message(sender, kind, body, place)
        data = kind.to_bytes(1, "big") + len(body).to_bytes(3, "big") + body
        self._keep(sender, Content.MESSAGE, _message_name(kind), place, data)

    def on_oversized_message(self, sender: int, kind: int, place: Place) -> None:
        super().on_oversized_message(sender, kind, place)
        self._keep(sender, Content.MESSAGE, _message_name(kind), place, b"", None)

    def on_ssl2_hello(self, sender: int, record: bytes, place: Place) -> None:
        super().on_ssl2_hello(sender, record, place)
        self._keep(sender, Content.SSL2_HELLO, "hello of SSL 2.0", place, record)

    def on_change_cipher_spec(self, sender: int, place: Place) -> None:
        super().on_change_cipher_spec(sender, place)
        self._keep(sender, Content.CHANGE_CIPHER_SPEC, "change_cipher_spec", place, b"\x01")

    def on_alert(self, sender: int, level: int, code: int, place: Place) -> None:
        super().on_alert(sender, level, code, place)
        self._keep(sender, Content.ALERT, "alert", place, bytes((level, code)))

    def on_finished(self, sender: int, length: int, place: Place) -> None:
        super().on_finished(sender, length, place)
        self._keep(sender, Content.ENCRYPTED, "handshake record", place, b"", length)

    def on_encrypted(self, sender: int, length: int, is_data: bool, place: Place) -> None:
        super().on_encrypted(sender, length, is_data, place)
        self._keep(
            sender, Content.ENCRYPTED, f"{'application_data' if is_data else 'alert'} record", place, b"", length
        )

    def _keep(
        self, sender: int, content: Content, name: str, place: Place, data: bytes, length: int | None = None
    ) -> None:
        entry = Entry(
            sender=sender,
            content=content,
            name=name,
            data=data,
            length=len(data) if data else length,
            place=place,
        )
        self._recorder.keep(self.exchanges[-1], entry)


def _where(place: Place) -> tuple[str, int, datetime]:
    return place.capture, place.frame, place.time


def _message_name(kind: int) -> str:
    try:
        return MessageType(kind).name.lower()
    except ValueError:
        return f"handshake message of type {kind}"

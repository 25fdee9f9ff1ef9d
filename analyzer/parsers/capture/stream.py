"""One direction of a connection: bytes in order become TLS records, and these handshake messages and alerts."""

from __future__ import annotations

import struct
from collections import deque

from analyzer.parsers.capture import alerts
from analyzer.parsers.capture.dialogue import Dialogue
from analyzer.parsers.capture.messages import MessageType
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.search import Start, begins_message, is_client_hello, judge, starts

_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _APPLICATION_DATA, _HEARTBEAT = 20, 21, 22, 23, 24
_LONGEST_RECORD = (1 << 14) + 2048  # RFC 5246 section 6.2.3
_RECORD_HEADER = struct.Struct(">BBBH")
_MOST_ALERTS = 16
_MESSAGE_TYPES = frozenset({*MessageType, 3, 5, 8, 20, 21, 23, 24, 25, 67, 254})


class Stream:
    """What one sender sent.

    Attributes:
        is_tls: the stream is inside TLS.
        oversized: messages that were larger than the limit.
        searched: bytes that were searched for the beginning of TLS.
    """

    __slots__ = (
        "_alert",
        "_dialogue",
        "_is_unsure",
        "_message",
        "_pending",
        "_place",
        "_sender",
        "_skip",
        "_starts",
        "is_tls",
        "oversized",
        "searched",
    )

    def __init__(self, dialogue: Dialogue, sender: int) -> None:
        self.is_tls = False
        self.searched = 0
        self.oversized = 0
        self._dialogue = dialogue
        self._sender = sender
        self._pending = bytearray()
        self._starts: deque[int] = deque()
        self._message = bytearray()
        self._alert = b""
        self._skip = 0
        self._is_unsure = False
        self._place: Place | None = None

    @property
    def buffered(self) -> int:
        """Bytes that wait for more."""
        return len(self._pending) + len(self._message)

    @property
    def is_undecided(self) -> bool:
        """Whether a record or a message has begun and not ended."""
        return self.is_tls and self.buffered > 0

    def feed(self, data: bytes, place: Place) -> None:
        """Take the next bytes; `place` is the frame that brought them, or let them through."""
        self._place = place
        if not self.is_tls:
            self._search(data, place)
        elif self._pending:
            self._pending += data
            del self._pending[: self._read_records(self._pending, place)]
        elif (used := self._read_records(data, place)) < len(data):
            self._pending += data[used:]

    def lose(self) -> None:
        """Take note of a gap: use the whole messages of a cut record, and search for the next one."""
        self._salvage()
        self._dialogue.lose(self._sender)
        self.drop()

    def finish(self) -> None:
        """Take note of the capture's end."""
        if self._starts and self._place:
            self._search(b"", self._place)
        if self.is_undecided:
            self._salvage()
            self._dialogue.lose(self._sender)
        self.drop()

    def drop(self) -> None:
        """Forget what is not whole."""
        self.is_tls = False
        self._pending.clear()
        self._message.clear()
        self._starts.clear()
        self._alert = b""
        self._skip = 0
        self._is_unsure = False

    def _search(self, data: bytes, place: Place) -> None:
        """Search for the beginning of TLS, and go on from there."""
        base = len(self._pending)
        in_midstream = bool(self._dialogue.exchanges)
        if not base and judge(data, 0, in_midstream) is Start.TLS:
            self.is_tls = True
            self.feed(data, place)
            return
        found = starts(data, is_first=self.searched == 0)
        self.searched += len(data)
        if not base and not found:
            return
        self._starts.extend([base + at for at in found])
        self._pending += data
        while self._starts:
            at = self._starts[0]
            match judge(self._pending, at, in_midstream):
                case Start.TLS:
                    rest = bytes(self._pending[at:])
                    self._forget_searched(len(self._pending))
                    self.is_tls = True
                    self.feed(rest, place)
                    return
                case Start.SSL2 if self._read_ssl2_hello(at, place):
                    break
                case Start.UNDECIDED:
                    break
                case _:
                    self._starts.popleft()
        self._forget_searched(self._starts[0] if self._starts else len(self._pending))

    def _forget_searched(self, count: int) -> None:
        if not count:
            return
        del self._pending[:count]
        self._starts = deque(at - count for at in self._starts if at >= count)

    def _read_ssl2_hello(self, at: int, place: Place) -> bool:
        """Read a hello of SSL 2.0 once it is whole. False: it cannot be one here."""
        if self._pending[at + 2] != 1 and not self._dialogue.expects_ssl2(self._sender):
            return False
        end = at + 2 + ((self._pending[at] & 0x7F) << 8 | self._pending[at + 1])
        if len(self._pending) >= end:
            self._dialogue.on_ssl2_hello(self._sender, bytes(self._pending[at:end]), place)
            self._starts = deque([end] if len(self._pending) > end else [])
        return True

    def _read_records(self, source: bytes | bytearray, place: Place) -> int:
        """Read the whole records at the beginning of `source` and return how many bytes they take."""
        position, size = 0, len(source)
        while size - position >= _RECORD_HEADER.size:
            kind, major, _minor, length = _RECORD_HEADER.unpack_from(source, position)
            if not _CHANGE_CIPHER_SPEC <= kind <= _HEARTBEAT or major != 3 or length > _LONGEST_RECORD:
                self._dialogue.lose(self._sender)
                self.drop()
                return size
            start = position + _RECORD_HEADER.size
            if size - start < length:
                break
            position = start + length
            if kind == _APPLICATION_DATA:
                self._dialogue.on_encrypted(self._sender, length, True, place)
            elif kind == _CHANGE_CIPHER_SPEC:
                if source[start:position] == b"\x01":
                    self._dialogue.on_change_cipher_spec(self._sender, place)
            elif kind != _HEARTBEAT:
                self._on_record(kind, bytes(source[start:position]), place)
        return position

    def _on_record(self, kind: int, payload: bytes, place: Place) -> None:
        """Take a record of handshake messages or alerts."""
        ciphered = self._dialogue.is_ciphered(self._sender)
        if kind == _HANDSHAKE and not (ciphered or self._message or self._skip or self._is_unsure):
            if (used := self._read_messages(payload, place)) < len(payload):
                self._message += payload[used:]
            return
        if ciphered and (code := self._dialogue.code_length()) is not None:
            payload, ciphered = payload[: max(len(payload) - code, 0)], False
        if kind == _HANDSHAKE:
            self._on_handshake(payload, ciphered, place)
        else:
            self._on_alert(payload, ciphered, place)

    def _on_handshake(self, payload: bytes, ciphered: bool, place: Place) -> None:
        # A client of TLS 1.3 repeats its ClientHello after a ChangeCipherSpec that means nothing.
        if ciphered and not is_client_hello(payload):
            self._dialogue.on_finished(self._sender, len(payload), place)
            return
        if self._skip:
            skipped = min(self._skip, len(payload))
            self._skip -= skipped
            payload = payload[skipped:]
        if self._is_unsure and payload:
            if not begins_message(payload):
                return
            self._is_unsure = False
        if self._message:
            self._message += payload
            del self._message[: self._read_messages(self._message, place)]
        elif (used := self._read_messages(payload, place)) < len(payload):
            self._message += payload[used:]

    def _read_messages(self, source: bytes | bytearray, place: Place) -> int:
        """Read the whole messages at the beginning of `source` and return how many bytes they take."""
        position, size = 0, len(source)
        while size - position >= 4:
            kind = source[position]
            length = int.from_bytes(source[position + 1 : position + 4], "big")
            if kind not in _MESSAGE_TYPES or length > self._dialogue.largest_message:
                self._give_up(kind, length, size - position, place)
                return size
            end = position + 4 + length
            if size < end:
                break
            self._dialogue.on_message(self._sender, kind, bytes(source[position + 4 : end]), place)
            position = end
        return position

    def _give_up(self, kind: int, length: int, there: int, place: Place) -> None:
        """Leave out a message that is too large, or bytes that are none: the ChangeCipherSpec before is missing."""
        if kind in _MESSAGE_TYPES:
            self.oversized += 1
            self._skip = max(length + 4 - there, 0)
            self._dialogue.on_oversized_message(self._sender, kind, place)
        else:
            self._is_unsure = True
            self._dialogue.lose(self._sender)

    def _on_alert(self, payload: bytes, ciphered: bool, place: Place) -> None:
        """RFC 5246 section 6.2.1 lets a record hold several alerts, and an alert take two records.

        An alert of two bytes is in clear, whatever came before: an encrypted one is longer by its code.
        """
        alert = payload if ciphered else self._alert + payload
        self._alert = b""
        if len(alert) == 2 and (not ciphered or alerts.is_plausible(alert)):
            self._dialogue.on_alert(self._sender, alert[0], alert[1], place)
        elif len(alert) == 1 and not ciphered:
            self._alert = alert
        elif not ciphered and len(alert) <= _MOST_ALERTS and alerts.is_plausible(alert):
            for level, code in zip(alert[::2], alert[1::2], strict=True):
                self._dialogue.on_alert(self._sender, level, code, place)
        else:
            self._dialogue.on_encrypted(self._sender, len(payload), False, place)

    def _salvage(self) -> None:
        """Use the whole messages of a record that is cut."""
        if not self.is_tls or len(self._pending) <= _RECORD_HEADER.size or self._pending[0] != _HANDSHAKE:
            return
        if self._place and not self._dialogue.is_ciphered(self._sender):
            self._on_handshake(bytes(self._pending[_RECORD_HEADER.size :]), False, self._place)

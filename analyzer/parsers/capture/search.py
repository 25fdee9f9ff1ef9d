"""Where TLS begins in a byte stream, whatever came before it.

STARTTLS, HTTP CONNECT, SOCKS, PROXY and RDP have in common that the hello starts a segment or a line, or stands in
the first segment behind a header. So nothing is known of them here: those positions are looked at, and a hello is
taken for one only if its lengths, versions and types agree with each other. Encrypted bytes do not pass.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from analyzer.parsers.capture.alerts import is_plausible

# The version, random, session and suites' length of a hello take at most this much; a record may hold as little as
# one byte of it behind its own header of five.
_NEEDED = 80
_ENOUGH = 6 * _NEEDED
_LARGEST_HELLO = 1 << 17
_SHORTEST_HELLO = 11  # what `_HELLO` asks for
_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..[\x01\x02]\x00..\x03[\x00-\x04]", re.DOTALL)
_CUT_HELLO = re.compile(rb"\x16(?:\x03(?:[\x00-\x04](?:.{1,2}|..[\x01\x02](?:\x00.{0,2}\x03?)?)?)?)?\Z", re.DOTALL)
_LINE = re.compile(rb"\n(?=\x16(?:\x03[\x00-\x04]|\x03?\Z))")
_ALERT_RECORD = 7
_MOST_ALERTS = 4
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _APPLICATION_DATA = 20, 21, 22, 23
_FIRST_BYTES = frozenset({_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _APPLICATION_DATA, *range(0x80, 0x100)})
_MAJOR, _MINORS = b"\x03", bytes(range(5))
_HELLO_MAJORS = frozenset({3, 0x7F, 0x7E, 0xFB})
_MESSAGES = frozenset({0, 1, 2, 4, 6, 11, 12, 13, 14, 15, 16, 22})
_LONGEST_RECORD = (1 << 14) + 2048  # RFC 5246 section 6.2.3


class Start(Enum):
    """What a position in the stream is."""

    NONE = auto()
    UNDECIDED = auto()  # more bytes are needed
    TLS = auto()
    SSL2 = auto()  # a hello in the format of SSL 2.0


def starts(data: bytes | bytearray, is_first: bool) -> list[int]:
    """Return the positions in a segment where TLS may begin, in order."""
    found = {0} if data and data[0] in _FIRST_BYTES else set()
    found.update(match.end() for match in _LINE.finditer(data))
    if is_first:
        found.update(match.start() for match in _HELLO.finditer(data))
        found.update(match.start() for match in _CUT_HELLO.finditer(data, max(len(data) - _SHORTEST_HELLO, 0)))
    return sorted(found)


def judge(data: bytes | bytearray, at: int, in_midstream: bool) -> Start:
    """Tell what begins at a position.

    `in_midstream`: TLS was seen on this connection, so that any of its records may come, not only a hello.
    """
    if data[at] not in _FIRST_BYTES:
        return Start.NONE
    head = bytes(data[at : at + _ENOUGH])
    if head[0] & 0x80:
        return _judge_ssl2(head)
    if len(head) < 6:
        fits = head[1:2] in _MAJOR and head[2:3] in _MINORS
        return Start.UNDECIDED if fits else Start.NONE
    length = head[3] << 8 | head[4]
    if head[1] != 3 or head[2] > 4 or not 0 < length <= _LONGEST_RECORD:
        return Start.NONE
    if head[0] == _HANDSHAKE:
        message = head[5 : 5 + _NEEDED] if length >= _NEEDED else _join_records(head)
        verdict = _judge_handshake(message, length) if message else Start.NONE
        return Start.NONE if verdict is Start.UNDECIDED and len(head) == _ENOUGH else verdict
    if not in_midstream:
        return _judge_alert(data, at) if head[0] == _ALERT else Start.NONE
    if head[0] == _CHANGE_CIPHER_SPEC:
        return Start.TLS if length == 1 and head[5] == 1 else Start.NONE
    if head[0] == _ALERT:
        return Start.TLS if length == 2 and head[5] in {1, 2} else Start.NONE
    return Start.TLS if head[0] == _APPLICATION_DATA else Start.NONE


def _judge_alert(data: bytes | bytearray, at: int) -> Start:
    """Judge an alert where no hello was seen yet: one that comes with a hello behind it, or may do so.

    A server warns that it does not know the name (RFC 6066 section 3) before its ServerHello.
    """
    for _ in range(_MOST_ALERTS):
        record = data[at : at + _ALERT_RECORD]
        if len(record) < _ALERT_RECORD:
            return Start.UNDECIDED
        if not (record[3:5] == b"\0\2" and is_plausible(bytes(record[5:]))):
            return Start.NONE
        at += _ALERT_RECORD
        if at == len(data):
            return Start.UNDECIDED
        if data[at] != _ALERT:
            verdict = judge(data, at, in_midstream=False) if data[at] == _HANDSHAKE else Start.NONE
            return verdict if verdict is not Start.SSL2 else Start.NONE
    return Start.NONE


def is_client_hello(message: bytes) -> bool:
    """Whether a handshake message is a ClientHello, by all that can be checked in it."""
    return message[:1] == b"\x01" and _judge_client_hello(message, int.from_bytes(message[1:4], "big")) is Start.TLS


def begins_hello(data: bytes) -> bool:
    """Whether a segment begins with a hello, or with another handshake message that can be recognised."""
    return bool(data) and data[0] in _FIRST_BYTES and judge(data, 0, in_midstream=False) in {Start.TLS, Start.SSL2}


def begins_client_hello(data: bytes) -> bool:
    """Whether a segment begins with a record that begins with a ClientHello."""
    return (
        len(data) > 5 and data[0] == _HANDSHAKE and data[5] == 1 and judge(data, 0, in_midstream=False) is Start.TLS
    )


def begins_handshake_record(data: bytes) -> bool:
    """Whether a segment begins with the header of a handshake record, whatever is in it."""
    return (
        data[:2] == b"\x16\x03" and data[2:3] in _MINORS and 0 < int.from_bytes(data[3:5], "big") <= _LONGEST_RECORD
    )


def begins_message(payload: bytes) -> bool:
    """Whether a record's payload begins with a handshake message, by all that can be checked in it."""
    return _judge_handshake(payload, len(payload)) is Start.TLS


def _join_records(head: bytes) -> bytes:
    """Return the payload of the handshake records that begin here, as far as it is there and needed."""
    message, at = b"", 0
    while len(message) < _NEEDED and head[at : at + 1] == b"\x16" and head[at + 1 : at + 2] in {b"\x03", b""}:
        length = int.from_bytes(head[at + 3 : at + 5], "big")
        message += head[at + 5 : at + 5 + length]
        at += 5 + length
    return message


def _judge_handshake(message: bytes, record: int) -> Start:
    """Judge the beginning of a handshake record's payload; `record` is the payload's length."""
    kind = message[0]
    if kind not in _MESSAGES:
        return Start.NONE
    if len(message) < 4:
        return Start.UNDECIDED
    length = int.from_bytes(message[1:4], "big")
    if kind == 1:
        return _judge_client_hello(message, length)
    if kind in {2, 6}:
        return _judge_server_hello(message, length, kind)
    if kind == 11:
        return _judge_certificate(message, length)
    if kind in {0, 14}:
        return Start.TLS if length == 0 else Start.NONE
    return Start.TLS if 4 <= length <= record - 4 else Start.NONE


def _judge_client_hello(message: bytes, length: int) -> Start:
    """RFC 8446 section 4.1.2: version, random, session (at most 32 bytes), an even number of bytes of suites."""
    if not 41 <= length <= _LARGEST_HELLO:
        return Start.NONE
    if len(message) >= 6 and (message[4] != 3 or message[5] > 4):
        return Start.NONE
    if len(message) < 39:
        return Start.UNDECIDED
    suites = 39 + message[38]
    if message[38] > 32:
        return Start.NONE
    if len(message) < suites + 2:
        return Start.UNDECIDED
    size = message[suites] << 8 | message[suites + 1]
    return Start.TLS if size and size % 2 == 0 and suites + 2 + size + 2 <= length + 4 else Start.NONE


def _judge_server_hello(message: bytes, length: int, kind: int) -> Start:
    """RFC 8446 section 4.1.3; the drafts' HelloRetryRequest (6) has no random."""
    if not (38 if kind == 2 else 6) <= length <= _LARGEST_HELLO:
        return Start.NONE
    if len(message) < 6:
        return Start.UNDECIDED
    if message[4] not in _HELLO_MAJORS or (message[4] == 3 and message[5] > 4):
        return Start.NONE
    if kind == 6 or message[4] == 0x7F or message[5] == 4:
        return Start.TLS  # drafts of TLS 1.3 had no session here
    if len(message) < 39:
        return Start.UNDECIDED
    return Start.TLS if message[38] <= 32 and message[38] + 38 <= length else Start.NONE


def _judge_certificate(message: bytes, length: int) -> Start:
    if length == 3:
        return Start.TLS
    if length < 3 or len(message) < 11:
        return Start.NONE if length < 3 else Start.UNDECIDED
    listing, first = int.from_bytes(message[4:7], "big"), int.from_bytes(message[7:10], "big")
    return Start.TLS if listing == length - 3 and first + 3 <= listing and message[10] == 0x30 else Start.NONE


def _judge_ssl2(head: bytes) -> Start:
    """The SSL 2.0 draft, CLIENT-HELLO and SERVER-HELLO: the three lengths in it must add up."""
    if len(head) < 11:
        return Start.UNDECIDED if _may_be_ssl2(head) else Start.NONE
    length = (head[0] & 0x7F) << 8 | head[1]
    if head[2] == 1 and (head[3:5] == b"\0\2" or (head[3] == 3 and head[4] < 5)):
        suites, session, challenge = (head[i] << 8 | head[i + 1] for i in (5, 7, 9))
        fits = length == 9 + suites + session + challenge and suites and suites % 3 == 0
        return Start.SSL2 if fits and session in {0, 16} and 16 <= challenge <= 32 else Start.NONE
    if head[2] == 4 and head[3] < 2 and head[5:7] == b"\0\2" and len(head) >= 13:
        parts = sum(head[i] << 8 | head[i + 1] for i in (7, 9, 11))
        return Start.SSL2 if length == 11 + parts else Start.NONE
    return Start.NONE


def _may_be_ssl2(head: bytes) -> bool:
    return len(head) < 3 or head[2] in {1, 4}

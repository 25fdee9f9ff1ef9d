"""Capture files: classic pcap and pcapng, either byte order, micro- or nanoseconds, plain or gzip.

What a file is, its first bytes say; the extension is not looked at (Wireshark's tools write pcapng under any name).

- pcap: a header of 24 bytes, then for each frame a header of 16 (seconds, fraction, captured and original length).
- pcapng: blocks of type, length, body, length again (draft-ietf-opsawg-pcapng); each section has its own byte
  order, each interface its own link type and clock.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from analyzer.parsers.capture.window import LARGEST_FRAME, DamageError, Window
from analyzer.words import say

# Byte order, nanoseconds per unit of the fraction, and length of a frame's header (24: Alexey Kuznetsov's patch).
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION, _OFFSET = 9, 14
_LARGEST_BLOCK = LARGEST_FRAME + 2048
_MOST_INTERFACES = 1 << 16


class Frame(NamedTuple):
    """A captured frame: the bytes `start` to `end` of the window's buffer.

    Attributes:
        original: its length on the wire.
        nanoseconds: since 1970; None: the file does not say (a simple packet block).
    """

    link: int
    start: int
    end: int
    original: int
    nanoseconds: int | None


class PcapHeader(NamedTuple):
    """What the header of a classic capture says; `unit`: nanoseconds per unit of the fraction."""

    order: str
    unit: int
    frame_header: int
    link: int


def read_pcap_header(window: Window) -> PcapHeader | None:
    """Return the header of a classic capture and leave it behind; None: the file is a pcapng.

    Raises:
        DamageError: if it is neither.
    """
    window.require(24)
    magic = bytes(window.buffer[window.start : window.start + 4])
    if magic == _PCAPNG:
        return None
    if magic not in _PCAP or window.end - window.start < 24:
        if window.failure:
            raise DamageError(say("it is no pcap or pcapng file ({reason})", reason=window.failure))
        raise DamageError(say("it is no pcap or pcapng file"))
    order, unit, frame_header = _PCAP[magic]
    (link,) = struct.unpack_from(order + "I", window.buffer, window.start + 20)
    window.start += 24
    return PcapHeader(order, unit, frame_header, link & 0xFFFF)


def frames(window: Window) -> Iterator[Frame]:
    """Yield the frames of a capture file of either kind. Each is gone when the next one is asked for.

    Raises:
        DamageError: where the rest cannot be read.
    """
    header = read_pcap_header(window)
    yield from pcapng_frames(window) if header is None else pcap_frames(window, header)


def pcap_frames(window: Window, header: PcapHeader) -> Iterator[Frame]:
    """Yield the frames of a classic capture. Each is gone when the next one is asked for.

    Raises:
        DamageError: where the rest cannot be read.
    """
    fields = struct.Struct(header.order + "IIII")
    number = 1
    while window.require(header.frame_header):
        seconds, fraction, captured, original = fields.unpack_from(window.buffer, window.start)
        check_length(captured, number, window.offset + window.start)
        size = header.frame_header + captured
        if not window.require(size):
            raise window.cut(number)
        start = window.start + header.frame_header
        window.start += size
        time = seconds * 1_000_000_000 + fraction * header.unit
        yield Frame(header.link, start, start + captured, original, time)
        number += 1
    if window.failure or window.end > window.start:
        raise window.cut(number)


def check_length(captured: int, number: int, offset: int) -> None:
    """Refuse a length that no frame has: what follows it cannot be found.

    Raises:
        DamageError: if it is one.
    """
    if captured > LARGEST_FRAME:
        raise _too_long(number, offset, captured)


def _too_long(number: int, offset: int, claimed: int) -> DamageError:
    return DamageError(
        say(
            "frame {number}, at offset {offset}, claims {claimed} bytes",
            number=number,
            offset=offset,
            claimed=claimed,
        )
    )


class _Interface(Struct):
    """An interface of a pcapng section. A unit of its clock is `numerator / denominator` nanoseconds."""

    link: int
    snapshot_length: int
    numerator: int = 1000
    denominator: int = 1
    offset: int = 0

    def nanoseconds(self, units: int) -> int:
        return units * self.numerator // self.denominator + self.offset * 1_000_000_000


def pcapng_frames(window: Window) -> Iterator[Frame]:
    """Yield the frames of a pcapng. Each is gone when the next one is asked for.

    Raises:
        DamageError: where the rest cannot be read.
    """
    order = "<"
    interfaces: list[_Interface] = []
    number = 1
    while window.require(12):
        if window.buffer.startswith(_PCAPNG, window.start):
            mark = bytes(window.buffer[window.start + 8 : window.start + 12])
            if mark not in _BYTE_ORDERS:
                offset = window.offset + window.start
                raise DamageError(say("a section without byte order at offset {offset}", offset=offset))
            order = _BYTE_ORDERS[mark]
            interfaces = []
        kind, length = struct.unpack_from(order + "II", window.buffer, window.start)
        if length < 12:
            offset = window.offset + window.start
            raise DamageError(say("a block at offset {offset} claims {claimed} bytes", offset=offset, claimed=length))
        length = (length + 3) & ~3  # some writers leave the padding out of the length
        if length > _LARGEST_BLOCK:
            if kind in {_OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET}:
                raise _too_long(number, window.offset + window.start, length)
            if not window.skip(length):
                raise window.cut(number)
            continue
        if not window.require(length):
            raise window.cut(number)
        body, end = window.start + 8, window.start + length - 4
        window.start += length
        if kind == _INTERFACE and end - body >= 8:
            if len(interfaces) == _MOST_INTERFACES:
                raise DamageError(say("more than {most} interfaces in one section", most=_MOST_INTERFACES))
            interfaces.append(_read_interface(window.buffer, body, end, order))
        elif kind in {_OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET}:
            frame = _read_packet(window.buffer, kind, body, end, order, interfaces)
            if frame is None:
                offset = window.offset + body - 8
                raise DamageError(
                    say("frame {number}, at offset {offset}, contradicts its block", number=number, offset=offset)
                )
            yield frame
            number += 1
    if window.failure or window.end > window.start:
        raise window.cut(number)


def _read_interface(buffer: bytearray, body: int, end: int, order: str) -> _Interface:
    link, snapshot_length = struct.unpack_from(order + "HxxI", buffer, body)
    interface = _Interface(link, snapshot_length)
    position = body + 8
    while position + 4 <= end:
        code, length = struct.unpack_from(order + "HH", buffer, position)
        value = bytes(buffer[position + 4 : min(position + 4 + length, end)])
        if code == 0:
            break
        if code == _RESOLUTION and value:
            exponent = value[0] & 0x7F
            interface.numerator = 1_000_000_000
            interface.denominator = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == _OFFSET and len(value) == 8:
            (interface.offset,) = struct.unpack(order + "q", value)
        position += 4 + (length + 3) // 4 * 4
    return interface


def _read_packet(
    buffer: bytearray, kind: int, body: int, end: int, order: str, interfaces: list[_Interface]
) -> Frame | None:
    index, nanoseconds = 0, None
    if kind == _SIMPLE_PACKET:
        if end - body < 4 or not interfaces:
            return None
        (original,) = struct.unpack_from(order + "I", buffer, body)
        start = body + 4
        captured = min(original, end - start, interfaces[0].snapshot_length or original)
    else:
        if end - body < 20:
            return None
        layout = "IIIII" if kind == _ENHANCED_PACKET else "HxxIIII"
        index, high, low, captured, original = struct.unpack_from(order + layout, buffer, body)
        start = body + 20
        if index >= len(interfaces) or captured > end - start:
            return None
        nanoseconds = interfaces[index].nanoseconds(high << 32 | low)
    return Frame(interfaces[index].link, start, start + captured, original, nanoseconds)


def first_time(head: bytes) -> int | None:
    """Return the time of the first frame in nanoseconds since 1970, from a file's first bytes; None: unknown."""
    window = Window(io.BytesIO(head), len(head) * 64)
    try:
        header = read_pcap_header(window)
        frames = pcapng_frames(window) if header is None else pcap_frames(window, header)
        return next(frames).nanoseconds
    except (DamageError, StopIteration):
        return None

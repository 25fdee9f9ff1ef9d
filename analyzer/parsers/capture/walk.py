"""The way from a capture's link type to TCP, as one table-driven walk over headers.

Each layer is a function that reads its own header and names the layer after it, so that any stack is understood:
IP in PPPoE in a VLAN in QinQ, or IP in GTP in UDP in IP. The innermost TCP counts.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from analyzer.parsers.capture import link_layers, network_layers, tunnels
from analyzer.parsers.capture.cursor import IP_PROTOCOL, LINK_TYPE, Cursor, ShortFrameError

_DEEPEST: Final = 24
_TCP: Final = (IP_PROTOCOL, 6)
_WITHOUT_TCP: Final = frozenset({(IP_PROTOCOL, 17)})  # but for tunnels, which nobody cuts within UDP's header
_TCP_HEADER = struct.Struct(">4sIIBB")
_LAYERS = link_layers.LAYERS | network_layers.LAYERS | tunnels.LAYERS


class Segment(NamedTuple):
    """A TCP segment.

    Attributes:
        key: source and destination address, source and destination port, as on the wire.
        data: what holds the payload, from `start` to `end`.
        missing: bytes of the payload that the snaplen cut off.
    """

    key: bytes
    sequence: int
    ack_number: int
    flags: int
    data: bytes | bytearray
    start: int
    end: int
    missing: int


def is_known(link: int) -> bool:
    """Whether the walk can start at this link type."""
    return (LINK_TYPE, link) in _LAYERS


def find_segment(link: int, cursor: Cursor) -> Segment | None:
    """Walk a frame and return its TCP segment; None: it has none.

    Raises:
        ShortFrameError: the snaplen cut a header on the way to TCP, or TCP's.
    """
    step: tuple[int, int] | None = (LINK_TYPE, link)
    try:
        for _ in range(_DEEPEST):
            layer = _LAYERS.get(step) if step else None
            if layer is None:
                break
            step = layer(cursor)
        return _read_segment(cursor) if step == _TCP else None
    except ShortFrameError:
        if step in _WITHOUT_TCP or not cursor.is_cut:
            return None
        raise


def _read_segment(cursor: Cursor) -> Segment | None:
    at = cursor.take(20)
    ports, sequence, ack_number, offset, flags = _TCP_HEADER.unpack_from(cursor.data, at)
    start = at + (offset >> 4) * 4
    if start < at + 20:
        return None
    end = max(cursor.end, start)
    missing = max(cursor.declared - end, 0)
    key = cursor.source + cursor.destination + ports
    return Segment(key, sequence, ack_number, flags, cursor.data, min(start, end), end, missing)

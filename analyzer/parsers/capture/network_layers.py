"""IP version 4 and 6, with options, extension headers and fragments."""

from __future__ import annotations

import struct

from analyzer.parsers.capture.cursor import ETHERTYPE, IP_PROTOCOL, UDP_PORT, Cursor, Layer

_IPV4_HEADER = struct.Struct(">BxHHHxBxx4s4s")
_IPV6_HEADER = struct.Struct(">4xHBx16s16s")
_MORE_FRAGMENTS = 0x2000
_FRAGMENT_OFFSET = 0x1FFF
_JUMBO_PAYLOAD = 0

Next = tuple[int, int] | None


def _ipv4(cursor: Cursor) -> Next:
    at = cursor.take(20)
    first, total, identification, fragment, protocol, source, destination = _IPV4_HEADER.unpack_from(cursor.data, at)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20:
        return None
    cursor.take(header - 20)
    cursor.source, cursor.destination = source, destination
    if total >= header:  # zero: the capture was taken before segmentation offload filled it in
        cursor.bound(at + total)
    if fragment & (_MORE_FRAGMENTS | _FRAGMENT_OFFSET):
        key = (source, destination, identification.to_bytes(2, "big"), bytes((protocol,)))
        if not _add_fragment(cursor, key, (fragment & _FRAGMENT_OFFSET) * 8, bool(fragment & _MORE_FRAGMENTS)):
            return None
    return IP_PROTOCOL, protocol


def _ipv6(cursor: Cursor) -> Next:
    at = cursor.take(40)
    length, following, source, destination = _IPV6_HEADER.unpack_from(cursor.data, at)
    if cursor.data[at] >> 4 != 6:
        return None
    cursor.source, cursor.destination = source, destination
    if length != _JUMBO_PAYLOAD:
        cursor.bound(at + 40 + length)
    return IP_PROTOCOL, following


def _options(cursor: Cursor) -> Next:
    """Hop-by-hop and destination options, routing, mobility, HIP, Shim6 (RFC 8200 section 4, RFC 6564)."""
    at = cursor.take(8)
    cursor.take(cursor.data[at + 1] * 8)
    return IP_PROTOCOL, cursor.data[at]


def _authentication(cursor: Cursor) -> Next:
    """RFC 4302 section 2.2: the length counts 4-byte words, minus two."""
    at = cursor.take(8)
    cursor.take(max(cursor.data[at + 1] * 4, 0))
    return IP_PROTOCOL, cursor.data[at]


def _fragment(cursor: Cursor) -> Next:
    at = cursor.take(8)
    place = cursor.number(at + 2)
    identification = bytes(cursor.data[at + 4 : at + 8])
    key = (cursor.source, cursor.destination, identification, bytes((cursor.data[at],)))
    if place & ~6 and not _add_fragment(cursor, key, place & 0xFFF8, bool(place & 1)):
        return None
    return IP_PROTOCOL, cursor.data[at]


def _add_fragment(cursor: Cursor, key: tuple[bytes, ...], offset: int, more: bool) -> bool:
    """Add a fragment and go on in the whole datagram; False: it is not whole yet, or the snaplen cut a part."""
    if cursor.is_cut:
        cursor.fragments.give_up(key, cursor.seconds)
        return False
    data = bytes(cursor.data[cursor.offset : cursor.end])
    whole = cursor.fragments.add(key, offset, more, data, cursor.seconds)
    if whole is None:
        return False
    cursor.data, cursor.offset = whole, 0
    cursor.end = cursor.declared = len(whole)
    return True


def _udp(cursor: Cursor) -> Next:
    return UDP_PORT, cursor.number(cursor.take(8) + 2)


LAYERS: dict[tuple[int, int], Layer] = {
    (ETHERTYPE, 0x0800): _ipv4,
    (ETHERTYPE, 0x86DD): _ipv6,
    (IP_PROTOCOL, 0): _options,
    (IP_PROTOCOL, 4): _ipv4,
    (IP_PROTOCOL, 17): _udp,
    (IP_PROTOCOL, 41): _ipv6,
    (IP_PROTOCOL, 43): _options,
    (IP_PROTOCOL, 44): _fragment,
    (IP_PROTOCOL, 51): _authentication,
    (IP_PROTOCOL, 60): _options,
    (IP_PROTOCOL, 135): _options,
    (IP_PROTOCOL, 139): _options,
    (IP_PROTOCOL, 140): _options,
}

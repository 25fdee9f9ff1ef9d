"""Tunnels: protocols over IP or UDP that carry frames or packets of their own."""

from __future__ import annotations

from analyzer.parsers.capture.cursor import ETHERTYPE, IP_PROTOCOL, LINK_TYPE, UDP_PORT, Cursor, Layer

_ETHERNET = (ETHERTYPE, 0x6558)
_RAW_IP = (LINK_TYPE, 101)
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE, _ACKNOWLEDGED = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080
_ERSPAN_2, _ERSPAN_3 = 0x88BE, 0x22EB

Next = tuple[int, int] | None


def _generic_routing(cursor: Cursor) -> Next:
    """RFC 2784 and 2890; RFC 2637 (version 1, for PPTP)."""
    at = cursor.take(4)
    flags, protocol = cursor.number(at), cursor.number(at + 2)
    cursor.take(sum(4 for flag in (_CHECKSUM | _ROUTING, _KEY, _SEQUENCE) if flags & flag))
    if flags & 7 == 1 and flags & _ACKNOWLEDGED:
        cursor.take(4)
    if protocol == _ERSPAN_2:
        cursor.take(8 if flags & _SEQUENCE else 0)  # type I has no header of its own
        return _ETHERNET
    if protocol == _ERSPAN_3:
        header = cursor.take(12)
        cursor.take(8 if cursor.data[header + 11] & 1 else 0)
        return _ETHERNET
    return ETHERTYPE, protocol


def _ethernet_in_ip(cursor: Cursor) -> Next:
    cursor.take(2)  # RFC 3378
    return _ETHERNET


def _vxlan(cursor: Cursor) -> Next:
    cursor.take(8)  # RFC 7348
    return _ETHERNET


def _vxlan_generic(cursor: Cursor) -> Next:
    following = cursor.data[cursor.take(8) + 3]  # draft-ietf-nvo3-vxlan-gpe
    return {1: (ETHERTYPE, 0x0800), 2: (ETHERTYPE, 0x86DD), 3: _ETHERNET, 5: (ETHERTYPE, 0x8847)}.get(following)


def _geneve(cursor: Cursor) -> Next:
    at = cursor.take(8)  # RFC 8926
    cursor.take((cursor.data[at] & 0x3F) * 4)
    return ETHERTYPE, cursor.number(at + 2)


def _gtp_user(cursor: Cursor) -> Next:
    """3GPP TS 29.281: version 1, message 255 carries a packet; extension headers count 4-byte words."""
    at = cursor.take(8)
    if cursor.data[at] >> 5 != 1 or cursor.data[at + 1] != 255:
        return None
    if cursor.data[at] & 7:
        following = cursor.data[cursor.take(4) + 3]
        while following and cursor.data[at] & 4:
            extension = cursor.take(4)
            cursor.take(max(cursor.data[extension] - 1, 0) * 4)
            following = cursor.data[cursor.offset - 1]
    return _RAW_IP


def _layer_2_tunnelling(cursor: Cursor) -> Next:
    """RFC 2661 section 3.1: data messages carry PPP."""
    flags = cursor.number(cursor.take(2))
    if flags & 0x8000 or flags & 15 != 2:
        return None
    cursor.take((2 if flags & 0x4000 else 0) + 4 + (4 if flags & 0x0800 else 0))
    if flags & 0x0200:
        cursor.take(cursor.number(cursor.take(2)))
    return LINK_TYPE, 9


def _location_separation(cursor: Cursor) -> Next:
    cursor.take(8)  # RFC 9300
    return _RAW_IP


def _mpls(_cursor: Cursor) -> Next:
    return ETHERTYPE, 0x8847  # RFC 7510


def _teredo(_cursor: Cursor) -> Next:
    return _RAW_IP  # RFC 4380, without its optional indications


def _network_service(cursor: Cursor) -> Next:
    """RFC 8300: the length counts 4-byte words and includes the header's eight bytes."""
    at = cursor.take(8)
    cursor.take(max((cursor.data[at + 1] & 0x3F) * 4 - 8, 0))
    following = cursor.data[at + 3]
    return {1: (ETHERTYPE, 0x0800), 2: (ETHERTYPE, 0x86DD), 3: _ETHERNET, 5: (ETHERTYPE, 0x8847)}.get(following)


# The ports are the destination's: the other one is often a hash of the flow inside.
_OVER_UDP: dict[int, Layer] = {
    1701: _layer_2_tunnelling,
    2152: _gtp_user,
    3544: _teredo,
    4341: _location_separation,
    4789: _vxlan,
    4790: _vxlan_generic,
    6081: _geneve,
    6635: _mpls,
    8472: _vxlan,  # Linux before IANA gave VXLAN a port
}
TUNNEL_PORTS = frozenset(_OVER_UDP)

LAYERS: dict[tuple[int, int], Layer] = {
    (IP_PROTOCOL, 47): _generic_routing,
    (IP_PROTOCOL, 97): _ethernet_in_ip,
    (ETHERTYPE, 0x894F): _network_service,
    **{(UDP_PORT, port): layer for port, layer in _OVER_UDP.items()},
}

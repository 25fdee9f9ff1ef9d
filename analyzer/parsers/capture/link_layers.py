"""Link layers, and the tags and shims between them and IP."""

from __future__ import annotations

from typing import Final, Literal

from analyzer.parsers.capture.cursor import ETHERTYPE, IP_PROTOCOL, LINK_TYPE, PPP_PROTOCOL, Cursor, Layer

_IPV4, _IPV6, _MPLS, _BRIDGED = 0x0800, 0x86DD, 0x8847, 0x6558
_LLC: Final = (ETHERTYPE, 0)  # a length in the place of the type: no protocol has this number

Next = tuple[int, int] | None


def _ethernet(cursor: Cursor) -> Next:
    return _typed(cursor.number(cursor.take(14) + 12))


def _typed(ethertype: int) -> Next:
    """IEEE 802.3 section 3.2.6: up to 1500 it is a length, and an LLC header follows."""
    return _LLC if ethertype <= 1500 else (ETHERTYPE, ethertype)


def _llc(cursor: Cursor) -> Next:
    at = cursor.take(8)
    if cursor.data[at : at + 3] != b"\xaa\xaa\x03":
        return None
    return ETHERTYPE, cursor.number(at + 6)


def _tag(size: int) -> Layer:
    """Return the layer of a tag: `size` bytes, whose last two are the ethertype of what follows."""

    def tag(cursor: Cursor) -> Next:
        return _typed(cursor.number(cursor.take(size) + size - 2))

    return tag


def _linux_cooked(cursor: Cursor) -> Next:
    return _typed(cursor.number(cursor.take(16) + 14))


def _linux_cooked_2(cursor: Cursor) -> Next:
    return _typed(cursor.number(cursor.take(20)))


def _by_version(cursor: Cursor) -> Next:
    if cursor.offset >= cursor.end:
        return None
    version = cursor.data[cursor.offset] >> 4
    return {4: (ETHERTYPE, _IPV4), 6: (ETHERTYPE, _IPV6)}.get(version)


def _family(size: int) -> Layer:
    """Return the layer of BSD headers that begin with an address family, whose numbers differ: IP tells itself."""

    def family(cursor: Cursor) -> Next:
        cursor.take(size)
        return _by_version(cursor)

    return family


def _cisco_hdlc(cursor: Cursor) -> Next:
    return ETHERTYPE, cursor.number(cursor.take(4) + 2)


def _frame_relay(cursor: Cursor) -> Next:
    """RFC 2427: address (2), control (3), then a network layer protocol identifier, or a SNAP header."""
    at = cursor.take(4)
    identifier = cursor.data[at + 3]
    if identifier == 0 and cursor.offset < cursor.end:
        identifier = cursor.data[cursor.take(1)]
    if identifier == 0x80:
        return ETHERTYPE, cursor.number(cursor.take(5) + 3)
    return {0xCC: (ETHERTYPE, _IPV4), 0x8E: (ETHERTYPE, _IPV6)}.get(identifier)


def _point_to_point(cursor: Cursor) -> Next:
    """RFC 1661 and 1662: address and control may be left out, and the first byte of the protocol."""
    at = cursor.take(1)
    if cursor.data[at] == 0x0F or (cursor.data[at] == 0x8F and cursor.data[at + 1 : at + 2] == b"\x00"):
        cursor.offset = at
        return _cisco_hdlc(cursor)
    if cursor.data[at] == 0xFF:
        cursor.take(1)
        at = cursor.take(1)
    if cursor.data[at] & 1:
        return PPP_PROTOCOL, cursor.data[at]
    cursor.take(1)
    return PPP_PROTOCOL, cursor.number(at)


def _directed_ppp(cursor: Cursor) -> Next:
    cursor.take(1)
    return _point_to_point(cursor)


def _pppoe(cursor: Cursor) -> Next:
    at = cursor.take(6)
    cursor.bound(min(cursor.declared, cursor.offset + cursor.number(at + 4)))
    return _point_to_point(cursor)


def _mpls(cursor: Cursor) -> Next:
    """RFC 3032. What follows the last label is not said: IP tells itself; else it is a pseudowire (RFC 4448)."""
    while not cursor.data[cursor.take(4) + 2] & 1:
        pass
    if found := _by_version(cursor):
        return found
    if cursor.data[cursor.offset : cursor.offset + 1] == b"\x00":
        cursor.take(4)  # the control word
    return ETHERTYPE, _BRIDGED


def _packet_filter(cursor: Cursor) -> Next:
    """OpenBSD's and macOS' pflog: the first byte is the header's length, padded to four."""
    at = cursor.take(1)
    cursor.offset = at
    cursor.take((cursor.data[at] + 3) & ~3)
    return _by_version(cursor)


def _netfilter_log(cursor: Cursor) -> Next:
    """LINKTYPE_NFLOG: family, version, resource, then values in the capturing host's byte order; 9 is the packet."""
    cursor.take(4)
    while True:
        at = cursor.take(4)
        order: Literal["little", "big"] = "little" if cursor.data[at + 3] == 0 else "big"
        length = int.from_bytes(cursor.data[at : at + 2], order)
        if int.from_bytes(cursor.data[at + 2 : at + 4], order) == 9:
            return _by_version(cursor)
        cursor.take((max(length, 4) - 1) // 4 * 4)


LAYERS: dict[tuple[int, int], Layer] = {
    (LINK_TYPE, 0): _family(4),  # BSD loopback
    (LINK_TYPE, 1): _ethernet,
    (LINK_TYPE, 9): _point_to_point,
    (LINK_TYPE, 12): _by_version,  # raw IP, by the numbers of several systems
    (LINK_TYPE, 14): _by_version,
    (LINK_TYPE, 50): _point_to_point,
    (LINK_TYPE, 51): _pppoe,
    (LINK_TYPE, 101): _by_version,
    (LINK_TYPE, 104): _cisco_hdlc,
    (LINK_TYPE, 107): _frame_relay,
    (LINK_TYPE, 108): _family(4),  # OpenBSD loopback
    (LINK_TYPE, 109): _family(12),  # OpenBSD IPsec
    (LINK_TYPE, 113): _linux_cooked,
    (LINK_TYPE, 117): _packet_filter,
    (LINK_TYPE, 166): _directed_ppp,
    (LINK_TYPE, 204): _directed_ppp,
    (LINK_TYPE, 219): _mpls,
    (LINK_TYPE, 228): _by_version,
    (LINK_TYPE, 229): _by_version,
    (LINK_TYPE, 239): _netfilter_log,
    (LINK_TYPE, 276): _linux_cooked_2,
    _LLC: _llc,
    (ETHERTYPE, 0x0004): _llc,  # SLL: an 802.2 LLC frame
    (ETHERTYPE, _BRIDGED): _ethernet,
    (ETHERTYPE, 0x8100): _tag(4),  # IEEE 802.1Q
    (ETHERTYPE, 0x88A8): _tag(4),  # IEEE 802.1ad
    (ETHERTYPE, 0x9100): _tag(4),  # QinQ before the standard
    (ETHERTYPE, 0x9200): _tag(4),
    (ETHERTYPE, 0x9300): _tag(4),
    (ETHERTYPE, 0x8909): _tag(8),  # Cisco MetaData: version, length, options, security group tag
    (ETHERTYPE, 0x8926): _tag(6),  # VN-Tag
    (ETHERTYPE, 0x893F): _tag(8),  # IEEE 802.1BR
    (ETHERTYPE, 0x88E7): _tag(18),  # IEEE 802.1ah: service tag, then the customer's addresses
    (ETHERTYPE, _MPLS): _mpls,
    (ETHERTYPE, 0x8848): _mpls,
    (ETHERTYPE, 0x8864): _pppoe,
    (ETHERTYPE, 0x880B): _point_to_point,
    (PPP_PROTOCOL, 0x0021): lambda _cursor: (ETHERTYPE, _IPV4),
    (PPP_PROTOCOL, 0x0057): lambda _cursor: (ETHERTYPE, _IPV6),
    (PPP_PROTOCOL, 0x0281): lambda _cursor: (ETHERTYPE, _MPLS),
    (IP_PROTOCOL, 137): _mpls,  # RFC 4023
}

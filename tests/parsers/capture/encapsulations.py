"""What can lie around an IP packet in a capture: each with the link type of the file and the way to wrap a packet."""

from __future__ import annotations

import struct
from collections.abc import Callable

ETHERNET = bytes(12)
UDP = struct.Struct(">HHHH")


def ip(protocol: int, payload: bytes) -> bytes:
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, 0, 64, protocol, 0) + bytes(8) + payload


def udp(port: int, payload: bytes) -> bytes:
    return ETHERNET + b"\x08\x00" + ip(17, UDP.pack(50_000, port, 8 + len(payload), 0) + payload)


def over(protocol: int, header: bytes) -> Callable[[bytes], bytes]:
    return lambda packet: ETHERNET + b"\x08\x00" + ip(protocol, header + packet)


def framed(packet: bytes) -> bytes:
    return ETHERNET + b"\x08\x00" + packet


ENCAPSULATIONS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "802.1ah": (1, lambda p: ETHERNET + bytes.fromhex("88e7") + bytes(4) + framed(p)),
    "cisco metadata": (1, lambda p: ETHERNET + bytes.fromhex("8909 01 01 0001 0010 0800") + p),
    "metadata in a vlan": (1, lambda p: ETHERNET + bytes.fromhex("8100 0005 8909 01 01 0001 0010 0800") + p),
    "three tags": (1, lambda p: ETHERNET + bytes.fromhex("88a8 0001 8100 0002 9100 0003 0800") + p),
    "llc snap": (
        1,
        lambda p: ETHERNET + struct.pack(">H", 8 + min(len(p), 1400)) + bytes.fromhex("aaaa03 000000 0800") + p,
    ),
    "pppoe": (
        1,
        lambda p: ETHERNET + bytes.fromhex("8864 1100 0001") + struct.pack(">H", 2 + len(p)) + b"\x00\x21" + p,
    ),
    "mpls": (1, lambda p: ETHERNET + bytes.fromhex("8847 00010040 00020140") + p),
    "pseudowire": (1, lambda p: ETHERNET + bytes.fromhex("8847 00020140 00000000") + framed(p)),
    "ppp": (9, lambda p: b"\xff\x03\x00\x21" + p),
    "ppp compressed": (9, lambda p: b"\x21" + p),
    "cisco hdlc": (104, lambda p: b"\x0f\x00\x08\x00" + p),
    "frame relay": (107, lambda p: b"\x18\x41\x03\xcc" + p),
    "frame relay snap": (107, lambda p: b"\x18\x41\x03\x00\x80\x00\x00\x00\x08\x00" + p),
    "openbsd loopback": (108, lambda p: b"\x00\x00\x00\x02" + p),
    "pflog": (117, lambda p: b"\x3d" + bytes(63) + p),
    "nflog": (239, lambda p: bytes(4) + struct.pack("<HH4s", 8, 5, b"abcd") + struct.pack("<HH", 4 + len(p), 9) + p),
    "ip in ip": (1, over(4, b"")),
    "gre": (1, over(47, bytes.fromhex("0000 0800"))),
    "gre with all fields": (1, over(47, bytes.fromhex("b000 0800") + bytes(12))),
    "bridged gre": (1, lambda p: over(47, bytes.fromhex("2000 6558") + bytes(4))(framed(p))),
    "pptp": (1, over(47, bytes.fromhex("3081 880b") + bytes(12) + b"\xff\x03\x00\x21")),
    "erspan 2": (1, lambda p: over(47, bytes.fromhex("1000 88be 00000001") + bytes(8))(framed(p))),
    "erspan 3": (1, lambda p: over(47, bytes.fromhex("1000 22eb 00000001") + bytes(12))(framed(p))),
    "etherip": (1, lambda p: over(97, b"\x30\x00")(framed(p))),
    "authenticated": (1, over(51, bytes.fromhex("04 04 0000") + bytes(20))),
    "vxlan": (1, lambda p: udp(4789, b"\x08" + bytes(7) + framed(p))),
    "vxlan gpe": (1, lambda p: udp(4790, b"\x0c\0\0\x01" + bytes(4) + p)),
    "geneve": (1, lambda p: udp(6081, bytes.fromhex("01 00 6558 000001 00 01020304") + framed(p))),
    "geneve ip": (1, lambda p: udp(6081, bytes.fromhex("00 00 0800 000001 00") + p)),
    "gtp": (1, lambda p: udp(2152, bytes.fromhex("30 ff") + struct.pack(">H", len(p)) + bytes(4) + p)),
    "gtp extension": (1, lambda p: udp(2152, bytes.fromhex("34 ff 0000 00000001 0000 00 85 01 10 09 00") + p)),
    "l2tp": (
        1,
        lambda p: udp(1701, bytes.fromhex("4002") + struct.pack(">H", 0) + bytes(4) + b"\xff\x03\x00\x21" + p),
    ),
    "mpls in udp": (1, lambda p: udp(6635, bytes.fromhex("00020140") + p)),
    "nsh": (1, lambda p: ETHERNET + bytes.fromhex("894f 0fc2 01 01 00000100") + p),
    "gtp in vlan in qinq": (
        1,
        lambda p: (
            ETHERNET + bytes.fromhex("88a8 0001 8100 0002") + udp(2152, bytes.fromhex("30 ff 0000 00000000") + p)[12:]
        ),
    ),
}

"""Segments as frames, and frames as capture files."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from analyzer.evidence import Endpoint
from samples.builders.tcp import Segment

if TYPE_CHECKING:
    from types import ModuleType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Link(StrEnum):
    """The link layers that frames can be put on."""

    ETHERNET = "Ethernet"
    VLAN = "Ethernet with an 802.1Q tag"
    DOUBLE_VLAN = "Ethernet with an 802.1ad and an 802.1Q tag"
    LINUX_COOKED = "Linux cooked capture"
    LINUX_COOKED_2 = "Linux cooked capture v2"
    RAW = "raw IP"
    LOOPBACK = "BSD loopback"


LINK_TYPES = {
    Link.ETHERNET: 1,
    Link.VLAN: 1,
    Link.DOUBLE_VLAN: 1,
    Link.LINUX_COOKED: 113,
    Link.LINUX_COOKED_2: 276,
    Link.RAW: 101,
    Link.LOOPBACK: 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFrame:
    """A frame and the time that the capture gives it. `original_length`: what was on the wire, if it was cut."""

    time: datetime
    octets: bytes
    original_length: int | None = None

    def cut(self, snaplen: int) -> CapturedFrame:
        """Return what a capture with this snaplen keeps."""
        return replace(self, octets=self.octets[:snaplen], original_length=len(self.octets))


def frames(segments: Iterable[Segment], *, link: Link = Link.ETHERNET) -> tuple[CapturedFrame, ...]:
    """Make a frame of each segment: Ethernet, IPv4 or IPv6 as the addresses say, TCP with timestamps."""
    return tuple(CapturedFrame(time=s.time, octets=_tcp_octets(s, link)) for s in segments)


def datagrams(
    source: Endpoint,
    destination: Endpoint,
    *,
    start: datetime,
    count: int,
    size: int = 172,
    link: Link = Link.ETHERNET,
) -> tuple[CapturedFrame, ...]:
    """Make media-like UDP traffic: one RTP packet every 20 ms."""
    s = _scapy()
    made = []
    for number in range(count):
        payload = struct.pack(">BBHII", 0x80, 0, number & 0xFFFF, number * 160, 0x1234ABCD).ljust(size, b"\xd5")
        packet = _ip(source.address, destination.address) / s.UDP(sport=source.port, dport=destination.port) / payload
        made.append(
            CapturedFrame(
                time=start + timedelta(milliseconds=20 * number), octets=_linked(packet, source, destination, link)
            )
        )
    return tuple(made)


def merged(*captures: Iterable[CapturedFrame]) -> tuple[CapturedFrame, ...]:
    """Put several captures into the order of their times."""
    return tuple(sorted((frame for capture in captures for frame in capture), key=lambda frame: frame.time))


def pcap(
    captured: Iterable[CapturedFrame],
    *,
    link: Link = Link.ETHERNET,
    big_endian: bool = False,
    nanoseconds: bool = False,
) -> bytes:
    """Write a classic capture file, as tcpdump does."""
    order = ">" if big_endian else "<"
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, LINK_TYPES[link])
    record = struct.Struct(order + "IIII")
    parts = [header]
    for frame in captured:
        seconds, microseconds = divmod((frame.time - _EPOCH) // timedelta(microseconds=1), 1_000_000)
        fraction = microseconds * 1000 if nanoseconds else microseconds
        length = len(frame.octets)
        parts += [record.pack(seconds, fraction, length, frame.original_length or length), frame.octets]
    return b"".join(parts)


def pcapng(captured: Iterable[CapturedFrame], *, link: Link = Link.ETHERNET, big_endian: bool = False) -> bytes:
    """Write a capture file as Wireshark saves it: one section, one interface, enhanced packet blocks."""
    order = ">" if big_endian else "<"
    blocks = [
        _block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
        _block(order, 1, struct.pack(order + "HHI", LINK_TYPES[link], 0, 262144)),
    ]
    for frame in captured:
        ticks = (frame.time - _EPOCH) // timedelta(microseconds=1)
        length = len(frame.octets)
        fixed = struct.pack(
            order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, length, frame.original_length or length
        )
        blocks.append(_block(order, 6, fixed + _padded(frame.octets)))
    return b"".join(blocks)


def rotated(captured: Sequence[CapturedFrame], *, file_size: int, files: int) -> dict[int, tuple[CapturedFrame, ...]]:
    """Rotate as `tcpdump -C … -W …` does: a new file once the size is reached, the oldest overwritten.

    Returns the frames by file number; after wrapping, number 0 holds newer frames than the highest number.
    """
    rotation: dict[int, tuple[CapturedFrame, ...]] = {}
    for count, part in enumerate(_parts(captured, file_size)):
        rotation[count % files] = part
    return dict(sorted(rotation.items()))


def _parts(captured: Sequence[CapturedFrame], file_size: int) -> Iterator[tuple[CapturedFrame, ...]]:
    part: list[CapturedFrame] = []
    size = 24
    for frame in captured:
        if part and size >= file_size:
            yield tuple(part)
            part, size = [], 24
        part.append(frame)
        size += 16 + len(frame.octets)
    yield tuple(part)


def _tcp_octets(segment: Segment, link: Link) -> bytes:
    s = _scapy()
    ticks = (segment.time - _EPOCH) // timedelta(milliseconds=1) & 0xFFFFFFFF
    stamps = ("Timestamp", (ticks, 0 if segment.flags == "S" else ticks))
    opening = [("MSS", 1460), ("SAckOK", b""), stamps, ("NOP", None), ("WScale", 7)]
    tcp = s.TCP(
        sport=segment.source.port,
        dport=segment.destination.port,
        flags=segment.flags,
        seq=segment.sequence,
        ack=segment.acknowledgement,
        window=509,
        options=opening if "S" in segment.flags else [("NOP", None), ("NOP", None), stamps],
    )
    packet = _ip(segment.source.address, segment.destination.address) / tcp / segment.payload
    return _linked(packet, segment.source, segment.destination, link)


def _ip(source: str, destination: str) -> Any:
    s = _scapy()
    return s.IPv6(src=source, dst=destination) if ":" in source else s.IP(src=source, dst=destination, flags="DF")


def _linked(packet: Any, source: Endpoint, destination: Endpoint, link: Link) -> bytes:
    s = _scapy()
    version6 = ":" in source.address
    kind = 0x86DD if version6 else 0x0800
    ethernet = s.Ether(src=_hardware(source), dst=_hardware(destination))
    match link:
        case Link.ETHERNET:
            framed = ethernet / packet
        case Link.VLAN:
            framed = ethernet / s.Dot1Q(vlan=120) / packet
        case Link.DOUBLE_VLAN:
            framed = ethernet / s.Dot1AD(vlan=30) / s.Dot1Q(vlan=120) / packet
        case Link.LINUX_COOKED:
            framed = s.CookedLinux(pkttype=0, lladdrtype=1, lladdrlen=6, src=bytes(6), proto=kind) / packet
        case Link.LINUX_COOKED_2:
            framed = s.Raw(struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, bytes(8))) / packet
        case Link.RAW:
            framed = packet
        case Link.LOOPBACK:
            framed = s.Raw(struct.pack("<I", 30 if version6 else 2)) / packet
    return bytes(framed)


def _hardware(endpoint: Endpoint) -> str:
    """Return a locally administered address made of the last octets of the IP address."""
    tail = endpoint.address.encode()[-5:].rjust(5, b"0")
    return ":".join(f"{octet:02x}" for octet in b"\x02" + tail)


def _block(order: str, kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


@cache
def _scapy() -> ModuleType:
    """Load the layers on first use only: it takes most of a second."""
    import scapy.layers.all

    return scapy.layers.all

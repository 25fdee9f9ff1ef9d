"""Ways for a conversation to reach a capture: TCP's behaviour, IP's, what lies around it, and the file's format."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence
from datetime import timedelta

from analyzer.evidence import Endpoint, Side
from samples.builders.frames import CapturedFrame, Link, frames, pcap, pcapng
from samples.builders.tcp import Opening, Segment, conversation
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c
from tests.parsers.capture.encapsulations import ENCAPSULATIONS, framed

Packets = list[bytes]


def _talk(flights: Sequence[Flight], client: Endpoint, server: Endpoint, **options: object) -> list[Segment]:
    places = {"client": client, "server": server, "start": c.START}
    return list(conversation(flights, **(places | options)))  # type: ignore[arg-type]


def _in_pairs_swapped(segments: list[Segment]) -> list[Segment]:
    """Let data segments of one side overtake each other; opening and closing stay where they are."""
    swapped = list(segments)
    for at in range(3, len(swapped) - 4):
        first, second = swapped[at : at + 2]
        if first.payload and second.payload and first.source == second.source:
            swapped[at : at + 2] = second, first
    return swapped


def _twice(segments: list[Segment]) -> list[Segment]:
    return [segment for segment in segments for _ in range(2)]


TCP_BEHAVIOURS: dict[str, Callable[[Sequence[Flight], Endpoint, Endpoint], list[Segment]]] = {
    "plain": lambda flights, a, b: _talk(flights, a, b),
    "reordered": lambda flights, a, b: _in_pairs_swapped(_talk(flights, a, b, segment_size=400)),
    "every segment twice": lambda flights, a, b: _twice(_talk(flights, a, b)),
    "small segments": lambda flights, a, b: _talk(flights, a, b, segment_size=50),
    "offloaded": lambda flights, a, b: _talk(flights, a, b, segment_size=60_000),
    "without a SYN": lambda flights, a, b: _talk(flights, a, b, opening=Opening.NONE),
    "numbers that wrap": lambda flights, a, b: _talk(
        flights, a, b, first_sequence=dict.fromkeys(Side, 2**32 - 700), segment_size=500
    ),
}


def _unchanged(packets: Packets) -> Packets:
    return packets


def _without_length(packets: Packets) -> Packets:
    """Leave the total length out, as segmentation offload does."""
    return [packet[:2] + bytes(2) + packet[4:] for packet in packets]


def _in_fragments(packets: Packets) -> Packets:
    return [part for number, packet in enumerate(packets) for part in _fragments(packet, number)]


def _fragments(packet: bytes, number: int, size: int = 512) -> Packets:
    starts = range(20, len(packet), size)
    return [
        packet[:2]
        + struct.pack(">HHH", 20 + len(packet[at : at + size]), number, (at != starts[-1]) << 13 | (at - 20) // 8)
        + packet[8:20]
        + packet[at : at + size]
        for at in starts
    ]


IP_BEHAVIOURS: dict[str, Callable[[Packets], Packets]] = {
    "plain": _unchanged,
    "no total length": _without_length,
    "fragments": _in_fragments,
}

CARRIERS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "ethernet": (1, framed),
    "ethernet with padding": (1, lambda packet: framed(packet) + bytes(6)),
    "vlan": (1, lambda packet: bytes(12) + b"\x81\x00\x00\x78\x08\x00" + packet),
    "sll": (113, lambda packet: bytes(14) + b"\x08\x00" + packet),
    "sll2": (276, lambda packet: b"\x08\x00" + bytes(18) + packet),
    "loopback, little": (0, lambda packet: b"\x02\0\0\0" + packet),
    "loopback, big": (0, lambda packet: b"\0\0\0\x02" + packet),
    "raw": (101, lambda packet: packet),
    "ip 4 in ip 6": (101, lambda packet: struct.pack(">IHBB", 6 << 28, len(packet), 4, 64) + bytes(32) + packet),
    **ENCAPSULATIONS,
}


def _pcap(link: int, captured: Sequence[CapturedFrame], *, big_endian: bool, nanoseconds: bool) -> bytes:
    data = pcap(captured, big_endian=big_endian, nanoseconds=nanoseconds)
    return data[:20] + struct.pack((">" if big_endian else "<") + "I", link) + data[24:]


def _pcapng(link: int, captured: Sequence[CapturedFrame], *, big_endian: bool) -> bytes:
    data = pcapng(captured, big_endian=big_endian)
    return data[:36] + struct.pack((">" if big_endian else "<") + "H", link) + data[38:]


FORMATS: dict[str, Callable[[int, Sequence[CapturedFrame]], bytes]] = {
    "pcap": lambda link, captured: _pcap(link, captured, big_endian=False, nanoseconds=False),
    "pcap, big": lambda link, captured: _pcap(link, captured, big_endian=True, nanoseconds=False),
    "pcap, ns": lambda link, captured: _pcap(link, captured, big_endian=False, nanoseconds=True),
    "pcap, big, ns": lambda link, captured: _pcap(link, captured, big_endian=True, nanoseconds=True),
    "pcapng": lambda link, captured: _pcapng(link, captured, big_endian=False),
    "pcapng, big": lambda link, captured: _pcapng(link, captured, big_endian=True),
    "pcap.gz": lambda link, captured: gzip.compress(_pcap(link, captured, big_endian=False, nanoseconds=False), 1),
    "pcapng.gz": lambda link, captured: gzip.compress(_pcapng(link, captured, big_endian=False), 1),
}


def ip_packets(segments: Sequence[Segment]) -> Packets:
    """Return the segments as IP packets: those of IPv4 without Scapy, for speed."""
    if ":" in segments[0].source.address:
        return [frame.octets for frame in frames(segments, link=Link.RAW)]
    return [frame.octets[14:] for frame in c.plain(segments)]


def captured(octets: Sequence[bytes]) -> list[CapturedFrame]:
    """Give frames the times of a capture."""
    return [
        CapturedFrame(time=c.START + timedelta(microseconds=80 * number), octets=frame)
        for number, frame in enumerate(octets)
    ]

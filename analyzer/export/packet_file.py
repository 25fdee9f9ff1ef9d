"""Writes pieces of captured frames as a pcapng with a comment on each, by Scapy."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from analyzer.export.handshake_bytes import Piece
from analyzer.parsers.capture.cursor import ShortFrameError
from analyzer.parsers.capture.fragments import FragmentTable
from analyzer.parsers.capture.segments import SegmentFinder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Scapy's own imports use what newer libraries call deprecated
    import scapy.layers.all  # noqa: F401 - registers the link types
    from scapy.config import conf
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.packet import Packet, Raw
    from scapy.utils import PcapNgWriter

logging.getLogger("scapy").setLevel(logging.CRITICAL)  # what it has to say about damaged bytes is said here

_COMPUTED = ("len", "plen", "chksum")
_MICROSECONDS = 1_000_000


def write_packets(pieces: Iterable[tuple[Piece, tuple[str, ...]]], path: Path) -> None:
    """Write frames with their comments to a file. Each capture and link type is an interface of its own."""
    with PcapNgWriter(str(path)) as writer:
        for piece, comments in pieces:
            packet = _packet(piece)
            # The writer cuts to the microsecond, and a float may lie a little below the one that is meant.
            packet.time = (piece.taken.nanoseconds // 1000 + 0.4) / _MICROSECONDS
            packet.sniffed_on = f"{piece.taken.capture} ({packet.name}, by expressway-analyzer)"
            packet.comments = [comment.encode("utf-8", "replace") for comment in comments]
            writer.write(packet)


def _packet(piece: Piece) -> Packet:
    """Return a frame as it was captured, or with a shorter payload; where its layers are not understood, as IP."""
    taken = piece.taken
    layer = conf.l2types.num2layer.get(taken.link)
    if layer is not None:
        try:
            packet = layer(taken.octets)
            if not piece.left_out:
                packet.wirelen = taken.original
                return packet
            shortened = layer(bytes(_shortened(packet, piece)))
            if _says_just(shortened, piece):
                return shortened
        except Exception:  # noqa: BLE001, S110 - foreign code on damaged bytes: the frame is built anew
            pass
    return _rebuilt(piece)


def _shortened(packet: Packet, piece: Piece) -> Packet:
    """Replace the payload of the innermost TCP, and have all lengths and checksums computed again."""
    number = 1
    segment = packet[TCP]
    while (inside := packet.getlayer(TCP, nb=number + 1)) is not None:
        segment, number = inside, number + 1
    segment.remove_payload()
    segment.seq = (piece.taken.segment.sequence + piece.skipped) & 0xFFFFFFFF
    if piece.payload:
        segment.add_payload(Raw(piece.payload))
    inner: Packet | None = packet
    while inner:
        for name in _COMPUTED:
            if name in inner.fields:
                del inner.fields[name]
        inner.raw_packet_cache = None
        inner = inner.payload
    return packet


def _says_just(packet: Packet, piece: Piece) -> bool:
    """Whether a shortened frame, read as a capture's, holds the segment that is meant and not a byte behind it."""
    octets, taken = bytes(packet), piece.taken
    try:
        segment = SegmentFinder(FragmentTable()).find(octets, taken.link, 0, len(octets), len(octets), 0)
    except ShortFrameError:
        return False
    return (
        segment is not None
        and segment.key == taken.segment.key
        and bytes(segment.data[segment.start :]) == piece.payload
    )


def _rebuilt(piece: Piece) -> Packet:
    """Build a packet of the segment alone, without what carried it."""
    segment = piece.taken.segment
    size = (len(segment.key) - 4) // 2
    source, destination = segment.key[:size], segment.key[size : 2 * size]
    ports = segment.key[2 * size :]
    layer = IPv6 if size == 16 else IP
    packet = layer(src=ip_address(source).compressed, dst=ip_address(destination).compressed) / TCP(
        sport=int.from_bytes(ports[:2], "big"),
        dport=int.from_bytes(ports[2:], "big"),
        seq=(segment.sequence + piece.skipped) & 0xFFFFFFFF,
        ack=segment.ack_number,
        flags=segment.flags,
    )
    return packet / Raw(piece.payload) if piece.payload else packet

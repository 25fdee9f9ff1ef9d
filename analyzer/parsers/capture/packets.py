"""From the frames of one capture file to the TCP segments in them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from analyzer.parsers.capture.cursor import ShortFrameError
from analyzer.parsers.capture.files import PcapHeader, check_length, pcap_frames, pcapng_frames, read_pcap_header
from analyzer.parsers.capture.flows import FlowTable
from analyzer.parsers.capture.fragments import FragmentTable
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.segments import SegmentFinder
from analyzer.parsers.capture.tcp import ACK, FAR
from analyzer.parsers.capture.tunnels import TUNNEL_PORTS
from analyzer.parsers.capture.window import Window

_SECOND: Final = 1_000_000_000
_FRAME_HEADER: Final = 16
_ETHERNET: Final = 1
_IPV4, _IPV6 = 0x0800, 0x86DD
_WITHOUT_OPTIONS: Final = 0x45  # version 4, a header of five words
_FRAGMENT_BITS = 0x3FFF  # more fragments, or an offset
_TCP: Final = 6
_UDP: Final = 17
_NO_TIME: Final = -1
_TO_TCP_FLAGS: Final = 54
_FIN_SYN_RST: Final = 7
_HANDSHAKE_RECORD: Final = 0x16
# The first bytes of the ports of tunnels: what goes to none of them is no tunnel, the rest is looked at closer.
_TUNNEL_PAGES: Final = frozenset(port >> 8 for port in TUNNEL_PORTS)
# The total length, then addresses, ports and all up to the TCP flags (RFC 791 section 3.1, RFC 9293 section 3.1).
_PLAIN_TCP = struct.Struct(">H8x12sIIBB")


class TimeRange:
    """The earliest and the latest of some times, in nanoseconds since 1970; None: there was none."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def add(self, time: int) -> None:
        """Extend the range."""
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)


class _EthernetLayout(Struct, frozen=True):
    """What is looked at in each frame of a classic capture of Ethernet, as the capture's byte order reads it.

    Attributes:
        read_fields: gives seconds, fraction, captured and original length; the type, and of plain IPv4 version,
            fragment bits, protocol and the first byte of the destination port.
    """

    read_fields: Callable[[bytearray, int], tuple[int, ...]]
    ipv4: int
    ipv6: int
    fragment_bits: int


class PacketReader:
    """Reads one capture file into a table of connections.

    Attributes:
        packets: frames read.
        cut_frames: of these, cut by the snaplen.
        lost_segments: TCP segments with payload that the snaplen cut, in connections that were still read.
        cut_headers: frames that the snaplen cut before the end of their TCP headers.
    """

    def __init__(self, name: str, order: int, table: FlowTable, fragments: FragmentTable) -> None:
        self.packets = 0
        self.cut_frames = 0
        self.lost_segments = 0
        self.cut_headers = 0
        self.times = TimeRange()
        self._name = name
        self._order = order
        self._table = table
        self._segments = SegmentFinder(fragments)

    @property
    def unknown_links(self) -> Mapping[int, int]:
        """Frames by link types that could not be read."""
        return self._segments.unknown_links

    def read(self, window: Window) -> None:
        """Read a capture file to its end.

        Raises:
            DamageError: where the rest cannot be read.
        """
        header = read_pcap_header(window)
        if header is not None and header.link == _ETHERNET and header.frame_header == _FRAME_HEADER:
            self._read_ethernet(window, header)
            return
        time = 0
        for frame in pcapng_frames(window) if header is None else pcap_frames(window, header):
            self.packets += 1
            self.cut_frames += frame.end - frame.start < frame.original
            if frame.nanoseconds is not None:
                time = frame.nanoseconds
                self.times.add(time)
            self._walk(window.buffer, frame.link, frame.start, frame.end, frame.original, time)

    def _read_ethernet(self, window: Window, header: PcapHeader) -> None:
        """Read a classic capture of Ethernet, one windowful after the other."""
        layout = _layout_in(header.order)
        while True:
            self._read_window(window, layout, header.unit)
            if not window.refill():
                break
        if window.failure or window.end > window.start:
            raise window.cut(self.packets + 1)

    def _read_window(self, window: Window, layout: _EthernetLayout, unit: int) -> None:
        """Read the frames that the window holds whole: the one loop that decides how fast this program is.

        It is in one piece, for a call costs as much as all that is done for most frames. One `unpack_from` per frame
        fetches its header and what tells the kinds of frames apart. Plain UDP is left at once, plain TCP of a
        connection that is of no more interest costs one look into the table, and whatever is not plain takes the
        walk. `unpack_from` may look beyond a short frame: the window has slack for that, and the lengths are checked
        before anything from there is used.
        """
        read_fields, fragment_bits = layout.read_fields, layout.fragment_bits
        ipv4, ipv6 = layout.ipv4, layout.ipv6
        read_tcp, receive, directions = _PLAIN_TCP.unpack_from, self._table.receive, self._table.directions
        buffer, position, end = window.buffer, window.start, window.end
        number, cut = self.packets, self.cut_frames
        second, before = _NO_TIME, 0
        try:
            while position + _FRAME_HEADER <= end:
                seconds, fraction, captured, original, ethertype, version, fragment, protocol, port = read_fields(
                    buffer, position
                )
                following = position + _FRAME_HEADER + captured
                if following > end:
                    check_length(captured, number + 1, window.offset + position)
                    break
                number += 1
                if (
                    protocol == _UDP
                    and ethertype == ipv4
                    and version == _WITHOUT_OPTIONS
                    and port not in _TUNNEL_PAGES
                    and captured == original
                    and seconds == second
                    and before <= fraction
                    and not fragment & fragment_bits
                ):
                    position, before = following, fraction
                    continue
                start = position + _FRAME_HEADER
                position = following
                cut += captured < original
                if seconds != second or fraction < before:
                    # Times nearly always rise, so that the range can only have grown where they do not.
                    if second != _NO_TIME:
                        self.times.add(second * _SECOND + before * unit)
                    self.times.add(seconds * _SECOND + fraction * unit)
                    second = seconds
                before = fraction

                if ethertype == ipv4 and version == _WITHOUT_OPTIONS and not fragment & fragment_bits:
                    if protocol == _UDP and port not in _TUNNEL_PAGES:
                        continue
                    if protocol == _TCP and captured >= _TO_TCP_FLAGS:
                        total, key, sequence, ack_number, offset, flags = read_tcp(buffer, start + 16)
                        payload = start + 34 + (offset >> 4 << 2)
                        stop = start + 14 + total if total else following
                        direction = directions.get(key)
                        if flags & _FIN_SYN_RST:
                            pass
                        elif payload < stop:
                            if (
                                direction is not None
                                and not direction.reading
                                and buffer[payload] != _HANDSHAKE_RECORD
                            ):
                                continue
                        else:
                            if direction is not None and direction.reading and flags & ACK:
                                peer = direction.peer
                                if (
                                    peer.first_ack is not None
                                    and direction.connection.established
                                    and not peer.queue
                                    and 0 <= ack_number - (peer.last_ack or 0) < FAR
                                ):
                                    peer.last_ack = ack_number
                                else:
                                    direction.hear_acknowledgement(ack_number, seconds * _SECOND + fraction * unit)
                            continue
                        missing = 0
                        if stop > following:
                            missing = stop - max(payload, following)
                            stop = following
                            self.lost_segments += missing > 0
                        data = bytes(window.view[payload:stop])
                        place = Place(self._order, number, self._name, seconds * _SECOND + fraction * unit)
                        receive(key, sequence, ack_number, flags, data, missing, place)
                        continue
                elif ethertype == ipv6 and buffer[start + 20] == _UDP and buffer[start + 56] not in _TUNNEL_PAGES:
                    continue
                self.packets = number
                self._walk(buffer, _ETHERNET, start, following, original, seconds * _SECOND + fraction * unit)
        finally:
            window.start, self.packets, self.cut_frames = position, number, cut
            if second != _NO_TIME:
                self.times.add(second * _SECOND + before * unit)

    def _walk(self, data: bytes | bytearray, link: int, start: int, end: int, original: int, time: int) -> None:
        """Take any frame to its TCP segment, whatever lies between."""
        try:
            segment = self._segments.find(data, link, start, end, original, time)
        except ShortFrameError:
            self.cut_headers += 1
            return
        if segment is not None:
            place = Place(self._order, self.packets, self._name, time)
            direction = self._table.directions.get(segment.key)
            self.lost_segments += segment.missing > 0 and (direction is None or direction.reading)
            payload = bytes(segment.data[segment.start : segment.end])
            self._table.receive(
                segment.key, segment.sequence, segment.ack_number, segment.flags, payload, segment.missing, place
            )


def _layout_in(order: str) -> _EthernetLayout:
    """Return the layout for a capture in this byte order, which reads the numbers of the network order in its own."""

    def read(number: int) -> int:
        return number if order == ">" else (number & 0xFF) << 8 | number >> 8

    fields = struct.Struct(order + "IIII12xHB5xHxB12xB")
    return _EthernetLayout(fields.unpack_from, read(_IPV4), read(_IPV6), read(_FRAGMENT_BITS))

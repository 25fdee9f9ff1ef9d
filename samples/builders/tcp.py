"""What TCP makes of a conversation: segments with sequence numbers, acknowledgements and times."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from analyzer.evidence import Endpoint, Side
from samples.builders.transcript import Flight

ETHERNET_MSS = 1448  # 1500 octets of IPv4 packet, less 40 of headers and 12 of timestamps
OFFLOADED = 60_000  # what generic receive offload hands to the capture as one frame

ONE_WAY = timedelta(microseconds=420)
THINKING = timedelta(milliseconds=3)


class Opening(StrEnum):
    """How much of the start is there."""

    WHOLE = "SYN, SYN-ACK, ACK"
    UNANSWERED = "SYN without an answer"
    REFUSED = "SYN answered by RST"
    NONE = "starts in the middle"


class Closing(StrEnum):
    """How it ends."""

    FIN = "FIN from both sides"
    RESET = "RST"
    NONE = "still open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One TCP segment. `flags` in Scapy's letters (`S`, `SA`, `PA`, `FA`, `R`)."""

    time: datetime
    source: Endpoint
    destination: Endpoint
    flags: str
    sequence: int
    acknowledgement: int
    payload: bytes = b""


@dataclass(slots=True)
class _Line:
    """The running state of both directions."""

    ends: Mapping[Side, Endpoint]
    sequence: dict[Side, int]
    time: datetime

    def segment(self, sender: Side, flags: str, payload: bytes = b"") -> Segment:
        segment = Segment(
            time=self.time,
            source=self.ends[sender],
            destination=self.ends[sender.other],
            flags=flags,
            sequence=self.sequence[sender],
            acknowledgement=self.sequence[sender.other] if "A" in flags else 0,
            payload=payload,
        )
        self.sequence[sender] = (self.sequence[sender] + len(payload) + ("S" in flags or "F" in flags)) % 2**32
        return segment

    def wait(self, span: timedelta) -> None:
        self.time += span


def conversation(
    flights: Iterable[Flight],
    *,
    client: Endpoint,
    server: Endpoint,
    start: datetime,
    opening: Opening = Opening.WHOLE,
    closing: Closing = Closing.FIN,
    closed_by: Side = Side.CLIENT,
    segment_size: int | Mapping[Side, int] = ETHERNET_MSS,
    one_way: timedelta = ONE_WAY,
    thinking: timedelta = THINKING,
    first_sequence: Mapping[Side, int] | None = None,
) -> tuple[Segment, ...]:
    """Put flights on a TCP connection, as a tap near the middle sees it.

    Args:
        flights: what is said, in order; the client is whoever sends the SYN.
        client: the side that sends the SYN.
        server: the side that answers it.
        start: time of the SYN.
        opening: how much of the start is there.
        closing: how it ends; `closed_by` says which side begins.
        closed_by: the side that sends the first FIN, or the RST.
        segment_size: payload octets per segment, for both sides or each.
        one_way: time between the two ends.
        thinking: what a side takes to answer a flight.
        first_sequence: initial sequence numbers; None: made from the addresses.
    """
    line = _Line(
        ends={Side.CLIENT: client, Side.SERVER: server},
        sequence=dict(first_sequence or {side: _first_sequence(client, server, side) for side in Side}),
        time=start,
    )
    sizes = segment_size if isinstance(segment_size, Mapping) else dict.fromkeys(Side, segment_size)
    segments = list(_open(line, opening, one_way))
    if opening in {Opening.WHOLE, Opening.NONE}:
        for flight in flights:
            line.wait(thinking)
            segments += _say(line, flight, sizes[flight.sender], one_way)
        line.wait(one_way)
        segments += _close(line, closing, closed_by, one_way)
    return tuple(segments)


def shifted(segments: Iterable[Segment], span: timedelta) -> tuple[Segment, ...]:
    """Return the segments as a box sees them whose clock differs, or that stands further away."""
    return tuple(replace(segment, time=segment.time + span) for segment in segments)


def from_middle(segments: Sequence[Segment], skip: int) -> tuple[Segment, ...]:
    """Leave out the first segments, as a capture does that starts late."""
    return tuple(segments[skip:])


def without_payload(segments: Iterable[Segment], index: int) -> tuple[Segment, ...]:
    """Lose the segment that is the `index`-th to carry data."""
    carriers = [segment for segment in segments if segment.payload]
    lost = carriers[index]
    return tuple(segment for segment in segments if segment is not lost)


def _open(line: _Line, opening: Opening, one_way: timedelta) -> Iterator[Segment]:
    if opening is Opening.NONE:
        return
    first = line.segment(Side.CLIENT, "S")
    yield first
    if opening is Opening.UNANSWERED:
        for delay in (1, 3, 7):  # RFC 6298: retransmissions after 1, 2 and 4 s
            yield replace(first, time=first.time + timedelta(seconds=delay))
        return
    line.wait(one_way)
    if opening is Opening.REFUSED:
        yield line.segment(Side.SERVER, "RA")
        return
    yield line.segment(Side.SERVER, "SA")
    line.wait(one_way)
    yield line.segment(Side.CLIENT, "A")


def _say(line: _Line, flight: Flight, size: int, one_way: timedelta) -> Iterator[Segment]:
    starts = range(0, len(flight.payload), size)
    for start in starts:
        line.wait(timedelta(microseconds=12))
        flags = "PA" if start == starts[-1] else "A"
        yield line.segment(flight.sender, flags, flight.payload[start : start + size])
    line.wait(one_way)
    yield line.segment(flight.sender.other, "A")


def _close(line: _Line, closing: Closing, closed_by: Side, one_way: timedelta) -> Iterator[Segment]:
    if closing is Closing.RESET:
        yield line.segment(closed_by, "RA")
    if closing is Closing.FIN:
        yield line.segment(closed_by, "FA")
        line.wait(one_way)
        yield line.segment(closed_by.other, "FA")
        line.wait(one_way)
        yield line.segment(closed_by, "A")


def _first_sequence(client: Endpoint, server: Endpoint, side: Side) -> int:
    return int.from_bytes(hashlib.sha256(f"{client} {server} {side}".encode()).digest()[:4])

"""Which bytes of a connection are handshake records (alerts, too): what an excerpt may hold, and nothing beyond."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from analyzer.export.excerpt import Taken
from analyzer.parsers.capture.tcp import SYN

# A hello of either side in its record (RFC 8446 section 4 and 5.1); what stands before it is no TLS.
_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..[\x01\x02]\x00", re.DOTALL)
_RECORD = re.compile(rb"[\x14-\x16]\x03[\x00-\x04]", re.DOTALL)
_HEADER = 5
_LARGEST_RECORD = (1 << 14) + 2048
_SSL2_CLIENT_HELLO = 1


class Piece(Struct, frozen=True, kw_only=True):
    """A frame with what is kept of its payload: `payload`, which `skipped` bytes of the segment precede."""

    taken: Taken
    skipped: int
    payload: bytes

    @property
    def left_out(self) -> int:
        """How many bytes of the payload are not kept."""
        return len(self.taken.segment.data) - len(self.payload)


def pieces_of(frames: Sequence[Taken], named: frozenset[tuple[str, int]]) -> list[Piece]:
    """Return what may be shown of a connection's frames, in their order.

    Kept are SYNs, what carries handshake records, and the frames that the report names (`named`: capture and frame
    number), these without payload if theirs is none. What only repeats earlier bytes is left out.
    """
    ranges = {key: _ranges(frames, key) for key in {taken.segment.key for taken in frames}}
    seen: set[tuple[bytes, int, int]] = set()
    pieces = []
    for taken in frames:
        is_named = (taken.capture, taken.number) in named
        key = taken.segment.key
        kept = list(_kept(taken, ranges[key]))
        fresh = [piece for piece in kept if is_named or _mark(piece) not in seen]
        seen.update(map(_mark, kept))
        if not fresh and (is_named or taken.segment.flags & SYN):
            fresh = [Piece(taken=taken, skipped=0, payload=b"")]
        pieces += fresh
    return pieces


def without_payload(taken: Taken) -> Piece:
    """Return a frame with its headers alone."""
    return Piece(taken=taken, skipped=0, payload=b"")


def _mark(piece: Piece) -> tuple[bytes, int, int]:
    segment = piece.taken.segment
    return segment.key, (segment.sequence + piece.skipped) & 0xFFFFFFFF, len(piece.payload)


def _kept(taken: Taken, ranges: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Cut a segment to the sequence numbers that are kept."""
    payload, sequence = taken.payload, taken.segment.sequence
    for begin, length in ranges:
        first = _distance(begin, sequence)
        start, end = max(first, 0), min(first + length, len(payload))
        if start < end:
            yield Piece(taken=taken, skipped=start, payload=payload[start:end])


def _ranges(frames: Sequence[Taken], key: bytes) -> list[tuple[int, int]]:
    """Return where a direction's handshake records lie: sequence number and length."""
    segments = [taken for taken in frames if taken.segment.key == key and taken.payload]
    if not segments:
        return []
    base = segments[0].segment.sequence
    segments.sort(key=lambda taken: _distance(taken.segment.sequence, base))
    found: list[tuple[int, int]] = []
    run, start = bytearray(), base
    for taken in segments:
        at = _distance(taken.segment.sequence, start)
        if at > len(run):  # a segment is missing: what follows is read for itself
            found += _in_run(run, start)
            run, start, at = bytearray(), taken.segment.sequence, 0
        run += taken.payload[max(len(run) - at, 0) :]
    return [*found, *_in_run(run, start)]


def _in_run(run: bytearray, start: int) -> Iterator[tuple[int, int]]:
    """Return the handshake records of bytes without a gap, up to the first record of data."""
    hello = _HELLO.search(run)
    at = begin = hello.start() if hello else 0
    if not hello and len(run) > 2 and run[0] & 0x80 and run[2] == _SSL2_CLIENT_HELLO:
        at = ((run[0] & 0x7F) << 8 | run[1]) + 2
    while _RECORD.match(run, at) and len(run) >= at + _HEADER:
        length = run[at + 3] << 8 | run[at + 4]
        if length > _LARGEST_RECORD:
            break
        at += _HEADER + length
    if at > begin:
        yield (start + begin) & 0xFFFFFFFF, min(at, len(run)) - begin


def _distance(sequence: int, base: int) -> int:
    """Return how far a sequence number lies behind another one; negative: before it (RFC 9293 section 3.4)."""
    return ((sequence - base + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)

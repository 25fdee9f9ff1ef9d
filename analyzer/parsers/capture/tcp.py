"""TCP: which bytes of a connection follow one another, and what is missing.

Segments come late, twice, overlapping or not at all; connections begin before the capture does, their ports are
used again, and sequence numbers wrap (RFC 9293). Of bytes that came twice, the first copy counts.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct, field

from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.search import begins_hello
from analyzer.parsers.capture.stream import Stream

if TYPE_CHECKING:
    from analyzer.parsers.capture.connection import Connection

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10

_HALF: Final = 1 << 31
_WRAP: Final = 1 << 32
# Acknowledgements of what the capture lacks, after which it is not waited for: frames of a capture may change places.
_PATIENCE: Final = 8
# A segment this far from where the connection is belongs to another one on the same ports.
FAR: Final = 1 << 24
# Segments without a hello, at most, that wait for earlier ones where the beginning was not captured.
_LATE_SEGMENTS: Final = 16
# What a segment that waits takes beside its payload: its place in the queue, its frame, the objects' own headers.
_QUEUED_SEGMENT: Final = 300


class Direction(Struct, eq=False):
    """One direction of a connection.

    Attributes:
        sender: 0 for the end whose packet was captured first, else 1.
        peer: the other direction; the connection, which makes both, sets it.
        reading: segments are still put in order; False: only opening and closing are looked at.
        initial: sequence number of the SYN; None: not captured.
        base: unwrapped sequence number of the first byte that was read; None: none yet.
        reference: what numbers are unwrapped near to until there is a position.
        position: unwrapped sequence number of the next byte; None: not known yet.
        heard: a packet of it was captured.
        first_ack: the other end's first acknowledgement of it, as on the wire; None: none captured.
        last_ack: the other end's last one, likewise.
        ended: sequence number of its FIN or RST, likewise.
        payload: bytes of payload seen.
        banner: the first line, if it is the one of SSH.
        gaps: losses that were given up.
        queue: segments behind a gap: where they begin, order of arrival, payload, bytes cut off, frame.
        arrivals: segments that had to wait so far, which numbers them in the queue.
        queued: bytes that it takes; `doubts`: acknowledgements of what it waits for.
        accounted: bytes that the table of connections has on its account for it.
    """

    connection: Connection
    sender: int
    stream: Stream
    peer: Direction = cast("Direction", None)
    reading: bool = True
    initial: int | None = None
    base: int | None = None
    position: int | None = None
    reference: int | None = None
    heard: bool = False
    first_ack: int | None = None
    last_ack: int | None = None
    ended: int | None = None
    payload: int = 0
    banner: str | None = None
    gaps: int = 0
    queue: list[tuple[int, int, bytes, int, Place]] = field(default_factory=list)
    arrivals: int = 0
    queued: int = 0
    doubts: int = 0
    accounted: int = 0

    @property
    def held(self) -> int:
        """Bytes that wait for more."""
        return self.queued + self.stream.buffered

    def unwrap(self, sequence: int) -> int:
        """Return a sequence number without wrapping, near where the direction is."""
        reference = self.position if self.position is not None else self.reference
        if reference is None:
            self.reference = reference = sequence + _WRAP
        return reference + ((sequence - reference + _HALF) % _WRAP) - _HALF

    def synchronize(self, sequence: int) -> None:
        """Take the sequence number of a SYN. Another one than before: nothing came of the first attempt."""
        if self.initial not in {None, sequence}:
            self.position = self.reference = self.ended = None
            self.drop()
        self.initial = sequence
        if self.position is None:
            self.position = self.unwrap((sequence + 1) % _WRAP)

    def is_begun_by(self, ack_number: int) -> bool:
        """Whether an acknowledgement is one of its SYN alone."""
        return self.initial is not None and ack_number == (self.initial + 1) % _WRAP

    def follows(self, sequence: int) -> bool:
        """Whether what was read begins right behind a SYN with this sequence number."""
        return self.base is None or self.unwrap((sequence + 1) % _WRAP) == self.base

    def drop(self) -> None:
        """Forget what waits for earlier segments."""
        self.queue.clear()
        self.queued = self.doubts = 0

    def is_elsewhere(self, sequence: int) -> bool:
        """Whether a segment is so far away that it must belong to another connection on the same ports."""
        return self.position is not None and FAR < (sequence - self.position) % _WRAP < _WRAP - FAR

    def is_of_another(self, sequence: int) -> bool:
        """Whether a ClientHello at this number must belong to another connection on the same ports."""
        if self.is_elsewhere(sequence):
            return True
        at = self.unwrap(sequence)
        if self.base is not None and at < self.base and (self.ended is not None or not self.reading):
            return True
        if self.reading:
            return self.ended is not None and at >= self.unwrap(self.ended)
        return self.position is None or at >= self.position

    def is_ahead(self, sequence: int) -> bool:
        """Whether a segment lies behind what was read."""
        return self.position is not None and self.unwrap(sequence) >= self.position

    def accept(self, sequence: int, data: bytes, missing: int, place: Place) -> None:
        """Take a segment's payload, of which `missing` bytes more were not captured."""
        position = self.position
        if position is not None and position % _WRAP == sequence and not missing and not self.queue:
            if self.base is None:
                self.base = position
            self.position = position + len(data)
            self.stream.feed(data, place)
            return
        at = self.unwrap(sequence)
        if self.position is None and begins_hello(data):
            self.position = at
        if self.position is None or at > self.position:
            self.arrivals += 1
            heapq.heappush(self.queue, (at, self.arrivals, data, missing, place))
            self.queued += len(data) + _QUEUED_SEGMENT
            if self.position is None and len(self.queue) > _LATE_SEGMENTS:
                self.skip_gap()
            return
        self._deliver(at, data, missing, place)
        while self.queue and self.queue[0][0] <= self.position:
            self._deliver(*self._pop(), place)
        if not self.queue:
            self.doubts = 0

    def hear_acknowledgement(self, number: int, nanoseconds: int) -> None:
        """Take what a packet of it acknowledges of what the other end sent."""
        self.heard = True
        connection = self.connection
        if connection.established_at is None and self.sender == connection.opener:
            connection.established = True  # the SYN-ACK itself may not be in the capture
            connection.established_at = nanoseconds
        self.peer.acknowledge(number)

    def acknowledge(self, number: int) -> None:
        """Take the other end's word for what it has received: a gap before that will not be filled any more."""
        if self.first_ack is None or self.last_ack is None:
            self.first_ack = self.last_ack = number
        elif 0 < (number - self.last_ack) % _WRAP < _HALF:
            self.last_ack = number
        elif 0 < (self.first_ack - number) % _WRAP < _HALF:
            self.first_ack = number  # it was overtaken
        if self.queue and self.unwrap(number) > self.queue[0][0]:
            self.doubts += 1
            if self.doubts >= _PATIENCE:
                self.skip_gap()

    def skip_gap(self) -> None:
        """Go on behind a gap; what was received there shows in its own frames."""
        self.doubts = 0
        expected = self._expected()
        if expected is not None and expected < self.queue[0][0]:
            self.gaps += 1
            self.stream.lose()
        self.position = self.queue[0][0]
        while self.queue and self.queue[0][0] <= self.position:
            own = self.queue[0][4]
            self._deliver(*self._pop(), own)

    def stop(self) -> None:
        """Read no further: nothing more is to be learned here."""
        self.reading = False
        self.drop()
        self.stream.drop()

    def resume(self) -> None:
        """Read again, from wherever the next segment begins: TLS begins behind a preamble that was given up."""
        self.reading = True
        self.position = self.reference = self.base = self.first_ack = self.last_ack = None
        self.stream.searched = 0

    def end(self, sequence: int) -> None:
        """Take the sequence number of its FIN or RST, the number behind its last byte."""
        if self.ended is None:
            self.ended = sequence % _WRAP

    def forget(self) -> None:
        """Keep no more than what tells its late segments from another connection's."""
        del self.stream
        self.payload = min(self.payload, 1)
        if self.position is not None:
            self.reference = None

    def use_queue(self) -> None:
        """Use what waits for earlier segments: none comes any more."""
        while self.queue:
            self.skip_gap()

    def is_behind(self) -> bool:
        """Whether bytes of it must have been sent that were not captured."""
        expected = self._expected()
        if expected is None:
            return False
        # An acknowledgement counts a FIN as one, which is no byte.
        if self.last_ack is not None and self.unwrap(self.last_ack) > expected + 1:
            return True
        return self.ended is not None and expected < self.unwrap(self.ended) < expected + FAR

    def is_waiting(self) -> bool:
        """Whether segments of it may still come that others overtook."""
        return self.heard and (bool(self.queue) or self.is_behind())

    def _expected(self) -> int | None:
        """Return the unwrapped number of the next byte, by the first acknowledgement if nothing was read."""
        if self.position is None and self.first_ack is not None:
            return self.unwrap(self.first_ack)
        return self.position

    def _pop(self) -> tuple[int, bytes, int]:
        at, _, data, missing, _ = heapq.heappop(self.queue)
        self.queued -= len(data) + _QUEUED_SEGMENT
        return at, data, missing

    def _deliver(self, at: int, data: bytes, missing: int, place: Place) -> None:
        position = at if self.position is None else self.position
        if self.base is None:
            self.base = position
        overlap = position - at
        if overlap < len(data):
            fresh = data[overlap:] if overlap else data
            position += len(fresh)
            self.stream.feed(fresh, place)
        cut = at + len(data) + missing - position
        if missing and cut > 0:
            position += cut
            self.gaps += 1
            self.stream.lose()
        self.position = position

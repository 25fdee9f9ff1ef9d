"""A TCP connection: its two directions, how it was opened and how it was closed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from analyzer.parsers.capture.dialogue import Dialogue
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.stream import Stream
from analyzer.parsers.capture.tcp import ACK, FIN, RST, SYN, Direction
from analyzer.text import clean

_LONGEST_BANNER = 255  # RFC 4253 section 4.2
_BANNER = b"SSH-"
# Bytes without any TLS, per direction, after which only the start of a segment is looked at: a long preamble, or
# where the beginning was not captured and a preamble is hardly to be expected any more.
_SEARCHED, _SEARCHED_LATE = 1 << 18, 1 << 13


class Connection(Struct, eq=False):
    """A connection. Sender 0 is the end whose packet was captured first.

    Attributes:
        key: addresses and ports as sender 0 writes them.
        opener: the sender of the SYN; None: not captured.
        attempts: SYNs.
        opened: place of the first SYN.
        established: a SYN-ACK was seen, or its answer.
        established_at: nanoseconds of the opener's first acknowledgement, by which TCP's handshake is over at both
            ends; None: not captured.
        refused: an RST answered the SYN.
        closed: place of the first FIN or RST; `closed_by` its sender.
        patience: segments that are still awaited once all is known.
        is_halved: one direction was read to its end before anything of the other one came.
        is_ssh: the first payload of a direction begins as SSH does.
        needs_answer: it began in the midst of another one on the same ports, so that only the other end's answer
            tells it from that one's data.
        is_concluded: its record was made; from then on it only tells late segments from another connection's.
    """

    key: bytes
    dialogue: Dialogue
    directions: tuple[Direction, ...] = ()
    opener: int | None = None
    opened: Place | None = None
    attempts: int = 0
    established: bool = False
    established_at: int | None = None
    refused: bool = False
    closed: Place | None = None
    closed_by: int | None = None
    closed_by_reset: bool = False
    is_halved: bool = False
    is_ssh: bool = False
    needs_answer: bool = False
    is_concluded: bool = False
    patience: int = 16

    def __post_init__(self) -> None:
        first = Direction(self, 0, Stream(self.dialogue, 0))
        second = Direction(self, 1, Stream(self.dialogue, 1))
        first.peer, second.peer = second, first
        self.directions = (first, second)

    def is_reopened_by(self, direction: Direction, sequence: int, ack_number: int, flags: int) -> bool:
        """Whether a SYN (or SYN-ACK) begins another connection on the same ports."""
        if not self.established and not direction.payload and not direction.peer.payload:
            return False
        if flags & ACK and not direction.payload and direction.peer.is_begun_by(ack_number):
            return False  # a server that forgot its first answer to the same SYN
        if direction.initial is not None:
            return direction.initial != sequence
        return not direction.follows(sequence)

    def receive(
        self,
        direction: Direction,
        sequence: int,
        ack_number: int,
        flags: int,
        data: bytes,
        missing: int,
        place: Place,
    ) -> None:
        """Take a segment. `missing`: bytes of its payload behind `data` that were not captured."""
        direction.heard = True
        if flags & SYN:
            self._open(direction, sequence, flags, place)
            sequence = (sequence + 1) & 0xFFFFFFFF
            if flags & ACK:
                direction.peer.acknowledge(ack_number)
        elif flags & (ACK | RST) == ACK:
            direction.hear_acknowledgement(ack_number, place.nanoseconds)
        elif flags & ACK and not direction.peer.is_elsewhere(ack_number):
            direction.peer.acknowledge(ack_number)
        if (data or missing) and not flags & RST:  # what an RST carries is no data (RFC 9293 section 3.10.7.4)
            self._read(direction, sequence, data, missing, place)
        if flags & (FIN | RST):
            direction.end(sequence if flags & RST else sequence + len(data) + missing)
            self._close(direction, flags, place)

    def finish(self) -> None:
        """Use what is left of both directions."""
        self._stop([direction for direction in self.directions if direction.reading])

    @property
    def may_hold_data(self) -> bool:
        """Whether both ends were captured and may still send what is no hello, but looks like one."""
        if self.is_concluded or self.closed is not None:
            return False
        exchanges = self.dialogue.exchanges
        is_heard = self.directions[0].heard and self.directions[1].heard
        return is_heard and (not exchanges or exchanges[-1].is_settled())

    @property
    def is_over(self) -> bool:
        """Whether no segment of it can add anything."""
        return self.closed is not None and not (self.directions[0].reading or self.directions[1].reading)

    def conclude(self) -> None:
        """Let go of what its record was made from: thousands of connections wait for the capture's end."""
        self.is_concluded = True
        self.opened = self.closed = None
        del self.dialogue
        for direction in self.directions:
            direction.forget()

    def dissolve(self) -> None:
        """Let go of the directions, whose references to here would keep thousands of connections in memory."""
        for direction in self.directions:
            del direction.connection, direction.peer

    def _open(self, direction: Direction, sequence: int, flags: int, place: Place) -> None:
        direction.synchronize(sequence)
        if flags & ACK:
            self.established = True
            self.opener = 1 - direction.sender if self.opener is None else self.opener
        else:
            self.attempts += 1
            self.opener = direction.sender
            self.opened = self.opened or place

    def _close(self, direction: Direction, flags: int, place: Place) -> None:
        if self.opener == 1 - direction.sender and not self.established and flags & RST:
            self.refused = True
        elif self.closed is None:
            self.closed, self.closed_by = place, direction.sender
            self.closed_by_reset = bool(flags & RST)

    def _read(self, direction: Direction, sequence: int, data: bytes, missing: int, place: Place) -> None:
        if not direction.payload and data.startswith(_BANNER):
            self.is_ssh = True
            line = data[:_LONGEST_BANNER].split(b"\n", 1)[0]
            direction.banner = clean(line.decode("latin-1").strip())
        direction.payload += len(data) + missing
        if self.is_ssh:
            return
        if not direction.reading:
            if direction.is_ahead(sequence):
                self.dialogue.on_late_record(direction.sender, data)
            return
        direction.accept(sequence, data, missing, place)
        if self.dialogue.settled and not (self.is_halved and self.dialogue.expects_more(direction.sender)):
            self._settle(direction)
        elif direction.stream.searched > (_SEARCHED_LATE if direction.initial is None else _SEARCHED):
            direction.stop()
        elif not direction.peer.reading and self._begins_tls(place):
            direction.peer.resume()

    def _begins_tls(self, place: Place) -> bool:
        """Whether a segment has begun a handshake."""
        exchanges = self.dialogue.exchanges
        return bool(exchanges) and exchanges[-1].started is place

    def _settle(self, last: Direction) -> None:
        """Stop reading, but give segments that changed places with the last ones the time to come."""
        self.patience -= 1
        if self.patience < 0 or not (last.is_waiting() or last.peer.is_waiting()):
            self.is_halved = not last.peer.heard
            self._stop([direction for direction in self.directions if direction.heard and direction.reading])

    def _stop(self, directions: Sequence[Direction]) -> None:
        for direction in directions:
            direction.use_queue()
        for direction in directions:  # only now: an alert may have waited for the other end's hello
            direction.stream.finish()
            if not direction.heard or direction.is_behind():
                self.dialogue.lose(direction.sender)
            direction.stop()

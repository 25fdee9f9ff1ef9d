"""The table of connections, and what comes of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct, field

from analyzer.evidence import Handshake, TcpConversation
from analyzer.parsers.capture import conversations, flow_key, handshakes
from analyzer.parsers.capture.certificate_shelf import CertificateShelf
from analyzer.parsers.capture.connection import Connection
from analyzer.parsers.capture.dialogue import Dialogue
from analyzer.parsers.capture.place import Place
from analyzer.parsers.capture.search import begins_client_hello
from analyzer.parsers.capture.sources import CaptureLimits
from analyzer.parsers.capture.tcp import FIN, RST, SYN, Direction

_MOST_ADDRESSES = 4095

# Makes what the connection with this key (addresses and ports, as `FlowTable.receive` has them) tells its TLS to.
DialogueMaker = Callable[[bytes, CertificateShelf, int], Dialogue]


def plain_dialogue(_key: bytes, shelf: CertificateShelf, largest_message: int) -> Dialogue:
    """Return what every connection of an analysis tells its TLS to."""
    return Dialogue(shelf, largest_message)


class Results(Struct):
    """What came of the connections that are done with.

    Attributes:
        torn: per capture file, handshakes of which bytes are missing.
        evicted: connections with TLS that gave way to others before their end.
        oversized: handshake messages beyond the limit.
        dropped_alerts: alerts of one handshake beyond the limit.
        refused: handshakes and conversations beyond the limit.
    """

    handshakes: list[Handshake] = field(default_factory=list)
    conversations: list[TcpConversation] = field(default_factory=list)
    torn: dict[str, int] = field(default_factory=dict)
    evicted: int = 0
    oversized: int = 0
    dropped_alerts: int = 0
    refused: int = 0


class FlowTable:
    """The connections of one interface.

    Attributes:
        directions: by addresses and ports as the sender writes them.
        addresses: of the connections that were new since the set was emptied, at most 4096.
    """

    def __init__(
        self,
        limits: CaptureLimits,
        shelf: CertificateShelf,
        results: Results,
        make_dialogue: DialogueMaker = plain_dialogue,
    ) -> None:
        # Ordered, because a plain dict takes ever longer to find its first key while the first ones are deleted.
        self.directions: OrderedDict[bytes, Direction] = OrderedDict()
        self.addresses: set[bytes] = set()
        self.results = results
        self._limits = limits
        self._shelf = shelf
        self._make_dialogue = make_dialogue
        self._waiting: OrderedDict[Direction, None] = OrderedDict()
        self._buffered = 0

    def receive(
        self, key: bytes, sequence: int, ack_number: int, flags: int, data: bytes, missing: int, place: Place
    ) -> None:
        """Take a segment; `key`: source and destination address, source and destination port, as on the wire."""
        direction = self.directions.get(key)
        if direction is None or (
            (flags & SYN or not direction.reading or direction.ended is not None or direction.is_elsewhere(sequence))
            and _begins_another(direction, sequence, ack_number, flags, data)
        ):
            if not (data or missing or flags & SYN) or flags & RST:
                return
            direction = self._open(key, has_syn=bool(flags & SYN))
        connection = direction.connection
        if connection.is_concluded:
            return
        connection.receive(direction, sequence, ack_number, flags, data, missing, place)
        if direction.queued > self._limits.queued_bytes:
            direction.skip_gap()
        if (data or missing) and (held := direction.held) != direction.accounted:
            self._account(direction, held)
        if flags & (FIN | RST) and connection.is_over:
            self._conclude(connection)

    def finish(self) -> None:
        """Conclude all connections."""
        for connection in dict.fromkeys(direction.connection for direction in self.directions.values()):
            self._conclude(connection)
            connection.dissolve()
        self.directions.clear()

    def _open(self, key: bytes, has_syn: bool) -> Direction:
        """Begin a connection. Without a SYN, what looks like its beginning may be data of one that is still open."""
        needs_answer = False
        if key in self.directions:
            before = self.directions[key].connection
            needs_answer = not has_syn and before.may_hold_data
            self._remove(before)
        if len(self.directions) >= 2 * self._limits.flows:
            self._evict(next(iter(self.directions.values())).connection)
        if len(self.addresses) < _MOST_ADDRESSES:
            self.addresses.update(flow_key.split(key)[:2])
        connection = Connection(key, self._make_dialogue(key, self._shelf, self._limits.handshake_message))
        connection.needs_answer = needs_answer
        self.directions[key], self.directions[flow_key.reverse(key)] = connection.directions
        return self.directions[key]

    def _account(self, direction: Direction, held: int) -> None:
        """Keep what all connections together hold back within its limit; the one that waits longest gives way."""
        self._buffered += held - direction.accounted
        direction.accounted = held
        if held:
            self._waiting[direction] = None
        else:
            del self._waiting[direction]
        while self._buffered > self._limits.buffered_bytes:
            self._evict(next(iter(self._waiting)).connection)

    def _evict(self, connection: Connection) -> None:
        if not connection.is_concluded and connection.dialogue.exchanges and not connection.dialogue.settled:
            self.results.evicted += 1
        self._remove(connection)

    def _remove(self, connection: Connection) -> None:
        self.directions.pop(connection.key, None)
        self.directions.pop(flow_key.reverse(connection.key), None)
        self._conclude(connection)
        connection.dissolve()

    def _conclude(self, connection: Connection) -> None:
        if connection.is_concluded:
            return
        connection.finish()
        results = self.results
        if connection.dialogue.exchanges:
            results.oversized += sum(direction.stream.oversized for direction in connection.directions)
            results.dropped_alerts += sum(exchange.dropped_alerts for exchange in connection.dialogue.exchanges)
            room = self._limits.handshakes - len(results.handshakes)
            found = handshakes.conclude(connection)
            results.handshakes += found[:room]
            if connection.directions[0].gaps or connection.directions[1].gaps:
                self._count_torn(found)
            results.refused += len(found[room:])
        elif conversation := conversations.conclude(connection):
            if len(results.conversations) < self._limits.conversations:
                results.conversations.append(conversation)
            else:
                results.refused += 1
        for direction in connection.directions:
            if direction.accounted:
                self._account(direction, 0)
        connection.conclude()

    def _count_torn(self, found: list[Handshake]) -> None:
        for handshake in found:
            if not handshake.seen_from_start:
                capture = handshake.captures[-1]
                self.results.torn[capture] = self.results.torn.get(capture, 0) + 1


def _begins_another(direction: Direction, sequence: int, ack_number: int, flags: int, data: bytes) -> bool:
    """Whether a segment belongs to a later connection on the same ports, whose SYN may not be in the capture."""
    if flags & SYN:
        return direction.connection.is_reopened_by(direction, sequence, ack_number, flags)
    return begins_client_hello(data) and direction.is_of_another(sequence)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from analyzer.correlate.case import join
from analyzer.correlate.reading import NodeReading
from analyzer.evidence import (
    Case,
    Cluster,
    Configuration,
    Endpoint,
    Frame,
    Handshake,
    NodePair,
    PeerKind,
    Side,
    Step,
    Zone,
)
from tests.correlate.records import at, end, event, handshake

CORE, EDGE, OUTSIDE = "10.1.1.10", "10.2.2.20", "192.0.2.1"
TO_EDGE = Zone(name="UC traversal", type="TraversalClient", port=7001)
ZONE = Zone(name="UC traversal", type="TraversalServer", port=7001)


def node(
    host: str | None, address: str, handshakes: Sequence[Handshake], zones: tuple[Zone, ...] = ()
) -> NodeReading:
    configuration = Configuration(file="xconf", addresses=(address,), zones=zones)
    return NodeReading(host=host, configuration=configuration, handshakes=tuple(handshakes))


def hello(number: int, started: float, *, client: str = CORE, mark: int | None = None, **changes: Any) -> Handshake:
    """Return a handshake of the Core with the Edge; `mark` makes its random, else `number` does."""
    random = bytes([number if mark is None else mark]) * 32
    seen = handshake(number, started=started, client_random=random, **changes)
    return replace(seen, client=end(client, 25000 + number), server=end(EDGE, 7001))


def seen_by(core: Sequence[Handshake], edge: Sequence[Handshake]) -> Case:
    readings = (node("core", CORE, core, (TO_EDGE,)), node("edge", EDGE, edge, (ZONE,)))
    return join(inputs=(), readings=readings, certificates={}, problems=())


def twins(case: Case) -> set[tuple[int, int, bool]]:
    """Return the client's port here and there of each match, and whether the hello is the same one."""
    ports = {connection.id: connection.handshake.client.port - 25000 for connection in case.connections}
    return {(ports[t.first], ports[t.second], t.same_hello) for pair in case.pairs for t in pair.twins}


def only(case: Case) -> NodePair:
    (pair,) = case.pairs
    return pair


def test_one_client_hello_at_both_ends_is_one_connection_and_measures_the_clocks() -> None:
    core = [hello(number, number * 10) for number in range(4)]
    edge = [hello(number, number * 10 + 0.8 + number / 100) for number in range(4)]

    case = seen_by(core, edge)

    pair = only(case)
    assert (pair.first, pair.second, len(pair.twins)) == ("core", "edge", 4)
    assert (pair.offset.seconds, pair.offset.joins, pair.offset.spread) == (0.815, 4, 0.01)


def test_the_order_of_the_bundles_does_not_turn_the_pair_round() -> None:
    readings = (node("edge", EDGE, [hello(1, 0.5)], (ZONE,)), node("core", CORE, [hello(1, 0)], (TO_EDGE,)))

    pair = only(join(inputs=(), readings=readings, certificates={}, problems=()))

    assert (pair.first, pair.second, pair.offset.seconds) == ("core", "edge", 0.5)


def test_translated_addresses_hide_neither_the_connection_nor_the_other_end() -> None:
    case = seen_by([hello(1, 0)], [hello(2, 3600, client=OUTSIDE, mark=1)])

    assert twins(case) == {(1, 2, True)}
    assert only(case).offset.seconds == 3600
    there = next(connection for connection in case.connections if connection.node == "edge")
    assert (there.peer.name, there.peer.kind, there.peer.node) == ("core", PeerKind.PARTNER, "core")
    assert (there.peer.zone, there.peer.reason) == ("UC traversal", "the same ClientHello is in its capture")
    assert [one.partners for one in case.nodes] == [("edge",), ("core",)]


def test_what_else_comes_from_a_translated_address_is_the_same_node() -> None:
    """Of one failing zone the capture holds a part, and the log all: it is one peer."""
    unmatched = hello(5, 100, client=OUTSIDE)
    line = event(source=end(OUTSIDE, 25009), destination=end(EDGE, 7001), local_role=Side.SERVER)
    stranger = event(source=end("192.0.2.99", 25009), destination=end(EDGE, 7001), local_role=Side.SERVER)
    core = node("core", CORE, [hello(1, 0)], (TO_EDGE,))
    edge = node("edge", EDGE, [hello(2, 0, client=OUTSIDE, mark=1), unmatched], (ZONE,))

    case = join(inputs=(), readings=(core, replace(edge, events=(line, stranger))), certificates={}, problems=())

    there = {connection.peer for connection in case.connections if connection.node == "edge"}
    assert [peer.node for peer in there] == ["core"]
    assert [one.peer in there for one in case.events] == [True, False]


def test_behind_one_address_may_stand_all_peers_of_a_cluster() -> None:
    def named(core: Configuration) -> list[str | None]:
        unmatched = hello(5, 100, client=OUTSIDE)
        readings = (
            NodeReading(host="core", configuration=core, handshakes=(hello(1, 0),)),
            node("edge", EDGE, [hello(2, 0, client=OUTSIDE, mark=1), unmatched], (ZONE,)),
        )
        case = join(inputs=(), readings=readings, certificates={}, problems=())
        return [connection.peer.node for connection in case.connections if connection.node == "edge"]

    alone = Configuration(file="xconf", addresses=(CORE,), zones=(TO_EDGE,))

    assert named(alone) == ["core", "core"]
    assert named(replace(alone, cluster=Cluster(name="cores", peers=(CORE, "10.1.1.11")))) == ["core", None]


def test_behind_one_address_may_stand_several_nodes() -> None:
    readings = (
        node("core", CORE, [hello(1, 0)], (TO_EDGE,)),
        node("other", "10.1.1.11", [hello(2, 0, client="10.1.1.11")], (TO_EDGE,)),
        node("edge", EDGE, [hello(number, number, client=OUTSIDE, mark=number) for number in (1, 2, 9)], (ZONE,)),
    )

    case = join(inputs=(), readings=readings, certificates={}, problems=())

    assert [one.peer.node for one in case.connections if one.node == "edge"] == ["core", "other", None]


def test_a_capture_on_the_way_is_no_end() -> None:
    way = NodeReading(host=None, handshakes=(hello(1, 0.5),))
    readings = (node("core", CORE, [hello(1, 0)]), way)

    case = join(inputs=(), readings=readings, certificates={}, problems=())

    assert twins(case) == {(1, 1, True)}
    assert [connection.peer.node for connection in case.connections] == [None, None]


def test_two_bundles_of_one_host_are_one_end() -> None:
    readings = (node("core", CORE, [hello(1, 0)]), node("core", CORE, [hello(1, 0)]))

    assert join(inputs=(), readings=readings, certificates={}, problems=()).pairs == ()


def test_a_random_that_a_node_saw_twice_or_not_in_full_tells_nothing() -> None:
    repeated = [hello(1, 0, mark=7), hello(2, 30, mark=7)]
    cut = [replace(hello(1, 0), client_random=b"\1" * 20), replace(hello(2, 0), client_random=b"")]

    assert seen_by(repeated, [hello(1, 0, mark=7)]).pairs == ()
    assert seen_by(cut, [hello(1, 0), hello(2, 0)]).pairs == ()


def test_a_box_that_keeps_addresses_and_begins_tls_anew_is_told_by_them() -> None:
    assert twins(seen_by([hello(1, 0)], [hello(1, 2, mark=9)])) == {(1, 1, False)}


def test_ports_that_are_used_again_later_are_another_connection() -> None:
    assert seen_by([hello(1, 0)], [hello(1, 600, mark=9)]).pairs == ()


def test_a_zone_that_keeps_failing_comes_round_to_its_ports_at_the_same_intervals() -> None:
    """Captures of different days would agree on an offset of their clocks."""
    today = [hello(number, number * 40) for number in range(4)]
    tomorrow = [hello(number, number * 40 + 86_400, mark=9 + number) for number in range(4)]

    assert seen_by(today, tomorrow).pairs == ()


def test_a_common_hello_measures_the_clocks_for_what_has_none() -> None:
    core = [hello(1, 0), hello(2, 10)]
    edge = [hello(1, 3600), hello(2, 3610.5, mark=9)]

    case = seen_by(core, edge)

    assert twins(case) == {(1, 1, True), (2, 2, False)}
    assert (only(case).offset.seconds, only(case).offset.joins) == (3600, 1)


def test_the_hello_is_what_is_timed() -> None:
    """A capture may show the server's half of a handshake before."""
    late = Frame(step=Step.CLIENT_HELLO, capture="y.pcap", frame=3, time=at(1.5), sender=Side.CLIENT)
    first = hello(1, 0)

    case = seen_by([hello(1, 0)], [replace(first, frames=(late, *first.frames[1:]))])

    assert only(case).offset.seconds == 1.5


def test_more_captures_than_ends_give_few_pairs() -> None:
    """However many nodes a hostile input names, the work stays linear."""
    readings = [node(f"host{number}", f"10.9.9.{number}", [hello(1, 0)]) for number in range(40)]

    case = join(inputs=(), readings=readings, certificates={}, problems=())

    assert sum(len(pair.twins) for pair in case.pairs) == 6


def test_what_both_ends_saw_keeps_its_own_ends() -> None:
    case = seen_by([hello(1, 0)], [hello(2, 0, client=OUTSIDE, mark=1)])

    assert {connection.node: connection.handshake.client for connection in case.connections} == {
        "core": Endpoint(address=CORE, port=25001),
        "edge": Endpoint(address=OUTSIDE, port=25002),
    }

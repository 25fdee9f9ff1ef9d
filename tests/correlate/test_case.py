from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.correlate.case import join
from analyzer.correlate.reading import NodeReading
from analyzer.evidence import (
    Case,
    Certificate,
    CertificateOrigin,
    Configuration,
    LogSpan,
    PeerIdentity,
    PeerKind,
    Problem,
    ReferenceTime,
    Side,
)
from samples.builders.certificates import Authority
from tests.correlate.records import LOCAL, REMOTE, at, by_id, end, event, handshake, trace, zone
from tests.rules.pki import read

CORE = Configuration(
    file="xconf.xml", addresses=(LOCAL,), zones=(zone("UC", "TraversalClient", "edge.harbor.example", port=7001),)
)
EDGE = Configuration(file="xconf.xml", addresses=("10.2.2.20",), zones=(zone("UC", "TraversalServer", port=7001),))


def joined(*readings: NodeReading, certificates: Sequence[Certificate] = (), **changes: Any) -> Case:
    return join(inputs=(), readings=readings, certificates=by_id(certificates), problems=(), **changes)


def core(**changes: Any) -> NodeReading:
    return NodeReading(**{"host": "core", "configuration": CORE, **changes})


def test_nothing_read_is_an_empty_case() -> None:
    case = joined()

    assert (case.nodes, case.connections, case.events) == ((), (), ())
    assert case.reference_time == ReferenceTime(time=None, origin="none")


def test_connections_are_numbered_by_their_start_over_all_nodes() -> None:
    first = core(handshakes=(handshake(0, started=9), handshake(1, started=3)))
    second = NodeReading(host="edge", configuration=EDGE, handshakes=(handshake(2, started=6),))

    case = joined(first, second)

    assert [(one.id, one.node, one.handshake.started) for one in case.connections] == [
        ("c1", "core", at(3)), ("c2", "edge", at(6)), ("c3", "core", at(9)),
    ]  # fmt: skip


def test_events_are_numbered_by_time_file_and_line_and_tied_to_their_connection() -> None:
    own, late, untimed = event(0, time=0, line=7), event(5, time=60), event(6, time=None, line=3)

    case = joined(core(handshakes=(handshake(0),), events=(late, own, untimed)))

    assert [(one.id, one.record, one.connection) for one in case.events] == [
        ("e1", untimed, None), ("e2", own, "c1"), ("e3", late, None),
    ]  # fmt: skip
    assert case.connections[0].events == ("e2",)


def test_an_event_has_the_peer_of_its_connection_else_the_one_that_its_own_words_name() -> None:
    captured = handshake(0, server_name="seen.example")
    alone = event(5, common_name="Logged.example")
    silent = event(6, source=None, destination=None)

    case = joined(core(handshakes=(captured,), events=(event(0), alone, silent)))

    assert [one.peer.name if one.peer else None for one in case.events] == ["seen.example", "logged.example", None]


def test_the_lines_of_one_connection_share_the_names_that_one_of_them_gives() -> None:
    named, nameless = event(5, common_name="sip.partner.example"), event(5, line=2)
    told = PeerIdentity(
        time=at(0), names=("l2sip.webex.com",), file="log", line=1, local=end(LOCAL, 25006), remote=end(REMOTE, 5061)
    )

    case = joined(core(events=(named, nameless, event(6, line=3)), identities=(told,)))

    assert [one.peer.name for one in case.events if one.peer] == [
        "sip.partner.example",
        "sip.partner.example",
        "Webex",
    ]


def test_a_caller_that_only_the_log_shows_is_told_by_its_end() -> None:
    caller = event(local_role=Side.SERVER, source=end(REMOTE, 40000), destination=end("10.2.2.20", 7001))
    scanner = replace(caller, destination=end("10.2.2.20", 5061))

    case = joined(NodeReading(host="edge", configuration=EDGE, events=(caller, scanner)))

    assert [one.peer.kind for one in case.events if one.peer] == [PeerKind.PARTNER, PeerKind.INTERNET]


def test_the_clock_is_measured_before_events_are_joined() -> None:
    unique = [handshake(n, started=60 * n) for n in range(3)]
    captured = (*unique, handshake(9, started=0), handshake(9, started=600))
    reading = core(
        handshakes=captured,
        traces=tuple(trace(n, 60 * n + 3600) for n in range(3)),
        events=(event(9, time=4200.1),),
    )

    case = joined(reading)

    assert case.nodes[0].clock_offset is not None
    assert case.nodes[0].clock_offset.seconds == 3600
    assert [one.handshake.started for one in case.connections if one.events] == [at(600)]


def test_partners_know_each_other_and_a_problem_is_handed_on() -> None:
    trouble = Problem(file="x", what="a", why="b", leaves_open="c")
    case = join(
        inputs=(),
        readings=(core(), NodeReading(host="edge", configuration=EDGE)),
        certificates={},
        problems=(trouble,),
    )

    assert [(one.name, one.partners) for one in case.nodes] == [("core", ("edge",)), ("edge", ("core",))]
    assert case.problems == (trouble,)


def test_every_certificate_has_an_origin() -> None:
    authority = Authority.root("Harbor Root CA")
    root, leaf = read(authority.certificate), read(authority.issue("core.harbor.example").certificate)

    case = joined(core(server=(leaf,), trusted=(root,)), certificates=(root, leaf))

    assert {one: case.origins[one.sha256].origin for one in (root, leaf)} == {
        root: CertificateOrigin.SELF_SIGNED,
        leaf: CertificateOrigin.PRIVATE,
    }


@pytest.mark.parametrize(("as_of", "expected"), [(None, at(60)), (at(5), at(5))])
def test_the_reports_time_is_the_latest_of_the_nodes(as_of: Any, expected: Any) -> None:
    def span(last: float) -> LogSpan:
        return LogSpan(file="log", first=at(0), last=at(last), lines=1, records=1)

    case = joined(core(logs=(span(60),)), NodeReading(host="edge", logs=(span(30),)), as_of=as_of)

    assert case.reference_time.time == expected


def test_files_of_no_host_share_neither_connections_nor_stores() -> None:
    first, second = NodeReading(host=None, handshakes=(handshake(0),)), NodeReading(host=None)

    case = joined(first, second)

    assert [one.name for one in case.nodes] == [None, "unnamed#2"]
    assert [one.node for one in case.connections] == [None]


def test_an_error_that_gives_a_name_and_no_address_has_that_name_for_a_peer() -> None:
    line = event(0, source=None, destination=None, common_name="cucm1.harbor.example", local_role=Side.CLIENT)

    (only,) = joined(core(events=(line,))).events

    assert only.peer is not None
    assert only.peer.name == "cucm1.harbor.example"

"""The bytes that are kept do not depend on how they travelled, and are those of one handshake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.evidence import Side
from analyzer.export.handshake import record
from samples.builders.frames import CapturedFrame, pcap
from tests.export.shown import Shown, answered_with, client_hello, in_records_of, show, show_flights, written
from tests.generated.carriage import CARRIERS, FORMATS, IP_BEHAVIOURS, TCP_BEHAVIOURS, captured, ip_packets
from tests.parsers.capture import captures as c


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return show_flights(tmp_path_factory.mktemp("mutual"), c.mutual())


@pytest.mark.parametrize("size", [50, 1 << 14], ids=["a message in many records", "many messages in a record"])
def test_messages_and_records_need_not_have_the_same_borders(tmp_path: Path, mutual: Shown, size: int) -> None:
    assert show_flights(tmp_path, in_records_of(size, c.mutual())).bodies() == mutual.bodies()


@pytest.mark.parametrize(
    ("behaviour", "carrier", "kind"),
    [
        ("reordered", "ethernet", "pcap"),
        ("every segment twice", "vlan", "pcapng"),
        ("small segments", "gtp in vlan in qinq", "pcapng.gz"),
        ("without a SYN", "erspan 3", "pcap, big, ns"),
    ],
)
def test_the_way_into_the_capture_changes_nothing(
    tmp_path: Path, mutual: Shown, behaviour: str, carrier: str, kind: str
) -> None:
    link, wrap = CARRIERS[carrier]
    segments = TCP_BEHAVIOURS[behaviour](c.mutual().flights, c.CLIENT_END, c.SERVER_END)
    packets = IP_BEHAVIOURS["fragments"](ip_packets(segments))
    path = written(tmp_path, FORMATS[kind](link, captured([wrap(packet) for packet in packets])))

    assert show(path).bodies() == mutual.bodies()


def test_handshakes_without_times_on_the_same_ports_are_told_apart(tmp_path: Path) -> None:
    suites = {
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": b"\xc0\x2f",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": b"\xc0\x30",
    }
    segments = [
        segment
        for number, suite in enumerate(suites.values(), 1)
        for segment in c.talk(
            answered_with(hello=client_hello(suite=suite)), first_sequence=dict.fromkeys(Side, number * 10_000_000)
        )
    ]
    frames = [CapturedFrame(time=c.START, octets=frame.octets) for frame in c.plain(segments)]
    path = written(tmp_path, pcap(frames))

    for number, suite in enumerate(suites, 1):
        assert f"ciphers   = {suite}\n" in show(path, number=number).sections[0].body


def test_what_is_not_there_any_more_is_not_found(tmp_path: Path) -> None:
    path = written(tmp_path, c.capture_of(c.mutual()))
    wanted = show(path).connection.handshake

    written(tmp_path, c.capture_of(c.mutual(), start=c.START + timedelta(seconds=1)))

    assert record([path], wanted) is None

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.evidence import Endpoint
from analyzer.report.links import conversation_filter, frame_filter, serial_filter, web_address
from analyzer.text import person_serial, serial_hex
from samples.builders.frames import frames, pcap
from samples.builders.tcp import Segment

TSHARK = shutil.which("tshark")
needs_tshark = pytest.mark.skipif(TSHARK is None and os.environ.get("CI") != "true", reason="tshark is not installed")
T0 = datetime(2026, 3, 24, 11, 50, tzinfo=UTC)
FILTERS = [
    frame_filter(2409),
    conversation_filter(Endpoint(address="192.0.2.1", port=25000), Endpoint(address="192.0.2.2", port=7001)),
    conversation_filter(Endpoint(address="2001:db8::1", port=25000), Endpoint(address="2001:db8::2", port=443)),
    serial_filter("a10000004c869c77c8981becde00000000004c"),
    serial_filter("1"),
]


@pytest.mark.tshark
@needs_tshark
@pytest.mark.parametrize("display_filter", FILTERS)
def test_tshark_accepts_every_filter_that_is_shown(tmp_path: Path, display_filter: str) -> None:
    capture = tmp_path / "empty.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    done = subprocess.run(
        [TSHARK or "tshark", "-r", str(capture), "-Y", display_filter], capture_output=True, check=False
    )

    assert done.returncode == 0


A, B = "192.0.2.1", "192.0.2.2"
CONNECTIONS = [
    ((A, 5061), (B, 5061)),
    ((A, 5061), (B, 25000)),
    ((A, 25001), (A, 5061)),
    ((A, 25001), (B, 5061)),
    ((A, 5061), (A, 5061)),
    (("2001:db8::1", 5061), ("2001:db8::2", 5061)),
    (("2001:db8::1", 5061), ("2001:db8::2", 25000)),
]


def both_ways(client: Endpoint, server: Endpoint) -> Iterator[Segment]:
    for source, destination, flags in ((client, server, "S"), (server, client, "SA")):
        yield Segment(time=T0, source=source, destination=destination, flags=flags, sequence=1, acknowledgement=0)


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize("index", range(len(CONNECTIONS)))
def test_a_conversation_is_told_from_those_that_share_a_port_or_an_address(tmp_path: Path, index: int) -> None:
    capture = tmp_path / "conversations.pcap"
    ends = [(Endpoint(address=a, port=p), Endpoint(address=b, port=q)) for (a, p), (b, q) in CONNECTIONS]
    capture.write_bytes(pcap(frames(segment for client, server in ends for segment in both_ways(client, server))))

    done = subprocess.run(
        ["tshark", "-r", str(capture), "-T", "fields", "-e", "frame.number", "-Y", conversation_filter(*ends[index])],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [str(2 * index + 1), str(2 * index + 2)]


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, "00"), (0x7F, "7f"), (0x80, "00:80"), (0xA100, "00:a1:00"), (-1, "ff"), (-0x80, "80"), (-0x81, "ff:7f")],
)
def test_a_serial_is_filtered_by_the_octets_of_its_integer(number: int, octets: str) -> None:
    assert serial_filter(serial_hex(number)) == f"x509af.serialNumber == {octets}"


@pytest.mark.parametrize(
    ("serial", "told"), [("a", "0A"), ("a10", "0A:10"), ("4d", "4D"), ("0", "00"), (None, "unreadable")]
)
def test_a_person_reads_a_serial_in_whole_octets_with_colons(serial: str | None, told: str) -> None:
    assert person_serial(serial) == told


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.invalid", " https://x", "", None]
)
def test_only_web_addresses_become_links(address: str | None) -> None:
    assert web_address(address) is None


def test_a_web_address_is_kept() -> None:
    assert web_address("https://www.cisco.com/x") == "https://www.cisco.com/x"

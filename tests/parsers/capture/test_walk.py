from __future__ import annotations

import struct
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from samples.builders.frames import CapturedFrame, Link, frames, pcap, pcapng
from tests.parsers.capture import captures as c
from tests.parsers.capture.captures import CLIENT_END, SERVER_END
from tests.parsers.capture.encapsulations import ENCAPSULATIONS, framed

SEGMENTS = c.talk(c.mutual(), segment_size=900)


@cache
def packets(version6: bool = False) -> tuple[bytes, ...]:
    """The IP packets of a handshake."""
    segments = c.talk(c.mutual(), segment_size=900, **(V6 if version6 else {}))
    return tuple(frame.octets for frame in frames(segments, link=Link.RAW))


V6: dict[str, Any] = {
    "client": type(CLIENT_END)(address="2001:db8:20::9", port=CLIENT_END.port),
    "server": type(SERVER_END)(address="2001:db8::31", port=SERVER_END.port),
}
TELLS = c.story(c.only(c.read(pcap(frames(SEGMENTS)))))


def story_of(octets: list[bytes], link: int) -> dict[str, object]:
    captured = [CapturedFrame(time=c.START, octets=o) for o in octets]
    data = pcap(captured)
    reading = c.read(data[:20] + struct.pack("<I", link) + data[24:])
    assert reading.problems == ()
    return c.story(c.only(reading))


@pytest.mark.parametrize("link", list(Link))
@pytest.mark.parametrize("write", [pcap, pcapng])
def test_the_link_layer_does_not_matter(link: Link, write: Callable[..., bytes]) -> None:
    shown = c.only(c.read(write(frames(SEGMENTS, link=link), link=link)))

    assert c.story(shown) == TELLS


@pytest.mark.parametrize("link", list(Link))
def test_ip_version_6_reads_the_same(link: Link) -> None:
    shown = c.only(c.read(pcap(frames(c.talk(c.mutual(), **V6), link=link), link=link)))

    assert shown.client.address == "2001:db8:20::9"
    assert {**c.story(shown), "ends": TELLS["ends"]} == TELLS


@pytest.mark.parametrize("name", ENCAPSULATIONS)
def test_what_lies_around_ip_does_not_matter(name: str) -> None:
    link, wrap = ENCAPSULATIONS[name]

    assert story_of([wrap(packet) for packet in packets()], link) == TELLS


def test_padding_behind_the_packet_is_not_read() -> None:
    assert story_of([framed(packet) + b"\x16\x03\x01\x00\x2e\x01" for packet in packets()], 1) == TELLS
    assert story_of([packet + b"\x16\x03\x01\x00\x2e\x01" for packet in packets()], 101) == TELLS


def test_a_total_length_of_zero_means_the_whole_frame() -> None:
    """As segmentation offload leaves it in a capture."""
    assert story_of([framed(p[:2] + bytes(2) + p[4:]) for p in packets()], 1) == TELLS
    assert story_of([p[:2] + bytes(2) + p[4:] for p in packets()], 101) == TELLS


def test_ip_options_do_not_matter() -> None:
    octets = [
        framed(b"\x47" + p[1:2] + struct.pack(">H", len(p) + 8) + p[4:20] + b"\x94\x04\0\0\x01\x01\x01\0" + p[20:])
        for p in packets()
    ]

    assert story_of(octets, 1) == TELLS


def version_6(packet: bytes, following: int, extension: bytes) -> bytes:
    """Put an extension header between the fixed one and TCP."""
    return (
        packet[:4]
        + struct.pack(">H", len(packet) - 40 + len(extension))
        + bytes([following])
        + packet[7:40]
        + extension
        + packet[40:]
    )


@pytest.mark.parametrize(
    ("following", "extension"),
    [
        (0, b"\x06\x00" + bytes(6)),
        (60, b"\x06\x01" + bytes(14)),
        (43, b"\x3c\x00" + bytes(6) + b"\x06\x00" + bytes(6)),
        (51, b"\x06\x04" + bytes(22)),
        (44, b"\x06\x00" + bytes(6)),
    ],
    ids=["hop by hop", "destination", "routing and destination", "authentication", "atomic fragment"],
)
def test_extension_headers_of_ip_version_6_do_not_matter(following: int, extension: bytes) -> None:
    octets = [version_6(packet, following, extension) for packet in packets(version6=True)]

    assert {**story_of(octets, 101), "ends": TELLS["ends"]} == TELLS


def fragments(packet: bytes, size: int) -> list[bytes]:
    parts = range(20, len(packet), size)
    return [
        packet[:2]
        + struct.pack(
            ">HHH", 20 + len(packet[at : at + size]), identification(packet), (at != parts[-1]) << 13 | (at - 20) // 8
        )
        + packet[8:20]
        + packet[at : at + size]
        for at in parts
    ]


def identification(packet: bytes) -> int:
    return sum(packet) & 0xFFFF


@pytest.mark.parametrize("turn", [list, lambda parts: parts[::-1]], ids=["in order", "backwards"])
@pytest.mark.parametrize("wrap", [framed, lambda p: p], ids=["ethernet", "raw"])
def test_fragments_are_put_together(
    turn: Callable[[list[bytes]], list[bytes]], wrap: Callable[[bytes], bytes]
) -> None:
    octets = [wrap(part) for packet in packets() for part in turn(fragments(packet, 64))]

    assert story_of(octets, 1 if wrap is framed else 101) == TELLS


def test_a_missing_fragment_is_a_missing_segment() -> None:
    parts = [part for packet in packets() for part in fragments(packet, 256)]
    certificate = next(n for n, part in enumerate(parts) if b"harbor-DC01-CA" in part)
    captured = [CapturedFrame(time=c.START, octets=framed(p)) for n, p in enumerate(parts) if n != certificate]

    reading = c.read_frames(captured)

    assert c.only(reading).server_certificate.visibility == "not-captured"
    assert any("fragment" in problem.why for problem in reading.problems)


def fragmented(size: int) -> list[CapturedFrame]:
    parts = [framed(part) for packet in packets() for part in fragments(packet, size)]
    return [CapturedFrame(time=c.START, octets=octets) for octets in parts]


@pytest.mark.parametrize("copies", [2, 3])
def test_fragments_that_were_captured_several_times_are_no_loss(copies: int) -> None:
    reading = c.read_frames(frame for frame in fragmented(256) for _ in range(copies))

    assert c.story(c.only(reading)) == TELLS
    assert reading.problems == ()


def test_an_identification_that_comes_round_again_is_another_packet() -> None:
    first, second = packets()[3], packets()[-4]
    renamed = [p[:4] + b"\x12\x34" + p[6:] for packet in packets() for p in fragments(packet, 64)]
    reading = c.read_frames(CapturedFrame(time=c.START, octets=framed(p)) for p in renamed)

    assert first != second
    assert c.story(c.only(reading)) == TELLS


def test_packets_whose_fragments_the_snaplen_cut_are_counted_once_each() -> None:
    cut = [frame.cut(100) for frame in fragmented(256)]
    whole = sum(len(frame.octets) <= 100 for frame in fragmented(256))
    packets_cut = sum(len(packet) > 20 + 256 for packet in packets())
    (problem,) = [p for p in c.read_frames(cut).problems if "fragment" in p.why]

    assert whole
    assert problem.why == f"parts of {packets_cut} fragmented packets are missing"


def test_tiny_fragments_behind_a_hole_cost_no_time() -> None:
    """Each once took as long as all before it."""
    header = b"\x45\0\0\x24\0\1"
    rest = b"\x40\x06\0\0" + bytes(8)
    octets = [
        framed(header + struct.pack(">H", 0x2000 * (at < 8000) | at) + rest + bytes(16)) for at in range(1, 8001)
    ]
    began = time.process_time()
    c.read_frames(CapturedFrame(time=c.START, octets=o) for o in octets * 4)

    assert time.process_time() - began < 3


def test_a_link_type_that_is_not_in_the_tables_is_read_by_scapy() -> None:
    """IEEE 802.11 with a radiotap header (127)."""
    data = bytes.fromhex("0000 0800 00000000  0802 0000") + bytes(20) + bytes.fromhex("aaaa03 000000 0800")

    assert story_of([data + packet for packet in packets()], 127) == TELLS


def test_frames_without_ip_of_a_link_type_that_scapy_knows_are_no_problem() -> None:
    """Beacons of a wireless network (105)."""
    beacon = bytes.fromhex("80000000 ffffffffffff 020000000001 020000000001") + bytes(40)
    data = pcap([CapturedFrame(time=c.START, octets=beacon)] * 3)
    reading = c.read(data[:20] + struct.pack("<I", 105) + data[24:])

    assert reading.problems == ()


def test_frames_of_an_unknown_link_type_are_counted() -> None:
    data = pcap([CapturedFrame(time=c.START, octets=bytes(60))] * 3)
    reading = c.read(data[:20] + struct.pack("<I", 65_000) + data[24:])

    assert [(p.what, p.why) for p in reading.problems] == [("3 frames", "link type 65000 is not known")]


def test_a_plain_capture_is_read_without_scapy(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(frames(SEGMENTS)))
    script = """
import sys
from analyzer.parsers.capture import CaptureSource, read_captures
reading = read_captures([CaptureSource(name="a", open=lambda: open(sys.argv[1], "rb"))])
assert len(reading.handshakes) == 1
print([name for name in ("scapy", "cryptography") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"

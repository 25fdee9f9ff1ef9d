from __future__ import annotations

import gc
import gzip
import io
import struct
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Handshake, Visibility
from analyzer.parsers.capture import CaptureLimits, CaptureSource, read_captures
from samples.builders.frames import CapturedFrame, merged, pcap, pcapng, rotated
from tests.parsers.capture import captures as c

FRAMES = c.plain(c.talk(c.mutual(), segment_size=500))
PLAIN = pcap(FRAMES)
WHOLE = c.only(c.read(PLAIN))


def with_record_headers_of_24(data: bytes) -> bytes:
    """A capture as the patched libpcap of old Linux systems wrote it."""
    parts, position = [b"\x34\xcd\xb2\xa1" + data[4:24]], 24
    while position < len(data):
        length = int.from_bytes(data[position + 8 : position + 12], "little")
        parts += [data[position : position + 16], bytes(8), data[position + 16 : position + 16 + length]]
        position += 16 + length
    return b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [
        pcap(FRAMES, big_endian=True),
        pcap(FRAMES, nanoseconds=True),
        pcap(FRAMES, nanoseconds=True, big_endian=True),
        pcapng(FRAMES),
        pcapng(FRAMES, big_endian=True),
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:999]) + gzip.compress(PLAIN[999:]),
        gzip.compress(PLAIN) + bytes(512),
        gzip.compress(pcapng(FRAMES)),
        with_record_headers_of_24(PLAIN),
    ],
    ids=["big", "ns", "big-ns", "ng", "ng-big", "gzip", "gzip-members", "gzip-padded", "gzip-ng", "patched"],
)
def test_the_kind_of_file_does_not_matter(data: bytes) -> None:
    reading = c.read(data)

    assert reading.handshakes == (WHOLE,)
    assert reading.problems == ()
    assert reading.files == c.read(PLAIN).files


def test_a_file_says_what_it_covers() -> None:
    (file,) = c.read(PLAIN).files

    assert file.packets == len(FRAMES)
    assert file.first == FRAMES[0].time
    assert file.last == FRAMES[-1].time
    assert file.addresses == ("10.9.1.20", "192.0.2.31")
    assert file.cut_frames == 0


def test_times_that_go_back_still_give_the_whole_span() -> None:
    shuffled = [FRAMES[3], FRAMES[1], FRAMES[-1], FRAMES[0], FRAMES[2]]
    for data in (pcap(shuffled), pcapng(shuffled)):
        (file,) = c.read(data).files

        assert (file.first, file.last) == (FRAMES[0].time, FRAMES[-1].time)


@pytest.mark.parametrize("resolution", [3, 9, 0x80 | 10])
def test_an_interface_of_a_pcapng_has_its_own_clock(resolution: int) -> None:
    units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    options = struct.pack("<HHB3xHHqHH", 9, 1, resolution, 14, 8, 1_000_000, 0, 0)
    body = struct.pack("<HHI", 1, 0, 0) + options
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<II", 1, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    ticks = int(1_700_000_000.5 * units)
    packet = struct.pack("<IIIIIII", 6, 96, 0, ticks >> 32, ticks & 0xFFFFFFFF, 64, 64) + bytes(64) + b"\x60\0\0\0"

    (file,) = c.read(section + interface + packet).files

    assert file.packets == 1
    assert file.first is not None
    assert file.first.timestamp() == pytest.approx(1_701_000_000.5, abs=0.001)


def test_a_block_whose_length_leaves_out_its_padding_is_read() -> None:
    data = pcapng(FRAMES)
    comment = struct.pack("<II", 0x40000BAD, 13) + b"x\0\0\0" + struct.pack("<I", 13)
    section = int.from_bytes(data[4:8], "little")

    assert c.read(data[:section] + comment + data[section:]).handshakes == (WHOLE,)


def test_interfaces_without_end_are_a_damage() -> None:
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    (problem,) = c.read(section + interface * 70_000).problems

    assert "more than 65536 interfaces" in problem.why


def test_data_that_the_snaplen_cut_behind_a_handshake_is_no_loss_in_any_kind_of_file() -> None:
    carrier = [frame for frame in FRAMES if len(frame.octets) > 54][-1]
    record = b"\x17\x03\x03\x40\x00" + bytes(900)
    total = (40 + len(record)).to_bytes(2, "big")
    octets = carrier.octets[:16] + total + carrier.octets[18:54] + record
    data = [CapturedFrame(time=carrier.time, octets=octets).cut(200)] * 5

    for write in (pcap, pcapng):
        assert c.read(write([*FRAMES[:-3], *data])).problems == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(PLAIN)))
def test_a_cut_file_gives_what_stands_before_the_cut(length: int) -> None:
    reading = c.read(PLAIN[:length])

    assert all(is_part_of(shown, WHOLE) for shown in reading.handshakes)
    whole_frames = next(n for n in range(len(FRAMES), -1, -1) if c.end_of_frame(PLAIN, n) <= max(length, 24))
    assert reading.files[0].packets == whole_frames
    assert bool(reading.problems) == (length < 24 or c.end_of_frame(PLAIN, whole_frames) != length)


def is_part_of(shown: Handshake, whole: Handshake) -> bool:
    for side in (shown.client_certificate, shown.server_certificate):
        if side.visibility is Visibility.SEEN and side not in {whole.client_certificate, whole.server_certificate}:
            return False
    return (
        (shown.client, shown.server, shown.started) == (whole.client, whole.server, whole.started)
        and shown.tls_version in {None, whole.tls_version}
        and shown.server_name in {None, whole.server_name}
        and {f.step for f in shown.frames} <= {f.step for f in whole.frames}
    )


@pytest.mark.parametrize("length", [400, 2000])
def test_a_cut_gzip_gives_what_stands_before_the_cut(length: int) -> None:
    data = gzip.compress(PLAIN, 1)[:length]
    reading = c.read(data)

    assert reading.problems
    assert reading.files[0].packets > 0


@pytest.mark.parametrize("snaplen", [14, 30, 34, 50, 53])
def test_a_snaplen_within_the_headers_is_said(snaplen: int) -> None:
    for write in (pcap, pcapng):
        reading = c.read(write([frame.cut(snaplen) for frame in FRAMES]))

        assert reading.handshakes == ()
        assert [(p.what, p.why) for p in reading.problems] == [
            ("Cut frames", f"the capture's snapshot length cut {len(FRAMES)} frames within their headers")
        ]


def test_a_snaplen_within_the_headers_of_other_protocols_is_no_loss() -> None:
    """DNS over UDP, ARP."""
    udp = bytes(12) + b"\x08\x00\x45\0\0\x60\0\0\0\0\x40\x11" + bytes(90)
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    reading = c.read(pcap([CapturedFrame(time=c.START, octets=octets).cut(40) for octets in (udp, arp)]))

    assert reading.problems == ()


def test_a_length_that_no_frame_has_ends_the_file_there_and_says_where() -> None:
    offset = c.end_of_frame(PLAIN, 20)
    damaged = PLAIN[: offset + 8] + b"\xff\xff\xff\x7f" + PLAIN[offset + 12 :]
    reading = c.read(damaged)

    assert reading.files[0].packets == 20
    assert f"frame 21, at offset {offset}" in reading.problems[0].why


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"-----BEGIN CERTIFICATE-----" * 9, bytes(5000), b"\x1f\x8b" + bytes(50)]
)
def test_what_is_no_capture_is_said_to_be_none(data: bytes) -> None:
    reading = c.read(data)

    assert reading.handshakes == ()
    assert [problem.what for problem in reading.problems] == ["The capture"]
    assert reading.files[0].packets == 0


def test_a_stream_that_fails_costs_only_the_rest() -> None:
    class Failing(io.BytesIO):
        def readinto(self, buffer: object) -> int:
            if self.tell() > 3000:
                raise OSError("the disk is gone")
            return super().readinto(memoryview(buffer)[:1000])  # type: ignore[arg-type]

    reading = read_captures([CaptureSource(name="a", open=lambda: Failing(PLAIN))])

    assert c.only(reading).client == WHOLE.client
    assert "the disk is gone" in reading.problems[0].why


def test_a_file_that_cannot_be_opened_costs_only_itself() -> None:
    def fail() -> io.BytesIO:
        raise OSError("no such member")

    reading = read_captures([CaptureSource(name="a", open=fail), c.source(PLAIN, "b")])

    assert len(reading.handshakes) == 1
    assert [problem.file for problem in reading.problems] == ["a"]


def test_rotated_files_are_read_by_their_first_packets_not_by_their_numbers() -> None:
    long = merged(FRAMES, [CapturedFrame(time=c.START, octets=bytes(60))])
    parts = rotated(long, file_size=len(PLAIN) // 3, files=8)
    turned = {(number + 5) % 8: part for number, part in parts.items()}
    sources = [
        c.source(pcap(part), f"tcpdump{number:02}", "eth0", number) for number, part in sorted(turned.items()) if part
    ]
    reading = read_captures(sources)

    shown = c.only(reading)
    assert c.story(shown) == c.story(WHOLE)
    assert len(shown.captures) > 2
    assert [f.time for f in shown.frames] == sorted(f.time for f in shown.frames)


def test_interfaces_are_captures_of_their_own() -> None:
    reading = read_captures([c.source(PLAIN, "a", "eth0"), c.source(PLAIN, "b", "eth1")])

    assert [h.captures for h in reading.handshakes] == [("a",), ("b",)]
    assert [c.story(h) for h in reading.handshakes] == [c.story(WHOLE)] * 2


def test_loose_captures_of_the_same_time_are_captures_of_their_own() -> None:
    later = pcap(c.plain(c.talk(c.mutual(), start=c.START + timedelta(milliseconds=1), segment_size=500)))
    reading = c.read(PLAIN, later)

    assert len(reading.handshakes) == 2


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([PLAIN, pcapng(FRAMES), gzip.compress(PLAIN, 1)]))
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))

    reading = c.read(bytes(damaged))

    assert len(reading.files) == 1


@given(st.binary(max_size=600))
def test_any_bytes_never_raise(data: bytes) -> None:
    for magic in (b"", PLAIN[:24], b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a"):
        assert c.read(magic + data).handshakes == ()


def test_a_file_beyond_the_limit_is_read_up_to_it() -> None:
    reading = c.read(PLAIN, limits=CaptureLimits(file_bytes=3000))

    assert reading.files[0].packets > 0
    assert "larger than the limit" in reading.problems[0].why


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        c.read(c.capture_of(c.mutual()))

        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()

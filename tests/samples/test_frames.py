from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analyzer.evidence import Endpoint, Side
from samples.builders.certificates import SERVER_ONLY, Authority
from samples.builders.frames import CapturedFrame, Link, datagrams, frames, merged, pcap, pcapng, rotated
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.tcp import Closing, Opening, Segment, conversation, from_middle, shifted, without_payload
from samples.builders.transcript import Flight

IPV4 = ("10.0.0.1", "10.0.0.2")
IPV6 = ("2001:db8::1", "2001:db8::2")
START = datetime(2026, 3, 24, 11, 54, 26, 106000, tzinfo=UTC)
CLIENT = Endpoint(address="10.20.30.16", port=25002)
SERVER = Endpoint(address="10.20.30.31", port=7001)
FLIGHTS = (
    Flight(sender=Side.CLIENT, payload=bytes(200)),
    Flight(sender=Side.SERVER, payload=bytes(range(256)) * 12),
)


def talk(**options: object) -> tuple[Segment, ...]:
    return conversation(FLIGHTS, client=CLIENT, server=SERVER, start=START, **options)  # type: ignore[arg-type]


def test_a_conversation_says_every_octet_once_and_in_order() -> None:
    segments = talk(segment_size=1000)

    said = b"".join(segment.payload for segment in segments if segment.source == SERVER)
    assert said == FLIGHTS[1].payload
    assert [segment.flags for segment in segments[:3]] == ["S", "SA", "A"]
    assert max(len(segment.payload) for segment in segments) == 1000
    assert [segment.time for segment in segments] == sorted(segment.time for segment in segments)


def test_sequence_numbers_count_payload_and_flags_and_wrap() -> None:
    near_the_end = dict.fromkeys(Side, 2**32 - 100)

    segments = [segment for segment in talk(first_sequence=near_the_end) if segment.source == CLIENT]

    data = next(segment for segment in segments if segment.payload)
    closing = next(segment for segment in segments if "F" in segment.flags)
    assert data.sequence == 2**32 - 99
    assert closing.sequence == 101


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({"opening": Opening.UNANSWERED}, ["S", "S", "S", "S"]),
        ({"opening": Opening.REFUSED}, ["S", "RA"]),
    ],
    ids=["unanswered", "refused"],
)
def test_a_connection_may_never_be_established(options: dict[str, object], flags: list[str]) -> None:
    assert [segment.flags for segment in talk(**options)] == flags


def test_a_reset_and_an_open_end_are_what_they_say() -> None:
    assert talk(closing=Closing.RESET, closed_by=Side.SERVER)[-1].flags == "RA"
    assert all("F" not in segment.flags for segment in talk(closing=Closing.NONE))


def test_segments_can_be_lost_late_or_elsewhere_in_time() -> None:
    segments = talk()

    assert len(without_payload(segments, 0)) == len(segments) - 1
    assert from_middle(segments, 4)[0] == segments[4]
    assert shifted(segments, timedelta(seconds=2))[0].time == START + timedelta(seconds=2)


def test_captures_are_merged_by_time_and_cut_by_snaplen() -> None:
    stream = datagrams(CLIENT, SERVER, start=START, count=3)

    both = merged(frames(talk()), stream)

    assert [frame.time for frame in both] == sorted(frame.time for frame in both)
    assert (len(both[0].cut(40).octets), both[0].cut(40).original_length) == (40, len(both[0].octets))


def test_rotation_wraps_and_overwrites_the_oldest() -> None:
    captured = datagrams(CLIENT, SERVER, start=START, count=40)

    parts = rotated(captured, file_size=2400, files=3)

    assert list(parts) == [0, 1, 2]
    assert parts[0][0].time > parts[2][0].time
    assert sum(len(part) for part in parts.values()) < len(captured)


def refusal(link: Link, addresses: tuple[str, str]) -> tuple[CapturedFrame, ...]:
    issuing = Authority.root("harbor-DC01-CA")
    server = Party(
        identity=issuing.issue("b.example"), trusts=(issuing.certificate,), verification=Verification.STRICT
    )
    transcript = handshake(Party(identity=issuing.issue("a.example", usages=SERVER_ONLY)), server)
    client, listener = Endpoint(address=addresses[0], port=25002), Endpoint(address=addresses[1], port=7001)
    return frames(conversation(transcript.flights, client=client, server=listener, start=START), link=link)


def wireshark(capture: bytes, folder: Path) -> list[list[str]]:
    """Return time and alert of each frame."""
    path = folder / "capture"
    path.write_bytes(capture)
    fields = ["-e", "frame.time_epoch", "-e", "tls.alert_message.desc"]
    command = ["tshark", "-n", "-r", str(path), "-d", "tcp.port==7001,tls", "-T", "fields", *fields]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [row.split("\t") for row in shown.splitlines()]


@pytest.mark.tshark
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("link", Link)
@pytest.mark.parametrize("addresses", [IPV4, IPV6], ids=["IPv4", "IPv6"])
def test_wireshark_reads_every_link_type(link: Link, addresses: tuple[str, str], tmp_path: Path) -> None:
    captured = refusal(link, addresses)

    rows = wireshark(pcap(captured, link=link), tmp_path)

    assert len(rows) == len(captured)
    assert [alert for _, alert in rows if alert] == ["43"]


@pytest.mark.tshark
@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_wireshark_reads_the_same_in_every_file_format(tmp_path: Path) -> None:
    captured = refusal(Link.ETHERNET, IPV4)
    forms = (
        pcap(captured),
        pcap(captured, big_endian=True, nanoseconds=True),
        pcapng(captured),
        pcapng(captured, big_endian=True),
    )

    rows = [wireshark(form, tmp_path) for form in forms]

    assert rows[0][0][0].startswith("1774353266.106000")
    assert rows[1:] == rows[:1] * 3

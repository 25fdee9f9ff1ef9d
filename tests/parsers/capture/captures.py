"""Real handshakes as capture files, and what the reader makes of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import IPv4Address

from analyzer.evidence import Endpoint, Handshake, Side
from analyzer.parsers.capture import CaptureLimits, CaptureReading, CaptureSource, read_captures
from samples.builders.certificates import SERVER_ONLY, Authority
from samples.builders.frames import CapturedFrame, pcap
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake
from samples.builders.tcp import Segment, conversation
from samples.builders.transcript import Flight, Transcript

START = datetime(2026, 3, 25, 3, 20, 11, 123456, tzinfo=UTC)
CLIENT_END = Endpoint(address="10.9.1.20", port=25002)
SERVER_END = Endpoint(address="192.0.2.31", port=5061)

ROOT = Authority.root("harbor-DC01-CA")
ISSUING = ROOT.intermediate("harbor-Issuing-CA")
CLIENT = ISSUING.issue("expc.harbor.example")
SERVER = ISSUING.issue("expe.harbor.example", key="rsa2048")
STRICT_SERVER = Party(
    identity=SERVER, trusts=(ROOT.certificate,), announces=(ROOT.certificate,), verification=Verification.STRICT
)


@cache
def mutual(version: str = "1.2") -> Transcript:
    return handshake(Party(identity=CLIENT), STRICT_SERVER, version=version, server_name="expe.harbor.example")


@cache
def one_way(version: str = "1.2") -> Transcript:
    return handshake(Party(), STRICT_SERVER, version=version, client_authentication=ClientAuthentication.NONE)


@cache
def nothing_presented(version: str = "1.2") -> Transcript:
    return handshake(Party(), STRICT_SERVER, version=version, client_authentication=ClientAuthentication.OPTIONAL)


@cache
def refused_by_server(version: str = "1.2") -> Transcript:
    """The server refuses the client's extended key usage: alert 43."""
    client = Party(identity=ISSUING.issue("expc.harbor.example", usages=SERVER_ONLY))
    return handshake(client, STRICT_SERVER, version=version)


@cache
def refused_by_client(version: str = "1.2") -> Transcript:
    """The client does not know the server's authority: alert 48."""
    return handshake(Party(identity=CLIENT, verification=Verification.STRICT), STRICT_SERVER, version=version)


@cache
def resumed(version: str = "1.2", tickets: bool = True) -> Transcript:
    client, server = Party(identity=CLIENT), STRICT_SERVER
    first = handshake(client, server, version=version, tickets=tickets)
    return handshake(client, server, version=version, tickets=tickets, resume=first)


def talk(transcript: Transcript | Iterable[Flight], **options: object) -> tuple[Segment, ...]:
    flights = transcript.flights if isinstance(transcript, Transcript) else transcript
    places = {"client": CLIENT_END, "server": SERVER_END, "start": START}
    return conversation(flights, **(places | options))  # type: ignore[arg-type]


_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


def plain(segments: Iterable[Segment]) -> tuple[CapturedFrame, ...]:
    """Frames of Ethernet, IPv4 and TCP without options: a hundred times faster than with Scapy."""
    return tuple(CapturedFrame(time=segment.time, octets=_plain_octets(segment)) for segment in segments)


def _plain_octets(segment: Segment) -> bytes:
    tcp = struct.pack(
        ">HHIIBBHHH",
        segment.source.port,
        segment.destination.port,
        segment.sequence,
        segment.acknowledgement,
        0x50,
        sum(_FLAGS[letter] for letter in segment.flags),
        509,
        0,
        0,
    )
    packet = tcp + segment.payload
    addresses = IPv4Address(segment.source.address).packed + IPv4Address(segment.destination.address).packed
    ip = struct.pack(">BBHIBBH", 0x45, 0, 20 + len(packet), 0, 64, 6, 0)
    return bytes(12) + b"\x08\x00" + ip + addresses + packet


def capture_of(transcript: Transcript | Iterable[Flight], **options: object) -> bytes:
    return pcap(plain(talk(transcript, **options)))


def source(
    data: bytes, name: str = "a.pcap", interface: str | None = None, sequence: int | None = None
) -> CaptureSource:
    return CaptureSource(
        name=name, open=lambda: io.BytesIO(data), interface=interface, sequence=sequence, head=data[:65536]
    )


def read(*captures: bytes, limits: CaptureLimits | None = None) -> CaptureReading:
    return read_captures([source(data, f"{number}.pcap") for number, data in enumerate(captures)], limits)


def read_frames(captured: Iterable[CapturedFrame]) -> CaptureReading:
    return read(pcap(captured))


def only(reading: CaptureReading) -> Handshake:
    (handshake,) = reading.handshakes
    return handshake


def presented(shown: Handshake, side: Side) -> tuple[str, ...]:
    return shown.message(side).chain


def story(shown: Handshake) -> dict[str, object]:
    """What a handshake says without its frames: this must not depend on how the bytes travelled."""
    return {
        "ends": (shown.client, shown.server),
        "version": shown.tls_version,
        "server_name": shown.server_name,
        "resumed": shown.resumed,
        "requested": shown.certificate_requested,
        "authorities": shown.certificate_authorities,
        "server_certificate": shown.server_certificate,
        "client_certificate": shown.client_certificate,
        "alerts": [(a.sender, a.level, a.code) for a in shown.alerts],
        "completed": shown.completed,
        "seen_from_start": shown.seen_from_start,
        "steps": sorted({(f.step.value, f.sender or "") for f in shown.frames}),
    }


def end_of_frame(data: bytes, number: int) -> int:
    """Where a frame of a little-endian classic capture ends."""
    position = 24
    for _ in range(number):
        position += 16 + int.from_bytes(data[position + 8 : position + 12], "little")
    return position


def reorder(segments: Sequence[Segment], key: Callable[[int], float]) -> list[Segment]:
    order = sorted(range(len(segments)), key=key)
    return [segments[i] for i in order]

"""What a busy Expressway's capture holds: real TLS handshakes with data behind them, and media."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from ipaddress import IPv4Address

from analyzer.evidence import Endpoint, Side
from samples.builders.certificates import SERVER_ONLY, Authority, AuthorityKind, Identity
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake
from samples.builders.tcp import Segment, conversation
from samples.builders.transcript import Flight, Transcript

EDGE = "192.0.2.31"
VIDEO, AUDIO = 1100, 172
"""Payload bytes of an RTP packet: video at a usual MTU, and G.711 of 20 ms."""

_TCP, _UDP = 6, 17
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
_DATA_RECORD = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A recorded handshake, with how many certificates and alerts of it go over the wire in clear."""

    transcript: Transcript
    certificates: int
    alerts: int


@cache
def stories() -> tuple[Story, ...]:
    """Return a hundred handshakes, in the proportions of a day with trouble.

    70 full ones of TLS 1.2 (half of them mutual), 10 of TLS 1.3, 9 resumed, 11 refused. There are 21 distinct
    certificates; RSA chains of a public authority fill several segments.
    """
    private = Authority.root("harbor-DC01-CA").intermediate("harbor-Issuing-CA")
    public = Authority.root("Meridian Root R1", kind=AuthorityKind.PUBLIC, key="rsa2048")
    public = public.intermediate("Meridian TLS CA 3", key="rsa2048").intermediate("Meridian EV CA 5", key="rsa2048")
    clients = [private.issue(f"expc{number}.harbor.example") for number in range(6)]
    phones = [private.issue(f"phone{number}.harbor.example", usages=SERVER_ONLY) for number in range(4)]
    servers = [public.issue(f"expe{number}.harbor.example", key="rsa2048") for number in range(8)]
    trusted = Party(trusts=(private.path[-1],), verification=Verification.STRICT)

    def strict(server: Identity) -> Party:
        return Party(
            identity=server, trusts=trusted.trusts, verification=Verification.STRICT, announces=trusted.trusts
        )

    def told(number: int) -> Story:
        client, server = clients[number % 6], servers[number % 8]
        name = f"expe{number % 8}.harbor.example"
        both = len(client.chain) + len(server.chain) + 2
        if number < 35:
            return Story(
                transcript=handshake(Party(identity=client), strict(server), server_name=name),
                certificates=both,
                alerts=0,
            )
        if number < 70:
            one_way = handshake(
                Party(),
                Party(identity=server),
                client_authentication=ClientAuthentication.NONE,
                server_name=name,
            )
            return Story(transcript=one_way, certificates=len(server.chain) + 1, alerts=0)
        if number < 80:
            hidden = handshake(Party(identity=client), strict(server), version="1.3", server_name=name)
            return Story(transcript=hidden, certificates=0, alerts=0)
        if number < 89:
            first = handshake(Party(identity=client), strict(server))
            again = handshake(Party(identity=client), strict(server), resume=first)
            return Story(transcript=again, certificates=0, alerts=0)
        if number < 95:
            refused = handshake(Party(identity=phones[number % 4]), strict(server))
            return Story(transcript=refused, certificates=both, alerts=1)
        refusing = Party(identity=client, trusts=trusted.trusts, verification=Verification.STRICT)
        return Story(transcript=handshake(refusing, strict(server)), certificates=len(server.chain) + 1, alerts=1)

    return tuple(told(number * 37 % 100) for number in range(100))


def connection(story: Story, number: int, start: datetime, data: int) -> list[Segment]:
    """Return the segments of the `number`-th connection: the handshake, and `data` bytes if it went through.

    In one of 33 a segment overtakes the one before it, and one of a hundred segments comes twice.
    """
    flights = list(story.transcript.flights)
    if story.transcript.completed:
        flights[-1:-1] = _records(_noise()[:data])
    choice = random.Random(number)
    segments = list(
        conversation(
            flights,
            client=Endpoint(
                address=f"198.51.{number // 20_000 % 256}.{number // 80 % 250 + 1}", port=20_000 + number % 40_000
            ),
            server=Endpoint(address=EDGE, port=5061 if number % 3 else 443),
            start=start,
        )
    )
    full = [i for i, s in enumerate(segments[:-1]) if s.flags == "A" and s.payload and segments[i + 1].payload]
    if full and choice.randrange(33) == 0:
        at = choice.choice(full)
        earlier, later = segments[at : at + 2]
        segments[at : at + 2] = replace(later, time=earlier.time), replace(earlier, time=later.time)
    return [s for segment in segments for s in ([segment] * 2 if choice.randrange(100) == 0 else [segment])]


def _records(data: bytes) -> Iterator[Flight]:
    for start in range(0, len(data), _DATA_RECORD):
        record = data[start : start + _DATA_RECORD]
        sender = Side.SERVER if start // _DATA_RECORD % 4 else Side.CLIENT
        yield Flight(sender=sender, payload=b"\x17\x03\x03" + len(record).to_bytes(2, "big") + record)


def tcp_frame(segment: Segment) -> bytes:
    """Return a segment on Ethernet and IPv4, without TCP options."""
    source, destination = segment.source, segment.destination
    flags = sum(_FLAGS[letter] for letter in segment.flags)
    header = struct.pack(
        ">HHIIBBHHH", source.port, destination.port, segment.sequence, segment.acknowledgement, 0x50, flags, 509, 0, 0
    )
    return _packet(source.address, destination.address, _TCP, header + segment.payload)


def media_frame(stream: int, payload: bytes) -> bytes:
    """Return one RTP packet of a stream between the Expressway and somebody else."""
    there = f"203.0.113.{stream % 250 + 1}"
    ports = 36_000 + stream * 2, 5_004
    udp = struct.pack(">HHHH", *(ports if stream % 2 else ports[::-1]), 8 + len(payload), 0)
    ends = (EDGE, there) if stream % 2 else (there, EDGE)
    return _packet(*ends, _UDP, udp + payload)


def _packet(source: str, destination: str, protocol: int, payload: bytes) -> bytes:
    addresses = IPv4Address(source).packed + IPv4Address(destination).packed
    header = struct.pack(">BBHIBBH", 0x45, 0, 20 + len(payload), 0, 64, protocol, 0)
    return bytes.fromhex("020a00001f01020a00001f020800") + header + addresses + payload


def media(payload: int, packets: int, number: int) -> Iterator[bytes]:
    """Yield so many RTP packets, from eight streams in turn, whose bytes do not compress; `number`: which lot."""
    for packet in range(number * packets, (number + 1) * packets):
        at = packet * 7919 % (len(_noise()) - payload)
        rtp = struct.pack(">BBHII", 0x80, 96, packet & 0xFFFF, packet * 160 & 0xFFFFFFFF, payload)
        yield media_frame(packet % 8, rtp + _noise()[at : at + payload - len(rtp)])


@cache
def _noise() -> bytes:
    return random.Random(225693).randbytes(1 << 20)

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Side
from analyzer.parsers.capture.search import begins_client_hello, begins_hello
from samples.builders.tcp import Opening
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c

FLIGHTS = c.mutual().flights
TELLS = c.story(c.only(c.read(c.capture_of(FLIGHTS))))
HELLO = FLIGHTS[0].payload


def client(payload: bytes) -> Flight:
    return Flight(sender=Side.CLIENT, payload=payload)


def server(payload: bytes) -> Flight:
    return Flight(sender=Side.SERVER, payload=payload)


PREAMBLES = {
    "smtp": (
        server(b"220 mx ESMTP\r\n"),
        client(b"EHLO a\r\n"),
        server(b"250-mx\r\n250 STARTTLS\r\n"),
        client(b"STARTTLS\r\n"),
        server(b"220 go\r\n"),
    ),
    "ldap": (
        client(bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"),
        server(bytes.fromhex("300c02010178070a010004000400")),
    ),
    "connect": (client(b"CONNECT edge:443 HTTP/1.1\r\nHost: edge\r\n\r\n"), server(b"HTTP/1.1 200 OK\r\n\r\n")),
    "socks 5": (
        client(b"\x05\x01\x00"),
        server(b"\x05\x00"),
        client(b"\x05\x01\x00\x01\xc0\x00\x02\x1f\x01\xbb"),
        server(b"\x05\x00\x00\x01" + bytes(6)),
    ),
    "rdp": (
        client(bytes.fromhex("030000130ee000000000000100080003000000")),
        server(bytes.fromhex("030000130ed000001234000209080002000000")),
    ),
    "postgres": (client(bytes.fromhex("0000000804d2162f")), server(b"S")),
    "xmpp": (
        client(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        server(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    ),
}


@pytest.mark.parametrize("name", PREAMBLES)
@pytest.mark.parametrize("opening", [Opening.WHOLE, Opening.NONE])
def test_what_came_before_tls_does_not_matter(name: str, opening: Opening) -> None:
    shown = c.only(c.read(c.capture_of((*PREAMBLES[name], *FLIGHTS), opening=opening)))

    assert c.story(shown) == TELLS


@pytest.mark.parametrize("size", [1, 3, 17, 1448])
def test_a_preamble_in_small_segments_does_not_matter(size: int) -> None:
    shown = c.only(c.read(c.capture_of((*PREAMBLES["connect"], *FLIGHTS), segment_size=size)))

    assert c.story(shown) == TELLS


PROXY_1 = b"PROXY TCP4 192.0.2.9 192.0.2.31 25002 5061\r\n"
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12)


@pytest.mark.parametrize("header", [PROXY_1, PROXY_2], ids=["version 1", "version 2"])
def test_a_proxy_header_in_the_segment_of_the_hello_does_not_matter(header: bytes) -> None:
    shown = c.only(c.read(c.capture_of((client(header + HELLO), *FLIGHTS[1:]))))

    assert c.story(shown) == TELLS


def test_a_hello_behind_a_line_of_the_same_segment_is_found() -> None:
    flights = (server(b"220 mx\r\n"), client(b"STARTTLS\r\n" + HELLO), server(b"220 go\r\n" + FLIGHTS[1].payload))

    assert c.story(c.only(c.read(c.capture_of((*flights, *FLIGHTS[2:]))))) == TELLS


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_no_hello(data: bytes) -> None:
    assert not begins_hello(b"\x16\x03\x03" + data[:2] + b"\x07" + data)


@pytest.mark.parametrize("seed", range(4))
def test_encrypted_bytes_are_no_handshake(seed: int) -> None:
    """SSH, media over TCP, TLS from before the capture: whatever a segment begins with."""
    source = random.Random(seed)
    flights = [
        Flight(sender=side, payload=bytes([first]) + source.randbytes(600))
        for first in (*range(256), 0x16, 0x16, 0x80)
        for side in Side
    ]
    reading = c.read(c.capture_of(flights, segment_size=601))

    assert reading.handshakes == ()


def test_encrypted_records_that_look_like_hellos_outside_are_no_handshake() -> None:
    """Renegotiation and post-handshake records keep the record header of a handshake in clear."""
    source = random.Random(7)
    payloads = [bytes([kind]) + source.randbytes(199) for kind in range(25) for _ in range(40)]
    flights = [client(b"\x16\x03\x03" + struct.pack(">H", 200) + p) for p in payloads]

    assert c.read(c.capture_of(flights, opening=Opening.NONE)).handshakes == ()
    assert len(c.read(c.capture_of((*FLIGHTS, *flights))).handshakes) == 1


@settings(max_examples=60)
@given(st.integers(0, len(HELLO) - 1), st.integers(0, 255))
def test_a_damaged_hello_never_raises(at: int, value: int) -> None:
    damaged = HELLO[:at] + bytes([value]) + HELLO[at + 1 :]

    begins_client_hello(damaged)
    reading = c.read(c.capture_of((client(damaged), *FLIGHTS[1:])))

    assert len(reading.handshakes) <= 2


def test_a_hello_far_behind_other_traffic_is_found() -> None:
    chatter = [flight for n in range(300) for flight in (client(b"x" * 1400 + b"\n"), server(b"%d\n" % n))]
    segments = c.talk((*chatter, *FLIGHTS))

    assert c.only(c.read_frames(c.plain(segments))).server_name == TELLS["server_name"]

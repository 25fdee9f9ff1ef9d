from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Side
from analyzer.parsers.capture.search import begins_client_hello, begins_hello
from samples.builders.tcp import Closing, Opening, Segment
from samples.builders.transcript import Flight, Transcript
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


@pytest.mark.parametrize("opening", [Opening.WHOLE, Opening.NONE])
@pytest.mark.parametrize("long", ["client", "server", "both"])
def test_a_preamble_of_any_length_hides_no_handshake(opening: Opening, long: str) -> None:
    """A mailbox listing, or a download before a CONNECT, however long it was."""
    chatter = [
        flight
        for n in range(300)
        for flight in (
            client(b"c" * (1400 if long != "server" else 9)),
            server(b"s" * (1400 if long != "client" else 9)),
        )
    ]
    shown = c.only(c.read(c.capture_of((*chatter, *PREAMBLES["smtp"], *FLIGHTS), opening=opening)))

    assert c.story(shown) == TELLS


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_hello_of_which_the_header_in_front_left_only_the_first_bytes_is_found(cut: int) -> None:
    flights = (client(PROXY_2 + HELLO[:cut]), client(HELLO[cut:]), *FLIGHTS[1:])

    assert c.story(c.only(c.read(c.capture_of(flights)))) == TELLS


def test_hellos_at_the_start_of_segments_within_encrypted_data_are_no_handshakes() -> None:
    """A peer can put any bytes into a record; the other end answers none of them."""
    flights = c.mutual("1.3").flights
    content = b"".join(HELLO.ljust(1448, b"\0") for _ in range(11))
    data = struct.pack(">BHH", 23, 0x0303, 1443 + len(content)) + bytes(1443) + content
    talk = [*flights[:4], *(flights[4:6] * 40), client(data), server(flights[5].payload)]
    expected = c.read(c.capture_of(flights)).handshakes

    shown = c.read(c.capture_of(talk)).handshakes

    assert [h.tls_version for h in shown] == [h.tls_version for h in expected] == ["TLSv1.3"]


def test_a_later_connection_on_the_same_ports_is_believed_once_it_is_answered() -> None:
    first = c.talk(c.mutual("1.3"), closing=Closing.NONE)
    second = c.talk(c.mutual(), opening=Opening.NONE, first_sequence=dict.fromkeys(Side, 3_000_000_000))
    unanswered = [s for s in second if s.source == c.CLIENT_END]

    assert len(c.read_frames(c.plain((*first, *second))).handshakes) == 2
    assert len(c.read_frames(c.plain((*first, *unanswered))).handshakes) == 1


def test_many_lines_that_might_begin_tls_cost_no_time() -> None:
    """Each byte behind an unfinished hello of SSL 2.0 once took as long as all of them."""
    lines = b"\n\x16" * 15_000
    hello = bytes.fromhex("ffff 01 0002 7fe6 0000 0010")
    segments = c.talk((client(hello + lines), *[client(b"x")] * 6000), segment_size=60_000)
    began = time.process_time()
    c.read_frames(c.plain(segments))

    assert time.process_time() - began < 1


WARNING = bytes.fromhex("15030300020170")  # unrecognized_name
FATAL = bytes.fromhex("15030300020228")


def with_warning(transcript: Transcript) -> list[Flight]:
    """The server warns before its ServerHello, in the same segment."""
    flights = list(transcript.flights)
    flights[1] = server(WARNING + flights[1].payload)
    return flights


def of(segments: Iterable[Segment], side: Side) -> list[Segment]:
    end = c.CLIENT_END if side is Side.CLIENT else c.SERVER_END
    return [s for s in segments if s.payload and s.source == end]


def overtaken(segments: Iterable[Segment], late: Segment, by: Segment) -> list[Segment]:
    rest = [s for s in segments if s is not late]
    rest.insert(rest.index(by) + 1, late)
    return rest


def test_a_warning_before_the_server_hello_may_overtake_the_clients_hello() -> None:
    segments = c.talk(with_warning(c.mutual()))
    expected = c.story(c.only(c.read_frames(c.plain(segments))))
    moved = overtaken(segments, of(segments, Side.CLIENT)[0], of(segments, Side.SERVER)[0])

    assert c.story(c.only(c.read_frames(c.plain(moved)))) == expected
    assert expected["alerts"] == [(Side.SERVER, "warning", 112)]


def test_a_warning_and_a_flight_are_read_though_the_hello_waits_behind_a_gap() -> None:
    flights = (
        server(b"220 mx\r\n"),
        client(b"STARTTLS\r\n"),
        server(b"220 go\r\n"),
        *with_warning(c.refused_by_client()),
    )
    segments = c.talk(flights)
    shown = c.only(c.read_frames(c.plain(s for s in segments if s.payload != b"STARTTLS\r\n")))

    assert c.presented(shown, Side.SERVER)[0] == c.SERVER.sha256
    assert [(a.sender, a.code) for a in shown.alerts] == [(Side.SERVER, 112), (Side.CLIENT, 48)]


def test_the_servers_direction_alone_is_read_from_its_warning_on() -> None:
    segments = [s for s in c.talk(with_warning(c.mutual())) if s.source == c.SERVER_END]

    assert c.presented(c.only(c.read_frames(c.plain(segments))), Side.SERVER)[0] == c.SERVER.sha256


def test_a_refusal_that_overtakes_the_hello_is_one() -> None:
    segments = c.talk((FLIGHTS[0], server(FATAL)), closed_by=Side.SERVER)
    moved = overtaken(segments, of(segments, Side.CLIENT)[0], of(segments, Side.SERVER)[0])
    shown = c.only(c.read_frames(c.plain(moved)))

    assert [(a.sender, a.code) for a in shown.alerts] == [(Side.SERVER, 40)]


@pytest.mark.parametrize("answer", [b"S", bytes.fromhex("300c02010178070a010004000400")], ids=["postgres", "ldap"])
def test_an_answer_in_the_segment_of_the_server_hello_does_not_matter(answer: bytes) -> None:
    """The client did not wait for it."""
    flights = (client(bytes.fromhex("0000000804d2162f") + HELLO), server(answer + FLIGHTS[1].payload), *FLIGHTS[2:])

    assert c.story(c.only(c.read(c.capture_of(flights)))) == TELLS


@pytest.mark.parametrize("line", [b"\n\x16", b"\n\x16\x03\x01\x00", WARNING])
def test_what_looks_like_a_beginning_without_end_costs_no_time(line: bytes) -> None:
    began = time.process_time()
    c.read(c.capture_of([client(line * (60_000 // len(line)))] * 8, segment_size=60_000))

    assert time.process_time() - began < 2

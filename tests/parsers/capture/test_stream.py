from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Handshake, Side, Step, Visibility
from analyzer.parsers.capture import CaptureLimits
from samples.builders.handshake import ClientAuthentication, Party, handshake
from samples.builders.tcp import Closing
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c

FLIGHTS = c.mutual().flights
TELLS = c.story(c.only(c.read(c.capture_of(FLIGHTS))))


def record(kind: int, payload: bytes, version: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, version, len(payload)) + payload


def records(data: bytes) -> Iterable[tuple[int, bytes]]:
    while data:
        kind, length = data[0], int.from_bytes(data[3:5], "big")
        yield kind, data[5 : 5 + length]
        data = data[5 + length :]


def again(flight: Flight, size: int) -> Flight:
    """The same flight with its clear handshake messages in records of another size."""
    made, joined = b"", b""
    for kind, payload in records(flight.payload):
        if kind == 22 and not made.endswith(record(20, b"\x01")):
            joined += payload
            continue
        made += b"".join(record(22, joined[i : i + size]) for i in range(0, len(joined), size)) + record(
            kind, payload
        )
        joined = b""
    made += b"".join(record(22, joined[i : i + size]) for i in range(0, len(joined), size))
    return Flight(sender=flight.sender, payload=made)


def first_message(flight: Flight) -> bytes:
    _, payload = next(iter(records(flight.payload)))
    return record(22, payload[: 4 + int.from_bytes(payload[1:4], "big")])


SERVER_HELLO = first_message(FLIGHTS[1])


def shown_of(*flights: Flight, **options: object) -> Handshake:
    return c.only(c.read(c.capture_of(flights, **options)))


def by(side: Side, payload: bytes) -> Flight:
    return Flight(sender=side, payload=payload)


@pytest.mark.parametrize("size", [1, 2, 40, 512, 16_384])
def test_messages_may_span_records_and_records_hold_many_messages(size: int) -> None:
    assert c.story(shown_of(*(again(flight, size) for flight in FLIGHTS))) == TELLS


def hello_of_ssl2(suites: bytes = b"\x00\x00\x2f\x01\x00\x80", version: bytes = b"\x03\x01") -> bytes:
    body = b"\x01" + version + struct.pack(">HHH", len(suites), 0, 16) + suites + bytes(range(16))
    return struct.pack(">H", 0x8000 | len(body)) + body


@pytest.mark.parametrize("segment_size", [1, 10, 1448])
def test_a_hello_in_the_format_of_ssl_2_begins_a_handshake(segment_size: int) -> None:
    flights = c.mutual("1.0").flights
    shown = shown_of(by(Side.CLIENT, hello_of_ssl2()), *flights[1:], segment_size=segment_size)

    assert shown.tls_version == "TLSv1.0"
    assert shown.server_certificate.visibility is Visibility.SEEN
    assert shown.client_certificate.visibility is Visibility.SEEN
    assert shown.seen_from_start is True


@pytest.mark.parametrize("hit", [0, 1])
def test_ssl_2_itself_shows_the_servers_certificate(hit: int) -> None:
    der = b"" if hit else c.SERVER.der
    body = (
        b"\x04" + bytes([hit, 1]) + b"\x00\x02" + struct.pack(">HHH", len(der), 3, 16) + der + b"\1\0\x80" + bytes(16)
    )
    hello = struct.pack(">H", 0x8000 | len(body)) + body
    shown = shown_of(by(Side.CLIENT, hello_of_ssl2(version=b"\0\2")), by(Side.SERVER, hello))

    assert shown.tls_version == "SSLv2"
    assert shown.resumed is bool(hit)
    assert shown.server_certificate.chain == (() if hit else (c.SERVER.sha256,))
    assert shown.frame(Step.SERVER_HELLO) is not None


@pytest.mark.parametrize("version", ["1.3"])
def test_a_retried_hello_is_one_handshake(version: str) -> None:
    server = Party(identity=c.SERVER, curve=ec.SECP521R1())
    transcript = handshake(Party(identity=c.CLIENT), server, version=version)
    shown = shown_of(*transcript.flights)

    assert shown.frame(Step.HELLO_RETRY_REQUEST, Side.SERVER) is not None
    assert shown.frame(Step.SERVER_HELLO, Side.SERVER) is not None
    assert shown.tls_version == "TLSv1.3"


def test_a_retried_hello_is_one_handshake_in_one_direction_alone() -> None:
    server = Party(identity=c.SERVER, curve=ec.SECP521R1())
    transcript = handshake(Party(identity=c.CLIENT), server, version="1.3")
    flights = [flight for flight in transcript.flights if flight.sender is Side.CLIENT]

    assert len(c.read(c.capture_of(flights)).handshakes) <= 2


@pytest.mark.parametrize(
    "payload",
    [
        record(21, b"\x02\x30"),
        record(21, b"\x02") + record(21, b"\x30"),
        record(21, b"\x01\x5a\x02\x30"),
        record(21, b"\x01\x5a") + record(21, b"\x02\x30"),
    ],
    ids=["whole", "in two records", "two in one record", "two"],
)
def test_alerts_are_read_however_they_are_cut(payload: bytes) -> None:
    shown = shown_of(*FLIGHTS[:2], by(Side.CLIENT, payload))

    assert [(a.sender, a.code) for a in shown.alerts if a.code == 48] == [(Side.CLIENT, 48)]
    assert shown.completed is False


def test_alerts_that_no_rfc_names_are_numbered() -> None:
    (alert,) = shown_of(*FLIGHTS[:2], by(Side.CLIENT, record(21, b"\x03\xc8"))).alerts

    assert (alert.level, alert.description) == ("level_3", "alert_200")


def test_encrypted_alerts_are_not_read() -> None:
    assert shown_of(*FLIGHTS, by(Side.CLIENT, record(21, b"\x02\x30" * 13))).alerts == ()


def test_the_missing_certificate_of_ssl_3_is_an_alert() -> None:
    """RFC 6101 section 5.6.6: a client without one sends no_certificate in place of the message."""
    hello = b"\x02\0\0\x26\x03\x00" + bytes(32) + b"\0\x00\x2f\0"
    listed = len(c.SERVER.der).to_bytes(3, "big") + c.SERVER.der
    body = len(listed).to_bytes(3, "big") + listed
    flight = hello + b"\x0b" + len(body).to_bytes(3, "big") + body + b"\x0d\0\0\x04\x01\x01\0\0" + b"\x0e\0\0\0"
    shown = shown_of(
        FLIGHTS[0], by(Side.SERVER, record(22, flight, 0x300)), by(Side.CLIENT, record(21, b"\x01\x29", 0x300))
    )

    assert shown.tls_version == "SSLv3"
    assert shown.client_certificate.visibility is Visibility.NONE_SENT


def test_a_suite_that_does_not_encrypt_keeps_alerts_in_clear() -> None:
    party = Party(identity=c.SERVER, ciphers="NULL-SHA256:@SECLEVEL=0")
    transcript = handshake(party, party, client_authentication=ClientAuthentication.NONE, application_data=())
    shown = shown_of(*transcript.flights)

    assert shown.cipher_suite == 0x003B
    assert shown.completed is True
    assert [(a.sender, a.description) for a in shown.alerts] == [(Side.CLIENT, "close_notify")]


def test_a_second_handshake_of_a_suite_that_does_not_encrypt_is_one_of_its_own() -> None:
    party = Party(identity=c.SERVER, ciphers="NULL-SHA256:@SECLEVEL=0")
    transcript = handshake(
        party, party, client_authentication=ClientAuthentication.NONE, application_data=(), close_notify=False
    )
    repeated = [
        by(
            flight.sender,
            b"".join(
                record(kind, payload + (bytes(32) if kind == 22 else b""))
                for kind, payload in records(flight.payload)
            ),
        )
        for flight in transcript.flights[:2]
    ]

    assert len(c.read(c.capture_of((*transcript.flights, *repeated))).handshakes) == 2


@pytest.mark.parametrize("version", [0x7F0E, 0x7F1C, 0xFB17, 0x7E02])
def test_drafts_count_as_tls_13(version: int) -> None:
    kept = version >> 8 == 0x7F
    body = (
        version.to_bytes(2, "big") + bytes(32) + b"\x13\x01\x00\x00"
        if kept
        else (b"\x03\x03" + bytes(32) + b"\0\x13\x01\0" + b"\0\6\0\x2b\0\2" + version.to_bytes(2, "big"))
    )
    shown = shown_of(FLIGHTS[0], by(Side.SERVER, record(22, b"\x02" + len(body).to_bytes(3, "big") + body)))

    assert shown.tls_version == "TLSv1.3"
    assert shown.cipher_suite == 0x1301


def test_a_message_beyond_the_limit_costs_only_itself() -> None:
    reading = c.read(c.capture_of(FLIGHTS), limits=CaptureLimits(handshake_message=700))
    shown = c.only(reading)

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.tls_version == "TLSv1.2"
    assert any("larger than 700 bytes" in problem.why for problem in reading.problems)


def test_a_chain_beyond_the_limit_is_cut_and_said_to_be() -> None:
    reading = c.read(c.capture_of(FLIGHTS), limits=CaptureLimits(chain=1))

    assert c.only(reading).server_certificate.chain == (c.SERVER.sha256,)
    assert any("certificates" in problem.why for problem in reading.problems)


def test_a_never_ending_message_is_read_in_linear_time() -> None:
    endless = b"\x0b\x0f\xff\xff" + b"\x30" * 200_000
    flight = SERVER_HELLO + b"".join(record(22, endless[i : i + 50]) for i in range(0, len(endless), 50))

    reading = c.read(c.capture_of((FLIGHTS[0], by(Side.SERVER, flight)), segment_size=60_000))

    assert c.only(reading).server_certificate.visibility is Visibility.NOT_CAPTURED


def test_connections_that_hold_back_more_than_the_limit_give_way() -> None:
    endless = SERVER_HELLO + record(22, b"\x0b\x0f\xff\xff" + bytes(9000))
    reading = c.read(
        c.capture_of((FLIGHTS[0], by(Side.SERVER, endless)), closing=Closing.NONE),
        limits=CaptureLimits(buffered_bytes=4000),
    )

    assert len(reading.handshakes) == 1
    assert reading.problems


@settings(max_examples=120, deadline=None)
@given(st.integers(0, len(FLIGHTS) - 1), st.data())
def test_damaged_records_never_raise_and_never_show_a_certificate_that_was_not_there(
    at: int, data: st.DataObject
) -> None:
    payload = bytearray(FLIGHTS[at].payload)
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(payload) - 1))
        payload[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    flights = (*FLIGHTS[:at], by(FLIGHTS[at].sender, bytes(payload)), *FLIGHTS[at + 1 :])

    reading = c.read(c.capture_of(flights))

    for shown in reading.handshakes:
        for side in Side:
            message = shown.message(side)
            assert bool(message.chain) == (message.visibility is Visibility.SEEN)
            assert set(message.chain) <= set(reading.certificates)


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(0, 40), min_size=1, max_size=6), st.integers(150, 900))
def test_lost_segments_never_make_a_statement_that_is_not_true(lost: set[int], size: int) -> None:
    segments = c.talk(c.mutual(), segment_size=size)
    reading = c.read_frames(c.plain(s for n, s in enumerate(segments) if n - 3 not in lost))

    for shown in reading.handshakes:
        assert shown.client == c.CLIENT_END
        assert shown.client_certificate.visibility in {Visibility.SEEN, Visibility.NOT_CAPTURED}
        assert shown.server_certificate.visibility in {Visibility.SEEN, Visibility.NOT_CAPTURED}
        assert shown.certificate_requested in {True, None}
        assert shown.completed in {True, None}
        assert shown.resumed in {False, None}


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_a_handshake_within_the_connection_is_noted_though_it_is_encrypted(version: str) -> None:
    parties = Party(identity=c.CLIENT), c.STRICT_SERVER
    flights = handshake(
        *parties, version=version, client_authentication=ClientAuthentication.NONE, renegotiates=True
    ).flights
    shown = shown_of(*flights)

    assert shown.renegotiated is True
    assert shown.client_certificate.visibility is Visibility.NOT_REQUESTED
    assert shown.completed is True


@pytest.mark.parametrize("version", ["1.0", "1.2", "1.3"])
def test_a_handshake_alone_is_not_followed_by_another(version: str) -> None:
    for transcript in (c.mutual(version), c.one_way(version), c.resumed(version)):
        segments = c.talk(transcript)
        assert c.only(c.read_frames(c.plain([*segments, *segments]))).renegotiated is False

"""Scapy's reading of single messages; where they are damaged their bytes, and never an exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Side
from analyzer.export.dissection import dissect
from analyzer.export.recording import Content, Entry
from analyzer.parsers.capture.place import Place
from samples.builders.handshake import Party, handshake
from samples.builders.transcript import Flight
from tests.export.shown import answered_with, certificate_message, client_hello, message, server_hello, show_flights
from tests.parsers.capture import captures as c

PLACE = Place(order=0, frame=1, capture="a.pcap", nanoseconds=0)
GOOD, ISSUER = (one.public_bytes(Encoding.DER) for one in (c.SERVER.certificate, c.SERVER.chain[0]))


def lines_of(data: bytes, content: Content = Content.MESSAGE, version: str | None = "TLSv1.2") -> list[str]:
    entry = Entry(sender=0, content=content, name="", data=data, length=len(data), place=PLACE)
    return [line for part in dissect(entry, version, 0xC02F) for line in (part.failure or "", *part.lines)]


def test_every_message_of_a_handshake_is_read(tmp_path: Path) -> None:
    shown = show_flights(tmp_path, c.mutual())

    said = {
        "client_hello": "servernames= [b'expe.harbor.example']",
        "server_hello,": "cipher    = TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "server_key_exchange": "###[ Server ECDH parameters - Named Curve ]###",
        "certificate_request": "certauth  = [(76, b'",
        "client_key_exchange": "###[ Client ECDH Public Value ]###",
        "certificate_verify": "sig_alg   = sha256+ecdsa",
        "new_session_ticket": "lifetime  = 7200",
    }
    assert {title for title, text in said.items() if text not in shown.section(title).body} == set()
    assert "dNSName   = <ASN1_IA5_STRING[b'expc.harbor.example']>" in shown.section("certificate,", "client").body


def test_tls_13_has_hellos_of_its_own(tmp_path: Path) -> None:
    shown = show_flights(tmp_path, c.mutual("1.3"))

    assert "###[ TLS 1.3 Handshake - Client Hello ]###" in shown.section("client_hello").body
    assert "###[ TLS Extension - Key Share (for ServerHello) ]###" in shown.section("server_hello").body


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_older_versions_sign_without_naming_the_algorithm(tmp_path: Path, version: str) -> None:
    shown = show_flights(tmp_path, c.mutual(version))

    assert "sig_alg   = None" in shown.section("server_key_exchange").body
    assert "sig_algs  = []" in shown.section("certificate_request").body
    assert not any("not taken apart" in section.body for section in shown.sections)


@pytest.mark.parametrize(
    ("cipher", "said"),
    [
        ("AES128-SHA", "###[ RSA Encrypted PreMaster Secret (protected) ]###"),
        ("DHE-RSA-AES128-SHA", "###[ Client DH Public Value ]###"),
    ],
)
def test_the_key_exchange_is_read_by_the_cipher_suite(tmp_path: Path, cipher: str, said: str) -> None:
    ciphers = f"{cipher}:@SECLEVEL=0"

    shown = show_flights(tmp_path, handshake(Party(ciphers=ciphers), Party(identity=c.SERVER, ciphers=ciphers)))

    assert said in shown.section("client_key_exchange").body


def test_an_empty_certificate_message_says_so(tmp_path: Path) -> None:
    shown = show_flights(tmp_path, c.nothing_presented())

    assert shown.section("certificate,", "client").body == "     an empty list: no certificate was presented"


def test_of_ssl_2_the_client_hello_is_read_and_the_server_hello_left_as_bytes(tmp_path: Path) -> None:
    hello = b"\x01\x00\x02\x00\x03\x00\x00\x00\x10\x01\x00\x80" + bytes(range(16))
    answer = b"\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x10" + b"\x30\x82\x01\x02" + b"\x01\x00\x80" + bytes(16)
    flights = [
        Flight(sender=side, payload=(0x8000 | len(record)).to_bytes(2, "big") + record)
        for side, record in zip(Side, (hello, answer), strict=True)
    ]

    asked, answered = show_flights(tmp_path, flights).sections

    assert "###[ SSLv2 Handshake - Client Hello ]###" in asked.body
    assert answered.body.startswith("   not taken apart: Scapy is not asked about it; its bytes:\n     80 22 04 ")


def test_a_damaged_certificate_costs_itself_alone(tmp_path: Path) -> None:
    bad = GOOD[:4] + b"\xff" * 600 + GOOD[604:]

    section = show_flights(tmp_path, answered_with(certificate_message(bad, ISSUER))).section("certificate,")

    assert "   not taken apart: Scapy cannot read it (" in section.body
    assert f"     and {len(bad) - 512} bytes more\n" in section.body
    assert section.serials == [f"{c.SERVER.chain[0].serial_number:x}"]


def test_a_damaged_message_costs_itself_alone(tmp_path: Path) -> None:
    hello = client_hello(b"\x00\x33\x00\x00")

    shown = show_flights(tmp_path, answered_with(hello=hello))

    note, *lines = shown.sections[0].body.splitlines()
    assert note == "   not taken apart: Scapy cannot read it (error); its bytes:"
    assert bytes.fromhex("".join(lines)) == hello
    assert "###[ TLS Handshake - Server Hello ]###" in shown.sections[1].body


@pytest.mark.parametrize(
    "data", [certificate_message(bytes(16_385)), message(22, b"\x01\x00\x40\x01" + bytes(16_385))]
)
def test_der_that_would_take_long_is_left_as_bytes(data: bytes) -> None:
    assert lines_of(data)[0] == "it is larger than 16,384 bytes"


@pytest.mark.parametrize("body", [b"\x00", b"\x00\x00\x09\x00\x00\x01", b"\x00\x00\x03\x00\x00\x00"])
def test_a_list_without_a_whole_certificate_is_left_as_bytes(body: bytes) -> None:
    assert lines_of(message(11, body)) == ["this is no certificate", body.hex(" ")]


def test_what_stands_behind_the_last_whole_certificate_is_shown(tmp_path: Path) -> None:
    torn = message(11, certificate_message(GOOD)[4:] + b"\x00\x01\x00" + ISSUER[:20])

    section = show_flights(tmp_path, answered_with(torn)).section("certificate,")

    assert section.serials == [f"{c.SERVER.certificate.serial_number:x}"]
    assert section.body.endswith(
        f"   not taken apart: this is no certificate; its bytes:\n     00 01 00 {ISSUER[:20].hex(' ')}"
    )


def test_a_certificate_that_spells_a_path_opens_no_file(tmp_path: Path) -> None:
    path = tmp_path / f"{'secret' * 30}.der"
    path.write_bytes(GOOD)

    lines = lines_of(certificate_message(str(path).encode()))

    assert lines[0].startswith("Scapy cannot read it (")


def test_thousands_of_tiny_certificates_cost_no_time() -> None:
    lines = lines_of(certificate_message(*[b"0"] * 8000))

    assert lines == ["it is too small for a certificate", "30"] * 8000


def test_text_in_a_certificate_stays_on_its_line() -> None:
    name = "x\x1b]0;owned\x07\n1. client, frame 1: alert"
    der = c.ISSUING.issue(name).certificate.public_bytes(Encoding.DER)

    (line,) = {line for line in lines_of(certificate_message(der)) if "owned" in line and "UTF8" in line}

    assert "1. client" in line
    assert "\x1b" not in line


def messages() -> Iterator[bytes]:
    yield from (client_hello(), server_hello(), certificate_message(GOOD, ISSUER))
    for flight in c.mutual().flights:
        yield flight.payload[5:]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(messages())), st.data(), st.sampled_from([None, "SSLv3", "TLSv1.2", "TLSv1.3"]))
def test_whatever_the_bytes_are_there_is_something_to_show(
    data: bytes, draw: st.DataObject, version: str | None
) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    damaged = data[:at] + draw.draw(st.binary(max_size=8)) + data[at + draw.draw(st.integers(0, 8)) :]

    for content in Content:
        if damaged[2:]:
            assert lines_of(damaged, content, version)

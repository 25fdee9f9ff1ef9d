"""What is shown of a handshake: each message in clear once, in order, with its frame; of the rest, the length."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from analyzer.evidence import Side, Step
from samples.builders.frames import pcap
from samples.builders.handshake import Party, handshake
from samples.builders.transcript import Flight
from tests.export.shown import (
    Shown,
    answered_with,
    certificate_message,
    message,
    records,
    show,
    show_flights,
    written,
)
from tests.parsers.capture import captures as c

ENCRYPTED = ", encrypted: its content is not shown"


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return show_flights(tmp_path_factory.mktemp("mutual"), c.mutual())


def test_the_head_says_which_connection_it_is(mutual: Shown) -> None:
    started, *lines = mutual.head.splitlines()

    assert started.startswith("connection c1, started 2026-03-25T03:20:11.12")
    assert lines == [
        "node       not named",
        "client     10.9.1.20:25002",
        "server     192.0.2.31:5061",
        "version    TLSv1.2",
        "capture    a.pcap",
    ]


def test_a_handshake_of_tls_12_is_shown_message_by_message(mutual: Shown) -> None:
    assert mutual.names == [
        "client: client_hello",
        "server: server_hello",
        "server: certificate",
        "server: server_key_exchange",
        "server: certificate_request",
        "server: server_hello_done",
        "client: certificate",
        "client: client_key_exchange",
        "client: certificate_verify",
        "client: change_cipher_spec",
        "client: handshake record",
        "server: new_session_ticket",
        "server: change_cipher_spec",
        "server: handshake record",
    ]
    assert mutual.titles[9] == "client: change_cipher_spec, 1 byte"
    assert mutual.titles[10] == f"client: handshake record, 40 bytes{ENCRYPTED}"
    assert (mutual.rest, mutual.is_partial) == ("", False)


def test_the_frames_are_those_of_the_report(mutual: Shown) -> None:
    steps = {
        "client_hello": (Step.CLIENT_HELLO, Side.CLIENT),
        "server_hello,": (Step.SERVER_HELLO, Side.SERVER),
        "certificate,": (Step.SERVER_CERTIFICATE, Side.SERVER),
        "certificate_request": (Step.CERTIFICATE_REQUEST, Side.SERVER),
        "handshake record": (Step.FINISHED, Side.SERVER),
    }
    for title, (step, sender) in steps.items():
        frame = mutual.connection.handshake.frame(step, sender)
        assert frame is not None
        assert mutual.section(title, sender).frame == frame.frame


def test_certificates_are_named_as_in_the_report_and_their_serial_numbers_are_whole(mutual: Shown) -> None:
    client = mutual.section("certificate,", "client")

    chain = (c.CLIENT.certificate, *c.CLIENT.chain)
    assert client.serials == [f"{certificate.serial_number:x}" for certificate in chain]
    for number, identity in enumerate(mutual.connection.handshake.client_certificate.chain, 1):
        assert f"   certificate {number} of {len(chain)}, " in client.body
        assert f" bytes, SHA-256 {identity}\n" in client.body


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_random_is_32_bytes_in_hex_and_no_time(tmp_path: Path, version: str) -> None:
    hellos = show_flights(tmp_path, c.mutual(version)).sections[:2]

    assert all(re.search(r"^ +random    = [0-9a-f]{64}$", hello.body, re.MULTILINE) for hello in hellos)
    assert not any("gmt_unix_time" in hello.body for hello in hellos)


def test_long_lines_are_wrapped_deeper_and_whole(tmp_path: Path) -> None:
    suites = b"".join(number.to_bytes(2, "big") for number in (*range(0x2F, 0x45), 0xC02F))
    start = b"\x03\x03" + bytes(33) + len(suites).to_bytes(2, "big") + suites + b"\x01\x00"

    body = show_flights(tmp_path, answered_with(hello=message(1, start))).sections[0].body

    first, *others = re.findall(r"^ +(?:ciphers   =|TLS_).+$", body, re.MULTILINE)
    assert len(others) > 1
    assert all(len(line) <= 200 for line in body.splitlines())
    assert [line.partition("TLS_")[0] for line in others] == [" " * 11] * len(others)
    assert " ".join((first, *map(str.strip, others))).count("TLS_") == 23


def test_what_has_no_spaces_is_broken_too(tmp_path: Path) -> None:
    body = show_flights(tmp_path, answered_with(message(67, b"x" * 1000))).sections[2].body

    assert all(len(line) <= 200 for line in body.splitlines())
    assert "".join(line.strip() for line in body.splitlines()).count("x") >= 1000


def test_of_what_is_encrypted_only_the_length_is_shown(mutual: Shown) -> None:
    encrypted = [section.body for section in mutual.sections if section.title.endswith(ENCRYPTED)]

    assert encrypted == [""] * 2
    assert not any("OPTIONS" in section.body or "SIP/2.0" in section.body for section in mutual.sections)


def test_tls_13_shows_both_hellos_and_says_that_the_rest_is_encrypted(tmp_path: Path) -> None:
    shown = show_flights(tmp_path, c.mutual("1.3"))

    clear = [title for title in shown.titles if not title.endswith(ENCRYPTED)]
    assert [title.split(",")[0] for title in clear] == [
        "client: client_hello",
        "server: server_hello",
        "server: change_cipher_spec",
        "client: change_cipher_spec",
    ]
    assert len(clear) < len(shown.titles)
    assert "note       TLS 1.3 encrypts all that follows the server_hello, the certificates too" in shown.head


def test_both_hellos_around_a_hello_retry_request_belong_to_one_handshake(tmp_path: Path) -> None:
    server = Party(identity=c.SERVER, curve=ec.SECP384R1())

    shown = show_flights(tmp_path, handshake(Party(), server, version="1.3"))

    hellos = [section for section in shown.sections if "hello" in section.title]
    assert [section.sender for section in hellos] == ["client", "server", "client", "server"]
    assert "###[ TLS 1.3 Handshake - Hello Retry Request ]###" in hellos[1].body


def test_an_alert_in_clear_is_read(tmp_path: Path) -> None:
    alert = show_flights(tmp_path, c.refused_by_server()).sections[-1]

    assert (alert.sender, alert.title) == ("server", "alert, 2 bytes")
    assert "level     = fatal" in alert.body
    assert "descr     = unsupported_certificate" in alert.body


def test_a_second_handshake_on_a_connection_is_shown_alone(tmp_path: Path, mutual: Shown) -> None:
    path = written(tmp_path, c.capture_of([*c.refused_by_client().flights, *c.mutual().flights]))

    first, second = show(path), show(path, number=2)

    assert (first.names[0], first.titles[-1]) == ("client: client_hello", "client: alert, 2 bytes")
    assert second.bodies() == mutual.bodies()
    assert second.sections[0].frame > first.sections[-1].frame


def test_a_handshake_in_two_files_names_the_file_of_each_frame(tmp_path: Path) -> None:
    frames = c.plain(c.talk(c.mutual()))
    names = [f"eth0_diagnostic_logging_tcpdump0{number}_expe_2026-03-24_11_55_47.pcap" for number in range(2)]
    paths = [written(tmp_path, pcap(part), name) for part, name in zip((frames[:6], frames[6:]), names, strict=True)]

    shown = show(*paths)

    assert [shown.sections[0].capture, shown.sections[-1].capture] == names
    assert shown.sections[-1].frame <= len(frames) - 6


def test_two_interfaces_that_saw_it_show_it_once(tmp_path: Path, mutual: Shown) -> None:
    names = [f"eth{number}_diagnostic_logging_tcpdump00_expe_2026-03-24_11_55_47.pcap" for number in range(2)]
    paths = [written(tmp_path, c.capture_of(c.mutual()), name) for name in names]

    shown = show(*paths)

    assert shown.bodies() == mutual.bodies()
    assert {section.capture for section in shown.sections} == {names[0]}


def test_two_interfaces_with_a_direction_each_show_all_of_it(tmp_path: Path, mutual: Shown) -> None:
    for number, end in enumerate((c.CLIENT_END, c.SERVER_END)):
        segments = [segment for segment in c.talk(c.mutual()) if segment.source == end]
        name = f"eth{number}_diagnostic_logging_tcpdump00_expe_2026-03-25_03_20_11.pcap"
        written(tmp_path, pcap(c.plain(segments)), name)
    shown = show(tmp_path)

    in_clear = [section for section in shown.bodies() if section[2]]

    assert in_clear == [section for section in mutual.bodies() if section[2]]
    assert len({section.capture for section in shown.sections}) == 2


def test_that_a_part_was_not_captured_is_said(tmp_path: Path) -> None:
    segments = [segment for segment in c.talk(c.mutual()) if not segment.payload.startswith(b"\x16\x03\x01")]

    shown = show(written(tmp_path, pcap(c.plain(segments))))

    assert "note       the capture lacks a part of this handshake" in shown.head
    assert shown.names[0] == "server: server_hello"


def test_a_handshake_beyond_the_limits_is_cut_and_says_so(tmp_path: Path) -> None:
    too_large, beyond_reading = certificate_message(bytes(40_000)), message(11, bytes((1 << 20) + 1))

    shown = show_flights(tmp_path, answered_with(too_large, certificate_message(), beyond_reading))

    left_out = "not taken apart: with it, the handshake is too large for that"
    assert shown.titles[2] == f"server: certificate, {len(too_large):,} bytes, {left_out}"
    assert "an empty list" in shown.sections[3].body
    assert shown.titles[4] == f"server: certificate, {left_out}"
    assert shown.is_partial


def test_endless_messages_are_counted_and_not_listed(tmp_path: Path) -> None:
    requests = Flight(sender=Side.SERVER, payload=records(message(0, b"") * 300))

    shown = show_flights(tmp_path, [*answered_with(), requests])

    assert len(shown.sections) == 256
    assert shown.rest == "46 messages and records more are not listed: at most 256 are."
    assert shown.is_partial


HOSTILE = "x\x1b]0;owned\x07\x9b2J\u202e\n\n9. server, frame 9: alert, 2 bytes\r<b>"


def test_no_text_of_the_capture_reaches_the_terminal_as_it_is(tmp_path: Path) -> None:
    name = HOSTILE.encode()
    entry = b"\x00" + len(name).to_bytes(2, "big") + name
    extension = b"\x00\x00" + (len(entry) + 2).to_bytes(2, "big") + len(entry).to_bytes(2, "big") + entry
    hello = message(
        1, b"\x03\x03" + bytes(33) + b"\x00\x02\xc0\x2f\x01\x00" + len(extension).to_bytes(2, "big") + extension
    )
    other = message(99, name)

    shown = show_flights(tmp_path, answered_with(message(67, name), other, hello=hello))

    lines = [line for section in shown.sections for line in section.body.split("\n")]
    assert all(line.isprintable() and line.startswith("   ") for line in lines)
    assert shown.names == ["client: client_hello", "server: server_hello", "server: handshake message of type 67"]
    assert "owned" in shown.sections[0].body
    assert "owned" in shown.sections[2].body

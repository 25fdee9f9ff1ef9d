from __future__ import annotations

import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.bundle.names import NameParts, label, parse_name, unsafe_name
from analyzer.evidence import MemberKind

TAKEN = datetime(2026, 3, 25, 3, 20, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ca_core1_2026-03-25_03_20_11.pem", MemberKind.CA_PEM),
        ("client_core1_2026-03-25_03_20_11.pem", MemberKind.CLIENT_PEM),
        ("server_core1_2026-03-25_03_20_11.pem", MemberKind.SERVER_PEM),
        ("loggingsnapshot_core1_2026-03-25_03_20_11.txt", MemberKind.SNAPSHOT),
        ("xconf_dump_core1_2026-03-25_03_20_11.txt", MemberKind.XCONF_TEXT),
        ("xconf_dump_core1_2026-03-25_03_20_11.xml", MemberKind.XCONF_XML),
        ("xstat_dump_core1_2026-03-25_03_20_11.txt", MemberKind.XSTAT_TEXT),
        ("xstat_dump_core1_2026-03-25_03_20_11.xml", MemberKind.XSTAT_XML),
        ("SERVER_core1_2026-03-25_03_20_11.PEM", MemberKind.SERVER_PEM),
        ("a folder/sub\\server_core1_2026-03-25_03_20_11 (1).pem", MemberKind.SERVER_PEM),
        ("loggingsnapshot_core1_2026-03-25_03_20_11.txt.gz", MemberKind.SNAPSHOT),
        ("loggingsnapshot_core1_2026-03-25_03_20_11", MemberKind.SNAPSHOT),
    ],
)
def test_a_bundle_name_tells_kind_host_and_time(name: str, kind: MemberKind) -> None:
    assert parse_name(name) == NameParts(kind=kind, host="core1", taken=TAKEN)


def test_a_capture_name_tells_interface_and_sequence() -> None:
    parts = parse_name("eth1_diagnostic_logging_tcpdump07_edge_a_b_2026-03-25_03_20_11.pcap")

    assert parts == NameParts(kind=MemberKind.CAPTURE, host="edge_a_b", taken=TAKEN, interface="eth1", sequence=7)


def test_a_host_may_look_like_a_time() -> None:
    assert parse_name("ca_h_2020-01-01_00_00_00_2026-03-25_03_20_11.pem").host == "h_2020-01-01_00_00_00"


def test_an_impossible_time_is_unknown_and_the_rest_is_kept() -> None:
    assert parse_name("server_core1_2026-13-45_03_20_11.pem") == NameParts(kind=MemberKind.SERVER_PEM, host="core1")


@pytest.mark.parametrize("name", ["server.pem", "certs/client.pem", "CA (2).pem"])
def test_the_names_on_the_expressway_tell_the_store(name: str) -> None:
    assert parse_name(name).kind in {MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM}
    assert parse_name(name).host is None


@pytest.mark.parametrize(
    "name", ["", "readme.txt", "mtls_ca.pem", "privkey.pem", "._server_c_2026-03-25_03_20_11.pem"]
)
def test_other_names_tell_nothing(name: str) -> None:
    assert parse_name(name) == NameParts()


@pytest.mark.parametrize(
    "name",
    ["../x.pem", "a/../../x.pem", "a\\..\\x", "/etc/x", "\\\\host\\share\\x", "C:\\x", "c:x", "a\0b", "a\x1bb", ""],
)
def test_unsafe_names_are_told(name: str) -> None:
    assert unsafe_name(name) is not None


@pytest.mark.parametrize("name", ["x.pem", "a/b/x.pem", "./x.pem", "a..b", "été.pem", "aux.txt"])
def test_ordinary_names_are_not(name: str) -> None:
    assert unsafe_name(name) is None


@given(st.text(max_size=400))
def test_a_label_is_short_and_shows_what_cannot_be_seen(name: str) -> None:
    shown = label(name, 255)

    assert len(shown) <= 255
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs"}


@given(st.text(max_size=200))
def test_any_name_can_be_parsed(name: str) -> None:
    parts = parse_name(name)

    assert parts.kind is not None or parts == NameParts()


@pytest.mark.parametrize("unit", ["_", "_2026-03-25_03_20_11", "server_", "(1)", " (1", "."])
def test_long_names_take_no_time(unit: str) -> None:
    started = time.process_time()
    parse_name("server_" + unit * 60_000)

    assert time.process_time() - started < 1

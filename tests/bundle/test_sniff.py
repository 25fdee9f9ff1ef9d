from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.bundle.sniff import ArchiveFormat, archive_format, content_kind, is_tar_header, member_kind
from analyzer.evidence import MemberKind
from tests.bundle.building import LOG, PCAP, PEM, XCONF, gzipped, tarred, zipped


@pytest.mark.parametrize(
    "line",
    [
        b'2016-04-19T17:09:13+10:00 expc tvcs: UTCTime="2016-04-19 07:09:13,979" Module="network.tcp"',
        b'2020-08-12T15:13:24.976-05:00 expc01 UTCTime="2020-08-12 20:13:24,975" Event="Changed"',
        b'2026-01-29T14:01:16.974-05:00 exp-c traffic_server[2030]: UTCTime="2026-01-29 19:01:16,974"',
        b'2020-08-12T15:13:24.976-05:00 expc01 httpd[15060]: web: Event="System Configuration Changed"',
        b"2025-06-30T21:53:09.102-04:00 ccnp _c_mgmt: PermissionError: [Errno 13]",
        b'2026-03-29T12:24:39.839+05:30  tvcs: Event="Inbound TLS Negotiation Error"',
        b'Jul 19 15:30:30 vcs tvcs: UTCTime="2011-07-19 15:30:30,616" Module="network.http"',
        b'<166>2020-08-12T15:13:24Z host tvcs: tvcs: UTCTime="2020-08-12 15:13:24,1"',
        b'xwayc XCP_JABBERD[23843]: UTCTime="2014-03-25 17:19:45,843" ThreadID="139747212576512"',
    ],
)
def test_each_form_of_a_log_record_is_known(line: bytes) -> None:
    assert content_kind(b"the rest of a line that was cut\n" + line + b"\n") is MemberKind.SNAPSHOT


@pytest.mark.parametrize("magic", ["a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a1c0000004d3c2b1a"])
def test_each_capture_magic_is_known(magic: str) -> None:
    assert content_kind(bytes.fromhex(magic) + bytes(40)) is MemberKind.CAPTURE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PEM, MemberKind.CERTIFICATE),
        (b"Certificate:\n    Data:\n" + PEM.replace(b"\n", b"\r\n"), MemberKind.CERTIFICATE),
        (b"\xef\xbb\xbf" + PEM, MemberKind.CERTIFICATE),
        (PEM.decode().encode("utf-16"), MemberKind.CERTIFICATE),
        (b"-----BEGIN TRUSTED CERTIFICATE-----\n", MemberKind.CERTIFICATE),
        (b"-----BEGIN PKCS7-----\n", MemberKind.CERTIFICATE),
        (b"-----BEGIN RSA PRIVATE KEY-----\n", MemberKind.CERTIFICATE),
        (b"-----BEGIN PRIVATE KEY-----\n", MemberKind.CERTIFICATE),
        (bytes.fromhex("308203a130820289a003020102"), MemberKind.CERTIFICATE),
        (bytes.fromhex("308204a40201000282010100"), MemberKind.CERTIFICATE),
        (XCONF, MemberKind.XCONF_XML),
        (b"\n<!-- made -->\n<c:Configuration item='1'>", MemberKind.XCONF_XML),
        (b"<!DOCTYPE Status [<!ENTITY a 'b'>]>\n<Status>", MemberKind.XSTAT_XML),
        (b'*c xConfiguration SIP TLS Mode: "On"\n', MemberKind.XCONF_TEXT),
        (b"*s SystemUnit:\n  Product: x\n", MemberKind.XSTAT_TEXT),
        (LOG + PEM, MemberKind.SNAPSHOT),
        (b"<html><body>", None),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n", None),
        (b"0x00 0x30 0x82", None),
        (b"hello\n", None),
        (b"", None),
    ],
)
def test_content_tells_the_kind(head: bytes, kind: MemberKind | None) -> None:
    assert content_kind(head) is kind


def test_content_tells_the_archive() -> None:
    assert archive_format(zipped({"a": b"1"})) is ArchiveFormat.ZIP
    assert archive_format(zipped({})) is ArchiveFormat.ZIP
    assert archive_format(tarred({"a": b"1"})) is ArchiveFormat.TAR
    assert archive_format(gzipped(b"1")) is ArchiveFormat.GZIP
    assert archive_format(LOG * 20) is None


def test_an_old_tar_without_magic_is_told_by_its_checksum() -> None:
    block = bytearray(tarred({"a": b"1"})[:512])
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)

    assert is_tar_header(bytes(block))


@pytest.mark.parametrize(
    ("named", "head", "kind"),
    [
        (MemberKind.SERVER_PEM, PEM, MemberKind.SERVER_PEM),
        (MemberKind.SERVER_PEM, b"", MemberKind.SERVER_PEM),
        (MemberKind.CAPTURE, PEM, MemberKind.CERTIFICATE),
        (MemberKind.XCONF_TEXT, XCONF, MemberKind.XCONF_XML),
        (MemberKind.XSTAT_XML, XCONF, MemberKind.XCONF_XML),
        (MemberKind.SNAPSHOT, PCAP, MemberKind.CAPTURE),
        (MemberKind.SNAPSHOT, b" " + PEM + LOG, MemberKind.SNAPSHOT),
        (None, b"hello", MemberKind.OTHER),
        (None, PCAP, MemberKind.CAPTURE),
    ],
)
def test_content_outranks_the_name(named: MemberKind | None, head: bytes, kind: MemberKind) -> None:
    assert member_kind(named, head) is kind


@given(st.binary(max_size=700))
def test_any_bytes_can_be_sniffed(head: bytes) -> None:
    assert isinstance(member_kind(None, head), MemberKind)
    assert archive_format(head) in {None, *ArchiveFormat}


@pytest.mark.parametrize(
    "unit",
    [b" ", b"\n", b"<!DOCTYPE ", b"<!--", b"<?", b"-----BEGIN ", b"A ", b"*c ", b"2026-03-24T11:54:26+00:00 ", b"<"],
)
def test_hostile_heads_take_no_time(unit: bytes) -> None:
    head = (b"<!DOCTYPE " + unit * 16384)[:16384]
    started = time.process_time()
    content_kind(head)
    content_kind((unit * 16384)[:16384])

    assert time.process_time() - started < 1


def test_a_certificate_behind_a_long_text_form_is_known() -> None:
    text_form = b"Certificate:\n    Data:\n        Version: 3 (0x2)\n" + b"        00:11:22\n" * 2000

    assert content_kind(text_form[:16_384]) is MemberKind.CERTIFICATE

"""What the first bytes of a file say it is. An extension is never trusted."""

from __future__ import annotations

import re
from enum import StrEnum

from analyzer.evidence import MemberKind

HEAD_BYTES = 1 << 14


class ArchiveFormat(StrEnum):
    """The containers that are opened."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"


_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")
_UNOPENED = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}

# libpcap in both byte orders with micro- and nanoseconds, and with the extended record header of old Linux.
_PCAP = frozenset(
    bytes.fromhex(magic) for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1")
)
_PCAPNG = re.compile(rb"\x0a\x0d\x0d\x0a.{4}(?:\x1a\x2b\x3c\x4d|\x4d\x3c\x2b\x1a)", re.DOTALL)

# The header of a log record: ISO time, host and process; RFC 3164 time; a syslog priority before either;
# or no time at all, but the fields that only Expressway writes.
_LOG_RECORD = re.compile(
    rb"""^(?:<\d{1,3}>)?
         (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)[ ][^\n]{0,120}?
              (?::[ \r\n]|:$|UTCTime=|Event=|Module=)
           |[A-Z][a-z]{2}[ ][ \d]\d[ ]\d\d:\d\d:\d\d[ ][^\n]{0,120}?(?:UTCTime=|Event=|Module=)
           |[^\n]{0,120}?UTCTime="\d{4}-\d\d-\d\d)""",
    re.MULTILINE | re.VERBOSE,
)
# What openssl x509 -text prints before the block may be longer than the head that is looked at.
_PEM = re.compile(
    rb"^[ \t]*-----BEGIN (?:(?:TRUSTED |X509 )?CERTIFICATE|PKCS ?#?7|CMS|(?:[A-Z0-9]+ ){0,3}PRIVATE KEY)-----"
    rb"|^Certificate:\r?\n[ \t]{1,8}Data:",
    re.MULTILINE,
)
_XML_MISC = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\])?+[^>]*+>", re.DOTALL)
_XML_ROOT = re.compile(r"<(?:[\w.-]{1,64}:)?([\w.-]{1,64})[\s/>]")
_XCONF_LINE = re.compile(rb"^[ \t]*(?:\*c[ \t]+)?xConfiguration[ \t/]", re.MULTILINE | re.IGNORECASE)
_XSTAT_LINE = re.compile(rb"^[ \t]*\*s[ \t/]+[A-Za-z]", re.MULTILINE | re.IGNORECASE)
# DER: a SEQUENCE that opens with a TBSCertificate (RFC 5280 section 4.1), a private key (RFC 5208, 8017, 5915),
# or the signedData identifier (RFC 2315).
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_DER = re.compile(
    rb"\x30" + _LENGTH + rb"(?:\x30" + _LENGTH + rb"(?:\xa0\x03\x02\x01[\x00-\x02]|\x02)"
    rb"|\x02\x01[\x00\x01](?:\x30|\x02|\x04)|\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02)",
    re.DOTALL,
)


def archive_format(head: bytes) -> ArchiveFormat | None:
    """Return which archive starts with these bytes, if any."""
    if head.startswith(_ZIP_STARTS):
        return ArchiveFormat.ZIP
    if head.startswith(b"\x1f\x8b\x08"):
        return ArchiveFormat.GZIP
    is_tar = head[257:262] == b"ustar" or is_tar_header(head[:512])
    return ArchiveFormat.TAR if is_tar else None


def unopened_format(head: bytes) -> str | None:
    """Return the name of a compressed format that is known but not opened."""
    return next((name for magic, name in _UNOPENED.items() if head.startswith(magic)), None)


def is_tar_header(block: bytes) -> bool:
    """Return whether 512 bytes are a tar header: its checksum matches (POSIX.1-2017 pax, ustar format)."""
    if len(block) < 512 or not block[0]:
        return False
    digits = block[148:156].strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]{1,7}", digits):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    signed = sum(rest) - 256 * sum(1 for octet in rest if octet > 127)  # as some old writers summed
    return int(digits, 8) in {sum(rest), signed}


def holds_tar_header(head: bytes) -> bool:
    """Return whether there is a tar header behind the first block, which is damaged."""
    blocks = (head[start : start + 512] for start in range(512, len(head), 512))
    return any(block[257:262] == b"ustar" and is_tar_header(block) for block in blocks)


def content_kind(head: bytes) -> MemberKind | None:
    """Return what kind of member starts with these bytes, None if they do not tell."""
    if head[:4] in _PCAP or _PCAPNG.match(head):
        return MemberKind.CAPTURE
    if _DER.match(head):
        return MemberKind.CERTIFICATE
    text = _as_utf8(head)
    if text.lstrip()[:1] == b"<" and (kind := _xml_kind(text)):
        return kind
    for pattern, kind in (
        (_XCONF_LINE, MemberKind.XCONF_TEXT),
        (_XSTAT_LINE, MemberKind.XSTAT_TEXT),
        (_PEM, MemberKind.CERTIFICATE),
    ):
        if (found := pattern.search(text)) and not _LOG_RECORD.search(text, 0, found.start()):
            return kind
    return MemberKind.SNAPSHOT if _LOG_RECORD.search(text) else None


def _as_utf8(head: bytes) -> bytes:
    """Return text without its byte order mark, as UTF-8."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").encode("utf-8", "replace")
    return head.removeprefix(b"\xef\xbb\xbf")


def _xml_kind(head: bytes) -> MemberKind | None:
    text, position = head.decode("utf-8", "replace"), 0
    while misc := _XML_MISC.match(text, position):
        position = misc.end()
    root = _XML_ROOT.match(text, position)
    match root[1].lower() if root else None:
        case "configuration":
            return MemberKind.XCONF_XML
        case "status":
            return MemberKind.XSTAT_XML
        case _:
            return None


_STORES = frozenset({MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM})


def member_kind(named: MemberKind | None, head: bytes) -> MemberKind:
    """Return what a member is, from its name and its first bytes. Bytes that say otherwise outrank the name."""
    found = content_kind(head)
    if found is None or (found is MemberKind.CERTIFICATE and named in _STORES):
        return named or MemberKind.OTHER
    # A log that was cut may start in the middle of a body, whatever that holds.
    if named is MemberKind.SNAPSHOT and found is not MemberKind.CAPTURE and _LOG_RECORD.search(head):
        return named
    return found

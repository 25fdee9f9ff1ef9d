"""Handshake messages: what a hello, a Certificate or a CertificateRequest says.

Formats: RFC 8446 section 4 and RFC 5246 section 7.4 (TLS), RFC 6101 (SSL 3), the SSL 2.0 draft of 1995 (hellos only).
Every reader keeps what stands before a damage.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from functools import lru_cache
from zlib import crc32

from msgspec import Struct

from analyzer.parsers import der, distinguished_name
from analyzer.text import clean


class MessageType(IntEnum):
    """Handshake message types (IANA TLS HandshakeType) that are looked at."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    HELLO_RETRY_REQUEST = 6  # only in drafts of TLS 1.3
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_STATUS = 22


_EXTENSION_HEADER = struct.Struct(">HH")
_SERVER_NAME, _SIGNATURE_ALGORITHMS, _PRE_SHARED_KEY, _EARLY_DATA, _SUPPORTED_VERSIONS = 0, 13, 41, 42, 43
_VERSIONS = {2: "SSLv2", 0x300: "SSLv3", 0x301: "TLSv1.0", 0x302: "TLSv1.1", 0x303: "TLSv1.2", 0x304: "TLSv1.3"}
# Drafts of RFC 8446 (0x7f00 and the draft's number), and what Facebook deployed before it.
_DRAFT_13 = {0x7F, 0x7E, 0xFB}
# Up to draft 21 a ServerHello named it there and had no session; RFC 8446 section 4.1.3 always says 0x0303.
_DRAFT_HELLO, _TLS13 = 0x7F, 0x0304
# RFC 8446 section 4.1.3: a ServerHello with this random is a HelloRetryRequest.
_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class ClientHello(Struct, frozen=True):
    """A ClientHello.

    Attributes:
        random, checksum: of the message; they tell the answer to a HelloRetryRequest.
        has_early_data: data follow it, encrypted (RFC 8446 section 4.2.10).
        ssl2_format: sent in the format of SSL 2.0, whatever version it offers.
    """

    server_name: str | None = None
    signature_algorithms: tuple[int, ...] = ()
    random: bytes = b""
    checksum: int = 0
    has_early_data: bool = False
    ssl2_format: bool = False


class ServerHello(Struct, frozen=True):
    """A ServerHello or a HelloRetryRequest. `pre_shared_key`: TLS 1.3 resumed a session, or used an external key."""

    version: str | None
    cipher_suite: int | None
    pre_shared_key: bool = False
    is_retry: bool = False


class CertificateRequest(Struct, frozen=True):
    """A CertificateRequest. `authorities`: RFC 4514 names in the order of the message; `authority_names`: as DER."""

    certificate_types: tuple[int, ...] = ()
    signature_algorithms: tuple[int, ...] = ()
    authorities: tuple[str, ...] = ()
    authority_names: tuple[bytes, ...] = ()


class _CutError(ValueError):
    """The message ends within a field."""


class _Fields:
    """Reads the fields of a message, front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    @property
    def rest(self) -> int:
        return len(self._data) - self._offset

    def take(self, count: int) -> bytes:
        end = self._offset + count
        if end > len(self._data):
            raise _CutError
        field = self._data[self._offset : end]
        self._offset = end
        return field

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Return a field that follows its own length of `size` bytes."""
        return self.take(self.number(size))


def version_name(number: int) -> str | None:
    """Return how a protocol version is called here; None: no such version."""
    return "TLSv1.3" if number >> 8 in _DRAFT_13 else _VERSIONS.get(number)


def read_client_hello(body: bytes) -> ClientHello:
    """Read the body of a ClientHello."""
    server_name = None
    algorithms: tuple[int, ...] = ()
    has_early_data = False
    try:
        at = 35 + body[34]  # version, random, session
        at += 2 + (body[at] << 8 | body[at + 1])  # cipher suites
        at += 1 + body[at]  # compression methods
        extensions = _extensions(body, at)
        if _SERVER_NAME in extensions:
            server_name = _read_server_name(extensions[_SERVER_NAME])
        if _SIGNATURE_ALGORITHMS in extensions:
            algorithms = _numbers(extensions[_SIGNATURE_ALGORITHMS][2:])
        has_early_data = _EARLY_DATA in extensions
    except (IndexError, struct.error):
        pass
    return ClientHello(server_name, algorithms, body[2:34], crc32(body), has_early_data)


def read_server_hello(body: bytes) -> ServerHello:
    """Read the body of a ServerHello, or of a HelloRetryRequest in the form of one."""
    version = int.from_bytes(body[:2], "big")
    suite = None
    pre_shared_key = False
    try:
        is_draft = version >> 8 == _DRAFT_HELLO or version == _TLS13
        at = 34 if is_draft else 35 + body[34]
        suite = body[at] << 8 | body[at + 1]
        extensions = _extensions(body, at + (2 if is_draft else 3))
        if len(selected := extensions.get(_SUPPORTED_VERSIONS, b"")) == 2:
            version = int.from_bytes(selected, "big")
        pre_shared_key = _PRE_SHARED_KEY in extensions
    except (IndexError, struct.error):
        pass
    return ServerHello(version_name(version), suite, pre_shared_key, is_retry=body[2:34] == _RETRY_RANDOM)


def read_certificates(body: bytes, most: int) -> tuple[bytes, ...] | None:
    """Return the certificates of a Certificate message in wire order, at most `most`; None: no list can be read."""
    certificates: list[bytes] = []
    try:
        listing = _Fields(_Fields(body).vector(3))
        while listing.rest and len(certificates) < most:
            certificates.append(listing.vector(3))
    except _CutError:
        return tuple(filter(None, certificates)) or None
    return tuple(filter(None, certificates)) or (None if certificates else ())


def read_certificate_request(body: bytes, version: str | None) -> CertificateRequest:
    """Read the body of a CertificateRequest; TLS 1.2 added the signature algorithms."""
    layouts = (True, False) if version in {"TLSv1.2", None} else (False, True)
    readings = (_certificate_request(body, with_algorithms) for with_algorithms in layouts)
    return next(filter(None, readings), CertificateRequest())


def _certificate_request(body: bytes, with_algorithms: bool) -> CertificateRequest | None:
    try:
        fields = _Fields(body)
        types = tuple(fields.vector(1))
        algorithms = _numbers(fields.vector(2)) if with_algorithms else ()
        names = fields.vector(2)
        return None if fields.rest else CertificateRequest(types, algorithms, *_authorities(names))
    except _CutError:
        return None


@lru_cache(maxsize=256)
def _authorities(listing: bytes) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """Return the names in a list of authorities, as RFC 4514 writes them and as DER."""
    names: list[str] = []
    encodings: list[bytes] = []
    fields = _Fields(listing)
    while fields.rest:
        try:
            encoding = fields.vector(2)
            names.append(clean(distinguished_name.rfc4514(encoding)))
            encodings.append(encoding)
        except der.DerError:
            continue
        except _CutError:
            break
    return tuple(names), tuple(encodings)


def _extensions(body: bytes, at: int) -> dict[int, bytes]:
    """Return the content of each extension in the list at `at` by its type, as far as they are whole."""
    found: dict[int, bytes] = {}
    if at + 2 > len(body):
        return found
    last = min(at + 2 + (body[at] << 8 | body[at + 1]), len(body))
    at += 2
    while at + 4 <= last:
        kind, length = _EXTENSION_HEADER.unpack_from(body, at)
        at += 4 + length
        if at > last:
            break
        found[kind] = body[at - length : at]
    return found


@lru_cache(maxsize=1024)
def _read_server_name(content: bytes) -> str | None:
    """RFC 6066 section 3: a list of names, of which only host names (0) exist."""
    try:
        names = _Fields(_Fields(content).vector(2))
        while names.rest:
            kind, name = names.number(1), names.vector(2)
            if kind == 0:
                return clean(name.decode("utf-8", "backslashreplace"))
    except _CutError:
        pass
    return None


@lru_cache(maxsize=256)
def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(content) // 2}H", content[: len(content) // 2 * 2])

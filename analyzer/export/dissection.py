"""Scapy's reading of handshake messages, alerts and certificates, each on its own.

Scapy is slow, and what it is given here is hostile: the caller bounds the bytes, every exception costs one message,
and no session of it lives longer than a message. Its own reading of a Certificate message is not used: one damaged
certificate would cost the whole message, and up to Scapy 2.7 it opens the file whose path stands for a certificate.
"""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from analyzer.export.recording import Content, Entry
from analyzer.parsers.capture.messages import MessageType
from analyzer.text import person_serial, serial_hex

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Scapy's own imports use what newer libraries call deprecated
    from scapy.layers.tls.crypto.suites import _tls_cipher_suites_cls
    from scapy.layers.tls.handshake import _tls13_handshake_cls, _tls_handshake_cls, _TLSHandshake
    from scapy.layers.tls.handshake_sslv2 import SSLv2ClientHello
    from scapy.layers.tls.record import TLSAlert, TLSChangeCipherSpec
    from scapy.layers.tls.session import readConnState, tlsSession
    from scapy.layers.x509 import X509_Cert
    from scapy.packet import Packet

logging.getLogger("scapy").setLevel(logging.CRITICAL)  # what it has to say about damaged bytes is said here

_VERSIONS = {"SSLv2": 0x002, "SSLv3": 0x300, "TLSv1.0": 0x301, "TLSv1.1": 0x302, "TLSv1.2": 0x303, "TLSv1.3": 0x304}
_EMPTY_LIST = bytes(3)  # the length of the list, and nothing behind it
# Scapy's memory for DER of many tiny parts grows with the square of its size. Real certificates: 2 KiB.
_LARGEST_DER = 16 << 10
# Two names, two times and a key do not fit into less, and Scapy takes 2 ms for whatever is none.
_SMALLEST_CERTIFICATE = 128
_HEX_LINE, _HEX_BYTES = 32, 512
# Scapy shows the first four bytes of a hello's random as the time that RFC 5246 section 7.4.1.2 has there. Today's
# libraries fill all 32 with random bytes, and people compare them in hex.
_RANDOM = re.compile(r"^( +)(?:gmt_unix_time= .*\((\d+)\)\n +)?random_bytes= ([0-9a-f]+)$", re.MULTILINE)


class Part(Struct, frozen=True, kw_only=True):
    """A message, or one certificate of it, taken apart.

    Attributes:
        title: which certificate it is; None: it is all of the message.
        lines: untrusted text.
        failure: why `lines` are bytes in hex; None: they are Scapy's reading.
    """

    title: str | None = None
    lines: tuple[str, ...]
    failure: str | None = None


def dissect(entry: Entry, version: str | None, cipher_suite: int | None) -> Iterator[Part]:
    """Take apart what is in clear; `version` and `cipher_suite` are the ones that the handshake negotiated."""
    data = entry.data
    match entry.content:
        case Content.MESSAGE if data[0] == MessageType.CERTIFICATE:
            yield from _certificates(data)
        case Content.MESSAGE if data[0] == MessageType.CERTIFICATE_STATUS and len(data) > _LARGEST_DER:
            yield _too_large(data)
        case Content.MESSAGE:
            yield _part(data, lambda: _shown(_message(data, version, cipher_suite)))
        case Content.ALERT:
            yield _part(data, lambda: _shown(TLSAlert(data)))
        case Content.CHANGE_CIPHER_SPEC:
            yield _part(data, lambda: _shown(TLSChangeCipherSpec(data)))
        case Content.SSL2_HELLO if data[2] == MessageType.CLIENT_HELLO:
            yield _part(data, lambda: _shown(SSLv2ClientHello(data[2:])))
        case _:
            yield _raw(data, "Scapy is not asked about it")


def _shown(packet: Packet) -> tuple[str, ...]:
    text = str(packet.show(dump=True)).rstrip("\n")
    return tuple(_RANDOM.sub(_random, text).split("\n"))


def _random(shown: re.Match[str]) -> str:
    indent, time, rest = shown.groups()
    return f"{indent}random    = {f'{int(time):08x}' if time else ''}{rest}"


def _message(data: bytes, version: str | None, cipher_suite: int | None) -> Packet:
    kind = data[0]
    newer = _tls13_handshake_cls if version == "TLSv1.3" else {}
    layer: Callable[..., Packet] = newer.get(kind) or _tls_handshake_cls.get(kind) or _TLSHandshake
    return layer(data, tls_session=_session(kind, version, cipher_suite))


def _session(kind: int, version: str | None, cipher_suite: int | None) -> tlsSession:
    """Return what a message needs to know of those before it, and nothing to compute keys from."""
    session = tlsSession()
    session.frozen = True
    if kind == MessageType.CLIENT_HELLO:
        return session  # nothing in it depends on what the server chooses later
    session.tls_version = _VERSIONS.get(version or "")
    suite = _tls_cipher_suites_cls.get(cipher_suite)
    if suite is not None:
        session.prcs = readConnState(ciphersuite=suite, connection_end="server", tls_version=session.tls_version)
    return session


def _certificates(message: bytes) -> Iterator[Part]:
    if message[4:] == _EMPTY_LIST:
        yield Part(lines=("an empty list: no certificate was presented",))
        return
    listed, rest = _split(message[4:])
    for number, der in enumerate(listed, 1):
        digest = hashlib.sha256(der).hexdigest()
        title = f"certificate {number} of {len(listed)}, {len(der):,} bytes, SHA-256 {digest}"
        yield replace(_certificate(der), title=title)
    if rest:
        yield _raw(rest, "this is no certificate")


def _split(listing: bytes) -> tuple[list[bytes], bytes]:
    """Return the certificates of a list, and what stands behind the last whole one."""
    certificates, at = [], len(_EMPTY_LIST)
    while (end := at + 3 + int.from_bytes(listing[at : at + 3], "big")) <= len(listing) and end > at + 3:
        certificates.append(listing[at + 3 : end])
        at = end
    return certificates, listing[at:] if certificates else listing


def _certificate(der: bytes) -> Part:
    if len(der) > _LARGEST_DER:
        return _too_large(der)
    if len(der) < _SMALLEST_CERTIFICATE:
        return _raw(der, "it is too small for a certificate")
    return _part(der, lambda: _certificate_lines(X509_Cert(der)))


def _certificate_lines(certificate: Packet) -> tuple[str, ...]:
    """Scapy shortens long numbers, but the serial number is what people compare: it comes first, and whole."""
    serial = serial_hex(certificate.tbsCertificate.serialNumber.val)
    return f"serial number {person_serial(serial)}", *_shown(certificate)


def _part(data: bytes, read: Callable[[], tuple[str, ...]]) -> Part:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Part(lines=read())
    except Exception as error:  # noqa: BLE001 - foreign code on damaged bytes
        return _raw(data, f"Scapy cannot read it ({type(error).__name__})")


def _too_large(data: bytes) -> Part:
    return _raw(data, f"it is larger than {_LARGEST_DER:,} bytes")


def _raw(data: bytes, failure: str) -> Part:
    shown = data[:_HEX_BYTES]
    lines = [shown[at : at + _HEX_LINE].hex(" ") for at in range(0, len(shown), _HEX_LINE)]
    if len(data) > len(shown):
        lines.append(f"and {len(data) - len(shown):,} bytes more")
    return Part(lines=tuple(lines), failure=failure)

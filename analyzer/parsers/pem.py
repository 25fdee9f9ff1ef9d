"""Certificate files: PEM bundles as Expressway puts them into a diagnostic bundle, and bare DER.

`server_….pem` and `client_….pem` hold a leaf and possibly its chain, `ca_….pem` the trusted CA list. People
re-save, join and cut such files, and OpenSSL skips what it does not like without a word; here every BEGIN line
is accounted for: a certificate, a private key (counted, never kept), or a problem.

Sample::

    O=Example, CN=Example Issuing CA
    -----BEGIN CERTIFICATE-----
    MIIDCjCCAfKgAwIBAgICH5owDQYJKoZIhvcNAQELBQAwIDEeMBwGA1UEAwwVRXhh
    …
    -----END CERTIFICATE-----
"""

from __future__ import annotations

import binascii
import re

from msgspec import Struct

from analyzer.evidence import Certificate, Problem
from analyzer.parsers.certificate import read_certificate
from analyzer.parsers.der import DerError, is_cut
from analyzer.parsers.der_kinds import DerKind, certificates_in_pkcs7, der_kind
from analyzer.parsers.pem_blocks import Block, pem_blocks
from analyzer.text import clean
from analyzer.words import Words, say

MAXIMUM_CERTIFICATES = 5_000
MAXIMUM_CERTIFICATE_BYTES = 65_536

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_HEADER_LINE = re.compile(r"(?m)^[A-Za-z0-9-]{1,64}:.*$")  # RFC 1421 section 4.4: "Proc-Type: 4,ENCRYPTED"

_OTHER_LABELS = frozenset(
    {
        "ATTRIBUTE CERTIFICATE",
        "CERTIFICATE REQUEST",
        "DH PARAMETERS",
        "DSA PARAMETERS",
        "EC PARAMETERS",
        "NEW CERTIFICATE REQUEST",
        "PUBLIC KEY",
        "RSA PUBLIC KEY",
        "X509 CRL",
        "X9.42 DH PARAMETERS",
    }
)

_LEAVES_OPEN = say("whether a certificate that was presented is this one")


_NO_END = say("it has no END line")


class PemReading(Struct, frozen=True, kw_only=True):
    """What a certificate file holds.

    Attributes:
        certificates: in the order of the file.
        private_keys: how many private keys stand in it; nothing of them is kept.
    """

    certificates: tuple[Certificate, ...] = ()
    problems: tuple[Problem, ...] = ()
    private_keys: int = 0


def read_pem(data: bytes, file: str) -> PemReading:
    """Read a PEM bundle or a bare DER certificate; `file` is what its problems are named by.

    Each damaged block is one problem and costs no other block. A file without any certificate, private key or
    damage is a problem too, as it was taken for a certificate file.
    """
    reader = _Reader(file)
    blocks = pem_blocks(data)
    for block in blocks:
        reader.read_block(block)
    if not blocks:
        reader.read_bare(data)
    return reader.reading()


class _Reader:
    """Sorts the blocks of one file into certificates, private keys and problems."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._certificates: list[Certificate] = []
        self._problems: list[Problem] = []
        self._private_keys = 0
        self._beyond_limit = 0

    def reading(self) -> PemReading:
        if self._beyond_limit:
            self._problem(
                say("{count} more certificates", count=self._beyond_limit),
                say("only {most} of a file are read", most=MAXIMUM_CERTIFICATES),
            )
        if not (self._certificates or self._problems or self._private_keys):
            self._problem(say("certificates"), say("there is none in this file"))
        return PemReading(
            certificates=tuple(self._certificates), problems=tuple(self._problems), private_keys=self._private_keys
        )

    def read_block(self, block: Block) -> None:
        """Read a block. Its content decides what it is, unless its label says private key, or no certificate."""
        if "PRIVATE KEY" in block.label:
            self._private_keys += 1
        elif block.label in _OTHER_LABELS:
            return
        elif self._is_full():
            self._beyond_limit += 1
        elif block.body is None:
            self._problem(block.what, say("its BEGIN line is missing"))
        else:
            self._read_base64(block.body, block)

    def read_bare(self, data: bytes) -> None:
        """Read a file without any marker."""
        if not data.strip():
            self._problem(say("certificates"), say("the file is empty"))
        elif data.startswith(b"\x30"):
            self._read_der(data, say("the file"))
            if self._certificates and data.startswith(self._certificates[0].der):
                self._notice_rest(data[len(self._certificates[0].der) :])
        else:
            self._problem(say("certificates"), say("there is no BEGIN line in this file, and it is no DER"))

    def _notice_rest(self, rest: bytes) -> None:
        if rest.strip(b"\0\t\n\r "):
            self._problem(
                say("the rest of the file"),
                say("{count} bytes behind the certificate were not read", count=len(rest)),
            )

    def _read_base64(self, body: str, block: Block) -> None:
        base64 = "".join(_HEADER_LINE.sub("", body.strip("-")).split())
        if not _BASE64.fullmatch(base64):
            self._problem(block.what, say("its base64 is damaged") if block.ended else _NO_END)
            return
        digits = base64.rstrip("=")
        digits = digits[:-1] if len(digits) % 4 == 1 else digits
        missing = None if block.ended else _NO_END
        self._read_der(binascii.a2b_base64(digits + "=" * (-len(digits) % 4)), block.what, missing)

    def _read_der(self, data: bytes, what: Words, damage: Words | None = None) -> None:
        match der_kind(data):
            case DerKind.PRIVATE_KEY:
                self._private_keys += 1
            case DerKind.PKCS12:
                self._problem(what, say("it is a PKCS #12 file, which is not opened; it may hold a private key"))
            case DerKind.PKCS7:
                self._read_pkcs7(data, what)
            case DerKind.OTHER:
                self._read_certificate(data, what, damage)

    def _read_pkcs7(self, data: bytes, what: Words) -> None:
        try:
            encodings = certificates_in_pkcs7(data)
        except DerError:
            self._problem(what, say("its PKCS #7 content is damaged"))
            return
        for number, encoding in enumerate(encodings, 1):
            if self._is_full():
                self._beyond_limit += 1
            else:
                self._read_certificate(encoding, say("certificate {number} of {what}", number=number, what=what))

    def _read_certificate(self, data: bytes, what: Words, damage: Words | None = None) -> None:
        certificate = read_certificate(data) if len(data) <= MAXIMUM_CERTIFICATE_BYTES else None
        if len(data) > MAXIMUM_CERTIFICATE_BYTES:
            self._problem(what, say("it is larger than {most} bytes", most=MAXIMUM_CERTIFICATE_BYTES))
        elif certificate is None:
            self._problem(what, damage or say("it is no certificate, or too damaged to tell"))
        elif is_cut(data):
            self._problem(what, _cut_short(certificate))
        else:
            self._certificates.append(certificate)
            if damage:
                self._problem(what, say("{damage}; the certificate itself is whole and was read", damage=damage))

    def _is_full(self) -> bool:
        return len(self._certificates) + len(self._problems) >= MAXIMUM_CERTIFICATES

    def _problem(self, what: Words, why: Words) -> None:
        self._problems.append(Problem(file=self._file, what=what, why=why, leaves_open=_LEAVES_OPEN))


def _cut_short(certificate: Certificate) -> Words:
    if not certificate.serial:
        return say("it is cut short; its serial number is not readable")
    return say("it is cut short; its serial number is {serial}", serial=clean(certificate.serial, 64))

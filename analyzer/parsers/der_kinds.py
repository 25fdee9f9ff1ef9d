"""What a DER file is, told by its first elements: a private key must be known before anything else is done with it.

Sample::

    30 .. 02 01 00  30 0d 06 09 …  04 82 …      PKCS #8 private key (RFC 5958)
    30 .. 02 01 00  02 82 01 01 …               PKCS #1 RSA private key (RFC 8017)
    30 .. 02 01 01  04 20 …                     EC private key (RFC 5915)
    30 .. 30 .. 06 09 2a 86 48 86 f7 0d 01 05   encrypted PKCS #8 private key
    30 .. 02 01 03  30 …                        PKCS #12 (RFC 7292)
    30 .. 06 09 2a 86 48 86 f7 0d 01 07 02      PKCS #7 signed data: a bag of certificates (RFC 5652)
"""

from __future__ import annotations

import re
from contextlib import suppress
from enum import StrEnum

from analyzer.parsers import der
from analyzer.parsers.der import DerError, Element

_CONTEXT_0 = 0xA0
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_ENCRYPTION_ARCS = ("1.2.840.113549.1.5.", "1.2.840.113549.1.12.1.")  # PKCS #5 and PKCS #12

# Lengths are not looked at: a cut file, and the indefinite lengths that PKCS #12 files have, are told as well.
_LENGTH = rb"(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"
_PRIVATE_KEY = re.compile(
    rb"\x30" + _LENGTH + rb"\x02\x01[\x00\x01](?:\x30" + _LENGTH + rb"\x06|\x04|\x02)", re.DOTALL
)
_PKCS12 = re.compile(rb"\x30" + _LENGTH + rb"\x02\x01\x03\x30", re.DOTALL)
_ALGORITHM_FIRST = re.compile(rb"\x30" + _LENGTH + rb"\x30" + _LENGTH + rb"(?=\x06)", re.DOTALL)


class DerKind(StrEnum):
    """What a DER file is."""

    PRIVATE_KEY = "private key"
    PKCS12 = "PKCS #12"
    PKCS7 = "PKCS #7"
    OTHER = "other"


def der_kind(data: bytes) -> DerKind:
    """Tell what a DER file is; a certificate is `OTHER`, as are damaged files of any kind but a private key."""
    if _PRIVATE_KEY.match(data) or _is_encrypted_key(data):
        return DerKind.PRIVATE_KEY
    if _PKCS12.match(data):
        return DerKind.PKCS12
    with suppress(DerError):
        if der.object_identifier(der.read_element(_outermost(data), der.OBJECT_IDENTIFIER)) == _SIGNED_DATA:
            return DerKind.PKCS7
    return DerKind.OTHER


def certificates_in_pkcs7(data: bytes) -> tuple[bytes, ...]:
    """Return the encodings in the bag of certificates of PKCS #7 signed data.

    Raises:
        DerError: if the bag cannot be reached.
    """
    wrapped = _child(der.read_elements(_outermost(data)), _CONTEXT_0)
    signed_data = der.read_elements(der.read_element(wrapped.content, der.SEQUENCE))
    return tuple(element.encoding for element in der.read_elements(_child(signed_data, _CONTEXT_0).content))


def _outermost(data: bytes) -> bytes:
    return der.read_element(data, der.SEQUENCE)


def _child(elements: list[Element], tag: int) -> Element:
    for element in elements:
        if element.tag == tag:
            return element
    raise DerError(f"no element with tag {tag:#04x}")


def _is_encrypted_key(data: bytes) -> bool:
    """Whether it begins with an encryption algorithm."""
    match = _ALGORITHM_FIRST.match(data)
    if match is None:
        return False
    with suppress(DerError):
        identifier = der.object_identifier(der.read_element(data[match.end() :], der.OBJECT_IDENTIFIER))
        return identifier.startswith(_ENCRYPTION_ARCS)
    return False

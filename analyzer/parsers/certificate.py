"""One X.509 certificate: DER in, the record out.

The peer in a capture, and the OpenSSL of an Expressway, take certificates that strict readers refuse as a whole
for one odd field. Here each property is read on its own, and the ones that could not be read are named.

Sample::

    30 82 03 0a                     Certificate
       30 82 01 f2                     to be signed
          a0 03 02 01 02                  version 3
          02 02 1f 9a                     serial number 1f9a
          30 0d … 30 4b … 30 1e …         signature algorithm, issuer, validity
          30 4b … 30 82 … a3 5d …         subject, public key, extensions
       30 0d … 03 82 …                 signature algorithm, signature
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from analyzer.evidence import Certificate
from analyzer.facts import object_identifiers as oid
from analyzer.parsers import certificate_extensions as extensions
from analyzer.parsers import der
from analyzer.parsers.certificate_extensions import Extensions
from analyzer.parsers.der import DerError, Element
from analyzer.parsers.distinguished_name import attribute_values, rfc4514
from analyzer.parsers.public_key import read_public_key, read_signature_algorithm
from analyzer.text import serial_hex

_VERSION = 0xA0
_EXTENSIONS = 0xA3
_ABSENT = Element(0, b"", b"")
_FIELDS_AFTER_SERIAL = 5

T = TypeVar("T")


@lru_cache(maxsize=512)
def read_certificate(data: bytes) -> Certificate | None:
    """Read a certificate; octets behind its end are left out of it.

    Returns:
        None if the bytes have not even the shape of a certificate: a serial number and after it what follows
        one (certificate requests and revocation lists have something else there).
    """
    try:
        tag, start, end = der.read_header(data)
        fields = signed_fields(data[start:end])
    except DerError:
        return None
    following = {field.tag for field in fields[1 : 1 + _FIELDS_AFTER_SERIAL]}
    if tag != der.SEQUENCE or following != {der.SEQUENCE} or fields[0].tag != der.INTEGER:
        return None
    return _Reading(fields).certificate(data[:end])


def signed_fields(content: bytes) -> list[Element]:
    """Return the fields of a certificate's content from the serial number on, as far as they are whole.

    Raises:
        DerError: if it does not begin with an element.
    """
    _, start, end = der.read_header(content)
    fields: list[Element] = []
    with suppress(DerError):
        fields.extend(der.iterate_elements(content[start:end]))
    return fields[1:] if fields and fields[0].tag == _VERSION else fields


class _Reading:
    """Reads the properties one by one, and remembers which of them could not be read."""

    def __init__(self, fields: list[Element]) -> None:
        named = [*fields[: 1 + _FIELDS_AFTER_SERIAL], *[_ABSENT] * _FIELDS_AFTER_SERIAL]
        self._serial, self._algorithm, self._issuer, self._validity, self._subject, self._key, *_ = named
        self._extensions = _extensions(fields)
        self._unreadable: list[str] = [] if self._extensions.whole else ["extensions"]

    def certificate(self, data: bytes) -> Certificate:
        key_type, key_bits = self._public_key()
        not_before, not_after = self._times()
        return Certificate(
            sha256=hashlib.sha256(data).hexdigest(),
            der=data,
            serial=self._read("serial", lambda: serial_hex(der.integer(self._serial.content))),
            subject=self._read("subject", lambda: rfc4514(self._subject.encoding)),
            issuer=self._read("issuer", lambda: rfc4514(self._issuer.encoding)),
            subject_der=self._subject.encoding or None,
            issuer_der=self._issuer.encoding or None,
            common_name=self._common_name(),
            subject_alternative_names=self._alternative_names(),
            not_before=not_before,
            not_after=not_after,
            extended_key_usage=self._extension(
                "extended_key_usage", oid.EXTENDED_KEY_USAGE, extensions.read_extended_key_usage
            ),
            key_usage=self._extension("key_usage", oid.KEY_USAGE, extensions.read_key_usage),
            key_type=key_type,
            key_bits=key_bits,
            public_key_sha256=hashlib.sha256(self._key.encoding).hexdigest() if self._key.encoding else None,
            signature_algorithm=self._read(
                "signature_algorithm", lambda: read_signature_algorithm(self._algorithm.content)
            ),
            is_ca=self._extension("is_ca", oid.BASIC_CONSTRAINTS, extensions.read_is_authority),
            subject_key_identifier=self._extension(
                "subject_key_identifier", oid.SUBJECT_KEY_IDENTIFIER, extensions.read_subject_key_identifier
            ),
            authority_key_identifier=self._extension(
                "authority_key_identifier", oid.AUTHORITY_KEY_IDENTIFIER, extensions.read_authority_key_identifier
            ),
            extensions=self._extensions.identifiers,
            policies=self._extension("policies", oid.CERTIFICATE_POLICIES, extensions.read_policies) or (),
            locations=self._locations(),
            unreadable=tuple(dict.fromkeys(self._unreadable)),
        )

    def _read(self, field: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except DerError:
            self._unreadable.append(field)
            return None

    def _extension(self, field: str, identifier: str, read: Callable[[bytes], T]) -> T | None:
        """Read an extension; None if it is absent. A second one of its kind makes both unreadable."""
        value = self._extensions.values.get(identifier)
        if value is not None:
            return self._read(field, lambda: read(value))
        if identifier in self._extensions.identifiers or not self._extensions.whole:
            self._unreadable.append(field)
        return None

    def _common_name(self) -> str | None:
        with suppress(DerError):
            return next(iter(attribute_values(self._subject.encoding, "CN")), None)
        return None

    def _alternative_names(self) -> tuple[str, ...]:
        field = "subject_alternative_names"
        names, whole = self._extension(field, oid.SUBJECT_ALTERNATIVE_NAME, extensions.read_alternative_names) or (
            (),
            True,
        )
        if not whole:
            self._unreadable.append(field)
        return names

    def _times(self) -> tuple[datetime | None, datetime | None]:
        elements: list[Element] = []
        with suppress(DerError):
            elements.extend(der.iterate_elements(self._validity.content))
        first, second, *_ = [*elements, _ABSENT, _ABSENT]
        return self._read("not_before", lambda: der.time(first)), self._read("not_after", lambda: der.time(second))

    def _public_key(self) -> tuple[str | None, int | None]:
        kind, bits = self._read("key", lambda: read_public_key(self._key.content)) or (None, None)
        if bits is None:
            self._unreadable.append("key")
        return kind, bits

    def _locations(self) -> tuple[str, ...]:
        points = self._extension("locations", oid.CRL_DISTRIBUTION_POINTS, extensions.read_distribution_points)
        access = self._extension("locations", oid.AUTHORITY_INFORMATION_ACCESS, extensions.read_access_locations)
        return (*(points or ()), *(access or ()))


def _extensions(fields: list[Element]) -> Extensions:
    """Return the extensions; if the fields end early, their absence says nothing."""
    if len(fields) <= _FIELDS_AFTER_SERIAL:
        return Extensions(whole=False)
    block = next((field.content for field in fields if field.tag == _EXTENSIONS), None)
    return Extensions() if block is None else extensions.read_extensions(block)

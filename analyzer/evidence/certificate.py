"""The one record of an X.509 certificate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class CertificateOrigin(StrEnum):
    """Who issued a certificate, as far as the public-CA rules are concerned."""

    PUBLIC = "public"
    PRIVATE = "private"
    SELF_SIGNED = "self-signed"
    DEFAULT = "default"
    UNKNOWN = "unknown"


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate as its DER says it, each property read on its own.

    A property that could not be read is None (or empty) and its name stands in `unreadable`.

    Attributes:
        sha256: of the DER, lower-case hex: the identity of the certificate.
        serial: see `analyzer.text.serial_hex`.
        subject: RFC 4514; `subject_der` are the bytes that chains are built with.
        subject_alternative_names: `DNS:x`, `IP:x`, `URI:x`, `email:x`.
        extended_key_usage: names as in RFC 5280 (`serverAuth`), else dotted OIDs; None: the extension is
            absent, unless `extended_key_usage` stands in `unreadable`.
        key_usage: names as in RFC 5280 (`digitalSignature`); None: the extension is absent.
        key_type: RSA, EC, DSA, Ed25519, Ed448, else the algorithm's OID.
        public_key_sha256: of the SubjectPublicKeyInfo.
        is_ca: basicConstraints cA; None: the extension is absent.
        extensions: dotted OIDs of all extensions present.
        policies: dotted OIDs of certificatePolicies.
        locations: URLs of CRL distribution points and authority information access.
    """

    sha256: str
    der: bytes
    serial: str | None = None
    subject: str | None = None
    issuer: str | None = None
    subject_der: bytes | None = None
    issuer_der: bytes | None = None
    common_name: str | None = None
    subject_alternative_names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    extended_key_usage: tuple[str, ...] | None = None
    key_usage: tuple[str, ...] | None = None
    key_type: str | None = None
    key_bits: int | None = None
    public_key_sha256: str | None = None
    signature_algorithm: str | None = None
    is_ca: bool | None = None
    subject_key_identifier: str | None = None
    authority_key_identifier: str | None = None
    extensions: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name (the signature is not looked at)."""
        return self.subject_der is not None and self.subject_der == self.issuer_der

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names of the subjectAltName, lower case, else the common name."""
        dns = tuple(n[4:].lower() for n in self.subject_alternative_names if n.startswith("DNS:"))
        return dns or ((self.common_name.lower(),) if self.common_name else ())

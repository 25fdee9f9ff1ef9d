"""Certificate authorities and the certificates they issue, with the marks that tell public from private ones.

A private authority looks like Active Directory Certificate Services: `DC=` names, a template extension, an
`ldap:` distribution point. A public one looks like the web PKI: signed certificate timestamps and a CA/Browser
Forum policy. Its organisation is invented, so it is in no public list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from samples.builders.extensions import extended_key_usage, key_usage, private_marks, public_marks

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NOT_BEFORE = datetime(2026, 1, 10, 8, 0, 0, tzinfo=UTC)
NOT_AFTER = datetime(2027, 1, 9, 8, 0, 0, tzinfo=UTC)

BOTH_USAGES = ("serverAuth", "clientAuth")
SERVER_ONLY = ("serverAuth",)
CLIENT_ONLY = ("clientAuth",)


class AuthorityKind(StrEnum):
    """Whose rules an authority follows."""

    PRIVATE = "private"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate with its private key.

    Attributes:
        chain: the intermediates up to, and without, the root.
    """

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha256(self) -> str:
        """Identity of the certificate, as in the JSON report."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def serial(self) -> str:
        """Serial as in the JSON report."""
        return f"{self.certificate.serial_number:x}"

    def pem(self, *, with_chain: bool = False) -> bytes:
        """Return the leaf in PEM, with the intermediates after it if asked for; never the key."""
        return pem(self.certificate, *(self.chain if with_chain else ()))

    def without_chain(self) -> Identity:
        """Return the same identity as a box presents it whose trusted CA list lacks the intermediates."""
        return replace(self, chain=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: `Authority.root(…)`, or `authority.intermediate(…)` below one."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    kind: AuthorityKind
    parent: Authority | None = None

    @classmethod
    def root(
        cls,
        common_name: str,
        *,
        kind: AuthorityKind = AuthorityKind.PRIVATE,
        domain: str = "harbor.example",
        organisation: str = "Meridian Trust Services",
        usages: Sequence[str] | None = None,
        key: str | PrivateKey = "ec256",
        not_before: datetime = datetime(2020, 5, 4, 9, 0, 0, tzinfo=UTC),
        not_after: datetime = datetime(2040, 5, 4, 9, 0, 0, tzinfo=UTC),
    ) -> Authority:
        """Make a self-signed authority: `CN=…,DC=harbor,DC=example` if private, `CN=…,O=…,C=US` if public."""
        private_key = new_key(key)
        name = (
            _private_name(common_name, domain)
            if kind is AuthorityKind.PRIVATE
            else _public_name(common_name, organisation)
        )
        builder = _authority_builder(name, private_key, usages, not_before, not_after).issuer_name(name)
        return cls(certificate=builder.sign(private_key, hashes.SHA256()), key=private_key, kind=kind)

    def intermediate(
        self,
        common_name: str,
        *,
        usages: Sequence[str] | None = None,
        key: str | PrivateKey = "ec256",
        not_before: datetime = datetime(2022, 3, 1, 9, 0, 0, tzinfo=UTC),
        not_after: datetime = datetime(2036, 3, 1, 9, 0, 0, tzinfo=UTC),
    ) -> Authority:
        """Make an authority below this one. `usages` restricts the path, as new public sub-CAs do."""
        private_key = new_key(key)
        rest = [rdn for rdn in self.certificate.subject.rdns if rdn.get_attributes_for_oid(NameOID.COMMON_NAME) == []]
        name = x509.Name([*rest, _rdn(NameOID.COMMON_NAME, common_name)])
        builder = _authority_builder(name, private_key, usages, not_before, not_after)
        builder = builder.issuer_name(self.certificate.subject).add_extension(_authority_key(self), critical=False)
        return Authority(
            certificate=builder.sign(self.key, hashes.SHA256()), key=private_key, kind=self.kind, parent=self
        )

    @property
    def path(self) -> tuple[x509.Certificate, ...]:
        """The certificates from this authority up to its root."""
        return (self.certificate, *(self.parent.path if self.parent else ()))

    def issue(
        self,
        common_name: str,
        names: Sequence[str] = (),
        *,
        usages: Sequence[str] | None = BOTH_USAGES,
        key_usages: Sequence[str] | None = ("digital_signature", "key_encipherment"),
        key: str | PrivateKey = "ec256",
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
        serial: int | None = None,
    ) -> Identity:
        """Issue a certificate.

        Args:
            common_name: the subject's; an empty one leaves the subject empty.
            names: further subject alternative names, DNS or IP; the common name comes first if it is a host name.
            usages: extended key usages by name or dotted OID; None: no such extension.
            key_usages: of `x509.KeyUsage`; None: no such extension.
            key: `ec256`, `rsa2048` …, or a key to use again.
            serial: None: 19 octets as AD CS numbers them, or 16 random-looking octets for a public authority.
        """
        private_key = new_key(key)
        number = _leaf_serial(self, private_key) if serial is None else serial
        builder = (
            _builder(_subject(common_name, self.kind), private_key, not_before, not_after, number)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
            .add_extension(_authority_key(self), critical=False)
        )
        alternative_names = [_general_name(n) for n in dict.fromkeys(_host_names(common_name, names))]
        if alternative_names:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative_names), critical=False)
        if key_usages is not None:
            builder = builder.add_extension(key_usage(key_usages), critical=True)
        if usages is not None:
            builder = builder.add_extension(extended_key_usage(usages), critical=False)
        for mark in self._marks(private_key, not_before):
            builder = builder.add_extension(mark, critical=False)
        return Identity(
            certificate=builder.sign(self.key, hashes.SHA256()),
            key=private_key,
            chain=self.path[:-1],
        )

    def _marks(self, key: PrivateKey, logged: datetime) -> tuple[x509.ExtensionType, ...]:
        name = str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        if self.kind is AuthorityKind.PRIVATE:
            return private_marks(name)
        return public_marks(name, _fingerprint(key), logged)


def self_signed(
    common_name: str,
    names: Sequence[str] = (),
    *,
    usages: Sequence[str] | None = BOTH_USAGES,
    key: str | PrivateKey = "ec256",
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
) -> Identity:
    """Make a certificate that is its own issuer, as Cisco Unified Communications Manager installs it."""
    private_key = new_key(key)
    name = _subject(common_name, AuthorityKind.PRIVATE)
    alternative_names = x509.SubjectAlternativeName([_general_name(n) for n in _host_names(common_name, names)])
    builder = _builder(name, private_key, not_before, not_after).issuer_name(name)
    builder = builder.add_extension(alternative_names, critical=False)
    if usages is not None:
        builder = builder.add_extension(extended_key_usage(usages), critical=False)
    return Identity(certificate=builder.sign(private_key, hashes.SHA256()), key=private_key)


def pem(*certificates: x509.Certificate) -> bytes:
    """Return certificates in PEM, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def new_key(kind: str | PrivateKey) -> PrivateKey:
    """Make a key: `ec256`, `ec384`, `rsa2048`, `rsa4096`. A key is handed back as it is."""
    if not isinstance(kind, str):
        return kind
    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))
    return ec.generate_private_key({"ec256": ec.SECP256R1(), "ec384": ec.SECP384R1()}[kind])


def _builder(
    subject: x509.Name, key: PrivateKey, not_before: datetime, not_after: datetime, serial: int | None = None
) -> x509.CertificateBuilder:
    public_key = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(int.from_bytes(_fingerprint(key)[:16]) if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _authority_builder(
    name: x509.Name, key: PrivateKey, usages: Sequence[str] | None, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    builder = (
        _builder(name, key, not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(("digital_signature", "key_cert_sign", "crl_sign")), critical=True)
    )
    return builder.add_extension(extended_key_usage(usages), critical=False) if usages is not None else builder


def _leaf_serial(authority: Authority, key: PrivateKey) -> int:
    random_part = _fingerprint(key)
    if authority.kind is AuthorityKind.PUBLIC:
        return int.from_bytes(random_part[:16])
    count = random_part[0]  # AD CS: key index and request count around a random middle, 19 octets
    return int.from_bytes(b"\x2f" + bytes(3) + bytes([count]) + random_part[1:9] + bytes(5) + bytes([count]))


def _fingerprint(key: PrivateKey) -> bytes:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest


def _authority_key(authority: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())


def _host_names(common_name: str, names: Sequence[str]) -> list[str]:
    return [*([common_name] if "." in common_name and " " not in common_name else []), *names]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subject(common_name: str, kind: AuthorityKind) -> x509.Name:
    unit = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "Collaboration")] if kind is AuthorityKind.PRIVATE else []
    attributes = [(NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "Harbor Example Ltd"), *unit]
    return x509.Name([_rdn(*a) for a in (*attributes, (NameOID.COMMON_NAME, common_name))] if common_name else [])


def _private_name(common_name: str, domain: str) -> x509.Name:
    components = [_rdn(NameOID.DOMAIN_COMPONENT, label) for label in reversed(domain.split("."))]
    return x509.Name([*components, _rdn(NameOID.COMMON_NAME, common_name)])


def _public_name(common_name: str, organisation: str) -> x509.Name:
    attributes = (
        (NameOID.COUNTRY_NAME, "US"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([_rdn(*attribute) for attribute in attributes])


def _rdn(kind: ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([x509.NameAttribute(kind, value)])

"""The certificate extensions that tell a private authority from a public one, and usages by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID, ObjectIdentifier

USAGES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "anyExtendedKeyUsage": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
# MS-WCCE 2.2.2.7.7.2: szOID_CERTIFICATE_TEMPLATE; the value is a SEQUENCE of a template OID and two versions.
_TEMPLATE = x509.UnrecognizedExtension(
    ObjectIdentifier("1.3.6.1.4.1.311.21.7"),
    bytes.fromhex(
        "302f06272b060104018237150886f1d90184c0a7228195932983b3a23986a6ca1281388499df6d87e3bf2602016402010a"
    ),
)
_ORGANISATION_VALIDATED = ObjectIdentifier("2.23.140.1.2.2")


def private_marks(authority: str) -> tuple[x509.ExtensionType, ...]:
    """Return what Active Directory Certificate Services adds."""
    slug = authority.replace(" ", "")
    point = f"ldap:///CN={slug},CN=CDP,CN=Public%20Key%20Services?certificateRevocationList"
    return (_distribution_point(point), _TEMPLATE)


def public_marks(authority: str, fingerprint: bytes, logged: datetime) -> tuple[x509.ExtensionType, ...]:
    """Return what an authority of the web PKI adds. `fingerprint` tells certificates apart."""
    url = f"http://pki.meridian.example/{authority.replace(' ', '')}"
    issuer = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{url}.crt")
    )
    return (
        _distribution_point(f"{url}.crl"),
        x509.AuthorityInformationAccess([issuer]),
        x509.CertificatePolicies([x509.PolicyInformation(_ORGANISATION_VALIDATED, None)]),
        _signed_timestamps(fingerprint, logged),
    )


def extended_key_usage(usages: Sequence[str]) -> x509.ExtendedKeyUsage:
    """Return usages given by name or dotted OID."""
    return x509.ExtendedKeyUsage([USAGES.get(usage) or ObjectIdentifier(usage) for usage in usages])


def key_usage(usages: Sequence[str]) -> x509.KeyUsage:
    """Return usages given by the names that `x509.KeyUsage` has for them."""
    return x509.KeyUsage(**{name: name in usages for name in _KEY_USAGES})


def _signed_timestamps(fingerprint: bytes, logged: datetime) -> x509.UnrecognizedExtension:
    """Return two well-formed timestamps of logs that do not exist (RFC 6962 section 3.3)."""
    when = (int(logged.timestamp()) * 1000).to_bytes(8)
    signature = b"\x04\x03" + _prefixed(bytes(70))
    logs = [hashlib.sha256(name + fingerprint).digest() for name in (b"first", b"second")]
    listing = _prefixed(b"".join(_prefixed(b"\x00" + log + when + bytes(2) + signature) for log in logs))
    value = b"\x04\x81" + bytes([len(listing)]) + listing
    return x509.UnrecognizedExtension(ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, value)


def _prefixed(content: bytes) -> bytes:
    return len(content).to_bytes(2) + content


def _distribution_point(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])

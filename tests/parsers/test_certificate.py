from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.evidence import Certificate
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority, AuthorityKind

ROOT = Authority.root("Harbor Root CA")
KEY = ec.generate_private_key(ec.SECP256R1())
EDGE = ROOT.issue("edge.harbor.example", ("edge2.harbor.example", "192.0.2.7", "2001:db8:0:0::1"), serial=0x8001)
PUBLIC = Authority.root("Meridian Root", kind=AuthorityKind.PUBLIC).issue("www.harbor.example")


def read(certificate: x509.Certificate | bytes) -> Certificate:
    data = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    result = read_certificate(data)
    assert result is not None
    return result


def build(
    *extensions: x509.ExtensionType,
    subject: x509.Name | None = None,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = KEY,
    public_key: object = None,
    pss: padding.PSS | None = None,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "core.harbor.example")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Harbor Root CA")]))
        .public_key(public_key or key.public_key())  # type: ignore[arg-type]
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2055, 1, 1, tzinfo=UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm, rsa_padding=pss)


def encode(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes([tag, 0x82]) + len(content).to_bytes(2) + content


def raw_certificate(*last: bytes, serial: bytes = b"\x01") -> bytes:
    """A certificate with empty names, no dates and no key, for what a builder refuses to make."""
    empty = encode(0x30)
    algorithm = encode(0x30, bytes.fromhex("06032b6570"))
    signed = encode(0x30, encode(0x02, serial), algorithm, empty, empty, empty, empty, *last)
    return encode(0x30, signed, algorithm, encode(0x03, bytes(65)))


def test_a_certificate_is_read_as_it_was_issued() -> None:
    certificate = read(EDGE.certificate)

    assert certificate.sha256 == hashlib.sha256(EDGE.der).hexdigest()
    assert certificate.serial == "8001"
    assert certificate.subject == "CN=edge.harbor.example,OU=Collaboration,O=Harbor Example Ltd,C=US"
    assert certificate.issuer == "CN=Harbor Root CA,DC=harbor,DC=example"
    assert certificate.common_name == "edge.harbor.example"
    assert certificate.subject_alternative_names == (
        "DNS:edge.harbor.example",
        "DNS:edge2.harbor.example",
        "IP:192.0.2.7",
        "IP:2001:db8::1",
    )
    assert certificate.not_before == EDGE.certificate.not_valid_before_utc
    assert certificate.not_after == EDGE.certificate.not_valid_after_utc
    assert certificate.extended_key_usage == ("serverAuth", "clientAuth")
    assert certificate.key_usage == ("digitalSignature", "keyEncipherment")
    assert (certificate.key_type, certificate.key_bits) == ("EC", 256)
    assert certificate.signature_algorithm == "ecdsa-with-SHA256"
    assert certificate.is_ca is False
    assert certificate.authority_key_identifier == read(ROOT.certificate).subject_key_identifier
    assert certificate.locations[0].startswith("ldap:///")
    assert certificate.unreadable == ()


def test_the_marks_of_a_public_certificate_are_read() -> None:
    certificate = read(PUBLIC.certificate)

    assert "1.3.6.1.4.1.11129.2.4.2" in certificate.extensions
    assert certificate.policies == ("2.23.140.1.2.2",)
    assert all(location.startswith("http://") for location in certificate.locations)


def test_names_are_written_as_the_reference_implementation_writes_them() -> None:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, '#Harbor, "Ltd" <東京>;'),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, " A+B\\C "),
            x509.NameAttribute(NameOID.COMMON_NAME, "edge\x00.example"),
        ]
    )

    assert read(build(subject=subject)).subject == subject.rfc4514_string()


def test_an_attribute_without_a_name_is_written_in_hex() -> None:
    subject = x509.Name([x509.NameAttribute(ObjectIdentifier("1.3.6.1.4.1.99999.1"), "x")])

    assert read(build(subject=subject)).subject == "1.3.6.1.4.1.99999.1=#0c0178"


def test_an_absent_extension_is_none_and_not_unreadable() -> None:
    certificate = read(build())

    assert (certificate.extended_key_usage, certificate.key_usage, certificate.is_ca) == (None, None, None)
    assert certificate.unreadable == ()


def test_purposes_without_a_name_are_dotted() -> None:
    purposes = x509.ExtendedKeyUsage([ObjectIdentifier("1.3.6.1.4.1.311.20.2.2"), ObjectIdentifier("2.5.29.37.0")])

    assert read(build(purposes)).extended_key_usage == ("1.3.6.1.4.1.311.20.2.2", "anyExtendedKeyUsage")


@pytest.mark.parametrize(
    ("public_key", "expected"),
    [
        (rsa.generate_private_key(65537, 1024).public_key(), ("RSA", 1024)),
        (ec.generate_private_key(ec.SECP521R1()).public_key(), ("EC", 521)),
        (ec.generate_private_key(ec.BrainpoolP384R1()).public_key(), ("EC", 384)),
        (ed25519.Ed25519PrivateKey.generate().public_key(), ("Ed25519", 256)),
        (ed448.Ed448PrivateKey.generate().public_key(), ("Ed448", 456)),
        (dsa.generate_private_key(1024).public_key(), ("DSA", 1024)),
    ],
)
def test_kind_and_size_of_the_key_are_read(public_key: object, expected: tuple[str, int]) -> None:
    certificate = read(build(public_key=public_key))

    assert (certificate.key_type, certificate.key_bits) == expected


def test_the_hash_of_a_pss_signature_is_told() -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = build(key=key, pss=padding.PSS(padding.MGF1(hashes.SHA256()), 32))

    assert read(certificate).signature_algorithm == "RSASSA-PSS with SHA256"


def test_an_edwards_signature_is_named() -> None:
    assert read(build(key=ed25519.Ed25519PrivateKey.generate())).signature_algorithm == "Ed25519"


@pytest.mark.parametrize(
    ("content", "serial"), [(b"\xff", "-1"), (b"\x00", "0"), (b"\x01", "1"), (b"\x81", "-7f"), (b"\x7f", "7f")]
)
def test_odd_serial_numbers_are_read(content: bytes, serial: str) -> None:
    data = build().public_bytes(Encoding.DER).replace(b"\x02\x01\x07\x30", b"\x02\x01" + content + b"\x30", 1)

    assert read(data).serial == serial


def test_a_serial_number_of_two_thousand_octets_is_read() -> None:
    certificate = read(raw_certificate(serial=b"\x7f" * 2000))

    assert certificate.serial == "7f" * 2000
    assert certificate.issuer == ""
    assert set(certificate.unreadable) == {"not_before", "not_after", "key"}


def test_one_broken_extension_costs_only_itself() -> None:
    broken = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), b"\x30\x05\x82\x20ab")
    certificate = read(build(x509.ExtendedKeyUsage([ObjectIdentifier("1.3.6.1.5.5.7.3.2")]), broken))

    assert certificate.unreadable == ("subject_alternative_names",)
    assert certificate.extended_key_usage == ("clientAuth",)
    assert certificate.subject == "CN=core.harbor.example"


def test_one_broken_address_costs_no_other_name() -> None:
    names = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), b"\x30\x09\x87\x03\x01\x02\x03\x82\x02ab")
    certificate = read(build(names))

    assert certificate.subject_alternative_names == ("DNS:ab",)
    assert certificate.unreadable == ("subject_alternative_names",)


def test_a_repeated_extension_is_unreadable() -> None:
    usage = encode(0x30, bytes.fromhex("0603551d25"), encode(0x04, bytes.fromhex("300a06082b06010505070302")))
    certificate = read(raw_certificate(encode(0xA3, encode(0x30, usage, usage))))

    assert certificate.extensions == ("2.5.29.37", "2.5.29.37")
    assert certificate.extended_key_usage is None
    assert "extended_key_usage" in certificate.unreadable


def test_a_damaged_list_of_extensions_keeps_the_ones_before_the_damage() -> None:
    usage = encode(0x30, bytes.fromhex("0603551d25"), encode(0x04, bytes.fromhex("300a06082b06010505070302")))
    certificate = read(raw_certificate(encode(0xA3, encode(0x30, usage, b"\x30\x7f"))))

    assert certificate.extended_key_usage == ("clientAuth",)
    assert {"extensions", "key_usage", "subject_alternative_names"} <= set(certificate.unreadable)


def test_a_date_that_is_none_is_unreadable() -> None:
    data = build().public_bytes(Encoding.DER).replace(b"260101000000Z", b"261301000000Z")
    certificate = read(data)

    assert (certificate.not_before, certificate.unreadable) == (None, ("not_before",))
    assert certificate.not_after == datetime(2055, 1, 1, tzinfo=UTC)


def test_octets_behind_the_end_do_not_change_the_identity() -> None:
    assert read(EDGE.der + b"\r\n") == read(EDGE.der)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x00", b"\x30\x03\x02\x01\x00", b"not a certificate"])
def test_what_has_not_the_shape_of_a_certificate_is_none(data: bytes) -> None:
    assert read_certificate(data) is None


def test_requests_and_revocation_lists_are_no_certificates() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(KEY, hashes.SHA256())
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name)
        .last_update(datetime(2026, 1, 1, tzinfo=UTC))
        .next_update(datetime(2026, 2, 1, tzinfo=UTC))
        .sign(KEY, hashes.SHA256())
    )

    assert read_certificate(request.public_bytes(Encoding.DER)) is None
    assert read_certificate(revoked.public_bytes(Encoding.DER)) is None


def test_a_cut_certificate_still_tells_its_serial_number() -> None:
    for end in range(60, len(EDGE.der)):
        assert read(EDGE.der[:end]).serial == "8001"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_certificates_never_raise_and_keep_what_was_not_touched(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from((EDGE.der, PUBLIC.der)))
    position = data.draw(st.integers(0, len(original) - 1))
    octet = data.draw(st.integers(0, 255))

    certificate = read_certificate(original[:position] + bytes([octet]) + original[position + 1 :])

    if position > len(original) - 60:  # within the signature
        assert certificate is not None
        assert certificate.subject == read(original).subject
        assert certificate.unreadable == ()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    wrapped = b"\x30\x82" + (len(data) + 4).to_bytes(2) + b"\x30\x82" + len(data).to_bytes(2) + data

    for attempt in (data, wrapped):
        certificate = read_certificate(attempt)
        assert certificate is None or certificate.sha256

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from analyzer.correlate.signature import is_signature_of
from analyzer.parsers import der

RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, CertificateIssuerPrivateKeyTypes] = {
    "RSA": RSA,
    "EC": ec.generate_private_key(ec.SECP256R1()),
    "EC of another curve": ec.generate_private_key(ec.BrainpoolP384R1()),
    "DSA": dsa.generate_private_key(2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Harbor Root CA")])


def signed(key: CertificateIssuerPrivateKeyTypes, padding: PSS | PKCS1v15 | None = None) -> bytes:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), 4711, first, last)
    return builder.sign(key, algorithm, rsa_padding=padding).public_bytes(Encoding.DER)


def verified_by_cryptography(certificate: bytes) -> bool:
    loaded = x509.load_der_x509_certificate(certificate)
    loaded.verify_directly_issued_by(loaded)
    return True


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_is_told_from_a_damaged_one(kind: str) -> None:
    certificate = signed(KEYS[kind])
    damaged = certificate[:-1] + bytes([certificate[-1] ^ 1])

    assert verified_by_cryptography(certificate)
    assert is_signature_of(certificate, certificate) is True
    assert is_signature_of(certificate, damaged) is False


@pytest.mark.parametrize("salt", [0, 20, 32, 64])
@pytest.mark.parametrize("mask", [hashes.SHA256(), hashes.SHA384()])
def test_pss_is_verified_with_its_parameters(mask: hashes.HashAlgorithm, salt: int) -> None:
    certificate = signed(RSA, PSS(MGF1(mask), salt))

    assert verified_by_cryptography(certificate)
    assert is_signature_of(certificate, certificate) is True


def test_a_key_of_the_same_kind_did_not_sign() -> None:
    other = signed(rsa.generate_private_key(65537, 2048))

    assert is_signature_of(other, signed(RSA)) is False


@pytest.mark.parametrize("kind", [kind for kind in KEYS if kind != "RSA"])
def test_a_key_of_another_kind_proves_nothing(kind: str) -> None:
    assert is_signature_of(signed(KEYS[kind]), signed(RSA)) is None
    assert is_signature_of(signed(RSA), signed(KEYS[kind])) is None


SHA256_ALGORITHM = bytes.fromhex("300d06092a864886f70d01010b0500")
SHA1_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101050500")
PSS_ALGORITHM = bytes.fromhex("300d06092a864886f70d01010a3000")


def to_be_signed(certificate: bytes) -> bytes:
    return der.read_elements(der.read_element(certificate, der.SEQUENCE))[0].encoding


def put_together(signed_octets: bytes, algorithm: bytes, proof: bytes) -> bytes:
    content = signed_octets + algorithm + b"\x03\x82\x01\x01\x00" + proof
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize("count", [1, 2])
def test_sha1_proves_nothing_and_neither_do_two_algorithms(count: int) -> None:
    certificate = signed(RSA).replace(SHA256_ALGORITHM, SHA1_ALGORITHM, count)

    assert is_signature_of(signed(RSA), certificate) is None


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"\x30\x03\x30\x01\x05", signed(RSA)[:200]])
def test_what_is_no_certificate_proves_nothing(data: bytes) -> None:
    assert is_signature_of(data, signed(RSA)) is None
    assert is_signature_of(signed(RSA), data) is None


def test_an_odd_field_does_not_keep_a_signature_from_being_verified() -> None:
    odd = to_be_signed(signed(RSA)).replace(b"260101000000Z", b"260199000000Z")
    certificate = put_together(odd, SHA256_ALGORITHM, RSA.sign(odd, PKCS1v15(), hashes.SHA256()))

    with pytest.raises(ValueError, match="parsing"):
        x509.load_der_x509_certificate(certificate)
    assert is_signature_of(certificate, certificate) is True


def test_pss_without_parameters_of_its_own_takes_those_of_the_standard() -> None:
    signed_octets = to_be_signed(signed(RSA)).replace(SHA256_ALGORITHM, PSS_ALGORITHM)
    proof = RSA.sign(signed_octets, PSS(MGF1(hashes.SHA1()), 20), hashes.SHA1())
    certificate = put_together(signed_octets, PSS_ALGORITHM, proof)

    assert verified_by_cryptography(certificate)
    assert is_signature_of(certificate, certificate) is True

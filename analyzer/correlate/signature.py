"""Whose key made the signature of a certificate.

Cryptography's `x509` answers that too. But it refuses a whole certificate for one odd field, and loading it takes a
tenth of a small run; its keys alone take a third of that.

Sample::

    30 82 03 0a                     Certificate
       30 82 01 f2                     what is signed
       30 0d 06 09 … 05 00             with which algorithm: sha256WithRSAEncryption
       03 82 01 01 00 …                the signature, after the number of unused bits
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from analyzer.facts.object_identifiers import HASHES, RSASSA_PSS, SIGNATURE_ALGORITHMS
from analyzer.parsers import der
from analyzer.parsers.certificate import signed_fields
from analyzer.parsers.der import DerError
from analyzer.parsers.public_key import read_algorithm

_SHA224, _SHA256, _SHA384, _SHA512 = hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()

# What was signed with MD5 or SHA-1 proves nothing.
_WITH_RSA: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        "sha224WithRSAEncryption": _SHA224,
        "sha256WithRSAEncryption": _SHA256,
        "sha384WithRSAEncryption": _SHA384,
        "sha512WithRSAEncryption": _SHA512,
    }
)
_WITH_EC: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        "ecdsa-with-SHA224": _SHA224,
        "ecdsa-with-SHA256": _SHA256,
        "ecdsa-with-SHA384": _SHA384,
        "ecdsa-with-SHA512": _SHA512,
    }
)
_WITH_DSA: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {"dsa-with-SHA224": _SHA224, "dsa-with-SHA256": _SHA256}
)
_PSS_HASHES: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        "SHA1": hashes.SHA1(),  # noqa: S303 - what RFC 4055 takes unless told otherwise
        "SHA224": _SHA224,
        "SHA256": _SHA256,
        "SHA384": _SHA384,
        "SHA512": _SHA512,
    }
)
_PSS_DIGEST, _PSS_MASK, _PSS_SALT = 0xA0, 0xA1, 0xA2


@lru_cache(maxsize=8192)
def is_signature_of(issuer: bytes, certificate: bytes) -> bool | None:
    """Whether the issuer's key made the certificate's signature; None if that cannot be verified here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd sizes of keys are for the rules to speak of
            _verify(_public_key(issuer), der.read_element(certificate, der.SEQUENCE))
    except InvalidSignature:
        return False
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    return True


@lru_cache(maxsize=512)
def _public_key(certificate: bytes) -> object:
    _, _, _, _, _, key, *_ = signed_fields(der.read_element(certificate, der.SEQUENCE))
    return load_der_public_key(key.encoding)


def _verify(key: object, certificate: bytes) -> None:
    signed, algorithm, signature = der.read_elements(certificate)
    _, declared, *_ = signed_fields(certificate)
    if declared != algorithm:
        raise DerError("signed with another algorithm than it says")
    identifier, parameters = read_algorithm(algorithm.content)
    name = SIGNATURE_ALGORITHMS.get(identifier, identifier)
    data, proof = signed.encoding, signature.content[1:]
    match key:
        case RSAPublicKey() if identifier == RSASSA_PSS and parameters is not None:
            key.verify(proof, data, *_pss(parameters.content))
        case RSAPublicKey():
            key.verify(proof, data, PKCS1v15(), _WITH_RSA[name])
        case EllipticCurvePublicKey():
            key.verify(proof, data, ECDSA(_WITH_EC[name]))
        case DSAPublicKey():
            key.verify(proof, data, _WITH_DSA[name])
        case Ed25519PublicKey() if name == "Ed25519":
            key.verify(proof, data)
        case Ed448PublicKey() if name == "Ed448":
            key.verify(proof, data)
        case _:
            raise UnsupportedAlgorithm(name)


def _pss(parameters: bytes) -> tuple[PSS, hashes.HashAlgorithm]:
    """Read the parameters of RSASSA-PSS; what is left out is SHA-1, and 20 octets of salt (RFC 4055 section 3.1)."""
    fields = {field.tag: field.content for field in der.read_elements(parameters)}
    digest = mask = _PSS_HASHES["SHA1"]
    salt = 20
    if _PSS_DIGEST in fields:
        digest = _pss_hash(der.read_element(fields[_PSS_DIGEST], der.SEQUENCE))
    if _PSS_MASK in fields:
        _, inner = read_algorithm(der.read_element(fields[_PSS_MASK], der.SEQUENCE))
        mask = _pss_hash(inner.content if inner else b"")
    if _PSS_SALT in fields:
        salt = der.integer(der.read_element(fields[_PSS_SALT], der.INTEGER))
    return PSS(MGF1(mask), salt), digest


def _pss_hash(algorithm: bytes) -> hashes.HashAlgorithm:
    identifier, _ = read_algorithm(algorithm)
    return _PSS_HASHES[HASHES[identifier]]

"""Which keys a TLS signature algorithm and a certificate type are for.

Sources: IANA "TLS Parameters" (SignatureScheme, ClientCertificateType), read 2026-11-24; RFC 8446 section 4.2.3,
RFC 5246 sections 7.4.1.4.1 and 7.4.4.
"""

from __future__ import annotations

from collections.abc import Iterable

_RSA_PSS = frozenset({0x0804, 0x0805, 0x0806})
"""rsa_pss_rsae_*: an ordinary RSA key."""
_OTHER_SCHEMES = {0x0807: "Ed25519", 0x0808: "Ed448", 0x081A: "EC", 0x081B: "EC", 0x081C: "EC"}
_BY_SIGNATURE = {1: "RSA", 2: "DSA", 3: "EC"}
"""TLS 1.2's SignatureAlgorithm: the low byte, where the high byte is a digest."""
_HIGHEST_DIGEST = 6

_CERTIFICATE_TYPES = {1: frozenset({"RSA"}), 2: frozenset({"DSA"}), 64: frozenset({"EC", "Ed25519", "Ed448"})}


def keys_of_schemes(schemes: Iterable[int]) -> frozenset[str]:
    """Return the key types (`RSA`, `EC` …) that one of the signature algorithms can be made with."""
    return frozenset(key for scheme in schemes if (key := _key_of(scheme)))


def keys_of_certificate_types(types: Iterable[int]) -> frozenset[str]:
    """Return the key types of TLS 1.2's client certificate types."""
    return frozenset(key for number in types for key in _CERTIFICATE_TYPES.get(number, ()))


def _key_of(scheme: int) -> str | None:
    if scheme in _RSA_PSS:
        return "RSA"
    digest, signature = scheme >> 8, scheme & 0xFF
    return _BY_SIGNATURE.get(signature) if 1 <= digest <= _HIGHEST_DIGEST else _OTHER_SCHEMES.get(scheme)

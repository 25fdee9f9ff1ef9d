"""In which order OpenSSL checks a certificate, and which check an error or an alert is about.

OpenSSL stops at the first check that fails and reports that one alone: an untrusted chain (20) hides a purpose (26),
and that comes before an expired certificate (10). Dates come last, because they are looked at together with the
signatures, from the root down. Expressway's own check of names follows after OpenSSL is content.

Sources: OpenSSL `crypto/x509/x509_vfy.c`, `X509_verify_cert` and `verify_chain` (1.1.1 to 3.0); the order measured
with OpenSSL 3.0.19 on 2026-11-24 and held by a test with real handshakes; the alerts as in `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from analyzer.facts.errors import IDENTITY_UNACCEPTABLE


class Check(IntEnum):
    """The checks of one certificate, in their order."""

    LEAF_KEY = 1
    TRUST = 2
    PURPOSE = 3
    STRENGTH = 4
    REVOCATION = 5
    NOT_YET_VALID = 6
    EXPIRED = 7
    NAME = 8


CHECKS_OF_ERROR: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "weak-key": (Check.LEAF_KEY, Check.STRENGTH),
        "issuer-missing": (Check.TRUST,),
        "self-signed": (Check.TRUST,),
        "self-signed-in-chain": (Check.TRUST,),
        "unsupported-purpose": (Check.PURPOSE,),
        "crl-unavailable": (Check.REVOCATION,),
        "crl-expired": (Check.REVOCATION,),
        "revoked": (Check.REVOCATION,),
        "expired": (Check.EXPIRED,),
        "not-yet-valid": (Check.NOT_YET_VALID,),
        IDENTITY_UNACCEPTABLE: (Check.NAME,),
    }
)
"""By the keys of `errors.normalise_error`; what is not here does not say which check failed."""

CHECKS_OF_ALERT: Mapping[int, tuple[Check, ...]] = MappingProxyType(
    {
        42: (Check.LEAF_KEY, Check.STRENGTH, Check.NOT_YET_VALID, Check.NAME),
        43: (Check.PURPOSE,),
        44: (Check.REVOCATION,),
        45: (Check.REVOCATION, Check.EXPIRED),
        48: (Check.TRUST, Check.REVOCATION),
    }
)
"""By alert number. certificate_unknown (46) may be any of them: Webex and Java peers use it."""

TOGETHER = frozenset({Check.NOT_YET_VALID, Check.EXPIRED})
"""Both are looked at for one certificate after the other: either may come first."""

LEAST_BITS: Mapping[str, int] = MappingProxyType({"RSA": 2048, "DSA": 2048, "EC": 224})
"""Key sizes of OpenSSL's security level 2 (112 bits, `ssl/ssl_cert.c`). Which level Expressway sets is not known."""

WEAK_DIGESTS = ("md5", "sha1")
"""In names of signature algorithms, in lower case: below level 2. A root's own signature does not count."""

"""A small public key infrastructure: certificates are issued once and read as the program reads them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from analyzer.evidence import (
    Certificate,
)
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority, AuthorityKind

BOTH, SERVER_ONLY, CLIENT_ONLY = ("serverAuth", "clientAuth"), ("serverAuth",), ("clientAuth",)

_made: dict[str, Certificate] = {}
_above: dict[str, tuple[Certificate, ...]] = {}


def read(certificate: x509.Certificate) -> Certificate:
    """Read a certificate as the program does, and remember it for `case`."""
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return _made.setdefault(result.sha256, result)


@cache
def authority(
    name: str = "Harbor",
    *,
    public: bool = False,
    eku: tuple[str, ...] | None = None,
    root_eku: tuple[str, ...] | None = None,
) -> Authority:
    """Return an issuing authority below a root of its own."""
    kind = AuthorityKind.PUBLIC if public else AuthorityKind.PRIVATE
    return Authority.root(f"{name} Root CA", kind=kind, usages=root_eku).intermediate(
        f"{name} Issuing CA", usages=eku
    )


@cache
def certificate(
    name: str = "core.harbor.example",
    eku: tuple[str, ...] | None = BOTH,
    issuer: Authority | None = None,
    key_usages: tuple[str, ...] = ("digital_signature", "key_encipherment"),
    not_before: datetime = datetime(2026, 1, 10, tzinfo=UTC),
    not_after: datetime = datetime(2027, 1, 9, tzinfo=UTC),
    names: tuple[str, ...] = (),
) -> Certificate:
    """Issue a certificate; the same arguments give the same one."""
    above = issuer or authority()
    identity = above.issue(name, names, usages=eku, key_usages=key_usages, not_before=not_before, not_after=not_after)
    leaf = read(identity.certificate)
    _above[leaf.sha256] = tuple(read(one) for one in above.path)
    return leaf


def altered(certificate: Certificate, **changes: Any) -> Certificate:
    """Return a certificate of which the program would read something else, under an identity of its own."""
    identity = hashlib.sha256(repr((certificate.sha256, sorted(changes.items()))).encode()).hexdigest()
    _above[identity] = _above.get(certificate.sha256, ())
    return _made.setdefault(identity, replace(certificate, sha256=identity, **changes))


def chain(leaf: Certificate, *, root: bool = False) -> tuple[Certificate, ...]:
    """Return a certificate as it is sent: with its intermediates, and without its root unless asked for."""
    above = _above[leaf.sha256]
    return (leaf, *(above if root else above[:-1]))


PUBLIC = authority("Meridian", public=True)
CORE_SERVER = certificate("core.harbor.example", SERVER_ONLY, PUBLIC)
CORE_CLIENT = certificate("core.harbor.example", BOTH)
CORE_CLIENT_SERVER_ONLY = certificate("core.harbor.example", SERVER_ONLY)
EDGE_SERVER = certificate("edge.harbor.example", SERVER_ONLY, PUBLIC, names=("harbor.example",))
EDGE_CLIENT = certificate("edge.harbor.example", BOTH)
WEBEX_SERVER = certificate("l2sip.webex.com", BOTH, PUBLIC)
EVERYONE = (*chain(CORE_CLIENT, root=True)[1:], *chain(EDGE_SERVER, root=True)[1:])
WITHOUT_ISSUING = tuple(one for one in EVERYONE if one.common_name != "Harbor Issuing CA")

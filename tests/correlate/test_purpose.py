from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from analyzer.correlate.chains import CertificationPath, build_path
from analyzer.correlate.purpose import (
    ExtendedKeyUsageClass,
    Obstacle,
    client_capable,
    eku_class,
    server_capable,
)
from analyzer.evidence import Certificate
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority

BOTH = ("serverAuth", "clientAuth")


def read(certificate: x509.Certificate) -> Certificate:
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return result


def path(
    leaf: tuple[str, ...] | None = BOTH,
    *,
    key_usages: tuple[str, ...] | None = ("digital_signature",),
    intermediate: tuple[str, ...] | None = None,
    root: tuple[str, ...] | None = None,
) -> CertificationPath:
    top = Authority.root("Harbor Root CA", usages=root)
    issuing = top.intermediate("Harbor Issuing CA", usages=intermediate)
    identity = issuing.issue("core.harbor.example", usages=leaf, key_usages=key_usages)
    return build_path(read(identity.certificate), map(read, (issuing.certificate, top.certificate)))


@pytest.mark.parametrize(
    ("usages", "expected", "client", "server"),
    [
        (BOTH, ExtendedKeyUsageClass.BOTH, True, True),
        (("serverAuth",), ExtendedKeyUsageClass.SERVER_ONLY, False, True),
        (("clientAuth",), ExtendedKeyUsageClass.CLIENT_ONLY, True, False),
        (None, ExtendedKeyUsageClass.NONE, True, True),
        (("anyExtendedKeyUsage",), ExtendedKeyUsageClass.ANY_ONLY, False, False),
        (("1.3.6.1.5.5.7.3.4",), ExtendedKeyUsageClass.OTHER, False, False),
        (("anyExtendedKeyUsage", "clientAuth"), ExtendedKeyUsageClass.CLIENT_ONLY, True, False),
    ],
)
def test_the_leafs_extended_key_usage_decides(
    usages: tuple[str, ...] | None, expected: ExtendedKeyUsageClass, client: bool, server: bool
) -> None:
    built = path(usages)

    assert eku_class(built.leaf) is expected
    assert (client_capable(built).capable, server_capable(built).capable) == (client, server)


def test_the_obstacle_and_where_it_is_are_named() -> None:
    result = client_capable(path(("serverAuth",)))

    assert (result.capable, result.obstacle, result.whole) == (False, Obstacle.LEAF_EXTENDED_KEY_USAGE, True)
    assert result.certificate is not None
    assert result.certificate.common_name == "core.harbor.example"
    assert result.reason == "the certificate's extended key usage (serverAuth) lacks clientAuth"


def test_any_purpose_alone_is_an_obstacle_of_its_own() -> None:
    assert client_capable(path(("anyExtendedKeyUsage",))).obstacle is Obstacle.LEAF_ONLY_ANY


@pytest.mark.parametrize("place", ["intermediate", "root"])
def test_an_authority_without_the_purpose_excludes_it(place: str) -> None:
    built = path(intermediate=("serverAuth",)) if place == "intermediate" else path(root=("serverAuth",))
    result = client_capable(built)

    assert (result.capable, result.obstacle) == (False, Obstacle.AUTHORITY_EXTENDED_KEY_USAGE)
    assert result.certificate == built.certificates[1 if place == "intermediate" else 2]
    assert server_capable(built).capable is True


@pytest.mark.parametrize(
    ("key_usages", "client", "server"),
    [
        (("digital_signature",), True, True),
        (("key_agreement",), True, True),
        (("key_encipherment",), False, True),
        (("crl_sign",), False, False),
        (None, True, True),
    ],
)
def test_the_leafs_key_usage_decides_too(key_usages: tuple[str, ...] | None, client: bool, server: bool) -> None:
    built = path(key_usages=key_usages)

    assert (client_capable(built).capable, server_capable(built).capable) == (client, server)
    if not client:
        assert client_capable(built).obstacle is Obstacle.LEAF_KEY_USAGE


def test_what_could_not_be_read_is_not_decided() -> None:
    leaf = read(Authority.root("Harbor Root CA").issue("core.harbor.example").certificate)
    broken = read_certificate(
        leaf.der.replace(bytes.fromhex("0603551d250416 30"), bytes.fromhex("0603551d250416 31"))
    )
    assert broken is not None

    assert eku_class(broken) is ExtendedKeyUsageClass.UNREADABLE
    result = client_capable(build_path(broken, ()))
    assert (result.capable, result.whole, result.certificate) == (None, False, broken)

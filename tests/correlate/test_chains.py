from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from analyzer.correlate.chains import Pool, build_path, chain_order, is_self_signed, signed_by
from analyzer.evidence import Certificate
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority, new_key, self_signed


def read(certificate: x509.Certificate) -> Certificate:
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return result


KEY = new_key("ec256")
ROOT_AUTHORITY = Authority.root("Harbor Root CA")
ISSUING_AUTHORITY = ROOT_AUTHORITY.intermediate("Harbor Issuing CA", key=KEY)
ROOT, ISSUING = read(ROOT_AUTHORITY.certificate), read(ISSUING_AUTHORITY.certificate)
LEAF = read(ISSUING_AUTHORITY.issue("edge.harbor.example").certificate)
OTHER_ROOT = read(Authority.root("Harbor Root CA").certificate)
STRANGER = read(Authority.root("Quay Root CA").certificate)


def test_a_path_leads_from_the_leaf_to_its_root() -> None:
    path = build_path(LEAF, (STRANGER, ROOT, OTHER_ROOT, ISSUING))

    assert path.certificates == (LEAF, ISSUING, ROOT)
    assert (path.leaf, path.top) == (LEAF, ROOT)
    assert (path.complete, path.verified, path.missing_issuer, path.lookalikes) == (True, True, None, ())


def test_a_path_without_its_root_names_the_issuer_and_who_only_bears_its_name() -> None:
    path = build_path(LEAF, (ISSUING, OTHER_ROOT))

    assert path.certificates == (LEAF, ISSUING)
    assert (path.complete, path.verified) == (False, True)
    assert path.missing_issuer == "CN=Harbor Root CA,DC=harbor,DC=example"
    assert path.lookalikes == (OTHER_ROOT,)


def test_a_self_signed_leaf_is_its_own_path() -> None:
    leaf = read(self_signed("cucm.harbor.example").certificate)

    assert build_path(leaf, (leaf, ROOT)).certificates == (leaf,)
    assert build_path(leaf, ()).complete
    assert is_self_signed(leaf)


def test_an_issuer_is_found_whatever_the_case_of_its_name() -> None:
    assert LEAF.issuer_der is not None
    loud = replace(LEAF, sha256="0" * 64, issuer_der=LEAF.issuer_der.replace(b"Harbor Issuing", b"HARBOR ISSUING"))

    assert build_path(loud, (ISSUING, ROOT)).certificates == (loud, ISSUING, ROOT)


def test_a_contradicting_key_identifier_is_no_link() -> None:
    altered = replace(ISSUING, subject_key_identifier="00" * 20)

    assert build_path(LEAF, (altered, ROOT)).certificates == (LEAF,)


def test_a_link_that_cannot_be_verified_is_followed_and_said() -> None:
    unreadable = replace(ISSUING, sha256="1" * 64, der=b"\x30\x00")
    path = build_path(LEAF, (unreadable,))

    assert signed_by(LEAF, unreadable) is None
    assert path.certificates == (LEAF, unreadable)
    assert path.verified is False


def test_a_cross_sign_does_not_hide_the_self_signed_root() -> None:
    cross = read(Authority.root("Quay Root CA").intermediate("Harbor Issuing CA", key=KEY).certificate)
    same_name = replace(cross, subject_der=ISSUING.subject_der, subject_key_identifier=ISSUING.subject_key_identifier)

    for pool in ((same_name, ISSUING, ROOT), (ISSUING, same_name, ROOT)):
        assert build_path(LEAF, pool).top == ROOT


def test_an_unexpired_path_is_preferred_at_a_time() -> None:
    old = ROOT_AUTHORITY.intermediate("Harbor Issuing CA", key=KEY, not_after=datetime(2025, 1, 1, tzinfo=UTC))
    expired = read(old.certificate)
    at = datetime(2026, 3, 25, tzinfo=UTC)

    assert build_path(LEAF, (expired, ISSUING, ROOT), at).certificates[1] == ISSUING
    assert build_path(LEAF, (expired, ROOT), at).certificates == (LEAF, expired, ROOT)


def test_authorities_that_sign_one_another_end_the_path() -> None:
    first_key, second_key = new_key("ec256"), new_key("ec256")
    first_root, second_root = Authority.root("First CA", key=first_key), Authority.root("Second CA", key=second_key)
    first = read(second_root.intermediate("First CA", key=first_key).certificate)
    second = read(first_root.intermediate("Second CA", key=second_key).certificate)
    leaf = read(first_root.issue("edge.harbor.example").certificate)

    path = build_path(leaf, (first, second))

    assert path.certificates == (leaf, first, second)
    assert path.complete is False


@pytest.mark.timeout(20)
def test_a_thousand_certificates_of_one_name_take_no_square_of_time() -> None:
    issuing = [replace(ISSUING, sha256=f"{n:064x}", subject_der=ISSUING.issuer_der) for n in range(3000)]

    assert build_path(ISSUING, issuing).complete is False


def test_an_empty_name_names_nobody() -> None:
    nameless = replace(ROOT, sha256="2" * 64, subject="", subject_der=b"\x30\x00")
    orphan = replace(LEAF, issuer_der=b"\x30\x00")

    assert build_path(orphan, Pool((nameless,))).certificates == (orphan,)


def test_a_chain_in_order_without_its_root_is_healthy() -> None:
    order = chain_order((LEAF, ISSUING), (ROOT,))

    assert order.in_order
    assert (order.path, order.extra, order.missing, order.missing_issuer) == ((LEAF, ISSUING), (), (), None)
    assert order.incomplete is False


def test_a_leaf_directly_below_a_root_lacks_nothing() -> None:
    leaf = read(ROOT_AUTHORITY.issue("edge.harbor.example").certificate)

    assert chain_order((leaf,), (ROOT,)).incomplete is False


def test_a_chain_without_its_intermediate_is_incomplete() -> None:
    order = chain_order((LEAF,), (ROOT, ISSUING))

    assert (order.missing, order.missing_issuer, order.incomplete) == ((ISSUING,), None, True)


def test_whether_an_unknown_issuer_is_a_root_cannot_be_told() -> None:
    order = chain_order((LEAF,))

    assert order.missing_issuer == "CN=Harbor Issuing CA,DC=harbor,DC=example"
    assert order.incomplete is None


def test_a_known_intermediate_is_missing_even_if_its_root_is_unknown() -> None:
    assert chain_order((LEAF,), (ISSUING,)).incomplete is True


def test_strangers_repetitions_and_disorder_are_told() -> None:
    order = chain_order((LEAF, ROOT, STRANGER, ISSUING, ISSUING))

    assert order.in_order is False
    assert order.path == (LEAF, ISSUING, ROOT)
    assert order.extra == (STRANGER, ISSUING)

"""Sizes of keys, hashes of signatures, and words for keys that could not be loaded."""

from __future__ import annotations

import pytest

from analyzer.facts.certificates import key_load_failures, key_strengths, weak_hash_in
from analyzer.facts.custom import load_facts
from analyzer.facts.store import FactsError


@pytest.mark.parametrize(
    ("kind", "bits", "weak", "broken", "oversized"),
    [
        ("RSA", 1023, True, True, False),
        ("RSA", 1024, True, False, False),
        ("RSA", 2048, False, False, False),
        ("RSA", 8191, False, False, False),
        ("RSA", 8192, False, False, True),
        ("EC", 255, True, False, False),
        ("EC", 521, False, False, False),
        ("DSA", 3072, True, False, False),
    ],
)
def test_a_size_is_weak_broken_or_too_large(kind: str, bits: int, weak: bool, broken: bool, oversized: bool) -> None:
    strength = key_strengths()[kind]

    assert (strength.is_weak(bits), strength.is_broken(bits), strength.is_oversized(bits)) == (
        weak,
        broken,
        oversized,
    )


@pytest.mark.parametrize(
    ("algorithm", "weak"),
    [
        ("sha1WithRSAEncryption", "SHA1"),
        ("RSASSA-PSS with SHA1", "SHA1"),
        ("md5WithRSAEncryption", "MD5"),
        ("md2WithRSAEncryption", "MD2"),
        ("ecdsa-with-SHA1", "SHA1"),
        ("ecdsa-with-SHA384", None),
        ("sha512WithRSAEncryption", None),
        ("1.2.3.4", None),
        (None, None),
    ],
)
def test_the_hash_of_a_signature_is_told_by_its_name(algorithm: str | None, weak: str | None) -> None:
    assert weak_hash_in(algorithm) == weak


def test_words_are_compared_in_lower_case() -> None:
    assert {"bad end line", "pem lib"} <= set(key_load_failures())


@pytest.mark.parametrize(
    "row",
    [
        '[[key_strength]]\nid = "RSA"\nsource = "M"',
        '[[key_strength]]\nid = "RSA"\nbroken_below = "1024"\nsource = "M"',
        '[[weak_hash]]\nid = "SHA224"\nsource = "nowhere"',
    ],
)
def test_a_users_row_that_is_not_whole_is_refused(row: str) -> None:
    with pytest.raises(FactsError):
        load_facts(row)

"""Attributes that OpenSSL has no name for."""

from __future__ import annotations

import ssl

import pytest
from msgspec.structs import replace

from analyzer.correlate.attributes import unnamed_attributes
from analyzer.facts.object_identifiers import NAMED_BY_OPENSSL
from tests.rules.pki import EDGE_SERVER


@pytest.mark.parametrize("name_der", [None, b"", b"garbage", b"\x30\x02\x31\x00", b"\x30\x00"])
def test_a_name_that_is_absent_odd_or_empty_has_none(name_der: bytes | None) -> None:
    assert unnamed_attributes(replace(EDGE_SERVER, subject_der=name_der, issuer_der=name_der)) == ()


def test_subject_and_issuer_count_and_each_attribute_once() -> None:
    odd = bytes.fromhex("300e310c300a06032a0304" + "0c0378797a")

    assert unnamed_attributes(replace(EDGE_SERVER, subject_der=odd, issuer_der=odd)) == ("1.2.3.4",)
    assert unnamed_attributes(replace(EDGE_SERVER, issuer_der=odd)) == ("1.2.3.4",)


def test_openssl_has_a_name_for_each_that_is_listed() -> None:
    look_up = vars(ssl)["_txt2obj"]

    assert [oid for oid in sorted(NAMED_BY_OPENSSL) if look_up(oid)[0] == 0] == []

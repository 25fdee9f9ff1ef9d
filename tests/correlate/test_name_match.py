"""Whether a certificate has a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.correlate.name_match import NameMatch, match_among, match_name, plain_name
from tests.rules.pki import certificate


@pytest.mark.parametrize(
    ("wanted", "names", "match"),
    [
        ("edge.harbor.example", ["edge.harbor.example"], NameMatch.EXACT),
        ("EDGE.Harbor.Example.", ["edge.harbor.example"], NameMatch.EXACT),
        ("edge.harbor.example", ["Edge.Harbor.Example."], NameMatch.EXACT),
        ("edge.harbor.example", ["*.harbor.example"], NameMatch.WILDCARD),
        ("edge.harbor.example", ["*.harbor.example", "edge.harbor.example"], NameMatch.EXACT),
        ("a.edge.harbor.example", ["*.harbor.example"], NameMatch.NONE),
        ("harbor.example", ["*.harbor.example"], NameMatch.NONE),
        ("harbor.example", ["*.example"], NameMatch.NONE),
        ("edge.harbor.example", ["e*.harbor.example", "edge.*.example"], NameMatch.NONE),
        ("10.2.2.20", ["10.2.2.20"], NameMatch.EXACT),
        ("10.2.2.20", ["*.2.2.20"], NameMatch.NONE),
        ("2001:DB8:0::1", ["2001:db8::1"], NameMatch.EXACT),
        ("[2001:db8::1]", ["2001:db8::1"], NameMatch.EXACT),
        ("münchen.example", ["xn--mnchen-3ya.example"], NameMatch.EXACT),
        ("edge.harbor.example", [], NameMatch.NONE),
        ("edge.harbor.example", ["edge.harbor.example.evil.example"], NameMatch.NONE),
    ],
)
def test_names_are_compared_as_rfc_6125_says(wanted: str, names: list[str], match: NameMatch) -> None:
    assert match_among(wanted, names) is match


def test_the_common_name_is_told_apart() -> None:
    leaf = certificate("core.harbor.example", names=("other.harbor.example",))
    bare = replace(leaf, subject_alternative_names=("DNS:other.harbor.example",))

    assert match_name("other.harbor.example", bare) is NameMatch.EXACT
    assert match_name("core.harbor.example", bare) is NameMatch.COMMON_NAME
    assert match_name("edge.harbor.example", bare) is NameMatch.NONE


def test_names_that_could_not_be_read_are_not_missing() -> None:
    leaf = replace(
        certificate("core.harbor.example"),
        subject_alternative_names=(), common_name=None, unreadable=("subject_alternative_names",),
    )  # fmt: skip

    assert match_name("core.harbor.example", leaf) is NameMatch.UNKNOWN


@pytest.mark.parametrize(
    ("kept", "match"),
    [
        ("IP:10.2.2.20", NameMatch.EXACT),
        ("DNS:10.2.2.20", NameMatch.EXACT),
        ("URI:sip:10.2.2.20", NameMatch.EXACT),
        ("URI:https://10.2.2.20", NameMatch.NONE),
        ("email:10.2.2.20", NameMatch.NONE),
    ],
)
def test_an_address_is_met_by_names_of_hosts_only(kept: str, match: NameMatch) -> None:
    leaf = replace(certificate("edge.harbor.example"), subject_alternative_names=(kept,))

    assert match_name("10.2.2.20", leaf) is match


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_borne(wanted: str, names: list[str]) -> None:
    assert match_among(wanted, [*names, wanted]) is NameMatch.EXACT
    assert plain_name(plain_name(wanted).upper()) in {plain_name(wanted), plain_name(plain_name(wanted).upper())}

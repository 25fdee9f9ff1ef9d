from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.facts.releases import Version, matches, newest_expressway, releases

NUMBERS = st.integers(min_value=0, max_value=9999)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("X15.5.1", Version(15, 5, 1)),
        ("X15.5", Version(15, 5)),
        ("X15.5.0", Version(15, 5)),
        ("x15.5", Version(15, 5)),
        ("v15.5", Version(15, 5)),
        ("15.5", Version(15, 5)),
        (" 15.5", Version(15, 5)),
        ("X15", Version(15)),
        ("X8.11.4", Version(8, 11, 4)),
        ("X14.0.6 (Test Software)", Version(14, 0, 6)),
        ("Cisco Expressway-E X15.4.2", Version(15, 4, 2)),
        ("2026-03-25 X15.5", Version(15, 5)),
        ("oak_v15.5.1", Version(15, 5, 1)),
        ("X15.5.1.2.3", Version(15, 5, 1, 2)),
        (None, None),
        ("", None),
        ("unknown", None),
        ("Xpress 15", None),
        ("X١٥.٥", None),
    ],
)
def test_a_version_is_read_out_of_a_text(text: str | None, version: Version | None) -> None:
    assert Version.parse(text) == version


def test_versions_are_ordered_by_number_not_by_text() -> None:
    texts = ["X8.11.4", "X14.0.10", "X14.0.9", "X15.5", "X15.10", "X9"]

    assert [
        str(Version.parse(text)) for text in sorted(texts, key=lambda text: Version.parse(text) or Version(0))
    ] == [
        "X8.11.4",
        "X9.0",
        "X14.0.9",
        "X14.0.10",
        "X15.5",
        "X15.10",
    ]


@pytest.mark.parametrize(
    ("version", "spec", "holds"),
    [
        ("X15.5", ">=X15.5", True),
        ("X15.5.1", ">=X15.5", True),
        ("X15.4.9", ">=X15.5", False),
        ("X16.0", ">=X15.5", True),
        ("X15.3.2", "<=X15.3", True),
        ("X15.4", "<=X15.3", False),
        ("X15.4.2", "==X15.4", True),
        ("X15.4.2", "!=X15.4", False),
        ("X15.4.2", ">X15.4", False),
        ("X15.4.2", ">X15.4.1", True),
        ("X15.4", "<X15.4.1", True),
        ("X15.0", ">=X15", True),
        ("X15.2", ">=X14.2, <X15.5", True),
        ("X15.5", ">=X14.2,<X15.5", False),
        ("X15.5", ">= 15.5", True),
        ("X15.5", "", True),
    ],
)
def test_a_condition_looks_at_as_many_numbers_as_it_names(version: str, spec: str, holds: bool) -> None:
    assert matches(version, spec) is holds


def test_an_unknown_version_leaves_open_what_needs_one() -> None:
    assert matches(None, ">=X15.5") is None
    assert matches("unknown", ">=X15.5") is None
    assert matches(None, "") is True
    assert matches(None, None) is True
    assert matches(Version(15, 5), ">=X15.5") is True


@pytest.mark.parametrize("spec", ["X15.5", "=>X15.5", ">=", ">=latest", ">=X15.5;<X16"])
def test_a_malformed_spec_is_a_bug(spec: str) -> None:
    with pytest.raises(ValueError, match="not a version condition"):
        Version(15, 5).matches(spec)


@given(VERSIONS, VERSIONS)
def test_order_and_conditions_agree(one: Version, other: Version) -> None:
    full = f"X{other.major}.{other.minor}.{other.maintenance}"

    assert one.matches(f">={full}") == (one >= other)
    assert one.matches(f"<{full}") == (one < other)
    assert one.matches(f"=={full}") == (one == other)


@given(VERSIONS)
def test_a_version_reads_back_as_itself(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(st.text())
def test_any_text_gives_a_version_or_none(text: str) -> None:
    assert isinstance(Version.parse(text), Version | None)


def test_the_release_with_two_stores_is_known() -> None:
    stores = next(release for release in releases() if release.id == "expressway-x15.5")

    assert (stores.version, stores.when) == ("X15.5", "2026-04")
    assert newest_expressway() >= Version(15, 5)

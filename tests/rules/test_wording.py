"""Words that several rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from analyzer.evidence import CertificateOrigin, Side
from analyzer.rules.wording import ORIGINS, ROLES, STORES, apart, both, either
from analyzer.words import Words


@pytest.mark.parametrize(
    ("join", "told"), [(both, "a and b and c"), (either, "a or b or c"), (apart, "a; b; c")], ids=["and", "or", ";"]
)
def test_a_list_can_be_translated_and_one_part_is_no_list(join: Callable[[Iterable[str]], str], told: str) -> None:
    joined = join(["a", "b", "c"])

    assert joined == told
    assert isinstance(joined, Words)
    assert join([STORES["client"]]) is STORES["client"]


def test_every_role_and_origin_has_its_word() -> None:
    assert {role: str(role) for role in Side} == ROLES
    assert {origin: str(origin) for origin in CertificateOrigin} == ORIGINS
    assert {role: f"{role} store" for role in Side} == STORES

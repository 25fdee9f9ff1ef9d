"""What things are called, with their numbers."""

from __future__ import annotations

import pytest

from analyzer.evidence import Node, Store
from analyzer.report import wording
from analyzer.report.language import Language
from analyzer.report.store_names import store_name, store_of

JAPANESE = Language("ja")


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (60, "1 minute", "1分"),
        (3_600, "1 hour", "1時間"),
        (86_400, "1 day", "1日"),
        (2 * 86_400 + 3 * 3_600, "2 days 3 hours", "2日3時間"),
        (1_200 * 86_400, "1,200 days", "1,200日"),
    ],
)
def test_a_length_of_time_has_its_units(seconds: int, english: str, japanese: str) -> None:
    told = wording.duration(seconds)

    assert (str(told), JAPANESE(told)) == (english, japanese)


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (0.0001, "at the same time by its clock", "そのノードの時計では同時刻"),
        (1.5, "1.500 s later by its clock", "そのノードの時計では1.500秒後"),
        (-1.5, "1.500 s earlier by its clock", "そのノードの時計では1.500秒前"),
    ],
)
def test_another_clock_shows_it_later_or_earlier(seconds: float, english: str, japanese: str) -> None:
    told = wording.later(seconds)

    assert (str(told), JAPANESE(told)) == (english, japanese)


def test_a_store_may_have_an_owner() -> None:
    assert store_of(Store.CLIENT, None) == "client store"
    assert JAPANESE(store_of(Store.BOTH, Node(name="core1", host="core1"), brief=True)) == "core1の両方のストア"


def test_before_two_stores_there_is_a_single_one_by_its_release() -> None:
    old, unknown = (Node(name="core1", host="core1", version=version) for version in ("X15.4.2", None))

    assert store_name(Store.SERVER, old) == "single store (X15.4.2 has one for both roles)"
    assert store_of(Store.SERVER, old, brief=True) == "single store of core1"
    assert store_name(Store.CLIENT, old) == "client store"
    assert store_name(Store.SERVER, unknown) == "server store"

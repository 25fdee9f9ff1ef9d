from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable

import pytest

from analyzer.report.language import Language
from analyzer.words import Joined, Words, both, counted, either, itemized, listed, say, sentences


def test_words_are_their_english_text_and_remember_their_message() -> None:
    words = say("{peer} refused {times:,} times", peer="{edge1}", times=1200)

    assert words == "{edge1} refused 1,200 times"
    assert (words.message, words.values) == (
        "{peer} refused {times:,} times",
        {"peer": "{edge1}", "times": 1200},
    )


def test_braces_stand_for_themselves_where_there_are_no_values() -> None:
    assert say("{shown} of {all}") == "{shown} of {all}"


def test_words_can_be_sent_to_another_process() -> None:
    words = listed(
        [say("{count} of {all}", count=1, all=listed(["a", "b"])), counted(2, "{count} line", "{count} lines")]
    )

    again = pickle.loads(pickle.dumps(words))

    assert again == words == "1 of a, b, 2 lines"
    assert isinstance(again, Joined)
    assert again.parts[1] == "2 lines"
    assert Language("ja")(again) == Language("ja")(words)


@pytest.mark.parametrize(("count", "told"), [(0, "0 lines"), (1, "1 line"), (1234, "1,234 lines")])
def test_one_is_told_from_several(count: int, told: str) -> None:
    assert counted(count, "{count:,} line", "{count:,} lines") == told


@pytest.mark.parametrize(
    ("join", "told"),
    [
        (sentences, "a b c"),
        (listed, "a, b, c"),
        (itemized, "a; b; c"),
        (both, "a and b and c"),
        (either, "a or b or c"),
    ],
)
def test_a_list_can_be_translated_and_leaves_out_what_is_empty(
    join: Callable[[Iterable[str]], str], told: str
) -> None:
    joined = join(["a", "", "b", "c"])

    assert joined == told
    assert isinstance(joined, Words)
    assert (join([]), join(["", "a"])) == ("", "a")

from __future__ import annotations

import json
from typing import Any

from analyzer.report.language import Language
from analyzer.report.printer import Printer
from analyzer.words import say


def table(*texts: str) -> dict[str, Any]:
    """Return the switch's table of a Japanese page on which these texts are printed."""
    printer = Printer(Language("ja"), Language("en"))
    for text in texts:
        printer(text)
    switched: dict[str, Any] = json.loads(printer.switched())
    return switched


def test_what_stays_as_it_is_takes_no_room() -> None:
    assert table("edge1", "2026-03-29 06:54:39.839 UTC", "10.0.0.1:25000 to 10.0.0.2:7001") == {}


def test_a_name_that_reads_like_ours_is_told_from_it() -> None:
    assert table("検出事項", say("Findings"), "検出事項") == {"検出事項": [["", "Findings"], "010"]}


def test_any_number_of_twins_are_told_apart() -> None:
    """Which numbers of a text are equal makes twins of it that differ."""
    texts = [say("asks for {name}", name=f"{n % 2} {n % 3} {n % 5} {n % 7} {n % 11} {n % 4}") for n in range(500)]

    ((twins, order),) = table(*texts).values()

    assert len(twins) > 36
    assert len(order) == len(texts)
    assert {ord(sign) - ord("0") for sign in order} == set(range(len(twins)))


def test_nothing_in_the_table_ends_its_element() -> None:
    printer = Printer(Language("en"), Language("ja"))
    printer(say("asks for {name}", name="</script><!--<script>"))

    assert "<" not in printer.switched()

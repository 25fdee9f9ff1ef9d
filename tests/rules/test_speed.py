"""How the work of each rule grows with the input: counted in lines of Python, which no busy machine changes.

Loops within one line count as well. What C does in one step does not: `python -m benchmarks.rules` measures time.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from types import FrameType
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case
from analyzer.findings import Confidence, Severity
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.rule import Judgement, Rule
from analyzer.rules.runner import run
from analyzer.rules.verdicts import verdicts_of
from analyzer.rules.view import NodeView
from analyzer.words import say
from benchmarks.cases import busy_case

CONNECTIONS, EVENTS = 100, 1000
TENFOLD = 10
BAR = 12
LEAST = 2000
"""A rule that runs fewer lines than this is not judged by their number."""


class Lines:
    """Counts the lines that are run, by rule; `"all"`: with tying and verdicts."""

    def __init__(self, case: Case, rules: Sequence[Rule]) -> None:
        self.count: Counter[str] = Counter()
        counted = [replace(rule, judge=self._counting(rule)) for rule in rules]
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            tie(run(case, counted))
            verdicts_of(case)
        finally:
            sys.settrace(before)

    def _trace(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        self.count["all"] += event == "line"
        return self._trace

    def _counting(self, rule: Rule) -> Callable[[NodeView], Iterable[Judgement]]:
        def judge(view: NodeView) -> Iterable[Judgement]:
            before = self.count["all"]
            judgements = list(rule.judge(view))
            self.count[rule.id] += self.count["all"] - before
            return judgements

        return judge


def growing_too_fast(rules: Sequence[Rule], *, many_peers: bool) -> set[str]:
    """Return what takes more than its share of the work for ten times the input."""
    small, large = (
        Lines(
            busy_case(CONNECTIONS * size, EVENTS * size, peers=CONNECTIONS * size if many_peers else 5), rules
        ).count
        for size in (1, TENFOLD)
    )
    return {name for name, lines in large.items() if lines > BAR * max(small[name], LEAST)}


@pytest.mark.parametrize("many_peers", [False, True], ids=["few peers", "as many peers as connections"])
def test_ten_times_the_input_is_at_most_twelve_times_the_work(many_peers: bool) -> None:
    assert growing_too_fast(RULES, many_peers=many_peers) == set()


def test_a_rule_that_is_quadratic_would_be_noticed() -> None:
    def judge_pairs(view: NodeView) -> Iterator[Judgement]:
        pairs = [1 for one, other in product(view.connections, view.connections) if one.peer is other.peer]
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject="",
            explanation=say("{pairs} pairs", pairs=len(pairs)),
        )

    quadratic = Rule(
        id="quadratic", meaning="It is counted.", title=say("Quadratic"), severity=Severity.INFO, judge=judge_pairs
    )

    assert "quadratic" in growing_too_fast((quadratic,), many_peers=False)


def test_the_case_gives_the_rules_something_to_do() -> None:
    case = busy_case(CONNECTIONS * TENFOLD, EVENTS * TENFOLD)

    told = {grounded.finding.id for grounded in run(case, RULES) if grounded.finding.determined}

    assert len(told) >= 40

"""The rules alone: `python -m benchmarks.rules` judges 10,000 connections and 100,000 log events, and a tenth of it.

Prints user CPU, the least of several runs, beside that of a plain loop: on a shared machine the loop tells how much
the figures are worth. The bar: under 1 s, and at most 12 times as much for ten times the input. Most of that case
fails, in every way there is; with `--calm` only a tenth of what failed there does, and with `--storm` all of it fails
alike, as when one trunk tries again and again. `--profile` says where the time goes; with `--peers` the case has more
peers of their own, and so more findings.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import resource
from collections.abc import Callable, Sequence

from analyzer.evidence import Case
from analyzer.findings import Finding, Verdict
from analyzer.memory import without_collections
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.runner import run
from analyzer.rules.verdicts import verdicts_of
from analyzer.rules.view import views_of
from benchmarks.cases import busy_case, calmed, stormed

CONNECTIONS, EVENTS = 10_000, 100_000


def judge(case: Case) -> tuple[Sequence[Finding], Sequence[Verdict]]:
    """Judge a case as the program does, which keeps what comes out of it."""
    with without_collections():
        views = views_of(case)
        return tie(run(case, RULES, views=views)), verdicts_of(case, views=views)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", type=int, default=10)
    parser.add_argument("--calm", dest="change", action="store_const", const=calmed)
    parser.add_argument("--storm", dest="change", action="store_const", const=stormed)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    small = busy_case(CONNECTIONS // 10, EVENTS // 10, peers=options.peers)
    large = busy_case(CONNECTIONS, EVENTS, peers=options.peers)
    if options.change:
        small, large = options.change(small), options.change(large)
    gc.collect()
    gc.set_threshold(20_000, 20, 20)  # as the program does
    print(f"{len(RULES)} rules, {sum(map(len, judge(large)))} findings and verdicts")
    least = {}
    for name, work in (("small", lambda: judge(small)), ("large", lambda: judge(large)), ("loop", _loop)):
        least[name] = min(_user(work) for _ in range(options.runs))
    print(f"{CONNECTIONS} connections, {EVENTS} events: {least['large']:.2f} s of user CPU")
    print(f"a tenth of it: {least['small']:.3f} s; {least['large'] / least['small']:.1f} times as much for ten times")
    print(f"a loop of 3,000,000 additions: {least['loop']:.2f} s (0.15 s where nothing else runs)")
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(judge, large)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


def _user(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    kept = work()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    del kept
    return after - before


def _loop() -> int:
    total = 0
    for number in range(3_000_000):
        total += number
    return total


if __name__ == "__main__":
    main()

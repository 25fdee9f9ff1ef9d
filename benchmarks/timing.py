"""Whole processes, timed side by side: two commands in turn, and the ratio pair by pair."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process with its children: wall, user and CPU seconds, and the largest one's peak in MiB."""

    wall: float
    user: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Runs of two commands in alternation."""

    ours: tuple[Run, ...]
    theirs: tuple[Run, ...]

    def ratio(self, figure: str) -> tuple[float, float, float]:
        """Return median, least and greatest ratio of a figure, ours to theirs."""
        pairs = zip(self.ours, self.theirs, strict=True)
        ratios = [getattr(a, figure) / max(getattr(b, figure), 1e-4) for a, b in pairs]
        return median(ratios), min(ratios), max(ratios)

    @property
    def peak(self) -> float:
        """Our greatest peak in MiB."""
        return max(run.peak for run in self.ours)


def run(command: Sequence[str]) -> Run:
    """Run a command to its end and account for it. Bytecode is cached, as it is once a program is installed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 3}:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return Run(wall, usage.ru_utime, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(ours: Sequence[str], theirs: Sequence[str], runs: int) -> Pairs:
    """Run two commands in turn, after a warm-up of each."""
    run(ours), run(theirs)
    pairs = [(run(ours), run(theirs)) for _ in range(runs)]
    return Pairs(tuple(a for a, _ in pairs), tuple(b for _, b in pairs))

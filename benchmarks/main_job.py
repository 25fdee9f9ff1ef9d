"""The figures of the main job: `python -m benchmarks.main_job`. Run by hand; prints ratios, not verdicts.

Compared side by side, in alternation, with a bare Typer program that does nothing: what any program with this
command line costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = 9
BARE = (
    "import typer\napp = typer.Typer()\n@app.command()\ndef hello(name: str = 'x') -> None:\n    print(name)\napp()\n"
)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall and CPU seconds, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str]) -> Run:
    """Run a command to its end and account for it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - started
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(ours: Sequence[str], theirs: Sequence[str], runs: int = RUNS) -> tuple[list[float], list[Run]]:
    """Run two commands in turn, after a warm-up, and return the wall ratios and our runs."""
    run(ours), run(theirs)
    pairs = [(run(ours), run(theirs)) for _ in range(runs)]
    return [a.wall / b.wall for a, b in pairs], [a for a, _ in pairs]


def _inputs() -> tuple[str, str]:
    """Make the inputs in another process: a child's peak memory would start from this one's."""
    made = subprocess.run([sys.executable, "-m", "benchmarks.inputs"], capture_output=True, text=True, check=True)
    bundle, capture = made.stdout.split()
    return bundle, capture


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        report = str(Path(folder) / "report.html")
        tool = [sys.executable, "-m", "analyzer"]
        bundle, capture = _inputs()
        print(f"{sys.version.split()[0]} on {os.cpu_count()} cores; median (min-max) of {RUNS} pairs")
        _print(
            "whole run, seed size / bare Typer",
            *compare(
                [*tool, bundle, "-o", report, "--json", f"{report}.json", "--force"], [sys.executable, str(bare)]
            ),
        )
        _print("--help / bare Typer --help", *compare([*tool, "--help"], [sys.executable, str(bare), "--help"]))
        big = run([*tool, capture, "-o", report, "--force"])
        print(f"200 MB capture: {big.wall:.2f} s, {big.cpu:.2f} s CPU, peak {big.peak:.0f} MiB")


def _print(what: str, ratios: list[float], runs: list[Run]) -> None:
    middle, least, most = median(ratios), min(ratios), max(ratios)
    peak = max(one.peak for one in runs)
    print(f"{what}: {middle:.2f} ({least:.2f}-{most:.2f}), peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()

"""The figures of the main job: `python -m benchmarks.main_job`. Run by hand; prints ratios, not verdicts.

Compared side by side, in alternation, with a bare Typer program that does nothing: what any program with this
command line costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Pairs, compare, run

RUNS = 9
BARE = (
    "import typer\napp = typer.Typer()\n@app.command()\ndef hello(name: str = 'x') -> None:\n    print(name)\napp()\n"
)


def _inputs() -> tuple[str, str]:
    """Make the inputs in another process: a child's peak memory would start from this one's."""
    made = subprocess.run([sys.executable, "-m", "benchmarks.inputs"], capture_output=True, text=True, check=True)
    bundle, capture, _ = made.stdout.split()
    return bundle, capture


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        report = str(Path(folder) / "report.html")
        tool = [sys.executable, "-m", "analyzer"]
        bundle, capture = _inputs()
        print(f"{sys.version.split()[0]} on {os.cpu_count()} cores; median (min-max) of {RUNS} pairs")
        whole = [*tool, bundle, "-o", report, "--json", f"{report}.json", "--force"]
        _print("whole run, seed size / bare Typer", compare(whole, [sys.executable, str(bare)], RUNS))
        helps = compare([*tool, "--help"], [sys.executable, str(bare), "--help"], RUNS)
        _print("--help / bare Typer --help", helps)
        big = run([*tool, capture, "-o", report, "--force"])
        print(f"200 MB capture: {big.wall:.2f} s, {big.cpu:.2f} s CPU, peak {big.peak:.0f} MiB")


def _print(what: str, pairs: Pairs) -> None:
    middle, least, most = pairs.ratio("wall")
    print(f"{what}: {middle:.2f} ({least:.2f}-{most:.2f}), peak {pairs.peak:.0f} MiB")


if __name__ == "__main__":
    main()

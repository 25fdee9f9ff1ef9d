"""The figures of the capture engine: `python -m benchmarks.suite [--pairs N] [--only WORD]`.

Needs tshark and tcpdump. Prints one row per comparison: what was compared, the ratio of wall and of user CPU time
(median, least and greatest of the pairs), our peak memory, and the bar. It judges nothing: machines differ.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from benchmarks.timing import Pairs, Run, compare, run

FIELDS = "-T fields -e x509af.serialNumber -e tls.alert_message.desc"
FILTER = "-Y 'tls.handshake.certificate || tls.alert_message.desc'"
INFLATE = (
    "import sys, zipfile\n"
    "with zipfile.ZipFile(sys.argv[1]) as archive:\n"
    "    for name in archive.namelist():\n"
    "        with archive.open(name) as member:\n"
    "            while member.read(1 << 18): pass\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A comparison. `faster`: the ratio is theirs to ours, how many times faster ours is; else ours to theirs."""

    what: str
    ours: Sequence[str]
    theirs: Sequence[str]
    bar: str
    faster: bool


def lossless(path: Path) -> list[str]:
    """Return the best way found to get all certificates out of a capture with tshark."""
    capture = shlex.quote(str(path))
    ooo = "-o tcp.reassemble_out_of_order:TRUE"
    return ["sh", "-c", f"tcpdump -r {capture} -w - tcp 2>&- | tshark -n -r - {ooo} {FILTER} {FIELDS}"]


def plain(path: Path) -> list[str]:
    return ["sh", "-c", f"tshark -r {shlex.quote(str(path))} {FILTER} {FIELDS}"]


def engine(path: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.engine", str(path)]


def whole(path: Path, folder: Path) -> list[str]:
    report = str(folder / "report.html")
    return [sys.executable, "-m", "analyzer", str(path), "-o", report, "--json", f"{report}.json", "--force"]


def rows(inputs: dict[str, Path], folder: Path) -> Iterator[Row]:
    bars = {"mixed_200": "4", "mixed_1000": "7", "dense_40": "6", "data_200": "-", "audio_200": "-"}
    for name, bar in bars.items():
        path = inputs[name]
        what = f"engine, times faster than tcpdump | tshark, {name}"
        yield Row(what=what, ours=engine(path), theirs=lossless(path), bar=bar, faster=True)
    for name, bar in (("mixed_200", "2.5"), ("mixed_1000", "5"), ("data_200", "-")):
        path = inputs[name]
        what = f"whole, times faster than tcpdump | tshark, {name}"
        yield Row(what=what, ours=whole(path, folder), theirs=lossless(path), bar=bar, faster=True)
    path = inputs["mixed_200"]
    what = "engine, times faster than plain tshark, mixed_200"
    yield Row(what=what, ours=engine(path), theirs=plain(path), bar="-", faster=True)
    path = inputs["mixed_1000"]
    filtering = ["tcpdump", "-r", str(path), "-w", "/dev/null", "tcp"]
    what = "engine / tcpdump -w /dev/null tcp, mixed_1000"
    yield Row(what=what, ours=engine(path), theirs=filtering, bar="3.5", faster=False)
    path = inputs["mixed_200_zip"]
    inflating = [sys.executable, "-c", INFLATE, str(path)]
    what = "engine in a zip / inflate and discard, mixed_200"
    yield Row(what=what, ours=engine(path), theirs=inflating, bar="1.3", faster=False)
    path = inputs["big"]
    inflating = [sys.executable, "-c", INFLATE, str(path)]
    what = "whole / inflate and discard, capture and log of 200 MB each in one zip"
    yield Row(what=what, ours=whole(path, folder), theirs=inflating, bar="2.0 (CPU)", faster=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="", help="only rows that have this word in them")
    options = parser.parse_args()
    for tool in ("tshark", "tcpdump"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed")
    inputs = _make_inputs()
    print(_machine())
    print("| comparison | wall | user CPU | peak MiB | bar |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(inputs, Path(folder)):
            if options.only in row.what:
                _print(row, compare(row.ours, row.theirs, options.pairs))
        _print_growth([run(engine(inputs[name])) for name in ("mixed_20", "mixed_200", "mixed_1000")])


def _make_inputs() -> dict[str, Path]:
    """Make the inputs in another process: a child's peak memory would start from this one's."""
    made = subprocess.run([sys.executable, "-m", "benchmarks.captures"], capture_output=True, text=True, check=True)
    bundles = subprocess.run([sys.executable, "-m", "benchmarks.inputs"], capture_output=True, text=True, check=True)
    paths = {name: Path(path) for name, path in (line.split("\t") for line in made.stdout.splitlines())}
    return paths | {"big": Path(bundles.stdout.split()[-1])}


def _machine() -> str:
    tshark = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[
        0
    ]
    return f"Python {sys.version.split()[0]}, {tshark}, {os.cpu_count()} cores, {os.uname().machine}\n"


def _print(row: Row, pairs: Pairs) -> None:
    cells = []
    for figure in ("wall", "user"):
        middle, least, greatest = pairs.ratio(figure)
        if row.faster:
            middle, least, greatest = 1 / middle, 1 / greatest, 1 / least
        cells.append(f"{middle:.2f} ({least:.2f}-{greatest:.2f})")
    print(f"| {row.what} | {cells[0]} | {cells[1]} | {pairs.peak:.0f} | {row.bar} |", flush=True)


def _print_growth(sizes: list[Run]) -> None:
    small, middle, large = sizes
    exponent = log(large.user / middle.user) / log(5)
    print(f"\nengine from 20 MB to 1 GB: peak {small.peak:.0f} to {large.peak:.0f} MiB; user CPU from 200 MB to 1 GB")
    print(f"grows with exponent {exponent:.2f}")


if __name__ == "__main__":
    main()

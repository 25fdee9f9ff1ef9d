"""The log reader against grep: `python -m benchmarks.log_reader [--megabytes 200] [--forms ABD] [--pairs 5]`.

Ours is a process that reads the log with `read_snapshot`; theirs is `LC_ALL=C grep -cE` for the same lines, which
counts the decoys in message bodies, too. Prints a row per header form, and how many wanted lines were missed, how
many events are decoys, and how many are neither.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys

from benchmarks.log_messages import PATTERN
from benchmarks.logs import FORMS, generated
from benchmarks.timing import compare

READ = (
    "import sys\n"
    "from analyzer.parsers.snapshot import read_snapshot\n"
    "with open(sys.argv[1], 'rb', buffering=0) as log:\n"
    "    events = read_snapshot(log, 'log').events\n"
    "print(*[event.line for event in events])\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--forms", default=FORMS)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(
        "| form | wall | user CPU | peak MiB | events | missed | decoys | others |\n|---|---|---|---|---|---|---|---|"
    )
    for form in options.forms:
        made = [sys.executable, "-m", "benchmarks.logs", str(options.megabytes), form]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)  # in a process of its own, for the peak's sake
        log = generated(options.megabytes, form)
        ours = [sys.executable, "-c", READ, str(log.path)]
        # Behind a pipe: where its output goes to /dev/null, grep stops at the first match.
        counting = f"LC_ALL=C grep -cE {shlex.quote(PATTERN)} {shlex.quote(str(log.path))} | cat"
        pairs = compare(ours, ["sh", "-c", counting], options.pairs)
        found = frozenset(map(int, subprocess.run(ours, capture_output=True, text=True, check=True).stdout.split()))
        told = (found, log.wanted - found, found & log.decoys, found - log.wanted - log.decoys)
        cells = ["{:.1f} ({:.1f}-{:.1f})".format(*pairs.ratio(figure)) for figure in ("wall", "user")]
        counts = " | ".join(str(len(lines)) for lines in told)
        print(f"| {form} | {cells[0]} | {cells[1]} | {pairs.peak:.0f} | {counts} |", flush=True)


if __name__ == "__main__":
    main()

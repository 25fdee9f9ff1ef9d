"""The command line: options, exit codes, and where the files went.

Nothing heavy is imported before a bundle is analysed, so that `--help` costs no more than Typer itself.
"""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

COMMANDS = ("diff", "whatif", "handshake", "rules", "facts", "schema")


def main() -> NoReturn:
    """Run the program: a first argument that is no command means "analyse".

    Modules are no garbage: looking for some while they load, and once more at exit, takes a sixth of a small run.
    The collector is on while bundles are read.
    """
    gc.disable()
    arguments = sys.argv[1:]
    if arguments and arguments[0] in COMMANDS:
        from analyzer.cli.commands import app
    else:
        from analyzer.cli.analysis import app
    try:
        app(prog_name="expressway-analyzer")
    finally:
        gc.freeze()
    raise SystemExit(0)

"""`expressway-analyzer facts`: what the rules know of the world, with sources, dates and ages."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.output import printing
from analyzer.cli.running import read_facts_file, reporting_errors


def facts(
    file: Annotated[
        Path | None,
        typer.Option("--facts", metavar="FILE", help="Other or newer facts (TOML), over the packaged ones."),
    ] = None,
) -> None:
    """Print the dated facts that the rules judge by, each with its source, its status and its age today."""
    with reporting_errors("Please report this."):
        known = read_facts_file(file)
        from analyzer.report.facts import list_facts
        from analyzer.report.terminal import printable

        today = datetime.now(UTC).date()
        with printing():
            for line in list_facts(known, today):
                sys.stdout.write(f"{printable(line, sys.stdout)}\n")

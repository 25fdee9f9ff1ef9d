"""`expressway-analyzer facts`: what the rules know of the world, with sources, dates and ages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.output import print_lines
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

        print_lines(list_facts(known, datetime.now(UTC).date()))

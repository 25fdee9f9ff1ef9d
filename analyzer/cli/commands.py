"""The other commands: what stands beside the analysis."""

from __future__ import annotations

import sys

import typer

from analyzer.cli.diff import diff
from analyzer.cli.facts import facts
from analyzer.cli.handshake import handshake
from analyzer.cli.help import PlainCommand
from analyzer.cli.output import printing
from analyzer.cli.rules import rules
from analyzer.cli.running import reporting_errors
from analyzer.cli.whatif import whatif

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


def schema() -> None:
    """Print the JSON report's schema."""
    with reporting_errors("Please report this."):
        from analyzer.report.json import schema_text

        with printing():
            sys.stdout.write(schema_text())


for command in (diff, whatif, handshake, rules, facts, schema):
    app.command(cls=PlainCommand)(command)

"""The other commands: what stands beside the analysis."""

from __future__ import annotations

import typer

from analyzer.cli.diff import diff
from analyzer.cli.facts import facts
from analyzer.cli.handshake import handshake
from analyzer.cli.rules import rules
from analyzer.cli.whatif import whatif

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command()
def schema() -> None:
    """Print the JSON report's schema."""
    from analyzer.report.json import schema_text

    typer.echo(schema_text(), nl=False)


for command in (rules, diff, whatif, handshake, facts):
    app.command()(command)

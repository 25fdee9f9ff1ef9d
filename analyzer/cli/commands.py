"""The other commands: what stands beside the analysis."""

from __future__ import annotations

import typer

from analyzer.cli.diff import diff
from analyzer.cli.exits import Exit
from analyzer.cli.facts import facts
from analyzer.cli.handshake import handshake
from analyzer.cli.rules import rules

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command()
def schema() -> None:
    """Print the JSON report's schema."""
    from analyzer.report.json import schema_text

    typer.echo(schema_text(), nl=False)


app.command()(rules)


def _not_built(name: str) -> None:
    typer.echo(f"expressway-analyzer: {name} is not built yet", err=True)
    raise typer.Exit(Exit.USAGE)


app.command()(diff)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def whatif() -> None:
    """Show the outcome of a change (not built yet)."""
    _not_built("whatif")


app.command()(handshake)
app.command()(facts)

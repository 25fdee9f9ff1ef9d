"""The other commands: what stands beside the analysis."""

from __future__ import annotations

from typing import Annotated

import typer

from analyzer.cli.exits import Exit
from analyzer.cli.handshake import handshake

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command()
def schema() -> None:
    """Print the JSON report's schema."""
    from analyzer.report.json import schema_text

    typer.echo(schema_text(), nl=False)


@app.command()
def rules(
    show: Annotated[list[str] | None, typer.Argument(metavar="[show ID]", help="Explain one rule.")] = None,
) -> None:
    """List every rule, or explain one."""
    from analyzer.facts.citations import citations
    from analyzer.rules.catalogue import RULES

    if not show:
        for rule in RULES:
            typer.echo(f"{rule.id:42} {rule.severity:9} {rule.applies_to or 'any':8} {rule.title}")
        return
    chosen = next((rule for rule in RULES if show[0] == "show" and rule.id == show[-1] and len(show) == 2), None)
    if chosen is None:
        typer.echo("expressway-analyzer: give `rules`, or `rules show ID` with an id of that list", err=True)
        raise typer.Exit(Exit.USAGE)
    typer.echo(
        f"{chosen.id}: {chosen.title}\nseverity: up to {chosen.severity}\nversions: {chosen.applies_to or 'any'}"
    )
    typer.echo(f"roles: {', '.join(chosen.roles) or 'any'}")
    for need in chosen.needs:
        typer.echo("needs: " + " or ".join(one.missing for one in (need if isinstance(need, tuple) else (need,))))
    for source in citations(chosen.sources):
        typer.echo(f"source: {source.title}{', ' + source.date if source.date else ''} {source.url or ''}".rstrip())


def _not_built(name: str) -> None:
    typer.echo(f"expressway-analyzer: {name} is not built yet", err=True)
    raise typer.Exit(Exit.USAGE)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def diff() -> None:
    """Compare two bundles, before and after (not built yet)."""
    _not_built("diff")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def whatif() -> None:
    """Show the outcome of a change (not built yet)."""
    _not_built("whatif")


app.command()(handshake)


@app.command()
def facts() -> None:
    """Print the dated facts that the rules judge by (not built yet)."""
    _not_built("facts")

"""`expressway-analyzer rules`: the catalogue of diagnoses; `rules show ID` explains one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, NoReturn

import typer

from analyzer.cli.exits import Exit
from analyzer.cli.output import print_lines
from analyzer.cli.running import reporting_errors, stop


def rules(
    show: Annotated[list[str] | None, typer.Argument(metavar="[show ID]", help="Explain this one rule.")] = None,
) -> None:
    """List every rule: gravest severity, id, title; below, the releases it is about and its needs. Or explain one."""
    with reporting_errors("Please report this."):
        from analyzer.rules.catalogue import RULES
        from analyzer.rules.listing import explained, listing

        if not show:
            print_lines(listing(RULES))
            return
        if len(show) != 2 or show[0] != "show":
            stop("give `rules`, or `rules show ID` with an id of that list", Exit.USAGE)
        chosen = next((rule for rule in RULES if rule.id == show[1]), None)
        if chosen is None:
            _stop_at_unknown(show[1], [rule.id for rule in RULES])
        print_lines(explained(chosen))


def _stop_at_unknown(identifier: str, known: list[str]) -> NoReturn:
    close = get_close_matches(identifier, known, n=3)
    meant = f"did you mean {' or '.join(close)}?" if close else "`rules` lists all ids"
    stop(f"there is no rule {identifier}: {meant}", Exit.USAGE)

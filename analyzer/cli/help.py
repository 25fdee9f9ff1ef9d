"""How `--help` shows a command: arguments as in a manual page, without Typer's braces and types."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import typer
from typer.core import TyperArgument, TyperCommand


class Formatter(Protocol):
    """What of the library's help formatter is used here."""

    def section(self, name: str) -> AbstractContextManager[None]:
        """Begin a section."""

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write terms and what they mean in two columns."""


class PlainCommand(TyperCommand):
    """A command whose arguments are shown by their `metavar` as it is: `BUNDLE...`."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return what stands behind the program's name."""
        return ["[OPTIONS]", *(argument.metavar or "" for argument in self._arguments(ctx))]

    def format_options(self, ctx: typer.Context, formatter: Formatter) -> None:  # type: ignore[override]
        """Write the arguments and the options."""
        arguments = [(argument.metavar or "", argument.help or "") for argument in self._arguments(ctx)]
        records = [one.get_help_record(ctx) for one in self.get_params(ctx) if not isinstance(one, TyperArgument)]
        for name, rows in (("Arguments", arguments), ("Options", [row for row in records if row])):
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows)

    def _arguments(self, ctx: typer.Context) -> list[TyperArgument]:
        return [one for one in self.get_params(ctx) if isinstance(one, TyperArgument)]

"""What all commands that read bundles do alike: the garbage collector, errors and their exit codes."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from analyzer.cli.exits import Exit, exit_of
from analyzer.cli.output import OutputError

if TYPE_CHECKING:
    from analyzer.facts.store import Facts
    from analyzer.findings import Report


def stop(message: str, code: Exit) -> NoReturn:
    """End the program with one sentence on standard error."""
    from analyzer.text import clean

    typer.echo(f"expressway-analyzer: {clean(message)}", err=True)
    raise typer.Exit(code)


@contextmanager
def reporting_errors(advice: str, *, debug: bool = False) -> Iterator[None]:
    """Turn whatever goes wrong into a message and an exit code: the last line of defence against a traceback.

    Args:
        advice: what to do about an error of the program itself.
        debug: whether such an error is shown in full.
    """
    try:
        yield
    except OutputError as error:
        stop(str(error), Exit.OUTPUT)
    except KeyboardInterrupt:
        stop("interrupted", Exit.INTERRUPTED)
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - a message, not a traceback
        if debug:
            traceback.print_exc()
        stop(f"internal error: {type(error).__name__}: {error}. {advice}", Exit.INTERNAL)


def read_facts_file(path: Path | None) -> Facts:
    """Return the facts to judge by: the packaged ones, or a file of the user's over them; stop if it is unusable."""
    from analyzer.facts.store import PACKAGED, FactsError

    if path is None:
        return PACKAGED
    from analyzer.facts.custom import load_facts

    try:
        return load_facts(path.read_text(encoding="utf-8-sig"))
    except FactsError as error:
        stop(f"{path}: {error}", Exit.USAGE)
    except OSError as error:
        stop(f"{path}: cannot be read: {error.strerror or error}", Exit.USAGE)
    except UnicodeDecodeError:
        stop(f"{path}: is no text in UTF-8", Exit.USAGE)


def analyze_bundles(
    bundles: list[Path],
    as_of: datetime | None = None,
    *,
    facts: Facts | None = None,
    verbose: bool = False,
    quiet: bool = False,
) -> Report:
    """Analyse, and say what is being read; stop where there is nothing to analyse."""
    from analyzer.cli.progress import showing_progress
    from analyzer.facts.store import PACKAGED
    from analyzer.pipeline import NothingToAnalyzeError, Options
    from analyzer.pipeline import analyze as run

    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    try:
        with showing_progress(verbose=verbose, quiet=quiet) as progress:
            return run(bundles, Options(as_of=as_of, facts=facts or PACKAGED, progress=progress))
    except NothingToAnalyzeError as error:
        stop(str(error), Exit.NOTHING)


def stop_at_what_was_not_read(report: Report) -> None:
    """Stop with what the exit code of the analysis says of its input."""
    code = exit_of(report, None)
    if code is Exit.PRIVATE_KEY:
        stop("a private key is in the input: do not pass it on", code)
    if code is Exit.PARTIAL:
        stop("not all of the input could be read: the report says what, and what that leaves open", code)

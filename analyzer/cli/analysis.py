"""`expressway-analyzer BUNDLE…`: analyse, write the report, print the verdict."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analyzer.cli import options
from analyzer.cli.evidence import write_evidence
from analyzer.cli.exits import Exit, exit_of
from analyzer.cli.help import PlainCommand
from analyzer.cli.output import clashing, default_path, printing, write
from analyzer.cli.running import analyze_bundles, read_facts_file, reporting_errors, stop
from analyzer.report.language import ENGLISH

if TYPE_CHECKING:
    from analyzer.findings import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    cls=PlainCommand,
    epilog="Commands: diff, whatif, handshake, rules, facts, schema (each with its own --help). "
    "A folder of such a name is given as ./diff.",
)
def analyze(
    bundles: options.Bundles,
    output: options.Output = None,
    json: options.Json = None,
    note: options.Note = None,
    as_of: options.AsOf = None,
    lang: options.Lang = ENGLISH,
    facts: options.FactsFile = None,
    evidence: options.Evidence = None,
    redact: options.Redact = False,
    fail_on: options.FailOn = None,
    force: options.Force = False,
    open_report: options.OpenReport = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
    version: options.Version = False,  # noqa: ARG001 - reading it acts on it
) -> None:
    """Tell which certificate an Expressway presented to whom, from which store, and why it was refused.

    The report HOST_TIME_report.html is written next to the first bundle.
    """
    if redact:
        stop("--redact is not built yet", Exit.USAGE)
    targets = [str(target) for target in (output, json, note, evidence) if target is not None]
    if clash := clashing(targets, [*bundles, *([facts] if facts else [])]):
        stop(clash, Exit.USAGE)
    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL, stream=sys.stderr)
    with reporting_errors("Run again with --debug, and report what it says.", debug=debug):
        known = read_facts_file(facts)
        report = analyze_bundles(bundles, options.parse_date(as_of), facts=known, verbose=verbose, quiet=quiet)
        path = output or default_path(report, bundles[0])
        _write(report, path, json, note, lang, force=force)
        if evidence is not None:
            write_evidence(report, bundles, evidence, force=force)
        _say(report, path, lang, quiet=quiet, to_stderr="-" in {json, note})
        code = exit_of(report, fail_on)
    if open_report:
        typer.launch(path.absolute().as_uri())
    raise typer.Exit(code)


def _write(report: Report, path: Path, json: str | None, note: str | None, lang: str, *, force: bool) -> None:
    from analyzer.report.html import render_html

    write(path, render_html(report, language=lang).encode("utf-8", "replace"), force=force)
    if json is not None:
        from analyzer.report.json import render_json

        _deliver(json, render_json(report), force=force)
    if note is not None:
        from analyzer.report.note import render_note

        _deliver(note, render_note(report, language=lang).encode("utf-8", "replace"), force=force)


def _deliver(target: str, data: bytes, *, force: bool) -> None:
    if target == "-":
        with printing():
            sys.stdout.buffer.write(data)
    else:
        write(Path(target), data, force=force)


def _say(report: Report, path: Path, lang: str, *, quiet: bool, to_stderr: bool) -> None:
    """Print the verdict and the report's path; where standard output holds a document, to standard error."""
    from analyzer.report.terminal import print_path, print_verdict

    if to_stderr:
        print_path(path, file=sys.stderr)
        return
    with printing():
        if quiet:
            print_path(path)
        else:
            print_verdict(report, path, language=lang)

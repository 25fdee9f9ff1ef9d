"""`expressway-analyzer BUNDLE…`: analyse, write the report, print the verdict."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.evidence import write_evidence
from analyzer.cli.exits import Exit, exit_of
from analyzer.cli.help import PlainCommand
from analyzer.cli.output import clashing, default_path, printing, write
from analyzer.cli.running import analyze_bundles, read_facts_file, reporting_errors, stop
from analyzer.report.language import ENGLISH, NAMES

if TYPE_CHECKING:
    from analyzer.findings import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class Level(StrEnum):
    """Levels for --fail-on."""

    CRITICAL = "critical"
    WARNING = "warning"


def _version(wanted: bool) -> None:
    if wanted:
        from analyzer import __version__
        from analyzer.facts import FACTS_AS_OF

        typer.echo(f"expressway-analyzer {__version__} (facts as of {FACTS_AS_OF})")
        raise typer.Exit


def _language(code: str) -> str:
    if code not in NAMES:
        raise typer.BadParameter(f"{code!r} is not one of {', '.join(map(repr, NAMES))}")
    return code


def parse_date(text: str | None) -> datetime | None:
    """Parse a date or a date and time; without an offset it is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("give a date such as 2027-03-15, or 2027-03-15T12:00Z") from None
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)


@app.command(
    cls=PlainCommand,
    epilog="Commands: diff, whatif, handshake, rules, facts, schema (each with its own --help). "
    "A folder of such a name is given as ./diff.",
)
def analyze(
    bundles: Annotated[
        list[Path],
        typer.Argument(
            metavar="BUNDLE...",
            help="Diagnostic bundles: zip, tar, tar.gz, a folder, or a lone capture, certificate, log or dump.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The HTML report's path.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(
            "--json", metavar="FILE", help="The JSON report ('-': standard output, and nothing else there)."
        ),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="FILE", help="A Markdown note for the case ('-': standard output)."),
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge dates as of this date.")] = None,
    lang: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="|".join(NAMES),
            parser=_language,
            help="Language of the report's own words, of the note and of what is printed; JSON stays English.",
            show_default=False,
        ),
    ] = ENGLISH,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", metavar="FILE", help="Other or newer facts (TOML), over those that `facts` prints."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FILE",
            help="A pcapng of the handshakes that verdict and findings name: no data beyond handshake records, a "
            "comment on each frame. Of a connection that both ends captured Wireshark takes the second copy for "
            "retransmissions; the node of the gravest root cause comes first.",
        ),
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Pseudonyms instead of identities (not built yet).")
    ] = False,
    fail_on: Annotated[
        Level | None, typer.Option("--fail-on", metavar="LEVEL", help="Exit 1 at or above critical or warning.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that this program did not write.")] = False,
    open_report: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only the report's path.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is being read.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the program's own errors in full.")] = False,
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the versions of program and facts."),
    ] = False,
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
        report = analyze_bundles(bundles, parse_date(as_of), facts=known, verbose=verbose, quiet=quiet)
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

"""`expressway-analyzer diff BEFORE AFTER`: what changed between two bundles, or two saved reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.exits import Exit
from analyzer.cli.output import print_lines
from analyzer.cli.running import analyze_bundles, reporting_errors, stop

if TYPE_CHECKING:
    from analyzer.diff import SavedReport

LARGEST_REPORT = 1 << 30
_BLANKS = b" \t\r\n"
_HELP = "A bundle, a folder with the bundles of several nodes, or a JSON report that --json has written."


def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help=_HELP)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Another one, of a later time.")],
) -> None:
    """Tell what changed: certificates, trust, settings, states, what was presented to whom, and diagnoses.

    A difference does not change the exit code.
    """
    with reporting_errors("Please report this."):
        reports = [_report(path) for path in (before, after)]
        _print(*reports)
        _stop_at_what_was_not_read(reports)


def _report(path: Path) -> SavedReport:
    """Return the report of a bundle, or the one that a file holds; a bundle's takes the way of a saved one."""
    from analyzer.diff import NoReportError, read_report

    try:
        saved = _saved(path)
        if saved is None:
            from analyzer.report.json import render_json

            saved = render_json(analyze_bundles([path]))
        return read_report(saved)
    except NoReportError as error:
        stop(f"{path}: {error}", Exit.NOTHING)


def _saved(path: Path) -> bytes | None:
    """Return a file's content if it begins as a JSON report does; None: it is a bundle, or nothing."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
            if not start.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANKS).startswith(b"{"):
                return None
            data = start + file.read(LARGEST_REPORT)
    except OSError:
        return None
    if len(data) > LARGEST_REPORT:
        stop(f"{path}: a JSON report of more than {LARGEST_REPORT >> 20:,} MB is not read", Exit.NOTHING)
    return data


def _print(before: SavedReport, after: SavedReport) -> None:
    from analyzer.diff import difference, lines_of

    print_lines(lines_of(difference(before, after)))


def _stop_at_what_was_not_read(reports: list[SavedReport]) -> None:
    findings = [finding for report in reports for finding in report.findings]
    if any(finding.id == "private-key-present" and finding.determined for finding in findings):
        stop("a private key is in the input: do not pass it on", Exit.PRIVATE_KEY)
    if any(report.problems for report in reports):
        stop("not all of the input could be read: the reports say what, and what that leaves open", Exit.PARTIAL)

"""The arguments and options of the analysis: what each is called, and what `--help` says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analyzer.report.language import NAMES


class Level(StrEnum):
    """Levels for --fail-on."""

    CRITICAL = "critical"
    WARNING = "warning"


def parse_date(text: str | None) -> datetime | None:
    """Parse a date or a date and time; without an offset it is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("give a date such as 2027-03-15, or 2027-03-15T12:00Z") from None
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)


def _language(code: str) -> str:
    if code not in NAMES:
        raise typer.BadParameter(f"{code!r} is not one of {', '.join(map(repr, NAMES))}")
    return code


def _version(wanted: bool) -> None:
    if wanted:
        from analyzer import __version__
        from analyzer.facts import FACTS_AS_OF

        typer.echo(f"expressway-analyzer {__version__} (facts as of {FACTS_AS_OF})")
        raise typer.Exit


Bundles = Annotated[
    list[Path],
    typer.Argument(
        metavar="BUNDLE...",
        help="Diagnostic bundles: zip, tar, tar.gz, a folder, or a lone capture, certificate, log or dump.",
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="The HTML report's path.")]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="The JSON report ('-': standard output, and nothing else there)."),
]
Note = Annotated[
    str | None, typer.Option("--note", metavar="FILE", help="A Markdown note for the case ('-': standard output).")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge dates as of this date.")]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        metavar="|".join(NAMES),
        parser=_language,
        help="Language of the report's own words, of the note and of what is printed; JSON stays English.",
        show_default=False,
    ),
]
FactsFile = Annotated[
    Path | None,
    typer.Option("--facts", metavar="FILE", help="Other or newer facts (TOML), over those that `facts` prints."),
]
Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        metavar="FILE",
        help="A pcapng of the handshakes that verdict and findings name: no data beyond handshake records, a "
        "comment on each frame. Of a connection that both ends captured Wireshark takes the second copy for "
        "retransmissions; the node of the gravest root cause comes first.",
    ),
]
Redact = Annotated[bool, typer.Option("--redact", help="Pseudonyms instead of identities (not built yet).")]
FailOn = Annotated[
    Level | None, typer.Option("--fail-on", metavar="LEVEL", help="Exit 1 at or above critical or warning.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that this program did not write.")]
OpenReport = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the report's path.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say what is being read.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the program's own errors in full.")]
Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the versions of program and facts.")
]

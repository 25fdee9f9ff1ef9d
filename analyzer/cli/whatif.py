"""`expressway-analyzer whatif BUNDLE…`: what works now, and what would work after a change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.exits import Exit
from analyzer.cli.options import parse_date
from analyzer.cli.output import print_lines
from analyzer.cli.running import analyze_bundles, reporting_errors, stop, stop_at_what_was_not_read

if TYPE_CHECKING:
    from analyzer.evidence import Case, Certificate
    from analyzer.findings import Outlook
    from analyzer.rules.outlook.changes import Change, Changed


class Check(StrEnum):
    """The extended key usage check of inbound SIP TLS."""

    ON = "on"
    OFF = "off"


def whatif(
    bundles: Annotated[
        list[Path],
        typer.Argument(
            metavar="BUNDLE...", help="Diagnostic bundles: of the Core and of the Edge, if both are at hand."
        ),
    ],
    eku_check: Annotated[
        Check | None,
        typer.Option(
            "--eku-check",
            metavar="on|off",
            help="The extended key usage check of inbound SIP TLS: the Edge's, else --node.",
            case_sensitive=False,
        ),
    ] = None,
    client_cert: Annotated[
        Path | None,
        typer.Option("--client-cert", metavar="PEM", help="A new client certificate: the Core's, else --node."),
    ] = None,
    server_cert: Annotated[
        Path | None,
        typer.Option("--server-cert", metavar="PEM", help="A new server certificate: the Edge's, else --node."),
    ] = None,
    upgrade: Annotated[
        str | None, typer.Option("--upgrade", metavar="X15.5", help="Every node is upgraded to this release.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge expiry as of this date.")
    ] = None,
    node: Annotated[str | None, typer.Option("--node", metavar="NAME", help="The only node that is changed.")] = None,
) -> None:
    """Show what works now, and what works after a change: by the truth table, from extended key usages alone.

    Names are taken for right, and chains for trusted unless the bundle of the side that verifies shows that a CA is
    missing.
    """
    if not any((eku_check, client_cert, server_cert, upgrade, as_of)):
        stop("say what changes: --eku-check, --client-cert, --server-cert, --upgrade or --as-of", Exit.USAGE)
    with reporting_errors("Please report this."):
        change = _change(eku_check, client_cert, server_cert, upgrade, parse_date(as_of), node)
        report = analyze_bundles(bundles)
        changed = _apply(report.case, change)
        outlook = _outlook(report.case, changed)
        if not outlook.rows:
            stop("what was given is of no Core and no Edge: the truth table needs their bundles", Exit.NOTHING)
        _print(outlook, changed)
        stop_at_what_was_not_read(report)


def _change(
    check: Check | None,
    client: Path | None,
    server: Path | None,
    upgrade: str | None,
    as_of: datetime | None,
    node: str | None,
) -> Change:
    from analyzer.facts.releases import Version
    from analyzer.rules.outlook.changes import Change

    release = Version.parse(upgrade)
    if upgrade is not None and release is None:
        stop(f"{upgrade} is no release: give one such as X15.5", Exit.USAGE)
    return Change(
        check=check.value.capitalize() if check else None,
        client=_read(client) if client else None,
        server=_read(server) if server else None,
        upgrade=release,
        as_of=as_of,
        node=node,
    )


def _read(path: Path) -> tuple[Certificate, ...]:
    """Read a certificate with its chain, leaf first; stop where the file is anything else."""
    from analyzer.intake import PEM_BYTES
    from analyzer.parsers.pem import read_pem

    try:
        if not path.is_file():
            stop(f"{path}: there is no such file", Exit.USAGE)
        with path.open("rb") as file:
            data = file.read(PEM_BYTES + 1)
    except OSError as error:
        stop(f"{path} could not be read: {error.strerror or error}", Exit.USAGE)
    if len(data) > PEM_BYTES:
        stop(f"{path} is too large for a certificate", Exit.USAGE)
    reading = read_pem(data, path.name)
    if reading.private_keys:
        stop(
            f"{path} holds a private key, and is not used: give the certificate alone, and keep the key to yourself",
            Exit.USAGE,
        )
    if reading.problems:
        problem = reading.problems[0]
        stop(f"{path}: {problem.what}: {problem.why}", Exit.USAGE)
    return tuple(sorted(reading.certificates, key=lambda certificate: certificate.is_ca is True))


def _apply(case: Case, change: Change) -> Changed:
    from analyzer.rules.outlook.changes import NoSuchChangeError, apply

    try:
        return apply(case, change)
    except NoSuchChangeError as error:
        stop(str(error), Exit.USAGE)


def _outlook(case: Case, changed: Changed) -> Outlook:
    from analyzer.rules.outlook.evaluation import outlook_under_change

    return outlook_under_change(case, changed.case, absent_check=changed.absent_check)


def _print(outlook: Outlook, changed: Changed) -> None:
    from analyzer.report.outlook import outlook_lines

    print_lines(outlook_lines(outlook, changed.words, changed.cautions))

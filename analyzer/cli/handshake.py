"""`expressway-analyzer handshake BUNDLE… --id N`: Scapy's dissection of one connection's handshake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.exits import Exit
from analyzer.cli.output import print_lines
from analyzer.cli.running import analyze_bundles, reporting_errors, stop, stop_at_what_was_not_read

if TYPE_CHECKING:
    from analyzer.evidence import Case, Connection
    from analyzer.export.recording import Recording


def handshake(
    bundles: Annotated[
        list[Path],
        typer.Argument(
            metavar="BUNDLE...",
            help="The bundles that the report was made of, all of them: connections are numbered over all.",
        ),
    ],
    identifier: Annotated[
        str,
        typer.Option(
            "--id",
            metavar="N",
            help="Which connection: c1, c2 and so on, or the number alone. In the HTML report it stands behind the "
            "connection's display filter, in the JSON report it is connections[].id.",
        ),
    ],
) -> None:
    """Take one handshake apart with Scapy: every message in clear, with its frame; of the rest, the length.

    A frame is the one in which a message is complete, where Wireshark shows it too.
    """
    with reporting_errors("Please report this."):
        report = analyze_bundles(bundles)
        connection = _find(report.case, identifier)
        recording = _recording(bundles, connection)
        _print(connection, recording)
        stop_at_what_was_not_read(report)
        if recording.is_partial:
            stop("not all of this handshake was taken apart: it is too large", Exit.PARTIAL)


def _find(case: Case, identifier: str) -> Connection:
    """Return a connection by its id; stop where there is none."""
    if not any(node.captures for node in case.nodes):
        names = ", ".join(shown.name for shown in case.inputs)
        stop(f"{names}: no capture in it that can be read, so there is no handshake to show", Exit.NOTHING)
    known = {connection.id: connection for connection in case.connections}
    found = known.get(identifier) or known.get(f"c{identifier}")
    if found is None:
        stop(f"there is no connection {identifier}: {_ids(len(known))}", Exit.USAGE)
    return found


def _ids(count: int) -> str:
    if count < 2:
        return "the only id is c1" if count else "no TLS handshake was captured"
    return f"the ids are c1 to c{count}"


def _recording(bundles: list[Path], connection: Connection) -> Recording:
    from analyzer.export.handshake import record

    recording = record(bundles, connection.handshake)
    if recording is None:
        stop(f"the handshake of {connection.id} is gone: did the input change while it was read?", Exit.PARTIAL)
    return recording


def _print(connection: Connection, recording: Recording) -> None:
    from analyzer.export.listing import listing

    print_lines(listing(connection, recording))

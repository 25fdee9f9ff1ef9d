"""`--evidence FILE`: the annotated capture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analyzer.cli.output import write

if TYPE_CHECKING:
    from analyzer.export.annotation import AnnotatedCapture
    from analyzer.findings import Report


def write_evidence(report: Report, bundles: list[Path], path: Path, *, force: bool) -> None:
    """Write the handshakes that the verdict and findings name, and say what of them is not in the file.

    Raises:
        OutputError: if it can't be written.
    """
    from analyzer.export.annotation import annotated_capture

    capture = annotated_capture(report, bundles)
    if capture.data:
        write(path, capture.data, force=force)
    for sentence in _remarks(capture, path):
        typer.echo(f"expressway-analyzer: {sentence}", err=True)


def _remarks(capture: AnnotatedCapture, path: Path) -> list[str]:
    if not capture.data:
        return [f"neither verdict nor finding names a captured frame: {path} was not written"]
    left_out = (
        (capture.connections_left_out, "connections that findings name are"),
        (capture.frames_left_out, "frames of very long handshakes are"),
        (capture.not_found, "frames that findings name could not be taken out again and are"),
    )
    return [f"{count:,} {what} not in {path}" for count, what in left_out if count]

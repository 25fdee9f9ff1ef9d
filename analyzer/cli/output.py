"""Where results go: files are replaced whole or left untouched, and standard output may be closed or full."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.findings import Report

MARK = b"expressway-analyzer"
"""Stands near the start of every file that this program writes."""

_NOT_IN_A_NAME = re.compile(r"[^\w.#-]+")


class OutputError(Exception):
    """A file could not be written. What was there before is untouched."""


def default_path(report: Report, first: Path) -> Path:
    """Return `HOST_TIME_report.html` next to the first bundle."""
    node = next(iter(report.case.nodes), None)
    time = node and (node.taken or node.reference_time.time)
    host = (node and node.name) or first.name.split(".")[0] or "bundle"
    parts = [host, *([time.strftime("%Y-%m-%d_%H_%M_%S")] if time and node and node.name else []), "report.html"]
    return first.absolute().parent / "_".join(_NOT_IN_A_NAME.sub("-", part) for part in parts)


def clashing(targets: Sequence[str], bundles: Sequence[Path]) -> str | None:
    """Say why not all of these can be written (`-`: standard output): one is named twice, or is an input."""
    real = [target if target == "-" else os.path.realpath(target) for target in targets]
    inputs = {os.path.realpath(bundle) for bundle in bundles}
    for target, path in zip(targets, real, strict=True):
        if real.count(path) > 1:
            return f"two outputs can't both go to {'standard output' if target == '-' else target}"
        if path in inputs:
            return f"{target} is an input, and is not overwritten"
    return None


@contextmanager
def printing() -> Iterator[None]:
    """Print to standard output, to the last byte; a reader that has seen enough, such as `head`, is no error.

    Raises:
        OutputError: if it can't be written, because the disk is full for one.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail again, with a traceback, when the interpreter exits.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return
        raise OutputError(f"standard output could not be written: {error.strerror or error}") from error


def print_lines(lines: Iterable[str]) -> None:
    """Print lines to standard output, in what characters it has.

    Raises:
        OutputError: if it can't be written.
    """
    from analyzer.report.terminal import printable

    with printing():
        sys.stdout.writelines(f"{printable(line, sys.stdout)}\n" for line in lines)


def write(path: Path, data: bytes, *, force: bool) -> None:
    """Replace a file's content, atomically.

    Raises:
        OutputError: if it can't be written, or is a file that this program did not write.
    """
    try:
        if not force and path.exists() and not _is_ours(path):
            raise OutputError(f"{path} was not written by this program; --force overwrites it")
        _replace(path, data)
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror or error}") from error


def _is_ours(path: Path) -> bool:
    if path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        return MARK in file.read(4096)


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary = Path(name)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise

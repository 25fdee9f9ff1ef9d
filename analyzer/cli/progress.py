"""Says on standard error what is being read: a line for each member with -v, one line that changes on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import typer

from analyzer.text import clean

if TYPE_CHECKING:
    from analyzer.intake import Progress

SECONDS = 0.2
"""How long a share stands before the next one is shown."""


@contextmanager
def showing_progress(*, verbose: bool, quiet: bool) -> Iterator[Progress]:
    """Give what is told how far the reading is, and leave nothing of it on a terminal."""
    if verbose:
        yield _line
    elif quiet or not sys.stderr.isatty():
        yield _silence
    else:
        try:
            yield _Status()
        finally:
            _write("")


def _line(name: str, size: int | None, done: int) -> None:
    del size
    if not done:
        typer.echo(f"reading {clean(name)}", err=True)


def _silence(name: str, size: int | None, done: int) -> None:
    del name, size, done


class _Status:
    """The line on a terminal: each member at once, and now and then how much of it was read."""

    def __init__(self) -> None:
        self._due = 0.0

    def __call__(self, name: str, size: int | None, done: int) -> None:
        now = monotonic()
        if done and now < self._due:
            return
        self._due = now + SECONDS
        share = _share(done, size) if done else ""
        room = _columns() - len(f"reading {share} ")
        member = clean(name.rsplit("/", 1)[-1], max(room, 16))
        _write(f"reading {member}{share}")


def _share(done: int, size: int | None) -> str:
    """Say how much that is: of what is compressed by itself nobody knows the size beforehand."""
    if not size:
        return f" {done // 1_000_000:,} MB"
    return f" {min(100, 100 * done // size)} %"  # an archive may claim less than it holds


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _write(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()

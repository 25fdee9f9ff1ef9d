"""The line on a terminal that says how far the reading is."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from analyzer.cli import progress
from analyzer.cli.progress import showing_progress


class Terminal(io.StringIO):
    """A terminal of 60 columns."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """Return what stood in the line, one after the other."""
        return self.getvalue().split("\r\x1b[K")[1:]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(progress, "_columns", lambda: 60)
    return Terminal()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a clock that goes on when it is told to."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def test_a_share_is_shown_now_and_then_and_nothing_is_left(terminal: Terminal, clock: list[float]) -> None:
    with redirect_stderr(terminal), showing_progress(verbose=False, quiet=False) as told:
        told("b.zip/eth0.pcap", 1000, 0)
        for done in range(0, 1001, 10):
            clock[0] += 0.01
            told("b.zip/eth0.pcap", 1000, done or 1)

    first, *shares, last = terminal.lines()
    assert (first, last) == ("reading eth0.pcap", "")
    assert shares == [f"reading eth0.pcap {share} %" for share in (19, 39, 59, 79, 99)]


def test_each_member_is_shown_at_once(terminal: Terminal, clock: list[float]) -> None:
    del clock
    with redirect_stderr(terminal), showing_progress(verbose=False, quiet=False) as told:
        told("b.zip/a", 10, 0)
        told("b.zip/a", 10, 10)
        told("b.zip/b", 10, 0)

    assert terminal.lines() == ["reading a", "reading b", ""]


@pytest.mark.parametrize(("size", "shown"), [(None, "12 MB"), (24_000_000, "50 %"), (1_000_000, "100 %")])
def test_what_is_not_known_is_not_said(terminal: Terminal, clock: list[float], size: int | None, shown: str) -> None:
    with redirect_stderr(terminal), showing_progress(verbose=False, quiet=False) as told:
        told("a.pcap.gz", size, 0)
        clock[0] += 1
        told("a.pcap.gz", size, 12_000_000)

    assert terminal.lines()[1] == f"reading a.pcap.gz {shown}"


def test_the_line_is_no_longer_than_the_terminal(terminal: Terminal, clock: list[float]) -> None:
    with redirect_stderr(terminal), showing_progress(verbose=False, quiet=False) as told:
        told("b.zip/" + "x" * 200, None, 0)
        clock[0] += 1
        told("b.zip/" + "x" * 200, None, 999_999_000_000)

    assert terminal.lines()
    assert all(len(line) < 60 for line in terminal.lines())


@pytest.mark.parametrize(
    ("is_verbose", "is_quiet", "is_terminal", "said"),
    [
        (False, False, False, ""),
        (False, True, True, ""),
        (True, False, False, "reading b.zip/a\nreading b.zip/b\n"),
        (True, False, True, "reading b.zip/a\nreading b.zip/b\n"),
    ],
)
def test_nothing_moves_but_on_a_terminal(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    is_verbose: bool,
    is_quiet: bool,
    is_terminal: bool,
    said: str,
) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: is_terminal)

    with redirect_stderr(terminal), showing_progress(verbose=is_verbose, quiet=is_quiet) as told:
        for name in ("b.zip/a", "b.zip/b"):
            for done in (0, 5, 10):
                told(name, 10, done)

    assert terminal.getvalue() == said

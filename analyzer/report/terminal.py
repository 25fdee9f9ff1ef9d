"""The verdict on the terminal: five entries in plain words, a line or two each, then where the report is.

Sample::

    Answer   edge1 refused the certificate of core1 (TLS client), 07:34:39.847 UTC
    Shown    core1.example.com, serverAuth only, client store, frame 2409
    Cause    Core's client certificate lacks clientAuth (core1)
    Do now   Have a CA that the Edge trusts issue a client certificate for Core with
             both usages
    Found    1 critical, 1 warning, 2 that follow, 2 open questions; 1 problem
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from analyzer.evidence import Outcome
from analyzer.findings import Report, Severity, Verdict
from analyzer.report import wording
from analyzer.report.conclusions import Conclusions, conclude, next_steps
from analyzer.report.summary import Exhibit, exhibit_of, headline, index_of, leading_verdict
from analyzer.text import clean

WIDTH = 78
_LABEL = 9
_ROOM = WIDTH - _LABEL
_LINES = 2

_NO_CAUSE = "not found: nothing that was read explains the failure"
_ALL_WELL = "nothing: what was read shows no failure and no warning"
_NO_STEP = "nothing: what was read calls for no change"

_OUTCOME_STYLES = {
    Outcome.REFUSED: "bold red",
    Outcome.CLOSED: "bold yellow",
    Outcome.COMPLETED: "bold green",
    Outcome.UNKNOWN: "bold",
}


def verdict_lines(report: Report) -> list[str]:
    """Return the answer, the certificate, the cause, the next step and the counts; at most 78 columns a line."""
    return [line for entry in _entries(report) for line in entry]


def _entries(report: Report) -> list[list[str]]:
    """Return the five entries, each as its lines."""
    index = index_of(report.case)
    conclusions = conclude(report, index)
    verdict = leading_verdict(report)
    exhibit = exhibit_of(verdict, index) if verdict else None
    return [
        _entry("Answer", _answer(verdict, exhibit, conclusions)),
        _entry("Shown", _certificate(report, verdict, exhibit)),
        _entry(*_cause(conclusions)),
        _entry("Do now", _next_step(conclusions, verdict)),
        _entry("Found", _counts(report, conclusions)),
    ]


def _entry(label: str, text: str) -> list[str]:
    first, *more = wording.folded(clean(text), _ROOM, _LINES)
    return [label.ljust(_LABEL) + first, *(" " * _LABEL + line for line in more)]


def print_verdict(report: Report, report_path: Path, *, file: TextIO | None = None) -> None:
    """Print the verdict and, as the last line, the report's path, whole.

    Args:
        report: what was concluded.
        report_path: where the HTML report was written.
        file: the stream; standard output by default. Colours only on a terminal, and not with NO_COLOR.
    """
    stream = file or sys.stdout
    if not stream.isatty():
        stream.writelines(f"{printable(line, stream)}\n" for line in verdict_lines(report))
        print_path(report_path, file=stream)
        return
    # Colours and width matter on a terminal only; importing rich takes as long as judging a bundle.
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True)
    verdict = leading_verdict(report)
    styles = [_OUTCOME_STYLES[verdict.outcome] if verdict else "bold", "", "", "bold", ""]
    for entry, style in zip(_entries(report), styles, strict=True):
        for line in entry:
            text = Text(printable(line, stream))
            text.stylize("dim", 0, _LABEL)
            text.stylize(style, _LABEL)
            console.print(text)
    print_path(report_path, file=stream)


def print_path(report_path: Path, *, file: TextIO | None = None) -> None:
    """Print the report's path on a line of its own, whole."""
    stream = file or sys.stdout
    stream.write(f"{printable(clean(str(report_path), limit=4096), stream)}\n")


def printable(text: str, stream: TextIO) -> str:
    """Replace what the stream's encoding does not have (a pipe on Windows is seldom UTF-8)."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _answer(verdict: Verdict | None, exhibit: Exhibit | None, conclusions: Conclusions) -> str:
    """Return the headline with the time of the certificate's frame, as much of it as there is room for."""
    if verdict is None or exhibit is None:
        return "no TLS connection of an Expressway was found in what was read"
    words = headline(verdict, but=conclusions.but is not None)
    connection, frame = exhibit.connection, exhibit.frame
    if connection is None:
        return words
    day, _, clock = wording.utc(frame.time if frame else connection.handshake.started).partition(" ")
    told = (f"{words}, {day} {clock}", f"{words}, {clock}")
    return next((text for text in told if wording.columns(text) <= _ROOM), words)


def _certificate(report: Report, verdict: Verdict | None, exhibit: Exhibit | None) -> str:
    if verdict is None or exhibit is None:
        return "no certificate"
    rule = verdict.grounds.by_rule
    certificate = report.case.certificates.get(exhibit.certificate or (rule and rule.certificate) or "")
    if certificate is None:
        return wording.VISIBILITIES[exhibit.visibility] if exhibit.visibility else "no certificate was captured"
    store = exhibit.store or (rule.store if rule and not exhibit.certificate else None)
    frame = f"frame {exhibit.frame.frame}" if exhibit.frame else None
    facts = [
        wording.usage(certificate),
        store and wording.STORES[store].split(" (")[0],
        frame if exhibit.certificate else "inferred",
    ]
    rest = "".join(f", {fact}" for fact in facts if fact)
    return wording.shorten(wording.title(certificate), _ROOM - 1) + rest


def _cause(conclusions: Conclusions) -> tuple[str, str]:
    """Return a label and what explains the failure; where nothing failed, what is worth watching."""
    told = conclusions.why or conclusions.also
    has_failed = conclusions.has_failed or any(cause.gravest is Severity.CRITICAL for cause in told)
    label = "Cause" if has_failed else "Watch"
    if not told or (conclusions.has_failed and not conclusions.why):
        return label, _NO_CAUSE if has_failed else _ALL_WELL
    first = conclusions.but or told[0].finding
    node = f" ({wording.shorten(first.node, 20)})" if first.node else ""
    kind = "cause" if conclusions.why else "finding"
    more = f"; and {wording.plural(len(told) - 1, f'more {kind}')}" if len(told) > 1 else ""
    return label, f"{wording.shorten(first.title, _ROOM + _ROOM // 2)}{node}{more}"


def _next_step(conclusions: Conclusions, verdict: Verdict | None) -> str:
    if steps := next_steps(conclusions, limit=1):
        return steps[0].remedy.text
    if verdict is None:
        return "collect a diagnostic log with tcpdump while the connection is tried"
    return verdict.collect or _NO_STEP


def _counts(report: Report, conclusions: Conclusions) -> str:
    return f"{conclusions.counts}; {wording.plural(len(report.case.problems), 'problem')}"

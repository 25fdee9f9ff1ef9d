"""The verdict on the terminal: five entries in plain words, a line or two each, then where the report is.

Sample::

    Answer   edge1 refused the client-store certificate of core1, 07:34:39.847 UTC
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

from analyzer.evidence import Outcome, Store
from analyzer.findings import Report, Severity, Verdict
from analyzer.report import fitting, wording
from analyzer.report.conclusions import Conclusions, conclude
from analyzer.report.headline import headline
from analyzer.report.language import ENGLISH, Language
from analyzer.report.steps import Step, placed, plan
from analyzer.report.store_names import has_one_store, store_name
from analyzer.report.summary import Exhibit, Index, exhibit_of, index_of, leading_verdict
from analyzer.text import clean, person_utc
from analyzer.words import Words, counted, listed, say

WIDTH = 78
_LABEL = 9
_ROOM = WIDTH - _LABEL
_LINES = 2

_NO_CAUSE = say("not found: nothing that was read explains the failure")
_ALL_WELL = say("nothing: what was read shows no failure and no warning")
_NO_STEP = say("nothing: what was read calls for no change")

_OUTCOME_STYLES = {
    Outcome.REFUSED: "bold red",
    Outcome.CLOSED: "bold yellow",
    Outcome.COMPLETED: "bold green",
    Outcome.UNKNOWN: "bold",
}


def verdict_lines(report: Report, *, language: str = ENGLISH) -> list[str]:
    """Return the answer, the certificate, the cause, the next step and the counts; at most 78 columns a line.

    They are in a language of `analyzer.report.language.NAMES`.
    """
    return [start + text for entry in _entries(report, Language(language)) for start, text in entry]


def _entries(report: Report, language: Language) -> list[list[tuple[str, str]]]:
    """Return the five entries, each as its lines; the label is apart from what stands behind it."""
    index = index_of(report.case)
    conclusions = conclude(report, index)
    verdict = leading_verdict(report)
    exhibit = exhibit_of(verdict, index) if verdict else None
    entries = (
        (say("Answer"), _answer(verdict, exhibit, conclusions, language)),
        (say("Shown"), _certificate(report, verdict, exhibit)),
        _cause(conclusions, language),
        (say("Do now"), _next_step(conclusions, verdict, index)),
        (say("Found"), _counts(report, conclusions)),
    )
    return [_entry(language(label), language(text)) for label, text in entries]


def _entry(label: str, text: str) -> list[tuple[str, str]]:
    first, *more = fitting.folded(clean(text), _ROOM, _LINES)
    label += " " * (_LABEL - fitting.columns(label))
    return [(label, first), *((" " * _LABEL, line) for line in more)]


def print_verdict(report: Report, report_path: Path, *, language: str = ENGLISH, file: TextIO | None = None) -> None:
    """Print the verdict and, as the last line, the report's path, whole.

    Args:
        report: what was concluded.
        report_path: where the HTML report was written.
        language: the verdict's, one of `analyzer.report.language.NAMES`.
        file: the stream; standard output by default. Colours only on a terminal, and not with NO_COLOR.
    """
    stream = file or sys.stdout
    if not stream.isatty():
        stream.writelines(f"{printable(line, stream)}\n" for line in verdict_lines(report, language=language))
        print_path(report_path, file=stream)
        return
    # Colours and width matter on a terminal only; importing rich takes as long as judging a bundle.
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True)
    verdict = leading_verdict(report)
    styles = [_OUTCOME_STYLES[verdict.outcome] if verdict else "bold", "", "", "bold", ""]
    for entry, style in zip(_entries(report, Language(language)), styles, strict=True):
        for start, text in entry:
            console.print(Text.assemble((printable(start, stream), "dim"), (printable(text, stream), style)))
    print_path(report_path, file=stream)


def print_path(report_path: Path, *, file: TextIO | None = None) -> None:
    """Print the report's path on a line of its own, whole."""
    stream = file or sys.stdout
    stream.write(f"{printable(clean(str(report_path), limit=4096), stream)}\n")


def printable(text: str, stream: TextIO) -> str:
    """Replace what the stream's encoding does not have (a pipe on Windows is seldom UTF-8)."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _answer(verdict: Verdict | None, exhibit: Exhibit | None, conclusions: Conclusions, language: Language) -> Words:
    """Return the headline with the time of the certificate's frame, as much of it as there is room for."""
    if verdict is None or exhibit is None:
        return say("no TLS connection of an Expressway was found in what was read")
    words = headline(verdict, exhibit, but=conclusions.but is not None)
    connection, frame = exhibit.connection, exhibit.frame
    if connection is None:
        return words
    time = person_utc(frame.time if frame else connection.handshake.started)
    told = (say("{answer}, {time}", answer=words, time=shown) for shown in (time, time.partition(" ")[2]))
    return next((text for text in told if fitting.columns(language(text)) <= _ROOM), words)


def _certificate(report: Report, verdict: Verdict | None, exhibit: Exhibit | None) -> str:
    if verdict is None or exhibit is None:
        return say("no certificate")
    rule = verdict.grounds.by_rule
    certificate = report.case.certificates.get(exhibit.certificate or (rule and rule.certificate) or "")
    if certificate is None:
        return wording.VISIBILITIES[exhibit.visibility] if exhibit.visibility else say("no certificate was captured")
    store = exhibit.store or (rule.store if rule and not exhibit.certificate else None)
    frame = wording.frame(exhibit.frame.frame) if exhibit.frame else ""
    return listed(
        (
            _as_role(wording.title(certificate), store, verdict, exhibit),
            wording.usage(certificate),
            store_name(store, exhibit.owner, brief=True) if store else "",
            frame if exhibit.certificate else say("inferred"),
        )
    )


def _as_role(title: str, store: Store | None, verdict: Verdict, exhibit: Exhibit) -> str:
    """Say in which role a certificate was presented, if that is known and the store's name does not say it."""
    is_told = store is not None and store.value == exhibit.side.value and not has_one_store(exhibit.owner)
    if verdict.local_role is None or is_told:
        return fitting.fitted(title, _ROOM - 1)
    return fitting.fitted(say("{title} as {role}", title=title, role=wording.SIDES[exhibit.side]), _ROOM - 1)


def _cause(conclusions: Conclusions, language: Language) -> tuple[Words, str]:
    """Return a label and what explains the failure; where nothing failed, what is worth watching."""
    told = conclusions.why or conclusions.also
    has_failed = conclusions.has_failed or any(cause.finding.severity is Severity.CRITICAL for cause in told)
    label = say("Cause") if has_failed else say("Watch")
    if not told or (conclusions.has_failed and not conclusions.why):
        return label, _NO_CAUSE if has_failed else _ALL_WELL
    first = conclusions.but or told[0].finding
    cause = fitting.shorten(language(first.title), _ROOM + _ROOM // 2)
    if first.node:
        cause = say("{cause} ({node})", cause=cause, node=fitting.shorten(first.node, 20))
    more = len(told) - 1
    if more and conclusions.why:
        cause = counted(more, "{cause}; and {count:,} more cause", "{cause}; and {count:,} more causes", cause=cause)
    elif more:
        cause = counted(
            more, "{cause}; and {count:,} more finding", "{cause}; and {count:,} more findings", cause=cause
        )
    return label, cause


def _next_step(conclusions: Conclusions, verdict: Verdict | None, index: Index) -> str:
    steps = plan(conclusions, verdict)
    if steps.now:
        return _first(steps.now[0], index)
    if steps.later and steps.later.finding:
        day = steps.later.finding.due
        return say("nothing now; at the renewal before {day}: {step}", day=day, step=_first(steps.later, index))
    if steps.remarks:
        return counted(
            steps.remarks,
            "nothing has to change; {count:,} remark has a step to consider",
            "nothing has to change; {count:,} remarks have a step to consider",
        )
    return _NO_STEP


def _first(step: Step, index: Index) -> Words:
    return placed(step.options[0], step.node, index)


def _counts(report: Report, conclusions: Conclusions) -> Words:
    return counted(
        len(report.case.problems),
        "{counts}; {count:,} problem",
        "{counts}; {count:,} problems",
        counts=conclusions.counts,
    )

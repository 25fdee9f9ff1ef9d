from __future__ import annotations

import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from analyzer.evidence import Outcome, Store, Visibility
from analyzer.findings import Presented, Report, StoreRule
from analyzer.report import fitting
from analyzer.report.language import NAMES
from analyzer.report.terminal import WIDTH, print_verdict, verdict_lines
from tests.report.reports import CORE_CLIENT, FINDINGS, OPEN_WEBEX, empty_report, hostile_report, rich_report, verdict

PATH = Path("/srv/case/core1_report.html")
LABELS = ("Answer ", "Shown ", "Cause ", "Watch ", "Do now ", "Found ")
REPORTS = pytest.mark.parametrize(
    "report", [rich_report(), empty_report(), hostile_report()], ids=["rich", "empty", "hostile"]
)


def printed(report: Report, path: Path = PATH, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    print_verdict(report, path, file=stream)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_the_verdict_reads_in_five_entries() -> None:
    assert verdict_lines(rich_report()) == [
        "Answer   edge1 refused the client-store certificate of core1, 07:34:39.847 UTC",
        "Shown    core1.example.com, serverAuth only, client store, frame 2409",
        "Cause    Core's client certificate lacks clientAuth (core1)",
        "Do now   On core1 (Core): Have a CA that the Edge trusts issue a client",
        "         certificate for Core with serverAuth and clientAuth, and upload it t…",
        "Found    1 critical, 1 warning, 2 that follow, 2 open questions; 1 problem",
    ]


def test_the_verdict_reads_in_japanese() -> None:
    lines = verdict_lines(replace(rich_report(), findings=()), language="ja")

    assert lines == [
        "結論     edge1がcore1のクライアントストアの証明書を拒否、07:34:39.847 UTC",
        "証明書   core1.example.com、serverAuthのみ、クライアントストア、フレーム2409",
        "原因     不明：読み取ったものの中に失敗を説明するものなし",
        "対処     読み取ったものの中に、edge1が拒否した理由を示すものはありません。この",
        "         ハンドシェイクの時刻の、相手側のログを入手してください。",
        "検出     重大0件、警告0件、未解決0件、問題1件",
    ]


def test_where_nothing_failed_there_is_something_to_watch_and_the_answer_is_not_plain() -> None:
    done = verdict(outcome=Outcome.COMPLETED, refused_by=None)
    against = replace(FINDINGS[3], rests_on=frozenset({"c120"}))

    lines = verdict_lines(replace(rich_report(), verdicts=(done,), findings=(against,)))

    assert lines[0] == "Answer   core1 as TLS client to edge1: completed, but not all is well"
    assert lines[2] == "Watch    Edge's server certificate expires in 29 days (edge1)"
    assert lines[4] == "Found    0 critical, 1 warning, 0 open questions; 1 problem"


def test_a_failure_that_nothing_explains_says_so() -> None:
    lines = verdict_lines(replace(rich_report(), findings=(FINDINGS[3],)))

    assert lines[2] == "Cause    not found: nothing that was read explains the failure"


def test_what_cannot_be_seen_is_shown_as_the_store_rule_infers_it() -> None:
    hidden = verdict(presented=Presented(visibility=Visibility.ENCRYPTED), outcome=Outcome.COMPLETED, refused_by=None)
    rule = StoreRule(expected=Presented(visibility=None, certificate=CORE_CLIENT, store=Store.CLIENT))
    hidden = replace(hidden, grounds=replace(hidden.grounds, rule=rule))

    lines = verdict_lines(replace(rich_report(), verdicts=(hidden,)))

    assert lines[1].startswith("Shown    core1.example.com, serverAuth only, client store, ")


@REPORTS
@pytest.mark.parametrize("language", NAMES)
def test_no_line_is_wider_than_a_terminal(report: Report, language: str) -> None:
    lines = verdict_lines(report, language=language)

    assert len([line for line in lines if not line.startswith(" ")]) == 5
    assert len(lines) <= 10
    assert all(fitting.columns(line) <= WIDTH for line in lines)


def test_a_cause_in_wide_characters_is_no_wider_than_a_terminal() -> None:
    finding = replace(FINDINGS[0], title="証明書" * 30)

    lines = verdict_lines(replace(rich_report(), findings=(finding,)))

    assert sum("証明書" in line for line in lines) == 2
    assert all(fitting.columns(line) <= WIDTH for line in lines)


def test_a_long_cause_is_told_to_its_end_with_how_many_more_there_are() -> None:
    title = "The traversal zone fails: the Core presents a certificate without clientAuth, and the Edge checks it"
    causes = (replace(FINDINGS[0], title=title), replace(FINDINGS[0], subject="another", title="Another"))

    lines = verdict_lines(replace(rich_report(), findings=causes))

    assert lines[2:4] == [
        "Cause    The traversal zone fails: the Core presents a certificate without",
        "         clientAuth, and the Edge checks it (core1); and 1 more cause",
    ]


def test_an_open_question_says_what_to_collect() -> None:
    lines = verdict_lines(replace(rich_report(), verdicts=(OPEN_WEBEX,), findings=()))

    assert lines[0] == "Answer   What edge1 presented to Webex is not determinable"
    assert next(line for line in lines if "Do now" in line).startswith(
        "Do now   On edge1 (Edge): Place a call to Webex while logging runs"
    )


def test_the_path_is_the_last_line_and_whole() -> None:
    long = PATH.parent / ("x" * 200) / "report.html"

    assert printed(rich_report(), long).splitlines()[-1] == str(long)


@REPORTS
def test_nothing_untrusted_reaches_the_terminal_as_control_or_markup(report: Report) -> None:
    output = printed(report)

    lines = output.splitlines()
    assert len([line for line in lines if line.startswith(LABELS)]) == 5
    assert all(line.startswith((*LABELS, " " * 9, str(PATH))) for line in lines)
    assert output.replace("\n", "").isprintable()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932"])
def test_any_output_encoding_is_borne(encoding: str) -> None:
    assert "edge1 refused the client-store certificate of core1" in printed(rich_report(), encoding=encoding)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    assert "\x1b" not in printed(rich_report())

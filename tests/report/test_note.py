from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Outcome
from analyzer.findings import Report
from analyzer.report.language import NAMES
from analyzer.report.note import MAX_LINES, render_note
from tests.report.reports import CORE, FINDINGS, empty_report, hostile_report, rich_report, verdict

REPORTS = pytest.mark.parametrize(
    "report", [rich_report(), empty_report(), hostile_report()], ids=["rich", "empty", "hostile"]
)


def crowded_report() -> Report:
    report = rich_report()
    nodes = tuple(replace(CORE, name=f"core{n}") for n in range(20))
    findings = tuple(replace(FINDINGS[0], id=f"finding-{n}", subject=f"s{n}") for n in range(50))
    inputs = report.case.inputs * 30
    return replace(report, case=replace(report.case, nodes=nodes, inputs=inputs), findings=findings)


def test_the_note_carries_answer_cause_evidence_and_steps() -> None:
    note = render_note(rich_report())

    assert "**edge1 refused the client-store certificate of core1**" in note
    assert "- Serial: `A1:00:00:00:4C:86:9C:77:C8:98:1B:EC:DE:00:00:00:00:00:4C`" in note
    assert (
        "- **Core's client certificate lacks clientAuth** (core1, proven; `core-client-not-client-capable`)" in note
    )
    assert "Explains: `uc-zone-failed`, `ssh-tunnels-down`" in note
    assert "1. Durable fix: On core1 (Core): Have a CA that the Edge trusts" in note
    assert "- For want of A capture of the Edge: 2 open questions" in note


def test_the_note_keeps_what_has_nothing_to_do_with_the_answer_apart_and_counts_by_severity() -> None:
    why, _, also = render_note(rich_report()).partition("## Also found")

    assert "cert-expires-soon" not in why
    assert "- Edge's server certificate expires in 29 days (edge1, proven; `cert-expires-soon`)" in also
    assert "- Found: 1 critical, 1 warning, 2 that follow, 2 open questions; 1 problem while reading" in also


def test_the_note_reads_in_japanese() -> None:
    note = render_note(rich_report(), language="ja")

    assert "**edge1がcore1のクライアントストアの証明書を拒否**" in note
    assert "- 検出：重大1件、警告1件、派生2件、未解決2件、読み取り時の問題1件" in note
    assert [line for line in note.splitlines() if line.startswith("#")] == [
        "# Expressway証明書の分析",
        "## 結論",
        "## 理由",
        "## その他の検出事項",
        "## 次の手順",
        "## 判定不能",
    ]


def test_a_success_with_something_against_it_says_what() -> None:
    against = replace(FINDINGS[3], rests_on=frozenset({"c120"}))
    done = verdict(outcome=Outcome.COMPLETED, refused_by=None)

    note = render_note(replace(rich_report(), verdicts=(done,), findings=(against,)))

    assert "completed, but not all is well**" in note
    assert "But: Edge's server certificate expires in 29 days" in note
    assert "## Watch" in note


@pytest.mark.parametrize(
    "report",
    [rich_report(), empty_report(), hostile_report(), crowded_report()],
    ids=["rich", "empty", "hostile", "crowded"],
)
def test_the_note_has_at_most_forty_lines(report: Report) -> None:
    assert len(render_note(report).splitlines()) <= MAX_LINES


def test_a_crowded_note_still_ends_with_versions() -> None:
    assert "facts of 2026-11-01" in render_note(crowded_report()).splitlines()[-1]


@REPORTS
@pytest.mark.parametrize("language", NAMES)
def test_the_note_is_encodable_and_shows_what_is_invisible(report: Report, language: str) -> None:
    note = render_note(report, language=language)

    assert note.encode("utf-8")
    assert note.replace("\n", "").isprintable()


@pytest.mark.parametrize("language", NAMES)
def test_nothing_untrusted_becomes_a_link_or_a_tag(language: str) -> None:
    note = render_note(hostile_report(), language=language)
    prose = "".join(part for i, part in enumerate(note.split("`")) if i % 2 == 0)

    assert "[x](" not in prose
    assert "<script" not in prose.replace("\\<script", "")

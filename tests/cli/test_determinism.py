"""The same input and version give the same bytes, wherever and whenever they are analysed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.findings import Report
from analyzer.pipeline import analyze
from tests.program import EKU_CHECK_ON, ROOT, sample, start

HERE = {"TZ": "UTC", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}
ELSEWHERE = {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONUTF8": "0", "COLUMNS": "40"}


@pytest.mark.parametrize("name", [EKU_CHECK_ON, "rotated-captures-wrapped"])
def test_reports_do_not_depend_on_the_surroundings(tmp_path: Path, name: str) -> None:
    written = []
    for environment, cwd in ((HERE, ROOT), (ELSEWHERE, tmp_path)):
        outputs = [tmp_path / f"{environment['TZ'][:3]}{suffix}" for suffix in (".html", ".json", ".md")]
        html, json, note = outputs
        ran = start(*sample(name), "-o", html, "--json", json, "--note", note, "-q", environment=environment, cwd=cwd)
        assert (ran.returncode, ran.stderr) == (0, "")
        written.append([output.read_bytes() for output in outputs])

    assert written[0] == written[1]


def test_the_order_of_the_bundles_changes_no_conclusion() -> None:
    bundles = sample(EKU_CHECK_ON)

    forward, backward = (analyze(order) for order in (bundles, bundles[::-1]))

    assert conclusions(forward) == conclusions(backward)


def conclusions(report: Report) -> tuple[object, ...]:
    findings = [(f.id, f.severity, f.confidence, f.node, f.subject, f.caused_by, f.count) for f in report.findings]
    verdicts = [(v.node, v.peer, v.local_role, v.presented, v.outcome, v.refused_by) for v in report.verdicts]
    return sorted(findings, key=str), sorted(verdicts, key=str)

"""Where nothing is wrong, nothing is said to be: no finding above information, whatever else comes by on that day."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.findings import Report, Severity
from analyzer.pipeline import analyze
from analyzer.report.conclusions import conclude
from analyzer.report.summary import index_of
from samples.situations.timing import after
from tests.diagnosis.healthy import HAPPENINGS, Day, Happening, begin, zone_again

REMARKS = {Severity.INFO, Severity.OK}
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


def report_of(day: Day) -> Report:
    with TemporaryDirectory() as folder:
        return analyze([bundle.write_zip(Path(folder)) for bundle in day.bundles()])


def alarms(report: Report) -> dict[tuple[str | None, str, str], str]:
    """What is said to be more than a remark."""
    return {
        (f.node, f.id, f.subject): f.explanation
        for f in report.findings
        if f.determined and f.severity not in REMARKS
    }


@both_versions
@pytest.mark.parametrize("right_under_the_root", [False, True])
def test_a_healthy_core_and_edge_raise_no_alarm(version: str, right_under_the_root: bool) -> None:
    report = report_of(begin(version=version, right_under_the_root=right_under_the_root))

    assert alarms(report) == {}
    conclusions = conclude(report, index_of(report.case))
    assert (conclusions.critical, conclusions.warnings) == ((), ())
    assert "core-client-capable-success" in {f.id for f in report.findings if f.determined}


@pytest.mark.parametrize("happening", HAPPENINGS, ids=[happening.__name__ for happening in HAPPENINGS])
def test_nothing_that_comes_by_on_a_busy_day_raises_an_alarm(happening: Happening) -> None:
    day = begin()
    for number in range(4):
        happening(day, number, after(100 + 41 * number))

    assert alarms(report_of(day)) == {}


@both_versions
def test_a_zone_that_was_down_when_logging_started_and_works_since_raises_none(version: str) -> None:
    day = begin(zone="Failed", version=version)
    for number in range(2):
        zone_again(day, number, after(100 + 41 * number))

    report = report_of(day)

    assert alarms(report) == {}
    assert {f.subject for f in report.findings if f.id == "xstat-contradicts-capture" and f.determined} == {
        "UC traversal",
        "SSH tunnels",
    }


mixes = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(1, 1200)), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(mixes, st.booleans())
def test_no_mix_of_these_raises_an_alarm(mix: list[tuple[Happening, int]], right_under_the_root: bool) -> None:
    day = begin(right_under_the_root=right_under_the_root)
    for number, (happening, second) in enumerate(mix):
        happening(day, number, after(60 + second))

    assert alarms(report_of(day)) == {}

"""Every sample's report: exactly what its README says, byte for byte as before, and fit to be read."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path

import jsonschema
import pytest
from lxml import html

from analyzer.findings import Finding, Report, Severity
from analyzer.pipeline import analyze
from analyzer.report.html import render_html
from analyzer.report.json import render_json, schema_text
from analyzer.report.note import render_note
from analyzer.rules.catalogue import RULES
from samples.situation import ExpectedVerdict, Situation
from samples.situations import SITUATIONS
from tests.program import SAMPLES, sample

GOLDEN = Path(__file__).parent / "golden"
KNOWN = {rule.id for rule in RULES}

each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])


@functools.cache
def report_of(situation: Situation) -> Report:
    return analyze(sample(situation.name))


def ids(findings: Iterable[Finding], *severities: Severity) -> set[str]:
    return {finding.id for finding in findings if finding.determined and finding.severity in severities}


@each_situation
def test_the_findings_are_those_of_the_readme_and_no_other(situation: Situation) -> None:
    findings = report_of(situation).findings

    assert ids(findings, Severity.CRITICAL) == situation.critical
    assert ids(findings, Severity.WARNING) == situation.warning
    assert ids(findings, Severity.INFO, Severity.OK) == situation.noted
    assert {finding.missing for finding in findings if not finding.determined} == situation.missing


@each_situation
def test_the_verdicts_are_those_expected_and_no_other(situation: Situation) -> None:
    told = {
        ExpectedVerdict(
            node=verdict.node or "",
            peer=verdict.peer,
            local_role=verdict.local_role,
            visibility=verdict.presented.visibility,
            store=verdict.presented.store,
            outcome=verdict.outcome,
            refused_by=verdict.refused_by,
        )
        for verdict in report_of(situation).verdicts
    }

    assert told == set(situation.verdicts)


@each_situation
def test_what_is_expected_is_known_and_told(situation: Situation) -> None:
    section = (
        (SAMPLES / "README.md").read_text(encoding="utf-8").split(f"\n## {situation.name}\n")[1].split("\n## ")[0]
    )
    expected = situation.critical | situation.warning | situation.noted | situation.absent

    assert expected <= KNOWN
    assert set(re.findall(r"`([a-z0-9-]+)`", section)) == expected
    assert all(missing in section for missing in situation.missing)


@each_situation
def test_the_json_report_is_as_it_was(situation: Situation, update_golden: bool) -> None:
    golden = GOLDEN / f"{situation.name}.json"
    text = render_json(report_of(situation)).decode()
    if update_golden:
        golden.write_text(text, encoding="utf-8")

    assert text == golden.read_text(encoding="utf-8"), (
        "if this is meant: pytest tests/test_samples.py --update-golden"
    )


@each_situation
def test_the_json_report_keeps_the_schema(situation: Situation) -> None:
    jsonschema.validate(json.loads(render_json(report_of(situation))), json.loads(schema_text()))


def test_no_golden_report_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {situation.name for situation in SITUATIONS}


@each_situation
def test_the_page_is_sound_and_fetches_nothing(situation: Situation) -> None:
    page = html.document_fromstring(render_html(report_of(situation)))

    names = [str(name) for name in page.xpath("//@id")]
    links = [str(link) for link in page.xpath("//a/@href")]
    assert sorted(names) == sorted(set(names))
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert all(link.startswith(("#", "https://")) for link in links)
    assert page.xpath("//link/@href") == ["data:,"]
    assert page.xpath("//@src | //iframe | //object | //form | //base") == []
    assert page.xpath("//a[starts-with(@href, 'https://')][not(contains(@rel, 'noreferrer'))]") == []


@each_situation
def test_every_finding_and_verdict_is_on_the_page(situation: Situation) -> None:
    report = report_of(situation)
    text = " ".join(html.document_fromstring(render_html(report)).text_content().split())

    assert {finding.id for finding in report.findings if finding.id not in text} == set()
    assert [verdict.sentence for verdict in report.verdicts if " ".join(verdict.sentence.split()) not in text] == []


@each_situation
def test_the_note_fits_a_case(situation: Situation) -> None:
    assert len(render_note(report_of(situation)).splitlines()) <= 40


@each_situation
def test_every_frame_and_line_that_is_quoted_is_in_a_member(situation: Situation) -> None:
    report = report_of(situation)
    members = {member.reference for shown in report.case.inputs for member in shown.members}

    quoted = [evidence for finding in report.findings for evidence in finding.evidence if evidence.file]
    assert {evidence.file for evidence in quoted} <= members
    assert all(isinstance(e.locator, str) or e.locator >= 1 for e in quoted)

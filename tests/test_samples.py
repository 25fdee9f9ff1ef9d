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
from analyzer.report.conclusions import conclude
from analyzer.report.html import render_html
from analyzer.report.json import render_json, schema_text
from analyzer.report.language import ENGLISH, Language
from analyzer.report.note import render_note
from analyzer.report.summary import exhibit_of, index_of, leading_verdict
from analyzer.rules.catalogue import RULES
from analyzer.text import person_serial
from samples.situation import ExpectedVerdict, Situation
from samples.situations import SITUATIONS
from tests.program import SAMPLES, sample
from tests.services import contradictions

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
def test_no_service_is_said_to_work_of_which_something_critical_is_found(situation: Situation) -> None:
    assert list(contradictions(report_of(situation))) == []


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


@each_situation
def test_a_person_reads_a_serial_in_one_way_and_a_program_in_the_one_of_the_json(situation: Situation) -> None:
    report = report_of(situation)
    serials = {certificate.serial for certificate in report.case.certificates.values() if certificate.serial}
    texts: list[str] = [verdict.sentence for verdict in report.verdicts]
    for finding in report.findings:
        texts += (finding.explanation, *(evidence.text for evidence in finding.evidence))

    assert set(_serials_in(texts)) <= serials
    assert set(_serials_in(map(Language(ENGLISH), texts))) <= {person_serial(serial) for serial in serials}


def _serials_in(texts: Iterable[str]) -> list[str]:
    return [one for text in texts for one in re.findall(r"serial ([0-9A-Fa-f]+(?::[0-9A-Fa-f]+)*)\b", text)]


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
    page = html.document_fromstring(render_html(report))
    text = " ".join(page.text_content().split())
    rows = {
        tuple(cell.text_content() for cell in row[:2]) for row in page.xpath("//table[@class='answers']/tbody/tr")
    }

    assert {finding.id for finding in report.findings if finding.id not in text} == set()
    leading = leading_verdict(report)
    assert leading is not None
    assert " ".join((leading.grounds.brief or leading.sentence).split()) in text
    for other in (verdict for verdict in report.verdicts if verdict is not leading):
        node = f"{other.node} (TLS {other.local_role})" if other.local_role else other.node
        assert (other.peer, node) in rows or f"Also seen on {other.node}" in text


def test_the_alert_and_the_log_line_of_the_first_screen_are_of_one_connection() -> None:
    report = analyze(sample("test-case-1-eku-check-on"))
    verdict = leading_verdict(report)
    assert verdict is not None

    exhibit = exhibit_of(verdict, index_of(report.case))

    assert exhibit.connection is not None
    assert exhibit.alert is not None
    assert exhibit.event is not None
    assert (exhibit.alert.frame, exhibit.event.record.line) == (166, 67)
    assert exhibit.event.record.source == exhibit.connection.handshake.client


@pytest.mark.parametrize(
    ("name", "why", "also"),
    [
        ("test-case-1-eku-check-on", ["core-client-eku-missing-check-on"], ["edge-client-is-server-only-copy"]),
        (
            "test-case-2-eku-check-off",
            ["core-client-eku-missing-check-off"],
            ["edge-client-is-server-only-copy", "eku-mode-off"],
        ),
        ("old-certificate-still-served", ["restart-required"], ["all-private-ca"]),
        ("condition-2.1-private-core-client", [], ["edge-client-is-server-only-copy"]),
        ("identity-unacceptable", ["name-mismatch-peer-address"], []),
        ("log-only-after-restart", ["local-alert-unsupported-certificate"], ["bundle-incomplete-restart"]),
    ],
)
def test_only_what_is_tied_to_the_answer_is_its_why(name: str, why: list[str], also: list[str]) -> None:
    report = analyze(sample(name))

    conclusions = conclude(report, index_of(report.case))

    assert [cause.finding.id for cause in conclusions.why] == why
    assert [cause.finding.id for cause in conclusions.also] == also


@pytest.mark.parametrize(
    ("name", "badge", "headline"),
    [
        (
            "old-certificate-still-served",
            "Accepted, but: An old certificate is still served",
            "expc accepted the certificate of expe, but the store holds a newer one",
        ),
        (
            "wrong-store-presented",
            "Accepted, but: The certificate presented is the other store's",
            "Webex accepted the certificate of expe, but it is the server store's",
        ),
        (
            "test-case-2-eku-check-off",
            "Accepted, but: The traversal zone is up, but the SSH tunnels are refused",
            "expe accepted the certificate that both stores of expc hold, but not all is well",
        ),
    ],
)
def test_what_was_accepted_with_something_against_it_is_not_plainly_accepted(
    name: str, badge: str, headline: str
) -> None:
    answer = answer_of(name)

    assert badge in answer
    assert headline in answer


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("webex-client-certificate", "Store rule✓client store, as expected"),
        ("condition-1-upgraded", "Store rule✓both stores, as expected"),
        ("x15.4-single-store", "Store rule✓single store, as expected"),
        ("identity-unacceptable", "Store rule=server store, as expected"),
        ("wrong-store-presented", "Store rule✕expected the client store's: expe.harbor.example"),
        ("old-certificate-still-served", "00:00:F1, 2026-03-20 to 2027-03-20"),
        ("resumed-session", "Store rule?expected the client store's, inferred: expe.harbor.example"),
    ],
)
def test_the_answer_says_whether_the_store_rule_was_kept(name: str, words: str) -> None:
    assert words in answer_of(name)


def test_a_release_with_one_store_has_no_server_store_on_its_page() -> None:
    page = html.document_fromstring(render_html(analyze(sample("x15.4-single-store"))))
    for caption in page.iter("caption"):
        caption.drop_tree()
    told = " ".join(" ".join(page.get_element_by_id(part).text_content() for part in ("answer", "stores")).split())

    assert "single store (X15.4 has one for both roles)" in told
    assert "This release has none: the single store serves both roles." in told
    assert "server store" not in told.lower()


def test_what_the_badge_names_is_watched_first() -> None:
    answer = answer_of("old-certificate-still-served")

    assert "Watch !Warning An old certificate is still served expe !Warning A restart is required expe" in answer


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("resumed-session", "The certificate expected (not seen)"),
        ("tls-1.3-hidden-certificates", "The certificate expected (not seen)"),
        ("log-only-after-restart", "The certificate refused (not seen)"),
        ("webex-client-certificate", "The certificate presented"),
    ],
)
def test_a_certificate_that_nobody_saw_is_not_called_presented(name: str, title: str) -> None:
    page = html.document_fromstring(render_html(analyze(sample(name))))

    assert page.xpath("string(//*[@class='proof']/h3)") == title


def test_an_old_certificate_that_ends_soon_has_a_badge_and_the_restart_comes_first() -> None:
    answer = answer_of("old-certificate-still-served")

    assert "Ends in 5 days" in answer
    assert "What to do now Durable fix On expe (Edge): Restart: service-affecting" in answer


def test_the_refused_certificate_is_the_one_that_is_shown_with_the_name_that_was_looked_for() -> None:
    answer = answer_of("identity-unacceptable")

    assert "Presented byexpe (TLS server), 10.20.30.31:7001, zone UC traversal" in answer
    assert "Name looked foredge.harbor.example" in answer
    assert "server store of expe" in answer


def test_what_tls_1_3_hides_is_shown_by_rule_and_by_the_peers_log_and_nothing_is_asked_for() -> None:
    answer = answer_of("tls-1.3-hidden-certificates").partition("Other answers")[0]

    assert "Store rule?expected the client store's, inferred: expc.harbor.example" in answer
    assert "loggingsnapshot_expe_2026-03-24_11_55_47.txt, line 20" in answer
    assert "Encrypted inframe 34" in answer
    assert "Nothing has to change;" in answer
    assert "Collect" not in answer


def test_a_refusal_that_the_log_alone_shows_is_not_called_not_determinable() -> None:
    answer = answer_of("log-only-after-restart")

    assert "✕Refused" in answer
    assert "Not determinable" not in answer


def answer_of(name: str) -> str:
    page = html.document_fromstring(render_html(analyze(sample(name))))
    return " ".join(page.get_element_by_id("answer").text_content().split())


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

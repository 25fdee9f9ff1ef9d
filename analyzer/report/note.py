"""The note for the support case: Markdown of at most 40 lines that reads well as plain text, too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.evidence import Node
from analyzer.findings import Evidence, EvidenceKind, Finding, Report, Verdict
from analyzer.report import wording
from analyzer.report.conclusions import Cause, Conclusions, conclude, next_steps
from analyzer.report.summary import Index, confidence_words, exhibit_of, headline, index_of, leading_verdict
from analyzer.text import clean, serial_spellings

MAX_LINES = 40
_MAX_TEXT = 600
_MARKUP = re.compile(r"([\\`*\[\]<>|#])")


def render_note(report: Report) -> str:
    """Return what a support engineer needs to take the case over: product, answer, causes, evidence, open points."""
    index = index_of(report.case)
    conclusions = conclude(report, index)
    verdict = leading_verdict(report)
    lines = [
        "# Expressway certificate analysis",
        "",
        *_product(report),
        "",
        "## Answer",
        "",
        *(
            _answer(report, verdict, index, conclusions)
            if verdict
            else ["No TLS connection of an Expressway was found."]
        ),
        *_section("Why" if conclusions.has_failed else "Watch", _causes(conclusions.why)),
        *_section("Also found", _titles(conclusions.also)),
        *_section("Next steps", _steps(conclusions)),
        *_section("Not determinable", _unanswered(conclusions, verdict)),
    ]
    foot = ["", *_foot(report, conclusions)]
    return "\n".join(lines[: MAX_LINES - len(foot)]).rstrip() + "\n".join(["", *foot]) + "\n"


def _plain(text: str) -> str:
    """Make an untrusted text safe in Markdown: nothing in it starts a link, a tag or an emphasis."""
    return _MARKUP.sub(r"\\\1", clean(text, _MAX_TEXT))


def _code(text: str) -> str:
    return f"`{clean(text, _MAX_TEXT).replace('`', chr(39))}`"


def _section(title: str, items: Iterator[str]) -> list[str]:
    lines = list(items)
    return ["", f"## {title}", "", *lines] if lines else []


def _product(report: Report) -> Iterator[str]:
    nodes = report.case.nodes
    yield from (_node(node) for node in nodes[:4])
    if len(nodes) > 4:
        yield f"- and {wording.plural(len(nodes) - 4, 'node')} more"
    if not nodes:
        yield "- No Expressway was recognised."


def _node(node: Node) -> str:
    version = node.version or "version not known"
    return f"- {_code(wording.node_label(node.name))}: {wording.NODE_ROLES[node.role]}, {_plain(version)}"


def _answer(report: Report, verdict: Verdict, index: Index, conclusions: Conclusions) -> Iterator[str]:
    sure = confidence_words(verdict)
    yield f"**{_plain(headline(verdict, but=conclusions.but is not None))}**{f' ({sure})' if sure else ''}"
    if conclusions.but:
        yield f"But: {_plain(conclusions.but.title)}"
    yield ""
    yield _plain(verdict.sentence)
    yield ""
    exhibit = exhibit_of(verdict, index)
    certificate = report.case.certificates.get(exhibit.certificate or "")
    if certificate:
        owner = f" of {_plain(exhibit.owner)}" if exhibit.owner and exhibit.owner != verdict.node else ""
        store = f"{wording.STORES[exhibit.store]}{owner}" if exhibit.store else "store not known"
        yield f"- Certificate: {_code(certificate.subject or wording.title(certificate))}, {store}"
        yield f"- Extended key usage: {_plain(wording.usage(certificate))}; issuer {_code(certificate.issuer or '')}"
        if certificate.serial:
            yield f"- Serial: {_code(serial_spellings(certificate.serial)[0])}"
    if (frame := exhibit.frame) and certificate:
        yield f"- Frame {frame.frame} of {_code(frame.capture)}, {wording.utc(frame.time)}"


def _causes(causes: Sequence[Cause]) -> Iterator[str]:
    for cause in causes[:3]:
        finding = cause.finding
        yield f"- **{_plain(finding.title)}** ({_plain(_about(finding))}; {_code(finding.id)})"
        yield from (f"  - {_evidence(evidence)}" for evidence in finding.evidence[:2])
        if cause.consequences:
            yield f"  - Explains: {', '.join(_code(finding.id) for finding in cause.consequences[:4])}"
    if len(causes) > 3:
        yield f"- and {len(causes) - 3:,} more"


def _titles(causes: Sequence[Cause]) -> Iterator[str]:
    for cause in causes[:3]:
        yield f"- {_plain(cause.finding.title)} ({_plain(_about(cause.finding))}; {_code(cause.finding.id)})"
    if len(causes) > 3:
        yield f"- and {len(causes) - 3:,} more"


def _about(finding: Finding) -> str:
    return f"{wording.node_label(finding.node)}, {wording.CONFIDENCES[finding.confidence]}"


def _evidence(evidence: Evidence) -> str:
    where = str(evidence.locator)
    if evidence.kind in {EvidenceKind.FRAME, EvidenceKind.LINE}:
        where = f"{evidence.kind} {evidence.locator}"
    file = f" of {_code(evidence.file)}" if evidence.file else ""
    return f"{_plain(evidence.text)}: {_plain(where)}{file}"


def _steps(conclusions: Conclusions) -> Iterator[str]:
    for number, step in enumerate(next_steps(conclusions), start=1):
        command = f" {_code(step.remedy.command)}" if step.remedy.command else ""
        yield f"{number}. {wording.REMEDY_KINDS[step.remedy.kind]}: {_plain(step.remedy.text)}{command}"


def _unanswered(conclusions: Conclusions, verdict: Verdict | None) -> Iterator[str]:
    if verdict and verdict.collect:
        yield f"- {_plain(verdict.collect)}"
    for missing, findings in conclusions.unanswered[:3]:
        yield f"- For want of {_plain(missing)}: {wording.plural(len(findings), 'open question')}"


def _foot(report: Report, conclusions: Conclusions) -> Iterator[str]:
    inputs = report.case.inputs
    for record in inputs[:2]:
        yield f"- {_code(record.name)}, SHA-256 {_plain(record.sha256 or 'not computed')}"
    if len(inputs) > 2:
        yield f"- and {wording.plural(len(inputs) - 2, 'input')} more"
    problems = wording.plural(len(report.case.problems), "problem")
    versions = f"expressway-analyzer {_plain(report.tool_version)}, facts of {_plain(report.facts_as_of)}"
    yield f"- Found: {conclusions.counts}; {problems} while reading"
    yield f"- {versions}"

"""The note for the support case: Markdown of at most 40 lines that reads well as plain text, too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.evidence import Certificate, Frame, Node, TlsRecord
from analyzer.findings import Evidence, EvidenceKind, Finding, Report, Verdict
from analyzer.report import wording
from analyzer.report.conclusions import Cause, Conclusions, conclude
from analyzer.report.headline import headline
from analyzer.report.language import ENGLISH, Language
from analyzer.report.steps import Step, placed, plan
from analyzer.report.summary import Index, exhibit_of, index_of, leading_verdict, store_words
from analyzer.text import clean, person_serial
from analyzer.words import Words, counted, say

MAX_LINES = 40
_MAX_TEXT = 600
_MARKUP = re.compile(r"([\\`*\[\]<>|#])")


class _Markdown:
    """Writes in a language. What a message takes as a value has become safe before."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def plain(self, text: str) -> str:
        """Make an untrusted text safe: nothing in it starts a link, a tag or an emphasis."""
        return _MARKUP.sub(r"\\\1", clean(self._language(text), _MAX_TEXT))

    def code(self, text: str) -> str:
        return f"`{clean(self._language(text), _MAX_TEXT).replace('`', chr(39))}`"

    def line(self, words: Words, before: str = "- ") -> str:
        """Return a line of a list, or what `before` makes it."""
        return f"{before}{self._language(words)}"

    def section(self, title: Words, items: Iterator[str]) -> list[str]:
        lines = list(items)
        return ["", self.line(title, "## "), "", *lines] if lines else []


def render_note(report: Report, *, language: str = ENGLISH) -> str:
    """Return what a support engineer needs to take the case over: product, answer, causes, evidence, open points.

    It is in a language of `analyzer.report.language.NAMES`.
    """
    index = index_of(report.case)
    conclusions = conclude(report, index)
    verdict = leading_verdict(report)
    md = _Markdown(Language(language))
    lines = [
        md.line(say("Expressway certificate analysis"), "# "),
        "",
        *_product(md, report),
        *md.section(say("Answer"), _answer(md, report, verdict, index, conclusions)),
        *md.section(say("Why") if conclusions.has_failed else say("Watch"), _causes(md, conclusions.why)),
        *md.section(say("Also found"), _titles(md, conclusions.also)),
        *md.section(say("Next steps"), _steps(md, conclusions, verdict, index)),
        *md.section(say("Not determinable"), _unanswered(md, conclusions)),
    ]
    foot = ["", *_foot(md, report, conclusions)]
    return "\n".join(lines[: MAX_LINES - len(foot)]).rstrip() + "\n".join(["", *foot]) + "\n"


def _product(md: _Markdown, report: Report) -> Iterator[str]:
    nodes = report.case.nodes
    yield from (md.line(_node(md, node)) for node in nodes[:4])
    if more := max(0, len(nodes) - 4):
        yield md.line(counted(more, "and {count:,} node more", "and {count:,} nodes more"))
    if not nodes:
        yield md.line(say("No Expressway was recognised."))


def _node(md: _Markdown, node: Node) -> Words:
    name, version = md.code(wording.node_label(node.name)), md.plain(node.version or say("version not known"))
    return say("{node}: {role}, {version}", node=name, role=wording.NODE_ROLES[node.role], version=version)


def _answer(
    md: _Markdown, report: Report, verdict: Verdict | None, index: Index, conclusions: Conclusions
) -> Iterator[str]:
    if verdict is None:
        yield md.line(say("No TLS connection of an Expressway was found."), "")
        return
    exhibit = exhibit_of(verdict, index)
    yield f"**{md.plain(headline(verdict, exhibit, but=conclusions.but is not None))}**"
    if conclusions.but:
        yield md.line(say("But: {title}", title=md.plain(conclusions.but.title)), "")
    yield ""
    yield md.plain(verdict.sentence)
    yield ""
    certificate = report.case.certificates.get(exhibit.certificate or "")
    if certificate:
        store = store_words(verdict, exhibit) or say("store not known")
        yield from map(md.line, _facts(md, certificate, md.plain(store), exhibit.frame))


def _facts(md: _Markdown, certificate: Certificate, store: str, frame: Frame | TlsRecord | None) -> Iterator[Words]:
    subject = md.code(certificate.subject or wording.title(certificate))
    yield say("Certificate: {subject}, {store}", subject=subject, store=store)
    usage, issuer = md.plain(wording.usage(certificate)), md.code(certificate.issuer or "")
    yield say("Extended key usage: {usage}; issuer {issuer}", usage=usage, issuer=issuer)
    if certificate.serial:
        yield say("Serial: {serial}", serial=md.code(person_serial(certificate.serial)))
    if frame:
        file, time = md.code(frame.capture), wording.utc(frame.time)
        yield say("Frame {number} of {file}, {time}", number=frame.frame, file=file, time=time)


def _causes(md: _Markdown, causes: Sequence[Cause]) -> Iterator[str]:
    for cause in causes[:3]:
        yield md.line(_about(md, cause.finding, f"**{md.plain(cause.finding.title)}**"))
        yield from (md.line(_evidence(md, evidence), "  - ") for evidence in cause.finding.evidence[:2])
        if cause.consequences:
            explained = ", ".join(md.code(finding.id) for finding in cause.consequences[:4])
            yield md.line(say("Explains: {findings}", findings=explained), "  - ")
    yield from _more(md, len(causes) - 3)


def _titles(md: _Markdown, causes: Sequence[Cause]) -> Iterator[str]:
    for cause in causes[:3]:
        yield md.line(_about(md, cause.finding, md.plain(cause.finding.title)))
    yield from _more(md, len(causes) - 3)


def _more(md: _Markdown, count: int) -> Iterator[str]:
    if count > 0:
        yield md.line(say("and {count:,} more", count=count))


def _about(md: _Markdown, finding: Finding, title: str) -> Words:
    return say(
        "{title} ({node}, {confidence}; {finding})",
        title=title,
        node=md.plain(wording.node_label(finding.node)),
        confidence=wording.CONFIDENCES[finding.confidence],
        finding=md.code(finding.id),
    )


def _evidence(md: _Markdown, evidence: Evidence) -> Words:
    where = str(evidence.locator)
    if evidence.kind is EvidenceKind.FRAME:
        where = wording.frame(evidence.locator)
    elif evidence.kind is EvidenceKind.LINE:
        where = wording.line(evidence.locator)
    text, where = md.plain(evidence.text), md.plain(where)
    if evidence.file is None:
        return say("{text}: {where}", text=text, where=where)
    return say("{text}: {where} of {file}", text=text, where=where, file=md.code(evidence.file))


def _steps(md: _Markdown, conclusions: Conclusions, verdict: Verdict | None, index: Index) -> Iterator[str]:
    steps = plan(conclusions, verdict)
    for number, step in enumerate(steps.now, start=1):
        yield from _options(md, step, index, f"{number}. ")
    if not steps.now:
        yield md.line(wording.nothing_to_do(waits=steps.later is not None, remarks=steps.remarks), "")
    if steps.later and steps.later.finding:
        yield ""
        yield md.line(say("Later, at the renewal before {day}:", day=steps.later.finding.due), "")
        yield ""
        yield from _options(md, steps.later, index, "- ")


def _options(md: _Markdown, step: Step, index: Index, before: str) -> Iterator[str]:
    """Yield the first way to take a step, and below it the others."""
    for remedy in step.options:
        kind, text = wording.REMEDY_KINDS[remedy.kind], md.plain(placed(remedy, step.node, index))
        command = f" {md.code(remedy.command)}" if remedy.command else ""
        yield md.line(say("{kind}: {text}", kind=kind, text=text), before) + command
        before = "   - "


def _unanswered(md: _Markdown, conclusions: Conclusions) -> Iterator[str]:
    for missing, findings in conclusions.unanswered[:3]:
        yield md.line(
            counted(
                len(findings),
                "For want of {missing}: {count:,} open question",
                "For want of {missing}: {count:,} open questions",
                missing=md.plain(missing),
            )
        )


def _foot(md: _Markdown, report: Report, conclusions: Conclusions) -> Iterator[str]:
    inputs = report.case.inputs
    for record in inputs[:2]:
        digest = md.plain(record.sha256 or say("not computed"))
        yield md.line(say("{input}, SHA-256 {digest}", input=md.code(record.name), digest=digest))
    if more := max(0, len(inputs) - 2):
        yield md.line(counted(more, "and {count:,} input more", "and {count:,} inputs more"))
    yield md.line(
        counted(
            len(report.case.problems),
            "Found: {counts}; {count:,} problem while reading",
            "Found: {counts}; {count:,} problems while reading",
            counts=conclusions.counts,
        )
    )
    version, facts = md.plain(report.tool_version), md.plain(report.facts_as_of)
    yield md.line(say("expressway-analyzer {version}, facts of {facts}", version=version, facts=facts))

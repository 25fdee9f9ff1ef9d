"""The JSON report: one explicit mapping from the records to the contract that `schema.json` states.

Programs read it, so its words and shapes are fixed; within `schema_version` 1.x only optional members are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files

import msgspec.json

from analyzer.evidence import Input, Member, Problem
from analyzer.findings import (
    Citation,
    Evidence,
    Finding,
    Forecast,
    Outlook,
    OutlookCell,
    Remedy,
    Report,
    Verdict,
)
from analyzer.report.both_ends import sightings_of
from analyzer.report.json_case import certificates_as_dict, connection_as_dict, event_as_dict
from analyzer.report.json_nodes import node_as_dict, reference_time_as_dict
from analyzer.report.json_values import Json, shown, time_or_null, word_or_null
from analyzer.text import Serial, clean
from analyzer.words import Words

SCHEMA_VERSION = "1.0"
TOOL_NAME = "expressway-analyzer"
LONGEST_SENTENCE = 16384


def render_json(report: Report) -> bytes:
    """Return the report as JSON in UTF-8, with a newline at its end. The same report gives the same bytes."""
    return msgspec.json.format(_encoded(report), indent=1) + b"\n"


def _encoded(report: Report) -> bytes:
    """Encode item by item: thousands of connections as dictionaries would take more memory than all the rest."""
    encoder, buffer = msgspec.json.Encoder(enc_hook=_plain), bytearray()
    for name, section in _sections(report).items():
        buffer += b"%s%s:" % (b"," if buffer else b"{", encoder.encode(name))
        if isinstance(section, Iterator):
            before = b"["
            for item in section:
                buffer += before
                encoder.encode_into(item, buffer, -1)
                before = b","
            buffer += b"]" if before == b"," else b"[]"
        else:
            encoder.encode_into(section, buffer, -1)
    buffer += b"}"
    return bytes(buffer)


def _plain(value: object) -> str:
    """Turn our own words, and a serial among them, into the string that they are; nothing else needs turning."""
    if isinstance(value, Words | Serial):
        return str(value)
    raise NotImplementedError(type(value))


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of the report, as it is kept in `schema.json`."""
    return files("analyzer.report").joinpath("schema.json").read_text(encoding="utf-8")


def report_as_dict(report: Report) -> Json:
    """Return the report as plain dictionaries, lists, texts and numbers, in the order of the contract."""
    return {
        name: list(section) if isinstance(section, Iterator) else section
        for name, section in _sections(report).items()
    }


def _sections(report: Report) -> dict[str, Json | str | Iterator[Json] | None]:
    case = report.case
    elsewhere = sightings_of(case)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": TOOL_NAME, "version": report.tool_version, "facts_as_of": report.facts_as_of},
        "reference_time": reference_time_as_dict(case.reference_time),
        "inputs": map(_input, case.inputs),
        "nodes": map(node_as_dict, case.nodes),
        "certificates": certificates_as_dict(case),
        "connections": (connection_as_dict(one, elsewhere.get(one.id, ())) for one in case.connections),
        "events": map(event_as_dict, case.events),
        "verdicts": map(_verdict, report.verdicts),
        "findings": map(_finding, report.findings),
        "forecast": map(_forecast, report.forecast),
        "problems": map(_problem, case.problems),
        "outlook": None if report.outlook is None else _outlook(report.outlook),
    }


def _input(given: Input) -> Json:
    return {
        "name": clean(given.name),
        "sha256": given.sha256,
        "members": [_member(member) for member in given.members],
    }


def _member(member: Member) -> Json:
    return {
        "name": clean(member.name),
        "kind": member.kind.value,
        "node": shown(member.node),
        "size": member.size,
        "sha256": member.sha256,
        "read": member.read.value,
        "reason": shown(member.reason),
    }


def _verdict(verdict: Verdict) -> Json:
    presented = verdict.presented
    return {
        "node": shown(verdict.node),
        "peer": clean(verdict.peer),
        "local_role": word_or_null(verdict.local_role),
        "connections": list(verdict.connections),
        "events": list(verdict.events),
        "presented": {
            "visibility": word_or_null(presented.visibility),
            "certificate": presented.certificate,
            "serial": presented.serial,
            "store": word_or_null(presented.store),
        },
        "outcome": verdict.outcome.value,
        "refused_by": word_or_null(verdict.refused_by),
        "confidence": verdict.confidence.value,
        "sentence": _prose(verdict.sentence),
        "collect": None if verdict.collect is None else _prose(verdict.collect),
    }


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "node": shown(finding.node),
        "subject": clean(finding.subject),
        "title": _prose(finding.title),
        "explanation": _prose(finding.explanation),
        "caused_by": finding.caused_by,
        "remedy": [_remedy(remedy) for remedy in finding.remedy],
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "count": finding.count,
        "first": time_or_null(finding.first),
        "last": time_or_null(finding.last),
        "sources": [_citation(citation) for citation in finding.sources],
        "missing": None if finding.missing is None else _prose(finding.missing),
    }


def _forecast(forecast: Forecast) -> Json:
    return {
        "node": shown(forecast.node),
        "store": forecast.store.value,
        "certificate": forecast.certificate,
        "roles": [role.value for role in forecast.roles],
        "stops_on": _day(forecast.stops_on),
        "stops_by": word_or_null(forecast.stops_by),
        "rules": [
            {
                "kind": rule.kind.value,
                "day": _day(rule.day),
                "text": _prose(rule.text),
                "sources": [_citation(citation) for citation in rule.sources],
            }
            for rule in forecast.rules
        ],
        "order": _prose(forecast.order),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _remedy(remedy: Remedy) -> Json:
    return {
        "text": _prose(remedy.text),
        "command": None if remedy.command is None else _prose(remedy.command),
        "kind": remedy.kind.value,
    }


def _evidence(evidence: Evidence) -> Json:
    return {
        "kind": evidence.kind.value,
        "file": shown(evidence.file),
        "locator": clean(evidence.locator) if isinstance(evidence.locator, str) else evidence.locator,
        "text": _prose(evidence.text),
    }


def _citation(citation: Citation) -> Json:
    return {"title": clean(citation.title), "url": citation.url, "date": citation.date}


def _problem(problem: Problem) -> Json:
    return {
        "file": clean(problem.file),
        "what": _prose(problem.what),
        "why": _prose(problem.why),
        "leaves_open": _prose(problem.leaves_open),
    }


def _outlook(outlook: Outlook) -> Json:
    return {
        "columns": [_prose(column) for column in outlook.columns],
        "rows": [
            {
                "node": shown(row.node),
                "local_role": row.local_role.value,
                "service": clean(row.service),
                "peer": clean(row.peer),
                "cells": [_cell(cell) for cell in row.cells],
            }
            for row in outlook.rows
        ],
        "notes": [_prose(note) for note in outlook.notes],
    }


def _cell(cell: OutlookCell) -> Json:
    return {
        "prospect": cell.prospect.value,
        "basis": cell.basis.value,
        "reason": _prose(cell.reason),
        "condition": shown(cell.condition),
        "row": shown(cell.row),
        "sources": [_citation(citation) for citation in cell.sources],
    }


def _prose(text: str) -> str:
    """Return a text of this program's own, which may span lines and quote the input."""
    return "\n".join(clean(line, LONGEST_SENTENCE) for line in text.split("\n"))

"""The text of a comparison: 80 columns, safe to show, the same each time; and what is no report at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzer.diff import NoReportError, read_report
from analyzer.report.fitting import columns
from tests.diff.reports import (
    CLIENT,
    NEWER,
    Json,
    alarm,
    certificate,
    finding,
    node,
    report,
    setting,
    text,
    tunnel,
    verdict,
    zone,
)

HOSTILE = "\x1b[2J\x1b]0;x\x07\u202eevil\n\r\t<b>&\u2028"


def hostile(value: object) -> Any:
    """Return a document with hostile text behind every word that is no word of the contract."""
    if isinstance(value, dict):
        return {key: value[key] if key in FIXED else hostile(value[key]) for key in value}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


FIXED = {
    "schema_version", "time", "not_before", "not_after", "visibility", "store", "local_role", "outcome", "refused_by",
    "confidence", "severity", "kind", "read", "node",
}  # fmt: skip


def before_and_after() -> tuple[Json, Json]:
    """Return two reports that differ in every section."""
    before = report(
        node(cluster={"name": "c", "peers": ["p"]}, alarms=[alarm("1", "one")]),
        verdicts=[verdict()],
        findings=[finding("gone"), finding("weighed")],
    )
    after = report(
        node(
            name="core",
            version="X15.6",
            addresses=["10.0.0.2"],
            stores={"server": [NEWER], "client": None, "trusted": []},
            settings={"eku_checking_mode": setting("Off"), "other": setting("x")},
            zones=[zone(status="Failed", peers=["q"]), zone(name="second")],
            tunnels=[tunnel(status="Failed", reason="why")],
            alarms=[alarm(None, "two")],
            cluster={"name": "d", "peers": ["q"]},
        ),
        certificates={CLIENT: certificate(), NEWER: certificate("other", serial="9", extended_key_usage=None)},
        verdicts=[verdict(outcome="refused", refused_by="client"), verdict(peer="new")],
        findings=[finding("weighed", "warning"), finding("new"), finding("effect", caused_by="new")],
    )
    return before, after


def test_a_report_against_itself_has_no_change() -> None:
    told = text(report(), report())

    assert told == (
        "Before  bundle.zip; as of 2026-03-24 12:00:00 UTC\n"
        "After   bundle.zip; as of 2026-03-24 12:00:00 UTC\n"
        "\n"
        "No change: Nodes, Release, Stores, Trusted CA list, Settings, Zones, SSH\n"
        "tunnels, Alarms, Verdicts, Findings.\n"
    )


def test_the_sections_stand_in_their_order() -> None:
    titles = [line for line in text(*before_and_after()).splitlines() if line and not line.startswith(" ")]

    assert titles[2:] == [
        "Nodes", "Release", "Stores", "Trusted CA list", "Settings", "Zones", "SSH tunnels", "Alarms", "Verdicts",
        "Findings",
    ]  # fmt: skip


def test_hostile_text_is_shown_escaped_and_within_the_width() -> None:
    before, after = (hostile(document) for document in before_and_after())
    for document in (before, after):
        document["nodes"][0]["name"] = document["verdicts"][0]["node"] = HOSTILE
        for held in document["inputs"][0]["members"]:
            held["node"] = HOSTILE

    told = text(before, after)

    assert "\\x1b[2J" in told
    assert "\\u202eevil\\n\\r\\t<b>&" in told
    assert all(character.isprintable() for line in told.splitlines() for character in line)
    assert max(columns(line) for line in told.split("\n")) <= 80


@pytest.mark.parametrize("letter", ["x", "東", "é"])
def test_words_wider_than_a_line_are_broken_at_the_width(letter: str) -> None:
    after = report(node(settings={"eku_checking_mode": setting(letter * 300)}))

    told = text(report(), after)

    assert told.replace("\n", "").replace(" ", "").count(letter) >= 300
    assert max(columns(line) for line in told.splitlines()) <= 80


def test_a_label_that_is_too_wide_stands_on_a_line_of_its_own() -> None:
    name = "a-very-long-host-name-of-an-expressway"

    told = text(report(node(name=name)), report(node(name=name, version="X15.6")))

    assert f"\nRelease\n  {name}\n    X15.5 → X15.6: an upgrade\n" in told


def test_reports_of_different_versions_say_so() -> None:
    other = {"name": "expressway-analyzer", "version": "0.2.0", "facts_as_of": "2027-01-01"}

    told = " ".join(text(report(), report(tool=other)).split())

    assert (
        "The reports were made with different versions (0.1.0 with facts as of 2026-11-24; "
        "0.2.0 with facts as of 2027-01-01): findings may differ for that reason alone."
    ) in told


@pytest.mark.parametrize(("time", "is_told"), [("2026-03-24T11:00:01", False), ("2026-03-24T10:59:59", True)])
def test_reports_the_wrong_way_round_are_noticed(time: str, is_told: bool) -> None:
    after = report(reference_time={"time": f"{time}.000000Z", "from": "evidence"})

    assert ("given as “after” is older" in text(report(), after)) is is_told


@pytest.mark.parametrize("time", [None, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_missing_or_at_the_edge_is_borne(time: str | None) -> None:
    assert "as of" in text(report(reference_time={"time": time, "from": "none"}), report())


def test_two_nodes_of_one_name_are_borne() -> None:
    assert "No change" in text(report(node(), node()), report(node(), node()))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "it begins as JSON, but is damaged: Input data was truncated"),
        (b'{"schema_version": "1.0"', "it begins as JSON, but is damaged"),
        (b'{"schema_version": "1.0\xff"}', "it begins as JSON, but is damaged"),
        (b'{"schema_version": "1.0", "a":' + b"[" * 100_000, "it begins as JSON, but is damaged"),
        (b"{}", "it is JSON, but no report of this program: it names no schema_version"),
        (b'{"schema_version": 1}', "it is JSON, but no report of this program"),
        (b'{"schema_version": "2.0"}', "it is a report of schema version 2.0, and this program reads 1.x"),
        (b'{"schema_version": ""}', "it is a report of schema version , and this program reads 1.x"),
        (b'{"schema_version": "1.0"}', "it does not keep the report's schema: "),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(NoReportError) as raised:
        read_report(data)

    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    "change",
    [
        {"nodes": {}},
        {"nodes": [{"name": 1}]},
        {"findings": [finding("x", "fatal")]},
        {"certificates": {CLIENT: certificate(not_after="2026-01-01T00:00:00")}},
        {"verdicts": [verdict(outcome="maybe")]},
    ],
)
def test_a_report_that_does_not_keep_the_schema_is_refused(change: Json) -> None:
    with pytest.raises(NoReportError, match=r"^it does not keep the report's schema: .+ - at `\$"):
        read_report(json.dumps(report(**change)).encode())


def test_a_newer_minor_version_and_unknown_members_are_read() -> None:
    newer = report(schema_version="1.7", more={"deep": [1, 2]})
    newer["nodes"][0]["more"] = None

    assert read_report(b"\xef\xbb\xbf" + json.dumps(newer).encode()).nodes[0].name == "core"

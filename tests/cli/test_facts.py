"""Facts on the command line: `facts` prints them, `--facts` judges by others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.cli.exits import Exit
from tests.program import WEBEX, run, sample

UPGRADED = "condition-1-upgraded"
EARLIER = """
as_of = 2026-12-24
[[citation]]
id = "OURS"
title = "What our CA wrote to us"
date = "2026-12-20"
[[date]]
id = "our-ca"
kind = "ca_cutoff"
match = ["Meridian"]
effective_on = 2026-06-01
applies_to = "leaf_issued_on_or_after"
status = "current"
source = "OURS"
confidence = "official"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "facts.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def analysed(folder: Path, *options: str | Path, name: str = UPGRADED) -> dict[str, object]:
    report = folder / "r.json"
    ran = run(*sample(name), "-o", folder / "r.html", "--json", report, "--force", *options)
    assert ran.code == Exit.ANALYZED, ran.err
    loaded: dict[str, object] = json.loads(report.read_text(encoding="utf-8"))
    return loaded


def found(report: dict[str, object]) -> set[tuple[str, str]]:
    findings = report["findings"]
    assert isinstance(findings, list)
    return {(f["id"], f["severity"]) for f in findings if f["confidence"] != "not-determinable"}


def test_other_facts_move_the_forecast_and_are_dated_in_the_report(tmp_path: Path) -> None:
    before = analysed(tmp_path)
    after = analysed(tmp_path, "--facts", written(tmp_path, EARLIER))

    assert ("forecast-one-more-renewal", "warning") in found(before)
    assert ("forecast-client-eku-lost-at-renewal", "warning") in found(after)
    assert "forecast-one-more-renewal" not in {name for name, _ in found(after)}
    tool, forecast = after["tool"], after["forecast"]
    assert isinstance(tool, dict)
    assert isinstance(forecast, list)
    assert tool["facts_as_of"] == "2026-12-24"
    assert [rule["day"] for row in forecast[:1] for rule in row["rules"]] == [
        "2026-08-31",
        "2026-06-01",
        "2026-03-15",
    ]
    assert "facts of 2026-12-24" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_other_facts_name_services(tmp_path: Path) -> None:
    facts = """
[[service]]
id = "ours"
port = 5061
label = "Our own SIP"
source = "X"
"""
    report = analysed(tmp_path, "--facts", written(tmp_path, facts), name=WEBEX)

    connections = report["connections"]
    assert isinstance(connections, list)
    assert {c["service"] for c in connections if c["server"]["port"] == 5061} == {"Our own SIP"}


def test_newer_facts_are_not_stale(tmp_path: Path) -> None:
    stale = analysed(tmp_path, "--as-of", "2027-06-01")
    fresh = analysed(tmp_path, "--as-of", "2027-06-01", "--facts", written(tmp_path, "as_of = 2027-05-01"))

    assert ("sunset-data-stale", "info") in found(stale)
    assert "sunset-data-stale" not in {name for name, _ in found(fresh)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("as_of = [", "not a TOML file"),
        ("[[date]]\nid = 'x'\nkind = 'whim'", "date 'x': kind must be one of root_program"),
        (
            "[[date]]\nid = 'x'\nkind = 'ca_cutoff'\neffective_on = 0001-01-01",
            "date 'x': effective_on must be a date",
        ),
        ("[[webex_name]]\nid = 'x'\nsource = 'S'\nalso_in = ['nobody']", "webex_name 'x': also_in must be the id"),
        (b"\xff\xfe", "is no text in UTF-8"),
    ],
)
@pytest.mark.parametrize("command", [["facts"], ["x.zip"]], ids=["facts", "analyse"])
def test_a_faulty_file_is_2_and_one_sentence(
    tmp_path: Path, command: list[str], text: str | bytes, said: str
) -> None:
    ran = run(*command, "--facts", written(tmp_path, text))

    assert (ran.code, ran.out, ran.err.count("\n")) == (Exit.USAGE, "", 1)
    assert "facts.toml: " in ran.err
    assert said in ran.err


def test_facts_prints_every_table_and_those_of_the_file(tmp_path: Path) -> None:
    plain, own = run("facts"), run("facts", "--facts", written(tmp_path, EARLIER))

    assert (plain.code, plain.err) == (Exit.ANALYZED, "")
    assert plain.out.startswith("Facts as of 2026-11-24, ")
    assert "chrome-1.6-leaf: superseded by chrome-1.8-leaf" in plain.out
    assert own.out.startswith("Facts as of 2026-12-24, ")
    assert "our-ca: current, from the file given" in own.out

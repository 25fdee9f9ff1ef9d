"""What the command line takes and refuses, and when a first argument is a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer

from analyzer import __version__
from analyzer.cli import COMMANDS
from analyzer.cli.exits import Exit
from analyzer.facts import FACTS_AS_OF
from analyzer.rules.catalogue import RULES
from tests.program import WEBEX, members, run, sample, start


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'BUNDLE...'"),
        (["--no-such-option", "x.zip"], "No such option: --no-such-option"),
        (["x.zip", "--as-of", "tomorrow"], "give a date such as 2027-03-15"),
        (["x.zip", "--lang", "fr"], "'fr' is not one of 'en', 'ja'"),
        (["x.zip", "--fail-on", "info"], "'info' is not one of 'critical', 'warning'"),
        (["x.zip", "--redact"], "--redact is not built yet"),
        (["x.zip", "--facts", "no-such.toml"], "no-such.toml: cannot be read: No such file or directory"),
        (["facts", "--facts", "no-such.toml"], "no-such.toml: cannot be read: No such file or directory"),
        (["x.zip", "--facts", "same", "-o", "same"], "same is an input, and is not overwritten"),
        (["x.zip", "--json", "-", "--note", "-"], "two outputs can't both go to standard output"),
        (["x.zip", "-o", "same", "--json", "./same"], "two outputs can't both go to same"),
        (["x.zip", "-o", "x.zip", "--force"], "x.zip is an input, and is not overwritten"),
        (["diff", "before.zip"], "Missing argument 'AFTER'"),
        (["diff", "before.zip", "after.zip", "--json", "-"], "No such option: --json"),
        (["whatif", "x.zip"], "say what changes: --eku-check, "),
        (["handshake", "--id", "c1"], "Missing argument 'BUNDLE...'"),
        (["handshake", "x.zip", "--evidence", "x"], "No such option: --evidence"),
        (["rules", "presented-wrong-store"], "give `rules`, or `rules show ID` with an id of that list"),
        (["rules", "show"], "give `rules`, or `rules show ID` with an id of that list"),
        (["rules", "show", "qqq"], "there is no rule qqq: `rules` lists all ids"),
        (["rules", "show", "presented-wrong-stor"], "did you mean presented-wrong-store or "),
        (["rules", "show", "\x1b[2Jqqq"], "there is no rule \\x1b[2Jqqq: "),
    ],
)
def test_a_wrong_command_line_is_2_and_says_why(arguments: list[str], said: str) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert said in ran.err


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    ran = run(name, "--help")

    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: expressway-analyzer {name}" in ran.out


def test_a_first_argument_that_is_no_command_is_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "diff"
    folder.mkdir()
    for name, data in members(*sample(WEBEX)).items():
        (folder / name).write_bytes(data)

    as_command, as_folder = run("diff", "-o", "report.html"), run("./diff", "-o", "report.html")

    assert as_command.code == Exit.USAGE
    assert as_folder.code == Exit.ANALYZED
    assert (tmp_path / "report.html").exists()


def test_an_option_may_come_first(tmp_path: Path) -> None:
    assert run("-o", tmp_path / "report.html", *sample(WEBEX)).code == Exit.ANALYZED


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_fits_a_terminal_and_shows_arguments_as_a_manual_page_does(command: list[str]) -> None:
    ran = start(*command, "--help", environment={"COLUMNS": "80"})

    usage = ran.stdout.splitlines()[0]
    assert re.fullmatch(r"Usage: expressway-analyzer( [a-z]+)? \[OPTIONS\]( [A-Z]+(\.\.\.)?)*( \[show ID\])?", usage)
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert not set("<>{}") & set(ran.stdout)


def test_help_names_what_is_not_built() -> None:
    (told,) = re.findall(r"^  --redact .+$", run("--help").out, re.MULTILINE)

    assert "not built yet" in told


def test_the_version_names_program_and_facts() -> None:
    ran = run("--version")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"expressway-analyzer {__version__} (facts as of {FACTS_AS_OF})\n"


def test_rules_lists_every_rule_and_explains_one() -> None:
    listed, shown = run("rules"), run("rules", "show", "presented-wrong-store")

    told = [line.split()[1] for line in listed.out.splitlines() if not line.startswith(" ")]
    assert told == [f"{rule.id}:" for rule in RULES]
    assert shown.out.startswith("presented-wrong-store\n")
    assert re.search(r"^Source +Navigate .+\n( +.+\n)? +https://", shown.out, re.MULTILINE)


def test_schema_prints_the_schema() -> None:
    assert json.loads(run("schema").out)["properties"]["schema_version"]


def test_as_of_judges_dates_at_another_time(tmp_path: Path) -> None:
    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html", "--json", "-", "--as-of", "2031-01-01")

    report = json.loads(ran.out)
    assert report["reference_time"] == {"time": "2031-01-01T00:00:00.000000Z", "from": "as-of"}
    assert "cert-expired-in-store" in {finding["id"] for finding in report["findings"]}


def test_an_offset_in_as_of_is_kept(tmp_path: Path) -> None:
    ran = run(*sample(WEBEX), "-o", tmp_path / "r.html", "--json", "-", "--as-of", "2027-03-15T09:00+09:00")

    assert json.loads(ran.out)["reference_time"]["time"] == "2027-03-15T00:00:00.000000Z"


def test_open_shows_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)
    monkeypatch.chdir(tmp_path)

    run(*sample(WEBEX), "-o", "report.html", "--open")

    assert opened == [(tmp_path / "report.html").as_uri()]

"""The README can't drift: its commands run, and its options and exit codes are the program's."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.cli import COMMANDS
from analyzer.cli.exits import Exit
from analyzer.rules.catalogue import RULES
from samples.build import readme
from samples.situations import SITUATIONS
from tests.program import ROOT, WEBEX, run, sample, start
from tests.readme_commands import FENCED, commands

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_are_the_first_blocks() -> None:
    tried, tested = commands(README).values()

    assert FENCED.findall(README)[:2] == [tried, tested]
    assert tried.startswith("python3 -m venv .venv && .venv/bin/pip install --quiet . && ")
    assert tested.startswith("python3 -m venv .venv && .venv/bin/pip install --quiet --editable '.[test]' && ")
    assert "\n" not in tried + tested


def test_the_first_command_ends_with_a_report(tmp_path: Path) -> None:
    program, pattern, *options = shlex.split(commands(README)["try"].rsplit("&& ", 1)[1])
    (tmp_path / "samples" / WEBEX).mkdir(parents=True)
    shutil.copy(sample(WEBEX)[0], tmp_path / "samples" / WEBEX)
    bundles = [str(path.relative_to(tmp_path)) for path in tmp_path.glob(pattern)]

    ran = start(*bundles, *options, cwd=tmp_path)

    assert program == ".venv/bin/expressway-analyzer"
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "webex_report.html")
    page = (tmp_path / "webex_report.html").read_text(encoding="utf-8")
    assert "Webex accepted the client-store certificate of expe" in page


@pytest.mark.parametrize(
    ("command", "shown"), re.findall(r"^```console\n\$ expressway-analyzer (.+)\n([^`]+)```$", README, re.MULTILINE)
)
def test_what_a_command_is_shown_to_print_is_what_it_prints(command: str, shown: str) -> None:
    words = shlex.split(command)
    arguments = [path for word in words for path in (sorted(ROOT.glob(word)) if "*" in word else [word])]

    printed = start(*arguments, cwd=ROOT).stdout

    for piece in filter(None, shown.split("…\n")):
        assert f"\n{piece}" in f"\n{printed}"
        printed = printed.partition(piece)[2]


def test_diff_and_whatif_are_shown() -> None:
    assert re.findall(r"^\$ expressway-analyzer (\w+)", README, re.MULTILINE) == ["diff", "whatif"]


def test_an_id_of_the_readme_is_one_of_the_sample_to_try() -> None:
    identifiers = re.findall(r"--id (c\d+)", README)

    assert identifiers
    for identifier in identifiers:
        assert run("handshake", *sample(WEBEX), "--id", identifier).code == Exit.ANALYZED


def test_the_changelog_counts_the_diagnoses() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.findall(r"^- (\d+) diagnoses ", changelog, re.MULTILINE)[0] == str(len(RULES))


def test_the_second_command_runs_the_tests() -> None:
    program, *options = shlex.split(commands(README)["tests"].rsplit("&& ", 1)[1])

    assert (program, options) == (".venv/bin/pytest", ["-q", "-n", "2"])


def test_ci_runs_what_the_readme_tells() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "tests/readme_commands.py tests" in script
    assert "tests/readme_commands.py try" in script


def test_the_commands_can_be_printed() -> None:
    script = [sys.executable, str(ROOT / "tests" / "readme_commands.py"), "try"]

    assert subprocess.check_output(script, text=True) == commands(README)["try"] + "\n"


def options_of(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def test_every_option_is_in_the_readme_and_every_one_there_is_in_the_help() -> None:
    told = {option for code in re.findall(r"`([^`\n]+)`", README) for option in options_of(code)}
    helped = options_of(run("--help").out.split("Options:")[1].split("Commands:")[0])
    for command in ("handshake", "whatif"):
        helped |= options_of(run(command, "--help").out.split("Options:")[1])

    assert told == helped


def test_every_command_is_in_the_readme() -> None:
    assert {name for name in COMMANDS if not re.search(rf"`(expressway-analyzer )?{name}[` ]", README)} == set()


def test_every_exit_code_is_in_the_readme() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| ", README, re.MULTILINE)

    assert [int(code) for row in rows for code in row.split(",")] == [code.value for code in Exit]


def test_what_is_not_built_is_named() -> None:
    (sentence,) = re.findall(r"^Not built yet: ([^.]+)\.", README, re.MULTILINE)

    options = re.findall(r"`(-*[a-z]+)", sentence)
    assert options
    assert all(f"{option} is not built yet" in run("x.zip", option).err for option in options)


@pytest.mark.parametrize("text", [README, readme()], ids=["README.md", "samples/README.md"])
def test_no_link_leads_nowhere(text: str) -> None:
    here = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("https://")]

    assert [link for link in here if not (ROOT / link).exists()] == []


def test_every_sample_is_there_and_told() -> None:
    folders = {path.name for path in (ROOT / "samples").iterdir() if any(path.glob("*.zip"))}

    assert folders == {situation.name for situation in SITUATIONS}
    assert re.findall(r"^## (.+)$", (ROOT / "samples" / "README.md").read_text(encoding="utf-8"), re.MULTILINE) == [
        situation.name for situation in SITUATIONS
    ]

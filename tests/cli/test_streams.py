"""Standard output is for the result, standard error for progress and trouble, whatever they are connected to."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from analyzer.cli.exits import Exit
from tests.program import (
    EKU_CHECK_ON,
    ROOT,
    WEBEX,
    bundle,
    member_named,
    members,
    run,
    sample,
    start,
    start_without_reader,
)


def test_the_verdict_is_five_entries_and_the_path(tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    ran = run(*sample(WEBEX), "-o", report)

    labels = [line[:9].strip() for line in ran.out.splitlines()]
    assert labels[:5] == ["Answer", "Shown", "Watch", "Do now", "Found"]
    assert ran.out.splitlines()[5:] == [str(report)]


def test_json_on_standard_output_stands_there_alone(tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    ran = run(*sample(WEBEX), "-o", report, "--json", "-")

    assert json.loads(ran.out)["schema_version"] == "1.0"
    assert ran.err == f"{report}\n"


def test_a_note_on_standard_output_stands_there_alone(tmp_path: Path) -> None:
    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html", "--note", "-")

    assert ran.out.startswith("# ")
    assert "Answer   " not in ran.out


def test_quiet_prints_the_path_only(tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    ran = run(*sample(WEBEX), "-o", report, "-q")

    assert (ran.out, ran.err) == (f"{report}\n", "")


def test_verbose_names_each_member_on_standard_error(tmp_path: Path) -> None:
    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html", "-v")

    lines = ran.err.splitlines()
    assert len(lines) == 9
    assert all(line.startswith("reading diagnostic_log_expe_2026-03-24_11_55_47.zip/") for line in lines)


def test_a_path_that_is_no_text_is_printed_with_escapes(tmp_path: Path) -> None:
    report = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\x1b.html"))

    ran = run(*sample(WEBEX), "-o", report, "-q")

    assert ran.code == Exit.ANALYZED
    assert ran.out == f"{tmp_path}/caf\\udce9\\x1b.html\n"


def on_a_terminal(arguments: Sequence[str], **environment: str) -> str:
    """Run the program on a pseudo-terminal; return all that it shows."""
    mine, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "analyzer", *arguments],
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**inherited, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(mine, 4096):
            shown += chunk
    except OSError:  # Linux reports the end of a pseudo-terminal as an error
        pass
    os.close(mine)
    assert process.wait(30) == 0
    return shown.decode()


def test_a_terminal_shows_progress_and_colours(tmp_path: Path) -> None:
    shown = on_a_terminal([str(*sample(WEBEX)), "-o", str(tmp_path / "report.html")])

    assert "\r\x1b[Kreading loggingsnapshot_expe_2026-03-24_11_55_47.txt" in shown
    assert "\x1b[1;32mWebex accepted the client-store certificate of expe" in shown


def test_a_terminal_shows_how_much_of_a_large_member_was_read(tmp_path: Path) -> None:
    held = members(*sample(WEBEX))
    log = member_named(held, "loggingsnapshot")
    large = bundle(tmp_path, {**held, log: held[log] * (40_000_000 // len(held[log]))})

    shown = on_a_terminal([str(large), "-o", str(tmp_path / "report.html")])

    shares = [int(share) for share in re.findall(r"\r\x1b\[Kreading loggingsnapshot_\S+ (\d+) %", shown)]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 100


def test_no_color_is_respected_on_a_terminal(tmp_path: Path) -> None:
    shown = on_a_terminal([str(*sample(WEBEX)), "-o", str(tmp_path / "report.html")], NO_COLOR="1")

    assert "32m" not in shown
    assert "Webex accepted the client-store certificate of expe" in shown


def test_quiet_is_quiet_on_a_terminal(tmp_path: Path) -> None:
    report = str(tmp_path / "report.html")

    assert on_a_terminal([str(*sample(WEBEX)), "-o", report, "-q"]) == f"{report}\r\n"


@pytest.mark.parametrize("options", [(), ("-q",)])
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path, options: Sequence[str]) -> None:
    report = tmp_path / "report.html"
    process = start_without_reader(*sample(WEBEX), "-o", report, *options)

    assert (process.returncode, process.stderr) == (Exit.ANALYZED, "")
    assert report.exists()


def test_what_the_report_earns_is_told_without_a_reader_too(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    process = start_without_reader(*sample(EKU_CHECK_ON), "-o", report, "--json", "-", "--fail-on", "critical")

    assert (process.returncode, process.stderr) == (Exit.FOUND, f"{report}\n")


@pytest.mark.parametrize("command", ["rules", "facts", "schema"])
def test_a_list_ends_quietly_where_its_reader_does(command: str) -> None:
    process = start_without_reader(command)

    assert (process.returncode, process.stderr) == (Exit.ANALYZED, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("command", ["rules", "facts", "schema"])
def test_a_full_disk_is_6(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "analyzer", command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )

    assert ran.returncode == Exit.OUTPUT
    assert ran.stderr == "expressway-analyzer: standard output could not be written: No space left on device\n"


def test_standard_output_may_be_closed(tmp_path: Path) -> None:
    code = "import sys; sys.stdout = None; from analyzer.cli import main; main()"

    ran = start(*sample(WEBEX), "-o", tmp_path / "report.html", code=code)

    assert (ran.returncode, ran.stderr) == (Exit.OUTPUT, "expressway-analyzer: standard output is closed\n")


def test_an_encoding_without_the_characters_is_borne(tmp_path: Path) -> None:
    ran = start(
        *sample("test-case-1-eku-check-on"),
        "-o",
        tmp_path / "report.html",
        environment={"PYTHONIOENCODING": "ascii"},
    )

    assert ran.returncode == Exit.ANALYZED
    assert "\\u2026" in ran.stdout

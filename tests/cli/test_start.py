"""What is loaded, and when: help costs no more than the command line itself, and Scapy is not for the normal path."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.program import WEBEX, sample, start

HEAVY = {"cryptography", "jinja2", "lxml", "rich", "scapy", "zipfile", "tarfile", "certifi"}
ONLY_FOR_DEVELOPERS = {
    "hypothesis",
    "jsonschema",
    "mypy",
    "OpenSSL",
    "playwright",
    "pytest",
    "ruff",
    "samples",
    "tests",
}

PROGRAM = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})), file=sys.stderr))
from analyzer.cli import main
main()
"""


def loaded_by(*arguments: str | Path) -> set[str]:
    """Return the top-level modules that a run loads."""
    ran = start(*arguments, code=PROGRAM)
    assert ran.returncode == 0
    return set(json.loads(ran.stderr.splitlines()[-1]))


def test_help_and_version_load_nothing_heavy() -> None:
    assert loaded_by("--help") & HEAVY == set()
    assert loaded_by("--version") & HEAVY == set()


def test_a_normal_run_loads_no_scapy_and_no_tool_of_developers(tmp_path: Path) -> None:
    loaded = loaded_by(
        *sample(WEBEX), "-o", tmp_path / "r.html", "--json", tmp_path / "r.json", "--note", tmp_path / "r.md"
    )

    assert loaded & {"cryptography", "jinja2", "lxml"} == {"cryptography", "jinja2", "lxml"}
    assert loaded & ({"scapy"} | ONLY_FOR_DEVELOPERS) == set()


@pytest.mark.parametrize("arguments", [("rules",), ("schema",), ("handshake", "--help")])
def test_no_other_command_loads_scapy(arguments: tuple[str, ...]) -> None:
    assert "scapy" not in loaded_by(*arguments)


def test_the_dissection_of_a_handshake_loads_scapy() -> None:
    assert "scapy" in loaded_by("handshake", *sample(WEBEX), "--id", "c1")


def test_the_package_itself_loads_nothing_but_the_standard_library() -> None:
    ran = start(code="import sys, analyzer; print(*{name.split('.')[0] for name in sys.modules})")

    ours = {name for name in ran.stdout.split() if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert "analyzer" in ours
    assert ours & (HEAVY | ONLY_FOR_DEVELOPERS | {"typer"}) == set()


def test_the_public_names_are_there() -> None:
    code = "import analyzer; print([getattr(analyzer, name) is not None for name in analyzer.__all__])"

    assert start(code=code).stdout == f"{[True] * 5}\n"

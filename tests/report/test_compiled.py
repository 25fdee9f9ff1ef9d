"""Templates are compiled once, beside their source, and never from anything stale."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from analyzer.report.compiled import CompiledTemplates


def render(folder: Path) -> str:
    environment = Environment(
        loader=FileSystemLoader(folder), bytecode_cache=CompiledTemplates(folder), autoescape=True
    )
    return environment.get_template("page.html").render(name="<expe>")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("Node {{ name }}", encoding="utf-8")
    return tmp_path


def test_a_second_rendering_uses_what_the_first_one_compiled(folder: Path) -> None:
    first = render(folder)
    compiled = list((folder / "__pycache__").iterdir())

    assert first == render(folder) == "Node &lt;expe&gt;"
    assert [path.suffix for path in compiled] == [".template"]


def test_a_changed_template_is_compiled_anew(folder: Path) -> None:
    render(folder)
    (folder / "page.html").write_text("Edge {{ name }}", encoding="utf-8")

    assert render(folder) == "Edge &lt;expe&gt;"


def test_a_damaged_file_is_compiled_anew(folder: Path) -> None:
    render(folder)
    for path in (folder / "__pycache__").iterdir():
        path.write_bytes(path.read_bytes()[:40])

    assert render(folder) == "Node &lt;expe&gt;"


def test_nothing_is_written_where_python_writes_no_bytecode(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert render(folder) == "Node &lt;expe&gt;"
    assert not (folder / "__pycache__").exists()


def test_a_folder_that_cannot_be_written_costs_nothing(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file is in the way", encoding="utf-8")

    assert render(folder) == "Node &lt;expe&gt;"

"""The wheel holds all that a run needs. Anything run from the checkout would not notice."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from analyzer import __version__
from tests.program import ROOT, WEBEX, sample

RUN = "import runpy, sys; sys.argv[0] = 'expressway-analyzer'; runpy.run_module('analyzer', run_name='__main__')"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; pip fetches the build backend, so that a machine off the network skips this."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    built_it = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    if built_it.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"the wheel could not be built: {built_it.stderr.strip().splitlines()[-1]}")
    assert built_it.returncode == 0, built_it.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as an installation has it: a wheel of pure Python is a zip of it."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def installed(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-P", "-c", RUN, *map(str, arguments)],
        env={**environment, "PYTHONPATH": str(site)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_makes_a_report_from_anywhere(site: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    ran = installed(site, *sample(WEBEX), "-o", report, "--json", tmp_path / "r.json", "--note", tmp_path / "r.md")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Webex accepted the client-store certificate of expe" in report.read_text(encoding="utf-8")


def test_the_wheel_has_schema_and_facts(site: Path) -> None:
    assert '"schema_version"' in installed(site, "schema").stdout
    assert f"expressway-analyzer {__version__} (facts as of 20" in installed(site, "--version").stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    tops = {name.split("/")[0] for name in names}
    assert tops == {"analyzer", f"expressway_analyzer-{__version__}.dist-info"}
    assert "analyzer/py.typed" in names
    assert {name for name in names if name.startswith("analyzer/templates/")} == {
        f"analyzer/templates/{path.name}" for path in (ROOT / "templates").iterdir() if path.is_file()
    }
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".template"))] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {requirement.split(">")[0].split("<")[0] for requirement in project["dependencies"]}
    code = (
        "import pkgutil, importlib, sys, analyzer\n"
        "for found in pkgutil.walk_packages(analyzer.__path__, 'analyzer.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )

    loaded = set(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split())
    assert loaded & {"pytest", "hypothesis", "jsonschema", "playwright", "samples", "tests", "OpenSSL"} == set()
    assert {"cryptography", "lxml", "jinja2", "typer"} <= declared & loaded


def test_the_wheel_speaks_japanese(site: Path, tmp_path: Path) -> None:
    ran = installed(site, *sample(WEBEX), "-o", tmp_path / "report.html", "--lang", "ja")

    assert ran.returncode == 0, ran.stderr
    assert '<html lang="ja">' in (tmp_path / "report.html").read_text(encoding="utf-8")

"""Runs the program as a user does, in this process (fast) or in one of its own; and the samples to run it on."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from analyzer.cli import main
from tests.bundle.building import zipped

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
WEBEX = "webex-client-certificate"
EKU_CHECK_ON = "test-case-1-eku-check-on"
TLS13 = "tls-1.3-hidden-certificates"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    code: int
    out: str
    err: str


def sample(name: str) -> list[Path]:
    """Return the bundles of a sample, Core before Edge."""
    return sorted((SAMPLES / name).glob("*.zip"))


def members(archive: Path) -> dict[str, bytes]:
    """Return the members of a sample's bundle by name."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def member_named(held: Mapping[str, bytes], part: str) -> str:
    """Return the one member whose name holds this part."""
    (name,) = (name for name in held if part in name)
    return name


def bundle(folder: Path, held: Mapping[str, bytes], name: str = "bundle.zip") -> Path:
    """Write a bundle with these members."""
    path = folder / name
    path.write_bytes(zipped(held))
    return path


def run(*arguments: str | Path) -> Ran:
    """Run the program in this process, with streams that are no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    command = ["expressway-analyzer", *map(str, arguments)]
    with patch.object(sys, "argv", command), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return Ran(code if isinstance(code, int) else 0, _written(out), _written(err))


def start(
    *arguments: str | Path, environment: Mapping[str, str] | None = None, cwd: Path = ROOT, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program, or some code, in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "analyzer"]), *map(str, arguments)],
        env={**inherited, "PYTHONPATH": str(ROOT), **(environment or {})},
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def start_without_reader(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own whose standard output nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, arguments)],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    os.close(write)
    return process


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")

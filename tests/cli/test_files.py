"""Where the report goes: next to the first bundle, whole or not at all, never over somebody else's file."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from analyzer.cli.exits import Exit
from tests.program import EKU_CHECK_ON, WEBEX, member_named, members, run, sample

STEM = "expe_2026-03-24_11_55_47"
NAME = f"{STEM}_report.html"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a bundle alone in a folder."""
    path = tmp_path / "any name.bin"
    path.write_bytes(sample(WEBEX)[0].read_bytes())
    return path


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_report_is_named_after_host_and_time_next_to_the_bundle(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    ran = run(bundle)

    assert ran.out.splitlines()[-1] == str(tmp_path / NAME)
    assert files(tmp_path) == {bundle.name, NAME, "elsewhere"}


def test_of_several_bundles_the_first_decides(tmp_path: Path) -> None:
    core, edge = (tmp_path / name for name in ("core", "edge"))
    for folder, bundle in zip((core, edge), sample("condition-3-all-private"), strict=True):
        folder.mkdir()
        shutil.copy(bundle, folder)

    run(*edge.iterdir(), *core.iterdir())

    assert NAME in files(edge)
    assert len(files(core)) == 1


def test_a_loose_file_that_names_no_host_gives_the_report_its_name(tmp_path: Path) -> None:
    held = members(*sample(WEBEX))
    (tmp_path / "from the case.txt").write_bytes(held[member_named(held, "server_expe")])

    run(tmp_path / "from the case.txt")

    assert files(tmp_path) == {"from the case.txt", "from-the-case_report.html"}


def test_all_outputs_are_written(bundle: Path, tmp_path: Path) -> None:
    ran = run(bundle, "-o", tmp_path / "a.html", "--json", tmp_path / "b.json", "--note", tmp_path / "c.md")

    assert ran.code == Exit.ANALYZED
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "b.json").read_text("utf-8").startswith('{\n "schema_version": "1.0"')
    assert "expe" in (tmp_path / "c.md").read_text("utf-8")


@pytest.mark.parametrize("option", ["-o", "--json", "--note"])
def test_a_file_of_somebody_else_is_left_alone_without_force(bundle: Path, tmp_path: Path, option: str) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("Chapter 1")

    refused = run(bundle, option, target)
    kept = target.read_text()
    forced = run(bundle, option, target, "--force")

    assert refused.code == Exit.OUTPUT
    assert refused.err == f"expressway-analyzer: {target} was not written by this program; --force overwrites it\n"
    assert kept == "Chapter 1"
    assert forced.code == Exit.ANALYZED
    assert target.read_text("utf-8") != kept


@pytest.mark.parametrize("option", ["-o", "--json", "--note"])
def test_an_own_file_is_replaced_and_nothing_else_is_left(bundle: Path, tmp_path: Path, option: str) -> None:
    target = tmp_path / NAME

    first, second = run(bundle, option, target), run(bundle, option, target)

    assert (first.code, second.code) == (Exit.ANALYZED, Exit.ANALYZED)
    assert files(tmp_path) == {bundle.name, NAME}


def test_an_annotated_capture_is_written_and_replaced(tmp_path: Path) -> None:
    target = tmp_path / "evidence.pcapng"
    arguments: list[str | Path] = [*sample(EKU_CHECK_ON), "-o", tmp_path / "r.html", "--evidence", target]

    first, second = run(*arguments), run(*arguments)

    assert (first.code, second.code, second.err) == (Exit.ANALYZED, Exit.ANALYZED, "")
    assert target.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")


def test_where_no_finding_names_a_frame_no_capture_is_written(bundle: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(next(data for name, data in members(bundle).items() if "server_" in name))
    target = tmp_path / "evidence.pcapng"

    ran = run(certificate, "--evidence", target)

    assert ran.code == Exit.ANALYZED
    assert (
        ran.err
        == f"expressway-analyzer: neither verdict nor finding names a captured frame: {target} was not written\n"
    )
    assert not target.exists()


def test_an_annotated_capture_overwrites_nobody_elses_file(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("Chapter 1")

    assert run(bundle, "--evidence", target).code == Exit.OUTPUT
    assert target.read_text() == "Chapter 1"


def test_an_input_is_never_overwritten(bundle: Path) -> None:
    before = bundle.read_bytes()

    assert run(bundle, "--json", bundle, "--force").code == Exit.USAGE
    assert bundle.read_bytes() == before


def test_a_folder_is_no_target(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()

    assert [run(bundle, "-o", folder, *force).code for force in ([], ["--force"])] == [Exit.OUTPUT] * 2
    assert files(tmp_path) == {bundle.name, "reports"}


def test_what_was_there_stays_where_the_disk_is_full(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / NAME
    run(bundle)
    before = target.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ran = run(bundle)

    assert ran.code == Exit.OUTPUT
    assert "could not be written: No space left on device" in ran.err
    assert target.read_bytes() == before
    assert files(tmp_path) == {bundle.name, NAME}


def test_the_report_is_readable_as_other_new_files_are(bundle: Path, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        run(bundle)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o640

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from samples.build import SAMPLES, SIZE_LIMIT, build, main, readme
from samples.builders.bundle import Bundle
from samples.situation import Situation
from samples.situations import SITUATIONS

each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])


@each_situation
def test_the_committed_archives_are_small_and_hold_no_key(situation: Situation) -> None:
    archives = sorted((SAMPLES / situation.name).iterdir())

    assert archives
    for path in archives:
        assert path.stat().st_size <= SIZE_LIMIT
        with zipfile.ZipFile(path) as archive:
            assert not any(b"PRIVATE KEY" in archive.read(name) for name in archive.namelist())


@each_situation
def test_the_script_still_makes_the_members_that_are_committed(situation: Situation) -> None:
    bundles = situation.build("ec256")

    committed = {path.name: _names(path) for path in (SAMPLES / situation.name).iterdir()}
    assert {f"{bundle.name}.zip": list(bundle.members()) for bundle in bundles} == committed


@each_situation
def test_what_is_expected_does_not_contradict_itself(situation: Situation) -> None:
    assert situation.verdicts
    assert situation.absent.isdisjoint(situation.critical | situation.warning | situation.noted)


def test_the_readme_tells_what_the_situations_say() -> None:
    assert (SAMPLES / "README.md").read_text(encoding="utf-8") == readme()


def test_building_replaces_what_was_there(tmp_path: Path) -> None:
    situation = next(situation for situation in SITUATIONS if situation.name == "log-only-after-restart")
    (tmp_path / situation.name).mkdir()
    (tmp_path / situation.name / "left-over.zip").touch()

    archives = build(situation, tmp_path)

    assert list((tmp_path / situation.name).iterdir()) == list(archives)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-sample"]) == 2
    assert "no-such-sample" in capsys.readouterr().err


def test_the_rotated_capture_is_wrapped_within_a_handshake() -> None:
    oldest, newest, before = (_only("rotated-captures-wrapped").captures["eth0", number] for number in (1, 0, 2))
    hello, our_certificate = b"sip.webex.com", b"harbor-Issuing-CA"

    assert hello in before
    assert our_certificate in newest
    assert hello not in oldest
    assert our_certificate not in oldest + before


def test_after_a_restart_only_the_log_is_left() -> None:
    assert list(_only("log-only-after-restart").members()) == ["loggingsnapshot_expe_2026-03-24_11_55_47.txt"]


def _only(name: str) -> Bundle:
    situation = next(situation for situation in SITUATIONS if situation.name == name)
    (bundle,) = situation.build("rsa2048")
    return bundle


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()

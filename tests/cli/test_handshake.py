"""`handshake BUNDLE --id N`: which connection is shown, and what is said where that cannot be done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.cli.exits import Exit
from analyzer.export import handshake
from tests.cli.test_exit_codes import BAD_PEM, private_key, with_more
from tests.export.shown import answered_with, message
from tests.parsers.capture import captures as c
from tests.program import EKU_CHECK_ON, WEBEX, bundle, members, run, sample, start, start_without_reader


def capture(folder: Path, data: bytes) -> Path:
    path = folder / "a.pcap"
    path.write_bytes(data)
    return path


def test_the_handshake_of_a_sample_is_shown() -> None:
    ran = run("handshake", *sample(WEBEX), "--id", "c2")

    assert (ran.code, ran.err) == (Exit.ANALYZED, "")
    assert ran.out.startswith("connection c2, started 2026-03-24T")
    assert "\nnode       expe\n" in ran.out
    assert "\nclient     10.20.30.31:" in ran.out
    assert re.search(r"^1\. client, frame \d+: client_hello, [\d,]+ bytes$", ran.out, re.MULTILINE)


def test_the_same_input_gives_the_same_bytes() -> None:
    arguments: list[str | Path] = ["handshake", *sample(WEBEX), "--id", "c1"]

    first, second = (start(*arguments, environment={"TZ": zone}) for zone in ("UTC", "Asia/Kolkata"))

    assert first.returncode == Exit.ANALYZED
    assert first.stdout == second.stdout


def test_an_id_is_numbered_over_all_bundles_and_may_come_without_its_letter() -> None:
    core, edge = sample(EKU_CHECK_ON)

    both = [run("handshake", core, edge, "--id", identifier).out for identifier in ("c2", "2")]

    assert both[0] == both[1] != run("handshake", edge, "--id", "c2").out


@pytest.mark.parametrize("identifier", ["c99", "99", "c0", "", "x\x1b[2J"])
def test_an_unknown_id_is_2_and_the_known_ones_are_named(tmp_path: Path, identifier: str) -> None:
    ran = run("handshake", capture(tmp_path, c.capture_of(c.mutual())), "--id", identifier)

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    shown = identifier.replace("\x1b", "\\x1b")
    assert ran.err == f"expressway-analyzer: there is no connection {shown}: the only id is c1\n"


def test_of_many_ids_the_range_is_named() -> None:
    assert re.search(r": the ids are c1 to c\d+$", run("handshake", *sample(WEBEX), "--id", "c9999").err)


def test_an_id_is_needed() -> None:
    ran = run("handshake", *sample(WEBEX))

    assert ran.code == Exit.USAGE
    assert "Missing option '--id'" in ran.err


def test_a_capture_without_tls_has_no_ids(tmp_path: Path) -> None:
    ran = run("handshake", capture(tmp_path, c.capture_of([])), "--id", "c1")

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.err == "expressway-analyzer: there is no connection c1: no TLS handshake was captured\n"


def test_a_bundle_without_a_capture_is_4(tmp_path: Path) -> None:
    held = {name: data for name, data in members(*sample(WEBEX)).items() if not name.endswith(".pcap")}

    ran = run("handshake", bundle(tmp_path, held), "--id", "c1")

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert ran.err == (
        "expressway-analyzer: bundle.zip: no capture in it that can be read, so there is no handshake to show\n"
    )


def test_nothing_to_analyse_is_4(tmp_path: Path) -> None:
    ran = run("handshake", tmp_path / "missing.zip", "--id", "c1")

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert ran.err == "expressway-analyzer: missing.zip: nothing to analyse (No such file or directory)\n"


def test_what_was_not_read_is_3_behind_the_handshake(tmp_path: Path) -> None:
    ran = run("handshake", *with_more(tmp_path, BAD_PEM), "--id", "c1")

    assert ran.code == Exit.PARTIAL
    assert ran.out.startswith("connection c1, ")
    assert ran.err.startswith("expressway-analyzer: not all of the input could be read: ")


def test_a_handshake_that_is_too_large_is_3(tmp_path: Path) -> None:
    large = capture(tmp_path, c.capture_of(answered_with(message(13, bytes(100_000)))))

    ran = run("handshake", large, "--id", "c1")

    assert (ran.code, ran.err) == (
        Exit.PARTIAL,
        "expressway-analyzer: not all of this handshake was taken apart: it is too large\n",
    )


def test_a_private_key_is_5_and_not_shown(tmp_path: Path) -> None:
    key = private_key()

    ran = run("handshake", *with_more(tmp_path, key), "--id", "c1")

    assert ran.code == Exit.PRIVATE_KEY
    assert key.splitlines()[1].decode() not in ran.out
    assert ran.err == "expressway-analyzer: a private key is in the input: do not pass it on\n"


def test_an_input_that_changes_meanwhile_is_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "record", lambda paths, wanted: None)

    ran = run("handshake", *sample(WEBEX), "--id", "c1")

    assert (ran.code, ran.out) == (Exit.PARTIAL, "")
    assert ran.err.endswith("the handshake of c1 is gone: did the input change while it was read?\n")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted"),
        (
            ZeroDivisionError("by \x1b"),
            Exit.INTERNAL,
            "internal error: ZeroDivisionError: by \\x1b. Please report this.",
        ),
    ],
)
def test_an_interruption_or_a_bug_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: Exit, said: str
) -> None:
    def verdicts_of(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "verdicts_of", verdicts_of)

    ran = run("handshake", *sample(WEBEX), "--id", "c1")

    assert (ran.code, ran.out, ran.err) == (code, "", f"expressway-analyzer: {said}\n")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = start_without_reader("handshake", *sample(WEBEX), "--id", "c1")

    assert (process.returncode, process.stderr) == (Exit.ANALYZED, "")


def test_an_encoding_without_the_characters_is_borne(tmp_path: Path) -> None:
    path = tmp_path / "café.pcap"
    path.write_bytes(c.capture_of(c.mutual()))

    ran = start("handshake", path, "--id", "c1", environment={"PYTHONIOENCODING": "ascii"})

    assert (ran.returncode, ran.stderr) == (Exit.ANALYZED, "")
    assert "capture    caf\\xe9.pcap" in ran.stdout

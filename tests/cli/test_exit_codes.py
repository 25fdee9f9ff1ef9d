"""Every exit code of the contract, and which one wins where several hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzer import pipeline
from analyzer.cli.exits import Exit
from tests.program import EKU_CHECK_ON, WEBEX, bundle, member_named, members, run, sample

BAD_PEM = b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"


def with_more(folder: Path, more: bytes, name: str = WEBEX) -> list[Path]:
    """Return a sample whose Edge has more in its client store's member."""
    *others, edge = sample(name)
    held = members(edge)
    held[member_named(held, "client_expe")] += more
    return [*others, bundle(folder, held, edge.name)]


def private_key() -> bytes:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_all_read_is_0(tmp_path: Path) -> None:
    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html")

    assert (ran.code, ran.err) == (Exit.ANALYZED, "")
    assert ran.out.startswith("Answer   Webex accepted the client-store certificate of expe")


def test_critical_findings_alone_change_nothing(tmp_path: Path) -> None:
    assert run(*sample(EKU_CHECK_ON), "-o", tmp_path / "report.html").code == Exit.ANALYZED


@pytest.mark.parametrize(
    ("name", "level", "code"),
    [
        (WEBEX, "warning", Exit.ANALYZED),
        ("condition-2.1-private-core-client", "critical", Exit.ANALYZED),
        ("condition-2.1-private-core-client", "warning", Exit.FOUND),
        (EKU_CHECK_ON, "critical", Exit.FOUND),
    ],
)
def test_fail_on_is_1_at_or_above_its_level(tmp_path: Path, name: str, level: str, code: Exit) -> None:
    report = tmp_path / "report.html"

    assert run(*sample(name), "-o", report, "--fail-on", level).code == code
    assert report.exists()


def test_a_member_of_an_unknown_kind_changes_nothing(tmp_path: Path) -> None:
    held = members(*sample(WEBEX)) | {"holiday.jpg": b"\xff\xd8\xff\xe0" + bytes(2000)}

    assert run(bundle(tmp_path, held), "-o", tmp_path / "report.html").code == Exit.ANALYZED


def test_something_unread_is_3_and_the_report_says_what(tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    ran = run(*with_more(tmp_path, BAD_PEM), "-o", report)

    assert ran.code == Exit.PARTIAL
    assert "1 problem" in ran.out
    assert "client_expe" in report.read_text(encoding="utf-8")


def test_nothing_to_analyse_is_4_in_one_sentence_and_without_a_report(tmp_path: Path) -> None:
    (tmp_path / "letter.zip").write_text("Dear all,\n")

    ran = run(tmp_path / "letter.zip", "-o", tmp_path / "report.html")

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert ran.err == (
        "expressway-analyzer: letter.zip: nothing to analyse: no part of an Expressway diagnostic bundle\n"
    )
    assert not (tmp_path / "report.html").exists()


def test_a_private_key_is_5_and_nothing_of_it_is_written(tmp_path: Path) -> None:
    key = private_key()
    report = tmp_path / "report.html"

    ran = run(*with_more(tmp_path, key), "-o", report, "--json", tmp_path / "report.json")

    assert ran.code == Exit.PRIVATE_KEY
    secret = key.splitlines()[1].decode()
    for output in (ran.out, report.read_text(encoding="utf-8"), (tmp_path / "report.json").read_text("utf-8")):
        assert secret not in output
    assert "private key" in report.read_text(encoding="utf-8").lower()


def test_an_unwritable_report_is_6(tmp_path: Path) -> None:
    target = tmp_path / "no such folder" / "report.html"

    ran = run(*sample(WEBEX), "-o", target)

    assert (ran.code, ran.out) == (Exit.OUTPUT, "")
    assert ran.err == f"expressway-analyzer: {target} could not be written: No such file or directory\n"


def broken(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def verdicts_of(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "verdicts_of", verdicts_of)


def test_a_bug_is_70_with_a_message_and_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(ZeroDivisionError("seven by nothing"), monkeypatch)

    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html")

    assert (ran.code, ran.out) == (Exit.INTERNAL, "")
    assert ran.err == (
        "expressway-analyzer: internal error: ZeroDivisionError: seven by nothing. "
        "Run again with --debug, and report what it says.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_bug_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(ZeroDivisionError("seven by nothing"), monkeypatch)

    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html", "--debug")

    assert ran.code == Exit.INTERNAL
    assert "Traceback (most recent call last)" in ran.err


def test_an_interruption_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(KeyboardInterrupt(), monkeypatch)

    ran = run(*sample(WEBEX), "-o", tmp_path / "report.html")

    assert (ran.code, ran.err) == (Exit.INTERRUPTED, "expressway-analyzer: interrupted\n")


def test_an_unwritable_report_outranks_a_private_key(tmp_path: Path) -> None:
    bundles = with_more(tmp_path, private_key())

    assert run(*bundles, "-o", tmp_path / "missing" / "report.html").code == Exit.OUTPUT


def test_a_private_key_outranks_what_was_not_read(tmp_path: Path) -> None:
    bundles = with_more(tmp_path, BAD_PEM + private_key())

    assert run(*bundles, "-o", tmp_path / "report.html").code == Exit.PRIVATE_KEY


def test_what_was_not_read_outranks_fail_on(tmp_path: Path) -> None:
    bundles = with_more(tmp_path, BAD_PEM, EKU_CHECK_ON)

    assert run(*bundles, "-o", tmp_path / "report.html", "--fail-on", "critical").code == Exit.PARTIAL

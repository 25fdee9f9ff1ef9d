"""`diff BEFORE AFTER` on the samples, on saved reports, and on what is neither."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from analyzer import pipeline
from analyzer.cli.exits import Exit
from tests.cli.test_exit_codes import BAD_PEM, private_key, with_more
from tests.program import (
    EKU_CHECK_ON,
    SAMPLES,
    WEBEX,
    member_named,
    members,
    run,
    sample,
    start,
    start_without_reader,
)

PRIVATE_CORE_CLIENT = "condition-2.1-private-core-client"


def compared(before: str, after: str) -> str:
    ran = run("diff", SAMPLES / before, SAMPLES / after)

    assert (ran.code, ran.err) == (Exit.ANALYZED, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    return ran.out


def section(told: str, name: str) -> str:
    return " ".join(told.split(f"\n\n{name}\n")[1].split("\n\n")[0].split())


def saved(folder: Path, name: str) -> Path:
    """Save the JSON report of a sample."""
    path = folder / f"{name}.json"
    assert run(SAMPLES / name, "-o", folder / "report.html", "--json", path, "--force").code == Exit.ANALYZED
    return path


def test_a_cured_failure_is_told_from_the_certificate_to_the_diagnosis() -> None:
    told = compared(EKU_CHECK_ON, PRIVATE_CORE_CLIENT)

    stores = section(told, "Stores")
    assert "expc, server store renewed: expc.harbor.example" in stores
    assert "expc, client store new certificate, from another CA: expc.harbor.example" in stores
    assert "issuer Meridian Trust TLS CA G2 (public CA) → harbor-Issuing-CA (private CA)" in stores
    assert stores.count("usage serverAuth → serverAuth, clientAuth: gained clientAuth") == 1
    assert section(told, "Zones") == "expc, expe UC traversal: state Failed → Active"
    assert "expc to expe.harbor.example, domain harbor.example: Failed → Active" in section(told, "SSH tunnels")
    assert "expc as TLS client with expe: refused by the peer → completed" in section(told, "Verdicts")
    gone = section(told, "Findings").partition(" gone ")[2]
    assert gone.startswith("critical core-client-eku-missing-check-on (expe, UC traversal): The traversal zone fails")
    assert "with it uc-zone-failed (expc, expe), ssh-tunnels-down (expc, expe)" in gone
    assert told.endswith("\nNo change: Nodes, Release, Trusted CA list, Settings, Alarms.\n")


def test_the_way_back_is_told_as_new() -> None:
    told = compared(PRIVATE_CORE_CLIENT, EKU_CHECK_ON)

    assert "usage serverAuth, clientAuth → serverAuth: lost clientAuth" in section(told, "Stores")
    assert section(told, "Findings").startswith("new critical core-client-eku-missing-check-on (expe, UC traversal)")


def test_an_upgrade_is_recognised_and_explained() -> None:
    told = compared("x15.4-single-store", "condition-1-upgraded")

    release = section(told, "Release")
    assert release.startswith("expc, expe X15.4 → X15.5: an upgrade From X15.5 on there are two stores:")
    assert "both hold the same certificate" in release
    assert "is On by default" in release
    assert (
        section(told, "Stores").count("added: X15.4 has no client store; now the certificate of the server store")
        == 2
    )
    assert "SIP TLS Certificate ExtendedKeyUsage Checking Mode: not set → On" in section(told, "Settings")
    assert "XCP TLS Certificate CVS EnableServerEkuUpload: On → not set" in section(told, "Settings")


@pytest.mark.parametrize("name", [EKU_CHECK_ON, WEBEX, "log-only-after-restart"])
def test_a_bundle_against_itself_has_no_change(name: str) -> None:
    told = compared(name, name)

    assert told.split("\n\n")[-1].startswith("No change: Nodes, Release, ")
    assert "\nFindings\n" not in told


def test_saved_reports_and_bundles_give_the_same_text(tmp_path: Path) -> None:
    before, after = SAMPLES / EKU_CHECK_ON, SAMPLES / PRIVATE_CORE_CLIENT
    saved_before, saved_after = saved(tmp_path, EKU_CHECK_ON), saved(tmp_path, PRIVATE_CORE_CLIENT)
    wanted = run("diff", before, after).out

    assert run("diff", saved_before, after).out == wanted
    assert run("diff", before, saved_after).out == wanted
    assert run("diff", saved_before, saved_after).out == wanted


def test_a_saved_report_is_told_by_its_content(tmp_path: Path) -> None:
    path = saved(tmp_path, WEBEX).rename(tmp_path / "monday.zip")
    path.write_bytes(b"\xef\xbb\xbf \r\n" + path.read_bytes())

    assert run("diff", path, SAMPLES / WEBEX).code == Exit.ANALYZED


def test_the_same_input_gives_the_same_bytes() -> None:
    arguments: list[str | Path] = ["diff", SAMPLES / EKU_CHECK_ON, SAMPLES / PRIVATE_CORE_CLIENT]

    first, second = (
        start(*arguments, environment={"TZ": zone, "PYTHONHASHSEED": seed})
        for zone, seed in (("UTC", "1"), ("Asia/Kolkata", "2"))
    )

    assert first.returncode == Exit.ANALYZED
    assert first.stdout == second.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "it begins as JSON, but is damaged: Input data was truncated"),
        ('{"a": 1}', "it is JSON, but no report of this program: it names no schema_version"),
        ('{"schema_version": "2.0"}', "it is a report of schema version 2.0, and this program reads 1.x: compare"),
        ('{"schema_version": "2\\u001b[2J"}', "it is a report of schema version 2\\x1b[2J, and"),
        ("[]", "nothing to analyse"),
        ("", "nothing to analyse"),
    ],
)
def test_what_is_no_report_and_no_bundle_is_4(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "before.json"
    path.write_text(content, encoding="utf-8")

    ran = run("diff", path, SAMPLES / WEBEX)

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert ran.err.startswith("expressway-analyzer: ")
    assert f"before.json: {said}" in ran.err
    assert "\x1b" not in ran.err


def test_a_saved_report_that_was_cut_off_is_4(tmp_path: Path) -> None:
    path = saved(tmp_path, WEBEX)
    path.write_bytes(path.read_bytes()[:-100])

    ran = run("diff", SAMPLES / WEBEX, path)

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert f"{path}: it begins as JSON, but is damaged" in ran.err


def test_what_is_not_there_is_4(tmp_path: Path) -> None:
    ran = run("diff", tmp_path / "missing.zip", SAMPLES / WEBEX)

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert "missing.zip: nothing to analyse (No such file or directory)" in ran.err


def test_a_hostile_host_name_is_shown_escaped(tmp_path: Path) -> None:
    path = saved(tmp_path, WEBEX)
    document = json.loads(path.read_bytes())
    document["nodes"][0] |= {"name": "\x1b]0;owned\x07\u202e", "version": "X15.6"}
    path.write_text(json.dumps(document), encoding="utf-8")

    ran = run("diff", SAMPLES / WEBEX, path)

    assert "\\x1b]0;owned\\x07\\u202e" in ran.out
    assert not {"\x1b", "\x07", "\u202e"} & set(ran.out)


def test_what_was_not_read_is_3_behind_the_comparison(tmp_path: Path) -> None:
    ran = run("diff", SAMPLES / WEBEX, *with_more(tmp_path, BAD_PEM))

    assert ran.code == Exit.PARTIAL
    assert ran.out.startswith("Before  webex-client-certificate; ")
    assert ran.err.startswith("expressway-analyzer: not all of the input could be read: ")


def test_a_private_key_is_5_and_not_shown(tmp_path: Path) -> None:
    key = private_key()

    ran = run("diff", SAMPLES / WEBEX, *with_more(tmp_path, key))

    assert ran.code == Exit.PRIVATE_KEY
    assert key.splitlines()[1].decode() not in ran.out
    assert ran.err == "expressway-analyzer: a private key is in the input: do not pass it on\n"


def test_a_bug_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def verdicts_of(*_: object) -> None:
        raise ZeroDivisionError("by \x1b")

    monkeypatch.setattr(pipeline, "verdicts_of", verdicts_of)

    ran = run("diff", SAMPLES / WEBEX, SAMPLES / WEBEX)

    assert (ran.code, ran.out) == (Exit.INTERNAL, "")
    assert ran.err.endswith("internal error: ZeroDivisionError: by \\x1b. Please report this.\n")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = start_without_reader("diff", SAMPLES / WEBEX, SAMPLES / WEBEX)

    assert (process.returncode, process.stderr) == (Exit.ANALYZED, "")


def test_an_encoding_without_the_characters_is_borne() -> None:
    ran = start(
        "diff", SAMPLES / EKU_CHECK_ON, SAMPLES / PRIVATE_CORE_CLIENT, environment={"PYTHONIOENCODING": "ascii"}
    )

    assert (ran.returncode, ran.stderr) == (Exit.ANALYZED, "")
    assert "Failed \\u2192 Active" in ran.stdout


def issued(folder: Path, key: ec.EllipticCurvePrivateKey, year: int, usages: list[x509.ObjectIdentifier]) -> Path:
    """Write a bundle with a server certificate that was issued in a year."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge.example.com")])
    first, last = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 1))
    builder = x509.CertificateBuilder(name, name, key.public_key(), year, first, last)
    signed = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False).sign(key, hashes.SHA256())
    bundle = folder / str(year)
    bundle.mkdir()
    (bundle / f"server_edge_{year}-03-24_11_55_47.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    return bundle


@pytest.mark.parametrize(("again", "words"), [(True, "key the same (EC 256)"), (False, "key another one (EC 256)")])
def test_a_renewed_certificate_tells_whether_its_key_is_the_same(tmp_path: Path, again: bool, words: str) -> None:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    before = issued(tmp_path, key, 2025, [server, client])
    after = issued(tmp_path, key if again else other, 2026, [server])

    told = section(run("diff", before, after).out, "Stores")

    assert told.startswith("edge, server store renewed: edge.example.com serial 07:E9 → 07:EA ")
    assert "valid 2025-01-01 to 2026-01-01 → 2026-01-01 to 2027-01-01" in told
    assert "usage serverAuth, clientAuth → serverAuth: lost clientAuth" in told
    assert told.endswith(words)


def test_a_certificate_that_was_lost_from_the_bundle_is_not_called_replaced(tmp_path: Path) -> None:
    (archive,) = sample(WEBEX)
    held = members(archive)
    del held[member_named(held, "client_")]
    folder = tmp_path / "after"
    folder.mkdir()
    for name, data in held.items():
        (folder / name).write_bytes(data)

    ran = run("diff", archive, folder)

    assert "not to be seen after: no client_….pem in that bundle" in " ".join(ran.out.split())

"""`whatif BUNDLE… --CHANGE`: what works now and then on a real sample, and what is said where that cannot be told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.cli.exits import Exit
from samples.builders.certificates import SERVER_ONLY, Authority, pem
from tests.cli.test_exit_codes import BAD_PEM, private_key, with_more
from tests.program import EKU_CHECK_ON, WEBEX, bundle, members, run, sample, start, start_without_reader
from tests.rules.outlook.pairs import PRIVATE, S, Staged, written

LABEL = "EKU view only: chains trusted, names right."
CORE = "expc.harbor.example"


def table(out: str) -> dict[str, tuple[bool, str, str]]:
    """Return by service and peer whether it is marked, and what is said of now and then."""
    rows = re.findall(r"^([* ]) (\S.*?), (\S+) +(\w[\w ]*?) \[\d+\] +(\w[\w ]*?) \[\d+\]$", out, re.MULTILINE)
    return {f"{service}, {peer}": (mark == "*", now, then) for mark, service, peer, now, then in rows}


def new_certificate(folder: Path, usages: tuple[str, ...] = ("serverAuth", "clientAuth")) -> Path:
    issuing = Authority.root("harbor-New-CA").intermediate("harbor-New-Issuing-CA")
    path = folder / "new.pem"
    path.write_bytes(pem(issuing.issue(CORE, usages=usages).certificate, *issuing.path))
    return path


def test_with_the_check_off_the_zone_comes_up_and_no_more() -> None:
    ran = run("whatif", *sample(EKU_CHECK_ON), "--eku-check", "off")

    assert (ran.code, ran.err) == (Exit.ANALYZED, "")
    assert ran.out.startswith(f"What if: expe: extended key usage check Off\n{LABEL}\n")
    told = table(ran.out)
    assert told["UC traversal zone, expe"] == (True, "fails", "works")
    assert told["SSH tunnels (2222), expe"] == (False, "fails", "fails")
    assert told["MRA and WebRTC, expe"] == (False, "fails", "fails")
    assert told["outbound mTLS, Webex"] == (False, "far end decides", "far end decides")
    assert " [2] stated, row 2 (a): " in ran.out
    assert "every inbound SIP TLS peer" in " ".join(ran.out.split())


def test_with_a_new_client_certificate_all_work_once_its_ca_is_trusted(tmp_path: Path) -> None:
    ran = run("whatif", *sample(EKU_CHECK_ON), "--client-cert", new_certificate(tmp_path))

    assert (ran.code, ran.err) == (Exit.ANALYZED, "")
    told = table(ran.out)
    for service in ("UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"):
        assert told[f"{service}, expe"] == (True, "fails", "works if trusted")
    assert "expe's trusted CA list lacks CN=harbor-New-CA" in " ".join(ran.out.split())


def test_with_a_new_client_certificate_of_a_trusted_ca_all_work(tmp_path: Path) -> None:
    held = written(Staged(core_client=S, core_server=S, edge_server=S, zone="Failed"), tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    capable, _ = written(Staged(core_client=PRIVATE, core_server=S, edge_server=S), other)
    (data,) = (data for name, data in members(capable).items() if name.startswith("client_"))
    new = tmp_path / "client.pem"
    new.write_bytes(data)

    told = table(run("whatif", *held, "--client-cert", new).out)

    assert [told[f"{name}, expe"][1:] for name in ("UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC")] == [
        ("fails", "works")
    ] * 3


def test_a_new_certificate_without_client_use_changes_nothing(tmp_path: Path) -> None:
    ran = run("whatif", *sample(EKU_CHECK_ON), "--client-cert", new_certificate(tmp_path, SERVER_ONLY))

    assert not any(mark for mark, _, _ in table(ran.out).values())
    assert "\nNothing of this changes.\n" in ran.out


def test_the_core_alone_gets_an_answer() -> None:
    told = table(run("whatif", sample(EKU_CHECK_ON)[0], "--eku-check", "ON").out.replace("the Edge", "theEdge"))

    assert told["UC traversal zone, theEdge"] == (True, "unknown", "fails")


@pytest.mark.parametrize("name", [EKU_CHECK_ON, WEBEX, "x15.4-single-store", "condition-3-all-private"])
def test_every_line_fits_80_columns_and_needs_no_colour(name: str) -> None:
    ran = run("whatif", *sample(name), "--as-of", "2030-01-01")

    assert ran.code == Exit.ANALYZED
    assert max(map(len, ran.out.splitlines())) <= 78
    assert "\x1b" not in ran.out
    assert table(ran.out)


def test_the_same_input_gives_the_same_bytes() -> None:
    arguments: list[str | Path] = ["whatif", *sample(EKU_CHECK_ON), "--eku-check", "off"]

    first, second = (start(*arguments, environment={"TZ": zone}) for zone in ("UTC", "Asia/Kolkata"))

    assert first.returncode == Exit.ANALYZED
    assert first.stdout == second.stdout


def test_an_upgrade_says_what_it_does() -> None:
    out = " ".join(run("whatif", *sample("x15.4-single-store"), "--upgrade", "X15.5").out.split())

    assert "expc: X15.5, which copies the server certificate into the client store" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what changes: --eku-check, --client-cert, --server-cert, --upgrade or --as-of"),
        (["--eku-check", "off", "--node", "x\x1b"], r"there is no node x\x1b: what was given is of expc, expe"),
        (["--upgrade", "soon"], "soon is no release: give one such as X15.5"),
        (["--upgrade", "X15.4"], "expc runs X15.5 already, which is newer than X15.4"),
        (["--client-cert", "missing.pem"], "missing.pem: there is no such file"),
        (["--client-cert", "."], ".: there is no such file"),
    ],
)
def test_a_change_that_does_not_fit_is_2(arguments: list[str], said: str) -> None:
    ran = run("whatif", *sample(EKU_CHECK_ON), *arguments)

    assert (ran.code, ran.out, ran.err) == (Exit.USAGE, "", f"expressway-analyzer: {said}\n")


@pytest.mark.parametrize("arguments", [["--eku-check", "maybe"], ["--as-of", "soon"]])
def test_a_word_that_is_none_is_2(arguments: list[str]) -> None:
    assert run("whatif", *sample(EKU_CHECK_ON), *arguments).code == Exit.USAGE


@pytest.mark.parametrize("data", [BAD_PEM, b"", b"\x00" * 64, b"no certificate"])
def test_a_file_without_a_certificate_is_2(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "new.pem"
    path.write_bytes(data)

    ran = run("whatif", *sample(EKU_CHECK_ON), "--client-cert", path)

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.err.startswith(f"expressway-analyzer: {path}: ")


def test_a_private_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    key = private_key()
    path = tmp_path / "new.pem"
    path.write_bytes(new_certificate(tmp_path).read_bytes() + key)

    ran = run("whatif", *sample(EKU_CHECK_ON), "--client-cert", path)

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "holds a private key, and is not used" in ran.err
    assert key.splitlines()[1].decode() not in ran.err


def test_what_was_not_read_is_3_behind_the_table(tmp_path: Path) -> None:
    ran = run("whatif", *with_more(tmp_path, BAD_PEM), "--eku-check", "on")

    assert ran.code == Exit.PARTIAL
    assert ran.out.startswith("What if: ")


def test_a_private_key_in_the_bundle_is_5_behind_the_table(tmp_path: Path) -> None:
    ran = run("whatif", *with_more(tmp_path, private_key()), "--eku-check", "on")

    assert ran.code == Exit.PRIVATE_KEY
    assert ran.out.startswith("What if: ")


def test_nothing_to_analyse_is_4(tmp_path: Path) -> None:
    ran = run("whatif", tmp_path / "missing.zip", "--eku-check", "on")

    assert (ran.code, ran.out) == (Exit.NOTHING, "")


def test_a_bundle_without_core_and_edge_is_4(tmp_path: Path) -> None:
    held = {name: data for name, data in members(*sample(WEBEX)).items() if name.endswith(".pcap")}

    ran = run("whatif", bundle(tmp_path, held), "--eku-check", "on")

    assert (ran.code, ran.out) == (Exit.NOTHING, "")
    assert "the truth table needs their bundles" in ran.err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = start_without_reader("whatif", *sample(WEBEX), "--eku-check", "on")

    assert (process.returncode, process.stderr) == (Exit.ANALYZED, "")

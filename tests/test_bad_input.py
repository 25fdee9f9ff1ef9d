"""Bad input gives the right exit code and one clear sentence or row, and what could be read is in the report."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

from analyzer.cli.exits import Exit
from analyzer.evidence import ReadState
from analyzer.findings import Report
from analyzer.pipeline import NothingToAnalyzeError, analyze
from analyzer.report.html import render_html
from analyzer.report.json import render_json
from analyzer.words import Words
from tests.bundle.building import tarred, zipped
from tests.program import EKU_CHECK_ON, WEBEX, Ran, bundle, member_named, members, run, sample

Make = Callable[[Path], list[Path]]
PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 30 + b"\xff\xd9"
BAD_PEM = b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class Analysed:
    """What a run wrote: the JSON report, and what it said."""

    ran: Ran
    report: dict[str, list[dict[str, object]]]

    def problems_of(self, part: str) -> list[dict[str, object]]:
        return [problem for problem in self.report["problems"] if part in str(problem["file"])]


def analysed(folder: Path, *paths: Path) -> Analysed:
    written = folder / "written"
    written.mkdir()
    ran = run(*paths, "-o", written / "report.html", "--json", written / "report.json")
    assert "Traceback" not in ran.err
    assert (written / "report.html").stat().st_size > 0
    return Analysed(ran, json.loads((written / "report.json").read_text("utf-8")))


def without(*parts: str) -> dict[str, bytes]:
    held = members(*sample(WEBEX))
    return {name: data for name, data in held.items() if not any(part in name for part in parts)}


def changed(part: str, change: Callable[[bytes], bytes]) -> dict[str, bytes]:
    held = members(*sample(WEBEX))
    name = member_named(held, part)
    return {**held, name: change(held[name])}


NOTHING = {
    "an empty zip": ("empty.zip", zipped({}), "empty.zip: nothing to analyse (the archive is empty or damaged)"),
    "a text file called .zip": (
        "letter.zip",
        b"Dear all,\nplease find attached\n",
        "letter.zip: nothing to analyse: no part of an Expressway diagnostic bundle",
    ),
    "holiday pictures": (
        "holiday.zip",
        zipped({f"IMG_{number}.jpg": PICTURE for number in range(3)}),
        "holiday.zip: nothing to analyse: it holds no part of an Expressway diagnostic bundle",
    ),
    "an empty file": ("nothing", b"", "nothing: nothing to analyse: no part of an Expressway diagnostic bundle"),
    "random bytes": (
        "noise.pcap",
        random.Random(1).randbytes(4000),
        "noise.pcap: nothing to analyse: no part of an Expressway diagnostic bundle",
    ),
}


@pytest.mark.parametrize(("name", "data", "sentence"), NOTHING.values(), ids=NOTHING.keys())
def test_what_holds_nothing_is_said_in_one_sentence(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(data)

    ran = run(tmp_path / name)

    assert (ran.code, ran.out, ran.err) == (Exit.NOTHING, "", f"expressway-analyzer: {sentence}\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_path_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    ran = run(tmp_path / "typo.zip")

    assert ran.code == Exit.NOTHING
    assert ran.err == "expressway-analyzer: typo.zip: nothing to analyse (No such file or directory)\n"


def test_an_empty_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()

    ran = run(tmp_path / "case")

    assert ran.code == Exit.NOTHING
    assert ran.err == (
        "expressway-analyzer: case: nothing to analyse: it holds no part of an Expressway diagnostic bundle\n"
    )


def test_a_typo_beside_a_good_bundle_is_a_row(tmp_path: Path) -> None:
    result = analysed(tmp_path, *sample(WEBEX), tmp_path / "typo.zip")

    assert result.ran.code == Exit.PARTIAL
    assert [problem["file"] for problem in result.report["problems"]] == ["typo.zip"]
    assert len(result.report["connections"]) == 2


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9, 0.99])
def test_of_a_cut_zip_the_members_before_the_cut_are_read(tmp_path: Path, share: float) -> None:
    (whole,) = sample(WEBEX)
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])

    result = analysed(tmp_path, cut)

    assert result.ran.code == Exit.PARTIAL
    assert result.problems_of(whole.name)
    assert result.report["inputs"][0]["members"]


@pytest.mark.parametrize("missing", ["tcpdump", "loggingsnapshot", "server_", "client_", "ca_", "xconf", "xstat"])
def test_a_bundle_without_a_kind_of_member_is_analysed_whole(tmp_path: Path, missing: str) -> None:
    result = analysed(tmp_path, bundle(tmp_path, without(missing)))

    assert result.ran.code == Exit.ANALYZED
    assert result.report["problems"] == []


def test_without_a_capture_nothing_is_claimed_of_certificates_presented(tmp_path: Path) -> None:
    result = analysed(tmp_path, bundle(tmp_path, without("tcpdump")))

    made = {finding["id"] for finding in result.report["findings"] if finding["confidence"] != "not-determinable"}
    assert "bundle-no-pcap" in made
    assert not {finding for finding in made if str(finding).startswith("presented-")}


DAMAGE: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "broken XML": ("xconf_dump_expe_2026-03-24_11_55_47.xml", lambda data: data[: len(data) // 2] + b"<<&"),
    "a DOCTYPE": (
        "xstat_dump_expe_2026-03-24_11_55_47.xml",
        lambda data: data.replace(b"?>", b"?><!DOCTYPE a []>", 1),
    ),
    "a bad PEM block": ("client_expe", lambda data: data + BAD_PEM),
    "a PEM block without an end": ("server_expe", lambda data: data + BAD_PEM[:40]),
    "a cut capture": ("tcpdump00", lambda data: data[:-7]),
}


@pytest.mark.parametrize(("part", "change"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_in_a_member_is_a_row_and_costs_no_other(
    tmp_path: Path, part: str, change: Callable[[bytes], bytes]
) -> None:
    result = analysed(tmp_path, bundle(tmp_path, changed(part, change)))

    assert result.ran.code == Exit.PARTIAL
    assert {problem["file"] for problem in result.report["problems"]} == {
        problem["file"] for problem in result.problems_of(part)
    }
    assert all(problem["why"] and problem["leaves_open"] for problem in result.report["problems"])
    assert len(result.report["connections"]) == 2


LOOSE = {
    "a capture": "tcpdump00",
    "a certificate": "server_expe",
    "a log": "loggingsnapshot",
    "a configuration dump": "xconf_dump_expe_2026-03-24_11_55_47.xml",
    "a status dump": "xstat_dump_expe_2026-03-24_11_55_47.txt",
}


@pytest.mark.parametrize("part", LOOSE.values(), ids=LOOSE.keys())
@pytest.mark.parametrize("name", ["", "renamed.zip"])
def test_a_lone_file_is_analysed_whatever_it_is_called(tmp_path: Path, part: str, name: str) -> None:
    held = members(*sample(WEBEX))
    path = tmp_path / (name or member_named(held, part))
    path.write_bytes(held[member_named(held, part)])

    result = analysed(tmp_path, path)

    assert result.ran.code == Exit.ANALYZED
    assert [member["read"] for shown in result.report["inputs"] for member in shown["members"]] == ["whole"]  # type: ignore[attr-defined]


def unpacked(folder: Path) -> list[Path]:
    case = folder / "case"
    for archive in sample(EKU_CHECK_ON):
        (case / archive.stem).mkdir(parents=True)
        for name, data in members(archive).items():
            (case / archive.stem / name).write_bytes(data)
    return [case]


def as_tars(folder: Path) -> list[Path]:
    paths = [folder / f"{archive.stem}.tar.gz" for archive in sample(EKU_CHECK_ON)]
    for path, archive in zip(paths, sample(EKU_CHECK_ON), strict=True):
        path.write_bytes(gzip.compress(tarred(members(archive))))
    return paths


def nested(folder: Path) -> list[Path]:
    return [bundle(folder, {archive.name: archive.read_bytes() for archive in sample(EKU_CHECK_ON)}, "case.zip")]


def misnamed(folder: Path) -> list[Path]:
    return [
        Path(shutil.copy(archive, folder / f"attachment {number}"))
        for number, archive in enumerate(sample(EKU_CHECK_ON))
    ]


@pytest.mark.parametrize("make", [unpacked, as_tars, nested, misnamed])
def test_however_the_bundles_are_packed_the_conclusions_are_the_same(tmp_path: Path, make: Make) -> None:
    plain, packed = analyze(sample(EKU_CHECK_ON)), analyze(make(tmp_path))

    assert conclusions(packed) == conclusions(plain)
    assert packed.case.problems == ()


def conclusions(report: Report) -> tuple[object, ...]:
    findings = [(f.id, f.severity, f.confidence, f.node, f.subject, f.caused_by, f.count) for f in report.findings]
    verdicts = [(v.node, v.peer, v.local_role, v.presented, v.outcome, v.refused_by) for v in report.verdicts]
    return sorted(findings, key=str), sorted(verdicts, key=str)


def mutated(held: Mapping[str, bytes], rng: random.Random) -> dict[str, bytes]:
    """Damage one member: flipped, lost, repeated or foreign bytes, or a cut."""
    name = rng.choice(sorted(held))
    data = bytearray(held[name])
    for _ in range(rng.choice((1, 3, 30))):
        at, length = rng.randrange(len(data) + 1), rng.choice((1, 4, 60, 2000))
        match rng.randrange(5):
            case 0:
                data[at : at + length] = rng.randbytes(len(data[at : at + length]))
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length]
            case 3:
                data[at:at] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b'"\n', b"<a>", b"-----BEGIN"))
            case _:
                del data[max(at, 8) :]
    return {**held, name: bytes(data)}


def facts(report: Report, spoilt: str) -> dict[str, object]:
    """Return what each kind of member says by itself, but for the kind of the member that was spoilt."""
    (node,) = report.case.nodes
    told = {
        "server_exp": node.stores.server,
        "client_exp": node.stores.client,
        "ca_exp": node.stores.trusted,
        "tcpdump": [(c.handshake.started, c.handshake.client, c.handshake.alerts) for c in report.case.connections],
        "loggingsnapshot": [(event.record.time, event.record.name) for event in report.case.events],
    }
    return {part: said for part, said in told.items() if part not in spoilt}


def troubles(report: Report) -> list[str]:
    """Return all that is said of what could not be read."""
    problems = [text for problem in report.case.problems for text in (problem.what, problem.why, problem.leaves_open)]
    records = [member for shown in report.case.inputs for member in shown.members]
    return problems + [member.reason for member in records if member.reason]


@pytest.mark.parametrize("name", [WEBEX, "test-case-2-eku-check-off", "identity-unacceptable"])
def test_a_damaged_member_costs_its_own_facts_only(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    edge = sample(name)[-1]
    held, whole = members(edge), analyze([edge])
    for number in range(40):
        damaged = mutated(held, rng)
        spoilt = next((member for member in held if damaged[member] != held[member]), "")

        report = analyze([bundle(tmp_path, damaged, f"{number}.zip")])

        read = {m.name: m.read for shown in report.case.inputs for m in shown.members}
        assert {state for member, state in read.items() if member != spoilt} == {ReadState.WHOLE}
        assert facts(report, spoilt) == facts(whole, spoilt)
        assert [text for text in troubles(report) if not isinstance(text, Words)] == []
        assert render_html(report)
        assert render_json(report)


def test_of_a_damaged_log_alone_every_record_before_the_damage_counts(tmp_path: Path) -> None:
    rng = random.Random(7)
    held = members(*sample("log-only-after-restart"))
    (name,) = held
    for number in range(40):
        damaged = mutated(held, rng)
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(held[name], damaged[name], strict=False))
        spared = bytes(byte for byte, _ in pairs).count(b"\n2026-")
        try:
            report = analyze([bundle(tmp_path, damaged, f"{number}.zip")])
        except NothingToAnalyzeError:
            assert spared == 0
        else:
            assert sum(log.records for log in report.case.nodes[0].logs) >= spared


@pytest.mark.parametrize("name", [WEBEX, EKU_CHECK_ON])
def test_a_mutated_archive_never_fails(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    archive = sample(name)[-1].read_bytes()
    for number in range(60):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(mutated({"": archive}, rng)[""])
        try:
            report = analyze([path])
        except NothingToAnalyzeError as error:
            said = [str(error)]
        else:
            said = [member.name for member in report.case.inputs[0].members]
            assert [text for text in troubles(report) if not isinstance(text, Words)] == []
        assert all(said)
        assert said

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from analyzer.bundle import LOOSE, Limits, open_inputs
from analyzer.evidence import MemberKind, ReadState
from tests.bundle.building import (
    BUNDLE,
    LOG,
    PCAP,
    PEM,
    contents,
    gzipped,
    members,
    opened,
    read_all,
    tarred,
    zipped,
)

WHOLE = {name: (data, None) for name, data in BUNDLE.items()}


def test_a_loose_file_is_one_member_called_by_its_name(tmp_path: Path) -> None:
    with opened(tmp_path, PCAP, "anything.txt") as inputs:
        (one,) = inputs.inputs
        (member,) = one.members

    assert (one.is_archive, one.is_folder, one.sha256) == (False, False, hashlib.sha256(PCAP).hexdigest())
    assert (member.reference, member.name, member.container) == ("anything.txt", "anything.txt", LOOSE)
    assert (member.kind, member.size, member.host) == (MemberKind.CAPTURE, len(PCAP), None)


def test_a_compressed_file_is_opened_as_that_one_file(tmp_path: Path) -> None:
    with opened(tmp_path, gzipped(PCAP), "capture.pcap.gz") as inputs:
        assert contents(inputs) == {"capture.pcap.gz": (PCAP, None)}
        assert members(inputs)["capture.pcap.gz"].kind is MemberKind.CAPTURE
        assert not inputs.inputs[0].is_archive


@pytest.mark.parametrize("data", [PCAP, gzipped(PCAP), zipped(BUNDLE)], ids=["plain", "compressed", "archive"])
def test_the_hash_of_an_input_is_that_of_the_file_whatever_was_read_of_it(tmp_path: Path, data: bytes) -> None:
    with opened(tmp_path, data, "input") as inputs:
        contents(inputs)

        assert inputs.inputs[0].sha256 == hashlib.sha256(data).hexdigest()


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, data in BUNDLE.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / ".hidden").write_bytes(PEM)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ca.pem").write_bytes(PEM)

    with open_inputs([tmp_path]) as inputs:
        assert list(members(inputs)) == sorted([*BUNDLE, "deep/ca.pem"])
        assert inputs.inputs[0].sha256 is None
        assert members(inputs)["deep/ca.pem"].reference == f"{tmp_path.name}/deep/ca.pem"
        assert {member.container for member in inputs.inputs[0].members} == {tmp_path.name}
        assert contents(inputs)["deep/ca.pem"] == (PEM, None)


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "server.pem").symlink_to("/etc/hostname")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")

    with open_inputs([tmp_path]) as inputs:
        assert [member.unreadable for member in inputs.inputs[0].members] == [
            "a link, which is not followed",
            "a device or pipe, which is not opened",
            "a link, which is not followed",
        ]


def test_a_folder_too_deep_is_a_problem(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "ca.pem").write_bytes(PEM)

    with open_inputs([tmp_path], Limits(folder_depth=2)) as inputs:
        assert inputs.inputs[0].members == ()
    assert inputs.problems[0].file == f"{tmp_path.name}/a/b/"


@pytest.mark.parametrize("outer", [zipped, tarred, lambda members: gzipped(tarred(members))])
@pytest.mark.parametrize("inner", [zipped, tarred, lambda members: gzipped(tarred(members))])
def test_an_archive_in_an_archive_is_a_container_of_its_own(tmp_path: Path, outer: object, inner: object) -> None:
    assert callable(outer)
    assert callable(inner)
    with opened(tmp_path, outer({"x/inner.bin": inner(BUNDLE), "ca.pem": PEM}), "case") as inputs:
        found = members(inputs)
        name = next(iter(BUNDLE))

        assert contents(inputs) == {f"x/inner.bin/{name}": whole for name, whole in WHOLE.items()} | {
            "ca.pem": (PEM, None)
        }
        assert found[f"x/inner.bin/{name}"].reference == f"case/x/inner.bin/{name}"
        assert found[f"x/inner.bin/{name}"].container == "case/x/inner.bin"
        assert found["ca.pem"].container == "case"


def test_an_archive_deeper_down_is_listed_not_opened(tmp_path: Path) -> None:
    data = zipped({"b.zip": zipped({"c.zip": zipped({"ca.pem": PEM}), "client.pem": PEM})})
    with opened(tmp_path, data) as inputs:
        assert list(contents(inputs)) == ["b.zip/client.pem"]
        assert "inside an archive" in (members(inputs)["b.zip/c.zip"].unreadable or "")


def test_an_archive_in_a_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "core.zip").write_bytes(zipped({"server.pem": PEM}))

    with open_inputs([tmp_path]) as inputs:
        assert contents(inputs) == {"core.zip/server.pem": (PEM, None)}
        assert members(inputs)["core.zip/server.pem"].container == f"{tmp_path.name}/core.zip"


def test_a_compressed_member_is_opened_at_any_depth(tmp_path: Path) -> None:
    name = "loggingsnapshot_core_1_2026-03-25_03_20_11.txt.gz"
    with opened(tmp_path, zipped({"a.zip": zipped({name: gzipped(LOG)})})) as inputs:
        assert contents(inputs) == {f"a.zip/{name}": (LOG, None)}
        assert members(inputs)[f"a.zip/{name}"].kind is MemberKind.SNAPSHOT


def test_nested_bombs_stop_at_the_ratio_of_the_input(tmp_path: Path) -> None:
    inner = gzipped(tarred({"zeros.pcap": bytes(60_000_000)}))
    with opened(tmp_path, gzipped(tarred({"inner.tgz": inner + bytes(20_000)})), limits=Limits(ratio=20)) as inputs:
        sizes = [len(data) for data, _ in contents(inputs).values()]
    assert sum(sizes) < 4_000_000
    assert any("limit reached" in problem.why for problem in inputs.problems)


def test_an_archive_too_large_to_hold_is_listed(tmp_path: Path) -> None:
    data = gzipped(tarred({"inner.zip": zipped({"ca.pem": os.urandom(1_100_000)})}))
    with opened(tmp_path, data, limits=Limits(held_bytes=1_000_000)) as inputs:
        assert "too large" in (members(inputs)["inner.zip"].unreadable or "")


@pytest.mark.parametrize(
    ("head", "name"), [(b"BZh91AY", "bzip2"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a\x07\x01\0", "RAR")]
)
def test_formats_that_are_not_opened_are_named(tmp_path: Path, head: bytes, name: str) -> None:
    with opened(tmp_path, head + bytes(600)) as inputs:
        assert name in (inputs.inputs[0].members[0].unreadable or "")


def test_text_called_zip_is_text(tmp_path: Path) -> None:
    with opened(tmp_path, LOG, "bundle.zip") as inputs:
        assert members(inputs)["bundle.zip"].kind is MemberKind.SNAPSHOT
        assert not inputs.inputs[0].is_archive


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with open_inputs([tmp_path / "missing.zip", tmp_path / "pipe", tmp_path / "nul\0"]) as inputs:
        assert [one.members for one in inputs.inputs] == [(), (), ()]
        assert [one.sha256 for one in inputs.inputs if one.name == "missing.zip"] == [None]
    assert [problem.file for problem in inputs.problems] == ["missing.zip", "pipe", "nul\\x00"]


def test_a_file_that_goes_away_reads_as_damage(tmp_path: Path) -> None:
    with opened(tmp_path, PEM, "server.pem") as inputs:
        (tmp_path / "server.pem").unlink()
        inputs._files.close()
        member = members(inputs)["server.pem"]

        assert read_all(member)[1] is not None
        assert member.record(read=ReadState.WHOLE, reason=None, node=None).read is ReadState.PART


def test_two_inputs_of_one_name_are_told_apart_and_one_is_read_once(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "server.pem").write_bytes(PEM)
    paths = [tmp_path / "a" / "server.pem", tmp_path / "b" / "server.pem", tmp_path / "b" / ".." / "a" / "server.pem"]

    with open_inputs(paths) as inputs:
        assert [member.reference for one in inputs.inputs for member in one.members] == ["server.pem", "server.pem#2"]
        assert {member.kind for one in inputs.inputs for member in one.members} == {MemberKind.SERVER_PEM}
    assert inputs.problems == []


def test_many_files_need_few_handles(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:03}.pem").write_bytes(PEM + bytes([number]))

    with open_inputs([tmp_path]) as inputs:
        most_open = len(inputs._files._open)
        assert all(data == PEM + bytes([int(name[:3])]) for name, (data, _) in contents(inputs).items())
    assert most_open <= 32


def test_no_two_members_are_called_the_same(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("a.pem", PEM), ("a.pem#2", PEM), ("a.pem", PEM), ("a.pem", PEM)])

    with opened(tmp_path, data) as inputs:
        assert list(contents(inputs)) == ["a.pem", "a.pem#2", "a.pem#3", "a.pem#4"]


def test_an_archive_without_members_inside_another_is_listed(tmp_path: Path) -> None:
    with opened(tmp_path, zipped({"empty.zip": zipped({}), "ca.pem": PEM})) as inputs:
        assert members(inputs)["empty.zip"].unreadable is not None
        assert contents(inputs) == {"ca.pem": (PEM, None)}
    assert [problem.file for problem in inputs.problems] == ["bundle.bin/empty.zip"]


def test_nested_members_count_against_the_limit(tmp_path: Path) -> None:
    inner = zipped({f"{number}.pem": PEM for number in range(8)})
    with opened(
        tmp_path, zipped({"a.zip": inner, "b.zip": inner, "c.zip": inner}), limits=Limits(members=10)
    ) as inputs:
        assert len(inputs.inputs[0].members) == 10
    assert [problem.why for problem in inputs.problems] == ["there are more than 10 of them"]

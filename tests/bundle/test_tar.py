from __future__ import annotations

import io
import random
import tarfile
import time
from pathlib import Path

import pytest

from analyzer.bundle import Limits
from analyzer.bundle.tarheaders import pax_records
from analyzer.evidence import MemberKind, ReadState
from tests.bundle.building import (
    BUNDLE,
    PCAP,
    PEM,
    contents,
    gzipped,
    members,
    opened,
    read_all,
    tar_header,
    tarred,
)

WHOLE = {name: (data, None) for name, data in BUNDLE.items()}
NOISE = PCAP + random.Random(1).randbytes(3_000_000)


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("compressed", [True, False])
def test_every_member_is_read_whole(tmp_path: Path, format_: int, *, compressed: bool) -> None:
    data = tarred(BUNDLE, format=format_)
    with opened(tmp_path, gzipped(data) if compressed else data) as inputs:
        assert contents(inputs) == WHOLE
        assert not inputs.problems


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_read(tmp_path: Path, format_: int) -> None:
    name = "d" * 120 + "/é_" + next(iter(BUNDLE))
    with opened(tmp_path, tarred({name: PEM}, format=format_)) as inputs:
        assert contents(inputs) == {name: (PEM, None)}


def test_large_members_of_a_compressed_tar_are_read_in_any_order_and_twice(tmp_path: Path) -> None:
    bodies = {f"{number}.pcap": NOISE + bytes([number]) * 1000 for number in range(4)}
    with opened(tmp_path, gzipped(tarred(bodies))) as inputs:
        found = members(inputs)
        for name in [*reversed(bodies), *bodies]:
            assert read_all(found[name]) == (bodies[name], None)


def test_several_gzip_streams_are_one_archive(tmp_path: Path) -> None:
    data = tarred(BUNDLE)
    with opened(tmp_path, gzipped(data[:1500]) + gzipped(data[1500:]) + bytes(512)) as inputs:
        assert contents(inputs) == WHOLE
        assert not inputs.problems


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"6"])
def test_links_and_devices_are_listed_not_followed(tmp_path: Path, kind: bytes) -> None:
    body = tar_header(b"server.pem", b"00000000000", kind, link=b"server.pem") + tarred({"client.pem": PEM})
    with opened(tmp_path, body) as inputs:
        assert contents(inputs) == {"client.pem": (PEM, None)}
        member = members(inputs)["server.pem"]
    assert "which is not" in (member.unreadable or "")
    assert member.kind is MemberKind.SERVER_PEM


@pytest.mark.parametrize("size", [b"\xff" * 12, b"-0000000100", b"99999999999", b"+0000000100", b"0x1"])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_impossible_size_costs_one_member_and_no_time(tmp_path: Path, size: bytes, *, compressed: bool) -> None:
    data = tar_header(b"a", b"00000000000") + tar_header(b"b", size) + tarred({"client.pem": PEM})
    started = time.process_time()
    with opened(tmp_path, gzipped(data) if compressed else data) as inputs:
        assert contents(inputs)["client.pem"] == (PEM, None)
    assert time.process_time() - started < 2
    assert "header is damaged" in inputs.problems[0].what


def test_a_size_beyond_the_end_reads_as_damage(tmp_path: Path) -> None:
    data = tar_header(b"server.pem", b"\x80" + b"\x7f" * 11) + PEM
    with opened(tmp_path, data) as inputs:
        text, damage = read_all(members(inputs)["server.pem"])
    assert text == PEM
    assert damage is not None


def test_a_damaged_header_costs_one_member(tmp_path: Path) -> None:
    data = bytearray(tarred(BUNDLE, format=tarfile.USTAR_FORMAT))
    victim = list(BUNDLE)[2]
    data[data.index(victim.encode()) + 3] ^= 1

    with opened(tmp_path, bytes(data)) as inputs:
        assert contents(inputs) == {name: whole for name, whole in WHOLE.items() if name != victim}
    assert "header is damaged" in inputs.problems[0].what


@pytest.mark.parametrize("compressed", [True, False])
def test_a_cut_archive_gives_every_member_before_the_cut(tmp_path: Path, *, compressed: bool) -> None:
    bodies = {f"m{number}.pem": random.Random(number).randbytes(4000) for number in range(8)}
    plain = tarred(bodies)
    data = gzipped(plain) if compressed else plain

    end = len(data) - 10 if compressed else len(plain.rstrip(b"\0"))
    for cut in range(600, end, len(data) // 30):
        with opened(tmp_path, data[:cut]) as inputs:
            found = contents(inputs)
        whole = [name for name, (body, damage) in found.items() if damage is None]
        assert all(found[name][0] == bodies[name] for name in whole)
        assert len(whole) >= int(cut / len(data) * len(bodies)) - 1
        assert all(bodies[name].startswith(body) for name, (body, _) in found.items())
    assert inputs.problems


def test_a_changed_byte_in_a_compressed_tar_puts_every_member_in_doubt(tmp_path: Path) -> None:
    data = bytearray(gzipped(tarred({"a.pcap": NOISE, "b.pem": PEM})))
    data[len(data) // 2] ^= 1

    with opened(tmp_path, bytes(data)) as inputs:
        members_found = members(inputs)
        for member in members_found.values():
            read_all(member)
        records = [member.record(read=ReadState.WHOLE, reason=None, node=None) for member in members_found.values()]
    assert any("checksum" in problem.why or "damaged" in problem.why for problem in inputs.problems)
    assert records[0].read is ReadState.PART


def test_nothing_is_read_past_the_budget(tmp_path: Path) -> None:
    data = gzipped(tarred({"a.pem": PEM, "zeros": bytes(20_000_000)}))
    with opened(tmp_path, data, limits=Limits(total_bytes=5_000_000)) as inputs:
        assert contents(inputs)["a.pem"] == (PEM, None)
        assert read_all(members(inputs)["zeros"])[1] is not None
    assert any("limit reached" in problem.why for problem in inputs.problems)


def test_members_beyond_the_limit_are_a_problem(tmp_path: Path) -> None:
    data = tarred({f"{number}.pem": PEM for number in range(12)})
    with opened(tmp_path, data, limits=Limits(members=10)) as inputs:
        assert len(inputs.inputs[0].members) == 10
    assert [problem.why for problem in inputs.problems] == ["there are more than 10 of them"]


def test_a_sparse_file_is_listed(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("server.pem")
        info.pax_headers = {"GNU.sparse.major": "1"}
        archive.addfile(info)

    with opened(tmp_path, buffer.getvalue()) as inputs:
        assert "sparse" in (members(inputs)["server.pem"].unreadable or "")


def test_extended_records_are_read_up_to_the_first_that_is_none() -> None:
    assert pax_records(b"19 path=some name\n6 a=b\n") == {"path": b"some name\n6"}
    assert pax_records(b"18 path=some name\n6 a=b\n") == {"path": b"some name", "a": b"b"}
    assert pax_records(b"6 a=b\nx") == {"a": b"b"}
    assert pax_records(b"0 a=b\n") == {}

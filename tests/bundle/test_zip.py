from __future__ import annotations

import io
import random
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from analyzer.bundle import Limits
from analyzer.evidence import MemberKind, ReadState
from tests.bundle.building import (
    BUNDLE,
    LOG,
    PEM,
    central_header,
    contents,
    deflated,
    end_record,
    forged_zip,
    local_header,
    members,
    opened,
    read_all,
    zipped,
)

NOISE = random.Random(1).randbytes(3000)
WHOLE = {name: (data, None) for name, data in BUNDLE.items()}


@pytest.mark.parametrize("deflate", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
def test_every_member_is_read_whole(tmp_path: Path, *, deflate: bool, streamed: bool) -> None:
    with opened(tmp_path, zipped(BUNDLE, deflate=deflate, streamed=streamed)) as inputs:
        assert contents(inputs) == WHOLE
        assert not inputs.problems


def test_a_member_is_described_by_its_name_and_content(tmp_path: Path) -> None:
    name = "diag/eth0_diagnostic_logging_tcpdump03_core_1_2026-03-25_03_20_11.pcap"
    with opened(tmp_path, zipped({name: BUNDLE[list(BUNDLE)[3]]}), "case.zip") as inputs:
        member = members(inputs)[name]

    assert inputs.inputs[0].is_archive
    assert (member.reference, member.container) == (f"case.zip/{name}", "case.zip")
    assert (member.kind, member.host, member.interface, member.sequence) == (MemberKind.CAPTURE, "core_1", "eth0", 3)
    assert member.head == BUNDLE[list(BUNDLE)[3]]


def test_bytes_before_and_behind_the_archive_do_no_harm(tmp_path: Path) -> None:
    with opened(tmp_path, b"#!/bin/sh\n" + zipped(BUNDLE) + b"\r\n") as inputs:
        assert contents(inputs) == WHOLE


def test_zip64_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.pem", "w", force_zip64=True) as member:
        member.write(PEM)
    data = bytearray(buffer.getvalue())
    end = data.rfind(b"PK\x05\x06")
    size, offset = struct.unpack_from("<2I", data, end + 12)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    struct.pack_into("<2I", data, end + 12, 0xFFFFFFFF, 0xFFFFFFFF)

    with opened(tmp_path, bytes(data[:end]) + end64 + locator + bytes(data[end:])) as inputs:
        assert contents(inputs) == {"a.pem": (PEM, None)}
        assert not inputs.problems


@pytest.mark.parametrize(
    ("raw", "shown"), [("Zürich.pem".encode(), "Zürich.pem"), ("Zürich.pem".encode("cp437"), "Zürich.pem")]
)
def test_names_are_read_as_utf8_or_code_page_437(tmp_path: Path, raw: bytes, shown: str) -> None:
    with opened(tmp_path, forged_zip(raw, PEM)) as inputs:
        assert list(members(inputs)) == [shown]


def test_both_members_of_one_name_are_read(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("server.pem", PEM), ("server.pem", PEM * 2)])

    with opened(tmp_path, data) as inputs:
        assert contents(inputs) == {"server.pem": (PEM, None), "server.pem#2": (PEM * 2, None)}
        assert [member.kind for member in inputs.inputs[0].members] == [MemberKind.SERVER_PEM] * 2


def test_unsafe_names_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    data = zipped(
        {"../../server_h_2026-03-25_03_20_11.pem": PEM, "/etc/ca.pem": PEM, "a\x1b[31m": PEM, "client.pem": PEM}
    )
    with opened(tmp_path, data) as inputs:
        unsafe = [member for member in inputs.inputs[0].members if member.unreadable]

        assert list(contents(inputs)) == ["client.pem"]
    assert [member.unreadable.startswith("unsafe name") for member in unsafe if member.unreadable] == [True] * 3
    assert unsafe[0].kind is MemberKind.SERVER_PEM
    assert unsafe[2].name == "a\\x1b[31m"


@pytest.mark.parametrize(
    ("flags", "method", "why"), [(1, 8, "encrypted"), (0, 12, "bzip2"), (0, 99, "AES"), (0, 77, "method 77")]
)
def test_what_cannot_be_unpacked_says_why(tmp_path: Path, flags: int, method: int, why: str) -> None:
    with opened(tmp_path, forged_zip(b"server.pem", PEM, flags=flags, method=method)) as inputs:
        member = members(inputs)["server.pem"]
        record = member.record(read=ReadState.WHOLE, reason=None, node=None)

        assert read_all(member) == (b"", None)
    assert why in (member.unreadable or "")
    assert (record.read, record.reason, record.kind) == (ReadState.NOT, member.unreadable, MemberKind.SERVER_PEM)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("server.pem")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")

    with opened(tmp_path, buffer.getvalue()) as inputs:
        assert "link" in (members(inputs)["server.pem"].unreadable or "")


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    packed = deflated(bytes(1_000_000))
    body = local_header(b"x", packed, size=1_000_000, crc32=zlib.crc32(bytes(1_000_000)))
    entry = {"compressed": len(packed), "size": 1_000_000, "crc32": zlib.crc32(bytes(1_000_000))}
    directory = b"".join(central_header(b"%d" % number, offset=0, **entry) for number in range(1000))
    started = time.process_time()

    with opened(tmp_path, body + directory + end_record(1000, len(directory), len(body))) as inputs:
        refused = [member.unreadable for member in inputs.inputs[0].members if member.unreadable]
        assert sum(len(data) for data, _ in contents(inputs).values()) <= 1_000_000
    assert len(refused) == 999
    assert set(refused) == {"it runs into the next member, as only damaged or forged archives do"}
    assert time.process_time() - started < 2


def test_a_member_that_others_run_into_is_read(tmp_path: Path) -> None:
    inner = local_header(b"inner", deflated(PEM), size=len(PEM), crc32=zlib.crc32(PEM))
    outer = local_header(b"outer", inner, size=len(inner), crc32=zlib.crc32(inner), method=0)
    start, packed = len(outer) - len(inner), deflated(PEM)
    directory = central_header(
        b"outer", compressed=len(inner), size=len(inner), crc32=zlib.crc32(inner), offset=0, method=0
    ) + central_header(b"inner", compressed=len(packed), size=len(PEM), crc32=zlib.crc32(PEM), offset=start)

    with opened(tmp_path, outer + directory + end_record(2, len(directory), len(outer))) as inputs:
        assert contents(inputs) == {"inner": (PEM, None)}
        assert "runs into" in (members(inputs)["outer"].unreadable or "")


def test_a_member_larger_than_its_header_says_is_cut_there(tmp_path: Path) -> None:
    with opened(tmp_path, forged_zip(b"server.pem", bytes(30_000_000), size=100)) as inputs:
        data, damage = read_all(members(inputs)["server.pem"])

    assert data == bytes(100)
    assert "more than the 100 bytes" in (damage or "")


def test_a_claim_that_compression_cannot_keep_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path, forged_zip(b"server.pem", b"x", size=1 << 31)) as inputs:
        assert "more than compression can give" in (members(inputs)["server.pem"].unreadable or "")


def test_a_changed_byte_costs_one_member(tmp_path: Path) -> None:
    data = bytearray(zipped({"server.pem": NOISE, "b.pem": PEM, "c.pem": PEM}, deflate=False))
    data[data.index(NOISE) + 2000] ^= 1

    with opened(tmp_path, bytes(data)) as inputs:
        found = contents(inputs)
        record = members(inputs)["server.pem"].record(read=ReadState.WHOLE, reason=None, node="n")
    assert found["b.pem"] == found["c.pem"] == (PEM, None)
    assert len(found["server.pem"][0]) == len(NOISE)
    assert (record.read, record.sha256, record.size) == (ReadState.PART, None, None)
    assert "checksum" in (record.reason or "")


def test_damage_in_compressed_data_keeps_what_comes_before(tmp_path: Path) -> None:
    data = bytearray(forged_zip(b"a.txt", LOG * 20_000))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40

    with opened(tmp_path, bytes(data)) as inputs:
        text, damage = read_all(members(inputs)["a.txt"])
    assert damage is not None
    assert len(text) > len(LOG) * 5_000
    assert text.startswith(LOG * 1000)


def test_two_names_for_one_member_are_a_problem(tmp_path: Path) -> None:
    data = zipped({"server.pem": PEM}).replace(b"server.pem", b"client.pem", 1)
    with opened(tmp_path, data) as inputs:
        assert list(contents(inputs)) == ["server.pem"]
    assert "two names" in inputs.problems[0].what


def test_members_beyond_the_limit_are_a_problem(tmp_path: Path) -> None:
    data = zipped({f"{number}.pem": PEM for number in range(12)})
    with opened(tmp_path, data, limits=Limits(members=10)) as inputs:
        assert len(inputs.inputs[0].members) == 10
    assert "more than 10" in inputs.problems[0].why


def test_an_empty_archive_is_a_problem(tmp_path: Path) -> None:
    with opened(tmp_path, zipped({})) as inputs:
        assert inputs.inputs[0].members == ()
    assert [problem.what for problem in inputs.problems] == ["no member was found in it"]


@pytest.mark.parametrize("deflate", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_cut_archive_gives_every_member_before_the_cut(tmp_path: Path, *, deflate: bool, streamed: bool) -> None:
    bodies = {f"m{number}.pem": NOISE * (number + 1) for number in range(6)}
    data = zipped(bodies, deflate=deflate, streamed=streamed)
    ends = [data.find(b"PK\x03\x04", data.index(name.encode())) for name in bodies]
    ends[-1] = data.index(b"PK\x01\x02")

    for cut in range(100, len(data) - 1, len(data) // 40):
        with opened(tmp_path, data[:cut]) as inputs:
            found = contents(inputs)
        for (name, body), end in zip(bodies.items(), ends, strict=True):
            if end <= cut:
                assert found[name] == (body, None)
            elif name in found:
                assert body.startswith(found[name][0])
                assert found[name][1] is not None
        assert inputs.problems


def test_a_lost_directory_costs_nothing_but_a_problem(tmp_path: Path) -> None:
    data = bytearray(zipped(BUNDLE))
    data[data.index(b"PK\x01\x02")] ^= 0xFF

    with opened(tmp_path, bytes(data)) as inputs:
        assert contents(inputs) == WHOLE
    assert "directory" in inputs.problems[0].what


def test_a_bomb_in_a_cut_archive_stops_at_the_budget(tmp_path: Path) -> None:
    packed = deflated(bytes(50_000_000))
    data = b"".join(local_header(b"%d.pem" % n, packed, size=0, crc32=0, flags=8) for n in range(20))
    data = data.replace(struct.pack("<I", len(packed)), bytes(4))

    with opened(tmp_path, data, limits=Limits(total_bytes=60_000_000)) as inputs:
        assert inputs.inputs[0].members
        assert sum(len(data) for data, _ in contents(inputs).values()) <= 60_000_000

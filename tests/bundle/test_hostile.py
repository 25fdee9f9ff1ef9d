"""Whatever is done to an archive, opening and reading it ends, and raises nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.evidence import ReadState
from tests.bundle.building import BUNDLE, contents, gzipped, local_header, opened, tar_header, tarred, zipped

SMALL = {name: data[:600] for name, data in BUNDLE.items()}
ARCHIVES = {
    "zip": zipped(SMALL),
    "stored zip": zipped(SMALL, deflate=False),
    "streamed zip": zipped(SMALL, streamed=True),
    "tar": tarred(SMALL),
    "tar.gz": gzipped(tarred(SMALL)),
    "nested": zipped({"a.zip": zipped(SMALL), "b.tgz": gzipped(tarred(SMALL))}),
}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(tmp_path: Path, data: bytes) -> None:
    with opened(tmp_path, data) as inputs:
        found = contents(inputs)
        for one in inputs.inputs:
            for member in one.members:
                record = member.record(read=ReadState.WHOLE, reason=None, node=None)
                assert (record.read is ReadState.WHOLE) == (record.reason is None)
    assert len(found) <= 2000


@pytest.mark.parametrize("kind", ARCHIVES)
@QUICK
@given(flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes(tmp_path: Path, kind: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(ARCHIVES[kind])
    for place, value in flips:
        data[int(place * len(data))] = value

    _read(tmp_path, bytes(data))


@pytest.mark.parametrize("kind", ARCHIVES)
@QUICK
@given(start=st.floats(0, 0.9999), end=st.floats(0, 0.9999), filling=st.binary(max_size=20))
def test_lost_and_added_bytes(tmp_path: Path, kind: str, start: float, end: float, filling: bytes) -> None:
    data = ARCHIVES[kind]

    _read(tmp_path, data[: int(start * len(data))] + filling + data[int(end * len(data)) :])


@QUICK
@given(
    head=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh"]), rest=st.binary(max_size=2000)
)
def test_arbitrary_bytes(tmp_path: Path, head: bytes, rest: bytes) -> None:
    _read(tmp_path, head + rest)


@QUICK
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_one_changed_bit_of_a_zip_costs_one_member_at_most(tmp_path: Path, place: float, bit: int) -> None:
    data = bytearray(ARCHIVES["zip"])
    data[int(place * len(data))] ^= 1 << bit

    with opened(tmp_path, bytes(data)) as inputs:
        bodies = [body for body, damage in contents(inputs).values() if damage is None]
    assert sum(body in SMALL.values() for body in bodies) >= len(SMALL) - 1


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" * 500_000,
        local_header(b"a", b"", size=0, crc32=0, flags=8, method=0) * 3000 + b"PK\x07\x08abcdabcdabcd" * 50_000,
        gzipped(tar_header(b"a", b"\xff" * 12) + bytes(40_000_000)),
        gzipped((tar_header(b"a", b"\xff" * 12) + tar_header(b"b", b"00000000000")) * 5_000),
        gzipped(tar_header(b"x", b"00000000000", b"x") * 50_000),
        gzipped(b"") * 20_000,
    ],
    ids=["signatures", "descriptors", "search", "search again", "extended headers", "gzip streams"],
)
def test_crowds_of_headers_take_little_time(tmp_path: Path, data: bytes) -> None:
    started = time.process_time()

    _read(tmp_path, data)

    assert time.process_time() - started < 5

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from analyzer.bundle import Limits
from analyzer.evidence import ReadState
from tests.bundle.building import LOG, PCAP, PEM, members, opened, zipped

LARGE = PCAP + random.Random(2).randbytes(6_000_000)


def test_readinto_fills_the_buffer_but_for_the_end(tmp_path: Path) -> None:
    with opened(tmp_path, zipped({"a.pcap": LARGE})) as inputs, members(inputs)["a.pcap"].open() as stream:
        buffer, sizes, parts = bytearray(1 << 18), [], []
        while size := stream.readinto(buffer):
            sizes.append(size)
            parts.append(bytes(buffer[:size]))

    assert b"".join(parts) == LARGE
    assert sizes == [1 << 18] * (len(LARGE) >> 18) + [len(LARGE) & (1 << 18) - 1]


def test_the_hash_and_size_are_known_once_the_end_was_reached(tmp_path: Path) -> None:
    with opened(tmp_path, zipped({"a.pcap": LARGE})) as inputs:
        member = members(inputs)["a.pcap"]
        with member.open() as stream:
            assert stream.read(5) == LARGE[:5]
            early = member.record(read=ReadState.WHOLE, reason=None, node=None)
            stream.drain()
        late = member.record(read=ReadState.WHOLE, reason=None, node="core1")

    assert (early.sha256, early.size) == (None, len(LARGE))
    assert (late.sha256, late.size) == (hashlib.sha256(LARGE).hexdigest(), len(LARGE))
    assert (late.read, late.reason, late.node) == (ReadState.WHOLE, None, "core1")


def test_the_readers_reason_is_kept_beside_the_damage(tmp_path: Path) -> None:
    with opened(tmp_path, zipped({"server.pem": PEM})[:60]) as inputs:
        member = members(inputs)["server.pem"]
        with member.open() as stream:
            stream.drain()
        record = member.record(read=ReadState.NOT, reason="no certificate in it", node=None)

    assert record.read is ReadState.NOT
    assert record.reason == f"{stream.damage}; no certificate in it"


def test_a_member_is_read_up_to_the_limit_of_its_kind(tmp_path: Path) -> None:
    for size, damaged in ((len(PEM), False), (len(PEM) - 1, True)):
        with opened(tmp_path, PEM, limits=Limits(certificate_bytes=size)) as inputs:
            stream = inputs.inputs[0].members[0].open()
            assert stream.read(1000) == PEM[:size]
            assert stream.read(1000) == b""
            assert (stream.damage is not None) is damaged


def test_a_closed_stream_reads_nothing_and_tells_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, LOG) as inputs:
        member = inputs.inputs[0].members[0]
        stream = member.open()
        stream.close()

        assert stream.read(10) == b""
        assert member.record(read=ReadState.WHOLE, reason=None, node=None).sha256 is None

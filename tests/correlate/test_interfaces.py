from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.correlate.interfaces import merge_interfaces
from analyzer.evidence import Handshake
from tests.correlate.records import handshake

FIRST = replace(handshake(), captures=("b.zip/eth0.pcap",))


def on_the_other_interface(*, later: float = 0.002) -> Handshake:
    return replace(FIRST, captures=("b.zip/eth1.pcap",), started=FIRST.started + timedelta(seconds=later))


def test_a_handshake_that_two_interfaces_saw_is_one() -> None:
    (only,) = merge_interfaces([FIRST, on_the_other_interface()])

    assert only.captures == ("b.zip/eth0.pcap", "b.zip/eth1.pcap")
    assert only.frames == FIRST.frames


@pytest.mark.parametrize(
    "other",
    [
        on_the_other_interface(later=40),
        replace(FIRST, started=FIRST.started + timedelta(milliseconds=2)),
        replace(FIRST, captures=("b.zip/eth1.pcap",), client=replace(FIRST.client, port=25999)),
    ],
    ids=["later", "same capture", "another port"],
)
def test_what_is_not_the_same_stays_apart(other: Handshake) -> None:
    assert merge_interfaces([FIRST, other]) == (FIRST, other)

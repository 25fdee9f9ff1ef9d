from __future__ import annotations

import pytest

from analyzer.bundle import OpenMember
from analyzer.bundle.files import BytesContent
from analyzer.evidence import MemberKind, ReadState
from analyzer.intake import read_node
from samples.builders.frames import pcap
from tests.parsers.capture import captures as c

CAPTURE = c.capture_of(c.mutual())


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (CAPTURE, ReadState.WHOLE),
        (pcap([]), ReadState.WHOLE),
        (CAPTURE[:-20], ReadState.PART),
        (CAPTURE[:50], ReadState.NOT),
        (b"garbage" * 50, ReadState.NOT),
        (b"", ReadState.NOT),
    ],
    ids=["whole", "empty", "cut", "cut in its first packet", "garbage", "no bytes"],
)
def test_a_capture_is_read_as_far_as_it_has_packets(data: bytes, read: ReadState) -> None:
    member = OpenMember(
        input_name="b.zip",
        name="eth0.pcap",
        reference="b.zip/eth0.pcap",
        container="",
        kind=MemberKind.CAPTURE,
        content=BytesContent(data),
        limit=1 << 20,
    )
    node = read_node([member], lambda _: None)

    assert [(record.read, record.reason is None) for record in node.members] == [(read, read is ReadState.WHOLE)]
    assert len(node.problems) == (read is not ReadState.WHOLE)

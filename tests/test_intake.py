from __future__ import annotations

import pytest

from analyzer.bundle import OpenMember
from analyzer.bundle.files import BytesContent
from analyzer.evidence import MemberKind, ReadState
from analyzer.intake import read_node
from analyzer.parsers.capture.flows import FlowTable
from analyzer.parsers.capture.packets import PacketReader
from samples.builders.frames import CapturedFrame, pcap
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
    node = read_node([capture("eth0.pcap", data)])

    assert [(record.read, record.reason is None) for record in node.members] == [(read, read is ReadState.WHOLE)]
    assert len(node.problems) == (read is not ReadState.WHOLE)


def capture(name: str, data: bytes, interface: str | None = None) -> OpenMember:
    return OpenMember(
        input_name="b.zip",
        name=name,
        reference=f"b.zip/{name}",
        container="",
        kind=MemberKind.CAPTURE,
        content=BytesContent(data),
        limit=1 << 20,
        interface=interface,
    )


@pytest.mark.parametrize(
    ("broken", "state", "what"),
    [("read", ReadState.NOT, "The capture"), ("_walk", ReadState.PART, "The rest of the capture")],
    ids=["at its start", "within it"],
)
def test_a_bug_in_reading_a_capture_costs_that_capture_alone(
    monkeypatch: pytest.MonkeyPatch, broken: str, state: ReadState, what: str
) -> None:
    works = getattr(PacketReader, broken)
    tagged = pcap([CapturedFrame(time=c.START, octets=bytes(12) + b"\x81\x00" + bytes(80))])

    def fails(reader: PacketReader, *given: object) -> None:
        if reader._name == "b.zip/odd.pcap":
            raise IndexError("list index out of range")
        works(reader, *given)

    monkeypatch.setattr(PacketReader, broken, fails)
    node = read_node([capture("odd.pcap", tagged), capture("eth0.pcap", CAPTURE, "eth0")])

    assert {record.name: record.read for record in node.members} == {"odd.pcap": state, "eth0.pcap": ReadState.WHOLE}
    assert [(problem.file, problem.what, problem.why) for problem in node.problems] == [
        ("b.zip/odd.pcap", what, "the program failed on it (IndexError); please report this")
    ]
    assert len(node.reading.handshakes) == 1


def test_a_bug_in_concluding_what_is_still_open_costs_these_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    works = FlowTable.finish

    def fails(table: FlowTable) -> None:
        works(table)
        raise IndexError("pop from empty list")

    monkeypatch.setattr(FlowTable, "finish", fails)
    node = read_node([capture("eth0.pcap", CAPTURE)])

    assert [(problem.file, problem.what) for problem in node.problems] == [
        ("b.zip/eth0.pcap", "Connections at the capture's end")
    ]
    assert len(node.reading.handshakes) == 1


def test_of_every_member_is_told_how_much_was_read() -> None:
    told: list[tuple[str, int | None, int]] = []

    read_node(
        [capture("eth0.pcap", CAPTURE), capture("eth1.pcap", CAPTURE * 2, "eth1")],
        lambda name, size, done: told.append((name, size, done)),
    )

    assert told == [
        (f"b.zip/{name}", None, done)
        for name, length in (("eth0.pcap", len(CAPTURE)), ("eth1.pcap", 2 * len(CAPTURE)))
        for done in (0, length)
    ]

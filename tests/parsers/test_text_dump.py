from __future__ import annotations

import time
from io import BytesIO

import pytest

from analyzer.parsers import leaves as leaves_module
from analyzer.parsers.leaves import LeafReading
from analyzer.parsers.text_dump import read_text_leaves
from analyzer.parsers.xml_dump import read_xml_leaves
from analyzer.words import say


def read(text: str | bytes) -> LeafReading:
    return read_text_leaves(BytesIO(text.encode() if isinstance(text, str) else text), "f", say("dump"))


def values(text: str | bytes) -> list[tuple[str, str]]:
    return [(leaf.path, leaf.value) for leaf in read(text).leaves]


def test_a_tree_and_flat_lines_are_the_same_leaves() -> None:
    tree = '*s Zones:\n  Zone 1:\n    Name: "a"\n    SIP:\n      Port: 5061\n  Zone 2:\n    Name: "b"\n*s/end\n'

    assert values(tree) == [("Zones Zone 1 Name", "a"), ("Zones Zone 1 SIP Port", "5061"), ("Zones Zone 2 Name", "b")]
    assert values(tree) == values(
        '*s Zones Zone 1 Name: "a"\n*s Zones Zone 1 SIP Port: "5061"\n*s Zones Zone [2] Name: "b"'
    )


def test_an_end_mark_ends_the_tree() -> None:
    assert values("*s Zones:\n  Zone 1:\n*s/end\n  Name: a\n") == []


def test_values_may_hold_colons_quotes_and_nothing() -> None:
    text = '*c SystemUnit Name: "a: \\"b\\": c"\n*c SystemUnit Other: ""\n*c SystemUnit Address: 2001:db8::1\n'

    assert values(text) == [
        ("SystemUnit Name", 'a: "b": c'),
        ("SystemUnit Other", ""),
        ("SystemUnit Address", "2001:db8::1"),
    ]


def test_text_inside_a_quoted_value_of_several_lines_is_no_setting() -> None:
    text = '*c SystemUnit Banner: "hello\nSIP TLS Mode: Off\n still "\n*c SystemUnit Name: "n"\n'

    assert values(text) == [("SystemUnit Name", "n")]


def test_a_value_that_the_end_of_the_file_cuts_is_not_believed() -> None:
    reading = read('*c SystemUnit Name: "n"\n*c SIP TLS Mode: "O')

    assert [leaf.value for leaf in reading.leaves] == ["n"]
    assert not reading.complete
    assert "quoted" in reading.problems[0].why


def test_endless_lines_cost_themselves_only() -> None:
    start = time.process_time()
    text = '*c SystemUnit Name: "n"\n' + "x " * 2_000_000 + '\n*c SIP TLS Mode: "On"\n'

    assert [value for _, value in values(text)] == ["n", "On"]
    assert time.process_time() - start < 5


def test_long_values_are_cut() -> None:
    (value,) = (leaf.value for leaf in read(f"*c SystemUnit Name: {'n' * 5000}\n").leaves)

    assert len(value) == leaves_module.MAX_VALUE


def test_the_number_of_leaves_is_limited_with_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves_module, "MAX_LEAVES", 3)
    xml = b"<Status><Zones>" + b"<Zone><Name>n</Name></Zone>" * 9 + b"</Zones></Status>"

    for reading in (read("*s SystemUnit Name: n\n" * 9), read_xml_leaves(BytesIO(xml), "f", say("dump"))):
        assert len(reading.leaves) == 3
        assert not reading.complete
        assert "more than" in reading.problems[0].why


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert values(b"*c SystemUnit Name: caf\xe9\n*c SIP Mode: On\n") == [
        ("SystemUnit Name", "caf\ufffd"),
        ("SIP Mode", "On"),
    ]


def test_parts_that_nothing_reads_are_dropped() -> None:
    text = "*c xConfiguration Applications SIP TLS Mode: Off\n*c H323 Mode: On\n*c xConfiguration SIP TLS Mode: On\n"

    assert values(text) == [("xConfiguration SIP TLS Mode", "On")]

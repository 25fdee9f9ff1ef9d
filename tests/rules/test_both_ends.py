from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Connection, Endpoint, NodePair, Side
from tests.rules.cases import NOT_DETERMINABLE, case, connection, judge, made, twins
from tests.rules.nodes import CORE, EDGE, core, edge

SEEN, CLOCKS = "connection-seen-at-both-ends", "clocks-differ-between-nodes"


def both() -> tuple[Connection, Connection]:
    return connection(core(), EDGE, role=Side.CLIENT), connection(edge(), CORE, role=Side.SERVER)


def three(seconds: float) -> NodePair:
    return twins(("c1", "c2"), ("c3", "c4"), ("c5", "c6"), seconds=seconds)


def test_the_first_node_says_it_for_both_and_only_as_context() -> None:
    judged = case(core(), edge(), connections=both(), pairs=[twins(("c1", "c2"), seconds=-0.25)])

    assert judge(judged, SEEN) == {("info", "proven", "edge")}
    (finding,) = made(judged, SEEN)
    assert (finding.node, finding.is_context, len(finding.evidence)) == ("core", True, 2)
    assert "The clock of edge is 0.250 s behind that of core (measured once)" in finding.explanation
    assert "translated" not in finding.explanation


def test_a_capture_that_names_no_host_is_called_the_loose_files() -> None:
    nameless = edge(name=None, host=None)
    here, there = both()
    both_ends = [here, replace(there, node=None)]
    pair = replace(twins(("c1", "c2")), second=None)
    the_other_way = replace(twins(("c2", "c1")), first=None, second="core")

    (seen,) = made(case(core(), nameless, connections=both_ends, pairs=[pair]), SEEN)
    (turned,) = made(case(nameless, core(), connections=both_ends, pairs=[the_other_way]), SEEN)

    assert (seen.subject, turned.subject) == ("the loose files", "core")
    assert "both core and the loose files" in seen.explanation
    assert "both the loose files and core" in turned.explanation


def test_translated_addresses_are_named_once() -> None:
    outside = Endpoint(address="198.51.100.7", port=40000)
    here, there = both()
    there = replace(there, handshake=replace(there.handshake, client=outside))
    judged = case(core(), edge(), connections=[here, there] * 2, pairs=[twins(("c1", "c2"), ("c3", "c4"))])

    (finding,) = made(judged, SEEN)

    assert finding.explanation.count("10.1.1.10 is 198.51.100.7 there") == 1
    assert finding.count == 2


def test_what_a_box_makes_of_a_connection_is_not_seen_at_both_ends() -> None:
    pairs = [twins(("c1", "c2"), same_hello=False)]

    assert judge(case(core(), edge(), connections=both(), pairs=pairs), SEEN) == set()


@pytest.mark.parametrize(("seconds", "expected"), [(2.5, {("warning", "proven", "edge")}), (-1.5, set())])
def test_clocks_may_be_two_seconds_apart(seconds: float, expected: set[tuple[str, str, str]]) -> None:
    assert judge(case(core(), edge(), connections=both() * 3, pairs=[three(seconds)]), CLOCKS) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(70, {("warning", "strong", "edge")}), (30, set())])
def test_one_connection_may_be_late_by_itself(seconds: float, expected: set[tuple[str, str, str]]) -> None:
    pairs = [twins(("c1", "c2"), seconds=seconds)]

    assert judge(case(core(), edge(), connections=both(), pairs=pairs), CLOCKS) == expected


@pytest.mark.parametrize("rule", [SEEN, CLOCKS])
def test_without_the_other_ends_capture_nothing_can_be_told(rule: str) -> None:
    missing = {("info", NOT_DETERMINABLE, "core")}

    assert judge(case(core(), edge(), connections=both()[:1]), rule, "core") == missing
    again = replace(core(), name="core#2")
    assert judge(case(core(), again, connections=both()[:1]), rule, "core") == missing


@pytest.mark.parametrize("rule", [SEEN, CLOCKS])
def test_ends_that_never_met_say_nothing(rule: str) -> None:
    assert judge(case(core(), edge(), connections=both()), rule) == set()

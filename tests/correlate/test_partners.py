from __future__ import annotations

import pytest

from analyzer.correlate.partners import find_partners
from analyzer.evidence import (
    Connection,
    Node,
    NodeRole,
    Outcome,
    Peer,
    PeerKind,
    PresentedCertificate,
    Visibility,
)
from tests.correlate.records import handshake, node, zone


def core(name: str, *edges: str) -> Node:
    return node(name, addresses=(), zones=(zone("UC", "TraversalClient", *edges),))


def edge(name: str, *addresses: str) -> Node:
    return node(name, NodeRole.EDGE, addresses=addresses)


def partners(*nodes: Node, connections: tuple[Connection, ...] = ()) -> dict[str | None, tuple[str, ...]]:
    return {one.name: one.partners for one in find_partners(nodes, connections)}


def talk(node_name: str, other: str, kind: PeerKind = PeerKind.PARTNER) -> Connection:
    nothing = PresentedCertificate(visibility=Visibility.NOT_CAPTURED)
    return Connection(
        id="c1", node=node_name, handshake=handshake(), local_role=None,
        peer=Peer(name=other, kind=kind, node=other), service=None, server_certificate=nothing,
        client_certificate=nothing, outcome=Outcome.UNKNOWN, refused_by=None, outcome_reason=None,
    )  # fmt: skip


def test_one_core_and_one_edge_belong_together() -> None:
    assert partners(core("c", "elsewhere.example"), edge("e")) == {"c": ("e",), "e": ("c",)}


@pytest.mark.parametrize(
    "configured", ["e1.harbor.example", "E1.HARBOR.example", "e1", "e1.other.example", "10.2.2.1"]
)
def test_of_several_the_configured_one_is_the_partner(configured: str) -> None:
    assert partners(core("c", configured), edge("e1", "10.2.2.1"), edge("e2", "10.2.2.2")) == {
        "c": ("e1",),
        "e1": ("c",),
        "e2": (),
    }


def test_of_several_the_one_that_was_talked_to_is_the_partner() -> None:
    nodes = (core("c"), edge("e1"), edge("e2"))

    for connection in (talk("c", "e2"), talk("e2", "c")):
        assert partners(*nodes, connections=(connection,)) == {"c": ("e2",), "e1": (), "e2": ("c",)}
    assert partners(*nodes, connections=(talk("c", "e2", PeerKind.NEIGHBOR),))["c"] == ()


def test_a_cluster_has_all_its_partners() -> None:
    result = partners(core("c1", "e1", "e2"), core("c2", "e1", "e2"), edge("e1"), edge("e2"))

    assert result == {"c1": ("e1", "e2"), "c2": ("e1", "e2"), "e1": ("c1", "c2"), "e2": ("c1", "c2")}


def test_nodes_of_one_role_or_of_none_are_no_partners() -> None:
    assert partners(core("c1"), core("c2"), node("x", NodeRole.UNKNOWN)) == {"c1": (), "c2": (), "x": ()}

"""SSH tunnels are refused, and the Core's list lacks a part of the Edge's chain."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, Node, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, conversation, judge, made
from tests.rules.nodes import DENIED, FAILED_ZONE, WEAK_CORE, bare, core, edge, stores
from tests.rules.pki import CORE_CLIENT, CORE_SERVER, EDGE_CLIENT, EDGE_SERVER, EVERYONE, WITHOUT_ISSUING

RULE = "ssh-reverse-trust-missing"

WITHOUT_EDGES_ISSUER = tuple(one for one in EVERYONE if one.common_name != "Meridian Issuing CA")
ROOTLESS = tuple(one for one in EVERYONE if not (one.common_name or "").startswith("Meridian"))


def lacking(trusted: tuple[Certificate, ...] = WITHOUT_EDGES_ISSUER) -> Node:
    return core(tunnels=DENIED, stores=stores(CORE_SERVER, CORE_CLIENT, trusted))


@pytest.mark.parametrize("trusted", [WITHOUT_EDGES_ISSUER, ROOTLESS])
def test_the_cores_list_may_be_the_reason_and_that_is_called_inferred(trusted: tuple[Certificate, ...]) -> None:
    judged = case(lacking(trusted), edge())

    assert judge(judged, RULE) == {("warning", "inferred", "edge")}


def test_it_explains_the_tunnels() -> None:
    assert causes(case(lacking(), edge()))["core", "ssh-tunnels-down"] == RULE


@pytest.mark.parametrize(
    ("owner", "partner"),
    [
        (core(stores=lacking().stores), edge()),
        (lacking(EVERYONE), edge()),
        (replace(lacking(), zones=FAILED_ZONE), edge(zones=FAILED_ZONE)),
        (replace(WEAK_CORE, tunnels=DENIED), edge()),
        (lacking(), edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING))),
        (lacking(), edge(stores=stores(None, EDGE_CLIENT))),
    ],
    ids=["tunnels up", "whole list", "zone down", "no clientAuth", "the Edge's list lacks something", "leaf unknown"],
)
def test_it_is_not_said_where_it_decides_nothing(owner: Node, partner: Node) -> None:
    assert judge(case(owner, partner), RULE, "core") == set()


def test_without_the_edges_bundle_it_is_not_determinable() -> None:
    assert judge(case(lacking()), RULE) == {("info", NOT_DETERMINABLE, "core")}


def test_it_is_a_matter_of_the_core() -> None:
    assert judge(case(edge(tunnels=DENIED), lacking()), RULE, "edge") == set()
    assert judge(case(bare(edge().role)), RULE) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 1), ({"server_banner": None}, 0), ({"client_banner": None}, 0), ({"ended": None}, 0)],
    ids=["both spoke", "the server never spoke", "the client never spoke", "still open"],
)
def test_a_closed_flow_is_a_refusal_only_if_both_ends_had_spoken(changes: dict[str, Any], expected: int) -> None:
    owner = replace(lacking(), tunnels=(), conversations=(conversation(**changes),))
    judged = case(owner, edge())

    assert len(judge(judged, RULE, "core")) == expected


def test_the_flow_is_quoted_with_who_closed_it_and_what_went_over() -> None:
    owner = replace(lacking(), tunnels=(), conversations=(conversation(closed_by=Side.SERVER),))

    (found,) = made(case(owner, edge()), RULE)

    words = "SSH closed by the server 1.0 s after it was opened, behind both banners; 900 bytes of the client, 900"
    assert any(words in row.text for row in found.evidence)

"""The client store that lost its own certificate inside the window."""

from __future__ import annotations

import pytest

from analyzer.evidence import Certificate, Connection, Node, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge
from tests.rules.nodes import START, WEBEX, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, SERVER_ONLY, certificate

RULE = "client-store-overwritten"

OVERWRITTEN = edge(stores=stores(EDGE_SERVER, EDGE_SERVER))
FRESH = certificate("edge.harbor.example", SERVER_ONLY, not_before=START)
FRESH_BOTH = certificate("edge.harbor.example", BOTH, not_before=START)


def shown(node: Node, leaf: Certificate, at: float, code: int | None = None) -> Connection:
    alert = (Side.SERVER, code) if code else None
    return connection(node, WEBEX, role=Side.CLIENT, client=leaf, alert=alert, completed=not code, at=at)


def test_a_client_certificate_that_became_the_servers_is_told() -> None:
    sent = [shown(OVERWRITTEN, EDGE_CLIENT, 0), shown(OVERWRITTEN, EDGE_SERVER, 60)]
    judged = case(OVERWRITTEN, connections=sent)

    assert judge(judged, RULE) == {("warning", "proven", "edge.harbor.example")}
    assert causes(judged)["edge", "presented-replaced-during-capture"] == RULE


def test_it_is_critical_if_a_peer_refused_it_since() -> None:
    sent = [shown(OVERWRITTEN, EDGE_CLIENT, 0), shown(OVERWRITTEN, EDGE_SERVER, 60, code=43)]

    assert judge(case(OVERWRITTEN, connections=sent), RULE) == {("critical", "proven", "edge.harbor.example")}


@pytest.mark.parametrize(
    ("node", "first", "second"),
    [
        (OVERWRITTEN, EDGE_SERVER, EDGE_CLIENT),
        (OVERWRITTEN, EDGE_SERVER, EDGE_SERVER),
        (edge(), EDGE_CLIENT, EDGE_SERVER),
        (edge(), EDGE_CLIENT, EDGE_CLIENT),
    ],
    ids=["the other way round", "never another", "the stores differ", "healthy"],
)
def test_what_is_no_overwriting_is_not_told(node: Node, first: Certificate, second: Certificate) -> None:
    assert judge(case(node, connections=[shown(node, first, 0), shown(node, second, 60)]), RULE) == set()


@pytest.mark.parametrize(("leaf", "severity"), [(FRESH, "warning"), (FRESH_BOTH, "info")])
def test_an_acme_renewal_that_filled_both_stores_is_inferred(leaf: Certificate, severity: str) -> None:
    node = edge(stores=stores(leaf, leaf))
    line = event(node, None, name="Certificate Management", detail="ACME certificate deployed", at=60)

    assert judge(case(node, events=[line]), RULE) == {(severity, "inferred", "edge.harbor.example")}


@pytest.mark.parametrize(
    ("detail", "at"),
    [
        ("ACME certificate signing failed", 60),
        ("Server certificate uploaded", 60),
        ("ACME certificate deployed", -60),
    ],
)
def test_other_lines_are_no_renewal(detail: str, at: float) -> None:
    node = edge(stores=stores(FRESH, FRESH))
    line = event(node, None, name="Certificate Management", detail=detail, at=at)

    assert judge(case(node, events=[line]), RULE) == set()


def test_without_the_client_store_it_is_not_determinable() -> None:
    assert judge(case(edge(stores=stores(EDGE_SERVER, None))), RULE) == {("info", NOT_DETERMINABLE, "edge")}

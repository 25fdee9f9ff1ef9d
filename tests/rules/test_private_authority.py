"""Certificates of a private CA, and who has to know it."""

from __future__ import annotations

import pytest

from analyzer.evidence import Side
from analyzer.findings import HERE
from tests.rules.cases import NOT_DETERMINABLE, case, connection, judge, made
from tests.rules.nodes import WEBEX, core, edge, stores
from tests.rules.pki import (
    CORE_CLIENT,
    EDGE_CLIENT,
    EDGE_SERVER,
)

PRIVATE_EDGE = stores(EDGE_CLIENT, EDGE_CLIENT)


def test_an_edge_with_nothing_but_private_certificates_is_warned() -> None:
    assert judge(case(edge(stores=PRIVATE_EDGE)), "all-private-ca") == {("warning", "strong", "edge.harbor.example")}
    assert judge(case(edge()), "all-private-ca") == set()
    assert judge(case(edge(stores=stores(None, None))), "all-private-ca") == {("info", NOT_DETERMINABLE, "edge")}


def test_a_core_with_nothing_but_private_certificates_is_common() -> None:
    node = core(stores=stores(CORE_CLIENT, CORE_CLIENT))

    assert judge(case(node), "all-private-ca") == {("info", "strong", "core.harbor.example")}


@pytest.mark.parametrize(
    ("alert", "completed", "expected"),
    [
        (None, None, ("info", "inferred")),
        (None, True, ("info", "inferred")),
        ((Side.SERVER, 48), None, ("critical", "strong")),
        ((Side.CLIENT, 48), None, ("info", "inferred")),
        ((Side.SERVER, 42), None, ("info", "inferred")),
        ((Side.SERVER, 43), None, ("info", "inferred")),
    ],
)
def test_far_ends_must_know_a_private_authority(
    alert: tuple[Side, int] | None, completed: bool | None, expected: tuple[str, str]
) -> None:
    node = edge(stores=PRIVATE_EDGE)
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=alert, completed=completed)

    assert judge(case(node, connections=[shown]), "far-end-must-trust-private-ca") == {
        (*expected, "edge.harbor.example")
    }


def test_what_the_store_rule_says_yields_to_what_was_presented() -> None:
    node = edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_SERVER, completed=True)

    (other,) = made(case(node, connections=[shown]), "far-end-must-trust-private-ca")
    (alone,) = made(case(node), "far-end-must-trust-private-ca")

    assert other.explanation.startswith("With Webex another certificate was captured: serial ")
    assert "would present" in other.explanation
    assert alone.explanation.startswith("As a TLS client this Edge would present")


def test_a_private_certificate_that_was_presented_is_said_to_have_been() -> None:
    node = edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)

    (finding,) = made(case(node, connections=[shown]), "far-end-must-trust-private-ca")

    assert finding.explanation.startswith("As a TLS client this Edge presented a certificate of a private CA.")


def test_a_refusal_leads_with_who_refused_which_authority_and_with_two_ways_out() -> None:
    node = edge(stores=PRIVATE_EDGE)
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 46))
    judged = case(node, connections=[shown])

    (finding,) = made(judged, "far-end-must-trust-private-ca")

    assert finding.title.startswith("Webex refused a certificate of the private CA ")
    assert [(one.at, one.instead) for one in finding.remedy] == [(None, False), (HERE, True)]
    assert finding.caused_by is None
    assert judge(judged, "all-private-ca") == {("warning", "strong", "edge.harbor.example")}


def test_a_public_client_certificate_asks_nothing_of_far_ends() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_SERVER))

    assert judge(case(node), "far-end-must-trust-private-ca") == set()


def test_without_either_store_whom_the_ca_must_be_known_to_is_not_determinable() -> None:
    judged = case(edge(stores=stores(None, None)))

    assert judge(judged, "far-end-must-trust-private-ca") == {("info", NOT_DETERMINABLE, "edge")}

"""Two certificates of one name in the trusted CA list, and certificates there that are no authorities."""

from __future__ import annotations

import pytest

from analyzer.evidence import Certificate, Node, Side
from analyzer.rules.trusted_members import is_end_entity
from samples.builders.certificates import Authority, self_signed
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, findings, judge
from tests.rules.nodes import CUBE, CUCM, WEBEX, edge, stores
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, EVERYONE, altered, read

DUPLICATE, LEAF = "trust-duplicate-cn", "trust-contains-leaf"
NAME = "cucm.harbor.example"
TOMCAT, CALL_MANAGER = (read(self_signed(NAME).certificate) for _ in range(2))
FIRST, SECOND = (read(Authority.root("Harbor Rollover CA").certificate) for _ in range(2))


def listing(*more: Certificate) -> Node:
    return edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*EVERYONE, *more)))


def test_two_self_signed_certificates_of_a_host_are_a_warning() -> None:
    assert judge(case(listing(TOMCAT, CALL_MANAGER)), DUPLICATE) == {("warning", "proven", NAME)}
    assert judge(case(listing(TOMCAT)), DUPLICATE) == set()
    assert judge(case(edge()), DUPLICATE) == set()


def test_a_host_that_calls_itself_an_authority_is_still_a_host() -> None:
    pair = (altered(TOMCAT, is_ca=True), altered(CALL_MANAGER, is_ca=True))

    assert judge(case(listing(*pair)), DUPLICATE) == {("warning", "proven", NAME)}


def test_the_rollover_of_an_authoritys_key_is_normal() -> None:
    assert judge(case(listing(FIRST, SECOND)), DUPLICATE) == set()


@pytest.mark.parametrize("identifier", [None, "aa"], ids=["absent", "equal"])
def test_authorities_that_no_key_identifier_tells_apart_are_a_warning(identifier: str | None) -> None:
    pair = (altered(FIRST, subject_key_identifier=identifier), altered(SECOND, subject_key_identifier=identifier))

    assert judge(case(listing(*pair)), DUPLICATE) == {("warning", "proven", "Harbor Rollover CA")}


def test_one_key_under_two_certificates_is_a_renewal_or_a_cross_certificate() -> None:
    again = altered(TOMCAT, serial="77")
    renewed = altered(FIRST, serial="77", subject_key_identifier=None)

    assert judge(case(listing(TOMCAT, again, FIRST, renewed)), DUPLICATE) == set()


def test_a_refusal_of_that_name_is_explained_and_no_other() -> None:
    node = listing(TOMCAT, CALL_MANAGER)
    refused = connection(node, CUCM, role=Side.CLIENT, server=(CALL_MANAGER,), alert=(Side.CLIENT, 48))
    other = connection(node, WEBEX, role=Side.CLIENT, server=(EDGE_SERVER,), alert=(Side.CLIENT, 48))
    tied = causes(case(node, connections=[refused]))

    assert tied["edge", "local-alert-unknown-ca"] == DUPLICATE
    assert causes(case(node, connections=[other]))["edge", "local-alert-unknown-ca"] != DUPLICATE
    assert judge(case(node, connections=[refused]), DUPLICATE) == {("warning", "inferred", NAME)}


def test_a_refusal_by_the_peer_says_nothing_of_the_own_list() -> None:
    node = listing(TOMCAT, CALL_MANAGER)
    refused = connection(node, CUBE, role=Side.SERVER, client=(TOMCAT,), alert=(Side.CLIENT, 48))

    assert causes(case(node, connections=[refused]))["edge", "peer-alert-unknown-ca"] is None


def test_certificates_of_hosts_in_the_list_are_context() -> None:
    judged = case(listing(TOMCAT, CALL_MANAGER))
    (finding,) = [one for one in findings(judged) if one.id == LEAF and one.determined]

    assert (str(finding.severity), finding.count, finding.is_context) == ("info", 2, True)
    assert judge(case(edge()), LEAF) == set()


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        (TOMCAT, True),
        (FIRST, False),
        (altered(FIRST, is_ca=None), False),
        (altered(FIRST, is_ca=None, unreadable=("is_ca",), extended_key_usage=("serverAuth",)), False),
        (altered(FIRST, is_ca=False), True),
    ],
    ids=["a host", "an authority", "one of before 1999", "unreadable", "says so"],
)
def test_old_authorities_without_basic_constraints_are_no_hosts(certificate: Certificate, expected: bool) -> None:
    assert is_end_entity(certificate) is expected


@pytest.mark.parametrize("rule", [DUPLICATE, LEAF])
def test_without_the_list_it_is_not_determinable(rule: str) -> None:
    assert judge(case(edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None))), rule) == {
        ("info", NOT_DETERMINABLE, "edge")
    }

"""Authorities of the trusted CA list that are out of their dates, and whether anybody needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, Node, ReferenceTime, Side, Visibility
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, INTERNET, START, WEBEX, core, edge, stores
from tests.rules.pki import BOTH, CORE_SERVER, EDGE_CLIENT, EDGE_SERVER, EVERYONE, certificate, read

LONG_AGO, YESTERDAY = datetime(2015, 1, 1, tzinfo=UTC), START - timedelta(days=1)
TOMORROW, LATER = START + timedelta(days=1), datetime(2040, 1, 1, tzinfo=UTC)
EXPIRED, EARLY = "trust-ca-expired", "trust-ca-not-yet-valid"
DATES = {EXPIRED: (LONG_AGO, YESTERDAY), EARLY: (TOMORROW, LATER)}
RULES = pytest.mark.parametrize("rule", [EXPIRED, EARLY])


def out_of_date(rule: str, *, root: bool = False) -> tuple[Authority, tuple[Certificate, ...]]:
    """Return an authority that is out of its dates (or whose root is), and its path; the same ones in one run."""
    return _out_of_date(rule, root)


@cache
def _out_of_date(rule: str, root: bool) -> tuple[Authority, tuple[Certificate, ...]]:
    begins, ends = DATES[rule]
    if root:
        above = Authority.root("Dated Root CA", not_before=begins, not_after=ends).intermediate("Dated Issuing CA")
    else:
        above = Authority.root("Dated Root CA").intermediate("Dated Issuing CA", not_before=begins, not_after=ends)
    return above, tuple(read(one) for one in above.path)


def leaf_of(rule: str, name: str = "cube.harbor.example", *, root: bool = False) -> Certificate:
    return certificate(name, BOTH, out_of_date(rule, root=root)[0])


def holder(rule: str, *, root: bool = False, server: Certificate = EDGE_SERVER, **changes: Any) -> Node:
    return edge(stores=stores(server, EDGE_CLIENT, (*EVERYONE, *out_of_date(rule, root=root)[1])), **changes)


@RULES
@pytest.mark.parametrize("root", [True, False], ids=["root", "intermediate"])
def test_what_nobody_uses_is_one_row_for_information(rule: str, root: bool) -> None:
    more = read(Authority.root("Forgotten Root CA", not_before=DATES[rule][0], not_after=DATES[rule][1]).certificate)
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*EVERYONE, *out_of_date(rule, root=root)[1], more)))
    (finding,) = made(case(node), rule)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("info", "proven", "trusted CA list")
    assert finding.count == 2
    assert judge(case(edge()), rule) == set()


@RULES
@pytest.mark.parametrize("root", [True, False], ids=["root", "intermediate"])
def test_a_peers_path_that_needs_it_is_critical_and_explains_the_refusal(rule: str, root: bool) -> None:
    node = holder(rule, root=root)
    leaf = leaf_of(rule, root=root)
    code = 45 if rule == EXPIRED else 48
    refused = connection(node, CUBE, role=Side.SERVER, client=(leaf,), alert=(Side.SERVER, code))
    judged = case(node, connections=[refused])
    dated = "Dated Root CA" if root else "Dated Issuing CA"

    assert judge(judged, rule) == {("critical", "proven", dated)}
    tied = causes(judged)
    assert tied["edge", rule] is None
    if rule == EXPIRED:
        assert tied["edge", "local-alert-certificate-expired"] == rule
        assert ("edge", "clock-wrong") not in tied


@RULES
def test_what_completed_all_the_same_is_a_warning(rule: str) -> None:
    node = holder(rule)
    fine = connection(node, CUBE, role=Side.CLIENT, server=(leaf_of(rule),), completed=True)

    assert judge(case(node, connections=[fine]), rule) == {("warning", "strong", "Dated Issuing CA")}


@RULES
def test_whom_nobody_knows_uses_nothing(rule: str) -> None:
    node = holder(rule)
    scanner = connection(node, INTERNET, role=Side.SERVER, client=(leaf_of(rule),), alert=(Side.SERVER, 45))

    assert {severity for severity, *_ in judge(case(node, connections=[scanner]), rule)} == {"info"}


@RULES
def test_an_authority_in_date_in_its_place_makes_it_unused(rule: str) -> None:
    above, path = out_of_date(rule)
    renewed = read(_renewed(above))
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*path, *EVERYONE, renewed)))
    alone = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*path, *EVERYONE)))
    refused = connection(node, CUBE, role=Side.SERVER, client=(leaf_of(rule),), alert=(Side.SERVER, 45))

    assert {severity for severity, *_ in judge(case(node, connections=[refused]), rule)} == {"info"}
    assert {severity for severity, *_ in judge(case(alone, connections=[refused]), rule)} == {"critical"}


def _renewed(above: Authority) -> Any:
    assert above.parent is not None
    return above.parent.intermediate("Dated Issuing CA", key=above.key).certificate


@RULES
def test_without_a_capture_the_partners_store_tells_what_is_used(rule: str) -> None:
    """The Core's client certificate stands under an authority of the Edge's list that is out of date."""
    node = holder(rule)
    weak = core(stores=stores(CORE_SERVER, leaf_of(rule, "core.harbor.example")))

    assert judge(case(node, weak), rule, "edge") == {("critical", "strong", "Dated Issuing CA")}
    assert {severity for severity, *_ in judge(case(node, core()), rule, "edge")} == {"info"}


@RULES
def test_a_partner_sends_the_intermediate_that_is_in_date(rule: str) -> None:
    above, path = out_of_date(rule)
    renewed = read(_renewed(above))
    sender = core(stores=stores(CORE_SERVER, leaf_of(rule, "core.harbor.example"), (*path, renewed)))

    assert {severity for severity, *_ in judge(case(holder(rule), sender), rule, "edge")} == {"info"}


@RULES
def test_an_intermediate_of_the_own_chain_is_inferred_until_a_peer_refuses_it(rule: str) -> None:
    leaf = leaf_of(rule, "edge.harbor.example")
    node = holder(rule, server=leaf)
    refused = connection(node, CUBE, role=Side.SERVER, server=leaf, alert=(Side.CLIENT, 45))
    line = event(node, CUBE, alert=45, role=Side.SERVER)

    assert judge(case(node), rule) == {("warning", "inferred", "Dated Issuing CA")}
    assert judge(case(node, connections=[refused]), rule) == {("critical", "proven", "Dated Issuing CA")}
    assert {s for s, *_ in judge(case(node, events=[line]), rule)} == {"critical"}


def test_the_own_chains_intermediate_explains_what_was_presented() -> None:
    leaf = leaf_of(EXPIRED, "edge.harbor.example")
    node = holder(EXPIRED, server=leaf)
    refused = connection(node, CUBE, role=Side.SERVER, server=leaf, alert=(Side.CLIENT, 45))
    tied = causes(case(node, connections=[refused]))

    assert tied["edge", "expired-at-handshake"] == EXPIRED
    assert tied["edge", "peer-alert-certificate-expired"] == "expired-at-handshake"


@RULES
def test_the_root_above_the_own_certificate_is_the_verifiers_matter(rule: str) -> None:
    node = holder(rule, root=True, server=leaf_of(rule, "edge.harbor.example", root=True))

    assert judge(case(node), rule) == {("info", "proven", "trusted CA list")}


@RULES
def test_one_that_is_needed_does_not_explain_what_others_refused(rule: str) -> None:
    node = holder(rule)
    fine = connection(node, CUBE, role=Side.SERVER, client=(leaf_of(rule),), completed=True)
    refused = connection(node, WEBEX, role=Side.CLIENT, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 48))
    partner = connection(node, CORE, role=Side.SERVER, client=Visibility.ENCRYPTED, alert=(Side.SERVER, 45))
    tied = causes(case(node, connections=[fine, refused, partner]))

    assert tied["edge", "peer-alert-unknown-ca"] is None
    assert tied["edge", "local-alert-certificate-expired"] is None


@RULES
def test_dates_are_judged_at_the_evidences_time(rule: str) -> None:
    other = {EXPIRED: YESTERDAY - timedelta(hours=1), EARLY: TOMORROW + timedelta(hours=1)}[rule]
    node = holder(rule)

    assert judge(case(replace(node, reference_time=ReferenceTime(time=other, origin="as-of"))), rule) == set()
    for lacking in (
        replace(node, reference_time=ReferenceTime(time=None, origin="none")),
        edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None)),
    ):
        assert judge(case(lacking), rule) == {("info", NOT_DETERMINABLE, "edge")}

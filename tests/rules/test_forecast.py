from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import Case, Certificate, NodeRole, ReferenceTime, Side, Zone
from analyzer.facts.custom import load_facts
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Finding
from analyzer.rules.catalogue import RULES
from analyzer.rules.runner import run
from samples.builders.certificates import Authority, AuthorityKind
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    PUBLIC,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
)

NAME = "core.harbor.example"
LOST, ONCE, STALE = "forecast-client-eku-lost-at-renewal", "forecast-one-more-renewal", "sunset-data-stale"
DIGICERT = authority("DigiCert", public=True)
SECTIGO = authority("Sectigo", public=True)
GODADDY = authority("GoDaddy", public=True)
ALTERNATIVE = Authority.root("DigiCert Assured ID Root G2", kind=AuthorityKind.PUBLIC).intermediate("Combined CA")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str) -> ReferenceTime:
    return ReferenceTime(time=day(text), origin="as-of")


def public(issuer: Any = PUBLIC, until: str = "2027-01-09", since: str = "2026-01-10") -> Certificate:
    return certificate(NAME, BOTH, issuer, not_before=day(since), not_after=day(until))


def presenting(leaf: Certificate | None, **changes: Any) -> Case:
    trusted = (*EVERYONE, *(chain(leaf, root=True)[1:] if leaf else ()))
    return case(core(stores=stores(EDGE_SERVER, leaf, trusted), **changes))


def judged_by(facts: Facts, judged: Case, rule_id: str) -> list[Finding]:
    rules = [rule for rule in RULES if rule.id == rule_id]
    return [grounded.finding for grounded in run(judged, rules, facts) if grounded.finding.determined]


# Which of the two it is: the end of the certificate against the date of its CA


@pytest.mark.parametrize(
    ("issuer", "until", "expected"),
    [
        (PUBLIC, "2027-03-14", ONCE),
        (PUBLIC, "2027-03-15", LOST),
        (DIGICERT, "2027-02-28", ONCE),
        (DIGICERT, "2027-03-01", LOST),
        (GODADDY, "2026-06-14", ONCE),
        (GODADDY, "2026-06-15", LOST),
    ],
)
def test_the_end_of_the_certificate_is_compared_with_the_date_of_its_ca(
    issuer: Authority, until: str, expected: str
) -> None:
    judged = presenting(public(issuer, until))

    assert judge(judged, expected) == {("warning", "strong", NAME)}
    assert judge(judged, LOST if expected == ONCE else ONCE) == set()


def test_after_the_date_even_a_certificate_that_ends_before_is_lost_at_its_renewal() -> None:
    leaf = public(GODADDY, "2026-09-30", since="2026-03-14")

    assert judge(presenting(leaf, reference_time=at("2026-06-14")), LOST) == {("warning", "strong", NAME)}
    (finding,) = made(presenting(leaf, reference_time=at("2026-08-01")), LOST)
    assert "at most" not in finding.explanation


def test_a_date_that_its_ca_did_not_keep_gives_way_to_that_of_the_root_program() -> None:
    (finding,) = made(presenting(public(GODADDY, "2026-12-01", since="2026-06-15")), ONCE)

    assert "ordered before 2027-03-15" in finding.explanation
    assert "2026-06-15 (Chrome" in finding.explanation


def test_what_was_issued_after_every_date_is_not_forecast() -> None:
    leaf = public(DIGICERT, "2027-10-01", since="2027-04-01")
    judged = presenting(leaf, reference_time=at("2027-05-01"))

    assert (judge(judged, LOST), judge(judged, ONCE)) == (set(), set())


def test_a_reseller_is_told_by_the_authority_above_it() -> None:
    reseller = Authority.root("DigiCert Global Root G9", kind=AuthorityKind.PUBLIC).intermediate("Corner Shop CA")

    (finding,) = made(presenting(public(reseller, "2027-06-01")), LOST)

    assert "on or after 2027-03-01" in finding.explanation


# What is said


def test_the_forecast_gives_both_ends_the_source_and_why_older_documents_differ() -> None:
    (finding,) = made(presenting(public(DIGICERT, "2027-06-01")), LOST)

    words = finding.explanation
    assert words.startswith("Works until 2027-06-01. What its CA issues on or after 2027-03-01 carries no clientAuth")
    assert "DigiCert ALERT53, Removing the client authentication EKU" in words
    assert "No certificate becomes invalid on that day." in words
    assert "lasts until 2027-09-16 at most" in words
    for older in (
        "2026-05-01 (DigiCert ALERT53",
        "2026-06-15 (Chrome Root Program Policy, version 1.6",
        "Cisco 225693",
    ):
        assert older in words
    assert any(source.date == "2026-03-03" for source in finding.sources)
    assert finding.evidence[0].text.startswith("client store, public because it carries certificate transparency")
    assert [remedy.kind.value for remedy in finding.remedy] == ["durable", "durable", "stop-gap"]


def test_a_date_that_no_ca_confirms_is_inferred_and_said_to_be() -> None:
    judged = presenting(public(SECTIGO, "2027-06-01"))

    assert judge(judged, LOST) == {("warning", "inferred", NAME)}
    assert "not confirmed by the CA" in made(judged, LOST)[0].explanation


def test_one_more_renewal_must_ask_for_clientauth() -> None:
    (finding,) = made(presenting(public(DIGICERT)), ONCE)

    assert "with serverAuth only since 2025-10-01 (DigiCert" in finding.explanation
    assert any("Or ask for clientAuth once more" in remedy.text for remedy in finding.remedy)


def test_without_a_client_store_an_upgrade_comes_first() -> None:
    node = core(version="X15.4", stores=stores(public(), None))

    (finding,) = made(case(node), ONCE)

    assert finding.remedy[0].text.startswith("Upgrade")
    assert not any("Client certificate" in (remedy.command or "") for remedy in finding.remedy)


# Whom it does not concern


@pytest.mark.parametrize(
    "leaf",
    [
        CORE_CLIENT,
        certificate(NAME, SERVER_ONLY, PUBLIC, not_after=day("2027-06-01")),
        public(ALTERNATIVE, "2027-06-01"),
        public(PUBLIC, "2026-03-01"),
    ],
    ids=["private", "no clientAuth to lose", "alternative root", "expired"],
)
def test_there_is_no_forecast_where_there_is_nothing_to_lose(leaf: Certificate) -> None:
    assert (judge(presenting(leaf), LOST), judge(presenting(leaf), ONCE)) == (set(), set())


def test_on_x15_5_the_server_store_needs_no_clientauth() -> None:
    node = core(stores=stores(public(until="2027-06-01"), CORE_CLIENT))

    assert judge(case(node), LOST) == set()


@pytest.mark.parametrize(
    ("zones", "expected_lost", "expected_once"),
    [
        ((), "info", "info"),
        ((Zone(name="B2B", type="DNS"),), "warning", "info"),
        ((Zone(name="B2B", type="DNS", transport="TCP"),), "info", "info"),
        ((Zone(name="CUBE", type="Neighbor", tls_verify_mode="On"),), "warning", "warning"),
    ],
    ids=["none", "may", "no TLS", "verifies"],
)
def test_on_an_edge_it_weighs_as_much_as_the_zones_that_dial(
    zones: tuple[Zone, ...], expected_lost: str, expected_once: str
) -> None:
    server = Zone(name="UC", type="TraversalServer")
    for until, rule_id, expected in (("2027-06-01", LOST, expected_lost), ("2027-01-09", ONCE, expected_once)):
        node = edge(zones=(server, *zones), stores=stores(EDGE_SERVER, public(until=until)))
        assert judge(case(node), rule_id) == {(expected, "strong", NAME)}


def test_a_peer_that_asked_for_the_certificate_makes_it_weigh() -> None:
    leaf = public(until="2027-06-01")
    node = edge(zones=(Zone(name="UC", type="TraversalServer"),), stores=stores(EDGE_SERVER, leaf))
    asked = connection(node, WEBEX, role=Side.CLIENT, client=leaf, completed=True)

    assert judge(case(node, connections=[asked]), LOST) == {("warning", "strong", NAME)}


# What is missing, and what it explains


@pytest.mark.parametrize(
    "changes",
    [
        {"stores": stores(EDGE_SERVER, None)},
        {"stores": stores(None, None)},
        {"version": None, "settings": {}, "stores": stores(public(), None)},
        {"reference_time": ReferenceTime(time=None, origin="none"), "stores": stores(EDGE_SERVER, public())},
    ],
    ids=["client store", "stores", "release", "time"],
)
def test_a_forecast_needs_the_certificate_the_release_and_a_time(changes: dict[str, Any]) -> None:
    node = core(**changes)

    for rule_id in (LOST, ONCE):
        assert judge(case(node), rule_id) == {("info", NOT_DETERMINABLE, "core")}


def test_an_issuer_that_is_neither_public_nor_private_leaves_the_forecast_open() -> None:
    unknown = Authority.root("Harbor Root CA", kind=AuthorityKind.PUBLIC)
    leaf = certificate(NAME, BOTH, unknown, not_after=day("2027-06-01"))
    node = core(stores=stores(EDGE_SERVER, leaf))
    judged = case(node)
    stripped = Case(
        **{field: getattr(judged, field) for field in judged.__struct_fields__ if field != "origins"}, origins={}
    )

    assert judge(stripped, LOST) == {("info", NOT_DETERMINABLE, "core")}


def test_the_forecast_explains_that_both_stores_hold_the_certificate() -> None:
    leaf = public(until="2027-06-01")

    assert causes(case(core(stores=stores(leaf, leaf))))["core", "stores-identical-after-upgrade"] == LOST


# Facts of the user's


def test_newer_facts_move_the_forecast() -> None:
    facts = load_facts("""
as_of = 2027-02-01
[[citation]]
id = "LATER"
title = "A later policy"
date = "2027-01-31"
[[date]]
id = "chrome-1.9-leaf"
kind = "root_program"
effective_on = 2028-01-01
applies_to = "leaf_issued_on_or_after"
status = "current"
source = "LATER"
confidence = "official"
[[date]]
id = "chrome-1.8-leaf"
kind = "root_program"
effective_on = 2027-03-15
applies_to = "leaf_issued_on_or_after"
status = "superseded"
superseded_by = "chrome-1.9-leaf"
source = "CRP"
confidence = "official"
""")
    judged = presenting(public(until="2027-06-01"))

    assert judged_by(facts, judged, LOST) == []
    (finding,) = judged_by(facts, judged, ONCE)
    assert "before 2028-01-01 (A later policy, 2027-01-31)" in finding.explanation
    assert "2027-03-15 (Chrome Root Program Policy, version 1.8" in finding.explanation
    assert finding.sources[-1].title == "A later policy"
    assert len(judged_by(PACKAGED, judged, LOST)) == 1


@pytest.mark.parametrize(("time", "expected"), [("2027-02-22", 0), ("2027-02-23", 1), ("2026-01-01", 0)])
def test_facts_older_than_their_threshold_are_stale(time: str, expected: int) -> None:
    judged = case(core(reference_time=at(time)))

    assert len(judge(judged, STALE)) == expected


def test_the_threshold_is_a_fact_and_the_time_is_needed() -> None:
    judged = case(core(reference_time=at("2026-12-24")))
    facts = load_facts('[[threshold]]\nid = "facts-stale"\ndays = 29')

    assert judged_by(PACKAGED, judged, STALE) == []
    assert [str(finding.severity) for finding in judged_by(facts, judged, STALE)] == ["info"]
    timeless = case(core(reference_time=ReferenceTime(time=None, origin="none"), role=NodeRole.CORE))
    assert judge(timeless, STALE) == {("info", NOT_DETERMINABLE, "core")}

"""The forecast table: when each store's certificate stops working, by what rule, and what to order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.correlate.chains import Pool
from analyzer.correlate.origin import classify, installed_public_roots
from analyzer.evidence import Case, Certificate, Node, ReferenceTime, Side, Store
from analyzer.facts.custom import load_facts
from analyzer.findings import Forecast, ForecastKind
from analyzer.rules.forecast_table import forecast_of
from samples.builders.certificates import Authority, AuthorityKind
from tests.rules.cases import case
from tests.rules.nodes import core, edge, stores
from tests.rules.pki import (
    BOTH,
    CLIENT_ONLY,
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    CORE_SERVER,
    EDGE_SERVER,
    EVERYONE,
    PUBLIC,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
)

NAME = "core.harbor.example"
DIGICERT = authority("DigiCert", public=True)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def issued(
    issuer: Any = PUBLIC, until: str = "2027-01-09", eku: tuple[str, ...] = BOTH, **changes: Any
) -> Certificate:
    return certificate(NAME, eku, issuer, not_after=day(until), **changes)


def of(node: Node, store: Store = Store.CLIENT) -> Forecast:
    (found,) = (row for row in forecast_of(case(node)) if row.store is store)
    return found


def holding(leaf: Certificate, **changes: Any) -> Node:
    return core(stores=stores(CORE_SERVER, leaf, (*EVERYONE, *chain(leaf, root=True)[1:])), **changes)


def kinds(row: Forecast) -> list[tuple[str, str | None]]:
    return [(rule.kind.value, str(rule.day) if rule.day else None) for rule in row.rules]


def test_there_is_one_row_per_node_and_store_with_a_certificate() -> None:
    rows = forecast_of(case(core(), edge(stores=stores(EDGE_SERVER, None))))

    assert [(row.node, row.store.value, [role.value for role in row.roles]) for row in rows] == [
        ("core", "client", ["client"]),
        ("core", "server", ["server"]),
        ("edge", "server", ["server"]),
    ]
    assert rows[0].certificate == CORE_CLIENT.sha256


def test_a_public_client_certificate_stops_by_its_own_end_and_its_ca_says_what_comes_after() -> None:
    row = of(holding(issued(DIGICERT)))

    assert (row.stops_on, row.stops_by) == (date(2027, 1, 9), ForecastKind.EXPIRY)
    assert kinds(row) == [("expiry", "2027-01-09"), ("usage", "2027-03-01"), ("lifetime-cap", "2026-03-15")]
    assert "No certificate becomes invalid on that day." in row.rules[1].text
    assert "Older documents give 2026-05-01 and 2026-06-15, which is overtaken." in row.rules[1].text
    titles = [source.title for source in row.rules[1].sources]
    assert titles[0].startswith("DigiCert ALERT53, Removing")
    assert any("Cisco 225693" in title for title in titles)
    assert row.order == (
        "From a private CA that the Edge and the other peers are made to trust, before 2027-01-09, with serverAuth "
        "and clientAuth. Or from this CA (DigiCert Issuing CA), if it is ordered before 2027-01-09 with clientAuth "
        "asked for; it then lasts until 2027-07-27 at most."
    )


def test_what_outlives_the_date_may_be_ordered_anew_before_it() -> None:
    assert "ordered before 2027-03-01 with clientAuth asked for; it then lasts until 2027-09-16" in (
        of(holding(issued(DIGICERT, "2027-06-01"))).order
    )


def test_after_the_date_the_same_ca_is_no_choice() -> None:
    row = of(
        holding(
            issued(DIGICERT, "2027-06-01"), reference_time=ReferenceTime(time=day("2027-03-01"), origin="evidence")
        )
    )

    assert "this CA" not in row.order
    assert kinds(row)[-1] == ("lifetime-cap", "2027-03-15")


def test_a_certificate_that_does_not_do_now_has_no_day() -> None:
    row = of(holding(CORE_CLIENT_SERVER_ONLY))

    assert (row.stops_on, row.stops_by) == (None, ForecastKind.USAGE)
    assert kinds(row) == [("usage", None), ("expiry", "2027-01-09")]
    assert row.rules[0].text.startswith("It does not do as a TLS client's for a peer that checks:")
    assert ", now, with serverAuth and clientAuth" in row.order


def test_a_server_store_needs_no_clientauth() -> None:
    row = of(core(), Store.SERVER)

    assert kinds(row) == [("expiry", "2027-01-09"), ("lifetime-cap", "2026-03-15")]
    assert row.order.endswith("or another public one, before 2027-01-09: serverAuth is enough.")
    unfit = of(core(stores=stores(certificate(NAME, CLIENT_ONLY), CORE_CLIENT)), Store.SERVER)
    assert (unfit.stops_on, unfit.stops_by) == (None, ForecastKind.USAGE)
    assert "as a TLS server's" in unfit.rules[0].text


def test_an_authority_that_ends_before_sets_the_day() -> None:
    short = Authority.root("Short Root CA", not_after=day("2026-09-01")).intermediate("Short Issuing CA")

    row = of(holding(issued(short)))

    assert (row.stops_on, row.stops_by) == (date(2026, 9, 1), ForecastKind.AUTHORITY_EXPIRY)
    assert kinds(row) == [("authority-expiry", "2026-09-01"), ("expiry", "2027-01-09")]
    assert "Short Root CA" in row.rules[0].text
    assert "before 2026-09-01" in row.order


@pytest.mark.parametrize(
    ("node", "store", "words"),
    [
        (holding(issued(None)), Store.CLIENT, "From the same private CA (Harbor Issuing CA), before 2027-01-09"),
        (
            core(stores=stores(certificate(NAME, SERVER_ONLY), CORE_CLIENT)),
            Store.SERVER,
            "From the same private CA (Harbor Issuing CA), before 2027-01-09: serverAuth is enough.",
        ),
        (
            edge(stores=stores(EDGE_SERVER, issued())),
            Store.CLIENT,
            "For peers that check, from a CA that still issues",
        ),
        (
            edge(version="X15.4", settings={}, stores=stores(issued(), None)),
            Store.SERVER,
            "For good: X15.5, which has a client store of its own.",
        ),
        (
            edge(version="X15.4", settings={}, stores=stores(None, issued())),
            Store.CLIENT,
            "Nothing: this release does",
        ),
        (
            core(version=None, settings={}, stores=stores(CORE_SERVER, None)),
            Store.SERVER,
            "Before X15.5 it is presented as a client's, too, and needs clientAuth.",
        ),
    ],
    ids=["private", "private server", "Edge", "one store", "not presented", "release not known"],
)
def test_what_to_order_depends_on_ca_role_and_release(node: Node, store: Store, words: str) -> None:
    assert words in of(node, store).order


def test_one_store_serves_both_roles() -> None:
    row = of(core(version="X15.4", settings={}, stores=stores(CORE_CLIENT, None)), Store.SERVER)

    assert row.roles == (Side.CLIENT, Side.SERVER)


def test_below_an_alternative_root_no_end_is_known() -> None:
    combined = Authority.root("IdenTrust Public Sector Root CA 1", kind=AuthorityKind.PUBLIC).intermediate("TrustID")

    row = of(holding(issued(combined)))

    assert row.rules[1].text.endswith("no end is known.")
    assert row.order.startswith("From this CA again, before 2027-01-09")


def test_a_ca_that_did_not_keep_its_date_leaves_the_end_open() -> None:
    row = of(holding(issued(DIGICERT, "2027-10-01", not_before=day("2027-04-01"))))

    assert "When it ends is not known." in row.rules[1].text
    assert "of each CA's owner" in row.rules[2].text


def test_a_root_that_left_the_lists_is_named() -> None:
    leaf = issued()
    judged = case(core(stores=stores(leaf, CORE_CLIENT)))
    gone = replace(leaf, issuer="CN=DigiCert Global Root CA,OU=www.digicert.com,O=DigiCert Inc,C=US", issuer_der=b"")
    changed = replace(judged, certificates={**judged.certificates, leaf.sha256: gone})

    (row,) = (row for row in forecast_of(changed) if row.store is Store.SERVER)

    (removal,) = (rule for rule in row.rules if rule.kind is ForecastKind.ROOT_REMOVAL)
    assert "has left Mozilla's list after 2024-08-30" in removal.text


def test_a_root_in_todays_list_is_not() -> None:
    root = next(iter(installed_public_roots()))
    assert classify(root, Pool()).reason.startswith("it is the public root")
    row = of(core(), Store.SERVER)

    assert ForecastKind.ROOT_REMOVAL not in {rule.kind for rule in row.rules}


def bare(case_: Case, **changes: Any) -> Case:
    """Return a case in which nothing of a certificate could be read but what is given."""
    return replace(
        case_,
        certificates={key: Certificate(sha256=key, der=b"", **changes) for key in case_.certificates},
        origins={},
    )


def test_what_could_not_be_read_is_not_known() -> None:
    rows = forecast_of(bare(case(core())))

    assert [(row.stops_on, row.stops_by, row.rules) for row in rows] == [(None, None, ())] * 2
    assert rows[0].order.startswith(
        "With serverAuth and clientAuth, now. Whether its CA (name not readable) is public"
    )


def test_the_latest_time_that_a_certificate_can_have_is_no_trouble() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert {row.stops_on for row in forecast_of(bare(case(core()), not_after=end))} == {end.date()}


def test_facts_of_the_user_decide() -> None:
    facts = load_facts("""
[[date]]
id = "harbor-cutoff"
kind = "ca_cutoff"
match = ["Meridian"]
effective_on = 2026-12-01
applies_to = "leaf_issued_on_or_after"
status = "current"
source = "X"
confidence = "secondary"
""")

    rows = forecast_of(case(holding(issued())), facts)

    assert kinds(rows[0])[1] == ("usage", "2026-12-01")

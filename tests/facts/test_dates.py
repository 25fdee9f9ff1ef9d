from __future__ import annotations

from datetime import date

import pytest

from analyzer.facts.dates import (
    AppliesTo,
    DateKind,
    DateStatus,
    alternative_root,
    client_usage_ends,
    client_usage_on_request_only,
    history,
    lifetime_cap,
    sunset_dates,
    threshold_days,
)


@pytest.mark.parametrize(
    ("issuer", "ends"),
    [
        ("CN=DigiCert TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US", date(2027, 3, 1)),
        ("CN=GeoTrust TLS RSA CA G1,OU=www.digicert.com,O=DigiCert Inc,C=US", date(2027, 3, 1)),
        ("CN=Thawte EV RSA CA G2,C=US", date(2027, 3, 1)),
        ("CN=Sectigo Public Server Authentication CA DV R36,O=Sectigo Limited,C=GB", date(2027, 2, 10)),
        ("CN=R11,O=Let's Encrypt,C=US", date(2026, 7, 8)),
        ("CN=Go Daddy Secure Certificate Authority - G2,O=GoDaddy.com\\, Inc.,C=US", date(2026, 6, 15)),
        ("CN=SSL.com RSA SSL subCA,O=SSL Corporation,C=US", date(2025, 9, 15)),
        ("CN=Certum Domain Validation CA SHA2,O=Unizeto Technologies S.A.,C=PL", date(2026, 5, 15)),
        ("CN=Another Public CA,O=Elsewhere,C=FR", date(2027, 3, 15)),
        ("O=NotDigiCertAtAll", date(2027, 3, 15)),
        (None, date(2027, 3, 15)),
    ],
)
def test_a_public_ca_has_its_own_end_or_the_root_programs(issuer: str | None, ends: date) -> None:
    found = client_usage_ends(issuer)

    assert found is not None
    assert found.effective_on == ends
    assert found.status is DateStatus.CURRENT


@pytest.mark.parametrize(
    "issuer",
    [
        "CN=DigiCert Assured ID CA G2,O=DigiCert Inc,C=US",
        "CN=DigiCert Assured ID Root G2,O=DigiCert Inc,C=US",
        "CN=IdenTrust Public Sector Server CA 1,O=IdenTrust,C=US",
    ],
)
def test_an_alternative_root_has_no_known_end(issuer: str) -> None:
    assert client_usage_ends(issuer) is None
    assert alternative_root(issuer) is not None


def test_other_names_are_no_alternative_root() -> None:
    assert alternative_root("CN=DigiCert Assured ID CA G3") is None
    assert alternative_root(None) is None


def test_the_superseded_chrome_date_is_kept_with_the_documents_that_still_name_it() -> None:
    current = client_usage_ends(None)
    assert current is not None

    overtaken = history(current)

    assert [row.effective_on for row in overtaken] == [date(2026, 6, 15)]
    assert {"S", "P"} <= set(overtaken[0].also_in)
    assert overtaken[0].applies_to is AppliesTo.LEAF_ISSUED


def test_expressways_own_acme_certificates_lost_client_authentication() -> None:
    found = client_usage_on_request_only("CN=E5,O=Let's Encrypt,C=US")

    assert found is not None
    assert found.effective_on == date(2026, 2, 11)
    assert client_usage_on_request_only("O=Elsewhere") is None


@pytest.mark.parametrize(
    ("issued", "days"),
    [
        (date(2019, 1, 1), None),
        (date(2026, 3, 14), 398),
        (date(2026, 3, 15), 200),
        (date(2027, 3, 15), 100),
        (date(2030, 1, 1), 47),
    ],
)
def test_the_cap_on_validity_is_that_of_the_day_of_issue(issued: date, days: int | None) -> None:
    cap = lifetime_cap(issued)

    assert (cap.days if cap else None) == days


def test_every_superseded_date_leads_to_a_current_one_of_its_kind() -> None:
    by_id = {row.id: row for row in sunset_dates()}

    for row in by_id.values():
        assert (row.superseded_by is None) == (row.status is DateStatus.CURRENT)
        if row.superseded_by:
            assert by_id[row.superseded_by].kind is row.kind
            assert by_id[row.superseded_by].status is DateStatus.CURRENT


def test_every_lifetime_cap_has_days() -> None:
    assert all((row.days is not None) == (row.kind is DateKind.LIFETIME_CAP) for row in sunset_dates())


def test_thresholds_are_data() -> None:
    assert threshold_days("certificate-expires-warning") < threshold_days("certificate-expires-info")
    assert threshold_days("facts-stale") == 90
    with pytest.raises(KeyError):
        threshold_days("nothing")

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.evidence import Alarm, Certificate
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, judge, made
from tests.rules.nodes import edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, PUBLIC, SERVER_ONLY, authority, certificate

NAME = "edge.harbor.example"
FAILURE, DROP = "acme-failure", "acme-will-drop-clientauth"
LETS_ENCRYPT = authority("Let's Encrypt", public=True)


def alarm(identifier: str) -> Alarm:
    return Alarm(id=identifier, severity="warning", title="ACME", source="edge.zip/xstat.xml: Alarms")


def issued(eku: tuple[str, ...], since: datetime, issuer: Authority = LETS_ENCRYPT) -> Certificate:
    return certificate(NAME, eku, issuer, not_before=since, not_after=datetime(2026, 5, 1, tzinfo=UTC))


BEFORE, AFTER = datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 2, 11, tzinfo=UTC)


def test_every_alarm_about_automatic_renewal_makes_one_row() -> None:
    (finding,) = made(case(edge(alarms=(alarm("40061"), alarm("40064")))), FAILURE)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("warning", "proven", "ACME")
    assert finding.count == 2
    assert "lasts until 2027-01-09" in finding.explanation
    assert [row.locator for row in finding.evidence[:2]] == ["Alarms", "Alarms"]


def test_other_alarms_say_nothing_of_it() -> None:
    assert judge(case(edge(alarms=(alarm("40060"), alarm("40069")))), FAILURE) == set()


def test_without_status_and_log_the_alarms_are_not_determinable() -> None:
    blind = edge(version=None, tunnels=None, zones=(), logs=())

    assert judge(case(blind), FAILURE) == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (issued(BOTH, BEFORE), "its successor will not"),
        (issued(BOTH, AFTER), "its successor will not"),
        (issued(SERVER_ONLY, AFTER), "was issued on 2026-02-11, without clientAuth"),
    ],
    ids=["combined", "combined, asked for", "dropped"],
)
def test_what_acme_renews_is_no_client_certificate_afterwards(leaf: Certificate, words: str) -> None:
    for node in (
        edge(stores=stores(EDGE_SERVER, leaf)),
        edge(version="X15.4", settings={}, stores=stores(leaf, None)),
    ):
        (finding,) = made(case(node), DROP)
        assert (str(finding.severity), str(finding.confidence), finding.subject) == ("warning", "inferred", NAME)
        assert words in finding.explanation
        assert "since 2026-02-11 (Let's Encrypt, Ending TLS Client Authentication" in finding.explanation


@pytest.mark.parametrize(
    ("server", "client"),
    [
        (issued(BOTH, BEFORE), EDGE_CLIENT),
        (EDGE_SERVER, issued(SERVER_ONLY, BEFORE)),
        (EDGE_SERVER, issued(BOTH, BEFORE, PUBLIC)),
    ],
    ids=["only as a server", "never had it", "another CA"],
)
def test_where_acme_takes_nothing_away_nothing_is_said(server: Certificate, client: Certificate) -> None:
    assert judge(case(edge(stores=stores(server, client))), DROP) == set()


def test_without_the_release_what_is_presented_is_not_determinable() -> None:
    node = edge(version=None, settings={}, stores=stores(issued(BOTH, BEFORE), None))

    assert judge(case(node), DROP) == {("info", NOT_DETERMINABLE, "edge")}


def test_a_copy_without_clientauth_explains_the_advice() -> None:
    leaf = issued(SERVER_ONLY, AFTER)

    assert causes(case(edge(stores=stores(leaf, leaf))))["edge", DROP] == "edge-client-is-server-only-copy"

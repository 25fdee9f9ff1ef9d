"""What findings call the one store of a release before X15.5, and what they do not ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from analyzer.evidence import Case, Certificate, Node, Side, Visibility
from analyzer.findings import Finding
from analyzer.rules.outlook.contacts import dialled
from analyzer.rules.outlook.sighted import sighted_contact
from analyzer.rules.view import views_of
from tests.rules.cases import case, connection, findings, judge, made
from tests.rules.nodes import CUCM, DENIED, FAILED_ZONE, WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    EDGE_CLIENT,
    EDGE_SERVER,
    WITHOUT_ISSUING,
    certificate,
)

RE_TWO_STORES = re.compile(
    r"""
    server\ store | both\ stores | [Ss]erver\ and\ client\ certificate | Security\ >\ Client\ certificate
    | (?<!replaces\ it\ by\ the\ )(?<!first\ )client\ store(?!\ of\ its\ own)
    """,
    re.VERBOSE,
)
"""Names of stores that such a release lacks; it may be said that a later one has them."""

SOON = certificate("edge.harbor.example", BOTH, not_after=datetime(2026, 3, 30, tzinfo=UTC))
EXPIRED = certificate("edge.harbor.example", BOTH, not_after=datetime(2026, 2, 1, tzinfo=UTC))
NO_SERVER = certificate("edge.harbor.example", ("clientAuth",))


def old_edge(leaf: Certificate | None = EDGE_SERVER, **changes: object) -> Node:
    return edge(**{"version": "X15.4", "settings": {}, "stores": stores(leaf, None), **changes})


def old_core(leaf: Certificate | None = CORE_CLIENT, **changes: object) -> Node:
    return core(**{"version": "X15.4", "settings": {}, "stores": stores(leaf, None), **changes})


def situations() -> Iterator[Case]:
    """Yield cases of X15.4 in which something is wrong with a certificate, its chain, or what came of it."""
    leaves = (EDGE_CLIENT, EDGE_SERVER, SOON, EXPIRED, NO_SERVER, None)
    yield from (case(old_edge(leaf), old_core()) for leaf in leaves)
    yield case(old_edge(EDGE_CLIENT, stores=stores(EDGE_CLIENT, None, WITHOUT_ISSUING)))
    yield case(old_core(CORE_CLIENT_SERVER_ONLY, zones=FAILED_ZONE, tunnels=DENIED), old_edge(zones=FAILED_ZONE))
    for code in (40, 42, 43, 45, 46, 48, 116):
        for peer, node, leaf in ((WEBEX, old_edge(), EDGE_SERVER), (CUCM, old_core(), CORE_CLIENT)):
            yield case(
                node, connections=[connection(node, peer, role=Side.CLIENT, client=leaf, alert=(Side.SERVER, code))]
            )
    for shown in (Visibility.NONE_SENT, Visibility.ENCRYPTED, Visibility.RESUMED, (EDGE_CLIENT,), (EDGE_SERVER,)):
        node = old_edge()
        for alert in (None, (Side.SERVER, 40)):
            yield case(
                node,
                connections=[
                    connection(
                        node, WEBEX, role=Side.CLIENT, client=shown, alert=alert, completed=None if alert else True
                    )
                ],
            )


def texts(finding: Finding) -> Iterator[str]:
    yield from (finding.subject, finding.title, finding.explanation)
    yield from (text for one in finding.remedy for text in (one.text, one.command or ""))
    yield from (one.text for one in finding.evidence)


def test_no_finding_of_a_release_with_one_store_names_two() -> None:
    told = {
        (finding.id, text)
        for judged in situations()
        for finding in findings(judged)
        for text in texts(finding)
        if RE_TWO_STORES.search(text)
    }

    assert told == set()


def test_the_situations_make_the_findings_that_name_a_store() -> None:
    ids = {finding.id for judged in situations() for finding in findings(judged) if finding.determined}

    assert ids >= {
        "all-private-ca",
        "already-server-only-public",
        "cert-expired-in-store",
        "cert-expires-soon",
        "client-certificate-empty",
        "core-client-not-client-capable",
        "edge-server-not-server-capable",
        "presented-unknown-certificate",
        "private-not-affected",
        "trust-missing-own-issuer",
    }


def test_a_certificate_in_the_one_store_is_quoted_once() -> None:
    (finding,) = made(case(old_core()), "all-private-ca")

    assert finding.explanation.startswith("The certificate in the single store comes from a private CA.")
    assert len(finding.evidence) == 1


@pytest.mark.parametrize("rule", ["store-certs-differ", "store-key-shared"])
def test_a_release_with_one_store_is_not_asked_for_a_second_one(rule: str) -> None:
    assert judge(case(old_core()), rule) == set()
    assert judge(case(core(stores=stores(CORE_CLIENT, None))), rule) != set()


def test_no_finding_quotes_the_same_twice() -> None:
    for judged in situations():
        for finding in findings(judged):
            assert len(set(finding.evidence)) == len(finding.evidence), finding.id


def test_what_was_seen_of_a_service_names_the_one_store() -> None:
    node = old_edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)
    (view,) = views_of(case(node, connections=[shown]))
    (webex,) = [contact for contact in dialled(view) if contact.name == "Webex"]

    seen = sighted_contact(view, webex, Side.CLIENT)

    assert seen is not None
    assert seen.reason.endswith("the store rule says the single store's.")

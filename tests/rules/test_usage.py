from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import Certificate, Side, Visibility
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, judge, made
from tests.rules.nodes import DENIED, EDGE, WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CLIENT_ONLY,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    PUBLIC,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
)

NAME = "core.harbor.example"
LATE = datetime(2027, 6, 1, tzinfo=UTC)
PUBLIC_BOTH = certificate(NAME, BOTH, PUBLIC)
PUBLIC_BOTH_LATE = certificate(NAME, BOTH, PUBLIC, not_after=LATE)
PRIVATE_BOTH_LATE = certificate(NAME, BOTH, not_after=LATE)
SERVER_ONLY_LEAF = certificate(NAME, SERVER_ONLY)


# Both stores hold the same certificate


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (PUBLIC_BOTH, "info"),
        (PUBLIC_BOTH_LATE, "warning"),
        (PRIVATE_BOTH_LATE, "info"),
        (SERVER_ONLY_LEAF, "warning"),
    ],
    ids=["capable", "public and beyond the end of clientAuth", "private", "incapable"],
)
def test_a_copy_in_both_stores_is_graded_by_its_use_and_its_renewal(leaf: Certificate, expected: str) -> None:
    judged = case(core(stores=stores(leaf, leaf)))

    assert judge(judged, "stores-identical-after-upgrade") == {(expected, "proven", NAME)}


def test_two_certificates_are_no_copy_and_one_store_is_not_judged() -> None:
    assert judge(case(core()), "stores-identical-after-upgrade") == set()
    assert judge(case(core(version="X15.4")), "stores-identical-after-upgrade") == set()
    assert judge(case(core(stores=stores(CORE_SERVER, None))), "stores-identical-after-upgrade") == {
        ("info", NOT_DETERMINABLE, "core")
    }


# What the Core presents


@pytest.mark.parametrize(
    "leaf",
    [
        SERVER_ONLY_LEAF,
        certificate(NAME, ("anyExtendedKeyUsage",)),
        certificate(NAME, BOTH, key_usages=("key_encipherment",)),
        certificate(NAME, BOTH, authority("Narrow", eku=SERVER_ONLY)),
    ],
    ids=["server only", "any only", "key usage", "intermediate"],
)
def test_a_core_that_may_not_be_a_client_is_critical_without_any_failure(leaf: Certificate) -> None:
    node = core(stores=stores(CORE_SERVER, leaf, (*EVERYONE, *chain(leaf, root=True)[1:])))

    assert judge(case(node), "core-client-not-client-capable") == {("critical", "proven", NAME)}


@pytest.mark.parametrize(
    ("shown", "tunnels", "expected"),
    [
        (PUBLIC_BOTH, None, ("warning", "inferred")),
        (SERVER_ONLY_LEAF, None, ("critical", "proven")),
        (PUBLIC_BOTH, DENIED, ("critical", "proven")),
    ],
    ids=["another was presented", "it was presented", "another, and the tunnels are refused"],
)
def test_what_the_core_was_seen_to_present_comes_before_what_its_store_holds(
    shown: Certificate, tunnels: Any, expected: tuple[str, str]
) -> None:
    node = core(stores=stores(PUBLIC_BOTH, SERVER_ONLY_LEAF), **({"tunnels": tunnels} if tunnels else {}))
    dialled = connection(node, EDGE, role=Side.CLIENT, client=shown, completed=True)

    (finding,) = made(case(node, connections=[dialled]), "core-client-not-client-capable")

    assert (str(finding.severity), str(finding.confidence)) == expected
    assert ("By the store rule the Core would present" in finding.explanation) is (shown is PUBLIC_BOTH)


@pytest.mark.parametrize("usages", [BOTH, CLIENT_ONLY, None])
def test_a_core_that_may_be_a_client_is_not_reported(usages: tuple[str, ...] | None) -> None:
    node = core(stores=stores(SERVER_ONLY_LEAF, certificate(NAME, usages)))

    assert judge(case(node), "core-client-not-client-capable") == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": "X15.4", "stores": stores(SERVER_ONLY_LEAF, None)}, {("critical", "proven", NAME)}),
        ({"version": "X15.4", "stores": stores(CORE_CLIENT, None)}, set()),
        ({"stores": stores(SERVER_ONLY_LEAF, None)}, {("info", NOT_DETERMINABLE, "core")}),
        (
            {"version": None, "settings": {}, "stores": stores(SERVER_ONLY_LEAF, None)},
            {("info", NOT_DETERMINABLE, "core")},
        ),
        ({"version": None, "stores": stores(CORE_SERVER, SERVER_ONLY_LEAF)}, {("critical", "proven", NAME)}),
        ({"stores": stores(None, None)}, {("info", NOT_DETERMINABLE, "core")}),
    ],
    ids=[
        "one store",
        "one capable store",
        "client store missing",
        "release not known",
        "told by the store",
        "no store",
    ],
)
def test_the_store_that_counts_is_the_releases(changes: dict[str, Any], expected: set[tuple[str, str, str]]) -> None:
    assert judge(case(core(**changes)), "core-client-not-client-capable") == expected


# A server-only copy in the Edge's client store


COPY = stores(SERVER_ONLY_LEAF, SERVER_ONLY_LEAF)


@pytest.mark.parametrize(
    ("client", "alert", "expected"),
    [
        (None, None, "warning"),
        (SERVER_ONLY_LEAF, None, "warning"),
        (SERVER_ONLY_LEAF, (Side.SERVER, 43), "critical"),
        (SERVER_ONLY_LEAF, (Side.CLIENT, 48), "warning"),
        (Visibility.NOT_REQUESTED, (Side.SERVER, 40), "warning"),
    ],
    ids=["no connection", "not refused", "refused", "refused by us", "not asked for"],
)
def test_a_server_only_copy_is_critical_only_where_a_peer_was_shown_it_and_refused(
    client: Any, alert: tuple[Side, int] | None, expected: str
) -> None:
    node = edge(stores=COPY)
    shown = [connection(node, WEBEX, role=Side.CLIENT, client=client, alert=alert)] if client else []

    assert judge(case(node, connections=shown), "edge-client-is-server-only-copy") == {(expected, "proven", NAME)}


def test_the_copy_explains_the_alert_and_what_the_stores_share() -> None:
    node = edge(stores=COPY)
    shown = connection(node, WEBEX, role=Side.CLIENT, client=SERVER_ONLY_LEAF, alert=(Side.SERVER, 43))
    tied = causes(case(node, connections=[shown]))

    assert tied["edge", "edge-client-is-server-only-copy"] is None
    assert tied["edge", "peer-alert-unsupported-certificate"] == "edge-client-is-server-only-copy"
    assert tied["edge", "stores-identical-after-upgrade"] == "edge-client-is-server-only-copy"


@pytest.mark.parametrize(
    "held",
    [stores(EDGE_SERVER, EDGE_CLIENT), stores(CORE_CLIENT, CORE_CLIENT), stores(EDGE_SERVER, SERVER_ONLY_LEAF)],
)
def test_what_is_no_copy_or_not_server_only_is_another_matter(held: Any) -> None:
    assert judge(case(edge(stores=held)), "edge-client-is-server-only-copy") == set()


def test_without_the_client_store_the_copy_is_not_determinable() -> None:
    node = edge(stores=stores(EDGE_SERVER, None))

    assert judge(case(node), "edge-client-is-server-only-copy") == {("info", NOT_DETERMINABLE, "edge")}

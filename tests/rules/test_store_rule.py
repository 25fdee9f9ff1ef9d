"""Whether what was presented is what the store rule says, and whether the peer accepted it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import Node, Side, Store, Visibility
from analyzer.findings import Grounds
from analyzer.rules.verdicts import verdicts_of
from tests.rules.cases import case, connection
from tests.rules.nodes import WEBEX, edge, stores
from tests.rules.pki import BOTH, EDGE_CLIENT, EDGE_SERVER, SERVER_ONLY, WEBEX_SERVER, authority, certificate

OLD = certificate("edge.harbor.example", BOTH, not_before=datetime(2025, 1, 1, tzinfo=UTC))
STRANGER = certificate("proxy.firewall.example", BOTH, authority("Firewall"))
TENANT = certificate("video.tenant.example", SERVER_ONLY)


def grounds(node: Node | None = None, *, role: Side | None = Side.CLIENT, **changes: Any) -> Grounds:
    """Return what the only verdict about Webex is shown by."""
    shown = node or edge()
    talk = connection(shown, WEBEX, role=role, **{"completed": True, **changes})
    (verdict,) = (one for one in verdicts_of(case(shown, connections=[talk])) if one.connections)
    return verdict.grounds


@pytest.mark.parametrize(
    ("role", "changes", "kept", "expected"),
    [
        (Side.CLIENT, {"client": EDGE_CLIENT}, True, Store.CLIENT),
        (Side.SERVER, {"server": EDGE_SERVER}, True, Store.SERVER),
        (Side.CLIENT, {"client": EDGE_SERVER}, False, Store.CLIENT),
        (Side.SERVER, {"server": EDGE_CLIENT}, False, Store.SERVER),
        (Side.CLIENT, {"client": STRANGER}, False, Store.CLIENT),
    ],
)
def test_a_certificate_that_is_seen_keeps_the_rule_or_breaks_it(
    role: Side, changes: dict[str, Any], kept: bool, expected: Store
) -> None:
    rule = grounds(role=role, **changes).rule

    assert rule is not None
    assert rule.expected is not None
    assert (rule.is_seen, rule.kept, rule.expected.store, rule.is_older) == (True, kept, expected, False)


def test_both_stores_and_a_single_store_keep_it_whatever_the_role() -> None:
    both = grounds(edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT)), client=EDGE_CLIENT).rule
    single = grounds(edge(version="X15.4", stores=stores(EDGE_SERVER, None)), client=EDGE_SERVER).rule

    assert both
    assert both.kept
    assert both.expected
    assert both.expected.store is Store.BOTH
    assert single
    assert single.kept
    assert single.expected
    assert single.expected.store is Store.SERVER


def test_an_older_certificate_of_the_expected_one_is_told() -> None:
    rule = grounds(client=OLD).rule

    assert rule is not None
    assert (rule.kept, rule.is_older) == (False, True)


def test_what_was_replaced_while_logging_ran_may_have_been_right_before() -> None:
    node = edge()
    served = [
        connection(node, WEBEX, role=Side.SERVER, server=leaf, at=at, completed=True)
        for leaf, at in ((OLD, 0), (EDGE_SERVER, 9))
    ]
    rules = [one.grounds.rule for one in verdicts_of(case(node, connections=served))]

    assert [rule and rule.kept for rule in rules] == [True, None]
    assert rules[1]
    assert rules[1].unknown == "it was replaced while logging ran, and the files show what came after it"


def test_the_certificate_of_another_domain_is_not_held_against_the_rule() -> None:
    asked = grounds(role=Side.SERVER, server=TENANT, server_name="video.tenant.example").rule
    unasked = grounds(role=Side.SERVER, server=TENANT).rule

    assert asked
    assert asked.kept is None
    assert asked.unknown
    assert unasked
    assert unasked.kept is False


@pytest.mark.parametrize(
    ("changes", "role", "why"),
    [
        (
            {"version": None, "settings": {}, "stores": stores(EDGE_SERVER, None)},
            Side.CLIENT,
            "the release is not known, and ",
        ),
        ({"stores": stores(EDGE_SERVER, None)}, Side.CLIENT, "the client store is not in what was given"),
        ({"name": None, "addresses": ()}, None, "which of the two ends is the Expressway is not known"),
    ],
)
def test_where_the_rule_cannot_be_asked_it_says_why(changes: dict[str, Any], role: Side | None, why: str) -> None:
    rule = grounds(edge(**changes), role=role, client=EDGE_CLIENT).rule

    assert rule is not None
    assert (rule.kept, rule.expected) == (None, None)
    assert rule.unknown
    assert rule.unknown.startswith(why)


@pytest.mark.parametrize("hidden", [Visibility.ENCRYPTED, Visibility.RESUMED, Visibility.NOT_CAPTURED])
def test_what_is_not_seen_is_expected_and_never_called_kept(hidden: Visibility) -> None:
    rule = grounds(client=hidden).rule

    assert rule
    assert rule.expected
    assert (rule.is_seen, rule.kept, rule.expected.certificate) == (False, None, EDGE_CLIENT.sha256)


@pytest.mark.parametrize("nothing", [Visibility.NOT_REQUESTED, Visibility.NONE_SENT, Visibility.NOT_REACHED])
def test_of_nothing_presented_nothing_is_said(nothing: Visibility) -> None:
    assert grounds(client=nothing).rule is None


def test_who_went_through_with_a_certificate_that_is_seen_accepted_it() -> None:
    node = edge()
    talk = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)
    (verdict,) = verdicts_of(case(node, connections=[talk]))

    assert verdict.grounds.accepted
    assert verdict.sentence.endswith("; Webex accepted it: the handshake completed.")
    assert grounds(role=Side.SERVER, server=EDGE_SERVER).accepted


@pytest.mark.parametrize(
    "changes",
    [
        {"client": EDGE_CLIENT, "completed": None},
        {"client": EDGE_CLIENT, "alert": (Side.SERVER, 46)},
        {"client": EDGE_CLIENT, "closed_by": Side.SERVER, "closed_by_reset": True},
        {"client": EDGE_CLIENT, "renegotiated": True},
        {"client": EDGE_CLIENT, "role": None},
        {"client": Visibility.NOT_REQUESTED},
        {"client": Visibility.NONE_SENT},
        {"client": Visibility.RESUMED},
        {"client": Visibility.ENCRYPTED, "tls_version": "TLSv1.3"},
        {"client": Visibility.NOT_CAPTURED, "server": WEBEX_SERVER},
    ],
)
def test_a_completed_handshake_alone_accepts_nothing(changes: dict[str, Any]) -> None:
    assert not grounds(**changes).accepted

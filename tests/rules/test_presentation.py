from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.evidence import Alarm, Certificate, Node, Outcome, Peer, Side, Visibility
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CUBE, CUCM, INTERNET, NAMED, WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    EDGE_CLIENT,
    EDGE_SERVER,
    PUBLIC,
    SERVER_ONLY,
    WEBEX_SERVER,
    authority,
    certificate,
)

OLD = certificate(
    "edge.harbor.example",
    BOTH,
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 12, 1, tzinfo=UTC),
)
OLD_EXPIRED = certificate(
    "edge.harbor.example",
    BOTH,
    not_before=datetime(2025, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 1, 9, tzinfo=UTC),
)
OLD_SERVER_ONLY = certificate("edge.harbor.example", SERVER_ONLY, not_before=datetime(2025, 1, 1, tzinfo=UTC))
DOMAIN = certificate("video.tenant.example", SERVER_ONLY, PUBLIC)
STRANGER = certificate("proxy.firewall.example", BOTH, authority("Firewall"))
RULES = (
    "presented-expected-store",
    "presented-wrong-store",
    "presented-stale-certificate",
    "presented-unknown-certificate",
)


def verdicts(node: Node, role: Side, leaf: Certificate, peer: Peer = NAMED, **changes: object) -> dict[str, str]:
    """Return the severity by rule of what was presented once."""
    side = "client" if role is Side.CLIENT else "server"
    judged = case(node, connections=[connection(node, peer, role=role, **{side: leaf, **changes})])  # type: ignore[arg-type]
    return {rule: severity for rule in RULES for severity, _, _ in judge(judged, rule)}


@pytest.mark.parametrize(
    ("role", "leaf", "expected"),
    [
        (Side.CLIENT, EDGE_CLIENT, {"presented-expected-store": "ok"}),
        (Side.SERVER, EDGE_SERVER, {"presented-expected-store": "ok"}),
        (Side.CLIENT, EDGE_SERVER, {"presented-wrong-store": "critical"}),
        (Side.SERVER, EDGE_CLIENT, {"presented-wrong-store": "critical"}),
        (Side.CLIENT, OLD, {"presented-stale-certificate": "warning"}),
        (Side.SERVER, OLD, {"presented-stale-certificate": "warning"}),
        (Side.CLIENT, OLD_EXPIRED, {"presented-stale-certificate": "critical"}),
        (Side.CLIENT, OLD_SERVER_ONLY, {"presented-stale-certificate": "critical"}),
        (Side.SERVER, OLD_SERVER_ONLY, {"presented-stale-certificate": "warning"}),
        (Side.SERVER, STRANGER, {"presented-unknown-certificate": "warning"}),
    ],
)
def test_each_certificate_is_compared_with_the_store_of_its_role(
    role: Side, leaf: Certificate, expected: dict[str, str]
) -> None:
    assert verdicts(edge(), role, leaf) == expected


@pytest.mark.parametrize("held", [stores(EDGE_SERVER, None), stores(None, EDGE_CLIENT)])
def test_what_a_missing_file_may_hold_is_not_called_unknown(held: Any) -> None:
    assert "presented-unknown-certificate" not in verdicts(edge(stores=held), Side.CLIENT, STRANGER)


def test_a_release_with_one_store_needs_no_other_to_call_a_certificate_unknown() -> None:
    node = edge(version="X15.4", stores=stores(EDGE_SERVER, None))

    assert verdicts(node, Side.CLIENT, STRANGER)["presented-unknown-certificate"] == "warning"


def test_one_certificate_in_both_stores_is_the_expected_one_in_either_role() -> None:
    node = edge(stores=stores(OLD, OLD))

    assert verdicts(node, Side.CLIENT, OLD) == verdicts(node, Side.SERVER, OLD) == {"presented-expected-store": "ok"}


def test_a_release_with_one_store_presents_it_in_both_roles() -> None:
    node = edge(version="X15.4", stores=stores(EDGE_SERVER, None))

    assert verdicts(node, Side.CLIENT, EDGE_SERVER) == {"presented-expected-store": "ok"}


def test_without_a_release_the_store_of_a_client_is_not_known() -> None:
    node = edge(version=None, settings={}, stores=stores(EDGE_SERVER, None))

    assert "presented-expected-store" not in verdicts(node, Side.CLIENT, EDGE_SERVER)
    assert verdicts(node, Side.SERVER, EDGE_SERVER)["presented-expected-store"] == "ok"


@pytest.mark.parametrize("rule", RULES)
def test_without_stores_or_handshakes_what_was_presented_is_not_determinable(rule: str) -> None:
    assert judge(case(edge(stores=stores(None, None), version="X15.5")), rule) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize("shown", [Visibility.ENCRYPTED, Visibility.RESUMED, Visibility.NOT_REQUESTED])
def test_what_was_not_seen_is_not_compared(shown: Visibility) -> None:
    node = edge()

    assert not any(
        judge(case(node, connections=[connection(node, NAMED, role=Side.CLIENT, client=shown)]), rule)
        for rule in RULES
    )


def test_the_store_of_the_role_is_named_as_the_one_that_took_its_place() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT))
    served = connection(node, INTERNET, role=Side.SERVER, server=OLD)

    (finding,) = made(case(node, connections=[served]), "presented-stale-certificate")

    assert f"not the one in its store, serial {EDGE_SERVER.serial}" in finding.explanation


def test_an_old_certificate_is_not_still_served_once_the_new_one_was() -> None:
    node = edge()
    old = connection(node, INTERNET, role=Side.SERVER, server=OLD, at=0)
    new = connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, at=60)
    elsewhere = connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, at=60, port=8443)

    assert judge(case(node, connections=[old, new]), "presented-stale-certificate") == set()
    assert judge(case(node, connections=[old, elsewhere]), "presented-stale-certificate") != set()


def test_a_pending_restart_makes_an_old_certificate_strong() -> None:
    alarm = Alarm(id="15028", severity="warning", title="Restart required", source="x: y")
    by_alarm = edge(alarms=(alarm,))
    node = edge()
    upload = event(node, None, name="Certificate Management", detail="Server certificate uploaded", at=-60)
    restart = event(node, None, name="Application Start", at=-30)

    def confidence(judged_node: Node, *events: object) -> set[str]:
        served = connection(judged_node, INTERNET, role=Side.SERVER, server=OLD)
        judged = case(judged_node, connections=[served], events=events)  # type: ignore[arg-type]
        return {sure for _, sure, _ in judge(judged, "presented-stale-certificate")}

    assert confidence(by_alarm) == confidence(node, upload) == {"strong"}
    assert confidence(node) == confidence(node, upload, restart) == {"inferred"}


@pytest.mark.parametrize(
    ("peer", "asked", "alert", "expected"),
    [
        (NAMED, "video.tenant.example", None, "info"),
        (NAMED, None, None, "warning"),
        (NAMED, "edge.harbor.example", None, "warning"),
        (NAMED, "video.tenant.example", (Side.CLIENT, 48), "critical"),
        (INTERNET, None, (Side.CLIENT, 48), "warning"),
    ],
)
def test_an_unknown_certificate_is_grave_only_if_somebody_known_refused_it(
    peer: Peer, asked: str | None, alert: tuple[Side, int] | None, expected: str
) -> None:
    assert verdicts(edge(), Side.SERVER, DOMAIN, peer, server_name=asked, alert=alert) == {
        "presented-unknown-certificate": expected
    }


def test_a_certificate_replaced_while_logging_ran_is_told_once() -> None:
    node = edge()
    served = [
        connection(node, INTERNET, role=Side.SERVER, server=leaf, at=at)
        for at, leaf in enumerate((OLD, OLD, EDGE_SERVER, EDGE_SERVER))
    ]

    judged = case(node, connections=served)

    assert judge(judged, "presented-replaced-during-capture") == {("warning", "proven", "as server")}


@pytest.mark.parametrize(
    "leaves", [(OLD, EDGE_SERVER, OLD, EDGE_SERVER), (EDGE_SERVER, EDGE_SERVER), (EDGE_SERVER, EDGE_CLIENT)]
)
def test_certificates_in_turn_or_of_two_stores_were_not_replaced(leaves: tuple[Certificate, ...]) -> None:
    node = edge()
    served = [connection(node, INTERNET, role=Side.SERVER, server=leaf, at=at) for at, leaf in enumerate(leaves)]

    assert judge(case(node, connections=served), "presented-replaced-during-capture") == set()


def test_another_name_may_have_another_certificate() -> None:
    node = edge()
    served = [
        connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, server_name="edge.harbor.example"),
        connection(node, INTERNET, role=Side.SERVER, server=DOMAIN, server_name="video.tenant.example", at=1),
    ]

    assert judge(case(node, connections=served), "presented-replaced-during-capture") == set()


# The scenarios of the seed


@pytest.mark.parametrize(
    ("leaf", "alert", "completed", "expected"),
    [
        (EDGE_CLIENT, None, True, "ok"),
        (EDGE_CLIENT, None, None, "info"),
        (EDGE_SERVER, None, True, "info"),
        (EDGE_CLIENT, (Side.SERVER, 46), None, "info"),
        (EDGE_CLIENT, (Side.CLIENT, 48), None, "info"),
    ],
    ids=["accepted", "end not seen", "the wrong one", "refused by Webex", "Webex refused by us"],
)
def test_what_webex_was_shown(
    leaf: Certificate, alert: tuple[Side, int] | None, completed: bool | None, expected: str
) -> None:
    node = edge()
    shown = connection(
        node, WEBEX, role=Side.CLIENT, server=WEBEX_SERVER, client=leaf, alert=alert, completed=completed
    )

    assert judge(case(node, connections=[shown]), "webex-client-presented") == {(expected, "proven", "Webex")}


def test_the_refusal_by_webex_is_judged_by_its_alert() -> None:
    node = edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 45))
    judged = case(node, connections=[shown])

    assert causes(judged) == {
        ("edge", "peer-alert-certificate-expired"): "clock-wrong",
        ("edge", "clock-wrong"): None,
    }
    assert {one.caused_by for one in made(judged, "webex-client-presented")} == {"peer-alert-certificate-expired"}


def test_a_peer_told_by_its_address_alone_is_no_proof() -> None:
    node = edge()
    hint = Peer(name="Webex", kind=WEBEX.kind, hint_only=True)
    shown = connection(node, hint, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)

    assert judge(case(node, connections=[shown]), "webex-client-presented") == {("ok", "strong", "Webex")}


def test_many_servers_of_webex_are_one_peer() -> None:
    node = edge()
    servers = [certificate(f"l2sip-{number}.webex.com") for number in range(3)]
    shown = [
        connection(node, WEBEX, role=Side.CLIENT, server=server, client=EDGE_CLIENT, completed=True, at=at)
        for at, server in enumerate(servers)
    ]

    (finding,) = made(case(node, connections=shown), "webex-client-presented")

    assert finding.count == 3


@pytest.mark.parametrize("client", [Visibility.ENCRYPTED, Visibility.NOT_REQUESTED, Visibility.NONE_SENT])
def test_nothing_is_said_of_webex_where_no_certificate_was_seen(client: Visibility) -> None:
    node = edge()

    assert (
        judge(
            case(node, connections=[connection(node, WEBEX, role=Side.CLIENT, client=client)]),
            "webex-client-presented",
        )
        == set()
    )


def test_without_a_handshake_webex_is_not_determinable() -> None:
    assert judge(case(edge(captures=())), "webex-client-presented") == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize(
    ("alert", "expected"), [(None, "ok"), ((Side.SERVER, 48), "critical"), ((Side.CLIENT, 48), "info")]
)
def test_what_the_core_showed_cucm(alert: tuple[Side, int] | None, expected: str) -> None:
    node = core()
    shown = connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, alert=alert, completed=not alert, port=6972)

    assert judge(case(node, connections=[shown]), "core-client-to-cucm") == {(expected, "proven", CUCM.name)}


def test_the_title_says_that_cucm_refused_and_else_what_is_told() -> None:
    node = core()
    refused = connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    taken = connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, completed=True)

    titles = [made(case(node, connections=[one]), "core-client-to-cucm")[0].title for one in (refused, taken)]

    assert titles == ["CUCM refused the Core's client certificate", "What the Core presented to CUCM"]


def test_cucms_refusal_of_the_core_is_one_story() -> None:
    node = core()
    judged = case(
        node, connections=[connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 48))]
    )

    assert causes(judged) == {
        ("core", "core-client-to-cucm"): None,
        ("core", "peer-alert-unknown-ca"): "core-client-to-cucm",
    }


def test_a_secure_neighbour_that_was_asked_for_its_certificate_is_told_of() -> None:
    node = edge()
    asked = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, client=CORE_CLIENT, completed=True)
    one_way = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, completed=True)
    rule = "server-presented-secure-neighbor"

    assert judge(case(node, connections=[asked]), rule) == {("ok", "proven", CUBE.name)}
    assert judge(case(node, connections=[one_way]), rule) == set()
    assert judge(case(node), rule) == {("info", NOT_DETERMINABLE, "edge")}


# Neighbours whose certificate may not be used as a client's


@pytest.mark.parametrize("with_handshake", [True, False])
def test_a_neighbours_purpose_error_is_theirs_and_our_check(with_handshake: bool) -> None:
    node = edge()
    seen = connection(
        node, CUBE, role=Side.SERVER, server=EDGE_SERVER, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43)
    )
    line = event(node, CUBE, error="unsupported-purpose", role=Side.SERVER, joined="c1" if with_handshake else None)
    judged = case(node, connections=[seen] if with_handshake else [], events=[line])

    assert judge(judged, "neighbor-inbound-purpose-error") == {("critical", "proven", "CUBE")}
    assert causes(judged) == {
        ("edge", "neighbor-inbound-purpose-error"): None,
        ("edge", "local-alert-unsupported-certificate"): "neighbor-inbound-purpose-error",
    }


@pytest.mark.parametrize("peer", [INTERNET, NAMED, WEBEX])
def test_a_purpose_error_of_somebody_not_configured_is_no_neighbours(peer: Peer) -> None:
    node = edge()
    line = event(node, peer, error="unsupported-purpose", role=Side.SERVER)

    assert judge(case(node, events=[line]), "neighbor-inbound-purpose-error") == set()


def test_a_purpose_error_from_the_internet_is_nobodys_concern() -> None:
    node = edge()
    scanner = connection(node, INTERNET, role=Side.SERVER, client=STRANGER, alert=(Side.SERVER, 43))

    judged = case(node, connections=[scanner])

    assert judged.connections[0].outcome is Outcome.REFUSED
    assert causes(judged) == {}


@pytest.mark.parametrize("lacks", [{"logs": (), "captures": ()}, {"settings": {}, "zones": ()}])
def test_without_evidence_or_configuration_a_neighbours_purpose_is_not_determinable(lacks: dict[str, Any]) -> None:
    assert judge(case(edge(**lacks)), "neighbor-inbound-purpose-error") == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize("rule", ["core-client-to-cucm", "presented-replaced-during-capture"])
@pytest.mark.parametrize("lacks", [{"captures": ()}, {"addresses": ()}, {}])
def test_without_capture_addresses_or_handshakes_what_was_shown_is_not_determinable(
    rule: str, lacks: dict[str, Any]
) -> None:
    assert judge(case(core(**lacks)), rule) == {("info", NOT_DETERMINABLE, "core")}


def test_what_both_stores_hold_is_ascribed_to_neither() -> None:
    node = edge(stores=stores(OLD, OLD))
    (finding,) = made(
        case(node, connections=[connection(node, WEBEX, role=Side.CLIENT, client=OLD)]), "presented-expected-store"
    )

    assert "the certificate that both stores hold" in finding.explanation
    assert "client store" not in finding.explanation

"""Test case 1 of Cisco 225693: the Edge checks what the Core presents. And what looks like it and is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Certificate, Event, Node, Setting, SettingChange, Side
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import HERE
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, findings, judge, made
from tests.rules.nodes import (
    CUBE,
    EDGE,
    FAILED_ZONE,
    SOME_CORE,
    SOME_EDGE,
    START,
    WEAK_CORE,
    ZONE,
    core,
    edge,
    mode,
    stores,
    tunnel,
    zone,
)
from tests.rules.pki import (
    BOTH,
    CLIENT_ONLY,
    CORE_CLIENT_SERVER_ONLY,
    CORE_SERVER,
    EDGE_SERVER,
    EVERYONE,
    SERVER_ONLY,
    authority,
    certificate,
    chain,
)

CHECK_ON = "core-client-eku-missing-check-on"
NOT_LEAF = "purpose-error-not-leaf-eku"


def refused_by_edge(at: Node) -> Case:
    """Test case 1 as the Edge sees it: its log line, and the handshake with alert 43 sent by it."""
    return case(
        at,
        connections=[
            connection(
                at,
                SOME_CORE,
                role=Side.SERVER,
                server=EDGE_SERVER,
                client=CORE_CLIENT_SERVER_ONLY,
                alert=(Side.SERVER, 43),
            )
        ],
        events=[purpose_error(at, joined="c1")],
    )


def purpose_error(at: Node, *, when: float = 0, joined: str | None = None) -> Event:
    return event(
        at,
        SOME_CORE,
        error="unsupported-purpose",
        role=Side.SERVER,
        detail="unsupported certificate purpose",
        at=when,
        joined=joined,
    )


def test_the_cores_certificate_without_client_usage_is_proven_by_the_handshake() -> None:
    assert judge(refused_by_edge(edge()), CHECK_ON) == {("critical", "proven", ZONE)}


def test_what_is_quoted_is_the_line_the_certificate_the_alert_the_setting_and_the_zone() -> None:
    (finding,) = made(refused_by_edge(edge(zones=FAILED_ZONE)), CHECK_ON)

    assert {str(quoted.kind) for quoted in finding.evidence} == {"line", "frame", "certificate", "setting", "status"}
    assert [str(remedy.kind) for remedy in finding.remedy] == ["durable", "stop-gap"]
    assert (finding.count, finding.first) == (1, START)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (mode("On"), {("critical", "inferred", ZONE)}),
        ({EKU_CHECKING_MODE: Setting(value="On", assumed=True)}, {("critical", "inferred", ZONE)}),
        ({}, {("critical", "inferred", ZONE)}),
        (mode("Off"), set()),
    ],
)
def test_a_log_line_alone_is_enough_unless_the_check_is_off(
    settings: dict[str, Setting], expected: set[tuple[str, str, str]]
) -> None:
    node = edge(settings=settings, captures=())

    assert judge(case(node, events=[purpose_error(node)]), CHECK_ON) == expected


@pytest.mark.parametrize(
    ("value", "changed_to", "fires"), [("On", "Off", True), ("Off", "On", False), ("Off", "Off", False)]
)
def test_the_check_is_judged_as_it_was_when_the_refusal_came(value: str, changed_to: str, fires: bool) -> None:
    later = SettingChange(time=START + timedelta(seconds=60), value=changed_to, file="log", line=9)
    node = edge(settings={EKU_CHECKING_MODE: Setting(value=value, source="x: y", changes=(later,))})

    assert bool(judge(case(node, events=[purpose_error(node)]), CHECK_ON)) is fires


def test_the_cores_own_store_makes_a_log_line_strong() -> None:
    node = edge()

    judged = case(WEAK_CORE, node, events=[purpose_error(node)])

    assert judge(judged, CHECK_ON, "edge") == {("critical", "strong", ZONE)}


def refused_core(at: Node, with_edge: Node | None = None, *more: Event) -> Case:
    """Test case 1 as the Core sees it: alert 43 received from the Edge."""
    peer = EDGE if with_edge else SOME_EDGE
    own = connection(at, peer, role=Side.CLIENT, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    return case(at, *((with_edge,) if with_edge else ()), connections=[own], events=more)


def test_the_cores_bundle_alone_shows_it_by_the_alert_that_it_received() -> None:
    assert judge(refused_core(WEAK_CORE), CHECK_ON) == {("critical", "proven", ZONE)}


def test_with_both_bundles_the_story_is_told_once_by_the_edge_that_refused() -> None:
    node = edge()

    assert judge(refused_core(WEAK_CORE, node, purpose_error(node)), CHECK_ON) == {("critical", "strong", ZONE)}


def test_an_edges_bundle_that_shows_nothing_does_not_silence_the_core() -> None:
    silent = edge(logs=(), captures=())

    assert judge(refused_core(WEAK_CORE, silent), CHECK_ON, "core") == {("critical", "proven", ZONE)}


def test_on_a_core_only_what_the_edge_refused_counts() -> None:
    node = core()
    neighbour = event(node, CUBE, error="unsupported-purpose", role=Side.SERVER)
    own_refusal = event(node, SOME_EDGE, error="unsupported-purpose", role=Side.CLIENT)

    assert judge(case(node, events=[neighbour, own_refusal]), CHECK_ON) == set()


def test_a_release_before_the_check_is_not_judged_by_it() -> None:
    node = edge(version="X15.4")

    assert judge(case(node, events=[purpose_error(node)]), CHECK_ON) == set()


@pytest.mark.parametrize(
    ("node", "missing"),
    [
        (edge(logs=(), captures=()), "the log (loggingsnapshot_….txt)"),
        (
            edge(version=None, settings={}, stores=stores(EDGE_SERVER, None)),
            "the software version (xstat_dump)",
        ),
    ],
)
def test_without_log_and_capture_or_release_it_is_not_determinable(node: Node, missing: str) -> None:
    (finding,) = (one for one in findings(case(node)) if one.id == CHECK_ON)

    assert (str(finding.severity), finding.determined, finding.missing) == ("info", False, missing)


# Look-alikes of test case 1


@pytest.mark.parametrize(
    "leaf",
    [
        certificate("core.harbor.example", BOTH, authority("Narrow", eku=SERVER_ONLY)),
        certificate("core.harbor.example", BOTH, authority("Narrow root", root_eku=SERVER_ONLY)),
        certificate("core.harbor.example", BOTH, key_usages=("key_encipherment",)),
        certificate("core.harbor.example", ("anyExtendedKeyUsage",)),
        certificate("core.harbor.example", None, authority("Narrow", eku=SERVER_ONLY)),
    ],
    ids=["intermediate", "root", "key usage", "any only", "no extended key usage below an intermediate"],
)
def test_the_same_error_with_another_reason_is_not_blamed_on_the_leaf(leaf: Certificate) -> None:
    node = edge()
    holder = core(stores=stores(CORE_SERVER, leaf, (*EVERYONE, *chain(leaf, root=True)[1:])))
    judged = case(holder, node, events=[purpose_error(node)])

    assert judge(judged, CHECK_ON) == set()
    assert judge(judged, NOT_LEAF, "edge") == {("critical", "strong", SOME_CORE.name)}
    assert causes(judged)["core", "core-client-not-client-capable"] == NOT_LEAF


@pytest.mark.parametrize("usages", [CLIENT_ONLY, BOTH, None])
def test_a_purpose_error_that_nothing_explains_is_inferred(usages: tuple[str, ...] | None) -> None:
    node = edge()
    judged = case(
        core(stores=stores(CORE_SERVER, certificate("core.harbor.example", usages))),
        node,
        events=[purpose_error(node)],
    )

    assert judge(judged, NOT_LEAF, "edge") == {("critical", "inferred", SOME_CORE.name)}
    assert judge(judged, CHECK_ON) == set()


def test_the_leafs_own_usage_is_not_another_reason() -> None:
    assert judge(refused_by_edge(edge()), NOT_LEAF) == set()


@pytest.mark.parametrize("with_core", [True, False])
def test_the_effects_of_test_case_1_are_tied_to_it(with_core: bool) -> None:
    node = edge(zones=FAILED_ZONE, tunnels=(tunnel("Failed"),))
    down = zone("TraversalClient", "Failed")
    holder = replace(WEAK_CORE, zones=(down,), tunnels=(tunnel("Failed"),))
    seen = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    received = connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    judged = case(
        node,
        *((holder,) if with_core else ()),
        connections=[seen, *((received,) if with_core else ())],
        events=[purpose_error(node, joined="c1")],
    )

    tied = causes(judged)

    assert tied.pop(("edge", CHECK_ON)) is None
    assert set(tied.values()) == {CHECK_ON}
    assert {
        ("edge", "uc-zone-failed"),
        ("edge", "ssh-tunnels-down"),
        ("edge", "local-alert-unsupported-certificate"),
    } <= {*tied}
    if with_core:
        assert {("core", "core-client-not-client-capable"), ("core", "peer-alert-unsupported-certificate")} <= {*tied}


@pytest.mark.parametrize("rule", [CHECK_ON, NOT_LEAF])
def test_without_log_and_capture_a_refusal_for_its_purpose_is_not_determinable(rule: str) -> None:
    assert judge(case(edge(logs=(), captures=())), rule) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(edge(logs=())), rule) == judge(case(edge(captures=())), rule) == set()


def test_each_step_is_taken_on_the_node_that_it_changes() -> None:
    """The finding stands on the Edge; the certificate is the Core's."""
    (finding,) = made(case(edge(), WEAK_CORE, connections=refused_by_edge(edge()).connections), CHECK_ON)

    assert [one.at for one in finding.remedy] == ["core", HERE]


def test_where_the_core_is_not_at_hand_no_node_is_named() -> None:
    (finding,) = made(refused_by_edge(edge()), CHECK_ON)

    assert [one.at for one in finding.remedy] == [None, HERE]

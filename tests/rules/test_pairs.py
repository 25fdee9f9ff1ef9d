from __future__ import annotations

import pytest

from analyzer.evidence import NodeRole, Setting, Side
from analyzer.facts.settings import EKU_CHECKING_MODE
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, INTERNET, WEAK_CORE, bare, core, edge, mode
from tests.rules.pki import CORE_CLIENT_SERVER_ONLY

VERSIONS, MODES = "versions-differ", "eku-mode-differs"
OFF, ON = mode("Off"), mode("On")


# Releases


def test_a_core_and_an_edge_on_different_releases_are_told_once() -> None:
    judged = case(core(version="X15.4"), edge(version="X15.5.1"))

    assert judge(judged, VERSIONS) == {("warning", "proven", "edge")}
    (finding,) = made(judged, VERSIONS)
    assert finding.node == "core"
    assert finding.remedy[0].text.startswith("Upgrade core to X15.5.1")


@pytest.mark.parametrize(("here", "there"), [("X15.5", "X15.5.0"), ("X15.5", None), ("nonsense", "X15.5")])
def test_the_same_release_or_an_unknown_one_is_no_difference(here: str | None, there: str | None) -> None:
    assert judge(case(core(version=here), edge(version=there)), VERSIONS) == set()


def test_two_edges_may_have_releases_of_their_own() -> None:
    assert judge(case(edge(), edge(name="other", host="other", version="X15.4")), VERSIONS) == {
        ("info", NOT_DETERMINABLE, "edge"),
        ("info", NOT_DETERMINABLE, "other"),
    }


@pytest.mark.parametrize("rule", [VERSIONS, MODES])
def test_without_the_partner_it_is_not_determinable(rule: str) -> None:
    assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(bare(NodeRole.UNKNOWN)), rule) == {("info", NOT_DETERMINABLE, "bare")}


# The check of extended key usage


def test_a_check_that_only_one_of_them_makes_is_worth_a_remark_of_that_one() -> None:
    assert judge(case(core(settings=ON), edge(settings=OFF)), MODES) == {("info", "proven", EKU_CHECKING_MODE)}
    (finding,) = made(case(core(settings=OFF), edge(settings=ON)), MODES)
    assert (finding.node, finding.severity) == ("edge", "info")
    assert "for the traversal zone only the mode of edge counts" in finding.explanation


@pytest.mark.parametrize("value", ["On", "Off"])
def test_the_same_mode_is_no_difference(value: str) -> None:
    assert judge(case(core(settings=mode(value)), edge(settings=mode(value))), MODES) == set()


def test_a_mode_that_is_not_known_is_no_difference() -> None:
    assert judge(case(core(settings=ON), edge(settings=mode(None))), MODES) == set()


def test_an_assumed_mode_is_inferred() -> None:
    assumed = {EKU_CHECKING_MODE: Setting(value="On", assumed=True)}

    assert judge(case(core(settings=assumed), edge(settings=OFF)), MODES) == {("info", "inferred", EKU_CHECKING_MODE)}


def test_it_matters_where_the_one_that_checks_has_refused_somebody() -> None:
    node = edge(settings=ON)
    line = event(node, CORE, error="unsupported-purpose", role=Side.SERVER)
    alert = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    expected = {("warning", "proven", EKU_CHECKING_MODE)}

    assert judge(case(core(settings=OFF), node, events=[line]), MODES) == expected
    assert judge(case(core(settings=OFF), node, connections=[alert]), MODES) == expected


def test_refusals_by_others_of_others_or_as_client_do_not_make_it_matter() -> None:
    node = edge(settings=ON)
    lines = [
        event(node, INTERNET, error="unsupported-purpose", role=Side.SERVER),
        event(node, CUBE, error="unsupported-purpose", role=Side.CLIENT),
        event(node, CUBE, alert=43, role=Side.CLIENT),
    ]

    assert judge(case(core(settings=OFF), node, events=lines), MODES) == {("info", "proven", EKU_CHECKING_MODE)}


def test_the_diagnosis_that_hangs_on_the_mode_explains_it() -> None:
    node = edge(settings=ON)
    weak = WEAK_CORE
    line = event(node, CORE, error="unsupported-purpose", role=Side.SERVER)

    tied = causes(case(core(settings=OFF, stores=weak.stores), node, events=[line]))

    assert tied["edge", MODES] == "core-client-eku-missing-check-on"

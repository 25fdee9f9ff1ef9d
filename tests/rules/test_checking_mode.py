"""The switches about extended key usage."""

from __future__ import annotations

import pytest

from analyzer.evidence import Node, Setting
from analyzer.facts.settings import EKU_CHECKING_MODE, ENABLE_SERVER_EKU_UPLOAD
from tests.rules.cases import NOT_DETERMINABLE, case, event, judge, made
from tests.rules.nodes import core, edge, mode, stores
from tests.rules.pki import (
    EDGE_CLIENT,
    EDGE_SERVER,
)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (edge(settings=mode("Off")), {("warning", "proven", EKU_CHECKING_MODE)}),
        (core(settings=mode("Off")), {("info", "proven", EKU_CHECKING_MODE)}),
        (edge(settings=mode("On")), set()),
        (edge(version="X15.4", settings=mode("Off")), set()),
        (edge(settings={}, zones=()), {("info", NOT_DETERMINABLE, "edge")}),
    ],
)
def test_the_check_switched_off_is_a_warning_where_it_lets_the_internet_in(
    node: Node, expected: set[tuple[str, str, str]]
) -> None:
    found = judge(case(node), "eku-mode-off")

    assert found == expected


def test_an_assumed_setting_is_said_to_be_assumed() -> None:
    assumed = {EKU_CHECKING_MODE: Setting(value="On", assumed=True)}

    assert judge(case(edge(settings=assumed)), "eku-mode-absent") == {("info", "inferred", EKU_CHECKING_MODE)}
    assert judge(case(edge()), "eku-mode-absent") == set()


@pytest.mark.parametrize(
    ("node", "value", "expected"),
    [
        (edge(), "On", "info"),
        (edge(version="X15.4", stores=stores(EDGE_CLIENT, None)), "Off", "info"),
        (edge(version="X15.4", stores=stores(EDGE_SERVER, None)), "Off", "warning"),
        (edge(version="X15.4", stores=stores(EDGE_SERVER, None)), "On", "info"),
        (core(version="X15.4"), "On", "warning"),
    ],
)
def test_the_switch_of_x15_4_has_no_effect_or_the_wrong_one(node: Node, value: str, expected: str) -> None:
    settings = {ENABLE_SERVER_EKU_UPLOAD: Setting(value=value, source="x: y")}
    changed = edge if node.role is edge().role else core
    judged = case(changed(version=node.version, stores=node.stores, settings=settings))

    assert judge(judged, "deprecated-eku-upload-command") == {(expected, "proven", ENABLE_SERVER_EKU_UPLOAD)}
    assert judge(case(node), "deprecated-eku-upload-command") == set()


def test_an_upload_that_was_refused_is_told_from_the_log() -> None:
    node = core()
    words = "Invalid certificate: The file provided does not have a client usage attribute."
    refused = [event(node, None, name="Certificate Management", detail=words, at=at) for at in (0, 30)]
    fine = event(node, None, name="Certificate Management", detail="Client certificate uploaded")
    rule = "client-upload-refused-no-client-usage"

    (finding,) = made(case(node, events=refused), rule)
    assert (str(finding.severity), finding.count) == ("critical", 2)
    assert judge(case(node, events=[fine]), rule) == set()
    assert judge(case(core(logs=())), rule) == {("info", NOT_DETERMINABLE, "core")}


@pytest.mark.parametrize("rule", ["eku-mode-absent", "deprecated-eku-upload-command"])
def test_without_the_configuration_no_switch_is_known(rule: str) -> None:
    assert judge(case(edge(settings={}, zones=())), rule) == {("info", NOT_DETERMINABLE, "edge")}

from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Node, NodeRole, Setting, SettingChange
from analyzer.facts.settings import CLUSTER_TLS_VERIFY, EKU_CHECKING_MODE
from tests.rules.cases import NOT_DETERMINABLE, case, judge, made
from tests.rules.clusters import ENFORCING, NAME, peer
from tests.rules.nodes import START, bare, mode, zone

SETTINGS = "cluster-setting-differs"


def three(**third: Any) -> tuple[Node, ...]:
    return peer(1), peer(2), peer(3, **third)


def test_peers_that_agree_say_nothing() -> None:
    assert judge(case(*three()), SETTINGS) == set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": mode("Off")}, f"{EKU_CHECKING_MODE} is On at edge1, On at edge2, Off at edge3"),
        ({"version": "X15.4"}, "software version is X15.5.1 at edge1, X15.5.1 at edge2, X15.4 at edge3"),
        ({"zones": (zone(tls_verify_mode="Off"),)}, "TLS verify mode of zone UC traversal is On at edge1"),
        ({"zones": (zone(tls_verify_subject="x.example"),)}, "TLS verify subject name of zone UC traversal is"),
    ],
)
def test_what_is_replicated_should_not_differ(changes: dict[str, Any], said: str) -> None:
    judged = case(*three(**changes))

    assert judge(judged, SETTINGS) == {("warning", "proven", NAME)}
    assert said in made(judged, SETTINGS)[0].explanation


def test_the_last_change_in_the_log_counts() -> None:
    change = SettingChange(time=START, value="Off", file="log", line=1)
    changed = {EKU_CHECKING_MODE: Setting(value="On", changes=(change,))}

    assert judge(case(peer(1), peer(2, settings=changed)), SETTINGS) == {("warning", "proven", NAME)}
    assert judge(case(peer(1, settings=mode("Off")), peer(2, settings=changed)), SETTINGS) == set()


def test_what_one_dump_does_not_say_is_no_difference() -> None:
    both = {**peer(1).settings, **ENFORCING}

    assert CLUSTER_TLS_VERIFY in both
    assert judge(case(peer(1, settings=both), peer(2), peer(3, version=None)), SETTINGS) == set()


def test_a_node_of_which_nothing_is_known_is_not_determinable() -> None:
    assert judge(case(bare(NodeRole.EDGE)), SETTINGS) == {("info", NOT_DETERMINABLE, "bare")}

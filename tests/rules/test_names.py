"""Names in a peer's certificate that this node did not accept."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Event, Node, Peer, Side
from tests.rules.cases import NOT_DETERMINABLE, case, connection, event, judge, made
from tests.rules.nodes import CUBE, INTERNET, WEBEX, edge
from tests.rules.pki import WEBEX_SERVER


def refused_name(node: Node, peer: Peer, at: float = 0, **changes: Any) -> Event:
    return event(node, peer, error="identity-unacceptable", at=at, **changes)


@pytest.mark.parametrize(
    ("role", "where"), [(Side.SERVER, "TLS verify subject name"), (Side.CLIENT, "peer address"), (None, "names in")]
)
def test_a_name_that_was_refused_is_told_with_where_it_is_configured(role: Side | None, where: str) -> None:
    node = edge()

    (finding,) = made(case(node, events=[refused_name(node, CUBE, role=role)]), "identity-unacceptable")

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("critical", "proven", CUBE.name)
    assert where in finding.explanation
    assert "None" not in finding.explanation


def test_the_names_wanted_and_held_are_put_side_by_side() -> None:
    node = edge()
    closed = connection(node, WEBEX, role=Side.CLIENT, server=WEBEX_SERVER, closed_by=Side.CLIENT)
    line = refused_name(node, WEBEX, role=Side.CLIENT, common_name="calllservice.webex.com", joined="c1")
    judged = case(node, connections=[closed], events=[line])

    (finding,) = made(judged, "identity-unacceptable")

    assert "wanted the name calllservice.webex.com" in finding.explanation
    assert "has l2sip.webex.com" in finding.explanation
    assert judge(judged, "closed-without-alert") == set()


def test_a_name_refused_of_nobody_known_or_by_the_peer_is_not_reported() -> None:
    node = edge()
    lines = [refused_name(node, INTERNET, role=Side.SERVER), event(node, CUBE, alert=42, role=Side.CLIENT)]

    assert judge(case(node, events=lines), "identity-unacceptable") == set()
    assert judge(case(edge(logs=())), "identity-unacceptable") == {("info", NOT_DETERMINABLE, "edge")}

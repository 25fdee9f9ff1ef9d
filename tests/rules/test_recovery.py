"""What failed and works again is a warning, not an outage."""

from __future__ import annotations

import pytest

from analyzer.evidence import Connection, Node, Peer, Side
from tests.rules.cases import case, connection, event, judge
from tests.rules.nodes import CUBE, WEBEX, edge
from tests.rules.pki import EDGE_CLIENT


def accepted(node: Node, peer: Peer, at: float) -> Connection:
    return connection(node, peer, role=Side.CLIENT, client=EDGE_CLIENT, completed=True, at=at)


@pytest.mark.parametrize(
    ("peer", "at", "severity"),
    [(WEBEX, 90, "warning"), (WEBEX, 10, "critical"), (CUBE, 90, "critical")],
    ids=["completed since", "completed before", "another peer completed"],
)
def test_a_refusal_is_critical_until_a_handshake_with_that_peer_completes(
    peer: Peer, at: float, severity: str
) -> None:
    node = edge()
    refused = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48), at=40)

    found = judge(case(node, connections=[refused, accepted(node, peer, at)]), "peer-alert-unknown-ca")

    assert {one[0] for one in found} == {severity}


def test_a_log_line_counts_like_a_captured_failure() -> None:
    node = edge()
    line = event(node, WEBEX, role=Side.CLIENT, alert=48, at=40)

    found = judge(case(node, connections=[accepted(node, WEBEX, 90)], events=[line]), "peer-alert-unknown-ca")

    assert {one[0] for one in found} == {"warning"}

"""How a node's log is sorted for the rules: one failure is one error, and is found by whatever a rule knows of it."""

from __future__ import annotations

from typing import Any

from analyzer.evidence import Endpoint, Peer, PeerKind, Side
from analyzer.rules.log_lines import read_lines
from tests.rules.cases import event
from tests.rules.nodes import edge

WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX)
NEIGHBOUR = Peer(name="sip.quarry.example", kind=PeerKind.NEIGHBOR, zone="Quarry")
ELSEWHERE = Endpoint(address="10.7.7.7", port=4711)
HERE = Endpoint(address="10.2.2.20", port=5061)


def test_of_the_lines_of_one_failure_the_one_that_gives_the_reason_stands() -> None:
    ends: dict[str, Any] = {"source": ELSEWHERE, "destination": HERE}
    verify = event(edge(), WEBEX, error="verify-failed", role=Side.SERVER, **ends)
    reason = event(edge(), WEBEX, error="expired", role=Side.SERVER, **ends)
    close = event(edge(), WEBEX, error="remote-disconnect", name="network.tcp", **ends)
    assert read_lines([verify, reason, close]).errors == [reason]


def test_a_lesser_line_stands_where_no_other_between_its_ends_says_more() -> None:
    reason = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    close = event(edge(), WEBEX, error="remote-disconnect", name="network.tcp", source=ELSEWHERE)
    assert read_lines([close, reason]).errors == [close, reason]


def test_an_error_is_found_by_its_reason_or_by_the_alert_of_the_peer() -> None:
    ours = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    theirs = event(edge(), WEBEX, error="peer-alert", alert=45, role=Side.SERVER)
    log = read_lines([ours, theirs])
    assert list(log.errors_of("expired")) == [ours]
    assert list(log.errors_of(45)) == [theirs]
    assert list(log.errors_of("peer-alert")) == []
    assert list(log.errors_of(45, "expired")) == [theirs, ours]


def test_errors_that_no_capture_shows_are_told_by_their_peer() -> None:
    alone = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    joined = event(edge(), WEBEX, error="expired", role=Side.SERVER, joined="c1")
    nameless = event(edge(), None, error="expired", role=Side.SERVER)
    log = read_lines([alone, joined, nameless])
    assert log.lone_errors == [alone]
    assert log.lone_errors_by_peer == {(PeerKind.WEBEX, "Webex"): [alone]}


def test_errors_are_found_by_zone_and_by_the_name_that_was_looked_for() -> None:
    wanted = event(
        edge(), NEIGHBOUR, error="identity-unacceptable", role=Side.CLIENT, common_name="SIP.Quarry.example."
    )
    other = event(edge(), NEIGHBOUR, error="expired", role=Side.CLIENT, common_name="sip.quarry.example")
    log = read_lines([wanted, other])
    assert log.errors_by_zone == {"Quarry": [wanted, other]}
    assert log.name_errors_by_name == {"sip.quarry.example": [wanted]}


def test_lines_without_a_tls_error_are_kept_apart_and_found_by_name() -> None:
    ssh = event(edge(), None, name="ssh", detail="Permission denied")
    error = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    log = read_lines([ssh, error])
    assert log.others == [ssh]
    assert log.named("ssh") == [ssh]
    assert log.named("network.tcp") == ()
    assert log.all == [ssh, error]

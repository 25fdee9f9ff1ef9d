"""How a node's log is sorted for the rules: one failure is one error, and is found by whatever a rule knows of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from analyzer.evidence import Endpoint, Event, Peer, PeerKind, Side
from analyzer.rules.alike import Alike, Lines, lines_of
from analyzer.rules.log_lines import read_lines
from tests.rules.cases import event
from tests.rules.nodes import edge

WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX)
NEIGHBOUR = Peer(name="sip.quarry.example", kind=PeerKind.NEIGHBOR, zone="Quarry")
ELSEWHERE = Endpoint(address="10.7.7.7", port=4711)
HERE = Endpoint(address="10.2.2.20", port=5061)


def told(groups: Iterable[Alike]) -> list[Event]:
    """Return the lines of groups in the order of the log."""
    return list(Lines(groups))


def test_of_the_lines_of_one_failure_the_one_that_gives_the_reason_stands() -> None:
    ends: dict[str, Any] = {"source": ELSEWHERE, "destination": HERE}
    verify = event(edge(), WEBEX, error="verify-failed", role=Side.SERVER, **ends)
    reason = event(edge(), WEBEX, error="expired", role=Side.SERVER, **ends)
    close = event(edge(), WEBEX, error="remote-disconnect", name="network.tcp", **ends)
    assert told(read_lines([verify, reason, close]).errors) == [reason]


def test_a_lesser_line_stands_where_no_other_between_its_ends_says_more() -> None:
    reason = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    close = event(edge(), WEBEX, error="remote-disconnect", name="network.tcp", source=ELSEWHERE)
    assert told(read_lines([close, reason]).errors) == [close, reason]


def test_an_error_is_found_by_its_reason_or_by_the_alert_of_the_peer() -> None:
    ours = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    theirs = event(edge(), WEBEX, error="peer-alert", alert=45, role=Side.SERVER)
    log = read_lines([ours, theirs])
    assert told(log.errors_of("expired")) == [ours]
    assert told(log.errors_of(45)) == [theirs]
    assert told(log.errors_of("peer-alert")) == []
    assert [group.record for group in log.errors_of(45, "expired")] == [theirs.record, ours.record]


def test_errors_that_no_capture_shows_are_told_by_their_peer() -> None:
    alone = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    joined = event(edge(), WEBEX, error="expired", role=Side.SERVER, joined="c1")
    nameless = event(edge(), None, error="expired", role=Side.SERVER)
    log = read_lines([alone, joined, nameless])
    assert told(log.lone_errors) == [alone]
    assert {who: told(lines) for who, lines in log.lone_errors_by_peer.items()} == {
        (PeerKind.WEBEX, "Webex"): [alone]
    }


def test_errors_are_found_by_zone_and_by_the_name_that_was_looked_for() -> None:
    wanted = event(
        edge(), NEIGHBOUR, error="identity-unacceptable", role=Side.CLIENT, common_name="SIP.Quarry.example."
    )
    other = event(edge(), NEIGHBOUR, error="expired", role=Side.CLIENT, common_name="sip.quarry.example")
    log = read_lines([wanted, other])
    assert {zone: told(lines) for zone, lines in log.errors_by_zone.items()} == {"Quarry": [wanted, other]}
    assert {name: told(lines) for name, lines in log.name_errors_by_name.items()} == {"sip.quarry.example": [wanted]}


def test_lines_without_a_tls_error_are_kept_apart_and_found_by_name() -> None:
    ssh = event(edge(), None, name="ssh", detail="Permission denied")
    error = event(edge(), WEBEX, error="expired", role=Side.SERVER)
    log = read_lines([ssh, error])
    assert log.others == [ssh]
    assert log.named("ssh") == [ssh]
    assert log.named("network.tcp") == ()
    assert log.all == [ssh, error]


def test_lines_that_differ_in_time_ends_and_connection_alone_are_alike() -> None:
    first = event(edge(), WEBEX, error="expired", role=Side.SERVER, at=1, joined="c1", source=ELSEWHERE)
    again = event(edge(), WEBEX, error="expired", role=Side.SERVER, at=9, joined="c2", source=HERE)
    others = [
        event(edge(), NEIGHBOUR, error="expired", role=Side.SERVER, joined="c1"),
        event(edge(), WEBEX, error="not-yet-valid", role=Side.SERVER, joined="c1"),
        event(edge(), WEBEX, error="peer-alert", alert=45, role=Side.SERVER, joined="c1"),
        event(edge(), WEBEX, error="expired", role=Side.CLIENT, joined="c1"),
        event(edge(), WEBEX, error="expired", role=Side.SERVER),
    ]
    alike, *rest = read_lines([first, *others, again]).errors
    assert list(alike.events) == [first, again]
    assert alike.connections == {"c1", "c2"}
    assert alike.span == (first.record.time, again.record.time)
    assert [list(group.events) for group in rest] == [[one] for one in others]


def test_groups_together_are_in_the_order_of_the_log_and_each_counts_once() -> None:
    lines = [
        event(edge(), WEBEX, error=error, role=Side.SERVER, at=at)
        for at, error in enumerate(("expired", "revoked", "expired", "revoked", "expired"))
    ]
    numbered = [replace(line, id=f"e{number}") for number, line in enumerate(lines)]
    expired, revoked = read_lines(numbered).errors
    both = Lines([revoked, expired, revoked])
    assert list(both) == numbered
    assert len(both) == len(numbered)
    assert both.ids == {line.id for line in numbered}
    assert both.span == (numbered[0].record.time, numbered[-1].record.time)
    assert (both[0], both[-1], both[1:3]) == (numbered[0], numbered[-1], numbered[1:3])


def test_some_of_them_keep_their_order_and_all_of_them_stay_one_group() -> None:
    lines = [event(edge(), WEBEX, error="expired", role=Side.SERVER, joined=f"c{number % 2}") for number in range(4)]
    (alike,) = read_lines(lines).errors
    assert alike.split(lambda line: line.connection).keys() == {"c0", "c1"}
    assert list(Lines([alike]).where(lambda line: line.connection == "c1")) == lines[1::2]
    assert list(alike.where(lambda line: True)) == [alike]
    assert list(alike.where(lambda line: False)) == []


def test_no_lines_have_nothing_in_common() -> None:
    none = lines_of(())
    assert not none
    assert none.span == (None, None)
    assert none.ids == none.connections == frozenset()
    assert list(none) == []

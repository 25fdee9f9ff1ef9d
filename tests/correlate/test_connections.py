from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.correlate.connections import draft_connections, finish, outcome_of
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.sides import local_role_of
from analyzer.evidence import (
    ClockOffset,
    Connection,
    Handshake,
    LogEvent,
    Node,
    NodeRole,
    Outcome,
    PeerIdentity,
    PeerKind,
    Side,
    Store,
    Stores,
)
from samples.builders.certificates import self_signed
from tests.correlate.records import LOCAL, REMOTE, alert, at, by_id, certificate, end, event, handshake, node, seen
from tests.rules.pki import read

CORE = node("core")


def joined(
    handshakes: Sequence[Handshake], events: Sequence[LogEvent], offset: float | None = None
) -> list[tuple[LogEvent, ...]]:
    """Return the events of each handshake."""
    clock = None if offset is None else ClockOffset(seconds=offset, joins=3, spread=0.0)
    own = replace(CORE, clock_offset=clock)
    reading = NodeReading(host="core", handshakes=tuple(handshakes), events=tuple(events))
    return [draft.events for draft in draft_connections(own, reading, (own,), {})]


# Events to connections


def test_ports_that_are_unique_join_without_a_clock() -> None:
    mine, other = event(0, time=5000), event(1, time=5000)

    assert joined([handshake(0), handshake(1)], [mine, other]) == [(mine,), (other,)]


def test_an_inbound_line_joins_whichever_end_it_names_first() -> None:
    line = event(source=end(REMOTE, 5061), destination=end(LOCAL, 25000))

    assert joined([handshake()], [line]) == [(line,)]


def test_lines_of_other_ports_or_without_any_join_nothing() -> None:
    assert joined([handshake()], [event(7), event(source=None), event(destination=None)]) == [()]


def test_ports_that_served_twice_join_only_with_a_clock() -> None:
    captured = [handshake(started=0), handshake(started=60)]
    first, second = event(time=0.1 + 10), event(time=60.1 + 10)

    assert joined(captured, [first, second]) == [(), ()]
    assert joined(captured, [first, second], offset=10) == [(first,), (second,)]


def test_ports_that_the_log_names_at_two_times_join_nothing_without_a_clock() -> None:
    assert joined([handshake()], [event(time=0), event(time=600)]) == [()]


def test_the_lines_of_one_failure_join_together() -> None:
    lines = [event(time=0), event(time=0.3)]

    assert joined([handshake()], lines) == [tuple(lines)]


@pytest.mark.parametrize(
    ("time", "joins"), [(-3600, False), (-2.5, False), (-1, True), (0.1, True), (4, True), (3600, False)]
)
def test_with_a_clock_a_line_far_from_a_closed_connection_belongs_to_another(time: float, joins: bool) -> None:
    line = event(time=time)

    assert joined([handshake(closed_by=Side.CLIENT)], [line], offset=0) == [(line,) if joins else ()]


def test_a_connection_that_was_not_seen_to_end_may_fail_later() -> None:
    line = event(time=3600)

    assert joined([handshake()], [line], offset=0) == [(line,)]


def test_a_line_without_a_time_joins_only_where_the_ports_leave_no_doubt() -> None:
    line = event(time=None)

    assert joined([handshake()], [line], offset=0) == joined([handshake()], [line]) == [(line,)]
    assert joined([handshake(started=0), handshake(started=60)], [line], offset=0) == [(), ()]


@given(
    starts=st.lists(st.integers(0, 50).map(lambda n: 60.0 * n), min_size=1, max_size=6, unique=True),
    times=st.lists(st.floats(-100, 4000), max_size=12),
    offset=st.none() | st.floats(-90_000, 90_000),
)
def test_no_line_joins_twice(starts: list[float], times: list[float], offset: float | None) -> None:
    captured = [handshake(started=start) for start in starts]
    lines = [replace(event(time=time + (offset or 0)), line=number) for number, time in enumerate(times)]

    numbers = [line.line for group in joined(captured, lines, offset) for line in group]

    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(range(len(times)))


# Roles, peers and identities


NAMELESS: dict[str, Any] = {"source": None, "destination": None, "common_name": "CUCM.example"}


@pytest.mark.parametrize(
    "known",
    [{"server_name": "cucm.example"}, {"server": end("cucm.example", 6972)}, {"server_certificate": seen("leaf")}],
)
def test_a_line_without_ports_joins_the_failed_handshake_with_the_name_that_it_gives(known: dict[str, Any]) -> None:
    line = event(time=0.2, **NAMELESS)
    certificates = by_id([certificate("leaf", "cucm.example")])

    assert drafted(handshake(**known), events=[line], certificates=certificates).events == (line,)
    assert drafted(handshake(**known, completed=True), events=[line], certificates=certificates).events == ()


def test_of_several_handshakes_with_a_name_the_one_that_ended_then_failed() -> None:
    captured = [handshake(number, started=20 * number, server_name="cucm.example") for number in range(3)]
    lines = [event(time=20.1 + shift, **NAMELESS) for shift in (0, 0.1, 300)]

    assert joined(captured, lines) == [(), tuple(lines[:2]), ()]
    assert joined(captured, lines, offset=300) == [(), (lines[2],), ()]


def test_a_clock_that_is_not_known_leaves_a_name_no_doubt_only_where_one_handshake_has_it() -> None:
    ours, other = (handshake(n, server_name=name) for n, name in enumerate(("cucm.example", "imp.example")))
    late = event(time=7200, **NAMELESS)

    assert joined([ours, other], [late]) == [(late,), ()]
    assert joined([ours, other], [late, replace(late, time=at(9000))]) == [(), ()]
    assert joined([other], [late]) == [()]


def test_the_clienthello_tells_the_role_and_no_port() -> None:
    turned = handshake(client=end(REMOTE, 5061), server=end(LOCAL, 25000))

    assert local_role_of(handshake(), CORE) is Side.CLIENT
    assert local_role_of(turned, CORE) is Side.SERVER
    assert local_role_of(handshake(), node("core", addresses=())) is None


def drafted(captured: Handshake, own: Node = CORE, *, identities: Sequence[PeerIdentity] = (), **known: Any) -> Any:
    reading = NodeReading(
        host="core", handshakes=(captured,), identities=tuple(identities), events=known.pop("events", ())
    )
    return draft_connections(own, reading, (own,), known.pop("certificates", {}))[0]


def identity(time: float | None, *names: str) -> PeerIdentity:
    return PeerIdentity(
        time=None if time is None else at(time),
        names=names,
        file="log",
        line=1,
        local=end(LOCAL, 25000),
        remote=end(REMOTE, 5061),
    )


def test_the_peers_certificate_names_it_before_anything_else() -> None:
    captured = handshake(server_certificate=seen("leaf"), server_name="asked.example")
    certificates = by_id([certificate("leaf", "Presented.example")])

    draft = drafted(captured, certificates=certificates, identities=[identity(0, "logged.example")])

    assert draft.peer.name == "presented.example"


def test_where_the_certificate_is_hidden_the_log_names_the_peer() -> None:
    draft = drafted(handshake(), identities=[identity(300, "later.example"), identity(1, "Logged.example")])

    assert (draft.peer.kind, draft.peer.name) == (PeerKind.NAMED, "logged.example")
    assert draft.peer_identity is not None


def test_the_name_that_was_asked_for_names_the_peer_of_a_client_only() -> None:
    inbound = handshake(client=end(REMOTE, 40000), server=end(LOCAL, 5061), server_name="own.example")

    assert drafted(handshake(server_name="asked.example")).peer.name == "asked.example"
    assert drafted(handshake(), events=(event(common_name="verified.example"),)).peer.name == "verified.example"
    assert drafted(inbound).peer.kind is PeerKind.INTERNET


def test_two_identities_without_a_time_are_ambiguous() -> None:
    assert drafted(handshake(), identities=[identity(None, "a.example")]).peer_identity is not None
    two = [identity(None, "a.example"), identity(None, "b.example")]
    assert drafted(handshake(), identities=two).peer_identity is None


# What came of it


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"alerts": (alert(Side.SERVER),), "completed": True}, (Outcome.REFUSED, Side.SERVER)),
        ({"alerts": (alert(Side.CLIENT),), "completed": False}, (Outcome.REFUSED, Side.CLIENT)),
        ({"alerts": (alert(Side.SERVER, level="warning"),), "completed": True}, (Outcome.COMPLETED, None)),
        ({"completed": True, "closed_by": Side.CLIENT}, (Outcome.COMPLETED, None)),
        ({"completed": False, "closed_by": Side.CLIENT}, (Outcome.CLOSED, None)),
        ({"closed_by": Side.SERVER}, (Outcome.CLOSED, None)),
        ({}, (Outcome.UNKNOWN, None)),
        ({"completed": False}, (Outcome.UNKNOWN, None)),
    ],
)
def test_the_capture_tells_the_outcome(changes: dict[str, Any], expected: tuple[Outcome, Side | None]) -> None:
    assert outcome_of(handshake(**changes), Side.CLIENT, ())[:2] == expected


@pytest.mark.parametrize("role", list(Side))
@pytest.mark.parametrize(
    ("changes", "by_us"),
    [
        ({"error": "expired"}, True),
        ({"error": "identity-unacceptable"}, True),
        ({"error": "peer-alert", "alert": 48}, False),
        ({"error": "peer-alert", "alert": None}, False),
        ({"error": "handshake-failure", "alert": 40}, False),
    ],
)
def test_the_log_tells_who_refused(role: Side, changes: dict[str, Any], by_us: bool) -> None:
    result = outcome_of(handshake(), role, [event(local_role=None, **changes)])

    assert result == (Outcome.REFUSED, role if by_us else role.other, "certificate has expired")


@pytest.mark.parametrize("error", [None, "remote-disconnect", "handshake-failure"])
def test_a_line_that_does_not_say_who_refused_decides_nothing(error: str | None) -> None:
    assert outcome_of(handshake(), Side.CLIENT, [event(error=error)])[0] is Outcome.UNKNOWN
    assert outcome_of(handshake(completed=True), Side.CLIENT, [event(error=error)])[0] is Outcome.COMPLETED


def test_a_refusal_without_a_role_is_not_guessed() -> None:
    assert outcome_of(handshake(), None, [event(local_role=None)])[0] is Outcome.UNKNOWN
    assert outcome_of(handshake(), None, [event(local_role=Side.SERVER)])[1] is Side.SERVER


# The whole


def finished(own: Node, *others: Node) -> Connection:
    captured = handshake(client_certificate=seen("ours"), server_certificate=seen("theirs"))
    certificates = by_id([certificate("ours", "core.example"), certificate("theirs", "edge.harbor.example")])
    reading = NodeReading(host="core", handshakes=(captured,), events=(event(),))
    nodes = (own, *others)
    (draft,) = draft_connections(own, reading, nodes, certificates)
    return finish(draft, "c1", ("e1",), nodes, certificates)


def test_a_finished_connection_has_roles_stores_peer_and_outcome() -> None:
    own = node("core", stores=Stores(server=("x",), client=("ours",)))
    other = node("edge", stores=Stores(server=("theirs",)), addresses=())

    connection = finished(own, other)

    assert (connection.id, connection.node, connection.local_role, connection.service) == (
        "c1", "core", Side.CLIENT, "SIP TLS",
    )  # fmt: skip
    assert (connection.client_certificate.store, connection.client_certificate.store_node) == (Store.CLIENT, "core")
    assert (connection.server_certificate.store, connection.server_certificate.store_node) == (Store.SERVER, "edge")
    assert (connection.peer.node, connection.outcome, connection.refused_by) == ("edge", Outcome.REFUSED, Side.CLIENT)
    assert connection.local_certificate == connection.client_certificate
    assert connection.events == ("e1",)


@pytest.mark.parametrize(
    ("trusted", "kind"), [((), PeerKind.INTERNET), (None, PeerKind.INTERNET), (True, PeerKind.NAMED)]
)
def test_a_caller_with_a_self_signed_certificate_is_named_only_by_a_node_that_trusts_it(
    trusted: Any, kind: PeerKind
) -> None:
    made_up = read(self_signed("sip.partner.example").certificate)
    own = node("edge", NodeRole.EDGE, stores=Stores(trusted=(made_up.sha256,) if trusted else trusted))
    inbound = handshake(client=end(REMOTE, 40000), server=end(LOCAL, 5061), client_certificate=seen(made_up.sha256))

    assert drafted(inbound, own, certificates=by_id([made_up])).peer.kind is kind


def test_without_addresses_each_side_is_looked_for_in_every_store() -> None:
    own = node("core", stores=Stores(client=("ours",)), addresses=())

    connection = finished(own)

    assert (connection.local_role, connection.peer.kind) == (None, PeerKind.NAMED)
    assert connection.client_certificate.store is Store.CLIENT
    assert (connection.local_certificate, connection.peer_certificate) == (None, None)


@pytest.mark.parametrize("time", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_times_at_the_ends_of_the_calendar_do_no_harm(time: datetime) -> None:
    line = replace(event(), time=time)
    strange = handshake(started=0)

    assert len(joined([strange], [line], offset=-3600)) == 1
    assert len(joined([replace(strange, started=time)], [event()], offset=3600)) == 1
    nameless = replace(line, **NAMELESS)
    assert len(joined([replace(strange, server_name="cucm.example")], [nameless], offset=3600)) == 1

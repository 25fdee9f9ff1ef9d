"""What arrived at one end of a connection against what the other end presented.

A box that inspects TLS makes two connections of one, so that the ClientHellos at its sides differ; it mostly keeps
addresses and ports. What a client received is compared with what the server's own capture shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import timedelta
from enum import Enum

from msgspec import Struct

from analyzer.correlate.stores import store_of
from analyzer.evidence import Certificate, Connection, Outcome, Side, Store, Visibility
from analyzer.rules.both_ends import Elsewhere, seen_elsewhere
from analyzer.rules.view import NodeView

_FAILED = frozenset({Outcome.REFUSED, Outcome.CLOSED})
_NOTHING_CAME = frozenset({Visibility.NONE_SENT, Visibility.NOT_REQUESTED})
_NEAR = timedelta(seconds=5)
"""Between a connection to a box in between and the one that the box makes of it."""


class How(Enum):
    """What shows that a certificate was altered."""

    DIFFERS = "another certificate arrived"
    LOST = "no certificate arrived"
    FROM_ADDRESS = "the connection itself is not in both captures"
    HIDDEN = "another ClientHello arrived, and the certificates cannot be seen"


class Alteration(Struct, frozen=True):
    """A connection on which another certificate arrived than was presented.

    Attributes:
        there: the connection at the other end; `FROM_ADDRESS`: one that shows what the other end presents.
        received, presented: None where none arrived, or where it cannot be seen.
    """

    how: How
    here: Connection
    there: Connection
    received: Certificate | None
    presented: Certificate | None

    @property
    def has_failed(self) -> bool:
        """Whether the connection came to nothing at one of its ends."""
        return self.here.outcome in _FAILED or (self.how is not How.FROM_ADDRESS and self.there.outcome in _FAILED)


def alterations_of(view: NodeView) -> Mapping[str | None, Sequence[Alteration]]:
    """Return the connections on which something else arrived than was presented, by the node at the other end."""
    found: dict[str | None, list[Alteration]] = defaultdict(list)
    for seen in seen_elsewhere(view):
        how = _on_matched(seen)
        if how is not None:
            leaves = (shown.certificate(presenter_of(seen.here)).leaf for shown in (seen.here, seen.there))
            received, presented = (view.case.certificates.get(leaf or "") for leaf in leaves)
            found[seen.other.node.name].append(Alteration(how, seen.here, seen.there, received, presented))
    matched = {id_ for pair in view.case.pairs for twin in pair.twins for id_ in (twin.first, twin.second)}
    unmatched = [c for c in view.connections if c.local_role is Side.CLIENT and c.id not in matched]
    nodes = _by_address(view) if unmatched else {}
    served = {other.node.name: _Served.of(other, matched) for other in nodes.values()}
    for connection in unmatched:
        other = nodes.get(connection.handshake.server.address)
        alteration = _from_address(view, connection, other, served[other.node.name]) if other else None
        if other and alteration:
            found[other.node.name].append(alteration)
    return found


def _on_matched(seen: Elsewhere) -> How | None:
    """Compare what both ends show of one connection."""
    role, there = seen.here.local_role, seen.there
    if role is None or there.local_role is not role.other:
        return None
    got, sent = seen.here.certificate(role.other), there.certificate(role.other)
    if got.leaf and sent.leaf:
        return How.DIFFERS if got.leaf != sent.leaf else None
    if seen.same_hello:
        return None
    if sent.leaf and got.visibility in _NOTHING_CAME:
        return How.LOST
    return None if _is_told_by_the_other(seen.here, there, role) else How.HIDDEN


def presenter_of(connection: Connection) -> Side:
    """Return the side whose certificate a node received."""
    return Side.SERVER if connection.local_role is Side.CLIENT else Side.CLIENT


def _is_told_by_the_other(here: Connection, there: Connection, role: Side) -> bool:
    """Whether what this node presented did not arrive there: then that node says so."""
    sent, got = here.certificate(role).leaf, there.certificate(role).leaf
    return sent is not None and got is not None and sent != got


def _from_address(view: NodeView, here: Connection, other: NodeView, served: _Served) -> Alteration | None:
    """Compare what came from a server's address with what the server's own capture shows it to present just then.

    Its stores must not hold it, and another issuer must have signed it: an old certificate is not an altered one.
    """
    received = view.case.certificates.get(here.server_certificate.leaf or "")
    if received is None or received.sha256 in served.leaves:
        return None
    there = served.near(here, _clock_of(view, other))
    presented = view.case.certificates.get(there.server_certificate.leaf or "") if there else None
    if there is None or presented is None or received.issuer == presented.issuer:
        return None
    is_foreign = store_of(received.sha256, other.node, Side.SERVER) is Store.NEITHER and not _is_held(view, received)
    return Alteration(How.FROM_ADDRESS, here, there, received, presented) if is_foreign else None


def _by_address(view: NodeView) -> Mapping[str, NodeView]:
    """Return the other nodes by their addresses; one that two of them have tells nothing."""
    holders: dict[str, list[NodeView]] = defaultdict(list)
    for other in view.others:
        for address in other.node.addresses if other.node.host != view.node.host else ():
            holders[address].append(other)
    return {address: found[0] for address, found in holders.items() if len(found) == 1}


class _Served(Struct, frozen=True):
    """What a node's own capture shows it to present as server.

    Attributes:
        unmatched: connections that no other capture shows, by port and name asked for, in the order of their start.
        leaves: all that it presented.
    """

    unmatched: Mapping[tuple[int, str | None], Sequence[Connection]]
    leaves: frozenset[str]

    @classmethod
    def of(cls, view: NodeView, matched: Container[str]) -> _Served:
        unmatched: dict[tuple[int, str | None], list[Connection]] = defaultdict(list)
        leaves = set()
        for connection in view.connections:
            leaf = connection.server_certificate.leaf
            if connection.local_role is Side.SERVER and leaf:
                leaves.add(leaf)
                if connection.id not in matched:
                    unmatched[_service(connection)].append(connection)
        return cls(unmatched, frozenset(leaves))

    def near(self, connection: Connection, clock: timedelta) -> Connection | None:
        """Return a connection that began when another one did, on its port and for its name."""
        candidates = self.unmatched.get(_service(connection), ())
        time = connection.handshake.started + clock
        index = bisect_left(candidates, time - _NEAR, key=lambda candidate: candidate.handshake.started)
        found = candidates[index] if index < len(candidates) else None
        return found if found is not None and found.handshake.started <= time + _NEAR else None


def _service(connection: Connection) -> tuple[int, str | None]:
    return connection.handshake.server.port, connection.handshake.server_name


def _is_held(view: NodeView, certificate: Certificate) -> bool:
    """Whether some node of the case presents it: then that one answered."""
    return any(
        certificate.sha256 in (store or ())[:1]
        for other in (view, *view.others)
        for store in (other.node.stores.server, other.node.stores.client)
    )


def _clock_of(view: NodeView, other: NodeView) -> timedelta:
    """Return by how much another node's capture is ahead; nothing, where no connection measures it."""
    for pair in view.case.pairs:
        if (pair.first, pair.second) == (view.node.name, other.node.name):
            return timedelta(seconds=pair.offset.seconds)
        if (pair.second, pair.first) == (view.node.name, other.node.name):
            return timedelta(seconds=-pair.offset.seconds)
    return timedelta(0)

"""The name that a zone wants in its peer's certificate, and what is known of the certificates that meet it.

What a peer presents is told by a handshake of the zone, by the names that the log found in it, or by the partner's
bundle: the leaf that the store rule says it presents in that role (on X15.5 a Core's client certificate,
rules-amendments A10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from analyzer.correlate.name_match import NameMatch, match_among, match_name, plain_name
from analyzer.evidence import Certificate, Connection, Outcome, Side, Zone
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE, REMOTE_DISCONNECT
from analyzer.rules.alike import Lines
from analyzer.rules.states import came_up, is_failed
from analyzer.rules.view import NodeView

NAME_ALERTS = frozenset({42, 46})
"""bad_certificate, certificate_unknown: what a client sends for a name that it does not accept."""


class Held(Struct, frozen=True, kw_only=True):
    """A certificate, or the names of one, that a zone's peer presents.

    Attributes:
        leaf: None: only the log's names are known.
        owner: the partner whose store holds it; None: a handshake or the log shows it.
        connections: of the zone, in which it was presented.
    """

    match: NameMatch
    leaf: Certificate | None
    names: tuple[str, ...]
    owner: NodeView | None
    connections: tuple[Connection, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether a handshake with it completed."""
        return any(connection.outcome is Outcome.COMPLETED for connection in self.connections)


class Wanted(Struct, frozen=True, kw_only=True):
    """A name that a zone wants of one peer in its certificate.

    Attributes:
        zone: of this node.
        name: as configured.
        role: the side that the peer has.
        held: what is known of what it presents.
        errors: log lines in which this node refused the name.
        refused: connections that ended as a refused name ends: closed by this node after the peer's certificate,
            or with an alert that says so.
        down: the dump shows the zone or the peer as failed, and nothing later shows it working.
        other_reason: something else was refused in this zone: names are not what failed first.
    """

    zone: Zone
    name: str
    role: Side
    held: tuple[Held, ...]
    errors: Lines = Lines()
    refused: tuple[Connection, ...] = ()
    down: bool = False
    other_reason: bool = False


def held_in(name: str, connections: Iterable[Connection], view: NodeView) -> Iterator[Held]:
    """Yield each certificate that peers of this node presented in connections, and how it has a name."""
    by_leaf: dict[str, list[Connection]] = {}
    by_names: dict[tuple[str, ...], list[Connection]] = {}
    for connection in connections:
        shown = connection.peer_certificate
        if shown is not None and shown.leaf in view.case.certificates:
            by_leaf.setdefault(shown.leaf or "", []).append(connection)
        elif connection.peer_identity is not None and connection.peer_identity.names:
            by_names.setdefault(connection.peer_identity.names, []).append(connection)
    for identity, own in by_leaf.items():
        leaf = view.case.certificates[identity]
        yield Held(
            match=match_name(name, leaf), leaf=leaf, names=leaf.subject_alternative_names, owner=None,
            connections=tuple(own),
        )  # fmt: skip
    for names, own in by_names.items():
        # The log lists the common name among the others: found there, it may be that alone.
        found = match_among(name, names)
        yield Held(
            match=NameMatch.UNKNOWN if found is NameMatch.EXACT and plain_name(names[0]) == plain_name(name) else found,
            leaf=None, names=names, owner=None, connections=tuple(own),
        )  # fmt: skip


def held_by(name: str, partner: NodeView, role: Side, known: Iterable[Held]) -> Iterator[Held]:
    """Yield what a partner's bundle says it presents, unless the wire shows that certificate."""
    leaf = partner.expected_leaf(role)
    if leaf is None or any(one.leaf is not None and one.leaf.sha256 == leaf.sha256 for one in known):
        return
    own = tuple(c for c in partner.connections if c.local_role is role and c.certificate(role).leaf == leaf.sha256)
    yield Held(
        match=match_name(name, leaf), leaf=leaf, names=leaf.subject_alternative_names, owner=partner,
        connections=tuple(c for c in own if c.peer.node is not None or partner.is_traversal(c.peer)),
    )  # fmt: skip


def name_errors(view: NodeView, zone: Zone) -> Lines:
    """Return the log lines in which this node refused the name of a zone's peer."""
    return Lines(
        alike
        for alike in view.log.errors_by_zone.get(zone.name, ())
        if alike.record.error == IDENTITY_UNACCEPTABLE and alike.record.alert is None
    )


def closed_over_name(connection: Connection) -> bool:
    """Whether this node ended a handshake, after the peer's certificate, as it does for a name that it refuses.

    Expressway sends no alert then and resets the connection (Cisco's Hybrid Call guide); OpenSSL sends alert 42.
    """
    role, shown = connection.local_role, connection.peer_certificate
    if role is None or shown is None or shown.leaf is None:
        return False
    alerts = [alert for alert in connection.handshake.alerts if alert.is_fatal]
    if alerts:
        return all(alert.sender is role and alert.code in NAME_ALERTS for alert in alerts)
    return connection.outcome is Outcome.CLOSED and connection.handshake.closed_by is role


def has_other_reason(view: NodeView, zone: Zone) -> bool:
    """Whether log or capture show a refusal in a zone that is not about names."""
    logged = any(
        alike.record.error not in {None, IDENTITY_UNACCEPTABLE, REMOTE_DISCONNECT}
        for alike in view.log.errors_by_zone.get(zone.name, ())
    )
    return logged or any(
        alert.is_fatal and alert.code not in NAME_ALERTS
        for connection in view.connections_by_zone.get(zone.name, ())
        for alert in connection.handshake.alerts
    )


def is_down(view: NodeView, zone: Zone, address: str | None = None) -> bool:
    """Whether the dump shows a zone, or one of its peers, as failed, and nothing later shows it working."""
    peer = next((peer for peer in zone.peers if peer.address == address), None)
    failed = is_failed(zone) or (peer is not None and (peer.status or "").lower().startswith("fail"))
    return failed and not came_up(view, zone)


def verifies(zone: Zone) -> bool | None:
    """Whether a zone checks its peer's certificate; None: the dump does not say.

    A Unified Communications traversal zone does unless the dump says otherwise (its TLS verify mode must be on).
    """
    mode = (zone.tls_verify_mode or "").lower()
    if mode in {"on", "off"}:
        return mode == "on"
    return True if zone.unified_communications or zone.kind == "webex" else None


def is_behind(view: NodeView, zone: Zone, partner: NodeView) -> bool:
    """Whether a Core comes to this traversal server zone: by the port that its own zone dials."""
    dialling = [own for own in partner.node.zones if own.kind == "traversalclient"]
    if partner.node.zones and not dialling:
        return False
    ports = {own.port for own in dialling if own.port}
    if ports and zone.port:
        return zone.port in ports
    return sum(other.kind == "traversalserver" for other in view.node.zones) == 1


def listens(partner: NodeView) -> bool:
    """Whether a partner may be the end of a traversal zone that listens; without a dump its role tells."""
    return any(zone.kind == "traversalserver" for zone in partner.node.zones) or (
        not partner.node.zones and partner.is_edge
    )


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two configured names are the same."""
    return bool(one and other) and plain_name(one or "") == plain_name(other or "")

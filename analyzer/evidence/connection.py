"""Connections with their ends, stores and outcomes, and the lines of the log that tell of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from analyzer.evidence.handshake import Alert, Handshake, Side, Visibility
from analyzer.evidence.log import LogEvent, PeerIdentity


class Store(StrEnum):
    """Where a presented certificate was found."""

    CLIENT = "client"
    SERVER = "server"
    BOTH = "both"
    TRUSTED = "trusted"
    NEITHER = "neither"


class Outcome(StrEnum):
    """What came of a connection."""

    COMPLETED = "completed"
    REFUSED = "refused"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class PeerKind(StrEnum):
    """What kind of peer a connection has. `internet`: nobody configured, named or known."""

    WEBEX = "webex"
    PARTNER = "partner"
    CLUSTER = "cluster"
    CUCM = "cucm"
    NEIGHBOR = "neighbor"
    NAMED = "named"
    INTERNET = "internet"
    UNKNOWN = "unknown"


class Peer(Struct, frozen=True, kw_only=True):
    """Who is at the other end.

    Attributes:
        name: what it is called in the report: `Webex`, a node's name, a zone's peer, a certificate name, an address.
        kind: see `PeerKind`.
        reason: why it is called so (`SAN DNS:…webex.com`, `zone "UC traversal"`), or None; the same peer may be
            told in several ways, so it is not compared.
        hint_only: decided by an address range or a port alone.
        node: the node's name, if it is a node of this case.
        zone: the name of the local zone that it belongs to.
    """

    name: str
    kind: PeerKind
    reason: str | None = None
    hint_only: bool = False
    node: str | None = None
    zone: str | None = None

    def _identity(self) -> tuple[object, ...]:
        return self.name, self.kind, self.hint_only, self.node, self.zone

    def __eq__(self, other: object) -> bool:
        """One peer told in two ways is one peer: `reason` does not count."""
        return isinstance(other, Peer) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())


class PresentedCertificate(Struct, frozen=True, kw_only=True):
    """What a side presented.

    Attributes:
        serial: of the leaf; None unless seen.
        store: None if not visible, or if there is nothing to compare with.
        store_node: whose store it is, for the peer's side.
    """

    visibility: Visibility
    chain: tuple[str, ...] = ()
    serial: str | None = None
    store: Store | None = None
    store_node: str | None = None

    @property
    def leaf(self) -> str | None:
        """Id of the leaf, or None."""
        return self.chain[0] if self.chain else None


class Event(Struct, frozen=True, kw_only=True):
    """A log event with its id, node and peer, and the connection it belongs to (None: none, or ambiguous)."""

    id: str
    node: str | None
    record: LogEvent
    peer: Peer | None = None
    connection: str | None = None


def telling_event(events: Iterable[Event]) -> Event | None:
    """Return the log line that tells of a failure: the first that names an error or an alert."""
    return next((event for event in events if event.record.error or event.record.alert), None)


class Connection(Struct, frozen=True, kw_only=True):
    """A handshake, with roles, peer, stores and what the log says of it.

    Attributes:
        node: name of the node whose capture shows it.
        local_role: the side that the node had; None: its addresses are not known.
        service: what the port suggests (`SIP TLS`, `Unified Communications traversal`), or None.
        refused_by: the side that refused, for `refused`.
        outcome_reason: the words of the alert or of the log line that decided the outcome.
        peer_identity: names from the log's DEBUG lines (the substitute under TLS 1.3).
    """

    id: str
    node: str | None
    handshake: Handshake
    local_role: Side | None
    peer: Peer
    service: str | None
    server_certificate: PresentedCertificate
    client_certificate: PresentedCertificate
    outcome: Outcome
    refused_by: Side | None
    outcome_reason: str | None
    events: tuple[str, ...] = ()
    peer_identity: PeerIdentity | None = None

    def certificate(self, side: Side) -> PresentedCertificate:
        """Return what a side presented."""
        return self.client_certificate if side is Side.CLIENT else self.server_certificate

    @property
    def local_certificate(self) -> PresentedCertificate | None:
        """What this node presented; None if the local role is not known."""
        return self.certificate(self.local_role) if self.local_role else None

    @property
    def peer_certificate(self) -> PresentedCertificate | None:
        """What the peer presented; None if the local role is not known."""
        return self.certificate(self.local_role.other) if self.local_role else None

    @property
    def refusing_alert(self) -> Alert | None:
        """The last fatal clear alert of the side that refused (a `close_notify` after it says nothing)."""
        alerts = reversed(self.handshake.alerts)
        return next((alert for alert in alerts if alert.sender is self.refused_by and alert.is_fatal), None)

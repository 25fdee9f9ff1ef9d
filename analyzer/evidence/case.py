"""The joined evidence: nodes with their stores, connections with their roles and peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from analyzer.evidence.certificate import Certificate, CertificateOrigin
from analyzer.evidence.handshake import Alert, CaptureFile, Handshake, Side, TcpConversation, Visibility
from analyzer.evidence.log import CarriedCertificate, LogEvent, LogSpan, LogTrace, PeerIdentity
from analyzer.evidence.path import IssuerPath
from analyzer.evidence.settings import Alarm, Cluster, NeededNames, Setting, Tunnel, Zone
from analyzer.evidence.source import Input, Member, Problem


class NodeRole(StrEnum):
    """A traversal server zone makes an Expressway an Edge."""

    CORE = "core"
    EDGE = "edge"
    UNKNOWN = "unknown"


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


class Origin(Struct, frozen=True, kw_only=True):
    """Public or private, and the reason for it. `strong`: decided by marks inside the certificate."""

    origin: CertificateOrigin
    reason: str
    strong: bool = True


class Stores(Struct, frozen=True, kw_only=True):
    """A node's stores: certificate ids, leaf first. None: the member is absent. Empty: nothing readable in it."""

    server: tuple[str, ...] | None = None
    client: tuple[str, ...] | None = None
    trusted: tuple[str, ...] | None = None


class ClockOffset(Struct, frozen=True, kw_only=True):
    """How far one clock is ahead of another: the median over what both show, and the median distance from it."""

    seconds: float
    joins: int
    spread: float

    @property
    def is_negligible(self) -> bool:
        """Whether it is less than what times in milliseconds can show, as a log's are."""
        return abs(self.seconds) < 0.001


class ReferenceTime(Struct, frozen=True, kw_only=True):
    """The time that dates are judged at. `origin`: evidence, file-name, as-of or none."""

    time: datetime | None
    origin: str


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


class Node(Struct, frozen=True, kw_only=True):
    """One Expressway (or the loose files that name none), with all that its bundle says.

    Attributes:
        name: its host, made unique; None for loose files that name no host.
        version: `X15.5` …; None: unknown.
        time_zone: of the dump, or the offset of the log's local clock.
        addresses: its own, from xconf and xstat; empty: not known.
        uptime: seconds at the time the status was taken.
        clock_offset: log time minus capture time; None where fewer than three joins measure it.
        taken: the file names' time, taken as UTC: when the bundle was collected, after logging had stopped.
    """

    name: str | None
    host: str | None
    role: NodeRole = NodeRole.UNKNOWN
    version: str | None = None
    serial_number: str | None = None
    addresses: tuple[str, ...] = ()
    host_names: tuple[str, ...] = ()
    time_zone: str | None = None
    uptime: int | None = None
    clock_offset: ClockOffset | None = None
    stores: Stores = field(default_factory=Stores)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    tunnels: tuple[Tunnel, ...] | None = None
    alarms: tuple[Alarm, ...] = ()
    cluster: Cluster | None = None
    domains: tuple[str, ...] = ()
    needed_names: NeededNames = NeededNames()
    members: tuple[Member, ...] = ()
    captures: tuple[CaptureFile, ...] = ()
    logs: tuple[LogSpan, ...] = ()
    traces: tuple[LogTrace, ...] = ()
    identities: tuple[PeerIdentity, ...] = ()
    carried: tuple[CarriedCertificate, ...] = ()
    conversations: tuple[TcpConversation, ...] = ()
    reference_time: ReferenceTime = field(default_factory=lambda: ReferenceTime(time=None, origin="none"))
    taken: datetime | None = None
    partners: tuple[str, ...] = ()

    @property
    def log_ahead(self) -> timedelta:
        """How far the log's clock is ahead of the capture's; nothing where that is not known."""
        return timedelta(seconds=self.clock_offset.seconds if self.clock_offset else 0)

    @property
    def logging_started_by(self) -> datetime | None:
        """When logging had started at the latest, which is the moment that the dumps show; None: nothing tells.

        No log record and no captured frame is older. A log's times are brought to the capture's clock.
        """
        logged = (_earlier(log.first, self.log_ahead) for log in self.logs if log.first)
        captured = (capture.first for capture in self.captures if capture.first)
        return min((*logged, *captured), default=None)


def _earlier(time: datetime, by: timedelta) -> datetime:
    """Return an earlier time, as far as the calendar goes."""
    try:
        return time - by
    except OverflowError:
        return time


class Twin(Struct, frozen=True, kw_only=True, gc=False):
    """One connection in the captures of two nodes.

    Attributes:
        first, second: its ids, in the order of the pair's nodes.
        same_hello: both show the same ClientHello. If not, addresses, ports and time say that it is one connection:
            somebody in between ends TLS and begins it anew.
    """

    first: str
    second: str
    same_hello: bool


class NodePair(Struct, frozen=True, kw_only=True):
    """Two nodes whose captures show the same connections.

    Attributes:
        first, second: the nodes' names, in their order, whichever bundle was given first.
        offset: the second's capture time minus the first's, measured on the same ClientHellos if there are any.
    """

    first: str | None
    second: str | None
    twins: tuple[Twin, ...]
    offset: ClockOffset


class Case(Struct, frozen=True, kw_only=True):
    """Everything that is known, joined. Immutable; rules and reports read nothing else.

    Attributes:
        certificates: by SHA-256 of the DER.
        origins: by the same key.
        connections: by start time; ids `c1`, `c2` …
        events: by time, file and line; ids `e1`, `e2` …
        pairs: nodes whose captures show the same connections, in the order of these.
        paths: of the stores' leaves and of what was presented, by node.
    """

    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    certificates: Mapping[str, Certificate]
    origins: Mapping[str, Origin]
    connections: tuple[Connection, ...]
    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    reference_time: ReferenceTime
    pairs: tuple[NodePair, ...] = ()
    paths: tuple[IssuerPath, ...] = ()

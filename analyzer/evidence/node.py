"""An Expressway, with all that its bundle says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from analyzer.evidence.handshake import CaptureFile, TcpConversation
from analyzer.evidence.log import CarriedCertificate, LogSpan, LogTrace, PeerIdentity
from analyzer.evidence.settings import Alarm, Cluster, NeededNames, Setting, Tunnel, Zone
from analyzer.evidence.source import Member


class NodeRole(StrEnum):
    """A traversal server zone makes an Expressway an Edge."""

    CORE = "core"
    EDGE = "edge"
    UNKNOWN = "unknown"


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

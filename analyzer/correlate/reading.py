"""What was read of one node's members, before anything is joined."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from analyzer.evidence import (
    CaptureFile,
    CarriedCertificate,
    Certificate,
    Configuration,
    Handshake,
    LogEvent,
    LogSpan,
    LogTrace,
    Member,
    PeerIdentity,
    Status,
    TcpConversation,
)


class NodeReading(Struct, frozen=True, kw_only=True):
    """The records of one group of members.

    Attributes:
        host: as the file names, the dumps or the log give it; None if none does.
        taken: the file names' time (when the bundle was collected), taken as UTC.
        server, client, trusted: certificates of the PEM members; None: the member is absent.
    """

    host: str | None
    taken: datetime | None = None
    members: tuple[Member, ...] = ()
    server: tuple[Certificate, ...] | None = None
    client: tuple[Certificate, ...] | None = None
    trusted: tuple[Certificate, ...] | None = None
    configuration: Configuration | None = None
    status: Status | None = None
    handshakes: tuple[Handshake, ...] = ()
    conversations: tuple[TcpConversation, ...] = ()
    captures: tuple[CaptureFile, ...] = ()
    events: tuple[LogEvent, ...] = ()
    traces: tuple[LogTrace, ...] = ()
    identities: tuple[PeerIdentity, ...] = ()
    carried: tuple[CarriedCertificate, ...] = ()
    logs: tuple[LogSpan, ...] = ()

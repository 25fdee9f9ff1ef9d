"""Frozen records of what was read, and of what was joined from it.

Nothing here reads, judges or prints. `None` means "not known" unless a field says otherwise; every time is
an aware UTC datetime; every file is named as `INPUT/MEMBER` (see `Member.reference`).
"""

from analyzer.evidence.case import Case, NodePair, Origin, Twin
from analyzer.evidence.certificate import (
    Certificate,
    CertificateOrigin,
)
from analyzer.evidence.connection import (
    Connection,
    Event,
    Outcome,
    Peer,
    PeerKind,
    PresentedCertificate,
    Store,
    telling_event,
)
from analyzer.evidence.handshake import (
    Alert,
    CaptureFile,
    CertificateMessage,
    Endpoint,
    Frame,
    Handshake,
    Side,
    Step,
    TcpConversation,
    TlsRecord,
    Visibility,
)
from analyzer.evidence.log import (
    APPLICATION_START,
    CERTIFICATE_MANAGEMENT,
    CarriedCertificate,
    LogEvent,
    LogSpan,
    LogTrace,
    PeerIdentity,
)
from analyzer.evidence.node import ClockOffset, Node, NodeRole, ReferenceTime, Stores
from analyzer.evidence.path import IssuerPath, PathLink
from analyzer.evidence.settings import (
    Alarm,
    Cluster,
    Configuration,
    ConfiguredName,
    NeededNames,
    Setting,
    SettingChange,
    Status,
    Tunnel,
    Zone,
    ZonePeer,
)
from analyzer.evidence.source import (
    Input,
    Member,
    MemberKind,
    Problem,
    ReadState,
)

__all__ = [
    "APPLICATION_START",
    "CERTIFICATE_MANAGEMENT",
    "Alarm",
    "Alert",
    "CaptureFile",
    "CarriedCertificate",
    "Case",
    "Certificate",
    "CertificateMessage",
    "CertificateOrigin",
    "ClockOffset",
    "Cluster",
    "Configuration",
    "ConfiguredName",
    "Connection",
    "Endpoint",
    "Event",
    "Frame",
    "Handshake",
    "Input",
    "IssuerPath",
    "LogEvent",
    "LogSpan",
    "LogTrace",
    "Member",
    "MemberKind",
    "NeededNames",
    "Node",
    "NodePair",
    "NodeRole",
    "Origin",
    "Outcome",
    "PathLink",
    "Peer",
    "PeerIdentity",
    "PeerKind",
    "PresentedCertificate",
    "Problem",
    "ReadState",
    "ReferenceTime",
    "Setting",
    "SettingChange",
    "Side",
    "Status",
    "Step",
    "Store",
    "Stores",
    "TcpConversation",
    "TlsRecord",
    "Tunnel",
    "Twin",
    "Visibility",
    "Zone",
    "ZonePeer",
    "telling_event",
]

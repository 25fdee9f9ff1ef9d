"""Records as the parsers give them, for the correlator's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from analyzer.evidence import (
    Alert,
    Certificate,
    CertificateMessage,
    Endpoint,
    Frame,
    Handshake,
    LogEvent,
    LogTrace,
    Node,
    NodeRole,
    Side,
    Step,
    Visibility,
    Zone,
    ZonePeer,
)

START = datetime(2026, 3, 24, 11, 0, 0, tzinfo=UTC)
LOCAL, REMOTE = "10.1.1.10", "93.184.215.14"  # the second is public: addresses for documentation count as private
WEBEX_ADDRESS = "163.129.37.33"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def end(address: str = LOCAL, port: int = 25000) -> Endpoint:
    return Endpoint(address=address, port=port)


def handshake(number: int = 0, *, started: float = 0, lasting: float = 0.1, **changes: Any) -> Handshake:
    """Return a handshake of this node as the client; another `number` has another port."""
    result = Handshake(
        captures=("x.pcap",),
        client=end(LOCAL, 25000 + number),
        server=end(REMOTE, 5061),
        started=at(started),
        tls_version="TLSv1.2",
        server_name=None,
        resumed=False,
        seen_from_start=True,
        certificate_requested=True,
        certificate_authorities=(),
        frames=(
            Frame(step=Step.CLIENT_HELLO, capture="x.pcap", frame=1, time=at(started), sender=Side.CLIENT),
            Frame(step=Step.FINISHED, capture="x.pcap", frame=2, time=at(started + lasting), sender=Side.SERVER),
        ),
        server_certificate=CertificateMessage(visibility=Visibility.ENCRYPTED),
        client_certificate=CertificateMessage(visibility=Visibility.ENCRYPTED),
        alerts=(),
        completed=None,
    )
    return replace(result, **changes)


def alert(sender: Side, description: str = "unknown_ca", code: int = 48, level: str = "fatal") -> Alert:
    return Alert(
        sender=sender, level=level, description=description, code=code, capture="x.pcap", frame=3, time=at(0.05)
    )


def trace(number: int, time: float, what: str = "established") -> LogTrace:
    return LogTrace(
        time=at(time), what=what, source=end(LOCAL, 25000 + number), destination=end(REMOTE, 5061), file="log", line=1
    )


def event(number: int = 0, *, time: float | None = 0, **changes: Any) -> LogEvent:
    """Return an outbound TLS error of the connection `number`."""
    result = LogEvent(
        time=None if time is None else at(time),
        name="Outbound TLS Negotiation Error",
        detail="certificate has expired",
        file="log",
        line=1,
        source=end(LOCAL, 25000 + number),
        destination=end(REMOTE, 5061),
        error="expired",
        local_role=Side.CLIENT,
    )
    return replace(result, **changes)


def zone(name: str, type_: str, *addresses: str, **changes: Any) -> Zone:
    result = Zone(name=name, type=type_, peers=tuple(ZonePeer(address=address) for address in addresses))
    return replace(result, **changes)


def node(name: str | None = "core", role: NodeRole = NodeRole.CORE, **changes: Any) -> Node:
    known = () if name is None else (name, f"{name}.harbor.example")
    return replace(Node(name=name, host=name, role=role, addresses=(LOCAL,), host_names=known), **changes)


def certificate(identity: str, *names: str, **changes: Any) -> Certificate:
    """Return a certificate that is nothing but its id and its names."""
    dns = tuple(f"DNS:{name}" for name in names)
    return replace(
        Certificate(sha256=identity, der=b"", serial=identity, subject_alternative_names=dns, is_ca=False), **changes
    )


def seen(*chain: str) -> CertificateMessage:
    return CertificateMessage(visibility=Visibility.SEEN, chain=chain)


def by_id(certificates: Sequence[Certificate]) -> dict[str, Certificate]:
    return {one.sha256: one for one in certificates}

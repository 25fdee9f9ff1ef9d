"""What a capture shows of TLS: handshakes, and TCP conversations that never got so far.

There are thousands of these records, and none can be part of a cycle: the garbage collector need not look at them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Side(StrEnum):
    """An end of a TLS connection. The client is whoever sent the ClientHello, whatever the ports."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Side:
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Visibility(StrEnum):
    """Whether a side's certificate can be seen in the capture, and if not, why."""

    SEEN = "seen"
    ENCRYPTED = "encrypted"
    RESUMED = "resumed"
    NOT_REQUESTED = "not-requested"
    NONE_SENT = "none-sent"
    NOT_REACHED = "not-reached"
    NOT_USED = "not-used"
    NOT_CAPTURED = "not-captured"


class Step(StrEnum):
    """A handshake step that a frame can be named for."""

    CLIENT_HELLO = "client_hello"
    HELLO_RETRY_REQUEST = "hello_retry_request"
    SERVER_HELLO = "server_hello"
    SERVER_CERTIFICATE = "server_certificate"
    CERTIFICATE_REQUEST = "certificate_request"
    CLIENT_CERTIFICATE = "client_certificate"
    ALERT = "alert"
    FINISHED = "finished"
    CLOSED = "closed"


class Endpoint(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """An address in its compressed spelling, and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Frame(Struct, frozen=True, kw_only=True, gc=False):
    """Where Wireshark shows a step.

    Attributes:
        capture: the capture file, `INPUT/MEMBER`.
        frame: Wireshark's frame number in that file, of the frame in which reassembly completes.
        sender: None where the step has no side (`closed` by an unknown side).
    """

    step: Step
    capture: str
    frame: int
    time: datetime
    sender: Side | None = None


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """An alert that was in clear.

    Attributes:
        level: `warning`, `fatal`, else `level_N`.
        description: the RFC's name in snake_case, else `alert_N`.
    """

    sender: Side
    level: str
    description: str
    code: int
    capture: str
    frame: int
    time: datetime

    @property
    def is_fatal(self) -> bool:
        """Whether it ends the connection."""
        return self.level == "fatal"


class CertificateMessage(Struct, frozen=True, kw_only=True, gc=False):
    """A side's Certificate message, or why there is none to see.

    Attributes:
        chain: SHA-256 of each certificate in wire order; empty unless `visibility` is `seen`.
    """

    visibility: Visibility
    chain: tuple[str, ...] = ()


class TlsRecord(Struct, frozen=True, kw_only=True, gc=False):
    """The outside of an encrypted record of a TLS 1.3 handshake (nothing of its content).

    Attributes:
        length: the record's payload length in bytes.
    """

    sender: Side
    length: int
    capture: str
    frame: int
    time: datetime


class Handshake(Struct, frozen=True, kw_only=True, gc=False):
    """One TLS handshake as a capture shows it, without any knowledge of who is who.

    Attributes:
        captures: files that hold its frames, in order.
        started: time of the ClientHello; of the first frame that was captured of it, if that was missed.
        tls_version: SSLv2 … TLSv1.3 as negotiated (ServerHello, supported_versions first); None: no ServerHello.
        server_name: SNI of the ClientHello.
        resumed: None if it can't be told.
        seen_from_start: False if the ClientHello or bytes before the end of the handshake are missing.
        certificate_requested: None if it can't be told (TLS 1.3, resumed, not captured).
        certificate_authorities: RFC 4514 names of the CertificateRequest; empty says nothing.
        frames: in time order; at most one per step and side, except alerts.
        completed: application data or both Finished messages went through: True; it provably did not: False.
        closed_by: who sent the first FIN or RST; None if neither was captured.
        closed_by_reset: whether that was an RST.
        last_record_before_close: TLS 1.3 only: the last encrypted record that the closing side sent.
        encrypted_records: TLS 1.3 only: the first records of each side after ServerHello (at most 16 a side).
        cipher_suite: IANA number.
        signature_algorithms: what the ClientHello offers, IANA numbers.
        requested_signature_algorithms: what the CertificateRequest accepts; empty: none seen.
        requested_certificate_types: TLS 1.2 ClientCertificateType numbers of the CertificateRequest.
        certificate_authority_names: DER of `certificate_authorities`, in their order, to compare with certificates.
        client_random: of the ClientHello, by which captures at both ends know it; empty: not seen, or SSL 2.0.
        renegotiated: TLS 1.2 and before: the client began another handshake within the connection. It is encrypted,
            so that a certificate may have been asked for then (RFC 5246 section 7.4.1.1; IIS and Apache do so).
        opened: time of the SYN that opened its TCP connection; None: not captured.
        established: time of the acknowledgement by which that connection stood at both ends; None: not captured.
    """

    captures: tuple[str, ...]
    client: Endpoint
    server: Endpoint
    started: datetime
    tls_version: str | None
    server_name: str | None
    resumed: bool | None
    seen_from_start: bool
    certificate_requested: bool | None
    certificate_authorities: tuple[str, ...]
    frames: tuple[Frame, ...]
    server_certificate: CertificateMessage
    client_certificate: CertificateMessage
    alerts: tuple[Alert, ...]
    completed: bool | None
    closed_by: Side | None = None
    closed_by_reset: bool = False
    last_record_before_close: TlsRecord | None = None
    encrypted_records: tuple[TlsRecord, ...] = ()
    cipher_suite: int | None = None
    signature_algorithms: tuple[int, ...] = ()
    requested_signature_algorithms: tuple[int, ...] = ()
    requested_certificate_types: tuple[int, ...] = ()
    renegotiated: bool = False
    certificate_authority_names: tuple[bytes, ...] = ()
    client_random: bytes = b""
    opened: datetime | None = None
    established: datetime | None = None

    def frame(self, step: Step, sender: Side | None = None) -> Frame | None:
        """Return the first frame of a step (of a side, if one is named)."""
        for frame in self.frames:
            if frame.step is step and (sender is None or frame.sender is sender):
                return frame
        return None

    def certificate_frame(self, side: Side) -> Frame | None:
        """Return the frame of a side's Certificate message."""
        return self.frame(Step.CLIENT_CERTIFICATE if side is Side.CLIENT else Step.SERVER_CERTIFICATE)

    def message(self, side: Side) -> CertificateMessage:
        """Return the Certificate message of a side."""
        return self.client_certificate if side is Side.CLIENT else self.server_certificate


class TcpConversation(Struct, frozen=True, kw_only=True, gc=False):
    """A TCP conversation that carries no TLS but matters: it was never established, or it is SSH.

    Attributes:
        started: time of the first SYN.
        attempts: SYNs of this 4-tuple.
        established: whether a SYN-ACK was seen.
        refused: whether the SYN was answered by an RST.
        frame: of the first SYN.
        client_banner, server_banner: SSH identification strings; None if not seen.
        client_bytes, server_bytes: payload seen.
        ended: time of the first FIN or RST after establishment.
    """

    capture: str
    frame: int
    client: Endpoint
    server: Endpoint
    started: datetime
    attempts: int
    established: bool
    refused: bool
    client_banner: str | None = None
    server_banner: str | None = None
    client_bytes: int = 0
    server_bytes: int = 0
    ended: datetime | None = None
    closed_by: Side | None = None


class CaptureFile(Struct, frozen=True, kw_only=True, gc=False):
    """One capture file.

    Attributes:
        name: `INPUT/MEMBER`.
        interface: `eth0` … from its name; None for a loose file.
        sequence: the rotation number in its name.
        first, last: times of the earliest and latest packet; None: no packet.
        cut_frames: frames that the snaplen cut short.
        addresses: addresses of TCP packets, at most 4096, sorted.
    """

    name: str
    interface: str | None
    sequence: int | None
    first: datetime | None
    last: datetime | None
    packets: int
    cut_frames: int
    addresses: tuple[str, ...] = ()

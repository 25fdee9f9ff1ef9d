"""What an Expressway logs of one connection, as published logs show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from analyzer.evidence import Endpoint, Side
from samples.builders import log
from samples.builders.certificates import Identity
from samples.builders.host import Host
from samples.builders.log import Line
from samples.builders.tcp import Segment
from samples.builders.transcript import Transcript
from samples.builders.wording import (
    NAME_REFUSED,
    REMOTE_DISCONNECT,
    Dialect,
    alert_stack,
    alert_words,
    refusal_stack,
    verify_words,
)

SIP_OPTIONS = (
    "OPTIONS sip:{server}:{port};transport=tls SIP/2.0\n"
    "Via: SIP/2.0/TLS {client}:5061;branch=z9hG4bK38f5d2c1;rport\n"
    "From: <sip:{client}>;tag=6ab0c48e52a1f3f7\n"
    "To: <sip:{server}>\n"
    "Max-Forwards: 0\n"
    "Content-Length: 0\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one end logs of a connection.

    Attributes:
        role: of the end that logs.
        peer: the host at the other end, and `shown`: what it presented; None: nothing.
        dialect: how the OpenSSL of the end that logs words its errors.
    """

    role: Side
    ends: Mapping[Side, Endpoint]
    segments: Sequence[Segment]
    transcript: Transcript
    peer: Host
    shown: Identity | None
    dialect: Dialect = Dialect.OPENSSL_1_1

    def tvcs(self) -> Iterable[Line]:
        """Yield the lines of SIP over TLS."""
        source, destination = self.ends[Side.CLIENT], self.ends[Side.SERVER]
        yield log.tcp(self._opened, source, destination, "TCP Connecting")
        yield log.tcp(self._established, source, destination, "TCP Connection Established")
        yield log.ssl(
            self._established, "INFO", 'Detail="Handshake in progress" Reason="want read/write"', thread=self._thread
        )
        if self.transcript.completed:
            yield from self._success()
        else:
            yield from self._failure()
        if any(letter in segment.flags for segment in self.segments for letter in "FR"):
            yield log.tcp(self._closed, source, destination, "TCP Connection Closed", reason=self._closing_words)

    def traffic_server(self) -> Iterable[Line]:
        """Yield the lines of the HTTPS client that talks to CUCM."""
        if self.transcript.completed:
            request = f"GET /global-settings.xml HTTP/1.1\nHost: {self.peer.name}:{self.ends[Side.SERVER].port}\n"
            yield log.http(self._decided, self.ends[Side.CLIENT], self.ends[Side.SERVER], request)
            return
        words = self._openssl_words.replace(":SSL", ": SSL", 1)
        yield log.traffic_server(self._decided, f"SSL connection failed for '{self.peer.name}': {words}")

    def _success(self) -> Iterable[Line]:
        if not self.transcript.resumed:
            yield from self._names()
        yield log.ssl(self._decided, "DEBUG", 'Detail="Handshake succeeded"', thread=self._thread)
        local, remote = self.ends[self.role], self.ends[self.role.other]
        yield log.sip(
            self._decided + timedelta(milliseconds=1),
            "Sent" if self.role is Side.CLIENT else "Received",
            local,
            remote,
            SIP_OPTIONS.format(
                client=self.ends[Side.CLIENT].address,
                server=self.ends[Side.SERVER].address,
                port=self.ends[Side.SERVER].port,
            ),
        )

    def _names(self) -> Iterable[Line]:
        """Yield the names of the peer's certificate, which tvcs reads once OpenSSL has accepted it."""
        for method, text in _name_lines(self.shown.certificate) if self.shown else ():
            yield log.ssl(self._decided, "DEBUG", text, method=method, thread=self._thread)

    def _failure(self) -> Iterable[Line]:
        if self.transcript.name_refused and self._refused:
            yield from self._names()
        yield log.negotiation_error(
            self._decided,
            self.ends[Side.CLIENT],
            self.ends[Side.SERVER],
            role=self.role,
            detail=self._words,
            common_name=self.peer.name if self.role is Side.CLIENT else "",
        )
        if not self.transcript.name_refused:
            yield from self._openssl_failure()

    def _openssl_failure(self) -> Iterable[Line]:
        local, remote = self.ends[self.role], self.ends[self.role.other]
        reason = self._openssl_words
        yield log.ssl_error(self._decided, local, remote, role=self.role, reason=reason, thread=self._thread)
        yield log.ssl(
            self._decided, "DEBUG", 'Detail="Handshake Failed" Reason="want error ssl"', thread=self._thread
        )

    @property
    def _refused(self) -> bool:
        return self.transcript.refused_by is self.role

    @property
    def _words(self) -> str:
        if self.transcript.name_refused:
            return NAME_REFUSED if self._refused else REMOTE_DISCONNECT
        if self._refused:
            return verify_words(self.transcript.verify_error, self.dialect)
        return alert_words(self.transcript.alert or 40, self.dialect)

    @property
    def _closing_words(self) -> str:
        return self._words if self._refused else "Got EOF on socket"

    @property
    def _openssl_words(self) -> str:
        """The reason as OpenSSL puts it on its error stack."""
        if not self._refused:
            return alert_stack(self.transcript.alert or 40, self.dialect)
        return refusal_stack(self.transcript.verify_error, self.role, self.dialect)

    @property
    def _opened(self) -> datetime:
        return self.segments[0].time

    @property
    def _established(self) -> datetime:
        return self.segments[min(2, len(self.segments) - 1)].time

    @property
    def _decided(self) -> datetime:
        """When the handshake is over for both: with the alert, or before the first application data."""
        carriers = [segment.time for segment in self.segments if segment.payload]
        return carriers[-1] if not self.transcript.completed else carriers[-min(3, len(carriers))]

    @property
    def _closed(self) -> datetime:
        return self.segments[-1].time

    @property
    def _thread(self) -> str:
        return f"0x7f29{self.ends[Side.CLIENT].port:08x}"


def _name_lines(certificate: x509.Certificate) -> Iterable[tuple[str, str]]:
    for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
        yield (
            "TTSSL_retrieveCommonName",
            f'Detail="Found common name in peer certificate" CommonName="{attribute.value!s}"',
        )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    for name in names.get_values_for_type(x509.DNSName):
        yield "TTSSL_retrieveAltNames", f'Detail="Found DNS alt-name in peer certificate" AltName="{name}"'

"""Real TLS handshakes, OpenSSL on both ends, recorded as the bytes that each side sent.

Both ends are pyOpenSSL connections over memory buffers: keys never touch the disk, and a side can accept what
OpenSSL alone would refuse (an Expressway whose extended key usage checking mode is Off, a peer that checks
nothing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto
from OpenSSL._util import lib as openssl

from analyzer.evidence import Side
from samples.builders.certificates import Identity
from samples.builders.transcript import Flight, SentAlert, Session, Transcript

VERIFICATION_TIME = datetime(2026, 3, 24, 12, 0, 0, tzinfo=UTC)

UNSUPPORTED_PURPOSE = 26  # X509_V_ERR_INVALID_PURPOSE

_VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}
_SIP_REQUEST = b"OPTIONS sip:peer SIP/2.0\r\nContent-Length: 0\r\n\r\n"
_SIP_RESPONSE = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"


class Verification(StrEnum):
    """What a side makes of the other side's certificate."""

    NOTHING = "accepts anything"
    ANY_PURPOSE = "checks all but the extended key usage"
    STRICT = "checks as OpenSSL does"


class ClientAuthentication(StrEnum):
    """Whether the server asks for the client's certificate."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One end of a handshake.

    Attributes:
        identity: what it presents; None: nothing (a client sends an empty Certificate when asked).
        trusts: its trusted CA list.
        announces: whose names its CertificateRequest carries, as a server.
        ciphers: an OpenSSL cipher list for TLS 1.2 and below.
        suite: the only cipher suite of TLS 1.3, in OpenSSL's words.
        curve: the only group that it accepts; a server's own one forces a HelloRetryRequest.
        expects: the name that a client wants in the server's certificate; None: it takes any.
        crls: the revocation lists that it has, one of which it then demands; None: it checks no revocation.
    """

    identity: Identity | None = None
    trusts: tuple[x509.Certificate, ...] = ()
    verification: Verification = Verification.NOTHING
    announces: tuple[x509.Certificate, ...] = ()
    ciphers: str | None = None
    suite: str | None = None
    curve: ec.EllipticCurve | None = None
    expects: str | None = None
    crls: tuple[x509.CertificateRevocationList, ...] | None = None


def handshake(
    client: Party,
    server: Party,
    *,
    version: str = "1.2",
    client_authentication: ClientAuthentication = ClientAuthentication.REQUIRED,
    server_name: str | None = None,
    application_data: Sequence[bytes] = (_SIP_REQUEST, _SIP_RESPONSE),
    close_notify: bool = True,
    time: datetime = VERIFICATION_TIME,
    tickets: bool = True,
    resume: Transcript | None = None,
    renegotiates: bool = False,
) -> Transcript:
    """Let two parties shake hands, exchange data and take leave.

    Args:
        client: the side that speaks first.
        server: the other side.
        version: `1.0` to `1.3`.
        client_authentication: whether the server asks, and insists.
        server_name: of the ClientHello.
        application_data: what client and server say in turn, if the handshake completes.
        close_notify: whether the client takes its leave.
        time: when certificates are judged.
        tickets: whether the server resumes by ticket; otherwise by session id (TLS 1.2).
        resume: an earlier transcript of the same two parties.
        renegotiates: whether the server asks for another handshake behind the data, and then for a certificate
            (TLS 1.2 and below).
    """
    earlier = resume.session if resume else None
    contexts = (
        earlier.contexts if earlier else (_context(client, version, time), _context(server, version, time, tickets))
    )
    ends = {side: _End(side, context) for side, context in zip(Side, contexts, strict=True)}
    ends[Side.CLIENT].ask_with(client.verification, SSL.VERIFY_PEER)
    ends[Side.SERVER].ask_with(server.verification, _REQUESTS[client_authentication])
    if client.expects:
        ends[Side.CLIENT].expect(client.expects)
    if server_name:
        ends[Side.CLIENT].connection.set_tlsext_host_name(server_name.encode("idna"))
    if earlier:
        ends[Side.CLIENT].connection.set_session(earlier.session)
    flights = list(_shake_hands(ends))
    refuser = next((end for end in ends.values() if end.refused), None)
    if refuser is None:
        flights += _talk(ends, application_data)
        if renegotiates:
            ends[Side.SERVER].ask_with(server.verification, SSL.VERIFY_PEER)
            flights += _renegotiate(ends)
        session = ends[Side.CLIENT].connection.get_session()
        if close_notify:
            flights += _take_leave(ends[Side.CLIENT])
        for end in ends.values():
            # A connection that is freed without a shutdown takes its session out of the server's cache.
            end.connection.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
    return Transcript(
        flights=tuple(flights),
        version=version,
        completed=refuser is None,
        resumed=earlier is not None,
        refused_by=refuser.side if refuser else None,
        verify_error=refuser.verify_error if refuser else None,
        alerts=tuple(alert for end in ends.values() for alert in end.alerts),
        session=Session(session=session, contexts=contexts) if refuser is None and session else None,
    )


_REQUESTS = {
    ClientAuthentication.NONE: SSL.VERIFY_NONE,
    ClientAuthentication.OPTIONAL: SSL.VERIFY_PEER,
    ClientAuthentication.REQUIRED: SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}


class _End:
    """One running end: drives its connection and remembers how it went."""

    def __init__(self, side: Side, context: SSL.Context) -> None:
        self.side = side
        self.alerts: list[SentAlert] = []
        self.verify_error: int | None = None
        self.refused = False
        self._broken = False
        self._shaken = False
        self.connection = SSL.Connection(context, None)
        self.connection.set_info_callback(lambda _, where, value: self._note(where, value))
        if side is Side.CLIENT:
            self.connection.set_connect_state()
        else:
            self.connection.set_accept_state()

    def ask_with(self, verification: Verification, mode: int) -> None:
        """Say how the other side's certificate is judged."""
        accepts = _ACCEPTS[verification]

        def judge(_connection: SSL.Connection, _x509: crypto.X509, error: int, depth: int, _ok: int) -> bool:
            accepted = accepts(error, depth)
            if not accepted:
                self.verify_error = error
            return accepted

        self.connection.set_verify(mode, judge)

    def expect(self, name: str) -> None:
        """Say which name the server's certificate must have: pyOpenSSL has no word for it, OpenSSL does."""
        given = name.encode("ascii")
        openssl.X509_VERIFY_PARAM_set1_host(openssl.SSL_get0_param(self.connection._ssl), given, len(given))

    def advance(self) -> bytes:
        """Go on as far as possible, and return what that sends."""
        if not self._broken:
            try:
                self._step()
            except (SSL.WantReadError, SSL.ZeroReturnError):
                pass
            except SSL.Error:
                self._broken = True
                self.refused = any(alert.level == 2 for alert in self.alerts)
        return self.sent()

    def sent(self) -> bytes:
        """Return what lies in the outgoing buffer."""
        parts = []
        try:
            while True:
                parts.append(self.connection.bio_read(65536))
        except SSL.WantReadError:
            return b"".join(parts)

    def _step(self) -> None:
        if not self._shaken:
            self.connection.do_handshake()
            self._shaken = True
        self.connection.recv(65536)

    def _note(self, where: int, value: int) -> None:
        if where == SSL.SSL_CB_WRITE_ALERT:
            self.alerts.append(SentAlert(sender=self.side, level=value >> 8, code=value & 0xFF))


def _shake_hands(ends: dict[Side, _End]) -> Sequence[Flight]:
    """Carry bytes to and fro until neither side has anything to say."""
    flights: list[Flight] = []
    silent = 0
    side = Side.CLIENT
    while silent < 2:
        payload = ends[side].advance()
        silent = 0 if payload else silent + 1
        if payload:
            flights.append(Flight(sender=side, payload=payload))
            ends[side.other].connection.bio_write(payload)
        side = side.other
    return flights


def _talk(ends: dict[Side, _End], sentences: Sequence[bytes]) -> Sequence[Flight]:
    flights = []
    side = Side.CLIENT
    for sentence in sentences:
        ends[side].connection.send(sentence)
        flights.append(Flight(sender=side, payload=ends[side].sent()))
        ends[side.other].connection.bio_write(flights[-1].payload)
        ends[side.other].connection.recv(65536)
        side = side.other
    return flights


def _renegotiate(ends: dict[Side, _End]) -> Sequence[Flight]:
    server = ends[Side.SERVER]
    server.connection.renegotiate()
    server.connection.do_handshake()
    request = Flight(sender=Side.SERVER, payload=server.sent())
    ends[Side.CLIENT].connection.bio_write(request.payload)
    return [request, *_shake_hands(ends)]


def _take_leave(end: _End) -> Sequence[Flight]:
    end.connection.shutdown()
    return [Flight(sender=end.side, payload=end.sent())]


def _context(party: Party, version: str, time: datetime, tickets: bool = True) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_session_id(b"samples")
    if not tickets:
        context.set_options(SSL.OP_NO_TICKET)
    context.set_min_proto_version(_VERSIONS[version])
    context.set_max_proto_version(_VERSIONS[version])
    if party.ciphers or party.suite or version in {"1.0", "1.1"}:
        context.set_cipher_list((party.ciphers or "DEFAULT:@SECLEVEL=0").encode())
    if party.suite:
        context.set_tls13_ciphersuites(party.suite.encode())
    if party.curve:
        context.set_tmp_ecdh(party.curve)
    if party.identity:
        context.use_certificate(party.identity.certificate)
        context.use_privatekey(party.identity.key)
        for certificate in party.identity.chain:
            context.add_extra_chain_cert(certificate)
    store = context.get_cert_store()
    if store:
        store.set_time(time)
        for certificate in party.trusts:
            store.add_cert(crypto.X509.from_cryptography(certificate))
        if party.crls is not None:
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
            for crl in party.crls:
                store.add_crl(crl)
    for certificate in party.announces:
        context.add_client_ca(certificate)
    return context


_ACCEPTS: dict[Verification, Callable[[int, int], bool]] = {
    Verification.NOTHING: lambda _error, _depth: True,
    Verification.ANY_PURPOSE: lambda error, _depth: error in {0, UNSUPPORTED_PURPOSE},
    Verification.STRICT: lambda error, _depth: error == 0,
}

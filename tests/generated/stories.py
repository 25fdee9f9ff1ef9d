"""Handshakes between real OpenSSL ends, each with its truth: what was presented and which alerts went in clear.

The truth comes from the objects that the ends were given and from what was asked of them, never from our own reader.
Alerts come about in three ways:

- an end refuses a certificate: OpenSSL chooses the code (43, 45, 48);
- a server answers the server name with any alert of its choice, before its ServerHello: in clear under TLS 1.3 too;
- a peer that is not OpenSSL says something else about the same certificate: the code in the record is another one.

What a client says of the server's certificate under TLS 1.3, and a server of the client's, is encrypted.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from analyzer.evidence import Side
from samples.builders.certificates import CLIENT_ONLY, SERVER_ONLY, Authority, Identity
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake
from samples.builders.transcript import Flight, Transcript

CODES = (40, 42, 43, 45, 46, 48, 49, 51, 70, 80, 116)
VERSIONS = ("1.2", "1.3")
SERVER_NAME = "expe.harbor.example"

_ROOT = Authority.root("harbor-DC01-CA")
_ISSUING = _ROOT.intermediate("harbor-Issuing-CA")
_ELSEWHERE = Authority.root("Quarry Root").intermediate("Quarry Issuing CA")
_LONG_AGO = datetime(2022, 4, 1, tzinfo=UTC), datetime(2023, 4, 1, tzinfo=UTC)
_TLS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A handshake and its truth.

    Attributes:
        client, server: serials that the side presented in clear, leaf first; None: it presented none in clear.
        alerts: sender and code of the fatal alerts in clear.
    """

    name: str
    flights: tuple[Flight, ...]
    client: tuple[str, ...] | None
    server: tuple[str, ...] | None
    alerts: tuple[tuple[Side, int], ...] = ()
    resumed: bool | None = False


def _serials(identity: Identity) -> tuple[str, ...]:
    return tuple(f"{certificate.serial_number:x}" for certificate in (identity.certificate, *identity.chain))


def _strict(identity: Identity | None) -> Party:
    trusts = (_ROOT.certificate,)
    return Party(identity=identity, trusts=trusts, announces=trusts, verification=Verification.STRICT)


@cache
def stories() -> tuple[Story, ...]:
    """Return all of them; made once, since they take a second."""
    return (*_accepted(), *_refused_by_server(), *_refused_by_client(), *_refused_names())


def _accepted() -> Iterator[Story]:
    server = _ISSUING.issue(SERVER_NAME, key="rsa2048")
    for number, key in enumerate(("ec256", "rsa2048", "ec256", "rsa3072")):
        client = _ISSUING.issue(f"expc{number}.harbor.example", key=key)
        done = handshake(Party(identity=client), _strict(server), server_name=SERVER_NAME)
        yield Story(name=f"mutual {number}", flights=done.flights, client=_serials(client), server=_serials(server))
        again = handshake(Party(identity=client), _strict(server), server_name=SERVER_NAME, resume=done)
        yield Story(name=f"resumed {number}", flights=again.flights, client=None, server=None, resumed=True)
        hidden = handshake(Party(identity=client), _strict(server), version="1.3", server_name=SERVER_NAME)
        yield Story(name=f"hidden {number}", flights=hidden.flights, client=None, server=None)
    optional = handshake(
        Party(), _strict(server), client_authentication=ClientAuthentication.OPTIONAL, server_name=SERVER_NAME
    )
    yield Story(name="nothing presented", flights=optional.flights, client=(), server=_serials(server))


def _unfit(usages: tuple[str, ...]) -> dict[int, Identity]:
    """Return identities that OpenSSL refuses, by the alert that it sends for them."""
    not_before, not_after = _LONG_AGO
    return {
        43: _ISSUING.issue("phone.harbor.example", usages=usages),
        45: _ISSUING.issue("old.harbor.example", not_before=not_before, not_after=not_after),
        48: _ELSEWHERE.issue("stranger.quarry.example"),
    }


def _refused_by_server() -> Iterator[Story]:
    server = _ISSUING.issue(SERVER_NAME)
    for code, client in _unfit(SERVER_ONLY).items():
        done = handshake(Party(identity=client), _strict(server), server_name=SERVER_NAME)
        for sent, told in _as_others_put_it(code, done):
            yield Story(
                name=f"server refuses with {sent}, OpenSSL with {code}",
                flights=told.flights,
                client=_serials(client),
                server=_serials(server),
                alerts=((Side.SERVER, sent),),
            )


def _refused_by_client() -> Iterator[Story]:
    client = _ISSUING.issue("expc.harbor.example")
    for code, server in _unfit(CLIENT_ONLY).items():
        done = handshake(_strict(client), Party(identity=server), server_name=SERVER_NAME)
        for sent, told in _as_others_put_it(code, done):
            yield Story(
                name=f"client refuses with {sent}, OpenSSL with {code}",
                flights=told.flights,
                client=None,
                server=_serials(server),
                alerts=((Side.CLIENT, sent),),
            )


def _as_others_put_it(code: int, done: Transcript) -> Iterator[tuple[int, Transcript]]:
    if done.alert != code:
        raise ValueError(f"OpenSSL sent {done.alert} and not {code}")
    yield code, done
    if code == 48:
        yield from ((other, done.with_alert(other)) for other in CODES if other not in {43, 45, 48, 116})


def _refused_names() -> Iterator[Story]:
    server = _ISSUING.issue(SERVER_NAME)
    for version in VERSIONS:
        for code in CODES:
            if (version, code) == ("1.2", 116):
                continue  # OpenSSL says 40 there: TLS 1.2 has no certificate_required
            flights = _answer_with_alert(server, version, code)
            yield Story(
                name=f"name refused with {code} under TLS {version}",
                flights=flights,
                client=None,
                server=None,
                alerts=((Side.SERVER, code),),
                resumed=None,
            )


def _answer_with_alert(server: Identity, version: str, code: int) -> tuple[Flight, ...]:
    """Let a server answer the server name with an alert (`ssl` takes the code from the callback)."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "server.pem"
        key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(key + server.pem())
        listening.load_cert_chain(pem)
    listening.sni_callback = lambda *_: code
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    asking.minimum_version = asking.maximum_version = _TLS[version]
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(to_client, to_server, server_hostname=SERVER_NAME)
    served = listening.wrap_bio(to_server, to_client, server_side=True)
    flights = []
    for side, end, sent in ((Side.CLIENT, client, to_server), (Side.SERVER, served, to_client)):
        with contextlib.suppress(ssl.SSLError):
            end.do_handshake()
        payload = sent.read()
        flights.append(Flight(sender=side, payload=payload))
        sent.write(payload)
    if flights[-1].payload[0] != 21 or flights[-1].payload[3:] != bytes((0, 2, 2, code)):
        raise ValueError(f"OpenSSL answered {flights[-1].payload[:7].hex()} and not {code}")
    return tuple(flights)

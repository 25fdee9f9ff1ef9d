"""What lengths give away, measured with OpenSSL on both ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from analyzer.correlate.connections import outcome_of
from analyzer.correlate.record_lengths import (
    alert_length,
    answer,
    certificate_length,
    is_not_asked,
    lone_alert,
    may_be_certificate,
    may_have_gone_through,
    presents_nothing,
    presents_something,
)
from analyzer.evidence import Handshake, Outcome, Side
from samples.builders.certificates import SERVER_ONLY, Authority, Identity
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake
from samples.builders.tcp import Closing, without_payload
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c

SUITES = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)
SHORT_TAG = SUITES[-1]

each_suite = pytest.mark.parametrize("suite", SUITES)


@cache
def identity(key: str, above: int) -> Identity:
    """A certificate that comes with this many intermediates."""
    authority = Authority.root("harbor-DC01-CA")
    for number in range(above):
        authority = authority.intermediate(f"harbor-Issuing-CA-{number}", key=key)
    return authority.issue("expc.harbor.example", key=key)


def shown(
    suite: str = SUITES[0],
    *,
    client: Identity | None = c.CLIENT,
    server: Identity = c.SERVER,
    asks: ClientAuthentication = ClientAuthentication.REQUIRED,
    data: tuple[bytes, ...] = (),
    closing: Closing = Closing.FIN,
    closed_by: Side | None = None,
    strict_client: bool = False,
) -> Handshake:
    """What is seen of a handshake; it is closed by the side that refused, else by the client."""
    ours = Party(
        identity=client, suite=suite, verification=Verification.STRICT if strict_client else Verification.NOTHING
    )
    theirs = Party(
        identity=server,
        trusts=(c.ROOT.certificate,),
        announces=(c.ROOT.certificate,),
        verification=Verification.STRICT,
        suite=suite,
    )
    transcript = handshake(ours, theirs, version="1.3", client_authentication=asks, application_data=data)
    closer = closed_by or transcript.refused_by or Side.CLIENT
    return c.only(c.read(c.capture_of(transcript, closing=closing, closed_by=closer)))


def refused(suite: str = SUITES[0], **options: object) -> Handshake:
    return shown(suite, client=c.ISSUING.issue("expc.harbor.example", usages=SERVER_ONLY), **options)  # type: ignore[arg-type]


def ders(presented: Identity) -> tuple[bytes, ...]:
    return (presented.der, *(one.public_bytes(Encoding.DER) for one in presented.chain))


# The Certificate message


@each_suite
def test_both_certificate_messages_have_the_length_told(suite: str) -> None:
    seen = shown(suite)
    (by_client,) = may_be_certificate(seen, Side.CLIENT)

    assert by_client.length == certificate_length(seen, ders(c.CLIENT))
    assert certificate_length(seen, ders(c.SERVER)) in {r.length for r in may_be_certificate(seen, Side.SERVER)}


@pytest.mark.parametrize("above", range(4))
@pytest.mark.parametrize("key", ["ec256", "ec384", "rsa2048"])
def test_the_length_is_told_whatever_the_key_and_however_long_the_chain(key: str, above: int) -> None:
    presented = identity(key, above)
    seen = shown(client=presented, server=presented)

    for sender in Side:
        assert certificate_length(seen, ders(presented)) in {r.length for r in may_be_certificate(seen, sender)}


@pytest.mark.parametrize("asks", list(ClientAuthentication))
def test_no_other_record_is_taken_for_a_certificate(asks: ClientAuthentication) -> None:
    """The server's is its second or third, as it asks for the client's or not."""
    seen = shown(asks=asks, data=(b"x" * 4000,) * 4)

    assert len(may_be_certificate(seen, Side.CLIENT)) == 1
    assert len(may_be_certificate(seen, Side.SERVER)) == 2
    assert len(seen.encrypted_records) > 8


def without(sender: Side, number: int) -> Handshake:
    """What is seen of a handshake of which the `number`-th encrypted record of a side was not captured."""
    transcript = handshake(Party(identity=c.CLIENT), c.STRICT_SERVER, version="1.3")
    flights = [
        Flight(sender=flight.sender, payload=record)
        for flight in transcript.flights
        for record in records(flight.payload)
    ]
    segments = c.talk(flights, segment_size=60_000)
    end = c.CLIENT_END if sender is Side.CLIENT else c.SERVER_END
    carriers = [segment for segment in segments if segment.payload]
    encrypted = [n for n, carrier in enumerate(carriers) if carrier.source == end and carrier.payload[0] == 23]
    return c.only(c.read_frames(c.plain(without_payload(segments, encrypted[number]))))


def records(payload: bytes) -> list[bytes]:
    """Take a flight apart."""
    found = []
    while payload:
        length = 5 + int.from_bytes(payload[3:5], "big")
        found.append(payload[:length])
        payload = payload[length:]
    return found


@pytest.mark.parametrize("sender", list(Side))
def test_where_what_comes_before_it_is_missing_no_record_is_taken_for_a_certificate(sender: Side) -> None:
    seen = without(sender, 0)

    assert seen.tls_version == "TLSv1.3"
    assert len(seen.encrypted_records) > 5
    assert may_be_certificate(seen, sender) == ()


def test_a_lost_record_does_not_make_a_certificate_of_what_comes_after_the_clients_flight() -> None:
    seen = without(Side.SERVER, 2)

    assert {record.length for record in may_be_certificate(seen, Side.SERVER)}.isdisjoint(
        {record.length for record in answer(seen)}
    )


# A client that presents nothing


@each_suite
@pytest.mark.parametrize("asks", [ClientAuthentication.OPTIONAL, ClientAuthentication.REQUIRED])
def test_an_empty_certificate_has_a_length_of_its_own(suite: str, asks: ClientAuthentication) -> None:
    seen = shown(suite, client=None, asks=asks)

    assert (presents_nothing(seen), is_not_asked(seen)) == (True, False)


@each_suite
def test_a_client_that_was_not_asked_begins_with_its_finished_message(suite: str) -> None:
    seen = shown(suite, asks=ClientAuthentication.NONE)

    assert (presents_nothing(seen), is_not_asked(seen)) == (False, True)


@each_suite
@pytest.mark.parametrize("make", [shown, refused])
def test_a_client_that_presents_a_certificate_looks_like_neither(suite: str, make: Callable[..., Handshake]) -> None:
    seen = make(suite)

    assert (presents_nothing(seen), is_not_asked(seen)) == (False, False)


def test_a_resumed_session_says_nothing_of_what_the_client_was_asked() -> None:
    seen = c.only(c.read(c.capture_of(c.resumed("1.3"))))

    assert seen.resumed
    assert (presents_nothing(seen), is_not_asked(seen)) == (False, False)


# An alert


@each_suite
def test_a_servers_refusal_is_an_alert_alone(suite: str) -> None:
    seen = refused(suite)

    assert lone_alert(seen) == seen.last_record_before_close
    assert alert_length(seen) == (11 if suite == SHORT_TAG else 19)
    assert [record.length for record in answer(seen)] == [alert_length(seen)]
    assert not may_have_gone_through(seen)
    assert outcome_of(seen, Side.CLIENT, ())[0] is Outcome.CLOSED


@each_suite
def test_a_client_that_takes_its_leave_is_no_suspect_and_did_not_fail(suite: str) -> None:
    """Its close_notify has the length of a refusal; the server's tickets say that there was none."""
    seen = shown(suite)

    assert seen.last_record_before_close
    assert seen.last_record_before_close.length == alert_length(seen)
    assert seen.completed is None
    assert lone_alert(seen) is None
    assert may_have_gone_through(seen)
    assert outcome_of(seen, Side.CLIENT, ())[0] is Outcome.UNKNOWN


def test_a_client_that_leaves_without_hearing_of_its_certificate_did_not_provably_fail() -> None:
    flights = c.mutual("1.3").flights[:3]
    by_client, by_server = (
        c.only(c.read(c.capture_of(flights, closing=Closing.RESET, closed_by=side))) for side in Side
    )

    assert (answer(by_client), answer(by_server)) == ((), ())
    assert (may_have_gone_through(by_client), may_have_gone_through(by_server)) == (True, False)


def test_the_servers_alert_is_one_alone_though_the_client_is_quicker_to_close() -> None:
    """Between two programs over sockets, either end may be the first."""
    seen = refused(closed_by=Side.CLIENT)
    alert = lone_alert(seen)

    assert alert is not None
    assert (alert.sender, alert.length) == (Side.SERVER, 19)
    assert not may_have_gone_through(seen)


@pytest.mark.parametrize("closed_by", list(Side))
def test_a_server_that_answers_the_clients_leave_with_its_own_is_no_suspect(closed_by: Side) -> None:
    """Without tickets, its close_notify is all that it says behind the client's flight."""
    seen = shown(closed_by=closed_by)
    leave = seen.encrypted_records[-1]
    untold = tuple(record for record in seen.encrypted_records if record not in answer(seen))
    reply = replace(leave, sender=Side.SERVER)
    seen = replace(seen, encrypted_records=(*untold, reply))

    assert (leave.sender, leave.length) == (Side.CLIENT, 19)
    assert answer(seen) == (reply,)
    assert lone_alert(seen) is None
    assert may_have_gone_through(seen)


def test_while_the_connection_is_open_no_alert_is_suspected() -> None:
    assert lone_alert(refused(closing=Closing.NONE)) is None


def test_a_client_that_refuses_in_clear_hides_no_alert() -> None:
    seen = shown(strict_client=True)

    assert [(a.sender, a.code) for a in seen.alerts] == [(Side.CLIENT, 48)]
    assert lone_alert(seen) is None
    assert outcome_of(seen, Side.CLIENT, ())[:2] == (Outcome.REFUSED, Side.CLIENT)


def test_an_alert_in_place_of_the_clients_whole_flight_is_one_alone() -> None:
    """A client whose keys change before it looks at the certificate, which OpenSSL's do not."""
    seen = shown()
    alert = replace(may_be_certificate(seen, Side.CLIENT)[0], length=alert_length(seen))
    server = tuple(record for record in seen.encrypted_records if record.sender is Side.SERVER)[:5]

    assert lone_alert(replace(seen, encrypted_records=(*server, alert))) == alert


def test_before_tls_13_a_close_is_judged_by_what_was_seen() -> None:
    assert not may_have_gone_through(replace(shown(), tls_version="TLSv1.2"))
    assert not may_have_gone_through(replace(shown(), completed=False))


@each_suite
def test_a_certificate_is_told_from_what_is_too_short_for_one(suite: str) -> None:
    assert presents_something(shown(suite))
    assert not presents_something(shown(suite, client=None, asks=ClientAuthentication.OPTIONAL))
    assert not presents_something(shown(suite, asks=ClientAuthentication.NONE))

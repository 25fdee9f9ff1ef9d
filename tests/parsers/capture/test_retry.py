"""A HelloRetryRequest, and what is left of it when a part of the capture is missing."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from analyzer.evidence import Handshake, Side, Step, Visibility
from samples.builders.handshake import Party, handshake
from samples.builders.tcp import Closing, Opening
from samples.builders.transcript import Flight
from tests.parsers.capture import captures as c


@cache
def flights() -> tuple[Flight, ...]:
    """ClientHello, HelloRetryRequest, ClientHello, the server's flight, the client's, data."""
    server = Party(identity=c.SERVER, trusts=(c.ROOT.certificate,), curve=ec.SECP384R1())
    return handshake(Party(identity=c.CLIENT), server, version="1.3").flights


def words(shown: Handshake) -> tuple[Visibility, Visibility]:
    return shown.server_certificate.visibility, shown.client_certificate.visibility


ALERT = Flight(sender=Side.SERVER, payload=bytes.fromhex("15030300020228"))


@pytest.mark.parametrize("closing", [Closing.FIN, Closing.RESET])
def test_a_handshake_that_ends_behind_the_request_was_tls_13_and_reached_nobody(closing: Closing) -> None:
    shown = c.only(c.read(c.capture_of(flights()[:2], closing=closing)))

    assert shown.tls_version == "TLSv1.3"
    assert words(shown) == (Visibility.NOT_REACHED, Visibility.NOT_REACHED)
    assert (shown.seen_from_start, shown.completed) == (True, False)


def test_an_alert_behind_the_second_hello_ends_it() -> None:
    shown = c.only(c.read(c.capture_of((*flights()[:3], ALERT), closing=Closing.NONE)))

    assert words(shown) == (Visibility.NOT_REACHED, Visibility.NOT_REACHED)
    assert [(alert.sender, alert.code) for alert in shown.alerts] == [(Side.SERVER, 40)]
    assert shown.seen_from_start is True


def test_a_capture_that_ends_behind_the_request_does_not_say_what_came() -> None:
    shown = c.only(c.read(c.capture_of(flights()[:2], closing=Closing.NONE)))

    assert words(shown) == (Visibility.NOT_CAPTURED, Visibility.NOT_CAPTURED)


@pytest.mark.parametrize("opening", [Opening.WHOLE, Opening.NONE])
def test_without_the_request_both_hellos_are_of_one_handshake(opening: Opening) -> None:
    segments = c.talk(flights(), opening=opening)
    request = next(s for s in segments if s.payload and s.source == c.SERVER_END)
    shown = c.only(c.read_frames(c.plain(s for s in segments if s is not request)))

    assert shown.tls_version == "TLSv1.3"
    assert words(shown) == (Visibility.ENCRYPTED, Visibility.ENCRYPTED)


def test_a_request_that_comes_behind_the_second_hello_changes_nothing() -> None:
    segments = list(c.talk(flights()))
    expected = c.story(c.only(c.read_frames(c.plain(segments))))
    carriers = [n for n, s in enumerate(segments) if s.payload]
    segments.insert(carriers[2], segments.pop(carriers[1]))

    assert c.story(c.only(c.read_frames(c.plain(segments)))) == expected
    assert (Step.HELLO_RETRY_REQUEST.value, Side.SERVER) in expected["steps"]  # type: ignore[operator]


def test_the_client_alone_is_one_handshake() -> None:
    segments = [s for s in c.talk(flights()) if s.source == c.CLIENT_END]
    shown = c.only(c.read_frames(c.plain(segments)))

    assert words(shown) == (Visibility.NOT_CAPTURED, Visibility.NOT_CAPTURED)
    assert shown.seen_from_start is False


def test_a_lost_server_hello_behind_the_request_leaves_the_certificates_not_captured() -> None:
    segments = c.talk(flights(), segment_size=200)
    first_of_flight = [s for s in segments if s.payload and s.source == c.SERVER_END][1]
    shown = c.only(c.read_frames(c.plain(s for s in segments if s is not first_of_flight)))

    assert words(shown) == (Visibility.NOT_CAPTURED, Visibility.NOT_CAPTURED)
    assert shown.tls_version == "TLSv1.3"
    assert shown.completed is not False

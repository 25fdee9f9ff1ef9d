from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import replace

import pytest

from analyzer.evidence import CertificateMessage, Endpoint, Handshake, Side, Visibility
from analyzer.parsers.capture import CaptureLimits, read_captures
from samples.builders.certificates import SERVER_ONLY
from samples.builders.frames import pcap
from samples.builders.handshake import ClientAuthentication, Party, handshake
from samples.builders.tcp import Closing, Opening, from_middle, without_payload
from samples.builders.transcript import Flight, Transcript
from tests.parsers.capture import captures as c

OLD_VERSIONS = ("1.0", "1.1", "1.2")


def words(transcript: Transcript | Iterable[Flight], **options: object) -> tuple[Visibility, Visibility]:
    shown = c.only(c.read(c.capture_of(transcript, **options)))
    return shown.server_certificate.visibility, shown.client_certificate.visibility


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_both_chains_of_a_mutual_handshake_are_seen(version: str) -> None:
    reading = c.read(c.capture_of(c.mutual(version)))
    shown = c.only(reading)

    assert c.presented(shown, Side.SERVER)[0] == c.SERVER.sha256
    assert c.presented(shown, Side.CLIENT)[0] == c.CLIENT.sha256
    assert len(c.presented(shown, Side.CLIENT)) == 2
    assert reading.certificates[c.CLIENT.sha256] == c.CLIENT.der
    assert (shown.certificate_requested, shown.resumed, shown.completed) == (True, False, True)
    assert shown.certificate_authorities == ("CN=harbor-DC01-CA,DC=harbor,DC=example",)


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_a_client_that_was_not_asked_is_not_said_to_have_presented_nothing(version: str) -> None:
    shown = c.only(c.read(c.capture_of(c.one_way(version))))

    assert shown.client_certificate == CertificateMessage(visibility=Visibility.NOT_REQUESTED)
    assert shown.certificate_requested is False


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_none_was_sent_only_where_an_empty_message_is_seen(version: str) -> None:
    shown = c.only(c.read(c.capture_of(c.nothing_presented(version))))

    assert shown.client_certificate == CertificateMessage(visibility=Visibility.NONE_SENT)
    assert shown.certificate_requested is True


@pytest.mark.parametrize("transcript", [c.mutual, c.one_way, c.nothing_presented])
def test_certificates_of_tls_13_are_encrypted(transcript: object) -> None:
    shown = c.only(c.read(c.capture_of(transcript("1.3"))))  # type: ignore[operator]

    assert shown.server_certificate.visibility is shown.client_certificate.visibility is Visibility.ENCRYPTED
    assert shown.certificate_requested is None
    assert shown.tls_version == "TLSv1.3"


@pytest.mark.parametrize(("version", "tickets"), [("1.2", True), ("1.2", False), ("1.3", True)])
def test_a_resumed_session_shows_no_certificates(version: str, tickets: bool) -> None:
    transcript = c.resumed(version, tickets)
    shown = c.only(c.read(c.capture_of(transcript)))

    assert transcript.resumed
    assert shown.resumed is True
    assert shown.server_certificate.visibility is shown.client_certificate.visibility is Visibility.RESUMED
    assert shown.completed is True or version == "1.3"


def test_anonymous_suites_have_no_certificates() -> None:
    party = Party(ciphers="aNULL:@SECLEVEL=0")
    transcript = handshake(party, party, client_authentication=ClientAuthentication.NONE)

    assert words(transcript) == (Visibility.NOT_USED, Visibility.NOT_USED)


def test_a_client_that_refuses_the_server_did_not_get_to_its_own_certificate() -> None:
    shown = c.only(c.read(c.capture_of(c.refused_by_client())))

    assert shown.client_certificate.visibility is Visibility.NOT_REACHED
    assert shown.server_certificate.visibility is Visibility.SEEN
    assert [(a.sender, a.code, a.level, a.description) for a in shown.alerts] == [
        (Side.CLIENT, 48, "fatal", "unknown_ca")
    ]
    assert shown.completed is False


def test_the_alert_about_the_clients_certificate_is_read_behind_its_change_cipher_spec() -> None:
    shown = c.only(c.read(c.capture_of(c.refused_by_server())))

    assert [(a.sender, a.code) for a in shown.alerts] == [(Side.SERVER, 43)]
    assert shown.client_certificate.visibility is Visibility.SEEN
    assert shown.completed is False


def test_the_clients_alert_of_tls_13_is_in_clear_and_the_servers_is_not() -> None:
    by_client = c.only(c.read(c.capture_of(c.refused_by_client("1.3"))))
    by_server = c.only(c.read(c.capture_of(c.refused_by_server("1.3"), closing=Closing.FIN, closed_by=Side.SERVER)))

    assert [(a.sender, a.code) for a in by_client.alerts] == [(Side.CLIENT, 48)]
    assert by_server.alerts == ()
    assert by_server.completed is None
    assert by_server.last_record_before_close is not None
    assert by_server.last_record_before_close.length == 19
    assert by_server.last_record_before_close.sender is Side.SERVER


def replaced(flight: Flight, *records: tuple[int, int]) -> Flight:
    """The flight with other records in its place: content types and lengths."""
    payload = b"".join(struct.pack(">BHH", kind, 0x0303, length) + bytes(length) for kind, length in records)
    return Flight(sender=flight.sender, payload=payload)


@pytest.mark.parametrize("closing", [Closing.FIN, Closing.RESET, Closing.NONE])
def test_a_client_of_tls_13_that_refuses_in_clear_did_not_get_to_its_own_certificate(closing: Closing) -> None:
    shown = words(c.refused_by_client("1.3"), closing=closing, closed_by=Side.CLIENT)

    assert shown == (Visibility.ENCRYPTED, Visibility.NOT_REACHED)


@pytest.mark.parametrize("closed_by", list(Side))
@pytest.mark.parametrize("closing", [Closing.FIN, Closing.RESET])
def test_tls_13_that_is_closed_behind_the_servers_flight_did_not_reach_the_client(
    closing: Closing, closed_by: Side
) -> None:
    shown = c.only(c.read(c.capture_of(c.mutual("1.3").flights[:2], closing=closing, closed_by=closed_by)))

    assert shown.server_certificate.visibility is Visibility.ENCRYPTED
    assert shown.client_certificate.visibility is Visibility.NOT_REACHED
    assert shown.completed is False


@pytest.mark.parametrize("records", [((23, 19),), ((20, 1), (23, 19)), ((23, 19), (23, 19))])
def test_an_encrypted_alert_is_no_certificate(records: tuple[tuple[int, int], ...]) -> None:
    flights = c.mutual("1.3").flights[:3]

    assert words((*flights[:2], replaced(flights[2], *records))) == (Visibility.ENCRYPTED, Visibility.NOT_REACHED)


@pytest.mark.parametrize("records", [((23, 25),), ((23, 19),) * 3])
def test_whatever_may_hold_a_certificate_is_taken_for_one(records: tuple[tuple[int, int], ...]) -> None:
    flights = c.mutual("1.3").flights[:3]

    assert words((*flights[:2], replaced(flights[2], *records))) == (Visibility.ENCRYPTED, Visibility.ENCRYPTED)


def test_tls_13_that_ends_with_the_server_hello_did_not_reach_the_server() -> None:
    hello, flight = c.mutual("1.3").flights[:2]
    server_hello = flight.payload[: 5 + int.from_bytes(flight.payload[3:5], "big")]

    assert words((hello, Flight(sender=Side.SERVER, payload=server_hello))) == (Visibility.NOT_REACHED,) * 2


def test_tls_13_that_goes_on_beyond_the_capture_stays_encrypted() -> None:
    shown = words(c.mutual("1.3").flights[:2], closing=Closing.NONE)

    assert shown == (Visibility.ENCRYPTED, Visibility.ENCRYPTED)


@pytest.mark.parametrize("heard", list(Side))
def test_one_direction_of_tls_13_does_not_say_that_the_other_did_not_go_on(heard: Side) -> None:
    port = c.CLIENT_END.port if heard is Side.CLIENT else c.SERVER_END.port
    segments = [s for s in c.talk(c.mutual("1.3"), closing=Closing.RESET) if s.source.port == port]
    found = c.read_frames(c.plain(segments)).handshakes

    assert Visibility.NOT_REACHED not in {h.client_certificate.visibility for h in found if h.tls_version}


@pytest.mark.parametrize("lost", range(3, 20))
def test_a_segment_of_tls_13_that_was_not_captured_leaves_the_certificates_encrypted(lost: int) -> None:
    segments = c.talk(c.mutual("1.3"), segment_size=300, closing=Closing.FIN)
    carriers = [index for index, segment in enumerate(segments) if segment.payload]
    (shown,) = c.read_frames(c.plain(without_payload(segments, carriers[lost % len(carriers)]))).handshakes[:1]

    assert shown.tls_version is None or shown.client_certificate.visibility is Visibility.ENCRYPTED


def test_an_unanswered_hello_leaves_both_sides_not_reached() -> None:
    transcript = c.mutual()
    hello = transcript.flights[:1]

    shown = c.only(c.read(c.capture_of(hello)))

    assert shown.server_certificate.visibility is shown.client_certificate.visibility is Visibility.NOT_REACHED
    assert shown.tls_version is None
    assert shown.completed is False


def test_a_handshake_that_ends_behind_the_servers_flight_is_told_by_its_reset() -> None:
    transcript = c.mutual().with_name_refused()
    shown = c.only(c.read(c.capture_of(transcript, closing=Closing.RESET)))

    assert shown.client_certificate.visibility is Visibility.NOT_REACHED
    assert (shown.closed_by, shown.closed_by_reset, shown.completed) == (Side.CLIENT, True, False)


def test_a_lost_segment_makes_the_certificate_not_captured() -> None:
    segments = without_payload(c.talk(c.mutual(), segment_size=500), 3)
    reading = c.read_frames(c.plain(segments))
    shown = c.only(reading)

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.client_certificate.visibility is Visibility.SEEN
    assert shown.seen_from_start is False
    assert any("lacks" in problem.why for problem in reading.problems)


def test_the_snaplen_makes_the_certificate_not_captured() -> None:
    reading = c.read_frames(frame.cut(400) for frame in c.plain(c.talk(c.mutual())))
    shown = c.only(reading)

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.certificate_requested is None
    assert reading.files[0].cut_frames > 0
    assert any("snapshot length" in problem.why for problem in reading.problems)


def test_a_capture_that_starts_late_reports_what_it_has() -> None:
    segments = c.talk(c.mutual(), opening=Opening.NONE)
    carriers = [s for s in segments if s.payload]
    late = from_middle(segments, segments.index(carriers[1]))
    shown = c.only(c.read_frames(c.plain(late)))

    assert shown.client == c.CLIENT_END
    assert shown.seen_from_start is False
    assert shown.server_certificate.visibility is Visibility.SEEN
    assert shown.client_certificate.visibility is Visibility.SEEN


@pytest.mark.parametrize("heard", list(Side))
def test_one_direction_alone_says_nothing_of_the_other(heard: Side) -> None:
    port = c.CLIENT_END.port if heard is Side.CLIENT else c.SERVER_END.port
    segments = [s for s in c.talk(c.mutual()) if s.source.port == port]
    shown = c.only(c.read_frames(c.plain(segments)))

    assert shown.client == c.CLIENT_END
    assert shown.message(heard).visibility is Visibility.SEEN
    assert shown.message(heard.other).visibility is Visibility.NOT_CAPTURED


def test_a_cut_file_leaves_open_what_it_cut_off() -> None:
    data = c.capture_of(c.mutual(), closing=Closing.NONE)
    end_of_hello = c.end_of_frame(data, 4)

    shown = c.only(c.read(data[: end_of_hello + 30]))

    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED


def test_a_wrong_purpose_is_shown_as_it_was_presented() -> None:
    identity = c.ISSUING.issue("expc.harbor.example", usages=SERVER_ONLY)
    transcript = handshake(Party(identity=identity), c.STRICT_SERVER)
    shown = c.only(c.read(c.capture_of(transcript)))

    assert c.presented(shown, Side.CLIENT)[0] == identity.sha256


def from_carrier(transcript: Transcript, number: int, **options: object) -> Handshake:
    """What is shown if the capture starts with the segment that is the `number`-th to carry data."""
    segments = c.talk(transcript, **options)
    first = [s for s in segments if s.payload][number]
    return c.only(c.read_frames(c.plain(segments[segments.index(first) :])))


def test_a_capture_that_starts_with_the_clients_certificate_does_not_say_that_the_server_had_none() -> None:
    refused = c.refused_by_server()
    carriers = [flight.sender for flight in refused.flights]
    shown = from_carrier(refused, carriers.index(Side.CLIENT, 1), segment_size=60_000, closing=Closing.FIN)

    assert shown.client_certificate.visibility is Visibility.SEEN
    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED
    assert [(alert.sender, alert.code) for alert in shown.alerts] == [(Side.SERVER, 43)]
    assert shown.seen_from_start is False


@pytest.mark.parametrize(("flights", "server"), [(1, Visibility.NOT_CAPTURED), (2, Visibility.SEEN)])
def test_a_capture_that_ends_within_a_handshake_does_not_say_what_came(flights: int, server: Visibility) -> None:
    shown = words(c.mutual().flights[:flights], closing=Closing.NONE)

    assert shown == (server, Visibility.NOT_CAPTURED)


def test_a_connection_that_gave_way_to_others_does_not_say_what_came() -> None:
    segments = [
        segment
        for port in range(8)
        for segment in c.talk(
            c.mutual().flights[:2],
            client=Endpoint(address=c.CLIENT_END.address, port=30_000 + port),
            closing=Closing.NONE,
        )
    ]
    reading = c.read(pcap(c.plain(segments)), limits=CaptureLimits(flows=4))

    assert {h.client_certificate.visibility for h in reading.handshakes} == {Visibility.NOT_CAPTURED}
    assert len(reading.handshakes) == 8


@pytest.mark.parametrize("damaged", [True, False])
def test_a_hole_between_files_of_one_interface_does_not_say_that_the_handshake_ended_there(damaged: bool) -> None:
    segments = c.plain(c.talk(c.mutual().flights[:2], closing=Closing.FIN))
    before, after = pcap(segments[:-4]), pcap(segments[-3:])
    other = c.plain(c.talk(c.mutual(), client=Endpoint(address="10.9.1.20", port=31_000), closing=Closing.FIN))
    sources = [c.source(before + (b"\1" * 20 if damaged else b""), "0", "eth0"), c.source(pcap(other), "1", "eth0")]
    shown = read_captures(sources).handshakes[0]
    closed = c.only(read_captures([sources[0], c.source(after, "2", "eth0")]))

    assert shown.client_certificate.visibility is Visibility.NOT_CAPTURED
    assert closed.client_certificate.visibility is Visibility.NOT_REACHED


def test_an_abandoned_handshake_ended_with_the_next_one_on_its_connection() -> None:
    first, _ = c.read(c.capture_of((c.mutual().flights[0], *c.one_way().flights))).handshakes

    assert first.server_certificate.visibility is Visibility.NOT_REACHED


@pytest.mark.parametrize("with_change_cipher_spec", [True, False])
def test_a_client_of_tls_13_that_went_on_had_its_turn_though_the_server_hello_is_missing(
    with_change_cipher_spec: bool,
) -> None:
    """Without a ChangeCipherSpec, only the encrypted records say so."""
    flights = list(c.mutual("1.3").flights)
    if not with_change_cipher_spec:
        flights[2] = replace(flights[2], payload=flights[2].payload.removeprefix(bytes.fromhex("140303000101")))
    segments = c.talk(flights, segment_size=60_000)
    shown = c.only(c.read_frames(c.plain(s for s in segments if not s.payload or s.source == c.CLIENT_END)))

    assert flights[2].payload[0] == (0x14 if with_change_cipher_spec else 0x17)
    assert shown.client_certificate.visibility is Visibility.NOT_CAPTURED
    assert shown.server_certificate.visibility is Visibility.NOT_CAPTURED


@pytest.mark.parametrize("closing", [Closing.FIN, Closing.RESET])
def test_a_lost_alert_is_told_by_where_the_connection_was_closed(closing: Closing) -> None:
    """The client sends no more after it, so that no acknowledgement tells of the alert."""
    segments = c.talk(c.refused_by_server(), closing=closing, closed_by=Side.SERVER, segment_size=60_000)
    alert = [s for s in segments if s.payload and s.source == c.SERVER_END][-1]
    end = next(n for n, s in enumerate(segments) if set("FR") & set(s.flags))
    left = [s for s in segments[: end + 1] if s.sequence <= alert.sequence or s.source == c.SERVER_END]
    shown = c.only(c.read_frames(c.plain(s for s in left if s is not alert and s.acknowledgement <= alert.sequence)))

    assert shown.alerts == ()
    assert shown.seen_from_start is False
    assert shown.completed is None


def test_the_payload_of_a_reset_is_no_data() -> None:
    segments = list(c.talk(c.mutual().with_name_refused(), closing=Closing.RESET))
    expected = c.story(c.only(c.read_frames(c.plain(segments))))
    segments[-1] = replace(segments[-1], payload=b"administratively prohibited")

    assert "R" in segments[-1].flags
    assert c.story(c.only(c.read_frames(c.plain(segments)))) == expected


def test_certificates_of_no_length_are_unreadable_and_not_none() -> None:
    empty_entry = struct.pack(">BHH", 22, 0x0303, 10) + bytes.fromhex("0b000006000003000000")
    flights = c.nothing_presented().flights
    sent = flights[2].payload
    none = struct.pack(">BHH", 22, 0x0303, 7) + bytes.fromhex("0b000003000000")
    assert none in sent
    forged = (*flights[:2], Flight(sender=Side.CLIENT, payload=sent.replace(none, empty_entry)), *flights[3:])

    assert words(forged)[1] is Visibility.NOT_CAPTURED


def with_early_data(records: int) -> Flight:
    """A ClientHello that says that data follow it, and the data (RFC 8446 section 4.2.10)."""
    hello = bytearray(c.mutual("1.3").flights[0].payload)
    extensions = 5 + 4 + 34 + 1 + hello[43]
    extensions += 2 + int.from_bytes(hello[extensions : extensions + 2], "big")
    extensions += 1 + hello[extensions]
    hello[extensions + 2 : extensions + 2] = bytes.fromhex("002a0000")
    for at, size in ((3, 2), (6, 3), (extensions, 2)):
        grown = int.from_bytes(hello[at : at + size], "big") + 4
        hello[at : at + size] = grown.to_bytes(size, "big")
    data = (struct.pack(">BHH", 23, 0x0303, 64) + bytes(64)) * records
    return Flight(sender=Side.CLIENT, payload=bytes(hello) + bytes.fromhex("140303000101") + data)


@pytest.mark.parametrize("records", [1, 3, 70])
def test_data_behind_the_hello_is_no_progress(records: int) -> None:
    alert = Flight(sender=Side.SERVER, payload=bytes.fromhex("15030300020246"))
    shown = c.only(c.read(c.capture_of((with_early_data(records), alert), closed_by=Side.SERVER)))

    assert shown.server_certificate.visibility is shown.client_certificate.visibility is Visibility.NOT_REACHED
    assert (shown.seen_from_start, shown.completed) == (True, False)


@pytest.mark.parametrize("records", [3, 70])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_data_behind_the_hello_hides_nothing_of_the_handshake(records: int, version: str) -> None:
    flights = c.refused_by_client(version).flights
    expected = c.only(c.read(c.capture_of(flights)))
    shown = c.only(c.read(c.capture_of((with_early_data(records), *flights[1:]))))

    assert shown.tls_version == expected.tls_version
    assert [(a.sender, a.code) for a in shown.alerts] == [(a.sender, a.code) for a in expected.alerts]
    assert shown.server_certificate == expected.server_certificate
    assert shown.client_certificate == expected.client_certificate

"""What is taken out of a capture again: the handshake, whatever carried it, and no byte beyond its records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from analyzer.evidence import Side
from analyzer.export.excerpt import take, wanted_frames
from analyzer.export.handshake_bytes import Piece, pieces_of
from analyzer.export.packet_file import write_packets
from analyzer.pipeline import analyze
from samples.builders.frames import CapturedFrame
from samples.builders.transcript import Flight
from tests.export.shown import written
from tests.generated.carriage import CARRIERS, FORMATS, IP_BEHAVIOURS, captured, ip_packets
from tests.parsers.capture import captures as c

DATA = b"\x17\x03\x03\x00\x20" + b"never to be seen in an excerpt!!"
PREAMBLE = b"220 mail.example says a secret\r\n"


def flights(*, data: bytes = DATA, preamble: bytes = b"") -> list[Flight]:
    """A real handshake; data follows the server's last flight within the same segment."""
    real = list(c.mutual().flights)
    last = max(number for number, flight in enumerate(real) if flight.sender is Side.SERVER)
    real[last] = Flight(sender=Side.SERVER, payload=real[last].payload + data)
    first = [Flight(sender=Side.SERVER, payload=preamble)] if preamble else []
    return [*first, *real, Flight(sender=Side.CLIENT, payload=data)]


def excerpt(path: Path) -> list[Piece]:
    (connection,) = analyze([path]).case.connections
    wanted = wanted_frames(connection)
    assert take([path], [wanted], {}) == []
    return pieces_of(wanted.excerpt.frames, frozenset())


def file_of(path: Path, pieces: Sequence[Piece]) -> Path:
    result = path.with_suffix(".excerpt.pcapng")
    write_packets([(piece, ("a comment",)) for piece in pieces], result)
    return result


def capture(
    folder: Path, carrier: str = "ethernet", kind: str = "pcap", behaviour: str = "plain", **more: bytes
) -> Path:
    link, wrap = CARRIERS[carrier]
    packets = IP_BEHAVIOURS[behaviour](ip_packets(c.talk(flights(**more))))
    return written(folder, FORMATS[kind](link, captured([wrap(packet) for packet in packets])))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_excerpt_tells_the_same_handshake_and_holds_no_data(tmp_path: Path, carrier: str) -> None:
    whole = capture(tmp_path, carrier)
    part = file_of(whole, excerpt(whole))

    (before,), (after,) = (analyze([path]).case.connections for path in (whole, part))

    assert after.handshake.client_certificate.chain == before.handshake.client_certificate.chain != ()
    assert after.handshake.server_certificate.chain == before.handshake.server_certificate.chain != ()
    assert (after.handshake.client, after.handshake.server) == (before.handshake.client, before.handshake.server)
    assert b"never to be seen" in whole.read_bytes()
    assert b"never to be seen" not in part.read_bytes()


def test_a_preamble_is_left_out(tmp_path: Path) -> None:
    whole = capture(tmp_path, preamble=PREAMBLE)
    part = file_of(whole, excerpt(whole)).read_bytes()

    assert PREAMBLE in whole.read_bytes()
    assert b"secret" not in part


def test_frames_that_hold_nothing_else_stay_as_they_were_captured(tmp_path: Path) -> None:
    whole = capture(tmp_path, "vlan")
    untouched = [piece.taken.octets for piece in excerpt(whole) if not piece.left_out]
    part = file_of(whole, excerpt(whole)).read_bytes()

    assert len(untouched) > 4
    assert all(octets in part for octets in untouched)


def test_repeated_segments_stand_once(tmp_path: Path) -> None:
    segments = [again for segment in c.talk(flights()) for again in (segment, segment)]
    whole = written(tmp_path, FORMATS["pcap"](1, captured([f.octets for f in c.plain(segments)])))
    kept = [(p.taken.segment.key, p.taken.segment.sequence, p.payload) for p in excerpt(whole) if p.payload]

    assert len(kept) == len(set(kept))


def test_a_frame_that_the_report_names_is_kept_without_its_payload(tmp_path: Path) -> None:
    whole = capture(tmp_path)
    (connection,) = analyze([whole]).case.connections
    wanted = wanted_frames(connection)
    wanted = replace(wanted, last=c.START.replace(year=2027))
    take([whole], [wanted], {})
    data = [taken for taken in wanted.excerpt.frames if taken.payload == DATA]
    named = frozenset((taken.capture, taken.number) for taken in data)

    kept = {piece.taken.number: piece for piece in pieces_of(wanted.excerpt.frames, named)}

    assert len(data) == 1
    assert kept[data[0].number].payload == b""
    assert kept[data[0].number].left_out == len(DATA)
    assert data[0].number not in {piece.taken.number for piece in pieces_of(wanted.excerpt.frames, frozenset())}


def test_sequence_numbers_may_wrap_around(tmp_path: Path) -> None:
    segments = c.talk(flights(), first_sequence={Side.CLIENT: 0xFFFFFF00, Side.SERVER: 0xFFFFFFF0})
    whole = written(tmp_path, FORMATS["pcap"](1, captured([frame.octets for frame in c.plain(segments)])))
    part = file_of(whole, excerpt(whole))

    (before,), (after,) = (analyze([path]).case.connections for path in (whole, part))

    assert after.handshake.client_certificate.chain == before.handshake.client_certificate.chain != ()


def test_an_earlier_connection_on_the_same_ports_is_no_part(tmp_path: Path) -> None:
    earlier = c.talk(flights(data=b""))
    later = c.talk(flights(), first_sequence=dict.fromkeys(Side, 77_000_000))
    frames = captured([frame.octets for frame in c.plain([*earlier, *later])])
    whole = written(tmp_path, FORMATS["pcap"](1, frames))
    connections = analyze([whole]).case.connections
    both = [wanted_frames(connection) for connection in connections]
    take([whole], both, {})

    numbers = [{piece.taken.number for piece in pieces_of(one.excerpt.frames, frozenset())} for one in both]

    assert len(numbers) == 2
    assert all(max(first) < min(second) for first, second in pairwise(numbers))


def test_times_are_kept_to_the_microsecond(tmp_path: Path) -> None:
    whole = capture(tmp_path)
    part = file_of(whole, excerpt(whole))

    (before,), (after,) = (analyze([path]).case.connections for path in (whole, part))

    assert after.handshake.started == before.handshake.started


def test_what_follows_damage_costs_no_exception(tmp_path: Path) -> None:
    whole = capture(tmp_path)
    data = whole.read_bytes()
    (connection,) = analyze([whole]).case.connections
    wanted = wanted_frames(connection)
    whole.write_bytes(data[: len(data) // 2])

    take([whole], [wanted], {})

    assert 0 < len(wanted.excerpt.frames) < 20


def test_the_frames_of_a_capture_are_bounded(tmp_path: Path) -> None:
    flood = [c.talk(flights())[3]] * 3000
    frames = [CapturedFrame(time=c.START, octets=frame.octets) for frame in c.plain([*c.talk(flights()), *flood])]
    whole = written(tmp_path, FORMATS["pcap"](1, frames))
    connection = analyze([whole]).case.connections[0]
    wanted = wanted_frames(connection)

    take([whole], [wanted], {})

    assert len(wanted.excerpt.frames) + wanted.excerpt.lost >= 3000
    assert len(wanted.excerpt.frames) <= 1024

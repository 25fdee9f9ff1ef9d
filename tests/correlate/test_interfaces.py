from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.correlate.interfaces import merge_interfaces
from analyzer.evidence import Handshake, Side, Visibility
from analyzer.parsers.capture import read_captures
from samples.builders.frames import pcap
from samples.builders.transcript import Transcript
from tests.correlate.records import handshake
from tests.parsers.capture import captures as c

FIRST = replace(handshake(), captures=("b.zip/eth0.pcap",))


def on_the_other_interface(*, later: float = 0.002) -> Handshake:
    return replace(FIRST, captures=("b.zip/eth1.pcap",), started=FIRST.started + timedelta(seconds=later))


def test_a_handshake_that_two_interfaces_saw_is_one() -> None:
    (only,) = merge_interfaces([FIRST, on_the_other_interface()])

    assert only.captures == ("b.zip/eth0.pcap", "b.zip/eth1.pcap")
    assert only.frames == FIRST.frames


@pytest.mark.parametrize(
    "other",
    [
        on_the_other_interface(later=40),
        replace(FIRST, started=FIRST.started + timedelta(milliseconds=2)),
        replace(FIRST, captures=("b.zip/eth1.pcap",), client=replace(FIRST.client, port=25999)),
    ],
    ids=["later", "same capture", "another port"],
)
def test_what_is_not_the_same_stays_apart(other: Handshake) -> None:
    assert merge_interfaces([FIRST, other]) == (FIRST, other)


def halves(transcript: Transcript, **options: object) -> tuple[Handshake, ...]:
    """What a node shows whose packets come in through one interface and go out through the other."""
    segments = c.talk(transcript, **options)
    sent = {side: [s for s in segments if s.source == end] for side, end in ENDS.items()}
    sources = [
        c.source(pcap(c.plain(sent[side])), f"b.zip/eth{number}.pcap", f"eth{number}")
        for number, side in enumerate(Side)
    ]
    return read_captures(sources).handshakes


ENDS = {Side.CLIENT: c.CLIENT_END, Side.SERVER: c.SERVER_END}


@pytest.mark.parametrize(
    "transcript",
    [c.mutual, c.one_way, c.nothing_presented, c.resumed, c.refused_by_client, c.refused_by_server],
    ids=lambda make: make.__name__,
)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_handshake_whose_directions_take_different_interfaces_is_one(
    transcript: Callable[[str], Transcript], version: str
) -> None:
    whole = c.only(c.read(c.capture_of(transcript(version))))
    (joined,) = merge_interfaces(halves(transcript(version)))

    assert joined.captures == ("b.zip/eth0.pcap", "b.zip/eth1.pcap")
    for name in (
        "client",
        "server",
        "started",
        "opened",
        "established",
        "tls_version",
        "server_name",
        "resumed",
        "server_certificate",
        "client_random",
    ):
        assert getattr(joined, name) == getattr(whole, name)
    assert joined.client_certificate.visibility in {whole.client_certificate.visibility, *HIDDEN[version]}
    assert joined.client_certificate.chain == whole.client_certificate.chain
    assert [(a.sender, a.code) for a in joined.alerts] == [(a.sender, a.code) for a in whole.alerts]
    assert {(f.step, f.sender, f.time) for f in joined.frames} == {(f.step, f.sender, f.time) for f in whole.frames}
    assert joined.completed is whole.completed or (version, joined.completed) == ("1.3", None)
    assert (joined.closed_by, joined.closed_by_reset) == (whole.closed_by, whole.closed_by_reset)


HIDDEN = {"1.2": (), "1.3": (Visibility.ENCRYPTED,)}
"""Half a handshake of TLS 1.3 does not show that the client stopped before its certificate."""


def test_halves_of_different_handshakes_stay_apart() -> None:
    client, server = halves(c.mutual())
    late = replace(server, started=server.started + timedelta(minutes=2))

    assert merge_interfaces([client, late]) == (client, late)
    assert merge_interfaces([server, client]) == (server, client)
    assert merge_interfaces([client, replace(server, captures=client.captures)])[0] == client

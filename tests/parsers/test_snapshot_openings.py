"""Names and successes without addresses, in logs whose `network.tcp` lines carry no thread."""

from __future__ import annotations

import io

import pytest

from analyzer.evidence import Endpoint
from analyzer.parsers.snapshot import SnapshotReading, read_snapshot

LOCAL = Endpoint(address="192.0.2.31", port=25002)
WEBEX = Endpoint(address="198.51.100.7", port=5061)
OTHER = Endpoint(address="198.51.100.8", port=5061)


def read(*lines: str) -> SnapshotReading:
    return read_snapshot(io.BytesIO("\n".join((*lines, "")).encode()), "log")


def line(second: float, rest: str) -> str:
    stamp = f"2026-03-24T11:41:{second:06.3f}"
    return f'{stamp}+00:00 expe tvcs: UTCTime="{stamp.replace("T", " ").replace(".", ",")}" {rest}'


def tcp(second: float, detail: str, far: Endpoint = WEBEX) -> str:
    return line(
        second,
        f'Module="network.tcp" Level="DEBUG":  Src-ip="{LOCAL.address}" Src-port="{LOCAL.port}" '
        f'Dst-ip="{far.address}" Dst-port="{far.port}" Detail="TCP {detail}"',
    )


def opened(second: float, far: Endpoint = WEBEX) -> tuple[str, str]:
    return tcp(second, "Connecting", far), tcp(second, "Connection Established", far)


def ssl(second: float, detail: str, thread: str) -> str:
    return line(second, f'Module="developer.ssl" Level="DEBUG" Thread="{thread}":  Detail={detail}')


def named(second: float, thread: str = "0x1") -> str:
    return ssl(second, '"Found common name in peer certificate" CommonName="sip.example.com"', thread)


def succeeded(second: float, thread: str = "0x1") -> str:
    return ssl(second, '"Handshake succeeded"', thread)


def joined(*lines: str) -> tuple[list[Endpoint | None], list[Endpoint]]:
    """The far ends that names, and successes, were joined to."""
    reading = read(*lines)
    successes = [trace.destination for trace in reading.traces if trace.what == "handshake-succeeded"]
    return [identity.remote for identity in reading.identities], successes


def test_names_and_success_belong_to_the_connection_that_was_just_opened() -> None:
    reading = read(*opened(6), named(6.014), succeeded(6.015))

    (identity,) = reading.identities
    assert (identity.local, identity.remote) == (LOCAL, WEBEX)
    assert [(t.what, t.source, t.destination, t.line) for t in reading.traces[-1:]] == [
        ("handshake-succeeded", LOCAL, WEBEX, 4)
    ]


def test_names_may_follow_the_success() -> None:
    assert joined(*opened(6), succeeded(6.014), named(6.015)) == ([WEBEX], [WEBEX])


def test_one_connection_after_the_other_is_told_apart() -> None:
    first = (*opened(6), named(6.014), succeeded(6.015))
    second = (*opened(6.1, OTHER), named(6.114, "0x2"), succeeded(6.115, "0x2"))

    assert joined(*first, *second) == ([WEBEX, OTHER], [WEBEX, OTHER])


def test_of_two_connections_at_once_none_is_guessed() -> None:
    assert joined(*opened(6), *opened(6.001, OTHER), named(6.014), succeeded(6.015)) == ([None], [])


@pytest.mark.parametrize(
    "ending",
    [
        tcp(6.005, "Connection Closed", OTHER),
        tcp(6.005, "Connection Failed", OTHER),
        line(
            6.005,
            f'Event="Outbound TLS Negotiation Error" Src-ip="{LOCAL.address}" Src-port="{LOCAL.port}" '
            f'Dst-ip="{OTHER.address}" Dst-port="{OTHER.port}" Detail="certificate has expired"',
        ),
    ],
)
def test_a_connection_that_has_ended_is_none_of_the_two(ending: str) -> None:
    lines = (*opened(6), *opened(6.001, OTHER), ending, named(6.014), succeeded(6.015))

    assert joined(*lines) == ([WEBEX], [WEBEX])


@pytest.mark.parametrize("second", [5.9, 8.1])
def test_a_connection_of_another_time_is_not_joined(second: float) -> None:
    assert joined(*opened(6), named(second), succeeded(second)) == ([None], [])


def test_a_success_of_another_thread_than_the_names_is_not_joined() -> None:
    assert joined(*opened(6), named(6.014, "0x1"), succeeded(6.015, "0x2")) == ([WEBEX], [])


def test_a_second_success_is_of_another_connection() -> None:
    assert joined(*opened(6), succeeded(6.014), succeeded(6.015, "0x2"))[1] == [WEBEX]


def test_an_accepted_connection_has_its_local_end_at_the_destination() -> None:
    (identity,) = read(tcp(6, "Connection Accepted"), named(6.014)).identities

    assert (identity.local, identity.remote) == (WEBEX, LOCAL)


def test_many_connections_at_once_join_nothing() -> None:
    many = [tcp(6, "Connecting", Endpoint(address="198.51.100.9", port=port)) for port in range(1, 200)]

    assert joined(*many, named(6.014), succeeded(6.015)) == ([None], [])

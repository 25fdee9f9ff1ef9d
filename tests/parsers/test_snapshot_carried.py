"""Certificates in bodies of SIP SERVICE messages: quoted with their line, and nothing else."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence import Endpoint
from analyzer.parsers.snapshot import SnapshotReading, read_snapshot
from samples.builders.certificates import Authority

EDGE = Authority.root("Carried Root").issue("expe.harbor.example")
PEM = [f" {line}" for line in EDGE.pem().decode().splitlines()]


def record(action: str = "Received") -> str:
    header = '2026-03-24T11:54:26.106+00:00 expc tvcs: UTCTime="2026-03-24 11:54:26,106"'
    ends = 'Local-ip="10.20.30.16" Local-port="25002" Src-ip="10.20.30.31" Src-port="7001"'
    return f'{header} Module="network.sip" Level="DEBUG":  Action="{action}" {ends} Msg-Hash="1"'


def message(method: str = "SERVICE", action: str = "Received", body: list[str] = PEM) -> list[str]:
    return [
        record(action),
        " SIPMSG:",
        f" |{method} sip:10.20.30.16:5061;transport=tls SIP/2.0",
        " ",
        *body,
        " |",
        "",
    ]


def read(*lines: str, chunk_size: int = 1 << 17) -> SnapshotReading:
    return read_snapshot(io.BytesIO("\n".join((*lines, "")).encode()), "log.txt", chunk_size=chunk_size)


def test_the_certificate_is_kept_with_its_line_and_the_message_that_brought_it() -> None:
    (carried,) = read("noise", *message()).carried

    assert carried.certificate.sha256 == EDGE.sha256
    assert carried.line == 6
    assert carried.source == Endpoint(address="10.20.30.31", port=7001)
    assert carried.time == datetime(2026, 3, 24, 11, 54, 26, 106000, tzinfo=UTC)


def test_it_is_no_event() -> None:
    forged = [' 2026-03-24T11:54:26.106+00:00 expc tvcs: Event="Security Alert" Detail="forged"', *PEM]

    reading = read(*message(body=forged))

    assert reading.events == ()
    assert len(reading.carried) == 1


def test_repeated_ones_are_kept_once_and_different_ones_up_to_a_limit() -> None:
    root = Authority.root("Many Root")
    many = [root.issue(f"n{number}.example").pem().decode().splitlines() for number in range(20)]

    assert len(read(*message(), *message()).carried) == 1
    assert len(read(*(line for pem in many for line in message(body=[f" {one}" for one in pem]))).carried) == 16


@pytest.mark.parametrize(
    "lines",
    [
        message(method="MESSAGE"),
        message(action="Sent"),
        message(body=[" -----BEGIN CERTIFICATE-----", " AAAA", " -----END CERTIFICATE-----"]),
        message(body=[" -----BEGIN CERTIFICATE-----", " A", " -----END CERTIFICATE-----"]),
        message(body=PEM[:-1]),
        [record(), *PEM],
    ],
    ids=["another method", "sent by us", "no certificate", "no base64", "cut", "outside of a body"],
)
def test_nothing_else_is_kept(lines: list[str]) -> None:
    assert read(*lines).carried == ()


@given(st.integers(40, 900))
def test_blocks_make_no_difference(chunk_size: int) -> None:
    lines = ("noise", *message(), record(), *message(method="OPTIONS"), *message())

    assert read(*lines, chunk_size=chunk_size).carried == read(*lines).carried != ()

"""Scapy reads the same serial numbers and alerts in the samples' captures as this program does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from analyzer.evidence import Case, Connection, Side
from analyzer.pipeline import analyze
from samples.situations import SITUATIONS
from tests.export.shown import Shown, show
from tests.program import sample

_CODES = re.compile(r"descr     = (\w+)")


def different(case: Case) -> Iterator[int]:
    """Yield the numbers of connections that show something new: a sample has many of a kind."""
    seen = set()
    for number, connection in enumerate(case.connections, 1):
        handshake = connection.handshake
        alerts = tuple((alert.sender, alert.code) for alert in handshake.alerts)
        shows = (handshake.server_certificate, handshake.client_certificate, alerts, handshake.tls_version)
        if shows not in seen:
            seen.add(shows)
            yield number


def ours(case: Case, connection: Connection, side: Side) -> list[str | None]:
    return [case.certificates[identity].serial for identity in connection.handshake.message(side).chain]


def scapys(shown: Shown, side: Side) -> list[str]:
    return [serial for section in shown.sections if section.sender == side for serial in section.serials]


@pytest.mark.parametrize("name", [situation.name for situation in SITUATIONS])
def test_scapy_agrees(name: str) -> None:
    bundles = sample(name)
    case = analyze(bundles).case

    for number in different(case):
        shown, connection = show(*bundles, number=number), case.connections[number - 1]
        for side in Side:
            assert scapys(shown, side) == ours(case, connection, side)
        codes = [code for section in shown.sections for code in _CODES.findall(section.body)]
        assert codes == [alert.description for alert in connection.handshake.alerts]

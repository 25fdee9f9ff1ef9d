from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.evidence import Endpoint, Side
from samples.builders import log
from samples.builders.log import Header

TIME = datetime(2026, 3, 29, 6, 54, 39, 839000, tzinfo=UTC)
CORE = Endpoint(address="10.20.30.16", port=25046)
EDGE = Endpoint(address="10.20.30.31", port=7001)


def test_an_inbound_error_reads_as_published() -> None:
    line = log.negotiation_error(TIME, CORE, EDGE, role=Side.SERVER, detail="unsupported certificate purpose")

    text = log.rendered(line, "expe", timedelta(hours=5, minutes=30), Header.HOSTLESS)

    assert text == (
        '2026-03-29T12:24:39.839+05:30  tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" '
        'Src-ip="10.20.30.16" Src-port="25046" Dst-ip="10.20.30.31" Dst-port="7001" '
        'Detail="unsupported certificate purpose" Protocol="TLS" Level="1" UTCTime="2026-03-29 06:54:39.839"\n'
    )


@pytest.mark.parametrize(
    ("header", "start"),
    [
        (Header.ISO, "2026-03-29T06:54:39.839+00:00 expe tvcs: UTCTime="),
        (Header.ISO_SECONDS, "2026-03-29T06:54:39+00:00 expe tvcs: UTCTime="),
        (Header.HOSTLESS, "2026-03-29T06:54:39.839+00:00  tvcs: UTCTime="),
        (Header.NO_PROCESS, "2026-03-29T06:54:39.839+00:00 expe UTCTime="),
        (Header.RFC3164, "Mar 29 06:54:39 expe tvcs: UTCTime="),
        (Header.SYSLOG, "<166>2026-03-29T06:54:39.839Z expe tvcs: tvcs: UTCTime="),
    ],
)
def test_every_header_form_is_written(header: Header, start: str) -> None:
    line = log.tcp(TIME, CORE, EDGE, "TCP Connecting")

    assert log.rendered(line, "expe", header=header).startswith(start)


def test_a_sip_body_is_marked_and_closed() -> None:
    line = log.sip(TIME, "Sent", CORE, EDGE, "OPTIONS sip:a SIP/2.0\nContent-Length: 0\n")

    assert log.rendered(line, "expc").splitlines()[1:] == [
        " SIPMSG:",
        " |OPTIONS sip:a SIP/2.0",
        " Content-Length: 0",
        " |",
        "",
    ]


def test_a_snapshot_is_in_order_and_carries_the_clock_error() -> None:
    lines = [log.tcp(TIME + timedelta(seconds=s), CORE, EDGE, f"at {s}") for s in (5, 0)]

    text = log.snapshot(lines, host="expe", clock_error=timedelta(seconds=2)).decode()

    assert text.index("at 0") < text.index("at 5")
    assert text.startswith("2026-03-29T06:54:41.839+00:00 expe")

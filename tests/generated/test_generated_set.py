"""Client certificates and clear alerts, which real captures are thin in: every one, on every way into a capture."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from cryptography import x509

from analyzer.evidence import CertificateMessage, Endpoint, Handshake, Side, Visibility
from analyzer.parsers.capture import CaptureReading
from tests.generated.carriage import CARRIERS, FORMATS, IP_BEHAVIOURS, TCP_BEHAVIOURS, captured, ip_packets
from tests.generated.stories import CODES, SERVER_NAME, VERSIONS, Story, stories
from tests.parsers.capture import captures as c

FIRST_PORT = 30_000
SERVER = Endpoint(address="192.0.2.31", port=5061)


def capture_of(number: int, carrier: str) -> bytes:
    """Put every story on a carrier; format and behaviours go round, so that each meets every carrier's kind."""
    link, wrap = CARRIERS[carrier]
    octets: list[bytes] = []
    for at, story in enumerate(stories()):
        tcp = list(TCP_BEHAVIOURS.values())[(number + at) % len(TCP_BEHAVIOURS)]
        ip = list(IP_BEHAVIOURS.values())[(number + at // 2) % len(IP_BEHAVIOURS)]
        if ip is IP_BEHAVIOURS["no total length"] and carrier not in {"raw", "ethernet", "vlan", "sll", "sll2"}:
            ip = IP_BEHAVIOURS["plain"]  # where something pads or follows the packet, its length is needed
        client = Endpoint(address="10.9.1.20", port=FIRST_PORT + at)
        octets += map(wrap, ip(ip_packets(tcp(story.flights, client, SERVER))))
    write = list(FORMATS.values())[number % len(FORMATS)]
    return write(link, captured(octets))


def told(reading: CaptureReading, shown: Handshake) -> dict[str, object]:
    """What the reader says, in the words of a story's truth."""
    return {
        "client": _serials(reading.certificates, shown.client_certificate),
        "server": _serials(reading.certificates, shown.server_certificate),
        "alerts": tuple((alert.sender, alert.code) for alert in shown.alerts if alert.level == "fatal"),
        "resumed": shown.resumed,
        "server_name": shown.server_name,
    }


def _serials(certificates: Mapping[str, bytes], message: CertificateMessage) -> tuple[str, ...] | None:
    if message.visibility not in {Visibility.SEEN, Visibility.NONE_SENT}:
        return None
    return tuple(f"{x509.load_der_x509_certificate(certificates[key]).serial_number:x}" for key in message.chain)


def truth(story: Story) -> dict[str, object]:
    return {
        "client": story.client,
        "server": story.server,
        "alerts": story.alerts,
        "resumed": story.resumed,
        "server_name": SERVER_NAME,
    }


@pytest.mark.parametrize(("number", "carrier"), list(enumerate(CARRIERS)), ids=list(CARRIERS))
def test_every_serial_and_every_alert_is_found_on_both_sides(number: int, carrier: str) -> None:
    reading = c.read(capture_of(number, carrier))

    found = {shown.client.port - FIRST_PORT: told(reading, shown) for shown in reading.handshakes}
    assert {stories()[at].name: shown for at, shown in found.items()} == {s.name: truth(s) for s in stories()}
    assert len(reading.handshakes) == len(stories())
    assert reading.problems == ()


def test_the_set_is_large_and_holds_every_alert_that_goes_in_clear() -> None:
    presenting = [story for story in stories() if story.client]
    refusals = [(story.name, sender, code) for story in stories() for sender, code in story.alerts]

    assert len(presenting) * len(CARRIERS) >= 200
    assert len(refusals) * len(CARRIERS) >= 200
    assert {code for _, sender, code in refusals if sender is Side.CLIENT} == set(CODES) - {116}
    named = {(version, code) for version, code in product(VERSIONS, CODES) if (version, code) != ("1.2", 116)}
    assert {f"name refused with {code} under TLS {version}" for version, code in named} <= {n for n, _, _ in refusals}


@pytest.mark.tshark
@pytest.mark.parametrize("number", [0, 2, 7])
def test_tshark_sees_the_same_alerts(number: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture_of(number, list(CARRIERS)[number]))
    command = ["tshark", "-n", "-r", str(path), "-o", "tcp.reassemble_out_of_order:TRUE"]
    command += ["-d", "tcp.port==5061,tls", "-Y", "tls.alert_message.level == 2", "-T", "fields"]
    command += ["-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tls.alert_message.desc"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    seen = {tuple(map(int, line.split("\t"))) for line in done.stdout.splitlines()}
    ours = set()
    for at, story in enumerate(stories()):
        for sender, code in story.alerts:
            ends = (FIRST_PORT + at, SERVER.port)
            ours.add((*(ends if sender is Side.CLIENT else ends[::-1]), code))
    assert seen == ours

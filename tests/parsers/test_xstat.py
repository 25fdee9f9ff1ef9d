from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.evidence import Status, ZonePeer
from analyzer.parsers.xstat import merge_statuses, read_xstat_text, read_xstat_xml
from samples.builders.dumps import AlarmState, NodeState, TunnelState, ZoneState, xstat_text, xstat_xml

EDGE = NodeState(
    host="edge",
    version="X15.5.1",
    addresses=("10.20.30.41", "2001:db8::41"),
    uptime=timedelta(days=2, seconds=5),
    cluster_name="edge.harbor.example",
    cluster_peers=("10.20.30.41", "10.20.30.42"),
    zones=(
        ZoneState(name="UC traversal", type="TraversalServer", peers=("10.20.30.31",), status="Failed", cause="TLS"),
        ZoneState(name="Internet", type="DNS", status="On"),
    ),
    tunnels=(
        TunnelState(target="edge.harbor.example", domain="harbor.example", peer="10.20.30.31"),
        TunnelState(target="edge2", domain="harbor.example", status="Failed", reason="Permission denied"),
    ),
    alarms=(
        AlarmState(id="35013", severity="Error", title="SSH tunnel failure", raised=datetime(2026, 3, 1, tzinfo=UTC)),
    ),
)

NOON = datetime(2026, 3, 25, 12, 0, 0, tzinfo=UTC)


def read_xml(document: bytes | str) -> Status:
    reading = read_xstat_xml(BytesIO(document.encode() if isinstance(document, str) else document), "b.zip/xstat.xml")
    assert reading.status
    return reading.status


def read_text(document: bytes | str) -> Status:
    reading = read_xstat_text(
        BytesIO(document.encode() if isinstance(document, str) else document), "b.zip/xstat.txt"
    )
    assert reading.status
    return reading.status


def status_of(content: str) -> Status:
    return read_xml(f"<Status><SystemUnit><Product>p</Product></SystemUnit>{content}</Status>")


def without_places(status: Status) -> Status:
    return replace(
        status,
        file="",
        zones=tuple(replace(zone, source=None, status_source=None) for zone in status.zones),
        tunnels=status.tunnels and tuple(replace(tunnel, source=None) for tunnel in status.tunnels),
        alarms=tuple(replace(alarm, source=None) for alarm in status.alarms),
    )


def test_reads_every_field_of_an_xml_dump() -> None:
    edge = read_xml(xstat_xml(EDGE))

    assert (edge.version, edge.serial_number, edge.uptime) == ("X15.5.1", "00A1B2C3", 172_805)
    assert edge.addresses == EDGE.addresses
    assert edge.taken == EDGE.taken
    zone, dns = edge.zones
    assert (zone.name, zone.index, zone.type, zone.status) == ("UC traversal", 1, "TraversalServer", "Failed")
    assert zone.status_source == "b.zip/xstat.xml: Status/Zones/Zone[1]/Status"
    assert zone.peers == (
        ZonePeer(address="10.20.30.31", status="Failed", cause="TLS", last_change="2026-03-24 10:40:00"),
    )
    assert (dns.type, dns.status) == ("DNS", "On")
    assert edge.tunnels
    good, bad = edge.tunnels
    assert (good.target, good.domain, good.status, good.reason) == (
        "edge.harbor.example",
        "harbor.example",
        "Active",
        None,
    )
    assert (bad.target, bad.status, bad.reason) == ("edge2", "Failed", "Permission denied")
    assert bad.source == "b.zip/xstat.xml: Status/Tunnels/Tunnel[2]"
    (alarm,) = edge.alarms
    assert (alarm.id, alarm.severity, alarm.title) == ("35013", "Error", "SSH tunnel failure")
    assert alarm.raised == "2026-03-01 00:00:00"
    assert edge.cluster
    assert (edge.cluster.name, edge.cluster.peers) == ("edge.harbor.example", EDGE.cluster_peers)


def flat(tree: bytes) -> bytes:
    """Write an indented tree as one `*s` line for each value."""
    lines: list[str] = []
    above: list[str] = []
    for line in tree.decode().splitlines():
        label, _, value = line.removeprefix("*s ").partition(":")
        above[(len(label) - len(label.lstrip())) // 2 :] = [label.strip()]
        if value:
            lines.append(f"*s {' '.join(above)}:{value}")
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace(b":\n", b": /\n"),
        lambda text: text.replace(b"  ", b"\t"),
        lambda text: text.replace(b"*s/end\n", b"** end\n"),
        lambda text: text.replace(b"*s/end\n", b""),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.decode().encode("utf-16"),
        lambda text: b"xstatus\n" + text.replace(b'"', b"") + b"OK\n",
        lambda text: re.sub(rb"(?m)^  ", b"*s   ", text),
        flat,
        lambda text: flat(text).replace(b"*s ", b"*s xStatus "),
    ],
    ids=["tree", "slash", "tabs", "endpoint-end", "no-end", "crlf", "utf-16", "unquoted", "marked", "flat", "root"],
)
def test_text_in_every_shape_says_the_same_as_the_xml(change: Callable[[bytes], bytes]) -> None:
    assert without_places(read_text(change(xstat_text(EDGE)))) == without_places(read_xml(xstat_xml(EDGE)))


@pytest.mark.parametrize(
    ("raw", "version"),
    [
        ("X15.5", "X15.5"),
        ("X15.5.1", "X15.5.1"),
        ("X8.11.4", "X8.11.4"),
        ("oak v15.5.0 (Release build 12)", "X15.5"),
        ("15.5", "X15.5"),
        ("unknown", None),
    ],
)
def test_versions_are_written_as_cisco_writes_them(raw: str, version: str | None) -> None:
    assert status_of(f"<SystemUnit><Software><Version>{raw}</Version></Software></SystemUnit>").version == version


@pytest.mark.parametrize(
    ("raw", "uptime"),
    [
        ("86400", 86400),
        ("1 day, 2:03:04", 93784),
        ("2 days 3 hours 4 minutes 5 seconds", 183845),
        ("00:10", 600),
        ("soon", None),
        ("9" * 30, None),
    ],
)
def test_uptime_is_seconds(raw: str, uptime: int | None) -> None:
    assert status_of(f"<SystemUnit><Uptime>{raw}</Uptime></SystemUnit>").uptime == uptime


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ("<Time><UTC>2026-03-25 12:00:00</UTC></Time>", NOON),
        ("<Time><SystemTime>2026-03-25T21:00:00+09:00</SystemTime></Time>", NOON),
        ("<Time><TimeZone>GMT</TimeZone><Local>2026-03-25 12:00:00</Local></Time>", NOON),
        ("<Time><TimeZone>Asia/Tokyo</TimeZone><Local>2026-03-25 12:00:00</Local></Time>", None),
        ("<Time><SystemTime>0001-01-01T00:00:00+14:00</SystemTime></Time>", None),
        ("<Time><UTC>yesterday</UTC></Time>", None),
    ],
)
def test_the_time_is_kept_only_if_it_is_unambiguous(content: str, taken: datetime | None) -> None:
    assert status_of(content).taken == taken


@pytest.mark.parametrize(
    ("product", "is_edge"), [("Cisco Expressway-E", True), ("Cisco Expressway-C", False), ("Cisco Expressway", None)]
)
def test_edge_is_told_by_the_product_name_alone(product: str, is_edge: bool | None) -> None:
    assert read_text(f"*s SystemUnit Product: {product}\n*s SystemUnit Expressway: True").is_edge is is_edge


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ("<Status>Active</Status>", "Active"),
        ("<Status>Failed</Status><SIP><Status>Active</Status></SIP><H323><Status>Failed</Status></H323>", "Active"),
        ("<Neighbor><H323><Status>Failed</Status></H323><SIPStatus>Checking</SIPStatus></Neighbor>", "Checking"),
        ("<Status>Active (1 of 2)</Status>", "Active (1 of 2)"),
        (
            "<Neighbor><Peer><Address>a</Address><SIP><Status>Active</Status></SIP></Peer>"
            "<Peer><Address>b</Address><SIP><Status>Failed</Status></SIP></Peer></Neighbor>",
            "Active (1 of 2)",
        ),
        ("<Name>z</Name>", None),
    ],
)
def test_the_sip_status_of_a_zone_is_preferred(zone: str, status: str | None) -> None:
    (read,) = status_of(f"<Zones><Zone item='3'>{zone}</Zone></Zones>").zones

    assert read.status == status


@pytest.mark.parametrize(
    "home",
    [
        "<Tunnels><Tunnel item='1'>{}</Tunnel></Tunnels>",
        "<Gwtunnels><Gwtunnel>{}</Gwtunnel></Gwtunnels>",
        "<SSHTunnels item='1'>{}</SSHTunnels>",
        "<CollaborationEdge><SSHTunnels><Entry>{}</Entry></SSHTunnels></CollaborationEdge>",
    ],
)
def test_tunnels_are_found_in_any_home(home: str) -> None:
    row = "<Target>e</Target><Domain>d</Domain><TunnelStatus>Failed</TunnelStatus><Reason>Permission denied</Reason>"

    tunnels = status_of(home.format(row)).tunnels

    assert tunnels
    assert [(t.target, t.domain, t.status, t.reason) for t in tunnels] == [("e", "d", "Failed", "Permission denied")]


def test_a_dump_without_tunnels_does_not_say_that_there_are_none() -> None:
    assert status_of("").tunnels is None
    assert status_of("<Tunnels/>").tunnels == ()


def test_only_raised_and_acknowledged_alarms_are_kept_each_once() -> None:
    rows = "".join(
        f"<Alarm><ID>{number}</ID><Title>t</Title><State>{state}</State></Alarm>"
        for number, state in enumerate(("Raised", "Acknowledged", "Lowered", "cleared"), 1)
    )

    alarms = status_of(
        f"<Alarms>{rows}</Alarms><Warnings><Warning><ID>1</ID><Reason>t</Reason></Warning></Warnings>"
    ).alarms

    assert [alarm.id for alarm in alarms] == ["1", "2"]


def test_text_fills_in_what_the_xml_lacks() -> None:
    xml = xstat_xml(EDGE)
    half = read_xml(xml[: xml.index(b"<Peer item")])

    merged = merge_statuses(half, read_text(xstat_text(EDGE)))

    assert half.tunnels is None
    assert without_places(merged) == without_places(read_xml(xml))


def test_both_spellings_of_resource_usage_are_passed_over() -> None:
    edge = status_of(
        "<ResourceUsage><SIP><Mode>x</Mode></SIP></ResourceUsage><Resourceusage><Zones/></Resourceusage>"
    )

    assert edge.zones == ()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 3000), st.integers(0, 200))
def test_mutated_dumps_never_raise(noise: bytes, at: int, cut: int) -> None:
    for whole, read in ((xstat_xml(EDGE), read_xstat_xml), (xstat_text(EDGE), read_xstat_text)):
        for data in (whole[:at] + noise + whole[at + cut :], noise):
            reading = read(BytesIO(data), "f")
            assert reading.status or reading.problems


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&"), max_size=40))
def test_any_value_is_borne_in_every_field(value: str) -> None:
    xml = xstat_xml(EDGE).decode()

    edge = read_xml(re.sub(r">[^<>\n]+<", lambda _: f">{value}<", xml))

    assert len(edge.zones) == 2

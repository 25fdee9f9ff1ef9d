from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.correlate.nodes import build_nodes
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.zones import join_zones
from analyzer.evidence import (
    Alarm,
    CaptureFile,
    ClockOffset,
    Cluster,
    Configuration,
    LogEvent,
    LogSpan,
    Member,
    MemberKind,
    Node,
    NodeRole,
    ReadState,
    ReferenceTime,
    Setting,
    Side,
    Status,
    Zone,
    ZonePeer,
)
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.text import iso_utc
from tests.correlate.records import at, certificate, end, zone

CONFIGURATION = Configuration(file="xconf.xml")
STATUS = Status(file="xstat.xml", version="X15.5.1")
SPAN = LogSpan(file="log", first=at(0), last=at(60), lines=9, records=9, hosts=("logged",))
FILE = CaptureFile(name="x.pcap", interface=None, sequence=None, first=at(0), last=at(90), packets=1, cut_frames=0)


def build(**changes: Any) -> Node:
    return build_nodes([NodeReading(**{"host": "core", **changes})], None)[0]


def line(name: str = "System Configuration Changed", *, time: float = 0, **fields: str) -> LogEvent:
    return LogEvent(time=at(time), name=name, detail="Title: words", file="log", line=int(time) + 1, fields=fields)


# Names


def test_hosts_are_made_unique_and_files_without_one_stay_apart() -> None:
    nodes = build_nodes([NodeReading(host=host) for host in ("core", "core", None, "core", None)], None)

    assert [one.name for one in nodes] == ["core", "core#2", None, "core#3", "unnamed#2"]
    assert [one.host for one in nodes] == ["core", "core", None, "core", None]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"configuration": replace(CONFIGURATION, system_name="named")}, "named"),
        ({"configuration": CONFIGURATION, "status": replace(STATUS, host_name="shown"), "logs": (SPAN,)}, "shown"),
        ({"logs": (SPAN,)}, "logged"),
        ({}, None),
    ],
)
def test_without_a_file_name_the_dumps_and_then_the_log_name_the_host(
    known: dict[str, Any], expected: str | None
) -> None:
    assert build(host=None, **known).host == expected


def test_members_are_filed_under_the_nodes_name() -> None:
    member = Member(
        name="a", reference="x/a", kind=MemberKind.OTHER, node=None, size=1, sha256=None, read=ReadState.NOT
    )
    nodes = build_nodes([NodeReading(host="core", members=(member,))] * 2, None)

    assert [one.members[0].node for one in nodes] == ["core", "core#2"]


# Role, addresses


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("TraversalServer",), NodeRole.EDGE),
        (("TraversalClient",), NodeRole.CORE),
        (("TraversalClient", "traversalserver"), NodeRole.EDGE),
        (("Neighbor", "DNS"), NodeRole.UNKNOWN),
        ((None,), NodeRole.UNKNOWN),
        ((), NodeRole.UNKNOWN),
    ],
)
def test_a_traversal_server_zone_makes_an_edge(types: tuple[str | None, ...], expected: NodeRole) -> None:
    zones = tuple(Zone(name=str(number), type=type_) for number, type_ in enumerate(types))

    assert build(configuration=replace(CONFIGURATION, zones=zones)).role is expected
    assert build(status=replace(STATUS, zones=zones)).role is expected


def test_addresses_are_the_dumps_and_in_order() -> None:
    configuration = replace(CONFIGURATION, addresses=("10.0.0.9", "fe80::1", "", "none"))
    status = replace(STATUS, addresses=("10.0.0.10", "10.0.0.9"))

    assert build(configuration=configuration, status=status).addresses == ("10.0.0.9", "10.0.0.10", "fe80::1")


def test_without_dumps_the_log_tells_the_own_addresses() -> None:
    inbound = replace(line(), source=end("192.0.2.1"), destination=end("10.0.0.9"), local_role=Side.SERVER)
    outbound = replace(line(), source=end("10.0.0.8"), destination=end("192.0.2.1"), local_role=Side.CLIENT)
    neither = replace(line(), source=end("10.0.0.7"), destination=end("192.0.2.1"))

    assert build(events=(inbound, outbound, neither)).addresses == ("10.0.0.8", "10.0.0.9")
    assert build(events=(inbound,), status=replace(STATUS, addresses=("10.0.0.1",))).addresses == ("10.0.0.1",)


# Stores


def test_the_first_certificate_that_is_no_authority_leads_its_store() -> None:
    issuer, leaf, other = certificate("ca", is_ca=True), certificate("leaf"), certificate("other", is_ca=None)
    stores = build(server=(issuer, leaf, issuer, other), client=(), trusted=(leaf, issuer, leaf)).stores

    assert (stores.server, stores.client, stores.trusted) == (("leaf", "other", "ca"), (), ("leaf", "ca"))
    assert build().stores.server is None


# Zones


def test_zones_are_joined_by_name_and_the_dump_of_the_state_adds_what_is_missing() -> None:
    configured = zone("UC", "TraversalServer", "Edge.example", port=7001, tls_verify_mode="On", source="xconf: z")
    shown = Zone(
        name="UC", status="Active", source="xstat: z", port=1, tls_verify_mode="Off",
        unified_communications=True,
        peers=(ZonePeer(address="edge.example", status="Active", cause="none", last_change="today"),),
    )  # fmt: skip

    (joined,) = join_zones([configured], [shown])

    assert (joined.type, joined.status, joined.status_source, joined.source) == (
        "TraversalServer", "Active", "xstat: z", "xconf: z",
    )  # fmt: skip
    assert (joined.port, joined.tls_verify_mode, joined.unified_communications) == (7001, "On", True)
    assert joined.peers == (ZonePeer(address="Edge.example", status="Active", cause="none", last_change="today"),)


@pytest.mark.parametrize(
    ("configured", "shown", "names"),
    [
        (Zone(name="", index=1, type="DNS"), Zone(name="DNS", index=1, status="On"), {"DNS": "On"}),
        (Zone(name="DNS", index=1, type="DNS"), Zone(name="", index=1, status="On"), {"DNS": "On"}),
        (Zone(name="A", index=1), Zone(name="B", index=1, status="On"), {"A": None, "B": "On"}),
        (Zone(name="A"), Zone(name="B", status="On"), {"A": None, "B": "On"}),
    ],
    ids=["named in the state", "named in the configuration", "one index for two names", "two names"],
)
def test_an_index_joins_only_zones_that_bear_one_name(
    configured: Zone, shown: Zone, names: dict[str, str | None]
) -> None:
    assert {one.name: one.status for one in join_zones([configured], [shown])} == names


def test_a_zone_in_one_dump_alone_is_kept() -> None:
    assert build(status=replace(STATUS, zones=(zone("UC", "TraversalServer"),))).zones[0].name == "UC"
    assert build(configuration=replace(CONFIGURATION, zones=(zone("UC", "DNS"),))).zones[0].status is None


# Settings


@pytest.mark.parametrize(
    ("configuration", "version", "expected"),
    [
        (CONFIGURATION, "X15.5.1", Setting(value="On", assumed=True)),
        (CONFIGURATION, "X15.4", Setting(value=None)),
        (CONFIGURATION, None, Setting(value=None)),
        (replace(CONFIGURATION, complete=False), "X15.5.1", None),
        (None, "X15.5.1", None),
        (
            replace(CONFIGURATION, settings={EKU_CHECKING_MODE: Setting(value="Off", source="x: y")}),
            "X15.5.1",
            Setting(value="Off", source="x: y"),
        ),
    ],
    ids=["default", "older release", "release not known", "cut short", "no dump", "dumped"],
)
def test_the_default_of_the_check_is_assumed_only_of_a_whole_dump_of_a_release_that_has_it(
    configuration: Configuration | None, version: str | None, expected: Setting | None
) -> None:
    built = build(configuration=configuration, status=replace(STATUS, version=version))

    assert built.settings.get(EKU_CHECKING_MODE) == expected


@pytest.mark.parametrize(
    "path",
    [EKU_CHECKING_MODE, f"xConfiguration {EKU_CHECKING_MODE}", "sip tls certificate ExtendedKeyUsage checking mode"],
)
def test_changes_in_the_log_are_kept_in_order_and_outrank_the_dump(path: str) -> None:
    changes = [line(Setting=path, Value="off", time=5), line(Setting=path, Value="On", time=9)]

    setting = build(configuration=CONFIGURATION, status=STATUS, events=tuple(changes)).settings[EKU_CHECKING_MODE]

    assert (setting.value, setting.assumed, setting.current) == ("On", True, "On")
    assert [(change.value, change.time, change.line) for change in setting.changes] == [
        ("Off", at(5), 6), ("On", at(9), 10),
    ]  # fmt: skip


def test_a_change_without_a_dump_is_still_known() -> None:
    built = build(events=(line(Setting=EKU_CHECKING_MODE, Value="Off"),)).settings[EKU_CHECKING_MODE]

    assert (built.value, built.current) == (None, "Off")


def test_changes_of_other_settings_and_changes_without_a_value_are_left_out() -> None:
    events = (line(Setting="SIP Something Else", Value="1"), line(Setting=EKU_CHECKING_MODE), line())

    assert build(events=events).settings == {}


# Alarms


def raised(identifier: str | None, uuid: str = "u", time: float = 0) -> LogEvent:
    return line(
        "Alarm Raised", time=time, Severity="warning", UUID=uuid, **({"Id": identifier} if identifier else {})
    )


def lowered(identifier: str, uuid: str = "u", time: float = 0) -> LogEvent:
    return line("Alarm Lowered", time=time, UUID=uuid, Id=identifier)


def dumped(*identifiers: str | None) -> Status:
    return replace(STATUS, alarms=tuple(Alarm(id=one, severity=None, title="Dumped") for one in identifiers))


@pytest.mark.parametrize(
    ("status", "events", "expected"),
    [
        (dumped(), (raised("35014"),), ["35014"]),
        (dumped(), (raised("35014"), lowered("35014", time=1)), []),
        (dumped(), (raised("35014"), lowered("35014", time=1), raised("35014", time=2)), ["35014"]),
        (dumped(), (raised("35014", "a"), raised("35014", "b"), lowered("35014", "a", 1)), ["35014"]),
        (dumped("35014"), (), ["35014"]),
        (dumped("35014"), (raised("35014"),), ["35014"]),
        (dumped("35014"), (lowered("35014"),), []),
        (dumped("35014"), (lowered("35014"), raised("35014", time=1)), ["35014"]),
        (dumped("35014", "35014"), (lowered("35014", "a"),), ["35014", "35014"]),
        (dumped("35014", "35014"), (lowered("35014", "a"), lowered("35014", "b")), []),
        (dumped("35014"), (lowered("15028"),), ["35014"]),
        (dumped(None), (lowered("35014"),), [None]),
        (dumped("35014"), (raised("15028"),), ["35014", "15028"]),
    ],
)
def test_what_the_log_raises_and_lowers_outranks_the_dump(
    status: Status, events: tuple[LogEvent, ...], expected: list[str | None]
) -> None:
    assert [alarm.id for alarm in build(status=status, events=events).alarms] == expected


def test_an_alarm_of_the_log_names_its_line() -> None:
    (alarm,) = build(events=(raised("35014", time=4),)).alarms

    assert alarm == Alarm(id="35014", severity="warning", title="Title", raised=iso_utc(at(4)), source="log: line 5")


# Times


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"logs": (SPAN,), "captures": (FILE,), "taken": at(9999)}, ReferenceTime(time=at(90), origin="evidence")),
        ({"logs": (replace(SPAN, last=None),), "taken": at(9)}, ReferenceTime(time=at(9), origin="file-name")),
        ({}, ReferenceTime(time=None, origin="none")),
    ],
)
def test_dates_are_judged_at_the_last_evidence_else_at_the_file_names_time(
    known: dict[str, Any], expected: ReferenceTime
) -> None:
    assert build(**known).reference_time == expected


def test_a_given_date_outranks_all_evidence() -> None:
    (built,) = build_nodes([NodeReading(host="core", logs=(SPAN,))], at(5))

    assert built.reference_time == ReferenceTime(time=at(5), origin="as-of")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"configuration": replace(CONFIGURATION, time_zone="Asia/Tokyo"), "logs": (SPAN,)}, "Asia/Tokyo"),
        ({"status": replace(STATUS, time_zone="Europe/Oslo")}, "Europe/Oslo"),
        ({"logs": (replace(SPAN, utc_offset=19800),)}, "UTC+05:30"),
        ({"logs": (SPAN,)}, None),
    ],
)
def test_the_time_zone_is_the_dumps_else_the_logs_offset(known: dict[str, Any], expected: str | None) -> None:
    assert build(**known).time_zone == expected


@pytest.mark.parametrize("empty", [None, Cluster(name=None)])
def test_a_cluster_without_name_and_peers_is_none(empty: Cluster | None) -> None:
    cluster = Cluster(name="cores", peers=("10.0.0.9",))

    assert build(configuration=replace(CONFIGURATION, cluster=empty)).cluster is None
    assert (
        build(configuration=replace(CONFIGURATION, cluster=empty), status=replace(STATUS, cluster=cluster)).cluster
        == cluster
    )


@pytest.mark.parametrize(
    ("log", "capture", "ahead", "expected"),
    [
        (10, 20, None, 10),
        (30, 20, None, 20),
        (30, 20, 15, 15),
        (None, 20, None, 20),
        (10, None, None, 10),
        (None, None, None, None),
    ],
)
def test_logging_had_started_by_the_first_record_or_frame_by_the_captures_clock(
    log: float | None, capture: float | None, ahead: float | None, expected: float | None
) -> None:
    node = Node(
        name="core",
        host="core",
        taken=at(700),
        clock_offset=None if ahead is None else ClockOffset(seconds=ahead, joins=3, spread=0),
        logs=(LogSpan(file="log", first=None if log is None else at(log), last=at(600), lines=1, records=1),),
        captures=(
            CaptureFile(
                name="x.pcap", interface=None, sequence=None, packets=1, cut_frames=0,
                first=None if capture is None else at(capture), last=at(600),
            ),
        ),
    )  # fmt: skip

    assert node.logging_started_by == (None if expected is None else at(expected))


def test_a_clock_beyond_the_calendar_stops_at_its_end() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    span = LogSpan(file="log", first=first, last=None, lines=1, records=1)
    node = Node(name="a", host="a", logs=(span,), clock_offset=ClockOffset(seconds=9.0, joins=3, spread=0))

    assert node.logging_started_by == first

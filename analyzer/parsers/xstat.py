"""Reads xstat dumps: version, zones' states, SSH tunnels and alarms at the moment when logging started.

Sample::

    <Status xmlns="http://www.tandberg.no/XML/CUIL/1.0">
      <SystemUnit item="1">
        <Software item="1"><Version item="1">X15.5</Version></Software>
        <Hardware item="1"><SerialNumber item="1">0A1B2C3D</SerialNumber></Hardware>
        <Uptime item="1">86400</Uptime>
      </SystemUnit>
      <Zones item="1"><Zone item="1"><Name item="1">UC traversal</Name><Status item="1">Active</Status></Zone></Zones>
    </Status>

Names below SystemUnit are evidenced by public clients of the product's status page, those of the top level by the
Administrator Guide X15.0. What stands inside zones, tunnels and alarms is not, so rows are found by the names of
their fields, at any depth.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import Problem, Status, Zone, ZonePeer
from analyzer.facts.releases import Version
from analyzer.parsers import dump_fields, dump_merge
from analyzer.parsers.leaves import Entry, LeafReading, plain
from analyzer.parsers.needed_names import needed_names
from analyzer.parsers.readable import Readable
from analyzer.parsers.status_rows import alarms, tunnels
from analyzer.parsers.text_dump import read_text_leaves
from analyzer.parsers.xml_dump import read_xml_leaves
from analyzer.words import Words, say

_XML, _TEXT = say("xstat dump (XML)"), say("xstat dump (text)")
_VERSION_KEYS = ("systemunitsoftwareversion", "softwareversion", "systemunitversion", "systemunitsoftware")
_SERIAL_KEYS = ("systemunithardwareserialnumber", "systemunitserialnumber", "hardwareserialnumber")
_UPTIME_KEYS = ("systemunituptime", "systemuptime", "uptime")
_KIND_KEYS = ("systemunitproduct", "systemunittype", "systemunitproducttype")
_UTC_KEYS = ("timeutc", "timeutctime", "timesystemtimeutc", "systemtimeutc", "timegmt")
_LOCAL_TIME_KEYS = ("timesystemtime", "timecurrent", "timecurrenttime", "systemtime", "timelocal", "timelocaltime")
_EDGE_OR_CORE = re.compile(r"expressway[- ]?(e|edge|c|core)\b", re.IGNORECASE)
_UPTIME = re.compile(
    r"(?:(\d{1,6}) days?,? ?)?(?:(\d{1,4}) hours?,? ?)?(?:(\d{1,4}) min\w*,? ?)?(?:(\d{1,6}) sec\w*)?"
    r"(?:(\d{1,4}):(\d\d)(?::(\d\d))?)?",
    re.IGNORECASE | re.ASCII,
)
_STATUS_KEYS = ("sipstatus", "sipstate", "siptlsstatus")
_ANY_STATUS_KEYS = ("status", "zonestatus", "state")


class StatusReading(Struct, frozen=True, kw_only=True):
    """What came of reading an xstat dump. `status` is None if nothing in it was recognised."""

    status: Status | None
    problems: tuple[Problem, ...] = ()


def read_xstat_xml(stream: Readable, file: str) -> StatusReading:
    """Read an XML dump. `file` names it in sources and problems (`INPUT/MEMBER`). Never raises for bad input."""
    return _interpret(read_xml_leaves(stream, file, _XML), file, _XML)


def read_xstat_text(stream: Readable, file: str) -> StatusReading:
    """Read a text dump. `file` names it in sources and problems (`INPUT/MEMBER`). Never raises for bad input."""
    return _interpret(read_text_leaves(stream, file, _TEXT), file, _TEXT)


def merge_statuses(primary: Status, fallback: Status) -> Status:
    """Return `primary` with what it lacks taken from another dump of the same moment."""
    return replace(
        dump_merge.fill(primary, fallback),
        addresses=dump_merge.union(primary.addresses, fallback.addresses),
        zones=dump_merge.merge_zones(primary.zones, fallback.zones),
        alarms=dump_merge.merge_alarms(primary.alarms, fallback.alarms),
        cluster=dump_merge.fill_optional(primary.cluster, fallback.cluster),
        needed_names=dump_merge.fill(primary.needed_names, fallback.needed_names),
    )


def _interpret(reading: LeafReading, file: str, what: Words) -> StatusReading:
    leaves = reading.leaves
    if not leaves:
        nothing = Problem(
            file=file,
            what=say("{what} could not be used", what=what),
            why=say("no status that this program knows stands in it"),
            leaves_open=say("the version, and the states of zones, tunnels and alarms when logging started"),
        )
        problems = (*reading.problems, nothing) if reading.complete else reading.problems
        return StatusReading(status=None, problems=problems)
    zone = dump_fields.time_zone(leaves)
    status = Status(
        file=file,
        version=_release(leaves.value(*_VERSION_KEYS)),
        serial_number=leaves.value(*_SERIAL_KEYS),
        is_edge=_is_edge(leaves.value(*_KIND_KEYS)),
        host_name=dump_fields.host_name(leaves) or leaves.value("systemunitname"),
        addresses=dump_fields.own_addresses(leaves),
        time_zone=zone,
        uptime=_seconds(leaves.value(*_UPTIME_KEYS)),
        taken=_time(leaves.value(*_UTC_KEYS), "UTC") or _time(leaves.value(*_LOCAL_TIME_KEYS), zone),
        zones=dump_fields.numbered([_zone(entry, file) for entry in leaves.entries("zoneszone")]),
        tunnels=tunnels(leaves, file),
        alarms=alarms(leaves, file),
        cluster=dump_fields.cluster(leaves),
        needed_names=needed_names(leaves, file),
    )
    return StatusReading(status=status, problems=reading.problems)


def _is_edge(kind: str | None) -> bool | None:
    """Tell Edge from Core by the product's name; `SystemUnit/Expressway` says True on both, as far as is known."""
    match = _EDGE_OR_CORE.search(kind) if kind else None
    return match[1].lower().startswith("e") if match else None


def _release(text: str | None) -> str | None:
    """Return a release as Cisco writes it (`X15.5`, `X8.11.4`); None: no release number in the text."""
    version = Version.parse(text)
    return str(version) if version else None


def _seconds(text: str | None) -> int | None:
    """Read an uptime: seconds, or days and a clock."""
    match = _UPTIME.fullmatch(text.strip()) if text else None
    if dump_fields.number(text) is not None or not match or not any(match.groups()):
        return dump_fields.number(text)
    days, hours, minutes, seconds, *clock = (int(part or 0) for part in match.groups())
    hours, minutes, seconds = hours + clock[0], minutes + clock[1], seconds + clock[2]
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _time(text: str | None, zone: str | None) -> datetime | None:
    """Read an ISO time; one without an offset counts only if the node's own time zone is UTC."""
    try:
        time = datetime.fromisoformat(text.strip()) if text else None
    except ValueError:
        return None
    if time and time.tzinfo is None and zone and plain(zone) in {"utc", "gmt", "etcutc", "etcgmt"}:
        return time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC) if time and time.tzinfo else None
    except OverflowError:
        return None


def _zone(zone: Entry, file: str) -> Zone:
    kind = dump_fields.zone_type(zone.leaves)
    details = dump_fields.zone_details(zone.leaves, kind)
    peers = tuple(
        peer
        for entry in (*details.entries("peer"), *details.entries("peerspeer"))
        if (peer := _peer(entry)) is not None
    )
    leaf = details.leaf(*_STATUS_KEYS) or zone.leaves.leaf(*_STATUS_KEYS, *_ANY_STATUS_KEYS)
    leaf = leaf or details.leaf(*_ANY_STATUS_KEYS)
    source = f"{file}: {leaf.path if leaf else zone.path}"
    return Zone(
        name=dump_fields.zone_name(zone),
        index=zone.index,
        type=kind,
        unified_communications=dump_fields.unified_communications(zone.leaves),
        status=leaf.value if leaf else _status_of_peers(peers),
        status_source=source,
        port=dump_fields.number(details.value("sipport", "port"), 65535),
        peers=peers,
        source=source,
    )


def _peer(peer: Entry) -> ZonePeer | None:
    address = dump_fields.peer_address(peer)
    if not address:
        return None
    return ZonePeer(
        address=address,
        status=peer.leaves.value("sipstatus", "sipstate", "status", "state"),
        cause=peer.leaves.value("sipcause", "cause", "sipreason", "reason"),
        last_change=peer.leaves.value("siplaststatuschange", "laststatuschange", "siplastchange", "lastchange"),
    )


def _status_of_peers(peers: tuple[ZonePeer, ...]) -> str | None:
    """Return a zone's status in the product's words, where only its peers have one."""
    states = Counter(peer.status for peer in peers if peer.status)
    active, all_of_them = states["Active"], states.total()
    if active and active < all_of_them:
        return f"Active ({active} of {all_of_them})"
    return states.most_common(1)[0][0] if states else None

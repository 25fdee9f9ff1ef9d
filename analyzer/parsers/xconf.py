"""Reads xconf dumps: settings, zones, addresses and cluster at the moment when logging started.

Sample::

    *c xConfiguration SystemUnit Name: "core1"
    *c xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: "On"
    *c xConfiguration Zones Zone 1 Name: "UC traversal"
    *c xConfiguration Zones Zone 1 Type: "TraversalClient"
    *c xConfiguration Zones Zone 1 TraversalClient SIP Port: "7001"
    *c xConfiguration Zones Zone 1 TraversalClient Peer 1 Address: "edge1.example.com"

The XML dump says the same with an element for each word, and more (Administrator Guide X15.5). Its exact elements are
documented nowhere, so both are reduced to leaves and read by the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import Configuration, Problem, Setting, Zone, ZonePeer
from analyzer.facts.settings import SETTINGS, KnownSetting
from analyzer.parsers import dump_fields, dump_merge
from analyzer.parsers.leaves import Entry, Leaf, LeafReading, Leaves, plain
from analyzer.parsers.needed_names import DOMAIN_PREFIXES, needed_names
from analyzer.parsers.readable import Readable
from analyzer.parsers.text_dump import read_text_leaves
from analyzer.parsers.xml_dump import read_xml_leaves
from analyzer.words import Words, say

_XML, _TEXT = say("xconf dump (XML)"), say("xconf dump (text)")
_PORT_KEYS = ("sipport", "siptlsport", "port")
_TRANSPORT_KEYS = ("siptransport", "sipdefaulttransport", "transport", "defaulttransport")
_MAX_PORT = 65535
_DISTINCT_LENGTH = 24
_DOMAIN_SERVICE = re.compile(r"edge(?!mode)|collaborationedge|unifiedc|mobileremoteaccess|mra")


class ConfigurationReading(Struct, frozen=True, kw_only=True):
    """What came of reading an xconf dump. `configuration` is None if nothing in it was recognised."""

    configuration: Configuration | None
    problems: tuple[Problem, ...] = ()


def read_xconf_xml(stream: Readable, file: str) -> ConfigurationReading:
    """Read an XML dump. `file` names it in sources and problems (`INPUT/MEMBER`). Never raises for bad input."""
    return _interpret(read_xml_leaves(stream, file, _XML), file, _XML)


def read_xconf_text(stream: Readable, file: str) -> ConfigurationReading:
    """Read a text dump. `file` names it in sources and problems (`INPUT/MEMBER`). Never raises for bad input."""
    return _interpret(read_text_leaves(stream, file, _TEXT), file, _TEXT)


def merge_configurations(primary: Configuration, fallback: Configuration) -> Configuration:
    """Return `primary` with what it lacks taken from another dump of the same moment."""
    return replace(
        dump_merge.fill(primary, fallback),
        addresses=dump_merge.union(primary.addresses, fallback.addresses),
        settings={**fallback.settings, **primary.settings},
        zones=dump_merge.merge_zones(primary.zones, fallback.zones),
        cluster=dump_merge.fill_optional(primary.cluster, fallback.cluster),
        domains=dump_merge.union(primary.domains, fallback.domains),
        needed_names=dump_merge.fill(primary.needed_names, fallback.needed_names),
        complete=primary.complete or fallback.complete,
    )


def _interpret(reading: LeafReading, file: str, what: Words) -> ConfigurationReading:
    leaves = reading.leaves
    if not leaves:
        nothing = Problem(
            file=file,
            what=say("{what} could not be used", what=what),
            why=say("no setting that this program knows stands in it"),
            leaves_open=say("zones, addresses and settings, among them the extended key usage checking mode"),
        )
        problems = (*reading.problems, nothing) if reading.complete else reading.problems
        return ConfigurationReading(configuration=None, problems=problems)
    configuration = Configuration(
        file=file,
        system_name=leaves.value("systemunitname", "systemname"),
        host_name=dump_fields.host_name(leaves),
        addresses=dump_fields.own_addresses(leaves),
        time_zone=dump_fields.time_zone(leaves),
        settings=_settings(leaves, file),
        zones=dump_fields.numbered([_zone(zone, file) for zone in leaves.entries("zoneszone")]),
        cluster=dump_fields.cluster(leaves),
        domains=_domains(leaves),
        needed_names=needed_names(leaves, file),
        complete=reading.complete,
    )
    return ConfigurationReading(configuration=configuration, problems=reading.problems)


def _settings(leaves: Leaves, file: str) -> dict[str, Setting]:
    outside_zones = [leaf for leaf in leaves if leaf.value and not leaf.key.startswith("zoneszone")]
    found = {}
    for known in SETTINGS:
        keys = [plain(path) for path in (known.name, *known.aliases)]
        # `<Checking>On</Checking>` says the same as `<Checking><Mode>On</Mode></Checking>`.
        leaf = leaves.leaf(*keys, *(key.removesuffix("mode") for key in keys)) or _ending_leaf(outside_zones, keys)
        if leaf:
            found[known.name] = Setting(value=_setting_value(known, leaf.value), source=f"{file}: {leaf.path}")
    return found


def _ending_leaf(leaves: Iterable[Leaf], keys: Iterable[str]) -> Leaf | None:
    """Return a leaf that lies deeper than it should, if its name is long enough to be no other's."""
    distinct = tuple(key for key in keys if len(key) >= _DISTINCT_LENGTH)
    return next((leaf for leaf in leaves if leaf.key.endswith(distinct)), None) if distinct else None


def _setting_value(known: KnownSetting, value: str) -> str:
    if known.switch:
        yes = dump_fields.yes_no(value)
        return value if yes is None else "On" if yes else "Off"
    return dump_fields.on_off(value)


def _zone(zone: Entry, file: str) -> Zone:
    kind = dump_fields.zone_type(zone.leaves)
    details = dump_fields.zone_details(zone.leaves, kind)
    verify_mode = _ending(details, "tlsverifymode", "tlsverify")
    classification = _ending(details, "tlsverifyinboundclassification", "inboundclassification")
    peers = (dump_fields.peer_address(peer) for peer in (*details.entries("peer"), *details.entries("peerspeer")))
    transport = details.value(*_TRANSPORT_KEYS)
    return Zone(
        name=dump_fields.zone_name(zone),
        index=zone.index,
        type=kind,
        unified_communications=dump_fields.unified_communications(zone.leaves),
        port=dump_fields.number(details.value(*_PORT_KEYS), _MAX_PORT),
        transport=transport.upper() if transport else None,
        peers=tuple(ZonePeer(address=address) for address in dict.fromkeys(peers) if address),
        tls_verify_mode=dump_fields.on_off(verify_mode) if verify_mode else None,
        tls_verify_subject=_ending(details, "tlsverifysubjectname", "tlsverifysubject"),
        source=f"{file}: {zone.path}",
        inbound_classification=dump_fields.on_off(classification) if classification else None,
    )


def _ending(leaves: Leaves, *suffixes: str) -> str | None:
    return next((leaf.value for leaf in leaves if leaf.value and leaf.key.endswith(suffixes)), None)


def _domains(leaves: Leaves) -> tuple[str, ...]:
    """Return the domains whose calls, presence or logins are Unified CM's, by the flags of each domain."""
    names = (
        domain.leaves.value("name", "domainname")
        for prefix in DOMAIN_PREFIXES
        for domain in leaves.entries(prefix)
        if any(_DOMAIN_SERVICE.match(leaf.key) and dump_fields.yes_no(leaf.value) for leaf in domain.leaves)
    )
    return tuple(dict.fromkeys(name for name in names if name))

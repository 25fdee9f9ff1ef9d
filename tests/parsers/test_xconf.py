from __future__ import annotations

import re
import time
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.evidence import Configuration, Setting, ZonePeer
from analyzer.facts.settings import EKU_CHECKING_MODE, SETTINGS, default_of, setting_named
from analyzer.parsers.xconf import merge_configurations, read_xconf_text, read_xconf_xml
from samples.builders.dumps import NodeState, ZoneState, xconf_text, xconf_xml

CORE = NodeState(
    host="core_1",
    domain="harbor.example",
    addresses=("10.20.30.31", "2001:db8::31", "10.20.40.31"),
    static_nat="203.0.113.9",
    time_zone="Asia/Tokyo",
    cluster_name="core.harbor.example",
    cluster_peers=("core-1.harbor.example", "core-2.harbor.example"),
    settings={EKU_CHECKING_MODE: "on", "SIP Advanced SipTlsVersions": "TLSv1.2:TLSv1.3"},
    zones=(
        ZoneState(
            name="UC traversal",
            type="TraversalClient",
            port=7001,
            peers=("edge-1.harbor.example", "edge-2.harbor.example"),
            subject="edge.harbor.example",
            unified_communications=True,
        ),
        ZoneState(name="CUCM <5061> & more", type="Neighbor", peers=("10.20.30.50",), tls_verify="Off"),
        ZoneState(name="Webex", type="DNS", subject="callservice.webex.com"),
    ),
)


def read_xml(document: bytes | str, file: str = "b.zip/xconf.xml") -> Configuration:
    data = document.encode() if isinstance(document, str) else document
    reading = read_xconf_xml(BytesIO(data), file)
    assert reading.configuration
    return reading.configuration


def read_text(document: bytes | str, file: str = "b.zip/xconf.txt") -> Configuration:
    data = document.encode() if isinstance(document, str) else document
    reading = read_xconf_text(BytesIO(data), file)
    assert reading.configuration
    return reading.configuration


def without_places(configuration: Configuration) -> Configuration:
    return replace(
        configuration,
        file="",
        settings={name: replace(setting, source=None) for name, setting in configuration.settings.items()},
        zones=tuple(replace(zone, source=None) for zone in configuration.zones),
    )


def test_reads_every_field_of_an_xml_dump() -> None:
    core = read_xml(xconf_xml(CORE))

    assert core.system_name == "core_1"
    assert core.host_name == "core_1.harbor.example"
    assert core.addresses == ("10.20.30.31", "2001:db8::31", "10.20.40.31", "203.0.113.9")
    assert core.time_zone == "Asia/Tokyo"
    assert core.domains == ("harbor.example",)
    assert core.complete
    assert core.cluster
    assert (core.cluster.name, core.cluster.peers) == ("core.harbor.example", CORE.cluster_peers)
    traversal, cucm, webex = core.zones
    assert (traversal.name, traversal.index, traversal.type) == ("UC traversal", 1, "TraversalClient")
    assert (traversal.port, traversal.transport, traversal.unified_communications) == (7001, "TLS", True)
    assert traversal.peers == (ZonePeer(address="edge-1.harbor.example"), ZonePeer(address="edge-2.harbor.example"))
    assert (traversal.tls_verify_mode, traversal.tls_verify_subject) == ("On", "edge.harbor.example")
    assert traversal.source == "b.zip/xconf.xml: Configuration/Zones/Zone[1]"
    assert (cucm.name, cucm.type, cucm.tls_verify_mode) == ("CUCM <5061> & more", "Neighbor", "Off")
    assert cucm.unified_communications is None
    assert (webex.type, webex.transport, webex.tls_verify_subject) == ("DNS", "TLS", "callservice.webex.com")


def test_settings_name_their_place_in_the_spelling_of_the_dump() -> None:
    path = "SIP/TLS/Certificate/ExtendedKeyUsage/Checking/Mode"

    xml, text = read_xml(xconf_xml(CORE)), read_text(xconf_text(CORE))

    assert xml.settings[EKU_CHECKING_MODE] == Setting(value="On", source=f"b.zip/xconf.xml: Configuration/{path}")
    assert text.settings[EKU_CHECKING_MODE].source == f"b.zip/xconf.txt: xConfiguration {EKU_CHECKING_MODE}"
    assert set(xml.settings) <= {known.name for known in SETTINGS}


def test_text_and_xml_say_the_same() -> None:
    assert without_places(read_text(xconf_text(CORE))) == without_places(read_xml(xconf_xml(CORE)))


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: re.sub(rb' xmlns="[^"]*"', b"", xml),
        lambda xml: re.sub(rb"<(/?)(?=[A-Z])", rb"<\1c:", xml).replace(b"xmlns=", b"xmlns:c="),
        lambda xml: xml.replace(b"?>\n<", b"?>\n<XmlDoc><getxml><").replace(
            b"</Configuration>", b"</Configuration></getxml></XmlDoc>"
        ),
        lambda xml: xml.replace(b"<Configuration", b"<xConfiguration").replace(
            b"</Configuration", b"</xConfiguration"
        ),
        lambda xml: re.sub(rb"</?[A-Za-z0-9]+", lambda tag: tag[0].lower(), xml),
        lambda xml: xml.replace(b' item="', b' valueSpaceRef="/x" maxOccurrence="n" item="'),
        lambda xml: xml.replace(b"\n", b"\r\n"),
        lambda xml: b"\xef\xbb\xbf\n" + xml,
        lambda xml: xml.partition(b"?>")[2].decode().encode("utf-16"),
        lambda xml: xml.partition(b"?>")[2].decode().encode("utf-16-le"),
    ],
    ids=[
        "no-namespace",
        "prefix",
        "wrapped",
        "x-root",
        "lower",
        "attributes",
        "crlf",
        "bom",
        "utf-16",
        "utf-16-bare",
    ],
)
def test_variations_of_the_xml_read_the_same(change: Callable[[bytes], bytes]) -> None:
    plain = xconf_xml(CORE)

    assert change(plain) != plain
    assert without_places(read_xml(change(plain))) == without_places(read_xml(plain))


def test_repeated_elements_without_numbers_are_told_apart_but_not_numbered() -> None:
    plain = read_xml(xconf_xml(CORE))

    unnumbered = read_xml(re.sub(rb' item="\d+"', b"", xconf_xml(CORE)))
    all_ones = read_xml(re.sub(rb' item="\d+"', b' item="1"', xconf_xml(CORE)))

    expected = [(zone.name, zone.type, zone.port, zone.peers) for zone in plain.zones]
    assert [(zone.name, zone.type, zone.port, zone.peers) for zone in unnumbered.zones] == expected
    assert [(zone.name, zone.type, zone.port, zone.peers) for zone in all_ones.zones] == expected
    assert {zone.index for zone in (*unnumbered.zones, *all_ones.zones)} == {None}
    assert unnumbered.zones[2].source == "b.zip/xconf.xml: Configuration/Zones/Zone[3]"


@pytest.mark.parametrize(
    "place",
    [
        "<SIP><TLS><Certificate><ExtendedKeyUsageCheckingMode>{}</ExtendedKeyUsageCheckingMode></Certificate></TLS></SIP>",
        "<SIP><TLS><Certificate><Extended><Key><Usage><Checking><Mode>{}</Mode></Checking></Usage></Key></Extended>"
        "</Certificate></TLS></SIP>",
        "<SIP><TLS><Certificate><ExtendedKeyUsage><Checking>{}</Checking></ExtendedKeyUsage></Certificate></TLS></SIP>",
        '<SIP><TLS><Certificate><ExtendedKeyUsage><Checking><Mode value="{}"/></Checking></ExtendedKeyUsage>'
        "</Certificate></TLS></SIP>",
        "<SIP><New><ExtendedKeyUsage><CheckingMode><![CDATA[ {} ]]></CheckingMode></ExtendedKeyUsage></New></SIP>",
        '<SIP><TLS><Certificate><ExtendedKeyUsage><Checking><Mode>"{}"</Mode></Checking></ExtendedKeyUsage>'
        "</Certificate></TLS></SIP>",
    ],
)
@pytest.mark.parametrize(("written", "value"), [("OFF", "Off"), ("on", "On"), ("True", "On"), ("0", "Off")])
def test_eku_checking_mode_is_found_however_its_path_is_split(place: str, written: str, value: str) -> None:
    core = read_xml(f"<Configuration>{place.format(written)}</Configuration>")

    assert core.settings[EKU_CHECKING_MODE].value == value


@pytest.mark.parametrize(
    "line",
    [
        "*c xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off",
        "xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: OFF",
        '  *C XCONFIGURATION sip tls certificate extendedkeyusage checking mode:   "off"  ',
        "*c SIP TLS Certificate ExtendedKeyUsage CheckingMode: off",
    ],
)
def test_text_lines_are_read_in_every_spelling(line: str) -> None:
    assert read_text(f"\ufeff{line}\r\n").settings[EKU_CHECKING_MODE].value == "Off"


def test_a_zone_counts_the_details_of_its_own_type_only() -> None:
    zone = """<Zones><Zone><Name>E</Name><Type>Traversal Server</Type>
      <Neighbor><SIP><Port>5061</Port><TLSVerify><Mode>Off</Mode></TLSVerify></SIP></Neighbor>
      <Peer><Address>c1.example</Address></Peer>
      <TraversalServer><H323><Port>6001</Port></H323>
        <SIP><Port>7011</Port><TLS><VerifyMode>ON</VerifyMode><VerifySubjectName>c.example</VerifySubjectName></TLS></SIP>
      </TraversalServer></Zone></Zones>"""

    (read,) = read_xml(f"<Configuration>{zone}</Configuration>").zones

    assert [peer.address for peer in read.peers] == ["c1.example"]
    assert (read.type, read.port, read.tls_verify_mode, read.tls_verify_subject) == (
        "TraversalServer",
        7011,
        "On",
        "c.example",
    )


@pytest.mark.parametrize(
    ("zone", "kind", "unified_communications"),
    [
        ("<TraversalServer><SIP><Port>7001</Port></SIP></TraversalServer>", "TraversalServer", None),
        (
            "<Type>Unified Communications traversal</Type><TraversalClient><SIPPort>1</SIPPort></TraversalClient>",
            "TraversalClient",
            True,
        ),
        ("<Type>Unified Communications traversal</Type>", "UnifiedCommunicationstraversal", True),
        ("<Type>neighbor</Type><CollaborationEdge>False</CollaborationEdge>", "Neighbor", False),
        ("<Type>Webex</Type>", "Webex", None),
        ("<HopCount>15</HopCount>", None, None),
    ],
)
def test_zone_types_are_said_or_held(zone: str, kind: str | None, unified_communications: bool | None) -> None:
    (read,) = read_xml(f'<Configuration><Zones><Zone item="4">{zone}</Zone></Zones></Configuration>').zones

    assert (read.type, read.unified_communications) == (kind, unified_communications)
    assert read.name == "Zone 4"


def test_inbound_classification_of_a_dns_zone_is_kept() -> None:
    line = '*c xConfiguration Zones Zone 6 DNS SIP TLS Verify InboundClassification: "off"\n'

    assert read_text(line).zones[0].inbound_classification == "Off"


def test_static_nat_that_is_off_is_no_own_address() -> None:
    core = read_text(
        '*c xConfiguration Ethernet 1 IP V4 Address: "10.0.0.1"\n'
        '*c xConfiguration Ethernet 1 IP V4 StaticNAT Mode: "Off"\n'
        '*c xConfiguration Ethernet 1 IP V4 StaticNAT Address: "203.0.113.1"\n'
        '*c xConfiguration Ethernet 2 IP V4 StaticNAT Address: "203.0.113.2"\n'
        '*c xConfiguration Ethernet 2 IP V6 Address: "2001:DB8:0:0::2/64"\n'
        '*c xConfiguration Ethernet 2 IP V4 Address: "0.0.0.0"\n'
        '*c xConfiguration IP DNS Server 1 Address: "10.0.0.53"\n'
        '*c xConfiguration IP Gateway: "10.0.0.254"\n'
    )

    assert core.addresses == ("10.0.0.1", "203.0.113.2", "2001:db8::2")


def test_domains_without_unified_communications_services_are_left_out() -> None:
    core = read_text(
        '*c xConfiguration SIP Domains Domain 1 Name: "a.example"\n'
        '*c xConfiguration SIP Domains Domain 1 Edge: "Off"\n'
        '*c xConfiguration SIP Domains Domain 1 Sip: "On"\n'
        '*c xConfiguration SIP Domains Domain 2 Name: "b.example"\n'
        '*c xConfiguration SIP Domains Domain 2 EdgeXmpp: "On"\n'
    )

    assert core.domains == ("b.example",)


def test_text_fills_in_what_the_xml_lacks() -> None:
    half = xconf_xml(CORE)
    half = half[: half.index(b'<Zone item="2"')]
    xml, text = read_xml(half), read_text(xconf_text(CORE))

    merged = merge_configurations(xml, text)

    assert without_places(merged) == without_places(text)
    assert merged.file == xml.file
    assert not xml.complete
    assert merged.complete
    assert merged.settings[EKU_CHECKING_MODE].source == xml.settings[EKU_CHECKING_MODE].source
    assert merged.zones[0].source == xml.zones[0].source


def test_unnamed_zones_are_merged_by_their_number_and_named_ones_never() -> None:
    one = read_text('*c xConfiguration Zones Zone 2 Type: "DNS"\n*c xConfiguration Zones Zone 3 Name: "x"\n')
    two = read_text('*c xConfiguration Zones Zone 2 Name: "Webex"\n*c xConfiguration Zones Zone 3 Name: "y"\n')

    merged = merge_configurations(one, two)

    assert [(zone.name, zone.type) for zone in merged.zones] == [("Webex", "DNS"), ("x", None), ("y", None)]


def test_broken_xml_is_kept_up_to_the_break() -> None:
    whole = xconf_xml(CORE)
    expected = read_xml(whole)
    for percent in range(0, 100, 2):
        reading = read_xconf_xml(BytesIO(whole[: len(whole) * percent // 100]), "f")
        assert len(reading.problems) == 1
        assert reading.problems[0].leaves_open
        if reading.configuration:
            assert not reading.configuration.complete
            assert reading.configuration.zones[:-1] == tuple(
                replace(zone, source=zone.source.replace("b.zip/xconf.xml", "f") if zone.source else None)
                for zone in expected.zones[: max(len(reading.configuration.zones) - 1, 0)]
            )
    assert reading.configuration
    assert reading.configuration.zones[0].port == 7001
    assert re.search(r"line \d+, column \d+", reading.problems[0].why)


def test_control_characters_cost_a_row_and_nothing_else() -> None:
    reading = read_xconf_xml(BytesIO(xconf_xml(CORE).replace(b"UC traversal", b"UC\x00\x1btraversal")), "f")

    assert reading.configuration
    assert reading.configuration.zones[0].name == "UC??traversal"
    assert len(reading.configuration.zones) == 3
    assert [problem.why[:1] for problem in reading.problems] == ["2"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE c [<!ENTITY l0 "ha">{LAUGHS}]><Configuration><SystemUnit><Name>&l11;</Name></SystemUnit>'
        "</Configuration>",
        '<!DOCTYPE c SYSTEM "file:///etc/passwd"><Configuration><SIP><TLS><Mode>On</Mode></TLS></SIP></Configuration>',
        '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><Configuration><SystemUnit><Name>&x;</Name></SystemUnit>'
        "</Configuration>",
        '<?xml version="1.0"?><!-- c --><!DOCTYPE c><Configuration><SIP><Mode>On</Mode></SIP></Configuration>',
        '<!DOCTYPE c [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><Configuration/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused_at_once(document: str, encoding: str) -> None:
    start = time.process_time()

    reading = read_xconf_xml(BytesIO(document.encode(encoding)), "f")

    assert time.process_time() - start < 1
    assert reading.configuration is None
    assert "DOCTYPE" in reading.problems[0].why


def test_entities_without_a_document_type_end_the_reading() -> None:
    reading = read_xconf_xml(
        BytesIO(b"<Configuration><SystemUnit><Name>&amp;n</Name><X>&evil;</X></SystemUnit></Configuration>"), "f"
    )

    assert reading.configuration
    assert reading.configuration.system_name == "&n"
    assert "evil" in reading.problems[0].why


@pytest.mark.parametrize(
    "data", [b"", b"   \n", b"<html><body>no</body></html>", b"not xml", b"\xff\xfe", b"<a>" * 300]
)
def test_what_is_no_dump_gives_a_row_and_no_configuration(data: bytes) -> None:
    for reading in (read_xconf_xml(BytesIO(data), "f"), read_xconf_text(BytesIO(data), "f")):
        assert reading.configuration is None
        assert len(reading.problems) == 1


def test_nesting_is_limited_and_what_came_before_is_kept() -> None:
    data = b"<Configuration><SystemUnit><Name>n</Name>" + b"<SystemUnit>" * 100_000

    reading = read_xconf_xml(BytesIO(data), "f")

    assert reading.configuration
    assert reading.configuration.system_name == "n"
    assert "256" in reading.problems[0].why


SECRETS = (
    "SNMP Community Name",
    "Zones Zone 1 TraversalClient Authentication Password",
    "SIP Authentication Passphrase",
    "Zones Zone 1 Peer 1 SharedSecret",
    "SystemUnit API Token",
    "NTP Server 1 Key",
    "Cluster Credential Name",
)


def test_secrets_are_never_kept() -> None:
    text = "".join(f'*c xConfiguration {path}: "hunter2"\n' for path in SECRETS)
    text += '*c xConfiguration SystemUnit Name: "{cipher}aHVudGVyMg=="\n'
    text += '*c xConfiguration Zones Zone 1 Name: "$6$hunter2$abc"\n'
    text += (
        '*c xConfiguration Zones Zone 1 Type: "Neighbor"\n*c xConfiguration SIP Advanced SipTlsDhKeySize: "2048"\n'
    )
    zone = "<Name>a</Name><Password><Value>hunter2</Value></Password>"
    xml = f"<Configuration><Zones><Zone>{zone}</Zone></Zones></Configuration>"

    shown = repr(read_xconf_text(BytesIO(text.encode()), "f")) + repr(read_xconf_xml(BytesIO(xml.encode()), "f"))

    assert "hunter2" not in shown
    assert "{cipher}" not in shown
    assert "SipTlsDhKeySize" in shown


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 5000), st.integers(0, 200))
def test_mutated_dumps_never_raise(noise: bytes, at: int, cut: int) -> None:
    for whole, read in ((xconf_xml(CORE), read_xconf_xml), (xconf_text(CORE), read_xconf_text)):
        for data in (whole[:at] + noise + whole[at + cut :], noise):
            reading = read(BytesIO(data), "f")
            assert reading.configuration or reading.problems


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16"]))
def test_arbitrary_lines_do_not_lose_the_lines_around_them(noise: str, encoding: str) -> None:
    noise = noise.replace('"', "")
    text = f'*c xConfiguration SystemUnit Name: "n"\n{noise}\n*c xConfiguration SIP TLS Mode: "On"\n'

    core = read_text(text.encode(encoding, "replace"))

    assert core.system_name == "n"
    assert "SIP TLS Mode" in core.settings


def test_defaults_are_assumed_only_where_the_release_is_known_to_have_them() -> None:
    assert default_of(EKU_CHECKING_MODE, "X15.5.1") == "On"
    assert default_of(EKU_CHECKING_MODE, "X15.4") is None
    assert default_of(EKU_CHECKING_MODE, None) is None
    assert default_of("SIP Advanced SipTlsDhKeySize", "X15.5") is None


def test_settings_are_named_by_any_spelling_of_their_path() -> None:
    assert setting_named("xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode") == EKU_CHECKING_MODE
    assert setting_named("/configuration/sip/tls/certificate/extendedkeyusage/checking/mode") == EKU_CHECKING_MODE
    assert setting_named("SIP Nothing") is None

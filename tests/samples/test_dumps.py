from __future__ import annotations

from lxml import etree

from samples.builders import dumps
from samples.builders.dumps import EKU_CHECKING_MODE, NAMESPACE, NodeState, TunnelState, ZoneState

STATE = NodeState(
    host="expe",
    addresses=("10.20.30.31", "198.51.100.31"),
    static_nat="203.0.113.31",
    zones=(
        ZoneState(name="UC <&>", type="TraversalServer", port=7001, unified_communications=True, status="Failed"),
        ZoneState(name="Branch", type="Neighbor", peers=("a.example", "b.example")),
    ),
    tunnels=(TunnelState(target="expe", domain="harbor.example", status="Failed", reason="Permission denied"),),
    settings={EKU_CHECKING_MODE: "Off"},
)


def values(document: bytes, path: str) -> list[str | None]:
    root = etree.fromstring(document)
    steps = "".join(f"/x:{step}" for step in path.split("/"))
    return [element.text for element in root.iterfind("." + steps, {"x": NAMESPACE})]


def test_configuration_paths_are_those_of_the_command_line() -> None:
    text = dumps.xconf_text(STATE).decode().splitlines()

    assert '*c xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: "Off"' in text
    assert '*c xConfiguration Zones Zone 1 TraversalServer SIP Port: "7001"' in text
    assert '*c xConfiguration Ethernet 2 IP V4 StaticNAT Address: "203.0.113.31"' in text


def test_xml_nests_the_same_paths_and_numbers_items() -> None:
    document = dumps.xconf_xml(STATE)

    assert values(document, "SIP/TLS/Certificate/ExtendedKeyUsage/Checking/Mode") == ["Off"]
    assert values(document, "Zones/Zone/Name") == ["UC <&>", "Branch"]
    assert values(document, "Zones/Zone[@item='2']/Neighbor/Peer/Address") == ["a.example", "b.example"]
    assert all("item" in element.attrib for element in etree.fromstring(document).iterdescendants())


def test_status_has_version_zones_and_tunnels() -> None:
    document = dumps.xstat_xml(STATE)

    assert values(document, "SystemUnit/Software/Version") == ["X15.5"]
    assert values(document, "Zones/Zone/Status") == ["Failed", "Active"]
    assert values(document, "Tunnels/Tunnel/Reason") == ["Permission denied"]


def test_status_text_ends_each_top_element() -> None:
    text = dumps.xstat_text(STATE).decode()

    assert text.startswith('*s SystemUnit:\n  Product: "Cisco Expressway"\n')
    assert text.count("*s/end") == text.count("*s ")

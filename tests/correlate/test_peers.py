from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analyzer.correlate.peers import Contact, identify_peer
from analyzer.evidence import Cluster, Endpoint, Node, NodeRole, Peer, PeerKind, Side, Zone, ZonePeer
from analyzer.facts.custom import load_facts
from analyzer.words import Words
from tests.correlate.records import LOCAL, REMOTE, WEBEX_ADDRESS, end, node, zone

UC_SERVER = zone("UC", "TraversalServer", port=7001)
UC_CLIENT = zone("UC", "TraversalClient", "edge.harbor.example", port=7001)
CUBE = zone("CUBE", "Neighbor", "10.3.3.30", "cube.harbor.example")
CORE = node("core", zones=(UC_CLIENT, CUBE))
EDGE = node("edge", NodeRole.EDGE, addresses=("10.2.2.20", "203.0.113.20"), zones=(UC_SERVER, CUBE))


def outbound(
    address: str = REMOTE, port: int = 5061, *, asked: str | None = None, names: tuple[str, ...] = ()
) -> Contact:
    return Contact(
        local_role=Side.CLIENT,
        local=end(),
        remote=end(address, port),
        certificate_names=names,
        asked_names=(asked,) if asked else (),
    )


def inbound(address: str = REMOTE, port: int = 5061, names: tuple[str, ...] = ()) -> Contact:
    return Contact(
        local_role=Side.SERVER, local=end(LOCAL, port), remote=end(address, 40000), certificate_names=names
    )


def peer(contact: Contact, at: Node = CORE, *others: Node) -> Peer:
    """Return whom a contact is with: the reason can be said in another language."""
    found = identify_peer(contact, at, (at, *others))
    assert found.reason is None or isinstance(found.reason, Words)
    return found


def kind_and_name(contact: Contact, at: Node = CORE, *others: Node) -> tuple[PeerKind, str]:
    found = peer(contact, at, *others)
    return found.kind, found.name


WEBEX = (PeerKind.WEBEX, "Webex")


# Webex


@pytest.mark.parametrize("name", ["l2sip-cfa-01.wbx2.com", "callservice.webex.com", "sip.ciscospark.com"])
def test_webex_is_told_by_the_names_in_its_certificate_in_either_direction(name: str) -> None:
    assert kind_and_name(outbound(names=(name,)), EDGE) == kind_and_name(inbound(names=(name,)), EDGE) == WEBEX


def test_webex_is_told_by_the_name_that_was_asked_for() -> None:
    found = peer(outbound(asked="l2sip.webex.com"), EDGE)

    assert (found.kind, found.hint_only, found.reason) == (PeerKind.WEBEX, False, "server name l2sip.webex.com")


def test_other_facts_name_other_clouds() -> None:
    facts = load_facts("""
[[webex_name]]
id = "cloud.example"
source = "X"
[[webex_networks]]
id = "webex-2026"
networks = ["192.0.2.0/24"]
source = "X"
""")
    by_name, by_address = outbound(names=("sip.cloud.example",)), outbound("192.0.2.9")
    cloud_zone = replace(EDGE, zones=(zone("Cloud", "DNS", "10.3.3.30", tls_verify_subject="sip.cloud.example"),))

    for contact, at in ((by_name, EDGE), (by_address, EDGE), (outbound("10.3.3.30"), cloud_zone)):
        assert identify_peer(contact, at, (at,), facts).kind is PeerKind.WEBEX
        assert identify_peer(contact, at, (at,)).kind is not PeerKind.WEBEX
    assert identify_peer(outbound(WEBEX_ADDRESS), EDGE, (EDGE,), facts).kind is not PeerKind.WEBEX


@pytest.mark.parametrize("name", ["webex.com.attacker.example", "notwebex.com", "webex.example"])
def test_a_name_that_only_looks_like_webex_is_not(name: str) -> None:
    assert kind_and_name(outbound(names=(name,)), EDGE)[0] is PeerKind.NAMED


@pytest.mark.parametrize(
    "zones",
    [
        zone("Cloud", "Webex", "sip.cloud.example"),
        zone("Cloud", "DNS", "sip.cloud.example", tls_verify_subject="callservice.webex.com"),
    ],
)
def test_a_zone_for_webex_tells_it_by_its_peer(zones: Zone) -> None:
    found = peer(outbound(asked="sip.cloud.example"), replace(EDGE, zones=(zones,)))

    assert (found.kind, found.zone) == (PeerKind.WEBEX, "Cloud")


def test_an_address_range_is_a_hint_and_a_port_says_nothing() -> None:
    by_address = peer(inbound(WEBEX_ADDRESS), EDGE)

    assert (by_address.kind, by_address.hint_only) == (PeerKind.WEBEX, True)
    assert kind_and_name(inbound(port=5062), EDGE)[0] is PeerKind.INTERNET


def test_a_configured_peer_outranks_the_hint_and_a_name_outranks_the_zone() -> None:
    own = replace(EDGE, zones=(zone("Own", "Neighbor", WEBEX_ADDRESS),))

    assert kind_and_name(outbound(WEBEX_ADDRESS), own)[0] is PeerKind.NEIGHBOR
    assert kind_and_name(outbound(WEBEX_ADDRESS, names=("l2sip.webex.com",)), own) == WEBEX


def test_the_far_end_of_a_traversal_zone_is_named_by_what_is_configured() -> None:
    several = replace(UC_CLIENT, peers=(*UC_CLIENT.peers, ZonePeer(address="edge2.harbor.example")))

    assert peer(outbound(port=7001), CORE).name == "edge.harbor.example"
    assert peer(outbound(port=7001), replace(CORE, zones=(several,))).name == "traversal server of zone UC"
    assert peer(inbound(port=7001), EDGE).name == "traversal client of zone UC"


# Other bundles


def test_another_bundles_node_is_a_partner_by_address_or_by_name() -> None:
    by_address = peer(outbound("10.2.2.20", 7001), CORE, EDGE)
    by_name = peer(outbound(REMOTE, 7001, names=("edge.harbor.example",)), CORE, EDGE)

    assert by_address == by_name == Peer(name="edge", kind=PeerKind.PARTNER, node="edge", zone="UC")
    assert by_address.reason == "its bundle gives this address as its own"
    assert by_name.reason == "certificate name edge.harbor.example"


def test_an_address_tells_a_node_better_than_a_certificate_with_all_the_clusters_names() -> None:
    first = node("edge1", NodeRole.EDGE, addresses=("10.2.2.21",))
    second = node("edge2", NodeRole.EDGE, addresses=("10.2.2.22",))
    names = ("edge1.harbor.example", "edge2.harbor.example")

    assert peer(outbound("10.2.2.22", names=names), CORE, first, second).node == "edge2"


def test_nodes_of_one_cluster_are_cluster_peers() -> None:
    cluster = Cluster(name="cores", peers=("10.1.1.10", "10.1.1.11"))
    first = replace(CORE, cluster=cluster)
    second = node("core2", addresses=("10.1.1.11",), cluster=cluster)
    edge = replace(EDGE, cluster=Cluster(name="cores"))

    assert kind_and_name(outbound("10.1.1.11", 4372), first, second) == (PeerKind.CLUSTER, "core2")
    assert kind_and_name(outbound("10.2.2.20", 7001), first, edge) == (PeerKind.PARTNER, "edge")


def test_a_cluster_peer_without_a_bundle_is_told_by_the_configuration() -> None:
    first = replace(CORE, cluster=Cluster(name="cores", peers=("10.1.1.10", "10.1.1.11")))

    assert kind_and_name(inbound("10.1.1.11", 5061), first) == (PeerKind.CLUSTER, "10.1.1.11")
    assert kind_and_name(inbound("10.1.1.10", 5061), first)[0] is not PeerKind.CLUSTER


def test_an_earlier_bundle_of_the_same_host_is_nobody_else() -> None:
    earlier = node("core#2", host="core", addresses=("10.1.1.10",))

    assert peer(outbound("10.1.1.10"), CORE, earlier).node is None


# Zones


def test_a_traversal_client_is_told_by_the_port_it_calls_whatever_its_address() -> None:
    for address in (REMOTE, "10.1.1.10"):
        found = peer(inbound(address, 7001), EDGE)
        assert (found.kind, found.zone, found.node) == (PeerKind.PARTNER, "UC", None)
    assert kind_and_name(inbound(REMOTE, 5061), EDGE)[0] is PeerKind.INTERNET


@pytest.mark.parametrize(
    ("changes", "contact", "fits"),
    [
        ({}, outbound("10.2.2.20", 7001), True),
        ({}, outbound("10.2.2.20", 7001, asked="edge.harbor.example"), True),
        ({}, outbound("10.2.2.20", 5061), False),
        ({}, inbound("10.2.2.20", 7001), False),
        ({"port": None}, outbound("10.5.5.5", 6972), False),
        ({"port": None}, outbound("10.2.2.20", 7001, asked="edge.harbor.example"), True),
    ],
    ids=["port", "name", "another port", "another direction", "no port and no name", "no port but the name"],
)
def test_the_traversal_server_is_told_by_port_and_name(
    changes: dict[str, int | None], contact: Contact, fits: bool
) -> None:
    at = replace(CORE, zones=(replace(UC_CLIENT, **changes),))

    assert (peer(contact, at).zone == "UC") is fits


def test_a_traversal_server_configured_by_address_must_have_it() -> None:
    at = replace(CORE, zones=(zone("UC", "TraversalClient", "10.2.2.20", port=7001),))

    assert peer(outbound("10.2.2.20", 7001), at).name == "10.2.2.20"
    assert peer(outbound("10.4.4.4", 7001), at).zone is None


@pytest.mark.parametrize(
    "contact",
    [
        inbound("10.3.3.30"),
        outbound("10.3.3.30"),
        inbound(REMOTE, names=("cube.harbor.example",)),
        outbound(REMOTE, asked="cube.harbor.example"),
    ],
)
def test_a_neighbour_is_told_by_its_address_or_its_name(contact: Contact) -> None:
    found = peer(contact)

    assert (found.kind, found.zone) == (PeerKind.NEIGHBOR, "CUBE")
    assert found.name in {"10.3.3.30", "cube.harbor.example"}


def test_a_zone_that_expressway_made_for_cucm_is_cucms() -> None:
    at = replace(CORE, zones=(zone("CEtls-cucm.harbor.example", "Neighbor", "10.6.6.6"),))

    assert kind_and_name(outbound("10.6.6.6"), at) == (PeerKind.CUCM, "10.6.6.6")


def test_cucms_file_ports_are_a_hint_for_a_core_that_dials_them() -> None:
    found = peer(outbound("10.6.6.6", 6972, names=("cucm.harbor.example",)))

    hidden = peer(outbound("10.6.6.6", 6972, asked="cucm.harbor.example"))  # as TLS 1.3 hides the certificate

    assert (found.kind, found.name, found.hint_only) == (PeerKind.CUCM, "cucm.harbor.example", True)
    assert hidden.name == found.name
    ecdsa = ("cucm-ec.harbor.example", "cucm.harbor.example")
    assert kind_and_name(outbound("10.6.6.6", 6972, asked="cucm.harbor.example", names=ecdsa))[1] == found.name
    assert kind_and_name(outbound("10.6.6.6", 6972, asked="other.harbor.example", names=ecdsa))[1] == ecdsa[0]
    assert kind_and_name(outbound("10.6.6.6", 6972), EDGE)[0] is not PeerKind.CUCM
    assert kind_and_name(inbound("10.6.6.6", 6972))[0] is not PeerKind.CUCM


# Everyone else


@pytest.mark.parametrize(
    ("contact", "at", "expected"),
    [
        (outbound(asked="sip.partner.example"), EDGE, (PeerKind.NAMED, "sip.partner.example")),
        (inbound(names=("sip.partner.example",)), EDGE, (PeerKind.NAMED, "sip.partner.example")),
        (replace(inbound(names=("scan",)), vouched=False), EDGE, (PeerKind.INTERNET, "Internet")),
        (replace(outbound(names=("sip.example",)), vouched=False), EDGE, (PeerKind.NAMED, "sip.example")),
        (outbound(), EDGE, (PeerKind.NAMED, REMOTE)),
        (inbound(), EDGE, (PeerKind.INTERNET, "Internet")),
        (inbound("192.168.7.7"), EDGE, (PeerKind.INTERNET, "Internet")),
        (inbound(), CORE, (PeerKind.INTERNET, "Internet")),
        (inbound("192.168.7.7"), CORE, (PeerKind.NAMED, "192.168.7.7")),
    ],
    ids=[
        "asked for", "presented", "made up by a caller", "dialled, who made it up", "dialled",
        "a caller of an Edge", "an inner caller of an Edge",
        "an outer caller of a Core", "an inner caller of a Core",
    ],
)  # fmt: skip
def test_whoever_has_no_place_in_the_configuration(
    contact: Contact, at: Node, expected: tuple[PeerKind, str]
) -> None:
    assert kind_and_name(contact, at) == expected


def test_without_a_role_or_an_address_the_peer_is_unknown() -> None:
    assert kind_and_name(replace(outbound(), local_role=None)) == (PeerKind.UNKNOWN, f"{REMOTE}:5061")
    assert kind_and_name(Contact(local_role=Side.CLIENT, local=None, remote=None)) == (PeerKind.UNKNOWN, "unknown")


ends = st.none() | st.builds(
    Endpoint,
    address=st.sampled_from([LOCAL, REMOTE, WEBEX_ADDRESS, "10.2.2.20", "10.3.3.30", "fe80::1", "not an address"]),
    port=st.sampled_from([0, 443, 5061, 6972, 7001, 65535]),
)
names = st.lists(st.sampled_from(["edge.harbor.example", "a.webex.com", "", "*.x", "ü"]), max_size=2).map(tuple)


@settings(max_examples=200)
@given(
    st.builds(
        Contact,
        local_role=st.sampled_from([None, *Side]),
        local=ends,
        remote=ends,
        certificate_names=names,
        asked_names=names,
    ),
    st.sampled_from([CORE, EDGE, node(None, NodeRole.UNKNOWN, addresses=())]),
)
def test_every_contact_has_a_peer_and_only_a_caller_is_the_internet(contact: Contact, at: Node) -> None:
    found = identify_peer(contact, at, (CORE, EDGE, at))

    assert found.kind is not PeerKind.INTERNET or contact.local_role is Side.SERVER
    assert found.node != at.name or found.node is None

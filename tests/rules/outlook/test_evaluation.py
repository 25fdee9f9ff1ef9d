"""The outlook beyond the rows: what is not known, what is seen, what fails for another reason, who else there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import (
    Case,
    Certificate,
    Cluster,
    NodeRole,
    PeerIdentity,
    ReferenceTime,
    Setting,
    Side,
    Stores,
    Visibility,
    Zone,
)
from analyzer.facts.settings import CLUSTER_TLS_VERIFY
from analyzer.findings import OutlookCell
from analyzer.rules.outlook import evaluation
from analyzer.rules.outlook.evaluation import outlook_of
from tests.rules.cases import case, connection, event, ssh
from tests.rules.nodes import (
    CUBE,
    DENIED,
    EDGE,
    INTERNET,
    NAMED,
    NEIGHBOR_ZONE,
    SOME_CORE,
    SOME_EDGE,
    START,
    WEAK_CORE,
    WEBEX,
    bare,
    core,
    edge,
    mode,
    stores,
    tunnel,
    zone,
)
from tests.rules.pki import (
    BOTH,
    CLIENT_ONLY,
    CORE_CLIENT,
    CORE_CLIENT_SERVER_ONLY,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    PUBLIC,
    SERVER_ONLY,
    WITHOUT_ISSUING,
    authority,
    certificate,
    chain,
)

ZONE, TUNNELS, ACCESS = "UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"


def cells(judged: Case, column: int = 0) -> dict[tuple[str | None, str, str], OutlookCell]:
    """Return a column's cells."""
    outlook = outlook_of(judged)
    assert outlook is not None
    return {(row.node, row.service, row.peer): row.cells[column] for row in outlook.rows}


def trio(judged: Case, column: int = 0) -> tuple[str, ...]:
    """Return the prospects of zone, tunnels and mobile and remote access."""
    found = {service: cell for (_, service, _), cell in cells(judged, column).items()}
    return tuple(
        f"{found[name].prospect} {found[name].condition}" if found[name].condition else str(found[name].prospect)
        for name in (ZONE, TUNNELS, ACCESS)
    )


def presenting(leaf: Certificate, check: str = "On") -> Case:
    """A Core that presents this, before an Edge with this check."""
    return case(
        core(stores=stores(CORE_SERVER, leaf, (*EVERYONE, *chain(leaf, root=True)[1:]))),
        edge(settings=mode(check), stores=stores(EDGE_SERVER, EDGE_CLIENT, (*EVERYONE, *chain(leaf, root=True)[1:]))),
    )


# Unusual certificates: what is not known stays so


@pytest.mark.parametrize(
    ("leaf", "with_on", "with_off"),
    [
        (certificate("core.harbor.example", CLIENT_ONLY), ("works", "unknown", "unknown"), ("unknown",) * 3),
        (certificate("core.harbor.example", None), ("works", "unknown", "unknown"), ("works", "unknown", "unknown")),
        (
            certificate("core.harbor.example", BOTH, authority("Narrow", eku=SERVER_ONLY)),
            ("fails", "unknown", "fails"),
            ("unknown",) * 3,
        ),
        (
            certificate("core.harbor.example", BOTH, authority("Narrow root", root_eku=SERVER_ONLY)),
            ("fails", "unknown", "fails"),
            ("unknown",) * 3,
        ),
        (
            certificate("core.harbor.example", BOTH, key_usages=("key_encipherment",)),
            ("fails", "unknown", "fails"),
            ("unknown",) * 3,
        ),
        (
            certificate("core.harbor.example", ("anyExtendedKeyUsage",)),
            ("fails", "unknown", "fails"),
            ("unknown",) * 3,
        ),
        (
            certificate("core.harbor.example", ("1.3.6.1.5.5.7.3.4",)),
            ("fails", "fails", "fails"),
            ("unknown", "fails", "fails"),
        ),
    ],
    ids=["client only", "absent", "intermediate", "root", "key usage", "any only", "other"],
)
def test_an_unusual_certificate(leaf: Certificate, with_on: tuple[str, ...], with_off: tuple[str, ...]) -> None:
    assert trio(presenting(leaf)) == with_on
    assert trio(presenting(leaf, "Off")) == with_off
    assert not any(cell.basis == "stated" for (_, name, _), cell in cells(presenting(leaf)).items() if name == ZONE)


def test_an_authority_of_the_edges_certificate_without_server_use_stops_the_zone() -> None:
    narrow = certificate("edge.harbor.example", BOTH, authority("Client CA", eku=CLIENT_ONLY))

    trusted = (*EVERYONE, *chain(narrow, root=True)[1:])

    assert trio(case(core(), edge(stores=stores(narrow, EDGE_CLIENT, trusted)))) == ("fails", "fails", "fails")


def test_a_path_that_is_not_whole_is_inferred_and_said_to_be() -> None:
    leaf = certificate("core.harbor.example", BOTH, authority("Elsewhere"))
    judged = case(core(stores=stores(CORE_SERVER, leaf, ())), edge(stores=stores(EDGE_SERVER, EDGE_SERVER, None)))
    cell = cells(judged)["core", ZONE, "edge"]

    assert (cell.prospect, cell.basis) == ("works", "inferred")
    assert "not known up to its root" in cell.reason


# One of two bundles


def test_the_core_alone_leaves_open_what_the_edge_decides() -> None:
    judged = case(WEAK_CORE)

    assert trio(judged) == ("unknown", "fails", "fails")
    assert "Edge's extended key usage check decides" in cells(judged)["core", ZONE, "the Edge"].reason
    assert trio(judged, 1) == ("fails", "fails", "fails")
    assert trio(judged, 2) == ("unknown", "fails", "fails")
    assert "the Edge's server certificate" in cells(judged, 2)["core", ZONE, "the Edge"].reason


def test_the_edge_alone_leaves_open_what_the_core_presents() -> None:
    judged = case(edge())

    assert trio(judged) == ("unknown", "unknown", "unknown")
    assert "What the Core presents" in cells(judged)["edge", ZONE, "the Core"].reason


def test_the_edge_alone_fails_if_its_own_certificate_is_no_servers() -> None:
    alone = edge(stores=stores(certificate("edge.harbor.example", CLIENT_ONLY), EDGE_CLIENT))

    assert trio(case(alone)) == ("fails", "fails", "fails")


def test_a_capture_stands_in_for_the_other_bundle() -> None:
    shown = connection(edge(), SOME_CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, alert=(Side.SERVER, 43))
    judged = case(edge(), connections=[shown])
    cell = cells(judged)["edge", ZONE, "the Core"]

    assert (cell.prospect, cell.basis) == ("fails", "inferred")
    assert "in the capture" in cell.reason


def test_the_edges_certificate_in_the_cores_capture_completes_the_answer() -> None:
    shown = connection(core(), SOME_EDGE, role=Side.CLIENT, server=EDGE_SERVER, client=CORE_CLIENT, completed=True)

    assert trio(case(core(), connections=[shown])) == ("works", "works", "works")


def test_a_check_that_is_not_known_matters_only_where_it_decides() -> None:
    assert trio(case(core(), edge(settings={}))) == ("works", "works", "works")
    assert trio(case(WEAK_CORE, edge(settings={}))) == ("unknown", "fails", "fails")


def test_without_any_release_nothing_is_foretold() -> None:
    node = edge(version=None, settings={}, stores=stores(EDGE_SERVER, None))

    assert trio(case(node)) == ("unknown", "unknown", "unknown")


def test_nodes_of_which_nothing_is_known_have_no_outlook() -> None:
    outlook = outlook_of(case(bare(NodeRole.UNKNOWN)))

    assert outlook is not None
    assert outlook.rows == ()


@pytest.mark.parametrize("role", list(NodeRole))
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"zones": (Zone(name=""), Zone(name="x", type="Neighbor"), Zone(name="y", type="TraversalServer"))},
        {"stores": Stores(server=(), client=(), trusted=())},
        {"cluster": Cluster(name=None, peers=("a", "b"))},
        {"settings": mode("Perhaps")},
        {"version": "a beta"},
    ],
)
def test_odd_input_is_borne(role: NodeRole, changes: dict[str, Any]) -> None:
    odd = replace(bare(role), zones=(zone("TraversalClient"),))

    assert outlook_of(case(replace(odd, **changes), edge(name="other"))) is not None


def test_certificates_that_cannot_be_read_leave_it_open() -> None:
    broken = replace(CORE_CLIENT, extended_key_usage=None, unreadable=("extended_key_usage",))
    judged = case(core(), edge())
    judged = replace(judged, certificates={**judged.certificates, CORE_CLIENT.sha256: broken})

    assert trio(judged) == ("unknown",) * 3


def test_mixed_releases_are_inferred() -> None:
    old = core(version="X15.4", settings={}, stores=stores(CORE_CLIENT_SERVER_ONLY, None))
    server_only = edge(stores=stores(EDGE_SERVER, EDGE_SERVER))
    cell = cells(case(old, server_only))["core", ZONE, "edge"]

    assert (cell.prospect, cell.basis, cell.row) == ("fails", "inferred", "1")


def test_a_traversal_zone_that_is_not_for_unified_communications_has_no_tunnels() -> None:
    here, there = zone("TraversalClient", unified_communications=False), zone(unified_communications=False)
    judged = case(core(zones=(here,)), edge(zones=(there,)))

    assert [name for _, name, _ in cells(judged) if name != "inbound mTLS"] == ["traversal zone"]


# Trust, validity, and what fails for another reason


def test_a_ca_that_the_edge_lacks_makes_it_conditional() -> None:
    leaf = certificate("core.harbor.example", BOTH, authority("New"))
    down = zone("TraversalClient", None)
    holder = core(stores=stores(CORE_SERVER, leaf, chain(leaf, root=True)[1:]), zones=(down,), tunnels=())
    judged = case(holder, edge(zones=(zone(status=None),)))

    assert trio(judged) == ("works if trusted",) * 3
    assert "edge's trusted CA list lacks" in cells(judged)["core", ZONE, "edge"].reason


def test_an_intermediate_that_the_edge_lacks_matters_to_the_tunnels_alone() -> None:
    lacking = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING), tunnels=())

    assert trio(case(core(tunnels=()), lacking)) == ("works", "works if trusted", "works if trusted")
    assert trio(case(core(tunnels=DENIED), lacking)) == ("works", "works if trusted", "works if trusted")


def test_what_is_seen_working_needs_no_condition() -> None:
    lacking = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, WITHOUT_ISSUING))
    cell = cells(case(core(), lacking))["core", TUNNELS, "edge"]

    assert (cell.prospect, cell.condition) == ("works", None)
    assert "It was up all the same." in cell.reason


def test_without_the_verifiers_list_trust_is_not_judged() -> None:
    leaf = certificate("core.harbor.example", BOTH, authority("New"))
    judged = case(core(stores=stores(CORE_SERVER, leaf)), edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None)))

    assert trio(judged) == ("works",) * 3


def test_what_expired_fails() -> None:
    later = ReferenceTime(time=START + timedelta(days=400), origin="as-of")
    judged = case(core(reference_time=later), edge(reference_time=later))

    assert trio(judged) == ("fails",) * 3
    assert "core.harbor.example expired on 2027-01-09." in cells(judged)["core", ZONE, "edge"].reason


def test_nothing_that_is_down_for_another_reason_is_called_working() -> None:
    judged = case(core(zones=(zone("TraversalClient", "Failed"),)), edge())

    assert trio(judged) == ("unknown",) * 3
    assert "was Failed when logging started" in cells(judged)["core", ZONE, "edge"].reason
    assert trio(judged, 1) == trio(judged, 2) == ("unknown",) * 3


def test_tunnels_that_are_down_do_not_speak_against_the_zone() -> None:
    assert trio(case(core(tunnels=DENIED), edge())) == ("works", "unknown", "unknown")
    assert trio(case(core(), edge(tunnels=(tunnel("Failed", "Connection timed out"),)))) == (
        "works",
        "unknown",
        "unknown",
    )
    assert trio(case(core(), edge(), events=[ssh(core(), "Permission denied (publickey).")]))[1] == "unknown"


def test_a_later_handshake_outranks_the_dump() -> None:
    failed = core(zones=(zone("TraversalClient", "Failed"),))
    good = connection(failed, EDGE, role=Side.CLIENT, client=CORE_CLIENT, server=EDGE_SERVER, completed=True)
    bad = connection(failed, EDGE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 46), at=1)

    assert trio(case(failed, edge(), connections=[good])) == ("works",) * 3
    assert trio(case(failed, edge(), connections=[good, bad]))[0] == "unknown"


# Everybody else


def outbound(judged: Case, peer: str = "Webex", node: str = "edge") -> tuple[str, str | None, str]:
    cell = cells(judged)[node, "outbound mTLS", peer]
    return str(cell.prospect), cell.condition, str(cell.basis)


WEBEX_ZONE = Zone(name="To Webex", type="Webex")


def towards_webex(client: Certificate, server: Certificate = EDGE_SERVER) -> Case:
    trusted = (*EVERYONE, *chain(client, root=True)[1:])
    return case(edge(zones=(zone(), WEBEX_ZONE), stores=stores(server, client, trusted)))


PUBLIC_BOTH = certificate("edge.harbor.example", BOTH, PUBLIC)


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [
        (EDGE_SERVER, EDGE_SERVER, ("needs-far-end", None, "stated")),
        (certificate("edge.harbor.example", SERVER_ONLY), EDGE_SERVER, ("needs-far-end", None, "stated")),
        (EDGE_CLIENT, EDGE_SERVER, ("works", "if trusted", "inferred")),
        (EDGE_CLIENT, EDGE_CLIENT, ("works", "if trusted", "stated")),
        (PUBLIC_BOTH, PUBLIC_BOTH, ("works", None, "inferred")),
        (certificate("edge.harbor.example", None), EDGE_SERVER, ("works", "if trusted", "inferred")),
        (certificate("edge.harbor.example", None, PUBLIC), EDGE_SERVER, ("works", None, "inferred")),
        (certificate("edge.harbor.example", CLIENT_ONLY), EDGE_SERVER, ("works", "if trusted", "inferred")),
        (
            certificate("edge.harbor.example", BOTH, authority("Narrow", eku=SERVER_ONLY)),
            EDGE_SERVER,
            ("needs-far-end", None, "inferred"),
        ),
    ],
)
def test_what_this_node_presents_decides_about_webex(
    client: Certificate, server: Certificate, expected: tuple[str, str | None, str]
) -> None:
    assert outbound(towards_webex(client, server)) == expected


@pytest.mark.parametrize(
    ("version", "verify", "expected"),
    [
        ("X15.4", "On", ("fails", None, "stated")),
        ("X14.3", "On", ("needs-far-end", None, "stated")),
        ("X15.5", "On", ("needs-far-end", None, "stated")),
    ],
)
def test_on_x15_4_a_neighbour_zone_that_verifies_fails_with_a_server_only_certificate(
    version: str, verify: str, expected: tuple[str, str | None, str]
) -> None:
    client = EDGE_SERVER if version == "X15.5" else None
    neighbor = replace(NEIGHBOR_ZONE, tls_verify_mode=verify)
    node = edge(version=version, settings={}, stores=stores(EDGE_SERVER, client), zones=(zone(), neighbor))

    assert outbound(case(node), "zone CUBE") == expected


def test_whether_webex_checks_is_not_said() -> None:
    reason = cells(towards_webex(EDGE_SERVER))["edge", "outbound mTLS", "Webex"].reason

    assert "Whether Webex checks clientAuth, no source says." in reason


def test_a_capture_outranks_the_table() -> None:
    server_only = edge(stores=stores(EDGE_SERVER, EDGE_SERVER))
    took = connection(server_only, WEBEX, role=Side.CLIENT, client=EDGE_SERVER, completed=True)
    refused = connection(server_only, WEBEX, role=Side.CLIENT, client=EDGE_SERVER, alert=(Side.SERVER, 43), at=1)
    unasked = connection(server_only, WEBEX, role=Side.CLIENT, client=Visibility.NOT_REQUESTED, completed=True)

    assert outbound(case(server_only, connections=[took])) == ("works", None, "seen")
    assert outbound(case(server_only, connections=[took, refused])) == ("fails", None, "seen")
    assert outbound(case(server_only, connections=[unasked])) == ("works", None, "seen")


def test_a_peer_that_refuses_is_not_called_working() -> None:
    node = edge()
    ours = connection(node, NAMED, role=Side.CLIENT, client=Visibility.ENCRYPTED, alert=(Side.CLIENT, 48))
    logged = event(node, NAMED, alert=46, role=Side.CLIENT)

    assert outbound(case(node, connections=[ours]), NAMED.name)[0] == "unknown"
    assert outbound(case(node, events=[logged]), NAMED.name)[0] == "unknown"


def test_zones_and_peers_of_capture_and_log_are_told_once_and_webex_first() -> None:
    node = edge(zones=(zone(), replace(NEIGHBOR_ZONE, name="CUBE"), Zone(name="DNS", type="DNS"), WEBEX_ZONE))
    seen = [
        connection(node, peer, role=Side.CLIENT, client=EDGE_CLIENT, completed=True)
        for peer in (NAMED, CUBE, INTERNET, WEBEX)
    ]
    judged = case(node, connections=seen, events=[event(node, NAMED, error="expired", role=Side.CLIENT)])

    told = [peer for _, service, peer in cells(judged) if service == "outbound mTLS"]
    assert told == ["Webex", "zone CUBE", "zone DNS", NAMED.name]


@pytest.mark.parametrize("transport", ["TCP", "UDP"])
def test_a_zone_without_tls_is_left_out(transport: str) -> None:
    plain = replace(NEIGHBOR_ZONE, transport=transport, tls_verify_mode=None)
    judged = case(edge(zones=(zone(), plain, Zone(name="DNS", type="DNS", transport=transport))))

    assert [service for _, service, _ in cells(judged) if service == "outbound mTLS"] == []


def test_webex_in_the_log_alone_is_told() -> None:
    identity = PeerIdentity(
        time=START, names=("sip.webex.com",), local=None, remote=None, file="edge.zip/log.txt", line=1
    )

    assert outbound(case(edge(identities=(identity,)))) == ("works", "if trusted", "inferred")


def inbound(judged: Case, peer: str = "others") -> tuple[str, str | None, str]:
    cell = cells(judged)["edge", "inbound mTLS", peer]
    return str(cell.prospect), cell.condition, str(cell.basis)


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("On", ("works", "if clientAuth", "inferred")),
        ("Off", ("works", None, "stated")),
        (None, ("unknown", None, "inferred")),
    ],
)
def test_the_check_of_this_node_decides_about_those_who_dial_it(
    check: str | None, expected: tuple[str, str | None, str]
) -> None:
    assert inbound(case(edge(settings=mode(check)))) == expected


THEIR_SERVER_ONLY = certificate("cube.harbor.example", SERVER_ONLY)


@pytest.mark.parametrize(
    ("leaf", "check", "expected"),
    [
        (THEIR_SERVER_ONLY, "On", ("fails", None, "inferred")),
        (THEIR_SERVER_ONLY, "Off", ("works", None, "stated")),
        (certificate("cube.harbor.example", BOTH), "On", ("works", None, "inferred")),
        (certificate("cube.harbor.example", CLIENT_ONLY), "On", ("works", None, "inferred")),
        (certificate("cube.harbor.example", CLIENT_ONLY), "Off", ("unknown", None, "inferred")),
    ],
)
def test_what_a_peer_presented_is_judged_by_the_check(
    leaf: Certificate, check: str, expected: tuple[str, str | None, str]
) -> None:
    node = edge(settings=mode(check))
    shown = connection(node, CUBE, role=Side.SERVER, client=leaf, server=EDGE_SERVER, completed=True)

    assert inbound(case(node, connections=[shown]), "zone CUBE") == expected


@pytest.mark.parametrize(
    ("version", "verify", "expected"),
    [
        ("X15.4", "On", ("fails", None, "stated")),
        ("X14.3", "On", ("fails", None, "inferred")),
        ("X15.4", "Off", ("works", None, "inferred")),
        ("X15.4", None, ("unknown", None, "inferred")),
    ],
)
def test_before_x15_5_the_zones_verify_mode_decides(
    version: str, verify: str | None, expected: tuple[str, str | None, str]
) -> None:
    neighbour = replace(NEIGHBOR_ZONE, tls_verify_mode=verify)
    node = edge(version=version, settings={}, stores=stores(EDGE_SERVER, None), zones=(zone(), neighbour))
    shown = connection(node, CUBE, role=Side.SERVER, client=THEIR_SERVER_ONLY, server=EDGE_SERVER, completed=True)

    assert inbound(case(node, connections=[shown]), "zone CUBE") == expected


def clustered(**changes: object) -> Case:
    peers = Cluster(name="c", peers=("10.2.2.20", "10.2.2.21"))
    return case(edge(**{"cluster": peers, **changes}))


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (clustered(), ("works", "inferred")),
        (clustered(stores=stores(EDGE_SERVER, EDGE_SERVER)), ("unknown", "inferred")),
        (clustered(version="X15.4", settings={}, stores=stores(EDGE_SERVER, None)), ("works", "stated")),
        (
            clustered(
                version="X15.3",
                settings={CLUSTER_TLS_VERIFY: Setting(value="Enforcing")},
                stores=stores(EDGE_SERVER, None),
            ),
            ("fails", "stated"),
        ),
        (clustered(version="X15.3", settings={}, stores=stores(EDGE_SERVER, None)), ("unknown", "inferred")),
    ],
)
def test_the_cluster_database(judged: Case, expected: tuple[str, str]) -> None:
    cell = cells(judged)["edge", "cluster database", "its peers"]

    assert (cell.prospect, cell.basis) == expected


def test_the_label_is_always_there() -> None:
    outlook = outlook_of(case(core(), edge()))

    assert outlook is not None
    assert outlook.notes[0].startswith("EKU view only: chains trusted, names right.")


def test_a_fault_costs_the_outlook_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(case: Case, facts: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluation, "views_of", fail)

    assert outlook_of(case(core(), edge())) is None

"""Two Cores and two Edges: of each pair its own services are told, and nothing that befell another pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.findings import Report, Service
from analyzer.pipeline import analyze
from samples.builders.bundle import Bundle
from samples.builders.certificates import BOTH_USAGES, SERVER_ONLY
from samples.builders.dumps import NodeState, TunnelState, ZoneState
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
CORE_2, EDGE_2 = "expc2.harbor.example", "expe2.harbor.example"
CORES, EDGES = "cores.harbor.example", "edges.harbor.example"
ADDRESSES = {CORE: "10.20.30.16", CORE_2: "10.20.30.17", EDGE: "10.20.30.31", EDGE_2: "10.20.30.32"}
ZONE, TUNNELS, ACCESS = "UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"

Pair = tuple[str, str]


def _core(name: str, *, usages: tuple[str, ...] = BOTH_USAGES, down: str | None = None) -> Host:
    host = core(KNOWN, client=KNOWN.private(name, CORES, usages=usages), server=KNOWN.server_only(name, CORES))
    zone = ZoneState(
        name="UC traversal", type="TraversalClient", port=7001, peers=(EDGE, EDGE_2), unified_communications=True
    )
    return _as(host, name, (zone,), tuple(_tunnel(target, down) for target in (EDGE, EDGE_2)))


def _edge(name: str, *, trusts_cores: bool = True) -> Host:
    host = edge(KNOWN, client=KNOWN.private(name), server=KNOWN.server_only(name, EDGES))
    assert host.state is not None
    zones = (replace(host.state.zones[0], subject=CORES), *host.state.zones[1:])
    tunnels = tuple(_tunnel(name, None, peer=ADDRESSES[peer]) for peer in (CORE, CORE_2))
    trusts = KNOWN.trusted if trusts_cores else (*KNOWN.public.path, *KNOWN.webex.path)
    return replace(_as(host, name, zones, tunnels), trusts=trusts)


def _tunnel(target: str, down: str | None, peer: str | None = None) -> TunnelState:
    failed = target == down
    reason = "Connection timed out" if failed else None
    return TunnelState(
        target=target, domain="harbor.example", status="Failed" if failed else "Active", reason=reason, peer=peer
    )


def _as(host: Host, name: str, zones: tuple[ZoneState, ...], tunnels: tuple[TunnelState, ...]) -> Host:
    assert host.state is not None
    own = CORES if name in {CORE, CORE_2} else EDGES
    peers = (CORE, CORE_2) if own == CORES else (EDGE, EDGE_2)
    state: NodeState = replace(
        host.state,
        host=name.partition(".")[0],
        serial_number=name,
        addresses=(ADDRESSES[name],),
        zones=zones,
        tunnels=tunnels,
        cluster_name=own,
        cluster_peers=tuple(ADDRESSES[peer] for peer in peers),
    )
    return replace(host, name=name, address=ADDRESSES[name], state=state)


def _bundles(cores: tuple[Host, ...], edges: tuple[Host, ...]) -> list[Bundle]:
    stage = Stage(collected=COLLECTED)
    ends = [(client, server) for client in cores for server in edges]
    for number, (client, server) in enumerate(ends):
        stage.connect(client, server, port=7001, client_port=25_021 + number, time=after(60 + number))
    return [stage.bundle(host) for host in (*cores, *edges)]


def report_of(cores: tuple[Host, ...], edges: tuple[Host, ...]) -> Report:
    with TemporaryDirectory() as folder:
        return analyze([bundle.write_zip(Path(folder)) for bundle in _bundles(cores, edges)])


def told(report: Report) -> dict[Pair, dict[str, str]]:
    """What is said of the services of each pair."""
    found: dict[Pair, dict[str, str]] = {}
    for one in report.services:
        if one.between:
            client, server = sorted(str(node) for node in one.nodes)
            found.setdefault((client, server), {})[str(one.service)] = _state(one)
    return found


def _state(service: Service) -> str:
    if service.seen:
        state = "works" if service.seen.works else "fails"
    else:
        state = str(service.rule.prospect) if service.rule else "nothing"
    return f"{state}: {service.finding.id}" if service.finding else state


FINE = {ZONE: "works", TUNNELS: "works", ACCESS: "works"}


def test_all_four_pairs_of_a_healthy_deployment_work() -> None:
    report = report_of((_core(CORE), _core(CORE_2)), (_edge(EDGE), _edge(EDGE_2)))

    assert told(report) == {(c, e): FINE for c in ("expc", "expc2") for e in ("expe", "expe2")}


def test_one_core_without_the_usage_leaves_the_other_one_alone() -> None:
    report = report_of((_core(CORE), _core(CORE_2, usages=SERVER_ONLY)), (_edge(EDGE), _edge(EDGE_2)))
    pairs = told(report)

    assert pairs["expc", "expe"] == pairs["expc", "expe2"] == FINE
    assert pairs["expc2", "expe"][ZONE] == pairs["expc2", "expe2"][ZONE] == "fails: core-client-eku-missing-check-on"


def test_one_edge_that_does_not_trust_the_cores_leaves_the_other_one_alone() -> None:
    report = report_of((_core(CORE), _core(CORE_2)), (_edge(EDGE), _edge(EDGE_2, trusts_cores=False)))
    pairs = told(report)

    assert pairs["expc", "expe"] == pairs["expc2", "expe"] == FINE
    assert pairs["expc", "expe2"][ZONE] == pairs["expc2", "expe2"][ZONE] == "fails: partner-ca-not-trusted"
    assert pairs["expc", "expe2"][ACCESS] == "fails: partner-ca-not-trusted"


def test_tunnels_that_fail_to_one_edge_are_told_of_that_one() -> None:
    report = report_of((_core(CORE, down=EDGE_2),), (_edge(EDGE), _edge(EDGE_2)))
    pairs = told(report)

    assert pairs["expc", "expe"] == FINE
    assert pairs["expc", "expe2"] == {
        ZONE: "works",
        TUNNELS: "fails: ssh-tunnels-down",
        ACCESS: "fails: ssh-tunnels-down",
    }

"""Core and Edge that meet in several places: what befalls one of them is not told of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from analyzer.evidence import Side
from analyzer.findings import Report, Service
from analyzer.pipeline import analyze
from samples.builders.bundle import Bundle
from samples.builders.certificates import Authority
from samples.builders.dumps import ZoneState
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import Closing
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
BUSINESS = "B2B traversal"
ZONE, TUNNELS, ACCESS = "UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"


def report_of(bundles: Sequence[Bundle]) -> Report:
    with TemporaryDirectory() as folder:
        return analyze([bundle.write_zip(Path(folder)) for bundle in bundles])


def states(report: Report) -> dict[str, str]:
    """What is said of each service between the two."""
    return {str(one.service): _state(one) for one in report.services if one.between}


def _state(service: Service) -> str:
    if service.seen:
        return "works" if service.seen.works else "fails"
    return str(service.rule.prospect) if service.rule else "nothing"


def blamed(report: Report) -> set[str]:
    return {one.finding.id for one in report.services if one.between and one.finding}


def _pair(wanted: str = CORE) -> tuple[Host, Host, Stage]:
    """Return a healthy Core and Edge, and beside a zone for business calls; `wanted`: its verify subject name."""
    dialled = ZoneState(name=BUSINESS, type="TraversalClient", port=7003, peers=(EDGE,), status="Failed")
    listening = ZoneState(name=BUSINESS, type="TraversalServer", port=7003, subject=wanted, status="Failed")
    client = core(KNOWN, client=KNOWN.private(CORE), server=KNOWN.server_only(CORE), zones=(dialled,))
    server = edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE), zones=(listening,))
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(client, server, port=7001, client_port=25021 + number, time=after(60 + 41 * number))
    stage.tunnel(client, server, client_port=30101, time=after(33), accepted=True)
    return client, server, stage


def another_zone_is_refused() -> tuple[Bundle, ...]:
    """The Edge does not find the name that the business zone wants; Expressway then resets without an alert."""
    client, server, stage = _pair("expcc.harbor.example")
    assert client.client is not None
    for number in range(3):
        time = after(200 + 40 * number)
        accepted = handshake(
            Party(identity=client.client, trusts=client.trusts, verification=Verification.STRICT),
            Party(identity=server.server, trusts=server.trusts, verification=Verification.STRICT),
            time=time,
            close_notify=False,
        )
        refused = replace(
            accepted,
            flights=accepted.flights[:3],
            completed=False,
            refused_by=Side.SERVER,
            name_refused=True,
            alerts=(),
            session=None,
        )
        stage.show(
            refused,
            client,
            server,
            port=7003,
            client_port=26_000 + number,
            time=time,
            client_presents=client.client,
            server_presents=server.server,
            closing=Closing.RESET,
        )
    return stage.bundle(client), stage.bundle(server)


@pytest.mark.parametrize("given", [slice(0, 2), slice(0, 1), slice(1, 2)], ids=["both", "Core alone", "Edge alone"])
def test_another_zone_of_the_same_two_says_nothing_of_the_zone_for_unified_communications(given: slice) -> None:
    report = report_of(another_zone_is_refused()[given])

    assert states(report) == {ZONE: "works", TUNNELS: "works", ACCESS: "works"}
    assert blamed(report) == set()


def test_what_both_ends_tell_of_another_zone_is_one_story() -> None:
    report = report_of(another_zone_is_refused())
    told = {(f.node, f.id): f.caused_by for f in report.findings if f.determined}

    assert told["expe", "name-mismatch-verify-subject"] is None
    assert told["expe", "identity-unacceptable"] == "name-mismatch-verify-subject"
    assert told["expc", "closed-without-alert"] == "identity-unacceptable"


def test_a_handshake_of_the_two_on_no_port_of_their_zones_says_nothing_of_them() -> None:
    client, server, stage = _pair()
    narrow = replace(server, trusts=KNOWN.public.path, state=None)
    stage.connect(client, narrow, port=7400, client_port=31_000, time=after(300))  # XCP, whose list is another one
    report = report_of((stage.bundle(client), stage.bundle(server)))

    assert states(report)[ZONE] == "works"


def test_another_edge_that_is_dialled_says_nothing_of_this_one() -> None:
    name = "edge-b.quarry.example"
    client, server, stage = _pair()
    elsewhere = ZoneState(name="To the other one", type="TraversalClient", port=7013, peers=(name,), status="Failed")
    assert client.state is not None
    client = replace(client, state=replace(client.state, zones=(*client.state.zones, elsewhere)))
    other = Host(name=name, address="192.0.2.77", server=Authority.root("Quarry Root").issue(name), verifies=False)
    for number in range(3):
        stage.connect(client, other, port=7013, client_port=26_000 + number, time=after(200 + 40 * number))
    report = report_of((stage.bundle(client), stage.bundle(server)))

    assert "peer-ca-not-trusted" in {f.id for f in report.findings if f.determined}
    assert states(report) == {ZONE: "works", TUNNELS: "works", ACCESS: "works"}
    assert blamed(report) == set()

"""The bundles of a cluster's peers, as files: what the whole program says of peers that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.evidence import PeerKind
from analyzer.findings import Report
from samples.builders.certificates import Identity
from samples.builders.dumps import EKU_CHECKING_MODE
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.situations.timing import COLLECTED, after
from tests.two_ends import KNOWN, an_edge, made, report_of

NAME = "expe.harbor.example"
PEERS = tuple(f"expe{number}.harbor.example" for number in (1, 2, 3))


def peer(number: int, *, client: Identity | None = None, settings: Mapping[str, str] | None = None) -> Host:
    """Return a peer of the cluster. Its addresses, names and certificates are its own."""
    name, address = f"expe{number}.harbor.example", f"10.20.30.4{number}"
    host = an_edge()
    assert host.state is not None
    state = replace(
        host.state,
        host=f"expe{number}",
        addresses=(address,),
        settings={**host.state.settings, "clusterConfiguration tls_verify": "Permissive", **(settings or {})},
        cluster_name=NAME,
        cluster_peers=PEERS,
        uptime=timedelta(days=3),
    )
    return replace(
        host,
        name=name,
        address=address,
        server=KNOWN.server_only(name, NAME),
        client=client or KNOWN.private(name, NAME),
        state=state,
    )


def report(folder: Path, peers: Sequence[Host], *, meet: bool = False) -> Report:
    stage = Stage(collected=COLLECTED)
    if meet:
        stage.connect(peers[0], peers[1], port=4372, client_port=40001, time=after(20))
    return report_of(folder, [stage.bundle(host) for host in peers])


def grave(found: Report) -> set[tuple[str | None, str, str]]:
    """Return what is worse than a remark, of the rules about clusters."""
    return {
        (f.node, f.id, str(f.severity))
        for f in found.findings
        if f.id.startswith("cluster-") and f.determined and f.severity in {"critical", "warning"}
    }


def test_a_healthy_cluster_has_certificates_of_its_own_and_nothing_more(tmp_path: Path) -> None:
    found = report(tmp_path, [peer(1), peer(2), peer(3)], meet=True)

    assert grave(found) == set()
    assert [f.id for f in found.findings if f.id.startswith("cluster-") and f.determined] == ["cluster-cert-differs"]
    assert {connection.peer.kind for connection in found.case.connections} == {PeerKind.CLUSTER}
    assert len(found.case.pairs[0].twins) == 1


def test_a_peer_that_was_renewed_for_servers_only_stands_out(tmp_path: Path) -> None:
    found = report(tmp_path, [peer(1), peer(2), peer(3, client=KNOWN.server_only(PEERS[2], NAME))])

    assert grave(found) == {("expe1", "cluster-cert-differs", "warning")}
    assert "expe3 has serverAuth only" in made(found, "cluster-cert-differs")[0].explanation


def test_a_setting_that_was_not_replicated_and_a_bundle_that_is_missing_are_named(tmp_path: Path) -> None:
    found = report(tmp_path, [peer(1), peer(2, settings={EKU_CHECKING_MODE: "Off"})])

    assert grave(found) == {("expe1", "cluster-setting-differs", "warning")}
    (missing,) = made(found, "cluster-bundle-missing-peers")
    assert (missing.subject, missing.severity) == (NAME, "info")
    assert PEERS[2] in missing.explanation
    assert PEERS[1] not in missing.explanation
    assert missing.evidence[0].file is not None


@pytest.mark.parametrize("meet", [False, True])
def test_under_enforcing_a_client_certificate_must_serve_the_cluster(tmp_path: Path, meet: bool) -> None:
    enforcing = {"clusterConfiguration tls_verify": "Enforcing"}
    weak = peer(1, client=KNOWN.server_only(PEERS[0], NAME), settings=enforcing)

    found = report(tmp_path, [weak, peer(2, settings=enforcing), peer(3, settings=enforcing)], meet=meet)

    severity = "critical" if meet else "warning"
    assert ("expe1", "cluster-client-store-incapable", severity) in grave(found)
    refusals = [f for f in found.findings if f.id == "peer-alert-unsupported-certificate" and f.determined]
    assert [f.caused_by for f in refusals] == ["cluster-client-store-incapable"] * meet


def test_a_peer_that_was_not_restarted_since_it_got_its_certificate_is_named(tmp_path: Path) -> None:
    fresh = KNOWN.public.issue(PEERS[1], (NAME,), usages=("serverAuth",), not_before=after(-86_400))
    late = replace(peer(2), server=fresh)

    found = report(tmp_path, [late, peer(1), peer(3)], meet=True)

    assert grave(found) == {("expe2", "cluster-peer-not-serving-new-certificate", "warning")}

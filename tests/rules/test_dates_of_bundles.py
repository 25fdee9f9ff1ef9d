"""Dates, old releases and automatic renewal from files to findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from analyzer.pipeline import Options, analyze
from samples.builders.bundle import Bundle
from samples.builders.certificates import BOTH_USAGES, Authority, AuthorityKind, Identity, pem
from samples.builders.dumps import AlarmState
from samples.builders.host import Host
from samples.builders.topology import CORE, EDGE, authorities, core, edge

COLLECTED = datetime(2026, 3, 24, 11, 55, 47, tzinfo=UTC)
FAILED = "ACME certificate signing failure"


def bundle_of(host: Host, *more: Authority) -> Bundle:
    """Return what a box leaves of itself when nothing is captured and nothing logged."""
    state = host.state
    assert state is not None
    trusted = (*host.trusts, *(one for authority in more for one in authority.path))
    return Bundle(
        host=state.host,
        time=COLLECTED,
        server=host.server.pem(),
        client=host.client.pem() if host.client else None,
        trusted=pem(*trusted),
        state=state,
    )


def told(folder: Path, *bundles: Bundle, as_of: datetime | None = None) -> dict[tuple[str | None, str], str]:
    """Return the severity of each diagnosis, by node and id."""
    report = analyze([one.write_zip(folder) for one in bundles], Options(as_of=as_of))
    return {(f.node, f.id): f.severity.value for f in report.findings if f.determined}


def lets_encrypt(until: datetime) -> tuple[Authority, Identity]:
    root = Authority.root("ISRG Root X9", kind=AuthorityKind.PUBLIC, organisation="Let's Encrypt")
    issuing = root.intermediate("R19")
    issued = issuing.issue(
        EDGE, (), usages=BOTH_USAGES, not_before=datetime(2026, 1, 12, tzinfo=UTC), not_after=until
    )
    return root, issued


def test_an_edge_with_automatic_renewal_hears_of_its_failure_its_loss_and_its_end(tmp_path: Path) -> None:
    root, combined = lets_encrypt(datetime(2026, 4, 12, tzinfo=UTC))
    alarm = AlarmState(id="40061", severity="Warning", title=FAILED, raised=COLLECTED)
    host = edge(authorities(), client=combined, server=combined, alarms=(alarm,))

    found = told(tmp_path, bundle_of(host, root))

    assert found["expe", "acme-failure"] == "warning"
    assert found["expe", "acme-will-drop-clientauth"] == "warning"
    assert found["expe", "forecast-one-more-renewal"] == "warning"
    assert found["expe", "cert-expires-soon"] == "warning"
    assert ("expe", "sunset-data-stale") not in found


def test_the_date_to_judge_as_of_turns_the_chance_into_a_loss_and_ages_the_facts(tmp_path: Path) -> None:
    root, combined = lets_encrypt(datetime(2027, 4, 12, tzinfo=UTC))
    host = edge(authorities(), client=combined, server=combined)

    found = told(tmp_path, bundle_of(host, root), as_of=datetime(2027, 4, 1, tzinfo=UTC))

    assert found["expe", "forecast-client-eku-lost-at-renewal"] == "warning"
    assert found["expe", "sunset-data-stale"] == "info"
    assert ("expe", "forecast-one-more-renewal") not in found


def test_old_releases_are_judged_by_their_one_store(tmp_path: Path) -> None:
    known = authorities()
    old_edge = edge(known, client=None, server=known.server_only(EDGE), version="X15.3")
    old_core = core(known, client=None, server=known.server_only(CORE), version="X15.4")
    setting = {"clusterConfiguration tls_verify": "Enforcing"}
    old_edge = replace(old_edge, state=replace(old_edge.state, settings=setting)) if old_edge.state else old_edge

    found = told(tmp_path, bundle_of(old_core), bundle_of(old_edge))

    assert found["expe", "l-edge-server-only"] == "critical"
    assert found["expe", "cluster-enforcing-server-only"] == "critical"
    assert found["expc", "m-core-server-only"] == "critical"
    assert found["expc", "upgrade-advice"] == found["expe", "upgrade-advice"] == "info"
    assert found["expe", "already-server-only-public"] == "info"


def test_a_healthy_pair_has_nothing_to_fear(tmp_path: Path) -> None:
    known = authorities()
    private = bundle_of(core(known, client=known.private(CORE), server=known.server_only(CORE)))
    other = bundle_of(edge(known, client=known.private(EDGE), server=known.server_only(EDGE)))

    found = told(tmp_path, private, other)

    ours = {"forecast", "acme", "cert-expires", "sunset", "l-edge", "m-core", "m-neighbor", "cluster-enforcing"}
    assert {name for _, name in found if name.startswith(tuple(ours))} == set()
    assert found["expc", "private-not-affected"] == "ok"

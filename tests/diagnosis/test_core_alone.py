"""A Core's bundle alone: what CUCM refused, and what can be said without the client store's member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analyzer.evidence import Side, Store
from analyzer.findings import Report
from analyzer.pipeline import analyze
from samples.builders.bundle import Bundle
from samples.builders.stage import Stage
from samples.builders.topology import CORE, CUCM, EDGE, authorities, core, cucm, edge
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
ABOUT_THE_STORE = {"presented-unknown-certificate", "presented-stale-certificate", "presented-wrong-store"}


def report_of(folder: Path, bundle: Bundle) -> Report:
    return analyze([bundle.write_zip(folder)])


def told(report: Report) -> list[str]:
    return [f.id for f in report.findings if f.determined]


def test_the_traffic_servers_own_words_belong_to_the_connection_that_the_capture_shows(tmp_path: Path) -> None:
    """They give a name and no ports."""
    client = core(KNOWN, client=KNOWN.server_only(CORE), server=KNOWN.private(CORE))
    manager = replace(cucm(KNOWN), trusts=KNOWN.trusted)
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(
            client,
            manager,
            port=6972,
            client_port=30011 + number,
            time=after(150 + 0.02 * number),
            server_name=CUCM,
            by_traffic_server=True,
        )

    report = report_of(tmp_path, stage.bundle(client))

    assert [len(connection.events) for connection in report.case.connections] == [1, 1]
    assert [(v.peer, v.presented.store, v.refused_by) for v in report.verdicts] == [(CUCM, Store.CLIENT, Side.SERVER)]
    assert told(report).count("peer-alert-unsupported-certificate") == 1
    assert "capture-no-tls-for-peer" not in told(report)


def test_without_the_client_stores_member_nobody_says_where_a_clients_certificate_is_not(tmp_path: Path) -> None:
    client = core(KNOWN, client=KNOWN.server_only(CORE), server=KNOWN.private(CORE))
    server = edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE))
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25011, time=after(20))

    report = report_of(tmp_path, replace(stage.bundle(client), client=None))

    assert [verdict.presented.store for verdict in report.verdicts] == [None]
    assert "bundle-client-pem-missing" in told(report)
    assert ABOUT_THE_STORE.isdisjoint(told(report))

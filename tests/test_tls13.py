"""Bundles of TLS 1.3 connections between real OpenSSL ends: what the whole program says of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer.evidence import Side
from analyzer.findings import Report
from analyzer.pipeline import analyze
from samples.builders.certificates import SERVER_ONLY
from samples.builders.handshake import ClientAuthentication
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, Authorities, authorities, core, edge
from samples.situations.timing import COLLECTED, after

INFERRED_ONLY = {"tls13-length-match", "one-way-tls", "client-certificate-empty"}


@cache
def known(key: str = "ec256") -> Authorities:
    return authorities(key)


def pair(key: str = "ec256") -> tuple[Host, Host]:
    """A Core and an Edge with another certificate in each store."""
    given = known(key)
    return (
        core(given, client=given.private(CORE), server=given.server_only(CORE)),
        edge(given, client=given.private(EDGE), server=given.server_only(EDGE)),
    )


def report_of(folder: Path, client: Host, server: Host, **options: Any) -> Report:
    """The report of one connection of the two; `options`: as `Stage.connect` takes them."""
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25061, time=after(50), version="1.3", **options)
    return analyze([stage.bundle(host).write_zip(folder) for host in (client, server)])


def told(report: Report, rule: str) -> dict[str | None, str]:
    """What a rule says of each node, as far as it could tell."""
    return {f.node: f.explanation for f in report.findings if f.id == rule and f.determined}


def sentence(report: Report, role: Side) -> str:
    (verdict,) = [verdict for verdict in report.verdicts if verdict.local_role is role]
    return verdict.sentence


@pytest.mark.parametrize("key", ["ec256", "rsa2048"])
def test_each_nodes_chain_is_told_by_its_length_and_never_as_proven(key: str, tmp_path: Path) -> None:
    report = report_of(tmp_path, *pair(key))

    matches = told(report, "tls13-length-match")

    assert "fits the client store's chain and not the other's" in matches["expc"]
    assert "fits the server store's chain and not the other's" in matches["expe"]
    assert {str(f.confidence) for f in report.findings if f.id in INFERRED_ONLY and f.determined} == {"inferred"}


def test_the_wrong_stores_certificate_is_told_by_its_length_and_decides_no_verdict(tmp_path: Path) -> None:
    client, server = pair()
    report = report_of(tmp_path, client, server, client_presents=client.server)

    assert (
        "TLS client fits the server store's chain and not the other's" in told(report, "tls13-length-match")["expc"]
    )
    assert "Inferred: its length tells that there was one; by the store rule it was the client store's" in sentence(
        report, Side.CLIENT
    )


def test_a_client_that_was_not_asked_is_not_said_to_have_presented_its_store(tmp_path: Path) -> None:
    report = report_of(tmp_path, *pair(), client_authentication=ClientAuthentication.NONE)

    assert "by the lengths of the records none: inferred" in sentence(report, Side.CLIENT)
    assert set(told(report, "one-way-tls")) == {"expc", "expe"}
    assert set(told(report, "tls13-length-match")) == {"expe"}


def test_a_servers_refusal_is_told_by_the_log_and_suspected_on_the_wire(tmp_path: Path) -> None:
    client, server = pair()
    weak = replace(client, client=known().private(CORE, usages=SERVER_ONLY))
    report = report_of(tmp_path, weak, server)

    assert set(told(report, "tls13-suspected-encrypted-alert")) == {"expc", "expe"}
    assert told(report, "client-certificate-empty") == told(report, "closed-without-alert") == {}
    assert "expe refused" in sentence(report, Side.CLIENT)

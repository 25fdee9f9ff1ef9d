"""What handshakes and the log show beyond alerts, told from bundles of connections between real OpenSSL ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from analyzer.evidence import Endpoint
from analyzer.findings import Finding
from analyzer.pipeline import analyze
from samples.builders import log
from samples.builders.certificates import BOTH_USAGES, SERVER_ONLY, Authority, Identity
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, Authorities, authorities, core, cucm, edge, running_for, webex
from samples.situations.timing import COLLECTED, after

NEXT = "next-failure-behind-this"
LONG_AGO = datetime(2026, 2, 1, tzinfo=UTC)


@cache
def known() -> Authorities:
    return authorities("ec256")


@cache
def quarry() -> Authority:
    return Authority.root("Quarry Root").intermediate("Quarry Issuing CA")


def the_core(client: Identity | None = None) -> Host:
    return core(known(), client=client or known().private(CORE), server=known().server_only(CORE))


def the_edge() -> Host:
    return edge(known(), client=known().private(EDGE), server=known().server_only(EDGE))


def findings(folder: Path, stage: Stage, *hosts: Host) -> list[Finding]:
    return list(analyze([stage.bundle(host).write_zip(folder) for host in hosts]).findings)


def said(found: list[Finding], rule: str) -> list[tuple[str | None, str, str]]:
    return [(f.node, str(f.severity), f.explanation) for f in found if f.id == rule and f.determined]


def stage() -> Stage:
    return Stage(collected=COLLECTED)


def traversal(made: Stage, client: Host, server: Host, version: str = "1.2", **options: object) -> None:
    made.connect(client, server, port=7001, client_port=25061, time=after(50), version=version, **options)  # type: ignore[arg-type]


def test_the_failures_that_are_foretold_come_one_by_one_as_each_is_put_right(tmp_path: Path) -> None:
    """Untrusted, without clientAuth, expired: what the report names behind each error is what OpenSSL says next."""
    steps = [
        (quarry(), SERVER_ONLY, LONG_AGO, "unknown_ca", ["lacks clientAuth", "had expired"]),
        (known().internal, SERVER_ONLY, LONG_AGO, "unsupported_certificate", ["had expired"]),
        (known().internal, BOTH_USAGES, LONG_AGO, "certificate_expired", []),
    ]
    for number, (issuer, usages, ends, alert, foretold) in enumerate(steps):
        made, server = stage(), the_edge()
        client = the_core(issuer.issue(CORE, usages=usages, not_after=ends))
        traversal(made, client, server)
        folder = tmp_path / str(number)
        folder.mkdir()
        report = analyze([made.bundle(host).write_zip(folder) for host in (client, server)])

        told = said(list(report.findings), NEXT)

        assert {c.outcome_reason for c in report.case.connections if c.node == "expe"} == {alert}
        assert [node for node, _, _ in told] == (["expe"] if foretold else [])
        for words in foretold:
            assert words in told[0][2]


def test_the_next_failure_stands_under_the_one_that_was_reported(tmp_path: Path) -> None:
    made, server = stage(), the_edge()
    client = the_core(quarry().issue(CORE, usages=SERVER_ONLY))
    traversal(made, client, server)

    (found,) = [f for f in findings(tmp_path, made, client, server) if f.id == NEXT and f.determined]

    assert (str(found.severity), str(found.confidence)) == ("warning", "strong")
    assert found.caused_by in {"partner-ca-not-trusted", "peer-ca-not-trusted"}


def test_a_caller_without_a_zone_is_refused_by_our_setting(tmp_path: Path) -> None:
    made, server = stage(), the_edge()
    identity = known().server_only("sip.partner.example")
    caller = Host(name="sip.partner.example", address="198.51.100.7", server=identity, verifies=False)
    made.connect(caller, server, port=5061, client_port=40000, time=after(50))

    found = findings(tmp_path, made, server)

    (told,) = said(found, "inbound-purpose-error-default-zone")
    assert told[:2] == ("expe", "critical")
    assert "sip.partner.example, which no zone of this node configures," in told[2]


@pytest.mark.parametrize(("more", "expected"), [(True, ["info"]), (False, [])])
def test_the_list_that_is_announced_is_compared_with_the_file(
    more: bool, expected: list[str], tmp_path: Path
) -> None:
    made, client, server = stage(), the_core(), the_edge()
    if more:
        server = replace(server, announces=(*server.announces, *quarry().path))
    traversal(made, client, server)

    found = findings(tmp_path, made, client, server)

    assert [severity for _, severity, _ in said(found, "trusted-list-in-memory-differs")] == expected
    assert [node for node, _, _ in said(found, "peer-announces-our-ca")] == ["expc"]


def test_a_cucm_that_names_other_authorities_and_refuses_is_told(tmp_path: Path) -> None:
    made, client = stage(), the_core()
    server = replace(cucm(known()), trusts=quarry().path, announces=quarry().path)
    made.connect(client, server, port=6972, client_port=30010, time=after(50), by_traffic_server=True)

    found = findings(tmp_path, made, client)

    assert [entry[:2] for entry in said(found, "peer-does-not-announce-our-ca")] == [("expc", "warning")]
    ((_, _, checklist),) = said(found, "verifiers-must-trust-client-ca")
    assert "[!] CUCM nodes of mobile and remote access: refused it (unknown_ca)" in checklist


def test_an_ecdsa_certificate_of_cucm_that_the_core_does_not_trust_is_told(tmp_path: Path) -> None:
    made = stage()
    client = replace(the_core(), trusts=known().public.path)
    made.connect(client, cucm(known()), port=6972, client_port=30010, time=after(50), by_traffic_server=True)

    assert [entry[:2] for entry in said(findings(tmp_path, made, client), "cucm-ecdsa-selected")] == [
        ("expc", "critical")
    ]


def test_a_client_store_that_was_overwritten_while_logging_ran_is_told(tmp_path: Path) -> None:
    made, server = stage(), known().server_only(EDGE)
    node = edge(known(), client=server, server=server)
    for number, presented in enumerate((known().private(EDGE), server)):
        made.connect(
            node,
            webex(known()),
            port=5061,
            client_port=25100 + number,
            time=after(50 + 60 * number),
            client_presents=presented,
        )

    assert [entry[:2] for entry in said(findings(tmp_path, made, node), "client-store-overwritten")] == [
        ("expe", "warning")
    ]


def test_tunnels_that_are_refused_for_the_cores_list_are_told_as_inferred(tmp_path: Path) -> None:
    made, server = stage(), the_edge()
    client = the_core()
    client = replace(client, trusts=tuple(one for one in client.trusts if one != known().public.certificate))
    traversal(made, client, server)
    made.tunnel(client, server, client_port=30211, time=after(70), accepted=False)

    found = findings(tmp_path, made, client, server)

    assert [entry[:2] for entry in said(found, "ssh-reverse-trust-missing")] == [("expc", "warning")]


def test_what_the_edge_writes_into_a_service_message_is_quoted_where_tls_hides_it(tmp_path: Path) -> None:
    made, client, server = stage(), the_core(), the_edge()
    traversal(made, client, server, version="1.3")
    message = f"SERVICE sip:{client.address} SIP/2.0\r\n\r\n{server.server.pem().decode()}"
    ends = (Endpoint(address=client.address, port=25061), Endpoint(address=server.address, port=7001))
    made.note(client, log.sip(after(55), "Received", *ends, message))

    found = findings(tmp_path, made, client)

    (hidden,) = said(found, "tls13-certificate-hidden")
    assert f"serial {server.server.serial} (its own words, no proof)" in hidden[2]
    (row,) = [f for f in found if f.id == "tls13-certificate-hidden" and f.determined]
    assert [e.kind for e in row.evidence if server.server.serial in e.text] == ["line"]


def test_an_uptime_that_begins_before_the_new_certificate_settles_a_stale_one(tmp_path: Path) -> None:
    old = known().internal.issue(EDGE, not_before=datetime(2025, 1, 1, tzinfo=UTC))
    for days, expected in ((400, "strong"), (3, "inferred")):
        made, client, server = stage(), the_core(), running_for(the_edge(), timedelta(days=days))
        server = replace(server, server=known().private(EDGE))
        traversal(made, client, server, server_presents=old)
        folder = tmp_path / str(days)
        folder.mkdir()

        found = findings(folder, made, server)

        assert {str(f.confidence) for f in found if f.id == "presented-stale-certificate" and f.determined} == {
            expected
        }

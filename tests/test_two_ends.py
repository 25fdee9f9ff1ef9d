"""A connection in the captures of both its ends, as real OpenSSL ends made it: what the whole program says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analyzer.evidence import PeerKind
from analyzer.findings import Finding, Report
from analyzer.report.html import render_html
from analyzer.report.json import report_as_dict
from samples.builders.handshake import Party
from tests.two_ends import (
    FORGED,
    INSPECTION,
    KNOWN,
    Way,
    a_core,
    an_edge,
    as_client,
    as_server,
    made,
    report_of,
    shake,
)

OUTSIDE = "198.51.100.7"
ALTERED = "certificate-altered-between-ends"
BOX_AS_SERVER = Party(identity=FORGED)


def severities(report: Report, identifier: str) -> list[tuple[str | None, str, str, str]]:
    return [(f.node, str(f.severity), str(f.confidence), f.subject) for f in made(report, identifier)]


def seen_as(report: Report) -> list[tuple[str, str, dict[str, Any]]]:
    written = report_as_dict(report)["connections"]
    return [(one["id"], one["node"], other) for one in written for other in one["seen_as"]]


def direct(way: Way, count: int = 3, version: str = "1.2") -> Way:
    for _ in range(count):
        way.carry(shake(as_client(way.client), as_server(way.server), version))
    return way


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_ends_of_a_connection_are_one_through_translation_and_by_other_clocks(
    tmp_path: Path, version: str
) -> None:
    way = Way(a_core(), an_edge(), clock=timedelta(seconds=0.8), outside=OUTSIDE, outside_port=9000)

    report = report_of(tmp_path, direct(way, version=version).bundles())

    assert [(pair.first, pair.second, len(pair.twins)) for pair in report.case.pairs] == [("expc", "expe", 3)]
    assert report.case.pairs[0].offset.seconds == pytest.approx(0.8)
    assert seen_as(report)[0] == (
        "c1", "expc", {"connection": "c2", "node": "expe", "seconds_later": 0.8, "same_client_hello": True},
    )  # fmt: skip
    there = next(connection for connection in report.case.connections if connection.node == "expe")
    assert (there.peer.name, there.peer.kind, there.peer.zone) == ("expc", PeerKind.PARTNER, "UC traversal")
    (seen,) = made(report, "connection-seen-at-both-ends")
    assert (seen.node, seen.severity, seen.is_context, seen.count) == ("expc", "info", True, 3)
    assert "0.800 s ahead of that of expc (median of 3" in seen.explanation
    assert f"10.20.30.16 is {OUTSIDE} there" in seen.explanation
    page = render_html(report)
    linked = re.findall(r'Also seen by</span> <code translate="no">expe</code> \(<a href="#([^"]+)">', page)
    assert linked
    assert all(f'id="{anchor}"' in page for anchor in linked)
    assert f'there</span> <code translate="no">{OUTSIDE}:34' in page
    assert severities(report, ALTERED) == severities(report, "clocks-differ-between-nodes") == []


def test_clocks_that_are_apart_are_told(tmp_path: Path) -> None:
    way = direct(Way(a_core(), an_edge(), clock=timedelta(hours=-1)))

    report = report_of(tmp_path, way.bundles())

    assert severities(report, "clocks-differ-between-nodes") == [("expc", "warning", "proven", "expe")]
    assert "3,600.000 s behind" in made(report, "clocks-differ-between-nodes")[0].explanation


def test_one_connection_late_by_a_retransmission_is_no_wrong_clock(tmp_path: Path) -> None:
    way = direct(Way(a_core(), an_edge(), clock=timedelta(seconds=3)), count=1)

    assert severities(report_of(tmp_path, way.bundles()), "clocks-differ-between-nodes") == []


# A box in between that inspects TLS


def inspected(way: Way, count: int = 2, version: str = "1.2") -> Way:
    """Let a box stand in for the server towards the client, and for the client towards the server."""
    for _ in range(count):
        way.carry(
            shake(as_client(way.client), BOX_AS_SERVER, version),
            shake(Party(trusts=KNOWN.trusted), as_server(way.server), version),
        )
    return way


def caused(report: Report) -> dict[tuple[str | None, str], str | None]:
    grave = [one for one in report.findings if one.determined and one.severity in {"critical", "warning"}]
    return {(one.node, one.id): one.caused_by for one in grave}


def advice(findings: tuple[Finding, ...]) -> str:
    return " ".join(step.text for finding in findings for step in finding.remedy)


def test_a_box_that_inspects_tls_is_the_cause_of_the_refusals(tmp_path: Path) -> None:
    report = report_of(tmp_path, inspected(Way(a_core(), an_edge())).bundles())

    assert severities(report, ALTERED) == [("expc", "critical", "proven", "expe")]
    (finding,) = made(report, ALTERED)
    assert "Harbor Firewall Inspection CA" in finding.explanation
    assert finding.count == 2
    tied = caused(report)
    assert tied["expc", "peer-ca-not-trusted"] == ALTERED
    assert tied["expc", "local-alert-unknown-ca"] == ALTERED
    assert {cause for (_, effect), cause in tied.items() if effect != ALTERED} == {ALTERED}
    assert "ppend" not in advice(report.findings)
    assert {"presented-wrong-store", "presented-stale-certificate", "partner-ca-not-trusted"}.isdisjoint(
        {effect for _, effect in tied}
    )
    assert not any(other["same_client_hello"] for _, _, other in seen_as(report))
    assert "ends TLS and begins it anew" in render_html(report)


def test_where_the_boxs_ca_was_imported_it_is_told_all_the_same(tmp_path: Path) -> None:
    trusting = a_core(trusts=(*KNOWN.trusted, INSPECTION.certificate))
    way = Way(trusting, replace(an_edge(), verifies=False))
    for _ in range(2):
        way.carry(
            shake(as_client(trusting), BOX_AS_SERVER),
            shake(
                Party(trusts=KNOWN.trusted, identity=KNOWN.private("box.harbor.example")),
                Party(identity=way.server.server),
            ),
        )

    report = report_of(tmp_path, way.bundles())

    assert set(severities(report, ALTERED)) == {
        ("expc", "warning", "proven", "expe"),
        ("expe", "warning", "proven", "expc"),
    }


def test_a_box_with_addresses_of_its_own_is_told_by_what_came_from_the_servers_address(tmp_path: Path) -> None:
    way = inspected(Way(a_core(), an_edge(), outside=OUTSIDE, outside_port=900))

    report = report_of(tmp_path, way.bundles())

    assert report.case.pairs == ()
    assert severities(report, ALTERED) == [("expc", "critical", "strong", "expe")]
    assert caused(report)["expc", "local-alert-unknown-ca"] == ALTERED


def test_under_tls_13_the_hellos_alone_tell(tmp_path: Path) -> None:
    """The certificates are hidden; what the Core refuses in clear hangs on it."""
    report = report_of(tmp_path, inspected(Way(a_core(), an_edge()), version="1.3").bundles())

    assert ("expc", "critical", "strong", "expe") in severities(report, ALTERED)
    assert "cannot be seen" in made(report, ALTERED)[0].explanation


def test_an_old_certificate_from_a_capture_of_another_day_is_not_an_altered_one(tmp_path: Path) -> None:
    """The Edge's own capture covers another time: what it presented before, it does not show."""
    replaced = replace(an_edge(), server=INSPECTION.issue("expe.harbor.example"))
    before = direct(Way(a_core(trusts=(*KNOWN.trusted, INSPECTION.certificate)), replaced))
    later = direct(Way(a_core(), an_edge(), clock=timedelta(days=1)))

    report = report_of(tmp_path, (before.bundles()[0], later.bundles()[1]))

    assert severities(report, ALTERED) == []

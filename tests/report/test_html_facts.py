"""What the page calls things: counts, peers, states, frames, times."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from lxml import html
from msgspec.structs import replace

from analyzer.correlate.paths import paths_of
from analyzer.evidence import IssuerPath, Node, Outcome, PathLink, Side, Step, Store
from analyzer.findings import Forecast, ForecastKind, ForecastRule, Report
from analyzer.report.views.paths import MAX_LINKS
from analyzer.words import say
from tests.report.reports import CAPTURE, connection, forecast, rich_report
from tests.report.test_html import page, section, text
from tests.rules.cases import case, twins
from tests.rules.cases import connection as talk
from tests.rules.nodes import CORE as THE_CORE
from tests.rules.nodes import EDGE, START, core, edge, stores, zone
from tests.rules.pki import CORE_CLIENT, CORE_SERVER, altered, chain


def of(judged: object) -> Report:
    return replace(rich_report(), case=judged)


def test_the_finished_that_completes_a_handshake_is_its_result() -> None:
    whole = connection(1, outcome=Outcome.COMPLETED, refused_by=None, outcome_reason=None)
    frames = whole.handshake.frames[:-2]
    both = tuple(
        replace(frames[-1], step=Step.FINISHED, sender=side, frame=frames[-1].frame + n)
        for n, side in enumerate((Side.CLIENT, Side.SERVER), 1)
    )
    whole = replace(whole, handshake=replace(whole.handshake, frames=(*frames, *both), alerts=(), completed=True))
    report = rich_report()
    shown = page(of(replace(report.case, connections=(whole,))))

    (result,) = shown.xpath("//table[@class='handshake']/tbody/tr[6]/td[2]/strong")
    assert text(result) == f"frame {both[1].frame}"


def test_what_two_captures_show_of_one_connection_is_counted_once() -> None:
    here = [talk(core(), EDGE, role=Side.CLIENT, at=n) for n in (1, 2)]
    there = [talk(edge(), THE_CORE, role=Side.SERVER, at=n) for n in (1, 2)]
    judged = case(core(), edge(), connections=[*here, *there])

    paired = replace(judged, pairs=(twins(("c1", "c3"), ("c2", "c4")),))

    assert section(of(paired), "connections").startswith("Connections 4 records of 2 connections ")
    assert section(of(judged), "connections").startswith("Connections 4 ")


def test_rows_of_connections_stand_under_their_peers() -> None:
    headings = [text(heading) for heading in page(rich_report()).xpath("//section[@class='peer']/h3")]

    assert headings[0] == 'Peer: edge1 traversal partner: zone "UC traversal"'


def test_a_finding_says_which_of_two_names_is_the_peer_and_which_the_node() -> None:
    report = rich_report()
    first = replace(report.findings[0], subject="edge1", node="core1")
    of_zone = replace(first, subject="UC traversal")
    of_itself = replace(first, subject="core1")

    shown = page(replace(report, findings=(first, of_zone, of_itself)))

    assert [text(about) for about in shown.xpath("//p[@class='about']")] == [
        "peer edge1, on core1", "UC traversal, on core1", "core1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "shown"),
    [("Active", "✓Active"), ("Failed", "✕Failed"), ("On", "On"), ("Off", "Off"), (None, "?not known")],
)
def test_only_a_state_that_is_not_known_has_a_question_mark(status: str | None, shown: str) -> None:
    judged = case(edge(zones=(zone(status=status),)))

    assert text(page(of(judged)).xpath("//section[@id='nodes']//td[@data-label='State']")[0]) == shown


def test_where_a_handshake_runs_over_two_captures_its_frames_name_theirs() -> None:
    report = rich_report()
    over_two = connection(1, handshake=replace(connection(1).handshake, captures=(CAPTURE, "b.zip/eth1.pcap")))

    assert f"in frame 32 of {CAPTURE.split('/')[1]}" in section(
        of(replace(report.case, connections=(over_two,))), "connections"
    )


def test_the_time_in_the_file_names_is_not_taken_for_the_start_of_logging() -> None:
    report = rich_report()
    node = core(taken=START + timedelta(minutes=12))
    facts = page(of(replace(report.case, nodes=(node,)))).xpath("//section[@id='nodes']//dl[@class='facts']")[0]
    told = dict(zip(map(text, facts.xpath("dt")), map(text, facts.xpath("dd")), strict=True))

    assert told["Logging started"] == "at 2026-03-24 10:55:00.000 UTC or before: the first log record or frame"
    assert told["Bundle collected"] == "2026-03-24 11:12:00.000 UTC, by its file names (taken as UTC)"


def test_a_path_is_told_in_nested_lists_from_the_leaf_up() -> None:
    node = core()
    judged = case(node, edge(), connections=[talk(node, EDGE, role=Side.CLIENT, client=chain(CORE_CLIENT))])
    shown = page(of(replace(judged, paths=paths_of(judged.nodes, judged.connections, judged.certificates))))
    (leaf,) = shown.xpath("//div[strong='Client store, as presented']/ul/li[1]")

    issuer, root = leaf.xpath("./ul/li")[0], leaf.xpath("./ul/li/ul/li")[0]

    assert [text(part) for part in leaf.xpath("./a | ./span")] == ["core.harbor.example", "sent"]
    assert text(issuer.xpath("./span")[0]) == "sent; in the trusted CA list of core and edge"
    assert text(root) == "Harbor Root CA not sent, and need not be; in the trusted CA list of core and edge"


def test_what_a_path_lacks_is_called_missing() -> None:
    judged = case(core(stores=stores(CORE_SERVER, CORE_CLIENT, ())))
    shown = page(of(replace(judged, paths=paths_of(judged.nodes, (), judged.certificates))))
    missing = shown.xpath("//div[strong='Client store, not seen on the wire']/ul/li/ul/li")

    assert [text(one) for one in missing] == [
        f"{CORE_CLIENT.issuer} missing: the issuer's certificate is not among what was given"
    ]


def test_a_path_without_end_is_cut() -> None:
    link = PathLink(certificate=None, name="CN=one of many")
    endless = IssuerPath(node="core", presenter=None, stores=("client",), chain=(), links=(link,) * 2000)
    shown = page(of(replace(case(core()), paths=(endless,))))

    assert len(shown.xpath("//ul[@class='path']")) == MAX_LINKS
    assert f"{2000 - MAX_LINKS:,} more above that." in text(shown.get_element_by_id("stores"))


def bars(*forecasts: Forecast, node: Node) -> list[html.HtmlElement]:
    report = replace(rich_report(), case=case(node), forecast=forecasts)
    return list(page(report).xpath("//figure[@class='validity']"))


def test_validity_is_drawn_beside_the_days_on_which_rules_begin() -> None:
    rules = (
        ForecastRule(kind=ForecastKind.EXPIRY, day=date(2027, 1, 9), text=say("The certificate itself ends.")),
        ForecastRule(kind=ForecastKind.USAGE, day=date(2027, 3, 15), text=say("No clientAuth from then on.")),
        ForecastRule(kind=ForecastKind.USAGE, day=None, text=say("Not dated.")),
    )
    held = forecast(node="core", store=Store.CLIENT, certificate=CORE_CLIENT.sha256, rules=rules)
    (bar,) = bars(held, node=core())

    assert text(bar.xpath("figcaption")[0]) == (
        "Client store: valid from 2026-01-10 to 2027-01-09; 2026-03-24 dates judged at; 2027-03-15 extended key usage"
    )
    assert text(bar.xpath(".//path[@class='day']/title")[0]) == (
        "2027-03-15 extended key usage: No clientAuth from then on."
    )
    (valid,), (day,) = bar.xpath(".//rect"), bar.xpath(".//path[@class='day']")
    assert int(valid.get("x")) == 0
    assert day.get("d") == "M600 0V22"
    assert 500 < int(valid.get("width")) < 600


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(None, START), (START, None), (START, START), (START, START - timedelta(days=1))],
    ids=["no begin", "no end", "no time", "backwards"],
)
def test_a_certificate_without_a_span_of_time_is_not_drawn(begins: datetime | None, ends: datetime | None) -> None:
    odd = altered(CORE_CLIENT, not_before=begins, not_after=ends)
    held = forecast(node="core", store=Store.CLIENT, certificate=odd.sha256)

    assert bars(held, node=core(stores=stores(CORE_SERVER, odd))) == []

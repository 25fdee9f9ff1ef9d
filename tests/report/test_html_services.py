"""Services now: chips on the first screen, each of which leads to its row, and what marks seen from inferred."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Side
from analyzer.findings import Basis, OutlookCell, Prospect, Report, Service, Sighted
from analyzer.words import say
from tests.report.reports import FINDINGS, PAIR, SERVICES, foretold, grounds, rich_report, verdict
from tests.report.test_html import page, section, text

ZONE, ACCESS, WEBEX = SERVICES


def of_both(report: Report) -> Report:
    """The report with a verdict that is about both nodes."""
    shown = verdict()
    return replace(report, verdicts=(replace(shown, grounds=grounds(shown, refused=Side.CLIENT, nodes=PAIR)),))


REPORT = of_both(rich_report())


def having(*services: Service) -> Report:
    return replace(REPORT, services=services)


def chips(report: Report) -> list[str]:
    return [text(chip) for chip in page(report).xpath("//ul[@class='services']/li")]


def chip(**changes: Any) -> tuple[str, str]:
    """Return the tone and the words of a chip."""
    (item,) = page(having(replace(ZONE, **{"why": None, "finding": None, **changes}))).xpath(
        "//ul[@class='services']/li"
    )
    return item.xpath(".//span[starts-with(@class, 'badge')]/@class")[0].split()[1], text(item)


def test_chips_say_what_becomes_of_a_service_and_how_that_is_known() -> None:
    assert chips(REPORT) == [
        "✕UC traversal zone, edge1: fails (no clientAuth) seen 1",
        "✕MRA and WebRTC, edge1: fails by the rule 2",
        "!outbound mTLS, Webex: worked, with the server store's certificate seen 3",
    ]


def test_the_whole_chip_leads_to_its_row() -> None:
    shown = page(REPORT)
    links = shown.xpath("//ul[@class='services']/li/a")

    assert [text(link) for link in links] == chips(REPORT)
    for number, link in enumerate(links, start=1):
        assert link.get("href") == f"#service-{number}"
        assert text(shown.get_element_by_id(f"service-{number}")).startswith(f"{number} ")


def test_a_row_gives_the_reason_with_its_finding_and_its_handshake() -> None:
    row = page(REPORT).get_element_by_id("service-1")

    assert "The last handshake was refused." in text(row)
    assert [text(link) for link in row.xpath(".//a")] == [FINDINGS[0].title, "Step by step"]


def test_what_was_seen_otherwise_than_the_rule_says_is_followed_by_the_rule_for_next_time() -> None:
    shown = text(page(REPORT).get_element_by_id("service-3"))

    assert "The last handshake completed. Next time, by the rule: works if trusted. It must be trusted." in shown


SEEN = Sighted(works=True, reason=say("Seen."))
UP = Sighted(works=True, reason=say("Seen."), state=say("zone is Active"), by_zone=True)
WORKS = foretold(Prospect.WORKS, Basis.STATED, "It does.")


@pytest.mark.parametrize(
    ("seen", "rule", "expected"),
    [
        (SEEN, WORKS, ("good", "✓UC traversal zone, edge1: works seen 1")),
        (None, WORKS, ("rule", "=UC traversal zone, edge1: works by the rule 1")),
        (None, None, ("open", "?UC traversal zone, edge1: unknown not seen 1")),
        (SEEN, None, ("good", "✓UC traversal zone, edge1: works seen 1")),
        (replace(SEEN, works=False), WORKS, ("bad", "✕UC traversal zone, edge1: fails seen 1")),
        (UP, WORKS, ("info", "iUC traversal zone, edge1: zone is Active by the dump 1")),
        (replace(UP, works=False, state=None), WORKS, ("bad", "✕UC traversal zone, edge1: fails by the dump 1")),
    ],
)
def test_only_what_was_seen_is_green(
    seen: Sighted | None, rule: OutlookCell | None, expected: tuple[str, str]
) -> None:
    assert chip(seen=seen, rule=rule) == expected


def test_what_the_state_of_a_zone_leaves_open_is_said_by_the_rule() -> None:
    row = page(having(replace(ZONE, seen=UP, rule=WORKS, why=None, finding=None))).get_element_by_id("service-1")

    assert "Seen. By the rule: works. It does." in text(row)


@pytest.mark.parametrize("seen", [None, SEEN, UP, replace(SEEN, works=False), replace(SEEN, is_rule=False)])
@pytest.mark.parametrize("rule", [None, *(foretold(it, Basis.STATED, "So.") for it in Prospect)])
def test_every_outcome_has_an_icon(seen: Sighted | None, rule: OutlookCell | None) -> None:
    shown = page(having(replace(ZONE, why=None, finding=None, seen=seen, rule=rule)))
    badges = shown.xpath("//*[@id='services']//td//span[starts-with(@class, 'badge')]")

    assert badges
    assert all(badge.xpath("span[@class='icon']") for badge in badges)


def test_what_works_although_something_is_wrong_is_not_green() -> None:
    assert chip(seen=SEEN, finding=FINDINGS[0]) == (
        "warn",
        "!UC traversal zone, edge1: works, but not all is well seen 1",
    )


def test_one_core_and_edge_come_first_then_peers_then_other_pairs() -> None:
    other = replace(ZONE, peer="edge2", nodes=frozenset({"core1", "edge2"}))

    assert [told.split(":")[0] for told in chips(having(other, ZONE, WEBEX))] == [
        "✕UC traversal zone, edge1",
        "!outbound mTLS, Webex",
        "✕UC traversal zone, edge2",
    ]


def test_services_of_other_nodes_stand_in_the_table_alone() -> None:
    far = replace(WEBEX, peer="far", nodes=frozenset({"edge9"}))

    assert chips(having(far, ZONE)) == ["✕UC traversal zone, edge1: fails (no clientAuth) seen 1", "all services"]
    assert "2 outbound mTLS far" in section(having(far, ZONE), "services")


def test_the_strip_and_the_table_are_cut_and_say_so() -> None:
    many = [replace(WEBEX, peer=f"peer {n}") for n in range(130)]
    report = having(ZONE, *many)

    assert len(chips(report)) == 9
    assert chips(report)[-1] == "all services"
    assert "31 more are not shown." in section(report, "services")


def test_without_services_there_is_neither_strip_nor_section() -> None:
    shown = page(having())

    assert not shown.xpath("//ul[@class='services'] | //*[@id='services']")


def test_where_two_nodes_have_a_service_with_the_same_peer_the_chip_names_the_node() -> None:
    second = replace(ZONE, nodes=frozenset({"core2", "edge1"}), why=None, finding=None)

    assert [told.split(":")[0] for told in chips(having(ZONE, WEBEX, second))][:2] == [
        "✕UC traversal zone, core1 – edge1",
        "!outbound mTLS, Webex",
    ]
    assert "core2 – edge1" in section(having(ZONE, WEBEX, second), "services")

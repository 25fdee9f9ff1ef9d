"""The timeline: what happened when on each node, on one clock, within bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import html
from msgspec.structs import replace

from analyzer.evidence import Case, ClockOffset, Side
from analyzer.report.fitting import columns
from analyzer.report.html import render_html
from analyzer.report.language import NAMES, Language
from analyzer.report.views.timeline import MAX_MOMENTS, Bar, Timeline, timeline_of
from tests.report.reports import empty_report, rich_report
from tests.rules.cases import case, connection, event
from tests.rules.nodes import SOME_CORE, core, edge


def timeline(judged: Case) -> Timeline:
    drawn = timeline_of(judged, judged.nodes)
    assert drawn is not None
    return drawn


def bars(drawn: Timeline, lane: str, node: int = 0) -> tuple[Bar, ...]:
    return next(one.bars for one in drawn.nodes[node].lanes if one.name == lane)


def test_handshakes_stand_in_the_order_of_their_times_with_their_outcomes() -> None:
    node = edge()
    fine = connection(node, SOME_CORE, role=Side.SERVER, completed=True, at=-200)
    refused = connection(node, SOME_CORE, role=Side.SERVER, alert=(Side.SERVER, 43), at=200)

    first, second = bars(timeline(case(node, connections=[fine, refused])), "captured")

    assert first.x < second.x
    assert [first.tone, second.tone] == ["good", "bad"]


def test_many_at_once_are_one_bar_with_their_number() -> None:
    node = edge()
    refused = [
        connection(node, SOME_CORE, role=Side.SERVER, alert=(Side.SERVER, 43), at=n / 1000) for n in range(400)
    ]

    (bar,) = bars(timeline(case(node, connections=refused)), "captured")

    assert bar.words == "Refused, 400 times"


def test_the_log_is_drawn_by_the_clock_of_the_capture() -> None:
    ahead = edge(clock_offset=ClockOffset(seconds=100.0, joins=5, spread=0.0))
    line = event(ahead, SOME_CORE, role=Side.SERVER, error="purpose", at=100)
    refused = connection(ahead, SOME_CORE, role=Side.SERVER, alert=(Side.SERVER, 43), at=0)
    drawn = timeline(case(ahead, connections=[refused], events=[line]))

    assert bars(drawn, "log: TLS errors")[0].x == bars(drawn, "captured")[0].x
    assert drawn.nodes[0].clock == "log drawn by the capture's clock: the log runs 100.000 s ahead of the capture"


def test_changes_and_the_first_error_of_each_kind_are_told_in_words() -> None:
    node = edge()
    errors = [event(node, SOME_CORE, role=Side.SERVER, error="purpose", at=n) for n in range(5)]
    other = event(node, SOME_CORE, role=Side.SERVER, error="expired", at=6)
    change = event(node, None, name="Certificate Management", detail="Client certificate uploaded", at=7)

    drawn = timeline(case(node, events=[*errors, other, change]))

    assert [moment.what.split(":")[0] for moment in drawn.moments] == [
        "Inbound TLS Negotiation Error",
        "Inbound TLS Negotiation Error",
        "Certificate Management",
    ]
    assert drawn.moments[-1].where.place == "line 8"


def test_moments_beyond_the_limit_are_counted() -> None:
    node = edge()
    changes = [event(node, None, name="Alarm Raised", at=n) for n in range(MAX_MOMENTS + 3)]

    drawn = timeline(case(node, events=changes))

    assert (len(drawn.moments), drawn.more) == (MAX_MOMENTS, 3)


def test_nothing_with_a_time_has_no_timeline() -> None:
    page = html.document_fromstring(render_html(empty_report()).replace("<!doctype html>", ""))

    assert not page.xpath("//*[@id='timeline'] | //a[@href='#timeline']")


def test_times_at_the_ends_of_the_calendar_are_drawn() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    node = core(clock_offset=ClockOffset(seconds=-1e6, joins=5, spread=0.0))
    node = replace(node, logs=tuple(replace(span, last=end) for span in node.logs))

    assert timeline(case(node)).nodes


@pytest.mark.parametrize("code", NAMES)
def test_names_and_lanes_fit_beside_the_drawing_in_every_language(code: str) -> None:
    nodes = [edge(name="a-very-long-name.of-a-node.example.com"), replace(core(), name=None)]
    changes = [event(node, None, name="Alarm Raised") for node in nodes]
    errors = [event(node, SOME_CORE, role=Side.SERVER, error="purpose") for node in nodes]

    drawn = timeline(case(*nodes, events=[*changes, *errors]))

    words = [name for node in drawn.nodes for name in (node.name, *(lane.name for lane in node.lanes))]
    assert max(columns(Language(code)(name)) for name in words) == 24


def test_marks_and_lanes_stay_within_the_drawing() -> None:
    nodes = [core(), edge()]
    talk = [
        connection(node, SOME_CORE, role=Side.SERVER, completed=True, at=n) for node in nodes for n in range(-90, 90)
    ]
    drawn = timeline(case(*nodes, connections=talk))
    lanes = [lane for node in drawn.nodes for lane in node.lanes]

    assert all(drawn.left <= bar.x and bar.x + bar.width <= drawn.right + 5 for lane in lanes for bar in lane.bars)
    assert all(bar.height < lane.y for lane in lanes for bar in lane.bars)
    assert [lane.y for lane in lanes] == sorted({lane.y for lane in lanes})
    assert lanes[-1].y < drawn.height


def test_the_drawing_has_a_title_and_a_description() -> None:
    page = html.document_fromstring(render_html(rich_report()).replace("<!doctype html>", ""))
    (drawing,) = page.xpath("//*[local-name()='svg'][@class='timeline']")

    assert [page.get_element_by_id(one).tag for one in drawing.get("aria-labelledby").split()] == ["title", "desc"]

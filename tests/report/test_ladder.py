"""The ladder: who sent what, in order, with frames, the alert on its arrow and the log line beside it."""

from __future__ import annotations

import pytest
from lxml import html
from msgspec.structs import replace

from analyzer.evidence import Connection, Side, Step, Visibility
from analyzer.findings import Report
from analyzer.report.fitting import columns
from analyzer.report.html import render_html
from analyzer.report.language import NAMES, Language
from analyzer.report.summary import index_of
from analyzer.report.views.ladder import Ladder, ladder_of
from tests.report.reports import hostile_report, rich_report
from tests.rules.cases import case, event
from tests.rules.cases import connection as talk
from tests.rules.nodes import CORE, SOME_CORE, edge
from tests.rules.pki import CORE_CLIENT_SERVER_ONLY, EDGE_SERVER


def ladder(report: Report, connection: Connection | None = None) -> Ladder:
    shown = connection or report.case.connections[0]
    events = tuple(index_of(report.case).events[one] for one in shown.events)
    drawn = ladder_of(report.case, shown, events)
    assert drawn is not None
    return drawn


def refused() -> tuple[Report, Connection]:
    node = edge()
    line = event(node, CORE, role=Side.SERVER, error="purpose", detail="unsupported certificate purpose", joined="c1")
    refusal = talk(
        node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT_SERVER_ONLY, server=EDGE_SERVER, alert=(Side.SERVER, 43)
    )
    judged = case(node, connections=[refusal], events=[line])
    return replace(rich_report(), case=judged), judged.connections[0]


def test_every_message_is_a_rung_in_the_order_of_the_protocol() -> None:
    report, connection = refused()

    rungs = ladder(report, connection).rungs

    assert [rung.label.split(":")[0] for rung in rungs] == ["ClientHello", "Certificate", "Certificate", "Alert"]
    assert [rung.sender for rung in rungs] == [Side.CLIENT, Side.SERVER, Side.CLIENT, Side.SERVER]
    assert [rung.y for rung in rungs] == sorted({rung.y for rung in rungs})


def test_of_two_messages_in_one_frame_the_earlier_one_comes_first() -> None:
    report, connection = refused()
    frames = connection.handshake.frames
    last = frames[-2]
    finished = replace(last, step=Step.FINISHED)
    handshake = replace(connection.handshake, frames=(finished, *frames))

    labels = [rung.label for rung in ladder(report, replace(connection, handshake=handshake)).rungs]

    assert labels.index("Finished") > labels.index(f"Certificate: {CORE_CLIENT_SERVER_ONLY.common_name}")


def test_the_alert_is_red_and_carries_the_log_line() -> None:
    (alert,) = [rung for rung in ladder(*refused()).rungs if rung.tone == "bad"]

    assert alert.label == "Alert: unsupported certificate (fatal, alert 43)"
    assert alert.note.endswith(": unsupported certificate purpose")


def test_a_certificate_names_its_usage_and_its_store() -> None:
    certificates = [rung for rung in ladder(*refused()).rungs if rung.label.startswith("Certificate")]

    assert "server store" in certificates[0].second
    assert "serverAuth only" in certificates[1].second


def test_an_empty_certificate_message_says_so() -> None:
    node = edge()
    judged = case(node, connections=[talk(node, SOME_CORE, role=Side.SERVER, client=Visibility.NONE_SENT)])

    rungs = ladder(replace(rich_report(), case=judged), judged.connections[0]).rungs

    assert "Certificate: empty, none was presented" in [rung.label for rung in rungs]


def test_what_tls_1_3_hides_is_said_below_the_server_hello() -> None:
    report, connection = refused()
    hello = connection.handshake.frames[0]
    frames = (hello, replace(hello, step=Step.SERVER_HELLO, frame=2, sender=Side.SERVER))
    handshake = replace(connection.handshake, tls_version="TLSv1.3", frames=frames, alerts=())

    drawn = ladder(report, replace(connection, handshake=handshake))

    assert drawn.hidden == "encrypted from here on: certificates are not visible"
    assert drawn.rungs[-1].y < drawn.hidden_y < drawn.height


def test_a_connection_without_frames_has_none() -> None:
    report, connection = refused()
    bare = replace(connection, handshake=replace(connection.handshake, frames=(), alerts=()))

    assert ladder_of(report.case, bare, ()) is None


def test_the_page_draws_one_for_each_group_with_a_title_and_a_description() -> None:
    page = html.document_fromstring(render_html(rich_report()).replace("<!doctype html>", ""))
    drawings = page.xpath("//*[local-name()='svg'][@class='ladder']")

    assert len(drawings) == len(page.xpath("//table[@class='handshake']")) > 0
    for drawing in drawings:
        named = drawing.get("aria-labelledby").split()
        assert [
            element.get("id") for element in drawing.xpath(".//*[local-name()='title' or local-name()='desc']")
        ] == named


@pytest.mark.parametrize("report", [rich_report(), hostile_report()], ids=["rich", "hostile"])
@pytest.mark.parametrize("code", NAMES)
def test_labels_and_notes_fit_their_room_in_every_language(report: Report, code: str) -> None:
    language = Language(code)
    rungs = [rung for connection in report.case.connections[-4:] for rung in ladder(report, connection).rungs]

    assert all(columns(language(words)) <= 68 for rung in rungs for words in (rung.label, rung.second))
    assert all(columns(language(rung.note)) <= 54 for rung in rungs)


def test_ends_without_roles_are_their_addresses() -> None:
    report, connection = refused()

    drawn = ladder(report, replace(connection, local_role=None))

    assert drawn.client == f"{connection.handshake.client} (TLS client)"


def test_a_long_name_loses_its_end_and_never_its_role() -> None:
    report, connection = refused()

    drawn = ladder(report, connection)

    assert SOME_CORE.name == "traversal client of zone UC traversal"
    assert drawn.client == "traversal client of… (TLS client)"
    assert drawn.server == "edge (TLS server)"

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from msgspec.structs import replace

from analyzer.evidence import Member, MemberKind, Outcome, PeerKind, Setting, SettingChange, Side
from analyzer.findings import Finding, ForecastKind, Remedy, RemedyKind, Report, Severity
from analyzer.report.html import render_html
from analyzer.words import say
from tests.report.reports import (
    CORE,
    CORE_CLIENT,
    FINDINGS,
    LOG,
    OPEN_WEBEX,
    START,
    completed,
    connection,
    empty_report,
    forecast,
    grounds,
    hostile_report,
    member,
    rewritten,
    rich_report,
    verdict,
)
from tests.rules.cases import case
from tests.rules.nodes import edge

REPORTS = pytest.mark.parametrize(
    "report", [rich_report(), empty_report(), hostile_report()], ids=["rich", "empty", "hostile"]
)


def page(report: Report) -> html.HtmlElement:
    return html.document_fromstring(render_html(report).replace("<!doctype html>", ""))


def text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def section(report: Report, name: str) -> str:
    return text(page(report).get_element_by_id(name))


def test_the_same_report_makes_the_same_page() -> None:
    assert render_html(rich_report()) == render_html(rich_report())


def test_the_outlook_shows_every_cell_with_its_reason_row_and_source() -> None:
    shown = section(rich_report(), "whatif")
    rows = [[text(cell) for cell in row] for row in page(rich_report()).get_element_by_id("whatif").xpath(".//tr")]

    assert "EKU view only: chains trusted, names right." in shown
    assert rows == [
        ["Service", "Now", "With the check On", "With the check Off"],
        ["core1 as TLS client"],
        ["UC traversal zone edge1", "✕fails 1", "✕fails 1", "✓works 2"],
        ["edge1 as TLS client"],
        ["outbound mTLS Webex", "!far end decides 3", "?unknown 4", "!works if trusted 5"],
    ]
    assert "stated, row 1 (a) The Edge checks." in shown
    assert "inferred Nobody says." in shown
    assert "(a) Navigate Client EKU Sunset, 2026-04-15." in shown


def test_the_reasons_of_the_outlook_are_numbered_as_they_are_referred_to() -> None:
    shown = page(rich_report()).get_element_by_id("whatif")
    listed = [text(item) for item in shown.xpath(".//ol/li")]

    assert [item.get("id") for item in shown.xpath(".//ol/li")] == [f"outlook-{n}" for n in range(1, 6)]
    assert listed[4].endswith("It must be trusted.")


def test_without_an_outlook_there_is_no_section_and_no_link_to_it() -> None:
    rendered = render_html(replace(rich_report(), outlook=None))

    assert 'href="#whatif"' not in rendered
    assert 'id="whatif"' not in rendered


def test_a_long_outlook_is_cut_and_says_so() -> None:
    outlook = rich_report().outlook
    assert outlook is not None
    many = tuple(replace(outlook.rows[0], peer=f"peer {n}") for n in range(130))

    assert "30 more are not shown." in section(replace(rich_report(), outlook=replace(outlook, rows=many)), "whatif")


def test_the_answer_names_certificate_store_frame_and_refusal() -> None:
    answer = section(rich_report(), "answer")

    assert "edge1 refused the client-store certificate of core1" in answer
    assert "CN=core1.example.com,OU=Collaboration,O=Example GmbH,C=DE" in answer
    assert "serverAuth only" in answer
    assert "client store" in answer
    assert "client_core1_2026-03-29_06:58:02.pem" in answer
    assert "frame.number == 2409" in answer
    assert "unsupported certificate (fatal, alert 43)" in answer


def test_the_answer_spells_the_serial_as_each_tool_does() -> None:
    answer = section(rich_report(), "answer")

    assert "A1:00:00:00:4C:86:9C:77" in answer
    assert "00:a1:00:00:00:4c:86:9c:77" in answer
    assert "a10000004c869c77c8981becde00000000004c" in answer


def test_a_refusal_by_a_known_peer_leads_before_an_open_question() -> None:
    headings = [text(heading) for heading in page(rich_report()).get_element_by_id("answer").iter("h2")]

    assert headings == ["edge1 refused the client-store certificate of core1"]


def test_the_durable_fix_comes_before_the_stop_gap() -> None:
    answer = section(rich_report(), "answer")

    assert answer.index("Durable fix") < answer.index("Stop-gap")


def test_consequences_stand_inside_the_card_of_their_cause() -> None:
    card = page(rich_report()).xpath("//article[@id='core-client-not-client-capable']")[0]

    assert [element.get("id") for element in card.xpath(".//div[@id]")] == ["uc-zone-failed", "ssh-tunnels-down"]


def test_questions_that_lack_the_same_thing_stand_together() -> None:
    findings = section(rich_report(), "findings")

    assert "For want of A capture of the Edge: 2 open questions" in findings


def test_equal_connections_are_drawn_once_with_their_number() -> None:
    drawn = page(rich_report()).xpath("//table[contains(@class, 'handshake')]")

    assert len(drawn) == 2
    assert "120 times" in section(rich_report(), "connections")


def test_a_handshake_is_told_in_six_steps() -> None:
    steps = page(rich_report()).xpath("(//table[@class='handshake'])[1]/tbody/tr/th")

    assert [text(step) for step in steps] == [
        "1 ClientHello",
        "2 ServerHello",
        "3 Server certificate (peer's)",
        "4 CertificateRequest",
        "5 Client certificate (ours)",
        "6 Result",
    ]


def test_a_goodbye_after_the_refusal_is_not_taken_for_it() -> None:
    report = rich_report()
    alerts = connection(120).handshake.alerts
    goodbye = replace(alerts[0], level="warning", description="close_notify", code=0)
    last = replace(connection(120), handshake=replace(connection(120).handshake, alerts=(*alerts, goodbye)))

    answer = section(replace(report, case=replace(report.case, connections=(last,))), "answer")

    assert "unsupported certificate (fatal, alert 43)" in answer


def test_an_encrypted_certificate_is_called_not_visible() -> None:
    report = rich_report()
    only = replace(report, case=replace(report.case, connections=(completed(121),)))

    assert "not visible: TLS 1.3 encrypts certificates" in section(only, "connections")


def test_ends_of_unknown_roles_are_called_by_their_addresses() -> None:
    report = rich_report()
    lone = connection(1, local_role=None)

    connections = section(replace(report, case=replace(report.case, connections=(lone,))), "connections")

    assert "client 10.106.1.10:25001" in connections
    assert "(ours)" not in connections


def test_internet_strangers_do_not_lead_the_answer() -> None:
    report = rich_report()
    stranger = connection(
        1, peer=replace(connection(1).peer, name="198.51.100.7", kind=PeerKind.INTERNET), local_role=Side.SERVER
    )
    case = replace(report.case, connections=(stranger, completed(2)))
    verdicts = (
        verdict(peer="198.51.100.7", connections=("c1",), local_role=Side.SERVER, refused_by=Side.CLIENT),
        verdict(peer="cucm1", connections=("c2",), outcome=Outcome.COMPLETED, refused_by=None, events=()),
    )

    answer = page(replace(report, case=case, verdicts=verdicts)).get_element_by_id("answer-heading")

    assert text(answer) == "core1 as TLS client to cucm1: completed"


def test_a_lone_capture_is_answered_by_role_and_address() -> None:
    report = rich_report()
    case = replace(report.case, nodes=(), connections=(connection(1, node=None, local_role=None),))
    lone = verdict(node=None, peer="192.0.2.20", local_role=None, connections=("c1",), events=())

    answer = section(replace(report, case=case, verdicts=(lone,)), "answer")

    assert "Handshake with 192.0.2.20: refused by the server" in answer
    assert "client 10.106.1.10:25001" in answer
    assert "server 192.0.2.20:7001: unsupported certificate" in answer


def test_stores_stand_side_by_side_and_are_compared() -> None:
    stores = section(rich_report(), "stores")

    assert "The stores hold different certificates, with the same DNS names." in stores
    assert "Both stores hold the same certificate" in stores
    assert "Trusted CA list: 1 certificate" in stores


def test_a_private_key_in_the_bundle_is_said_at_the_top() -> None:
    report = rich_report()
    found = replace(member("server.pem", MemberKind.SERVER_PEM), private_keys=1)
    inputs = (replace(report.case.inputs[0], members=(found,)),)

    answer = section(replace(report, case=replace(report.case, inputs=inputs)), "answer")

    assert answer.startswith("A private key was in the bundle.")
    assert "server.pem" in answer


def test_problems_are_announced_at_the_top_and_listed() -> None:
    assert "Not everything could be read: 1 problem." in section(rich_report(), "answer")
    assert "whether later handshakes succeeded" in section(rich_report(), "inputs")


def test_an_assumed_setting_is_called_assumed() -> None:
    assert "On assumed: the release's default" in section(rich_report(), "glance")


def test_a_report_without_tls_says_so() -> None:
    assert "No TLS connection of an Expressway was found" in section(empty_report(), "answer")
    assert "Nothing that was read calls for a change." not in section(rich_report(), "answer")


@REPORTS
def test_nothing_untrusted_becomes_markup(report: Report) -> None:
    document = page(report)

    assert [script.get("type") for script in document.xpath("//script")] == ["application/json", None]
    assert json.loads(document.xpath("//script")[0].text)
    assert not document.xpath("//img | //*[@onerror] | //*[@style]")
    assert {link.get("rel") for link in document.iter("a") if link.get("href", "#")[0] != "#"} <= {
        "noreferrer noopener"
    }


@REPORTS
def test_nothing_invisible_or_unencodable_gets_through(report: Report) -> None:
    rendered = render_html(report)

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rendered)
    assert rendered.encode("utf-8")


@REPORTS
def test_every_anchor_exists_once(report: Report) -> None:
    document = page(report)
    ids: Counter[str] = Counter(document.xpath("//@id"))

    assert {link[1:] for link in document.xpath("//a/@href") if link.startswith("#")} <= set(ids)
    assert max(ids.values()) == 1


@REPORTS
def test_the_policy_allows_the_one_style_and_the_one_script_and_nothing_else(report: Report) -> None:
    document = page(report)
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in document.xpath("//style/text() | //script[not(@type)]/text()")
    )
    policy = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]

    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}';")
    assert document.xpath("//link/@href | //*/@src") == ["data:,"]


@REPORTS
def test_tables_and_headings_can_be_navigated(report: Report) -> None:
    document = page(report)
    levels = [int(heading.tag[1]) for heading in document.xpath("//h1 | //h2 | //h3 | //h4 | //h5")]

    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert not document.xpath("//th[not(@scope)] | //table[not(caption)]")
    assert document.get("lang") == "en"


def test_the_page_says_its_language_and_offers_the_other() -> None:
    english, japanese = (
        html.document_fromstring(render_html(empty_report(), language=code).replace("<!doctype html>", ""))
        for code in ("en", "ja")
    )

    assert (english.get("lang"), japanese.get("lang")) == ("en", "ja")
    assert (text(english.get_element_by_id("switch")), text(japanese.get_element_by_id("switch"))) == (
        "日本語",
        "English",
    )
    assert text(english.get_element_by_id("answer-heading")) == "No TLS connection of an Expressway was found"
    twins = json.loads(text(english.get_element_by_id("switched")))
    assert twins["No TLS connection of an Expressway was found"] == text(japanese.get_element_by_id("answer-heading"))


def test_findings_that_explain_each_other_are_still_shown() -> None:
    first, second = (replace(FINDINGS[0], caused_by="uc-zone-failed"), FINDINGS[1])

    document = page(replace(rich_report(), findings=(first, second)))

    assert {"core-client-not-client-capable", "uc-zone-failed"} <= set(document.xpath("//@id"))


def test_a_cause_that_was_not_found_hides_nothing() -> None:
    orphan = replace(FINDINGS[1], caused_by="no-such-finding")

    assert page(replace(rich_report(), findings=(orphan,))).xpath("//article[@id='uc-zone-failed']")


def test_ten_thousand_connections_stay_below_four_megabytes() -> None:
    report = rich_report()
    many = tuple(
        connection(n, peer=replace(connection(n).peer, name=f"peer{n}"), outcome_reason=f"reason {n}")
        for n in range(1, 10_001)
    )

    rendered = render_html(replace(report, case=replace(report.case, connections=many)))

    assert len(rendered.encode()) < 4_000_000
    assert "9,900 more in the JSON report" in rendered


def test_a_folder_of_many_members_is_cut_and_says_so() -> None:
    report = rich_report()
    members: tuple[Member, ...] = tuple(member(f"m{n}", MemberKind.OTHER) for n in range(1200))
    inputs = (replace(report.case.inputs[0], members=members),)

    assert "700 more in the JSON report" in section(
        replace(report, case=replace(report.case, inputs=inputs)), "inputs"
    )


def test_a_node_with_nothing_but_a_name_is_shown() -> None:
    report = rich_report()
    bare = replace(CORE, stores=type(CORE.stores)(), settings={}, zones=(), tunnels=None, alarms=(), members=())

    stores = section(replace(report, case=replace(report.case, nodes=(bare,))), "stores")

    assert stores.count("The member is not in the bundle.") == 2


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_characters="/"), min_size=1, max_size=40))  # a slash parts archive and member
def test_any_text_in_any_field_stays_text(noise: str) -> None:
    rendered = render_html(rewritten(rich_report(), lambda value: value + noise))

    plain = render_html(rewritten(rich_report(), lambda value: value + "x"))
    ours = r"<(?!span>)\w+"  # a file's name is in parts, to break at its underscores
    assert Counter(re.findall(ours, rendered)) == Counter(re.findall(ours, plain))
    assert rendered.encode("utf-8")


def test_context_stands_in_a_table_of_its_own() -> None:
    report = rich_report()
    last = replace(report.findings[-1], id="store-certs-differ", title="Stores differ", is_context=True, missing=None)
    shown = page(replace(report, findings=(*report.findings, last)))
    table = shown.xpath("//table[@class='context']")[0]

    assert [text(cell) for cell in table.xpath(".//tbody/tr/th")] == ["Stores differ"]
    assert "Stores differ" not in text(shown.get_element_by_id("answer"))


def test_each_certificate_can_be_taken_away_as_pem() -> None:
    node = edge()
    report = replace(rich_report(), case=case(node, connections=[]))

    shown = [certificate.text for certificate in page(report).xpath("//code[@class='pem']")]

    own = [report.case.certificates[one] for one in (*(node.stores.client or ()), *(node.stores.server or ()))]
    assert [load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER) for text in shown] == [
        c.der for c in own
    ]


def test_the_forecast_table_says_when_by_what_rule_and_what_to_order() -> None:
    shown = page(rich_report()).get_element_by_id("forecast")
    first, second = ([text(cell) for cell in row.xpath("./th|./td")] for row in shown.xpath(".//tbody/tr"))

    assert first == [
        "core1 client store: TLS client core1.example.com",
        "2027-01-12 own end",
        "2027-01-12 own end: The certificate itself ends. "
        "2027-03-15 extended key usage: What its CA issues from then on carries no clientAuth.",
        "From a private CA, before 2027-01-12.",
    ]
    assert second[:3] == ["not named server store: not presented ffffffffffffffff", "not known", "none known"]
    assert shown.xpath(".//tbody/tr[1]//a/@href")
    assert not shown.xpath(".//tbody/tr[2]//a")
    assert "Chrome Root Program Policy, 2026-02-05" in section(rich_report(), "method")


def test_a_certificate_that_does_not_do_now_has_a_badge_and_not_a_day() -> None:
    unfit = forecast(stops_on=None, stops_by=ForecastKind.USAGE)

    shown = page(replace(rich_report(), forecast=(unfit,))).get_element_by_id("forecast")

    assert [text(badge) for badge in shown.xpath(".//*[contains(@class, 'badge')]")] == ["!Not where it is checked"]


def test_a_long_forecast_is_cut_and_says_so() -> None:
    many = tuple(forecast(node=f"core{n}") for n in range(203))

    assert "3 more in the JSON report." in section(replace(rich_report(), forecast=many), "forecast")
    assert "No store’s certificate was found" in section(empty_report(), "forecast")


def unrelated(**changes: object) -> Finding:
    return replace(FINDINGS[3], **changes)


def test_causes_that_have_nothing_to_do_with_the_answer_stand_apart() -> None:
    answer = section(rich_report(), "answer")
    why, _, also = answer.partition("Also found")

    assert "Why ✕Critical Core's client certificate lacks clientAuth core1" in why
    assert "Edge's server certificate expires in 29 days" not in why
    assert "!Warning Edge's server certificate expires in 29 days edge1" in also


def test_where_nothing_failed_there_is_something_to_watch_and_no_why() -> None:
    done = verdict(outcome=Outcome.COMPLETED, refused_by=None, connections=("c121",), events=())

    answer = section(replace(rich_report(), verdicts=(done,), findings=(FINDINGS[3],)), "answer")

    assert "Watch !Warning Edge's server certificate expires in 29 days" in answer
    assert "Why" not in answer
    assert "✓Completed" in answer


def test_a_failure_that_nothing_explains_says_so() -> None:
    answer = section(replace(rich_report(), findings=(FINDINGS[3],)), "answer")

    assert "Why Nothing that was read explains it." in answer


def test_a_finding_about_the_same_peer_is_a_why_and_one_about_another_is_not() -> None:
    same = unrelated(id="same", title="Same", node="core1", about=frozenset({"edge1"}))
    other = unrelated(id="other", title="Other", node="core1", about=frozenset({"cucm1"}))

    why, _, also = section(replace(rich_report(), findings=(other, same)), "answer").partition("Also found")

    assert "Same" in why
    assert "Other" not in why.partition("What to do now")[0]
    assert "Other" in also


def test_the_first_step_mends_what_the_answer_is_about() -> None:
    worse = unrelated(severity=Severity.CRITICAL, remedy=(Remedy(text=say("Later."), kind=RemedyKind.DURABLE),))

    steps = section(replace(rich_report(), findings=(worse, *FINDINGS[:3])), "answer").partition("What to do now")[2]

    assert steps.index("Have a CA that the Edge trusts") < steps.index("Later.")


def test_a_completed_handshake_that_a_warning_rests_on_is_not_plainly_completed() -> None:
    done = verdict(outcome=Outcome.COMPLETED, refused_by=None, connections=("c121",), events=())
    against = unrelated(title="An old certificate is served", rests_on=frozenset({"c121"}))

    answer = section(replace(rich_report(), verdicts=(done,), findings=(against,)), "answer")

    assert "!Completed, but: An old certificate is served" in answer
    assert "✓Completed" not in answer


def test_the_certificate_of_the_peer_is_shown_where_this_node_refused_it() -> None:
    refused = verdict(refused_by=Side.CLIENT)
    refused = replace(refused, grounds=grounds(refused, refused=Side.SERVER, wanted_name="edge.example.net"))

    answer = section(replace(rich_report(), verdicts=(refused,)), "answer")

    assert "core1 refused the server-store certificate of edge1" in answer
    assert "Presented byedge1 (TLS server), 192.0.2.20:7001, zone UC traversal" in answer
    assert "Presented tocore1 (TLS client), 10.106.1.10:25120" in answer
    assert "Name looked foredge.example.net" in answer
    assert "server store of edge1" in answer
    assert "frame.number == 2407" in answer


def test_the_log_line_is_called_one_and_carries_its_own_time() -> None:
    assert f"log: {LOG}, line 47112026-03-29 06:54:39.839 UTC" in section(rich_report(), "answer")


@pytest.mark.parametrize(
    ("days", "words"), [(31, "In its validity period"), (30, "Ends in 30 days"), (0, "Ends today")]
)
def test_a_certificate_that_ends_soon_has_a_badge_of_its_own(days: int, words: str) -> None:
    report = replace(rich_report(), ends_soon_days=30)
    at = report.case.nodes[1].reference_time.time
    assert at is not None
    leaf = replace(report.case.certificates[CORE_CLIENT], not_after=at + timedelta(days=days, hours=1))
    case = replace(report.case, certificates={**report.case.certificates, CORE_CLIENT: leaf})

    assert words in section(replace(report, case=case), "answer")


def test_other_answers_that_are_not_determinable_come_last() -> None:
    report = replace(rich_report(), verdicts=(OPEN_WEBEX, verdict(), verdict(peer="cucm1")))

    others = section(report, "answer").partition("Other answers")[2]

    assert others.index("cucm1") < others.index("Webex edge1")


def test_findings_are_counted_and_headed_by_severity() -> None:
    findings = section(rich_report(), "findings")

    assert findings.startswith("Findings 1 critical, 1 warning, 2 that follow, 2 open questions. ")
    assert " Critical each under its cause" in findings
    assert "Nothing critical was found." in section(replace(rich_report(), findings=(FINDINGS[3],)), "findings")


def test_a_setting_that_was_changed_over_and_over_is_shown() -> None:
    report = rich_report()
    change = SettingChange(time=START, value="On", file=LOG, line=812)
    core = replace(CORE, settings={"SIP TLS": Setting(value="Off", changes=(change,) * 1000)})

    assert "changed to On at" in section(replace(report, case=replace(report.case, nodes=(core,))), "nodes")

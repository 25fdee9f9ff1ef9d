"""The packaged rows are whole, and a user's facts file replaces or adds rows."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.facts import FACTS_AS_OF
from analyzer.facts.alarms import AlarmTopic, alarm, alarm_ids, alarms
from analyzer.facts.citations import citation_table, citations
from analyzer.facts.custom import load_facts
from analyzer.facts.dates import client_usage_ends, threshold_days
from analyzer.facts.services import service_label
from analyzer.facts.store import FILE_OF_TABLE, PACKAGED, FactsError
from analyzer.facts.webex import is_webex_address, is_webex_name


def test_every_row_has_an_id_of_its_own_and_a_known_source() -> None:
    for table in FILE_OF_TABLE:
        rows = PACKAGED.rows(table)
        assert len({row.id for row in rows}) == len(rows) > 0, table
        if table != "citation":
            for row in rows:
                assert {row.text("source"), *row.texts("also_in")} <= set(citation_table()), row.id


def test_the_packaged_facts_pass_the_check_of_a_users_file() -> None:
    assert load_facts("").as_of == FACTS_AS_OF == PACKAGED.as_of


def test_citations_come_in_the_order_asked_for() -> None:
    field_notice, seed = citations(("FN", "S"))

    assert "FN74362" in field_notice.title
    assert (field_notice.date, seed.date) == ("2026-06-01", "2026-04-15")
    assert seed.url is not None
    assert seed.url.startswith("https://www.cisco.com/")


def test_an_unknown_citation_is_a_bug() -> None:
    with pytest.raises(KeyError):
        citations(("no such document",))


def test_alarms_are_known_by_id() -> None:
    expired = alarm("40068")

    assert expired is not None
    assert (expired.topic, expired.severity) == (AlarmTopic.EXPIRY, "critical")
    assert alarm("1") is None
    assert alarm(None) is None
    assert {"35013", "35014"} == alarm_ids(AlarmTopic.SSH_TUNNEL)
    assert all(alarm_ids(topic) for topic in AlarmTopic)
    assert all(number.isdigit() and len(number) == 5 for number in alarms())


def test_a_users_rows_replace_those_of_the_same_id_and_come_first() -> None:
    facts = load_facts("""
as_of = 2027-02-01

[[citation]]
id = "LATER"
title = "A later policy"
date = "2027-01-31"

[[date]]
id = "chrome-1.8-leaf"
kind = "root_program"
effective_on = 2028-01-01
applies_to = "leaf_issued_on_or_after"
status = "current"
source = "LATER"
confidence = "official"

[[service]]
id = "our-traversal"
port = 5061
label = "Our traversal zone"
source = "LATER"

[[webex_name]]
id = "Webex.example"
source = "LATER"

[[webex_networks]]
id = "later"
networks = ["192.0.2.0/24"]
source = "LATER"

[[threshold]]
id = "facts-stale"
days = 30
""")

    moved, packaged = client_usage_ends(None, facts), client_usage_ends(None)

    assert moved is not None
    assert packaged is not None
    assert facts.as_of == "2027-02-01"
    assert (moved.effective_on, packaged.effective_on) == (date(2028, 1, 1), date(2027, 3, 15))
    assert (service_label(5061, facts=facts), service_label(5061)) == ("Our traversal zone", "SIP TLS")
    assert is_webex_name("a.webex.example", facts)
    assert not is_webex_name("a.webex.example")
    assert is_webex_name("webex.com", facts)
    assert is_webex_address("192.0.2.9", facts)
    assert not is_webex_address("192.0.2.9")
    assert (threshold_days("facts-stale", facts), threshold_days("facts-stale")) == (30, 90)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("as_of = [", "not a TOML file"),
        ("as_of = 'soon'", "as_of must be a date"),
        ("as_of = 2027-01-01T00:00:00Z", "as_of must be a date"),
        ("[surprise]\nid = 'x'", "unknown table 'surprise'"),
        ("[date]\nid = 'x'", "date must be a list of rows"),
        ("[[alarm]]\ntitle = 'x'", "id must be a text"),
        ("[[webex_name]]\nid = 'x'\n[[webex_name]]\nid = 'x'", "two rows of the same id"),
        (
            "[[service]]\nid = 'x'\nport = '5061'\nlabel = 'x'\nsource = 'S'",
            "service 'x': port must be a whole number",
        ),
        ("[[service]]\nid = 'x'\nport = 1\nlabel = 'x'\nsource = 'S'\nlocal_role = 'both'", "one of client, server"),
        ("[[citation]]\nid = 'x'\ntitle = 'x'\nurl = 'javascript:alert(1)'", "url must be an https address"),
        ("[[citation]]\nid = 'x'\ntitle = 'x'\ndate = 'soon'", "date must be a year"),
        ("[[webex_name]]\nid = 'x'\nsource = 'nobody'", "source must be the id of a citation, not 'nobody'"),
        ("[[webex_networks]]\nid = 'x'\nsource = 'S'\nnetworks = ['300.0.0.0/8']", "not '300.0.0.0/8'"),
        ("[[webex_networks]]\nid = 'x'\nsource = 'S'\nnetworks = [1]", "networks must be a list of texts"),
        ("[[threshold]]\nid = 'x'\ndays = true", "days must be a whole number"),
        ("[[date]]\nid = 'x'\nkind = 'ca_cutoff'\neffective_on = '2027-01-01'", "effective_on must be a date"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(FactsError, match=message.replace("(", r"\(")):
        load_facts(text)


@given(st.text(alphabet="[]\"'= \nabcdefiloprstuvwxyz_0123456789-{}", max_size=60))
def test_any_text_is_facts_or_a_facts_error(text: str) -> None:
    try:
        facts = load_facts(text)
    except FactsError:
        facts = PACKAGED

    assert facts.as_of == FACTS_AS_OF


def test_importing_facts_reads_nothing() -> None:
    code = "import sys, analyzer.facts.custom; sys.exit('tomllib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""What the catalogue says of itself: on the terminal, and in docs/rules.md, which is generated and can't drift."""

from __future__ import annotations

import re

import pytest

from analyzer.findings import Severity
from analyzer.rules.catalogue import RULES
from analyzer.rules.cause_table import CAUSES
from analyzer.rules.handbook import handbook
from analyzer.rules.listing import WIDTH, explained, listing
from analyzer.rules.rule import Need, Rule
from analyzer.rules.view import NodeView
from tests.program import ROOT

PAGE = ROOT / "docs" / "rules.md"
BY_ID = {rule.id: rule for rule in RULES}


def nothing(view: NodeView) -> tuple[()]:
    return ()


def rule(**changes: object) -> Rule:
    fields = {"id": "a-rule", "title": "A title", "meaning": "Said in tests.", "severity": Severity.INFO}
    return Rule(**{**fields, "judge": nothing, **changes})  # type: ignore[arg-type]


def test_the_page_is_that_of_the_catalogue(update_golden: bool) -> None:
    text = handbook(RULES)
    if update_golden:
        PAGE.write_text(text, encoding="utf-8")

    assert text == PAGE.read_text(encoding="utf-8"), (
        "if this is meant: pytest tests/rules/test_handbook.py --update-golden"
    )


@pytest.mark.parametrize("one", RULES, ids=BY_ID)
def test_every_rule_has_a_meaning_in_sentences_that_says_more_than_its_title(one: Rule) -> None:
    assert one.meaning == " ".join(one.meaning.split())
    assert one.meaning[:1].isupper()
    assert one.meaning.endswith(".")
    assert len(one.title) < len(one.meaning) < 700


def test_the_page_has_every_rule_once_and_each_link_leads_to_a_heading() -> None:
    text = handbook(RULES)
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert sorted(headings) == sorted(BY_ID)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= {*headings, "sources"}


def test_rules_of_one_file_stand_under_its_first_sentence() -> None:
    text = handbook(RULES)

    section = text.split("\n## Dates and clocks\n")[1].split("\n## ")[0]
    assert section.startswith("\nJudged at the evidence's time, never by the wall clock.\n")
    assert "### cert-expired-in-store" in section
    assert "### peer-ca-not-trusted" not in section


def test_the_listing_has_severity_id_and_title_and_below_them_versions_and_needs() -> None:
    lines = list(
        listing(
            [
                rule(),
                rule(
                    id="another-one",
                    severity=Severity.CRITICAL,
                    needs=((Need.CLIENT_STORE, Need.LOG), Need.CAPTURE),
                    applies_to=">=X15.5",
                ),
            ]
        )
    )

    assert lines == [
        "info      a-rule: A title",
        "          versions: any; needs: -",
        "critical  another-one: A title",
        "          versions: >=X15.5; needs: client store or log, capture",
    ]


def test_every_rule_begins_a_line_of_the_listing_and_none_is_wider_than_a_terminal() -> None:
    lines = list(listing(RULES))

    assert [line[10:].partition(": ")[0] for line in lines if not line.startswith(" ")] == list(BY_ID)
    assert max(map(len, lines)) <= WIDTH


def test_a_rule_is_explained_with_its_causes_effects_and_sources() -> None:
    lines = list(explained(BY_ID["chain-incomplete-sent"]))

    told = "\n".join(lines)
    assert lines[:2] == ["chain-incomplete-sent", "The chain that was sent lacks an intermediate"]
    assert "Severity      up to critical\nRoles         any\nVersions      any\n" in told
    assert "Needs         capture, handshake, local addresses\n" in told
    assert "Said when the chain that this node sent lacks an intermediate;" in told
    assert "Explained by  trust-missing-own-issuer\n" in told
    assert re.search(r"^Explains      .*peer-alert-unknown-ca.*^Source", told, re.MULTILINE | re.DOTALL)
    assert "(Cisco 212475), 2020-12-06\n              https://www.cisco.com/" in told
    assert [line for line in lines if len(line) > WIDTH and "https://" not in line] == []


def test_what_is_context_says_so() -> None:
    assert any(line.startswith("Context") for line in explained(rule(is_context=True)))
    assert not any(line.startswith("Context") for line in explained(rule()))


def test_every_cause_and_effect_of_the_table_is_a_rule() -> None:
    assert {*CAUSES, *(cause for causes in CAUSES.values() for cause in causes)} <= set(BY_ID)

"""Texts are made to fit in every language: cut at their end, or only in the names in them, or folded."""

from __future__ import annotations

import pytest

from analyzer.report import fitting
from analyzer.report.language import NAMES, Language
from analyzer.words import say


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("core1", 5), ("é", 1), ("e\N{COMBINING ACUTE ACCENT}", 1), ("証明書", 6), ("ＡＢ", 4)],
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text: str, columns: int) -> None:
    assert fitting.columns(text) == columns


def test_a_wide_character_that_would_stick_out_is_cut_off() -> None:
    assert fitting.shorten("証明書", 6) == "証明書"
    assert fitting.shorten("証明書", 5) == "証明…"
    assert fitting.shorten("証明書", 4) == "証…"


def test_what_is_not_ours_is_cut_and_made_visible() -> None:
    assert fitting.fitted("core\x1b.example.com", 10) == "core\\x1b.…"


def test_of_our_words_only_the_names_in_them_are_cut_until_every_language_fits() -> None:
    words = say("client {address}", address="2001:db8:0:0:0:0:0:1")

    fitted = fitting.fitted(say("Certificate: {name}", name=words), 30)

    assert fitted == "Certificate: client …"
    assert {code: fitting.columns(Language(code)(fitted)) <= 30 for code in NAMES} == dict.fromkeys(NAMES, True)


def test_what_fits_stays_as_it_is() -> None:
    words = say("client {address}", address="192.0.2.1")

    assert fitting.fitted(words, 40) == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("one two three four", ["one two", "three f…"]),
        ("onetwothree", ["onetwoth", "ree"]),
        ("証明書 証明書", ["証明書", "証明書"]),
        ("証明書証明書", ["証明書証", "明書"]),
        ("証明書、証明書", ["証明書、", "証明書"]),
        ("証明書証、明書", ["証明書", "証、明書"]),
        ("その者「証明」", ["その者", "「証明」"]),
        ("証明フレーム", ["証明", "フレーム"]),
        ("TLSサーバ証明書", ["TLS", "サーバ…"]),
        ("ファイルシステム", ["ファイル", "システム"]),
        ("", [""]),
    ],
)
def test_text_folds_between_words_and_only_its_last_line_is_cut(text: str, lines: list[str]) -> None:
    assert fitting.folded(text, 8, 2) == lines

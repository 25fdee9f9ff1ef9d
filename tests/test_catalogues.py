from __future__ import annotations

import ast
import io
import re

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo

from analyzer.report.language import ENGLISH, NAMES
from tests.catalogues import KEYWORDS, LOCALE, ROOT, catalogue, messages, placeholders

TRANSLATIONS = pytest.mark.parametrize("language", [code for code in NAMES if code != ENGLISH])


def pairs(language: str) -> list[tuple[str, str]]:
    """Return each message with its translation; of something counted, that for several."""
    return [(_last(message.id), _last(message.string)) for message in _translated(language)]


def _translated(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def _last(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[-1]


def test_babel_finds_every_message_that_the_program_says() -> None:
    """It misses some that stand in a call within a call: those need a variable of their own."""
    found = {one for message in messages() for one in ([message.id] if isinstance(message.id, str) else message.id)}
    said = {
        argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument)
        for path in (ROOT / "analyzer").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        for argument in (call.args[1:3] if call.func.id == "counted" else call.args[:1])
    }

    assert len(said) > 1000
    assert said - found == set()


@TRANSLATIONS
def test_every_message_is_translated_and_no_other(language: str) -> None:
    said = {message.id for message in messages() if message.id}
    translated = {message.id for message in _translated(language) if message.string and not message.fuzzy}

    assert said - translated == set()
    assert {message.id for message in _translated(language)} - said == set()


@TRANSLATIONS
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    assert [
        (message, translation)
        for message, translation in pairs(language)
        if placeholders(message) != placeholders(translation)
    ] == []


@TRANSLATIONS
def test_what_is_translated_is_what_the_program_reads(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))

    assert (LOCALE / language / "LC_MESSAGES" / "report.mo").read_bytes() == compiled.getvalue()


def test_japanese_is_written_in_japanese() -> None:
    """A translation may be a name or an abbreviation alone, but not a sentence left in English."""
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    words = re.compile(r"[A-Za-z]{2,}")

    assert [
        message
        for message, translation in pairs("ja")
        if len(words.findall(re.sub(r"\{[^}]*\}", "", message))) > 2 and not japanese.search(translation)
    ] == []

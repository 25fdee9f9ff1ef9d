from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.parsers.snapshot.pairs import any_parts, quoted_parts, read_parts

PIECES = st.sampled_from(
    [
        *(
            'Event="Alarm raised"',
            ' Detail="a b"',
            ' Detail= "x"',
            ' Id=" 7 "',
            ' a="',
            '"',
            ' Id=""',
            " PID=<0.3>",
            " ",
        ),
        *(
            ":  this=",
            ' said "so"',
            " some words",
            " Failed: iResult=",
            "-1",
            "=",
            ":",
            "\r",
            "\xa0",
            "\x85",
            "é",
            "-",
        ),
        *(" 2026-03-29T12:24:39 edge tvcs: ", 'UTCTime="2026-03-29 06:54:39,839"', "x" * 200, "\udcff"),
    ]
)


def test_words_between_values_are_no_part_of_a_key() -> None:
    text = 'UTCTime="t" Thread="1": Failed to establish SSL connection iResult="-1" error="1"'

    words, message, pairs, _ = read_parts(text, 0)

    assert (words, message) == ("Failed to establish SSL connection", text[text.index("Failed") :])
    assert pairs == (("UTCTime", "t"), ("Thread", "1"), ("iResult", "-1"), ("error", "1"))


@pytest.mark.parametrize(
    "text",
    [
        'Event="Alarm raised" Id="15004"',
        'UTCTime="t" Module="network.tcp" Level="DEBUG":  Src-ip="192.0.2.1" Detail= "TCP Connecting"',
    ],
)
def test_a_line_of_quoted_values_is_read_at_its_quotes(text: str) -> None:
    assert quoted_parts(text, 0) is not None


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
@example('a="b" ' * 200)
@example('a="b" ' * 199 + 'a="b"')
@example('a="b"' + " 2026-03-29T12:24:39" + ' c="d"')
def test_reading_at_the_quotes_agrees_with_reading_value_by_value(text: str) -> None:
    assert quoted_parts(text, 0) in (None, any_parts(text, 0))

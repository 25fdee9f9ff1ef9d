from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[2] / "templates" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
)
PAIRS = [
    ("ink", "paper"),
    ("ink", "panel"),
    ("quiet", "paper"),
    ("quiet", "panel"),
    ("link", "paper"),
    ("ink", "bad-panel"),
    ("link", "warn-panel"),
    *((tone, "paper") for tone in ("bad", "warn", "good", "info", "open")),
]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_text_has_the_contrast_of_wcag_aa(scheme: dict[str, str], ink: str, paper: str) -> None:
    dark, light = sorted((luminance(scheme[ink]), luminance(scheme[paper])))

    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_style_loads_nothing() -> None:
    assert not re.search(r"url\(|@import", STYLE)

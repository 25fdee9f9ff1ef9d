"""Severity and outcome as tone, icon and word: colour never stands alone."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from analyzer.evidence import Outcome
from analyzer.findings import Confidence, Finding, Severity, Verdict
from analyzer.report import wording
from analyzer.words import say


class Tone(StrEnum):
    """The style that a badge and what it stands on take; rule: as a rule says, which proves nothing good."""

    BAD = "bad"
    WARN = "warn"
    GOOD = "good"
    INFO = "info"
    OPEN = "open"
    RULE = "rule"
    PLAIN = "plain"


_ICONS = {
    Tone.BAD: "✕",
    Tone.WARN: "!",
    Tone.GOOD: "✓",
    Tone.INFO: "i",
    Tone.OPEN: "?",
    Tone.RULE: "=",
    Tone.PLAIN: "",
}

_SEVERITY_TONES = {
    Severity.CRITICAL: Tone.BAD,
    Severity.WARNING: Tone.WARN,
    Severity.INFO: Tone.INFO,
    Severity.OK: Tone.GOOD,
}

_OUTCOME_TONES = {
    Outcome.REFUSED: Tone.BAD,
    Outcome.CLOSED: Tone.WARN,
    Outcome.COMPLETED: Tone.GOOD,
    Outcome.UNKNOWN: Tone.OPEN,
}


class Badge(Struct, frozen=True, kw_only=True):
    """A word with its tone."""

    tone: Tone
    word: str

    @property
    def icon(self) -> str:
        """A sign for the tone; empty for a state that is not judged."""
        return _ICONS[self.tone]


def severity_badge(severity: Severity) -> Badge:
    return Badge(tone=_SEVERITY_TONES[severity], word=wording.SEVERITIES[severity])


def outcome_badge(outcome: Outcome) -> Badge:
    return Badge(tone=_OUTCOME_TONES[outcome], word=wording.OUTCOMES[outcome])


def verdict_badge(verdict: Verdict, but: Finding | None = None) -> Badge:
    """Return the outcome, unless what was presented is the open question; `but`: against a completed handshake."""
    grounds = verdict.grounds
    word = wording.ACCEPTED if grounds.accepted else wording.OUTCOMES[verdict.outcome]
    if but:
        words = say("{outcome}, but: {title}", outcome=word, title=but.title)
        return Badge(tone=_SEVERITY_TONES[but.severity], word=words)
    if verdict.confidence is Confidence.NOT_DETERMINABLE and grounds.refused is None:
        return Badge(tone=Tone.OPEN, word=say("Not determinable"))
    is_another = grounds.accepted and grounds.rule is not None and grounds.rule.kept is False
    return Badge(tone=Tone.WARN if is_another else _OUTCOME_TONES[verdict.outcome], word=word)

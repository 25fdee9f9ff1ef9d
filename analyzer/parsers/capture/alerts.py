"""What the bytes of an alert record say (RFC 8446 section 6); the names are facts."""

from __future__ import annotations

from analyzer.facts.alerts import ALERTS

_LEVELS = {1: "warning", 2: "fatal"}
FATAL = 2
CLOSE_NOTIFY = 0
NO_CERTIFICATE = 41


def level_name(level: int) -> str:
    """Return `warning`, `fatal`, else `level_N`."""
    return _LEVELS.get(level, f"level_{level}")


def is_plausible(payload: bytes) -> bool:
    """Whether a record holds whole alerts in clear: pairs of a level and a code that exist."""
    return len(payload) % 2 == 0 and all(
        level in _LEVELS and code in ALERTS for level, code in zip(payload[::2], payload[1::2], strict=True)
    )

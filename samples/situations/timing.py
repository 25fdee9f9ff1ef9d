"""When things happen in the samples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

STARTED = datetime(2026, 3, 24, 11, 40, 0, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 24, 11, 55, 47, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """Return a time by the seconds since logging started."""
    return STARTED + timedelta(seconds=seconds)


def attempts(first: datetime, *, rounds: int, port: int) -> Iterator[tuple[datetime, int]]:
    """Yield times and client ports of a traversal client that keeps failing.

    Pairs 20 ms apart on consecutive ports, every 40 s (event log of Cisco 225693, test case 1).
    """
    for number in range(rounds):
        for second in range(2):
            yield first + timedelta(seconds=40.16 * number, milliseconds=20 * second), port + 2 * number + second

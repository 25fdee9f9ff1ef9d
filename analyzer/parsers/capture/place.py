"""Where in the captures something was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(Struct, frozen=True, order=True, gc=False):
    """A frame. Places compare in the order in which the frames were read.

    Attributes:
        order: position of the file among those that were read.
        frame: Wireshark's number: 1 is the first of the file.
        nanoseconds: since 1970, UTC.
    """

    order: int
    frame: int
    capture: str
    nanoseconds: int

    @property
    def time(self) -> datetime:
        """The time of the frame, to the microsecond."""
        return instant(self.nanoseconds)


def instant(nanoseconds: int) -> datetime:
    """Return a time in nanoseconds since 1970 as a datetime; one beyond the calendar becomes its last second."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    try:
        return _EPOCH + timedelta(0, seconds, fraction // 1000)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)

"""The validity of a node's own certificates as bars on one scale, with the days on which rules about them begin.

The geometry is worked out here, in the units of the drawing; the caption says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from msgspec import Struct

from analyzer.evidence import Case, Node
from analyzer.findings import Forecast, ForecastKind
from analyzer.report import wording
from analyzer.report.store_names import store_name, store_title
from analyzer.words import Words, say

_WIDTH = 600


class DayView(Struct, frozen=True, kw_only=True):
    """A day on the scale, with what it is called and what begins on it. `is_now`: it is the one that is judged at."""

    x: int
    day: str
    name: str
    words: str = ""
    is_now: bool = False


class ValidityView(Struct, frozen=True, kw_only=True):
    """A certificate's bar from `x` on, `length` long, and its days; `title`: its store's, capitalised."""

    store: Words
    title: Words
    begins: str
    ends: str
    x: int
    length: int
    days: tuple[DayView, ...]
    width: int = _WIDTH


def validity_views(case: Case, node: Node, forecasts: Iterable[Forecast]) -> tuple[ValidityView, ...]:
    """Draw what the client and the server store lead with, as far as dates are known."""
    rows = [
        (forecast, certificate.not_before, certificate.not_after)
        for forecast in forecasts
        if forecast.node == node.name and (certificate := case.certificates.get(forecast.certificate)) is not None
    ]
    known = [(forecast, begins, ends) for forecast, begins, ends in rows if begins and ends and begins < ends]
    now = node.reference_time.time
    days = [_midnight(rule.day) for forecast, _, _ in known for rule in forecast.rules if rule.day]
    moments = [*(moment for _, *span in known for moment in span), *days, *([now] if now else [])]
    if not known:
        return ()
    scale = _Scale(min(moments), max(moments))
    return tuple(
        ValidityView(
            store=store_name(forecast.store, node),
            title=store_title(forecast.store, node),
            begins=f"{begins:%Y-%m-%d}",
            ends=f"{ends:%Y-%m-%d}",
            x=scale.x(begins),
            length=max(1, scale.x(ends) - scale.x(begins)),
            days=_days(forecast, now, scale),
        )
        for forecast, begins, ends in known
    )


class _Scale(Struct, frozen=True):
    first: datetime
    last: datetime

    def x(self, moment: datetime) -> int:
        """Return where a moment is drawn."""
        return round(_WIDTH * ((moment - self.first) / (self.last - self.first)))


def _days(forecast: Forecast, now: datetime | None, scale: _Scale) -> tuple[DayView, ...]:
    rules = [
        DayView(
            x=scale.x(_midnight(rule.day)),
            day=str(rule.day),
            name=wording.FORECAST_KINDS[rule.kind],
            words=rule.text,
        )
        for rule in forecast.rules
        if rule.day and rule.kind is not ForecastKind.EXPIRY  # the bar itself ends there
    ]
    judged = [DayView(x=scale.x(now), day=f"{now:%Y-%m-%d}", name=say("dates judged at"), is_now=True)] if now else []
    return tuple(sorted((*judged, *rules), key=lambda shown: (shown.x, not shown.is_now)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

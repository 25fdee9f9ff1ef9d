"""When a node was last restarted: by the status dump's uptime, and by the log's lines after that.

A certificate that was issued later cannot be the one that was loaded at the restart: that settles what is still served,
alarm or not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from analyzer.evidence import APPLICATION_START, MemberKind
from analyzer.findings import Evidence, EvidenceKind
from analyzer.rules import quote
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import say

_DUMP_TAKES = timedelta(minutes=5)
"""How far the dump's moment may be from the log's first line, which stands for it."""


class Restart(Struct, frozen=True, kw_only=True):
    """The last restart that is known, no earlier than it was. `evidence`: what tells it."""

    time: datetime
    evidence: tuple[Evidence, ...]


def last_restart(view: NodeView) -> Restart | None:
    """Return the last restart; None: neither dump nor log tells one.

    The dump is taken when logging starts, so that its uptime counts back from the log's first line.
    """
    starts = [(e.record.time, e) for e in view.log.named(APPLICATION_START) if e.record.time]
    if starts:
        time, newest = max(starts, key=lambda start: start[0])
        return Restart(time=time, evidence=(quote.quote_event(newest),))
    began = min((log.first for log in view.node.logs if log.first is not None), default=None)
    if began is None or view.node.uptime is None or view.node.uptime < 0:
        return None
    try:
        time = began - timedelta(seconds=view.node.uptime)
    except OverflowError:
        return None
    return Restart(time=time + _DUMP_TAKES, evidence=(_quote_uptime(view, view.node.uptime, time),))


def _quote_uptime(view: NodeView, seconds: int, time: datetime) -> Evidence:
    kinds = (MemberKind.XSTAT_XML, MemberKind.XSTAT_TEXT)
    file = next((member.reference for member in view.node.members if member.kind in kinds), None)
    return Evidence(
        kind=EvidenceKind.STATUS,
        file=file,
        locator="SystemUnit Uptime",
        text=say(
            "uptime {seconds} s when logging started: restarted at about {time}",
            seconds=seconds,
            time=person_utc(time),
        ),
    )

"""When things happened: handshakes, TLS errors, alarms and changes of each node, over the time that was captured.

Times of the log are drawn by the capture's clock where the offset of both is known. The geometry is worked out here;
the template only draws. The list of moments beside it says the same in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from analyzer.evidence import APPLICATION_START, CERTIFICATE_MANAGEMENT, Case, Event, Node, Outcome
from analyzer.report import fitting, wording
from analyzer.report.views.badge import Tone, outcome_badge
from analyzer.report.views.spot import Spot, line_spot
from analyzer.words import say

MAX_NODES = 8
MAX_MOMENTS = 40
LEFT, RIGHT = 190, 1110
_BUCKETS = 184
_TOP, _LANE, _NODE_GAP, _TALLEST = 34, 26, 32, 18

_CHANGES = frozenset(
    {
        "Alarm Lowered",
        "Alarm Raised",
        "Application Exit",
        "Application Failed",
        APPLICATION_START,
        CERTIFICATE_MANAGEMENT,
        "System Configuration Changed",
    }
)


class Bar(Struct, frozen=True, kw_only=True):
    """A mark from `x` on, `width` wide, standing `height` high on its lane's line. `words`: what it is."""

    x: int
    width: int
    height: int
    tone: str
    words: str


class Lane(Struct, frozen=True, kw_only=True):
    """A row of marks on the line at `y`. `span`: what was covered, as from and to; None: not known."""

    y: int
    name: str
    span: tuple[int, int] | None
    bars: tuple[Bar, ...]


class NodeLanes(Struct, frozen=True, kw_only=True):
    """One node's lanes under its name at `y`. `clock`: how its log's clock was corrected."""

    y: int
    name: str
    clock: str
    lanes: tuple[Lane, ...]


class Moment(Struct, frozen=True, kw_only=True):
    """A change or the first error of its kind, in words."""

    time: str
    node: str
    what: str
    where: Spot


class Timeline(Struct, frozen=True, kw_only=True):
    """The drawing with its ends in time, and the moments in words; `more`: moments beyond the limit."""

    height: int
    first: str
    last: str
    nodes: tuple[NodeLanes, ...]
    moments: tuple[Moment, ...]
    more: int
    left: int = LEFT
    right: int = RIGHT


class _Scale:
    """From times to places on the drawing."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self._first = first
        self._seconds = max((last - first).total_seconds(), 1.0)

    def bucket(self, time: datetime) -> int:
        share = (time - self._first).total_seconds() / self._seconds
        return min(max(int(share * _BUCKETS), 0), _BUCKETS - 1)

    def x(self, bucket: int) -> int:
        return LEFT + bucket * (RIGHT - LEFT) // _BUCKETS

    def span(self, times: Sequence[datetime]) -> tuple[int, int] | None:
        return (self.x(self.bucket(min(times))), self.x(self.bucket(max(times)) + 1)) if times else None


def timeline_of(case: Case, nodes: Sequence[Node]) -> Timeline | None:
    """Draw the nodes in the order given; None: there is nothing that has a time."""
    shown = nodes[:MAX_NODES]
    offsets = {node.name: node.log_ahead for node in case.nodes}
    times = [time for node in shown for time in (*_captured(node), *_logged(node))]
    times += [c.handshake.started for c in case.connections]
    times += [_shifted(e.record.time, offsets.get(e.node)) for e in case.events if e.record.time]
    if not times:
        return None
    scale = _Scale(min(times), max(times))
    y, drawn = _TOP, []
    for node in shown:
        lanes = _lanes(case, node, scale, y + 4)
        drawn.append(
            NodeLanes(y=y, name=fitting.fitted(wording.node_label(node.name), 24), clock=_clock(node), lanes=lanes)
        )
        y += len(lanes) * _LANE + _NODE_GAP
    moments = _moments(case.events)
    return Timeline(
        height=y,
        first=wording.utc(min(times)),
        last=wording.utc(max(times)),
        nodes=tuple(drawn),
        moments=tuple(moments[:MAX_MOMENTS]),
        more=max(0, len(moments) - MAX_MOMENTS),
    )


def _lanes(case: Case, node: Node, scale: _Scale, y: int) -> tuple[Lane, ...]:
    offset = node.log_ahead
    events = [(e, _shifted(e.record.time, offset)) for e in case.events if e.node == node.name and e.record.time]
    handshakes = [c for c in case.connections if c.node == node.name]
    bad, warn, error = Tone.BAD.value, Tone.WARN.value, say("TLS error")
    errors = [(time, bad, error) for event, time in events if event.record.error]
    changes = [(time, warn, event.record.name) for event, time in events if event.record.name in _CHANGES]
    rows = (
        (
            say("captured"),
            _captured(node),
            [(c.handshake.started, _tone(c.outcome), wording.OUTCOMES[c.outcome]) for c in handshakes],
        ),
        (say("log: TLS errors"), _logged(node), errors),
        (say("log: changes, alarms"), _logged(node), changes),
    )
    lanes = []
    for name, covered, marks in rows:
        if covered or marks:
            y += _LANE
            lanes.append(Lane(y=y, name=name, span=scale.span(covered), bars=_bars(marks, scale)))
    return tuple(lanes)


def _bars(marks: Iterable[tuple[datetime, str, str]], scale: _Scale) -> tuple[Bar, ...]:
    """Stand equal marks of one bucket on each other; the tallest bucket fills the lane."""
    counts: Counter[tuple[int, str, str]] = Counter((scale.bucket(time), tone, words) for time, tone, words in marks)
    highest = max(counts.values(), default=1)
    width = max((RIGHT - LEFT) // _BUCKETS, 3)
    bars = []
    for (bucket, tone, words), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0])):
        height = 6 + (_TALLEST - 6) * count // highest
        told = say("{what}, {count:,} times", what=words, count=count)
        bars.append(Bar(x=scale.x(bucket), width=width, height=height, tone=tone, words=told))
    return tuple(bars)


def _moments(events: Iterable[Event]) -> list[Moment]:
    """Return every change, and of each kind of TLS error of a node the first."""
    moments, seen = [], set()
    for event in events:
        record = event.record
        kind = (event.node, record.error or "")
        is_first = record.error is not None and kind not in seen
        if record.time and (record.name in _CHANGES or is_first):
            seen.add(kind)
            moments.append(
                Moment(
                    time=wording.utc(record.time),
                    node=wording.node_label(event.node),
                    what=f"{record.name}: {record.detail}" if record.detail else record.name,
                    where=line_spot(record.file, record.line),
                )
            )
    return moments


def _tone(outcome: Outcome) -> str:
    return outcome_badge(outcome).tone.value


def _captured(node: Node) -> list[datetime]:
    return [time for file in node.captures for time in (file.first, file.last) if time]


def _logged(node: Node) -> list[datetime]:
    offset = node.log_ahead
    return [_shifted(time, offset) for span in node.logs for time in (span.first, span.last) if time]


def _shifted(time: datetime, offset: timedelta | None) -> datetime:
    """Return a time of the log by the capture's clock; at the ends of the calendar it stays as it is."""
    try:
        return time - offset if offset else time
    except OverflowError:
        return time


def _clock(node: Node) -> str:
    if node.clock_offset is None:
        return say("log and capture are drawn by their own clocks") if node.logs and node.captures else ""
    return say("log drawn by the capture's clock: {clock}", clock=wording.clock(node.clock_offset))

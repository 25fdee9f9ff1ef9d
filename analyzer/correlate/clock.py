"""How far the log's clock is from the capture's, measured on what both show.

The join is on the 4-tuple alone, so an offset of whole hours (a time zone in one source) is found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct, field

from analyzer.correlate.sides import Ends
from analyzer.evidence import ClockOffset, Handshake, LogEvent, LogTrace, TcpConversation

LEAST_JOINS = 3
"""With fewer joins an offset would be a guess (design: truth 7)."""

_MOMENT = timedelta(seconds=30)
_CONNECTING, _ESTABLISHED = "connecting", frozenset({"established", "accepted"})

Flow = Handshake | TcpConversation


def measure_offset(
    traces: Iterable[LogTrace],
    events: Iterable[LogEvent],
    handshakes: Sequence[Handshake],
    conversations: Sequence[TcpConversation],
) -> ClockOffset | None:
    """Return log time minus capture time: the median over connections that both show exactly once.

    Each line is compared with the frame that tells the same: that a connection stands, with the end of TCP's
    handshake; else that it is being opened, with its SYN; else an error, with the last frame of the TLS handshake.
    Where a capture lacks these frames, the first one that it shows is compared with the first line.
    """
    flows: dict[Ends, list[Flow]] = defaultdict(list)
    captured: tuple[Flow, ...] = (*handshakes, *conversations)
    for flow in captured:
        flows[frozenset((flow.client, flow.server))].append(flow)
    logged: dict[Ends, _Logged] = defaultdict(_Logged)
    for trace in traces:
        lines = logged[frozenset((trace.source, trace.destination))]
        if trace.what == _CONNECTING:
            lines.connecting.append(trace.time)
        elif trace.what in _ESTABLISHED:
            lines.established.append(trace.time)
    for event in events:
        if event.error and event.time and event.source and event.destination:
            logged[frozenset((event.source, event.destination))].failed.append(event.time)
    differences = [
        difference
        for ends, same in flows.items()
        if len(same) == 1 and ends in logged and (difference := _difference(logged[ends], same[0])) is not None
    ]
    if len(differences) < LEAST_JOINS:
        return None
    middle = median(differences)
    spread = median(abs(difference - middle) for difference in differences)
    return ClockOffset(seconds=round(middle, 6), joins=len(differences), spread=round(spread, 6))


class _Logged(Struct):
    """What the log says of a pair of ends: the times of its lines, by what they tell."""

    connecting: list[datetime] = field(default_factory=list)
    established: list[datetime] = field(default_factory=list)
    failed: list[datetime] = field(default_factory=list)


def _difference(logged: _Logged, flow: Flow) -> float | None:
    """Return by how many seconds the log has a connection later; None: it has several, or says too little."""
    opening = (*logged.connecting, *logged.established)
    if not _once(opening):
        return (min(logged.failed) - _end_of(flow)).total_seconds() if _once(logged.failed) else None
    opened, established = _opening_of(flow)
    if established and logged.established:
        return (min(logged.established) - established).total_seconds()
    if opened and logged.connecting:
        return (min(logged.connecting) - opened).total_seconds()
    return (min(opening) - flow.started).total_seconds()


def _once(times: Sequence[datetime]) -> bool:
    """One connection gives several lines, all within a moment."""
    return bool(times) and max(times) - min(times) < _MOMENT


def _opening_of(flow: Flow) -> tuple[datetime | None, datetime | None]:
    """Return the times of the SYN and of the end of TCP's handshake; None: not captured, or not kept."""
    return (flow.started, None) if isinstance(flow, TcpConversation) else (flow.opened, flow.established)


def _end_of(flow: Flow) -> datetime:
    if isinstance(flow, TcpConversation):
        return flow.ended or flow.started
    return max((frame.time for frame in flow.frames), default=flow.started)

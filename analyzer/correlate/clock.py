"""How far the log's clock is from the capture's, measured on what both show.

The join is on the 4-tuple alone, so an offset of whole hours (a time zone in one source) is found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from analyzer.evidence import ClockOffset, Endpoint, Handshake, LogEvent, LogTrace, TcpConversation

LEAST_JOINS = 3
"""With fewer joins an offset would be a guess (design: truth 7)."""

_MOMENT = timedelta(seconds=30)
_OPENING = frozenset({"connecting", "established", "accepted"})

Ends = frozenset[Endpoint]


def measure_offset(
    traces: Iterable[LogTrace],
    events: Iterable[LogEvent],
    handshakes: Sequence[Handshake],
    conversations: Sequence[TcpConversation],
) -> ClockOffset | None:
    """Return log time minus capture time: the median over connections that both show exactly once.

    The opening of a connection is compared with its first frame; where the log has only the error, that is
    compared with the last frame of the handshake.
    """
    flows: dict[Ends, list[Handshake | TcpConversation]] = defaultdict(list)
    captured: tuple[Handshake | TcpConversation, ...] = (*handshakes, *conversations)
    for flow in captured:
        flows[frozenset((flow.client, flow.server))].append(flow)
    opened: dict[Ends, list[datetime]] = defaultdict(list)
    for trace in traces:
        if trace.what in _OPENING:
            opened[frozenset((trace.source, trace.destination))].append(trace.time)
    failed: dict[Ends, list[datetime]] = defaultdict(list)
    for event in events:
        if event.error and event.time and event.source and event.destination:
            failed[frozenset((event.source, event.destination))].append(event.time)
    differences = [
        (min(opened[ends]) - same[0].started).total_seconds()
        if _once(opened.get(ends))
        else (min(failed[ends]) - _end_of(same[0])).total_seconds()
        for ends, same in flows.items()
        if len(same) == 1 and (_once(opened.get(ends)) or _once(failed.get(ends)))
    ]
    if len(differences) < LEAST_JOINS:
        return None
    middle = median(differences)
    spread = median(abs(difference - middle) for difference in differences)
    return ClockOffset(seconds=round(middle, 6), joins=len(differences), spread=round(spread, 6))


def _once(times: Sequence[datetime] | None) -> bool:
    """One connection gives several lines, all within a moment."""
    return times is not None and max(times) - min(times) < _MOMENT


def _end_of(flow: Handshake | TcpConversation) -> datetime:
    if isinstance(flow, TcpConversation):
        return flow.ended or flow.started
    return max((frame.time for frame in flow.frames), default=flow.started)

"""One handshake that two interfaces saw is one handshake, whether each saw all of it or one direction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from analyzer.evidence import CertificateMessage, Endpoint, Handshake, Side, Step, Visibility

_APART = timedelta(milliseconds=50)
"""Between two interfaces of one host; no client shakes hands twice from one port in that time."""
_ANSWERED = timedelta(seconds=30)
"""What a server may take for its first answer: a client gives up before."""
_SENT = frozenset({Visibility.SEEN, Visibility.NONE_SENT})


def merge_interfaces(handshakes: Sequence[Handshake]) -> tuple[Handshake, ...]:
    """Merge handshakes that captures of different interfaces show at once; they come by their start time.

    Of two that are the same the first one's frames are kept. Of two halves, where packets come in through one
    interface and go out through the other, the whole is made.
    """
    kept: list[Handshake] = []
    newest: dict[tuple[Endpoint, Endpoint], int] = {}
    for handshake in handshakes:
        ends = (handshake.client, handshake.server)
        twin = newest.get(ends)
        if twin is not None and not set(kept[twin].captures) & set(handshake.captures):
            if _is_same(kept[twin], handshake):
                kept[twin] = replace(kept[twin], captures=(*kept[twin].captures, *handshake.captures))
                continue
            if _are_halves(kept[twin], handshake):
                kept[twin] = _joined(kept[twin], handshake)
                continue
        newest[ends] = len(kept)
        kept.append(handshake)
    return tuple(kept)


def _is_same(one: Handshake, other: Handshake) -> bool:
    return (
        abs(other.started - one.started) < _APART
        and one.server_certificate == other.server_certificate
        and one.client_certificate == other.client_certificate
    )


def _are_halves(first: Handshake, second: Handshake) -> bool:
    return (
        {frame.sender for frame in first.frames} == {Side.CLIENT}
        and {frame.sender for frame in second.frames} == {Side.SERVER}
        and second.started - first.started < _ANSWERED
    )


def _joined(client: Handshake, server: Handshake) -> Handshake:
    """Make one handshake of what either side sent; what was negotiated and asked for, the server's half says."""
    frames = tuple(sorted((*client.frames, *server.frames), key=lambda frame: frame.time))
    alerts = tuple(sorted((*client.alerts, *server.alerts), key=lambda alert: alert.time))
    records = (*client.encrypted_records, *server.encrypted_records)
    closed = next((frame for frame in frames if frame.step is Step.CLOSED), None)
    frames = tuple(frame for frame in frames if frame.step is not Step.CLOSED or frame is closed)
    finished = {frame.sender for frame in frames if frame.step is Step.FINISHED} == set(Side)
    is_refused = any(alert.is_fatal for alert in alerts)
    closing = client if closed and closed.sender is Side.CLIENT else server
    return replace(
        server,
        captures=(*client.captures, *server.captures),
        started=client.started,
        opened=client.opened,
        established=client.established,
        server_name=client.server_name,
        seen_from_start=finished and client.frame(Step.CLIENT_HELLO) is not None,
        frames=frames,
        client_certificate=_of_client(client.client_certificate, server.client_certificate),
        alerts=alerts,
        completed=True if finished or server.completed else False if is_refused else None,
        closed_by=closed.sender if closed else None,
        closed_by_reset=closing.closed_by_reset,
        last_record_before_close=closing.last_record_before_close,
        encrypted_records=tuple(sorted(records, key=lambda record: record.time)),
        signature_algorithms=client.signature_algorithms,
        client_random=client.client_random,
    )


def _of_client(own: CertificateMessage, by_server: CertificateMessage) -> CertificateMessage:
    """What was sent stands in the client's half; whether it was asked for at all, in the server's."""
    if own.visibility in _SENT or by_server.visibility is Visibility.NOT_CAPTURED:
        return own
    return by_server

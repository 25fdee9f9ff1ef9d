"""One handshake that two interfaces saw is one handshake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from analyzer.evidence import Endpoint, Handshake

_APART = timedelta(milliseconds=50)
"""Between two interfaces of one host; no client shakes hands twice from one port in that time."""


def merge_interfaces(handshakes: Sequence[Handshake]) -> tuple[Handshake, ...]:
    """Merge handshakes that captures of different interfaces show at once. The first one's frames are kept."""
    kept: list[Handshake] = []
    newest: dict[tuple[Endpoint, Endpoint], int] = {}
    for handshake in handshakes:
        ends = (handshake.client, handshake.server)
        twin = newest.get(ends)
        if twin is not None and _is_same(kept[twin], handshake):
            kept[twin] = replace(kept[twin], captures=(*kept[twin].captures, *handshake.captures))
            continue
        newest[ends] = len(kept)
        kept.append(handshake)
    return tuple(kept)


def _is_same(one: Handshake, other: Handshake) -> bool:
    return (
        not set(one.captures) & set(other.captures)
        and abs(other.started - one.started) < _APART
        and one.server_certificate == other.server_certificate
        and one.client_certificate == other.client_certificate
    )

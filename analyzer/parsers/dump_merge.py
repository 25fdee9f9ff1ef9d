"""Joins the XML and the text dump of one moment: each fills in what the other lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from analyzer.evidence import Alarm, Cluster, Configuration, NeededNames, Status, Zone, ZonePeer

R = TypeVar("R", Configuration, Status, Zone, ZonePeer, Cluster, NeededNames)

_PLACEHOLDER = re.compile(r"Zone \d+")
"""What `zone_name` makes up."""


def fill(primary: R, fallback: R) -> R:
    """Return `primary` with what it lacks (None, or empty) taken from `fallback`."""
    lacking: dict[str, Any] = {
        name: getattr(fallback, name)
        for name in primary.__struct_fields__
        if getattr(primary, name) in (None, ()) and getattr(fallback, name) is not None
    }
    return replace(primary, **lacking)


def fill_optional(primary: R | None, fallback: R | None) -> R | None:
    """Return `fill`, where either may be missing."""
    return fill(primary, fallback) if primary and fallback else primary or fallback


def merge_zones(primary: Sequence[Zone], fallback: Sequence[Zone]) -> tuple[Zone, ...]:
    """Return all zones, those of one name (or, where either has none, of one index) joined."""
    by_name = {zone.name: position for position, zone in reversed(list(enumerate(fallback)))}
    by_index = {zone.index: position for position, zone in enumerate(fallback) if zone.index is not None}
    joined: set[int] = set()
    merged = []
    for zone in primary:
        position = by_name.get(zone.name)
        if position is None:
            position = None if zone.index is None else by_index.get(zone.index)
            if position is not None and not (_is_unnamed(zone) or _is_unnamed(fallback[position])):
                position = None
        if position is None or position in joined:
            merged.append(zone)
        else:
            joined.add(position)
            merged.append(_fill_zone(zone, fallback[position]))
    return (*merged, *(zone for position, zone in enumerate(fallback) if position not in joined))


def _is_unnamed(zone: Zone) -> bool:
    return _PLACEHOLDER.fullmatch(zone.name) is not None


def _fill_zone(primary: Zone, fallback: Zone) -> Zone:
    by_address = {peer.address: peer for peer in fallback.peers}
    peers = tuple(fill(peer, by_address.get(peer.address, peer)) for peer in primary.peers)
    name = fallback.name if _is_unnamed(primary) else primary.name
    return replace(fill(primary, fallback), name=name, peers=peers or fallback.peers)


def merge_alarms(primary: Sequence[Alarm], fallback: Sequence[Alarm]) -> tuple[Alarm, ...]:
    """Return all alarms, each once."""
    known: dict[tuple[str | None, str], Alarm] = {}
    for alarm in (*primary, *fallback):
        known.setdefault((alarm.id, alarm.title), alarm)
    return tuple(known.values())


def union(primary: Sequence[str], fallback: Sequence[str]) -> tuple[str, ...]:
    """Return all strings, each once, those of `primary` first."""
    return tuple(dict.fromkeys((*primary, *fallback)))

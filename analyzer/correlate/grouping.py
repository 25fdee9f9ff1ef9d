"""Which members belong to one node.

Members of one archive or folder that name the same host are one node. Members that name no host belong to
the only host beside them. Loose files on the command line share one container of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from analyzer.evidence import MemberKind

LOOSE = ""
"""The container of the loose files."""

_ONE_PER_NODE = frozenset(MemberKind) - {MemberKind.CAPTURE, MemberKind.CERTIFICATE, MemberKind.OTHER}


class Groupable(Protocol):
    """The part of a member that grouping looks at."""

    @property
    def container(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def taken(self) -> datetime | None: ...
    @property
    def kind(self) -> MemberKind: ...


M = TypeVar("M", bound=Groupable)


def group_members(members: Iterable[M]) -> tuple[tuple[M, ...], ...]:
    """Group members into nodes, in the order in which the nodes first appear."""
    groups: dict[tuple[str, str | None], list[M]] = defaultdict(list)
    for member in members:
        groups[member.container, member.host].append(member)
    _adopt_unnamed(groups)
    _adopt_loose(groups)
    return tuple(part for group in groups.values() for part in _split_by_time(group))


def _adopt_unnamed(groups: dict[tuple[str, str | None], list[M]]) -> None:
    hosts = Counter(container for container, host in groups if host is not None)
    for container in {container for container, host in groups if host is None}:
        if hosts[container] == 1 and container != LOOSE:
            host = next(host for other, host in groups if other == container and host is not None)
            groups[container, host] += groups.pop((container, None))


def _adopt_loose(groups: dict[tuple[str, str | None], list[M]]) -> None:
    for container, host in list(groups):
        homes = [key for key in groups if key[1] == host and key[0] != LOOSE]
        if container == LOOSE and host is not None and len(homes) == 1:
            groups[homes[0]] += groups.pop((container, host))


def _split_by_time(group: Sequence[M]) -> list[tuple[M, ...]]:
    """Keep two bundles of one host apart that were unpacked into one folder."""
    kinds = Counter(member.kind for member in group if member.kind in _ONE_PER_NODE and member.taken)
    if not any(count > 1 for count in kinds.values()):
        return [tuple(group)]
    by_time: dict[datetime | None, list[M]] = defaultdict(list)
    for member in group:
        by_time[member.taken].append(member)
    if len(by_time) > 1 and None in by_time:
        latest = max(time for time in by_time if time is not None)
        by_time[latest] += by_time.pop(None)
    return [tuple(part) for _, part in sorted(by_time.items(), key=lambda item: str(item[0]))]

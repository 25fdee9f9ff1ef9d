"""Rows of a status dump whose place is not documented: SSH tunnels and alarms, found by the names of their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from analyzer.evidence import Alarm, Tunnel
from analyzer.parsers.leaves import Leaf, Leaves, Step

_TUNNEL_HOME = re.compile(r"\w{0,64}tunnels?")
_TUNNEL_FIELDS = {
    **dict.fromkeys(
        ("target", "targetaddress", "targethost", "host", "hostname", "destination", "address"), "target"
    ),
    **dict.fromkeys(("domain", "domainname"), "domain"),
    **dict.fromkeys(("status", "state", "tunnelstatus"), "status"),
    **dict.fromkeys(("reason", "cause", "error", "failurereason"), "reason"),
    **dict.fromkeys(("peer", "peeraddress", "peername", "localpeer"), "peer"),
}
_ALARM_HOME = re.compile(r"(?:system)?(?:alarms?|warnings?)")
_ALARM_FIELDS = {
    **dict.fromkeys(("id", "alarmid", "number", "code"), "id"),
    **dict.fromkeys(("title", "name", "summary"), "title"),
    **dict.fromkeys(("reason", "description", "message", "text", "detail", "details"), "description"),
    **dict.fromkeys(("severity", "level", "priority"), "severity"),
    **dict.fromkeys(("state", "status", "alarmstate"), "state"),
    **dict.fromkeys(
        ("firstraised", "raised", "raisedtime", "timeraised", "timestamp", "time", "lastraised"), "raised"
    ),
}
_MOST_WORDS = 3
_LOWERED = re.compile(r"lowered|cleared|inactive|normal|resolved|off|false|no|none|0", re.IGNORECASE)


class _Row(Struct):
    path: str
    values: dict[str, str] = field(default_factory=dict)


def tunnels(leaves: Leaves, file: str) -> tuple[Tunnel, ...] | None:
    """Return the SSH tunnels; None: the dump has no part about tunnels."""
    if not any(_is_in(leaf, _TUNNEL_HOME) for leaf in leaves):
        return None
    return tuple(
        Tunnel(
            target=row.values.get("target"),
            domain=row.values.get("domain"),
            status=row.values.get("status"),
            reason=row.values.get("reason"),
            peer=row.values.get("peer"),
            source=f"{file}: {row.path}",
        )
        for row in _rows(leaves, _TUNNEL_HOME, _TUNNEL_FIELDS)
        if "target" in row.values or ("status" in row.values and "domain" in row.values)
    )


def alarms(leaves: Leaves, file: str) -> tuple[Alarm, ...]:
    """Return the alarms that are not lowered, each once; older releases call them warnings."""
    found: dict[tuple[str | None, str], Alarm] = {}
    for row in _rows(leaves, _ALARM_HOME, _ALARM_FIELDS):
        identifier = row.values.get("id")
        title = row.values.get("title") or row.values.get("description") or identifier
        if title and not _LOWERED.fullmatch(row.values.get("state", "")):
            alarm = Alarm(
                id=identifier,
                severity=row.values.get("severity"),
                title=title,
                raised=row.values.get("raised"),
                source=f"{file}: {row.path}",
            )
            found.setdefault((identifier, title), alarm)
    return tuple(found.values())


def _rows(leaves: Leaves, home: re.Pattern[str], fields: Mapping[str, str]) -> Iterator[_Row]:
    """Yield the rows below a home, each the values that share the steps before their field's name."""
    rows: dict[tuple[Step, ...], _Row] = {}
    for leaf in leaves:
        found = _field(leaf, home, fields) if leaf.value and _is_in(leaf, home) else None
        if found:
            end, name = found
            row = rows.setdefault(leaf.trail[:end], _Row(leaf.path_to(end)))
            row.values.setdefault(name, leaf.value)
    yield from rows.values()


def _field(leaf: Leaf, home: re.Pattern[str], fields: Mapping[str, str]) -> tuple[int, str] | None:
    """Return where the field's name begins, and which field it is: the longest ending that is one."""
    found = None
    name = ""
    for end in range(len(leaf.trail) - 1, max(leaf.begin, len(leaf.trail) - 1 - _MOST_WORDS), -1):
        word = leaf.trail[end].word
        if home.fullmatch(word):
            break
        name = word + name
        if name in fields:
            found = end, fields[name]
    return found


def _is_in(leaf: Leaf, home: re.Pattern[str]) -> bool:
    return any(home.fullmatch(step.word) for step in leaf.trail[leaf.begin : leaf.begin + 3])

"""What a port suggests: a hint for the reader, never a proof of role or peer.

Source: Cisco Expressway IP Port Usage Configuration Guide (X14.3 and X15.0). Ports are defaults; each can be changed.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from analyzer.evidence import NodeRole, Side
from analyzer.facts.store import PACKAGED, Facts, Row
from analyzer.words import Words


class Service(Struct, frozen=True, kw_only=True):
    """A service on the server's ports `first` to `last`. `node_role`, `local_role`: None: any, known or not."""

    id: str
    first: int
    last: int
    label: Words
    node_role: NodeRole | None
    local_role: Side | None
    source: str


class SourcePorts(Struct, frozen=True, kw_only=True):
    """The Expressway's own ports `first` to `last`, and the program that opens connections from them."""

    id: str
    first: int
    last: int
    label: Words
    source: str


@cache
def services(facts: Facts = PACKAGED) -> tuple[Service, ...]:
    """Return all services; the first one that fits a port is the one."""
    return tuple(
        Service(
            id=row.id,
            first=row.number("port"),
            last=_last_port(row),
            label=row.words("label"),
            node_role=row.choice("node_role", NodeRole) if "node_role" in row.cells else None,
            local_role=row.choice("local_role", Side) if "local_role" in row.cells else None,
            source=row.text("source"),
        )
        for row in facts.rows("service")
    )


@cache
def source_port_ranges(facts: Facts = PACKAGED) -> tuple[SourcePorts, ...]:
    """Return the ranges that the Expressway opens connections from."""
    return tuple(
        SourcePorts(
            id=row.id,
            first=row.number("port"),
            last=_last_port(row),
            label=row.words("label"),
            source=row.text("source"),
        )
        for row in facts.rows("source_ports")
    )


def service_label(
    port: int,
    local_role: Side | None = None,
    node_role: NodeRole = NodeRole.UNKNOWN,
    facts: Facts = PACKAGED,
) -> Words | None:
    """Return what the server's port of a connection suggests; None: nothing.

    Args:
        port: the server's, whichever side that is.
        local_role: the side that the node had; None: not known.
        node_role: the node's role.
        facts: the facts to answer from.
    """
    for service in services(facts):
        if (
            service.first <= port <= service.last
            and service.local_role in {None, local_role}
            and service.node_role in {None, node_role}
        ):
            return service.label
    return None


def source_ports(port: int, facts: Facts = PACKAGED) -> SourcePorts | None:
    """Return the range that the Expressway's own port of an outgoing connection lies in; None: none."""
    return next((ports for ports in source_port_ranges(facts) if ports.first <= port <= ports.last), None)


def _last_port(row: Row) -> int:
    return row.number("last_port") if "last_port" in row.cells else row.number("port")

"""The case: all that was read of all nodes, joined."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from analyzer.evidence.certificate import Certificate, CertificateOrigin
from analyzer.evidence.connection import Connection, Event
from analyzer.evidence.node import ClockOffset, Node, ReferenceTime
from analyzer.evidence.path import IssuerPath
from analyzer.evidence.source import Input, Problem


class Origin(Struct, frozen=True, kw_only=True):
    """Public or private, and the reason for it. `strong`: decided by marks inside the certificate."""

    origin: CertificateOrigin
    reason: str
    strong: bool = True


class Twin(Struct, frozen=True, kw_only=True, gc=False):
    """One connection in the captures of two nodes.

    Attributes:
        first, second: its ids, in the order of the pair's nodes.
        same_hello: both show the same ClientHello. If not, addresses, ports and time say that it is one connection:
            somebody in between ends TLS and begins it anew.
    """

    first: str
    second: str
    same_hello: bool


class NodePair(Struct, frozen=True, kw_only=True):
    """Two nodes whose captures show the same connections.

    Attributes:
        first, second: the nodes' names, in their order, whichever bundle was given first.
        offset: the second's capture time minus the first's, measured on the same ClientHellos if there are any.
    """

    first: str | None
    second: str | None
    twins: tuple[Twin, ...]
    offset: ClockOffset


class Case(Struct, frozen=True, kw_only=True):
    """Everything that is known, joined. Immutable; rules and reports read nothing else.

    Attributes:
        certificates: by SHA-256 of the DER.
        origins: by the same key.
        connections: by start time; ids `c1`, `c2` …
        events: by time, file and line; ids `e1`, `e2` …
        pairs: nodes whose captures show the same connections, in the order of these.
        paths: of the stores' leaves and of what was presented, by node.
    """

    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    certificates: Mapping[str, Certificate]
    origins: Mapping[str, Origin]
    connections: tuple[Connection, ...]
    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    reference_time: ReferenceTime
    pairs: tuple[NodePair, ...] = ()
    paths: tuple[IssuerPath, ...] = ()

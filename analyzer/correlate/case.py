"""The one door of the correlator: readings in, the joined case out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from analyzer.correlate.both_ends import Translations, match_ends, name_behind, name_ends, pairs_of, translations_of
from analyzer.correlate.clock import measure_offset
from analyzer.correlate.connections import Draft, draft_connections, finish
from analyzer.correlate.interfaces import merge_interfaces
from analyzer.correlate.nodes import build_nodes
from analyzer.correlate.origin import origins_of
from analyzer.correlate.partners import find_partners
from analyzer.correlate.paths import paths_of
from analyzer.correlate.peers import Contact, identify_peer
from analyzer.correlate.reading import NodeReading
from analyzer.correlate.sides import Ends
from analyzer.evidence import (
    Case,
    Certificate,
    Connection,
    Event,
    Input,
    LogEvent,
    Node,
    Origin,
    Peer,
    Problem,
    ReferenceTime,
    Side,
)
from analyzer.facts.store import PACKAGED, Facts

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def join(
    *,
    inputs: tuple[Input, ...],
    readings: Sequence[NodeReading],
    certificates: Mapping[str, Certificate],
    problems: tuple[Problem, ...],
    as_of: datetime | None = None,
    facts: Facts = PACKAGED,
) -> Case:
    """Join what was read of every node into one case."""
    readings = [replace(reading, handshakes=merge_interfaces(reading.handshakes)) for reading in readings]
    nodes = tuple(
        replace(
            node,
            clock_offset=measure_offset(reading.traces, reading.events, reading.handshakes, reading.conversations),
        )
        for node, reading in zip(build_nodes(readings, as_of), readings, strict=True)
    )
    drafts = [
        draft
        for node, reading in zip(nodes, readings, strict=True)
        for draft in draft_connections(node, reading, nodes, certificates, facts)
    ]
    drafts.sort(key=lambda draft: (draft.handshake.started, draft.handshake.client, draft.node.name or ""))
    matches = match_ends(drafts, nodes)
    translations = translations_of(drafts, matches)
    drafts = name_ends(drafts, matches, translations)
    connections, events = _number(drafts, nodes, readings, certificates, translations, facts)
    nodes = find_partners(nodes, connections)
    return Case(
        inputs=inputs,
        nodes=nodes,
        certificates=certificates,
        origins=_origins(nodes, certificates),
        connections=connections,
        events=events,
        problems=problems,
        reference_time=_latest(nodes),
        pairs=pairs_of(drafts, matches, [connection.id for connection in connections]),
        paths=paths_of(nodes, connections, certificates),
    )


def _number(
    drafts: Sequence[Draft],
    nodes: Sequence[Node],
    readings: Sequence[NodeReading],
    certificates: Mapping[str, Certificate],
    translations: Translations,
    facts: Facts,
) -> tuple[tuple[Connection, ...], tuple[Event, ...]]:
    """Number connections and events, and tie them to each other."""
    logged = sorted(
        ((node, event) for node, reading in zip(nodes, readings, strict=True) for event in reading.events),
        key=lambda pair: (pair[1].time or _EARLIEST, pair[1].file, pair[1].line),
    )
    event_ids = {id(event): f"e{number}" for number, (_, event) in enumerate(logged, 1)}
    home: dict[int, tuple[str, Peer]] = {}
    connections = []
    for number, draft in enumerate(drafts, 1):
        identifier = f"c{number}"
        ids = tuple(event_ids[id(event)] for event in draft.events)
        connections.append(finish(draft, identifier, ids, nodes, certificates))
        home.update({id(event): (identifier, draft.peer) for event in draft.events})
    names = _names_by_ends(readings)
    events = []
    for node, event in logged:
        connection, peer = home.get(id(event), (None, None))
        events.append(
            Event(
                id=event_ids[id(event)],
                node=node.name,
                record=event,
                peer=peer or _peer_of(event, names, node, nodes, translations, facts),
                connection=connection,
            )
        )
    return tuple(connections), tuple(events)


class _LoggedNames(Struct):
    """The names that the lines of one connection give its peer; of several lines only one does."""

    asked: set[str] = field(default_factory=set)
    presented: set[str] = field(default_factory=set)


def _names_by_ends(readings: Sequence[NodeReading]) -> Mapping[Ends, _LoggedNames]:
    names: dict[Ends, _LoggedNames] = defaultdict(_LoggedNames)
    for reading in readings:
        for event in reading.events:
            if event.common_name and event.source and event.destination:
                names[frozenset((event.source, event.destination))].asked.add(event.common_name.lower())
        for identity in reading.identities:
            if identity.local and identity.remote:
                presented = names[frozenset((identity.local, identity.remote))].presented
                presented.update(name.lower() for name in identity.names)
    return names


def _origins(nodes: Sequence[Node], certificates: Mapping[str, Certificate]) -> dict[str, Origin]:
    trusted = frozenset(identity for node in nodes for identity in node.stores.trusted or ())
    return origins_of(certificates, trusted)


def _peer_of(
    event: LogEvent,
    names: Mapping[Ends, _LoggedNames],
    node: Node,
    nodes: Sequence[Node],
    translations: Translations,
    facts: Facts,
) -> Peer | None:
    if event.source is None and event.destination is None and event.common_name is None:
        return None
    logged = names.get(frozenset(end for end in (event.source, event.destination) if end), _LoggedNames())
    inbound = event.local_role is Side.SERVER
    contact = Contact(
        local_role=event.local_role,
        local=event.destination if inbound else event.source,
        remote=event.source if inbound else event.destination,
        certificate_names=tuple(sorted(logged.presented)),
        asked_names=tuple(sorted(logged.asked | ({event.common_name.lower()} if event.common_name else set()))),
    )
    address = contact.remote.address if contact.remote else None
    return name_behind(identify_peer(contact, node, nodes, facts), node, address, translations)


def _latest(nodes: Sequence[Node]) -> ReferenceTime:
    known = [node.reference_time for node in nodes if node.reference_time.time is not None]
    return (
        max(known, key=lambda reference: reference.time or _EARLIEST)
        if known
        else ReferenceTime(time=None, origin="none")
    )

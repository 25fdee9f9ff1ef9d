"""What rules see of a node: its records by subject, with what is asked of them again and again worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from analyzer.correlate.chains import CertificationPath, Pool, build_path
from analyzer.correlate.clusters import same_cluster
from analyzer.correlate.purpose import Capability, client_capable, server_capable
from analyzer.evidence import (
    Alarm,
    Case,
    Certificate,
    ConfiguredName,
    Connection,
    MemberKind,
    Node,
    NodeRole,
    Peer,
    PeerKind,
    ReadState,
    Setting,
    Side,
    Tunnel,
    Zone,
)
from analyzer.facts.alarms import AlarmTopic, alarm_ids
from analyzer.facts.releases import FIRST_WITH_TWO_STORES, Version
from analyzer.facts.settings import COLLABORATION_EDGE_ENABLED, EKU_CHECKING_MODE
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import HERE
from analyzer.rules.alike import Lines
from analyzer.rules.log_lines import LogLines, read_lines
from analyzer.words import say

T = TypeVar("T")
Key = TypeVar("Key")
Answer = TypeVar("Answer")

TRAVERSAL, TUNNELS = "\0traversal zone", "\0SSH tunnels"
"""Stand for the other end of the traversal zone and of its tunnels, however it is called; no peer is named so."""

BETWEEN_CORE_AND_EDGE = frozenset({TRAVERSAL, TUNNELS})

BESIDE = "\0another traversal zone"
"""Stands for the other end of a traversal zone that the same two nodes have beside the one for Unified Communications."""

BETWEEN_THE_TWO = BETWEEN_CORE_AND_EDGE | {BESIDE}

NOBODY = "\0nobody"
"""Stands for no peer at all: a judgement about it explains nothing that happened with one."""

LOOSE = say("the loose files")
"""What sentences call a node whose files name no host."""

FAMILIAR = frozenset(PeerKind) - {PeerKind.INTERNET, PeerKind.UNKNOWN}
"""Peers whose failures matter: configured, named, or Webex (rules-amendments A6)."""


class NodeView:
    """One node of a case, for rules. Nothing here judges."""

    def __init__(self, case: Case, node: Node, views: dict[str | None, NodeView], facts: Facts) -> None:
        """Keep the case; `views` holds the views of all nodes by name, this one's among them."""
        self.case = case
        self.node = node
        self.facts = facts
        self._views = views
        self._answers: dict[Callable[..., object], Any] = {}

    def once(self, work: Callable[[NodeView], Answer]) -> Answer:
        """Return what a function makes of this node; it is called the first time only.

        What several rules ask of all connections or events is asked so: a rule for each alert would else read them all.
        """
        if work not in self._answers:
            self._answers[work] = work(self)
        answer: Answer = self._answers[work]
        return answer

    @cached_property
    def partners(self) -> tuple[NodeView, ...]:
        """The Edges of a Core, the Cores of an Edge, whose bundles are at hand."""
        return tuple(self._views[name] for name in self.node.partners if name in self._views)

    @cached_property
    def others(self) -> tuple[NodeView, ...]:
        """All other nodes of the case."""
        return tuple(view for view in self._views.values() if view is not self)

    @property
    def label(self) -> str:
        """What sentences call it; loose files may name no host."""
        return self.node.name or LOOSE

    @cached_property
    def cluster(self) -> tuple[NodeView, ...]:
        """The peers of its cluster, itself among them, by their names; of several bundles of one host the last."""
        peers = {
            view.node.host: view
            for view in self._views.values()
            if view.node.host != self.node.host and same_cluster(self.node, view.node)
        }
        peers[self.node.host] = self
        return tuple(sorted(peers.values(), key=lambda view: view.label))

    @property
    def is_core(self) -> bool:
        return self.node.role is NodeRole.CORE

    @property
    def is_edge(self) -> bool:
        return self.node.role is NodeRole.EDGE

    @cached_property
    def version(self) -> Version | None:
        """The release; X15.5 is inferred from a client store or from the EKU checking mode."""
        known = Version.parse(self.node.version)
        if known is None and (self.node.stores.client is not None or self.has_checking_mode):
            return FIRST_WITH_TWO_STORES
        return known

    @property
    def has_two_stores(self) -> bool:
        """Whether this release has a client store of its own."""
        return self.version is not None and self.version >= FIRST_WITH_TWO_STORES

    @property
    def has_checking_mode(self) -> bool:
        setting = self.node.settings.get(EKU_CHECKING_MODE)
        return setting is not None and not setting.assumed and setting.current is not None

    @property
    def checking_mode(self) -> Setting | None:
        """`SIP TLS Certificate ExtendedKeyUsage Checking Mode`; assumed On where X15.5 does not say."""
        return self.node.settings.get(EKU_CHECKING_MODE)

    def checking_mode_at(self, time: datetime | None) -> str | None:
        """Return the mode at a time of the log: a change outranks the dump from its time on (rules-amendments A12)."""
        mode = self.checking_mode
        if mode is None:
            return None
        past = [change.value for change in mode.changes if time is None or change.time is None or change.time <= time]
        return past[-1] if past else mode.value

    def setting(self, name: str) -> str | None:
        """Return the current value of a setting, or None."""
        setting = self.node.settings.get(name)
        return setting.current if setting else None

    @cached_property
    def server_leaf(self) -> Certificate | None:
        return self._leaf(self.node.stores.server)

    @cached_property
    def client_leaf(self) -> Certificate | None:
        return self._leaf(self.node.stores.client)

    @cached_property
    def leaf_as_client(self) -> Certificate | None:
        """The leaf that the store rule says it presents as a TLS client; None where the release is not known."""
        if self.version is None:
            return None
        return self.client_leaf if self.has_two_stores else self.server_leaf

    def raised(self, topic: AlarmTopic) -> tuple[Alarm, ...]:
        """Return the alarms about a topic that the node has raised."""
        return tuple(alarm for alarm in self.node.alarms if alarm.id in alarm_ids(topic, self.facts))

    def expected_leaf(self, role: Side) -> Certificate | None:
        """Return the leaf that the store rule says it presents in a role; None if not known."""
        return self.leaf_as_client if role is Side.CLIENT else self.server_leaf

    def expected_store(self, role: Side) -> str:
        """Return the name of the store that the rule says (`client` or `server`)."""
        return "client" if role is Side.CLIENT and self.has_two_stores else "server"

    def _leaf(self, ids: tuple[str, ...] | None) -> Certificate | None:
        return self.case.certificates.get(ids[0]) if ids else None

    @cached_property
    def trusted(self) -> Pool:
        """The node's trusted CA list (empty if the member is absent)."""
        return Pool(self.certificates(self.node.stores.trusted or ()))

    @cached_property
    def trusted_is_whole(self) -> bool:
        """Whether the trusted CA list was read whole: what a damaged block held, it does not lack."""
        return all(m.read is ReadState.WHOLE for m in self.node.members if m.kind is MemberKind.CA_PEM)

    @cached_property
    def known_authorities(self) -> Pool:
        """Every certificate of the case: what a path can be drawn with, whoever trusts it."""
        return Pool(self.case.certificates.values())

    def certificates(self, ids: Iterable[str]) -> tuple[Certificate, ...]:
        """Return the certificates of ids, in order."""
        return tuple(self.case.certificates[identity] for identity in ids if identity in self.case.certificates)

    def path(self, leaf: Certificate) -> CertificationPath:
        """Return the best path of a leaf with all that the case holds."""
        return build_path(leaf, self.known_authorities, self.node.reference_time.time)

    def as_client(self, leaf: Certificate) -> Capability:
        """Tell whether a leaf passes a strict peer's client-purpose check."""
        return client_capable(self.path(leaf))

    def as_server(self, leaf: Certificate) -> Capability:
        """Tell whether a leaf passes a strict peer's server-purpose check."""
        return server_capable(self.path(leaf))

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        name = self.node.name
        return tuple([connection for connection in self.case.connections if connection.node == name])

    @cached_property
    def connections_in_tls13(self) -> tuple[Connection, ...]:
        return tuple([one for one in self.connections if one.handshake.tls_version == "TLSv1.3"])

    def connections_by_id(self, identities: Iterable[str | None]) -> tuple[Connection, ...]:
        """Return the connections of ids, each once, in the case's order."""
        places = {self._place_of[identity] for identity in identities if identity in self._place_of}
        return tuple(self.connections[place] for place in sorted(places))

    def connection(self, identity: str | None) -> Connection | None:
        """Return the connection of an id, if it is this node's."""
        place = self._place_of.get(identity)
        return None if place is None else self.connections[place]

    @cached_property
    def _place_of(self) -> dict[str | None, int]:
        return {connection.id: place for place, connection in enumerate(self.connections)}

    @cached_property
    def connections_by_own_leaf(self) -> Mapping[str, Sequence[Connection]]:
        """The connections in which this node is seen to present a certificate, by the certificate's id."""
        shown: dict[str, list[Connection]] = defaultdict(list)
        for connection in self.connections:
            local = connection.local_certificate
            if local is not None and local.leaf is not None:
                shown[local.leaf].append(connection)
        return shown

    @cached_property
    def log(self) -> LogLines:
        """Its events, by what rules look them up."""
        name = self.node.name
        return read_lines([event for event in self.case.events if event.node == name])

    def connections_of(self, events: Lines) -> tuple[Connection, ...]:
        """Return the connections that events belong to, each once."""
        return self.connections_by_id(events.connections)

    @cached_property
    def connections_by_zone(self) -> Mapping[str | None, Sequence[Connection]]:
        """Connections by the name of the zone of their peer."""
        return _grouped((connection.peer.zone, connection) for connection in self.connections)

    def zone(self, name: str | None) -> Zone | None:
        """Return a zone by its name."""
        return self._zone_of.get(name) if name else None

    @cached_property
    def _zone_of(self) -> dict[str | None, Zone]:
        return {zone.name: zone for zone in reversed(self.node.zones)}

    @cached_property
    def traversal_zones(self) -> tuple[Zone, ...]:
        """The traversal zones; those for Unified Communications alone, if any is marked so."""
        zones = tuple(z for z in self.node.zones if z.kind in {"traversalserver", "traversalclient"})
        return tuple(zone for zone in zones if zone.unified_communications) or zones

    @cached_property
    def service_domains(self) -> tuple[str, ...]:
        """Domains of mobile and remote access: they are configured on the Core, whoever needs them."""
        return tuple(dict.fromkeys(name for view in (self, *self.partners) for name in view.node.domains))

    @property
    def is_without_remote_access(self) -> bool:
        """Whether the dump says that mobile and remote access is off."""
        return self.setting(COLLABORATION_EDGE_ENABLED) == "Off"

    @cached_property
    def federation_domains(self) -> tuple[ConfiguredName, ...] | None:
        """Domains of XMPP federation, by this node's dumps or its partners'; None: none says."""
        said = [view.node.needed_names.federation_domains for view in (self, *self.partners)]
        return None if all(names is None for names in said) else _each_once(said)

    @cached_property
    def chat_aliases(self) -> tuple[ConfiguredName, ...] | None:
        """Chat node aliases, by this node's dumps or its partners'; None: none says."""
        said = [view.node.needed_names.chat_aliases for view in (self, *self.partners)]
        return None if all(names is None for names in said) else _each_once(said)

    @property
    def tunnels(self) -> tuple[Tunnel, ...]:
        return self.node.tunnels or ()

    def end_of_zone(self, role: NodeRole) -> str | None:
        """Return what a remedy calls the Core or the Edge of this node's traversal zone; None: not known which it is."""
        if self.node.role is role:
            return HERE
        return self.partners[0].node.name if len(self.partners) == 1 else None

    def counterpart(self, peer: Peer) -> NodeView | None:
        """Return the view of a peer that is a partner in the traversal zone, if its bundle is at hand."""
        return next((partner for partner in self.partners if partner.node.name == peer.node), None)

    def is_between_core_and_edge(self, peer: Peer | None) -> bool:
        """Whether a peer is the Core of this Edge, or the Edge of this Core."""
        return peer is not None and (self.is_traversal(peer) or self.counterpart(peer) is not None)

    def key_of(self, peer: Peer) -> str:
        """Return what stands for a peer in the question what is about whom: its name, but for Core and Edge.

        The two may have a traversal zone for calls between businesses beside the one for Unified Communications: what
        befalls that one tells nothing of this one.
        """
        if not self.is_between_core_and_edge(peer):
            return peer.name
        if not self.is_traversal(peer) or any(zone.name == peer.zone for zone in self.traversal_zones):
            return TRAVERSAL
        return BESIDE if self.counterpart(peer) else peer.name

    def is_traversal(self, peer: Peer | None) -> bool:
        """Whether a peer is the other end of a traversal zone."""
        if peer is None:
            return False
        zone = self.zone(peer.zone)
        return zone is not None and zone.kind in {"traversalserver", "traversalclient"}


def _each_once(said: Iterable[tuple[ConfiguredName, ...] | None]) -> tuple[ConfiguredName, ...]:
    return tuple({one.name.lower(): one for names in said for one in names or ()}.values())


def _grouped(pairs: Iterable[tuple[Key, T]]) -> Mapping[Key, Sequence[T]]:
    groups: defaultdict[Key, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)


Views = tuple[NodeView, ...]


def views_of(case: Case, facts: Facts = PACKAGED) -> tuple[NodeView, ...]:
    """Return a view of each node of a case, in the case's order; `facts`: what the rules judge by."""
    views: dict[str | None, NodeView] = {}
    ordered = []
    for node in case.nodes:
        view = NodeView(case, node, views, facts)
        views[node.name] = view
        ordered.append(view)
    return tuple(ordered)

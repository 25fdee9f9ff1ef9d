"""What becomes of each service now, for the first screen: what was seen leads, and the truth table fills what was not."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import Outcome, PeerKind, Side
from analyzer.facts.services import services as known_services
from analyzer.findings import Finding, Outlook, OutlookCell, Prospect, Service, Severity, Sighted
from analyzer.rules.meeting import told_of_others
from analyzer.rules.outlook.blame import (
    OF_CLUSTER,
    OF_TUNNELS,
    WHY,
    Between,
    Filed,
    Ground,
    blamed,
    of_both,
    of_tunnels,
    of_zone,
)
from analyzer.rules.outlook.cells import cell, unknown
from analyzer.rules.outlook.contacts import Contact, answered, dialled
from analyzer.rules.outlook.inbound import ANYONE_ELSE, CLUSTER, INBOUND, ITS_PEERS
from analyzer.rules.outlook.outbound import OUTBOUND
from analyzer.rules.outlook.pair import Pair, pairs
from analyzer.rules.outlook.sighted import sighted_contact, sighted_tunnels, sighted_zone
from analyzer.rules.outlook.standing import zone_open
from analyzer.rules.outlook.traces import traces_of
from analyzer.rules.outlook.traversal import PLAIN_ZONE, REMOTE_ACCESS, TUNNELS, ZONE, other_end
from analyzer.rules.view import NodeView
from analyzer.words import Words, say

logger = logging.getLogger(__name__)

_AS_OF = "as-of"
_ZONE_IS_DOWN = say("It needs the traversal zone, and that is down.")
_TUNNELS_ARE_DOWN = say("It needs the SSH tunnels, and those are down.")
_SPOKEN_AGAINST = say("By its usages it would work, and yet a finding speaks against it:")
_UP_ALL_THE_SAME = say("By its usages it would fail, and yet the traversal zone and the SSH tunnels are up.")


class _Known(Struct, frozen=True):
    """What services are judged by."""

    rules: Mapping[tuple[str | None, str, str], OutlookCell]
    findings: Filed

    def rule(self, view: NodeView, service: str, peer: str) -> OutlookCell | None:
        return self.rules.get((view.node.name, service, peer))


def services_of(
    views: Sequence[NodeView], outlook: Outlook | None, findings: Sequence[Finding]
) -> tuple[Service, ...]:
    """Return the services of all nodes: between Core and Edge, then what is dialled and answered.

    A fault of this program costs the services, never the report.
    """
    try:
        rows = outlook.rows if outlook else ()
        known = _Known({(row.node, row.service, row.peer): row.cells[0] for row in rows}, Filed(findings))
        return tuple(_services(views, known))
    except Exception:
        logger.exception("services")
        return ()


def _services(views: Sequence[NodeView], known: _Known) -> Iterator[Service]:
    traces = {view.node.name: view.once(traces_of) for view in views}
    for pair in pairs(tuple(views), traces, None, None):
        yield from _between(pair, known)
    for view in views:
        for contact in view.once(dialled):
            yield from _with_peer(view, contact, Side.CLIENT, known)
        for contact in view.once(answered):
            yield from _with_peer(view, contact, Side.SERVER, known)
        yield from _others(view, known)
        yield from _cluster(view, known)


def _between(pair: Pair, known: _Known) -> Iterator[Service]:
    """Yield zone, tunnels, and mobile and remote access, in this order."""
    peer, own = other_end(pair), pair.own
    nodes = frozenset(view.node.name for view in (pair.core, pair.edge) if view)
    between = Between(nodes=nodes, elsewhere=frozenset(_elsewhere(pair)))
    is_unified = any(zone.unified_communications is not False for zone in own.traversal_zones)
    name = ZONE if is_unified else PLAIN_ZONE

    def made(service: Words, sighted: Sighted | None, rule: OutlookCell | None, ground: Ground) -> Service:
        plain = Service(service=service, peer=peer, nodes=nodes, between=True, seen=sighted, rule=rule)
        return _explained(_as_judged(own, plain), known, ground)

    which = zone_open(pair)
    rule = unknown(which) if which else known.rule(own, name, peer)
    zone = made(name, sighted_zone(pair), rule, of_zone(between))
    yield zone
    if not is_unified:
        return
    rule = known.rule(own, TUNNELS, peer)
    if _is_down(zone):
        rule = cell(Prospect.FAILS, _ZONE_IS_DOWN)
    tunnels = made(TUNNELS, sighted_tunnels(pair), rule, of_tunnels(between))
    yield tunnels
    if not any(view.is_without_remote_access for view in (pair.core, pair.edge) if view):
        rule = unknown(which) if which else known.rule(own, REMOTE_ACCESS, peer)
        rule = _remote_access(zone, tunnels, rule)
        ground = of_zone if _is_down(zone) else of_tunnels if _is_down(tunnels) else of_both
        yield made(REMOTE_ACCESS, None, rule, ground(between))


def _elsewhere(pair: Pair) -> Iterator[tuple[str | None, str]]:
    """Yield what tells of other pairs alone, by node."""
    for end in pair.ends:
        yield from end.zones_of_others
    if pair.core and pair.edge:
        for end, other in zip(pair.ends, (pair.edge, pair.core), strict=True):
            node = end.view.node.name
            yield from ((node, key) for key in told_of_others(end.view, other))
            if len(end.view.partners) > 1 and end.tunnels.down is None:
                yield node, OF_TUNNELS


def _is_down(service: Service) -> bool:
    return service.seen is not None and not service.seen.works


def _is_up(service: Service) -> bool:
    return service.seen is not None and service.seen.works


def _remote_access(zone: Service, tunnels: Service, rule: OutlookCell | None) -> OutlookCell | None:
    """Return what follows for mobile and remote access: nothing shows it itself."""
    if _is_down(zone):
        return cell(Prospect.FAILS, _ZONE_IS_DOWN)
    if _is_down(tunnels):
        return cell(Prospect.FAILS, _TUNNELS_ARE_DOWN)
    contradicted = any(it.rule and it.rule.prospect is Prospect.FAILS for it in (zone, tunnels))
    if _is_up(zone) and _is_up(tunnels) and contradicted:
        return unknown(_UP_ALL_THE_SAME)
    return rule


def _with_peer(view: NodeView, contact: Contact, role: Side, known: _Known) -> Iterator[Service]:
    """Yield the service with a peer, if anything is known of it: of those who dial in only what was seen."""
    service = OUTBOUND if role is Side.CLIENT else INBOUND
    rule = known.rule(view, service, contact.name)
    if role is Side.SERVER:
        contact = _asked(contact)
    sighted = sighted_contact(view, contact, role)
    if rule is None and (sighted is None or sighted.works):
        return
    own = frozenset({view.node.name})
    records = frozenset([c.id for c in contact.connections]) | contact.lines.ids
    ground = Ground(nodes=own, names=_names(contact), records=records)
    plain = Service(service=service, peer=contact.name, nodes=own, between=False, seen=sighted, rule=rule)
    yield _explained(_as_judged(view, plain), known, ground)


def _asked(contact: Contact) -> Contact:
    """Leave out handshakes in which this node asked for no certificate: those are no mutual TLS."""
    asked = [c for c in contact.connections if c.handshake.certificate_requested is not False]
    return replace(contact, connections=asked)


def _names(contact: Contact) -> frozenset[str]:
    peers = [*(c.peer for c in contact.connections), *(alike.peer for alike in contact.errors if alike.peer)]
    return frozenset([contact.name, *(peer.name for peer in peers)])


def _others(view: NodeView, known: _Known) -> Iterator[Service]:
    """Yield what becomes of peers that nothing shows, only where this node itself is at fault: else it says nothing."""
    rule = known.rule(view, INBOUND, ANYONE_ELSE)
    if rule is not None and rule.prospect is Prospect.FAILS:
        own = frozenset({view.node.name})
        yield Service(service=INBOUND, peer=ANYONE_ELSE, nodes=own, between=False, seen=None, rule=rule)


def _cluster(view: NodeView, known: _Known) -> Iterator[Service]:
    rule = known.rule(view, CLUSTER, ITS_PEERS)
    if rule is None:
        return
    own = frozenset({view.node.name})
    contact = _cluster_contact(view)
    ground = Ground(nodes=own, names=_names(contact), ids=OF_CLUSTER)
    sighted = sighted_contact(view, contact, Side.CLIENT)
    plain = Service(service=CLUSTER, peer=ITS_PEERS, nodes=own, between=False, seen=sighted, rule=rule)
    yield _explained(_as_judged(view, plain), known, ground)


def _cluster_contact(view: NodeView) -> Contact:
    """Return the last handshake with each cluster peer for the database, those that failed if any did."""
    ports = {service.first for service in known_services(view.facts) if service.id == "cluster"}
    last = {
        connection.peer.name: connection
        for connection in view.connections
        if connection.peer.kind is PeerKind.CLUSTER
        and connection.local_role is Side.CLIENT
        and connection.handshake.server.port in ports
        and connection.outcome is not Outcome.UNKNOWN
    }
    failed = [connection for connection in last.values() if connection.outcome is not Outcome.COMPLETED]
    return Contact(name=ITS_PEERS, kind=PeerKind.CLUSTER, connections=failed or list(last.values()))


def _as_judged(view: NodeView, service: Service) -> Service:
    """Let the rule lead where dates are judged as of another day, by which it says that nothing works any more."""
    rule = service.rule
    is_past = view.node.reference_time.origin == _AS_OF and rule is not None and rule.prospect is Prospect.FAILS
    return replace(service, seen=None) if is_past and _is_up(service) else service


def _explained(service: Service, known: _Known, ground: Ground) -> Service:
    """Add the finding that tells why a service fails; of one that works, what is wrong with it all the same."""
    finding = blamed(known.findings, ground)
    fails = (
        _is_down(service) if service.seen else service.rule is not None and service.rule.prospect is Prospect.FAILS
    )
    is_odd = service.seen is not None and not service.seen.is_rule
    if finding is None or not (fails or is_odd or finding.severity is Severity.CRITICAL):
        return service
    if service.seen is None and service.rule and service.rule.prospect is Prospect.WORKS:
        return replace(service, finding=finding, rule=unknown(_SPOKEN_AGAINST))
    return replace(service, finding=finding, why=WHY.get(finding.id) if fails else None)

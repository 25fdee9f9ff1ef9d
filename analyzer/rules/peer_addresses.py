"""Zones that dial a peer by a name, or an address, that is not in the certificate of the server that answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.correlate.name_match import is_ip, plain_name
from analyzer.correlate.partners import dials
from analyzer.evidence import Connection, Event, Side, Zone
from analyzer.findings import Remedy, RemedyKind, Severity
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.name_mismatch import LACKING, ZONES, issue_with, mismatch
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.zone_names import (
    Wanted,
    closed_over_name,
    has_other_reason,
    held_by,
    held_in,
    is_down,
    listens,
    name_errors,
    same_name,
    verifies,
)
from analyzer.words import Words, say, sentences


def name_mismatch_peer_address(view: NodeView) -> Iterator[Judgement]:
    """This node dials a name, or an address, that the server's certificate does not have."""
    for zone in view.node.zones:
        if zone.kind not in {"traversalclient", "neighbor"} or not zone.peers:
            continue
        errors = name_errors(view, zone)
        if verifies(zone) is not True and not errors:
            continue
        for wanted in _wanted_addresses(view, zone, errors):
            judgement = mismatch(view, wanted, f"{zone.name}: {wanted.name}", _words_of_address(wanted))
            if judgement is not None:
                yield judgement


def _wanted_addresses(view: NodeView, zone: Zone, errors: Lines) -> Iterator[Wanted]:
    """Yield each peer address of a zone, with what that peer presents."""
    failed = errors.connections
    # A neighbour zone looks for the peer address inbound, too (Administrator Guide); a failure must show it there.
    own = [
        connection
        for connection in view.connections_by_zone.get(zone.name, ())
        if connection.local_role is Side.CLIENT or connection.id in failed
    ]
    addresses = tuple(dict.fromkeys(peer.address for peer in zone.peers))
    by_address = _by_address(view, addresses, own)
    errors_by_address = _errors_by_address(errors, addresses, by_address)
    partners = _partners_by_address(view, zone, addresses) if zone.kind == "traversalclient" else {}
    other_reason = has_other_reason(view, zone)
    for address in addresses:
        connections = by_address[address]
        seen = tuple(held_in(address, connections, view))
        stored = tuple(
            one for partner in partners.get(address, ()) for one in held_by(address, partner, Side.SERVER, seen)
        )
        yield Wanted(
            zone=zone,
            name=address,
            role=Side.SERVER,
            held=(*seen, *stored),
            errors=Lines(errors_by_address[address]),
            refused=tuple(connection for connection in connections if closed_over_name(connection)),
            down=is_down(view, zone, address),
            other_reason=other_reason,
        )


def _by_address(
    view: NodeView, addresses: Sequence[str], connections: Iterable[Connection]
) -> Mapping[str, list[Connection]]:
    """Assign each connection to the peers that it is with; one that fits none is left out, unless there is one peer."""
    found: dict[str, list[Connection]] = {address: [] for address in addresses}
    names = {other.node.name: (*other.node.addresses, *other.node.host_names) for other in view.others}
    for connection in connections:
        called = [connection.handshake.server_name, connection.peer.name, *names.get(connection.peer.node, ())]
        called += [end.address for end in (connection.handshake.client, connection.handshake.server)]
        called += {event.record.common_name for event in view.log.of(connection)}
        for address in _called(addresses, called) or (addresses if len(addresses) == 1 else ()):
            found[address].append(connection)
    return found


def _called(addresses: Iterable[str], names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the addresses that are among names, however they are spelt."""
    plain = {plain_name(name) for name in names if name}
    return tuple(address for address in addresses if plain_name(address) in plain)


def _errors_by_address(
    errors: Lines, addresses: Sequence[str], connections: Mapping[str, Iterable[Connection]]
) -> Mapping[str, list[Alike]]:
    """Assign each error to the peer that it is about: by the name that was looked for, by connection or address."""
    found: dict[str, list[Alike]] = {address: [] for address in addresses}
    joined: dict[str | None, list[str]] = {}
    for address, own in connections.items():
        for connection in own:
            joined.setdefault(connection.id, []).append(address)
    known: dict[tuple[str | None, ...], tuple[str, ...]] = {}

    def about(event: Event) -> frozenset[str]:
        record = event.record
        names = (record.common_name, *(end.address for end in (record.source, record.destination) if end))
        if names not in known:
            known[names] = _meant(addresses, names[0], names[1:])
        return frozenset((*known[names], *joined.get(event.connection, ())))

    for alike in errors.groups:
        for meant, told in alike.split(about).items():
            for address in meant:
                found[address].append(told)
    return found


def _meant(addresses: Sequence[str], looked_for: str | None, ends: Iterable[str | None]) -> tuple[str, ...]:
    """Return the peer addresses that a log line is about."""
    if looked_for is not None:
        return _called(addresses, (looked_for,))
    return _called(addresses, ends) or (tuple(addresses) if len(addresses) == 1 else ())


def _partners_by_address(view: NodeView, zone: Zone, addresses: Sequence[str]) -> Mapping[str, tuple[NodeView, ...]]:
    """Tell which partners' bundles each peer address of a zone means; an alias means whoever no other address means."""
    listening = [partner for partner in view.partners if listens(partner)]
    named = {
        address: tuple(
            partner
            for partner in listening
            if any(same_name(address, name) for name in (*partner.node.addresses, *partner.node.host_names))
        )
        for address in addresses
    }
    others = [one for one in view.traversal_zones if one.name != zone.name]
    taken = {partner.node.name for partners in named.values() for partner in partners}
    taken |= {partner.node.name for partner in listening if any(dials(one, partner.node) for one in others)}
    left = tuple(partner for partner in listening if partner.node.name not in taken)
    open_ones = [address for address in addresses if not named[address]]
    # Several aliases and several bundles: which is whose is not known.
    return {**named, **{address: left for address in open_ones if len(open_ones) == len(left) == 1}}


def _words_of_address(wanted: Wanted) -> tuple[str, tuple[Remedy, ...]]:
    zone, name = wanted.zone.name, wanted.name
    looks = say(
        "Zone {zone} dials {name} and looks for that in the subjectAltName of the server's certificate; the common name does "
        "not count.",
        zone=zone,
        name=name,
    )
    set_address = Remedy(
        text=_set_address(wanted), command=f"{ZONES} > {zone} > Location > Peer address", kind=RemedyKind.DURABLE
    )
    if is_ip(name):
        by_address = say(
            "The peer address is an IP address, which certificates hardly ever have: a name has to be configured."
        )
        return sentences((looks, by_address)), (set_address,)
    return looks, (set_address, issue_with(wanted))


def _set_address(wanted: Wanted) -> Words:
    zone = wanted.zone.name
    names = [held.names for held in wanted.held if held.match in LACKING]
    example = next((one.removeprefix("DNS:") for held in names for one in held), None)
    if example is None:
        return say(
            "Set the peer address of zone {zone} to a name that the peer's certificate has; it must resolve to the peer.",
            zone=zone,
        )
    return say(
        "Set the peer address of zone {zone} to a name that the peer's certificate has, for example {example}; it must "
        "resolve to the peer.",
        zone=zone,
        example=example,
    )


RULES = (
    Rule(
        id="name-mismatch-peer-address",
        title=say("The zone's peer address is not in the peer's certificate"),
        severity=Severity.CRITICAL,
        judge=name_mismatch_peer_address,
        needs=((Need.CONFIGURATION, Need.ZONES),),
        sources=("CG0", "MRA", "T3"),
        meaning="A zone that verifies certificates dials a peer by a name or address that the peer's certificate does not "
        "have in its subjectAltName. Critical where the log or the failed zone shows it, else a warning; inferred where "
        "only the partner's stores tell it.",
    ),
)

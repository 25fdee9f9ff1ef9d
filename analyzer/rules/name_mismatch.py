"""The name that a zone looks for in its peer's certificate is not there.

Expressway checks it itself: it resets the connection without an alert and logs "identity was unacceptable". Where no
failure shows it, what the partner's bundle says it presents is held against the zone, and that is called inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.correlate.name_match import NameMatch, is_ip
from analyzer.evidence import Connection, Event, Side, Zone
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.rules.zone_names import (
    Held,
    Wanted,
    closed_over_name,
    errors_of,
    has_other_reason,
    held_by,
    held_in,
    is_behind,
    is_down,
    name_errors,
    same_name,
    verifies,
    zone_type,
)

_ZONES = "Configuration > Zones > Zones"
_LACKING = frozenset({NameMatch.NONE, NameMatch.COMMON_NAME})


def name_mismatch_peer_address(view: NodeView) -> Iterator[Judgement]:
    """This node dials a name, or an address, that the server's certificate does not have."""
    for zone in view.node.zones:
        if zone_type(zone) not in {"traversalclient", "neighbor"} or not zone.peers:
            continue
        errors = name_errors(view, zone)
        if verifies(zone) is not True and not errors:
            continue
        for wanted in _wanted_addresses(view, zone, errors):
            judgement = _mismatch(view, wanted, f"{zone.name}: {wanted.name}", _words_of_address(wanted))
            if judgement is not None:
                yield judgement


def _wanted_addresses(view: NodeView, zone: Zone, errors: Sequence[Event]) -> Iterator[Wanted]:
    """Yield each peer address of a zone, with what that peer presents."""
    failed = {event.connection for event in errors}
    # A neighbour zone looks for the peer address inbound, too (Administrator Guide); a failure must show it there.
    own = [
        connection
        for connection in view.connections_by_zone.get(zone.name, ())
        if connection.local_role is Side.CLIENT or connection.id in failed
    ]
    addresses = [peer.address for peer in zone.peers]
    by_address = _by_address(view, addresses, own)
    partners = _partners_by_address(view, addresses) if zone_type(zone) == "traversalclient" else {}
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
            errors=_errors_about(errors, address, addresses, connections),
            refused=tuple(connection for connection in connections if closed_over_name(connection)),
            down=is_down(view, zone, address),
            other_reason=has_other_reason(view, zone),
        )


def _by_address(
    view: NodeView, addresses: Sequence[str], connections: Iterable[Connection]
) -> Mapping[str, list[Connection]]:
    """Assign each connection to the peer that it is with; one that fits none is left out, unless there is one peer."""
    found: dict[str, list[Connection]] = {address: [] for address in addresses}
    names = {other.node.name: (*other.node.addresses, *other.node.host_names) for other in view.others}
    for connection in connections:
        called = [connection.handshake.server_name, connection.peer.name, *names.get(connection.peer.node, ())]
        called += [end.address for end in (connection.handshake.client, connection.handshake.server)]
        called += [event.record.common_name for event in view.events_of(connection)]
        fitting = [address for address in addresses if any(same_name(address, name) for name in called)]
        for address in fitting or (addresses if len(addresses) == 1 else ()):
            found[address].append(connection)
    return found


def _partners_by_address(view: NodeView, addresses: Sequence[str]) -> Mapping[str, tuple[NodeView, ...]]:
    """Tell which partners' bundles each peer address means; an alias means whoever no other address means."""
    named = {
        address: tuple(
            partner
            for partner in view.partners
            if any(same_name(address, name) for name in (*partner.node.addresses, *partner.node.host_names))
        )
        for address in addresses
    }
    taken = {partner.node.name for partners in named.values() for partner in partners}
    left = tuple(partner for partner in view.partners if partner.node.name not in taken)
    open_ones = [address for address in addresses if not named[address]]
    # Several aliases and several bundles: which is whose is not known.
    return {**named, **{address: left for address in open_ones if len(open_ones) == len(left) == 1}}


def _errors_about(
    errors: Sequence[Event], address: str, addresses: Sequence[str], connections: Sequence[Connection]
) -> tuple[Event, ...]:
    """Return the errors about one peer: by the name that was looked for, by the connection, by the address."""
    joined = {event.id for event in errors_of(errors, connections)}
    return tuple(
        event
        for event in errors
        if event.id in joined
        or same_name(event.record.common_name, address)
        or (event.record.common_name is None and (len(addresses) == 1 or _is_with(event, address)))
    )


def _is_with(event: Event, address: str) -> bool:
    ends = (event.record.source, event.record.destination)
    return any(end is not None and same_name(end.address, address) for end in ends)


def _words_of_address(wanted: Wanted) -> tuple[str, tuple[Remedy, ...]]:
    zone, name = wanted.zone.name, wanted.name
    says = f"Zone {zone} dials {name} and looks for that in the subjectAltName of the server's certificate; the common name does not count."
    if is_ip(name):
        says += (
            " The peer address is an IP address, which certificates hardly ever have: a name has to be configured."
        )
    names = [held.names for held in wanted.held if held.match in _LACKING]
    instead = next((f", for example {one.removeprefix('DNS:')}" for held in names for one in held), "")
    return says, (
        Remedy(
            text=f"Set the peer address of zone {zone} to a name that the peer's certificate has{instead}; it must resolve to "
            "the peer.",
            command=f"{_ZONES} > {zone} > Location > Peer address",
            kind=RemedyKind.DURABLE,
        ),
        *(
            ()
            if is_ip(name)
            else (
                Remedy(
                    text=f"Or have the peer's server certificate issued with DNS:{name} in its subjectAltName.",
                    kind=RemedyKind.DURABLE,
                ),
            )
        ),
    )


def name_mismatch_verify_subject(view: NodeView) -> Iterator[Judgement]:
    """A zone's TLS verify subject name is not in the certificate that its peer presents."""
    for zone in view.node.zones:
        wanted = _wanted_subject(view, zone)
        judgement = _mismatch(view, wanted, zone.name, _words_of_subject(view, wanted)) if wanted else None
        if judgement is not None:
            yield judgement


def _wanted_subject(view: NodeView, zone: Zone) -> Wanted | None:
    subject = zone.tls_verify_subject
    if not subject or zone_type(zone) not in {"traversalserver", "dns", "webex"}:
        return None
    is_server = zone_type(zone) == "traversalserver"
    errors = name_errors(view, zone)
    if not is_server:
        errors = _errors_about_subject(view, errors, subject)
    if not errors and not (is_server and verifies(zone)):
        return None
    own = [c for c in view.connections_by_zone.get(zone.name, ()) if c.local_role is Side.SERVER]
    if not is_server:
        # Not all that is Webex's goes through this zone: only what was refused over its subject name does for sure.
        ids = dict.fromkeys(event.connection for event in errors)
        own = [view.connections_by_id[one] for one in ids if one is not None and one in view.connections_by_id]
    seen = tuple(held_in(subject, own, view))
    partners = [partner for partner in view.partners if is_server and is_behind(view, zone, partner)]
    stored = tuple(one for partner in partners for one in held_by(subject, partner, Side.CLIENT, seen))
    return Wanted(
        zone=zone,
        name=subject,
        role=Side.CLIENT if is_server else Side.SERVER,
        held=(*seen, *stored),
        errors=errors,
        refused=tuple(connection for connection in own if closed_over_name(connection)),
        down=is_down(view, zone),
        other_reason=has_other_reason(view, zone),
    )


def _errors_about_subject(view: NodeView, errors: Sequence[Event], subject: str) -> tuple[Event, ...]:
    """Return the errors about a DNS or Webex zone: outbound those that name its subject, inbound those of its peer."""
    asked = view.name_errors_by_name.get(subject.lower().rstrip("."), ())
    inbound = (event for event in errors if event.record.local_role is Side.SERVER)
    return tuple({event.id: event for event in (*inbound, *asked)}.values())


def _words_of_subject(view: NodeView, wanted: Wanted) -> tuple[str, tuple[Remedy, ...]]:
    zone, name = wanted.zone.name, wanted.name
    says = f'The TLS verify subject name of zone {zone} is "{name}": the peer\'s {wanted.role} certificate must have it in its subjectAltName.'
    moved = next((held.owner for held in wanted.held if held.owner and held.match in _LACKING), None)
    partner = moved or next(iter(view.partners), None)
    if wanted.role is Side.CLIENT and partner is not None and partner.has_two_stores:
        says += f" On {partner.version} that is the certificate in the Core's client store, not the one in its server store."
    return says, (
        Remedy(
            text=f"Correct the TLS verify subject name of zone {zone} (for a cluster: the cluster's name, which every peer's "
            "certificate must have).",
            command=f"{_ZONES} > {zone} > TLS verify subject name",
            kind=RemedyKind.DURABLE,
        ),
        Remedy(
            text=f"Or have the peer's {wanted.role} certificate issued with DNS:{name} in its subjectAltName.",
            kind=RemedyKind.DURABLE,
        ),
    )


def _mismatch(
    view: NodeView, wanted: Wanted, subject: str, words: tuple[str, tuple[Remedy, ...]]
) -> Judgement | None:
    """Return the judgement about one wanted name; None: what is known of the peer has it, or nothing is known."""
    refused = {event.connection for event in wanted.errors} | {connection.id for connection in wanted.refused}
    lacking = [held for held in wanted.held if _lacks(held, refused)]
    told = [held for held in wanted.held if held.match is not NameMatch.UNKNOWN]
    if not lacking and (told or not wanted.errors):
        return None
    severity, confidence, how = _weight(wanted, lacking)
    connections = {c.id: c for held in lacking for c in held.connections if c.node == view.node.name}
    failed = [identity for identity in connections if identity in refused]
    first, last = quote.span(
        [event.record.time for event in wanted.errors]
        + [connections[identity].handshake.started for identity in failed]
    )
    return Judgement(
        severity=severity,
        confidence=confidence,
        subject=subject,
        explanation=" ".join((words[0], *(_said(held) for held in lacking[: quote.MOST]), how)),
        remedy=words[1],
        evidence=(
            *quote.quote_events(wanted.errors),
            *(quote.quote_zone_setting if wanted.role is Side.CLIENT else quote.quote_zone_peers)(wanted.zone),
            *(row for held in lacking[: quote.MOST] for row in _quote_held(held, wanted.role)),
        ),
        count=max(len({_ends(event) for event in wanted.errors}), len(failed), 1),
        first=first,
        last=last,
        connections=tuple(failed or connections),
        events=tuple(event.id for event in wanted.errors),
        about=(TRAVERSAL,) if zone_type(wanted.zone).startswith("traversal") else (wanted.name,),
    )


def _lacks(held: Held, refused: set[str | None]) -> bool:
    """Whether a certificate lacks the name; a wildcard is taken for having it, until it was refused."""
    if held.match is NameMatch.WILDCARD:
        return any(connection.id in refused for connection in held.connections)
    return held.match in _LACKING


def _weight(wanted: Wanted, lacking: Sequence[Held]) -> tuple[Severity, Confidence, str]:
    """Return severity and confidence, and what shows that the mismatch matters."""
    seen = [held for held in lacking if held.owner is None]
    closed = {c.id for held in lacking for c in held.connections} & {c.id for c in wanted.refused}
    if wanted.errors:
        sure = Confidence.PROVEN if seen else Confidence.STRONG
        lines = len(wanted.errors)
        return Severity.CRITICAL, sure, f"The log says that this node refused it ({lines} line{'s'[: lines > 1]})."
    if closed:
        how = "This node ended the handshake right after that certificate, as it does for a name that it refuses."
        return Severity.CRITICAL, Confidence.STRONG, how
    if wanted.down and not wanted.other_reason:
        sure = Confidence.STRONG if seen else Confidence.INFERRED
        return Severity.CRITICAL, sure, "The zone was Failed when logging started, and nothing shows another reason."
    if all(held.accepted for held in lacking):
        how = "A handshake with it completed all the same: the name was not looked at there."
        return Severity.INFO, Confidence.INFERRED, how
    if wanted.role is Side.CLIENT and all(held.match is NameMatch.COMMON_NAME for held in lacking):
        return Severity.INFO, Confidence.INFERRED, "No failure shows that this release minds."
    how = "No failure shows it yet: it will at the next handshake with this certificate."
    if wanted.other_reason:
        how = "Something else was refused first: this is what fails next."
    return Severity.WARNING, Confidence.PROVEN if seen and not wanted.other_reason else Confidence.INFERRED, how


def _said(held: Held) -> str:
    who = name_of(held.leaf) if held.leaf else "The peer's certificate, by the log,"
    whose = f" (by the stores of {held.owner.node.name}, what it presents)" if held.owner else ""
    shown = ", ".join(held.names[: quote.MOST_NAMES]) or "no subjectAltName"
    if held.match is NameMatch.COMMON_NAME:
        return f"{who}{whose} has it as its common name only; it has {shown}."
    if held.match is NameMatch.WILDCARD:
        return f"{who}{whose} has it by a wildcard only: {shown}."
    return f"{who}{whose} has {shown}."


def _quote_held(held: Held, role: Side) -> Iterator[Evidence]:
    if held.owner is not None and held.leaf is not None:
        file = quote.store_file(held.owner.node, held.owner.expected_store(role))
        yield quote.quote_names(held.leaf, file, f"{held.owner.node.name} presents as TLS {role}")
        return
    if held.leaf is not None:
        yield quote.quote_names(held.leaf, None, "presented by the peer")
    for connection in held.connections[:2]:
        if held.leaf is not None and connection.local_role is not None:
            yield from quote.quote_certificate_frame(connection, connection.local_role.other)
        elif connection.peer_identity is not None:
            yield quote.quote_identity(connection.peer_identity)


def _ends(event: Event) -> tuple[object, ...]:
    return event.record.source, event.record.destination, event.connection


RULES = (
    Rule(
        id="name-mismatch-peer-address",
        title="The zone's peer address is not in the peer's certificate",
        severity=Severity.CRITICAL,
        judge=name_mismatch_peer_address,
        needs=(Need.CONFIGURATION,),
        sources=("CG0", "MRA", "T3"),
        meaning="A zone that verifies certificates dials a peer by a name or address that the peer's certificate does not "
        "have in its subjectAltName. Critical where the log or the failed zone shows it, else a warning; inferred where "
        "only the partner's stores tell it.",
    ),
    Rule(
        id="name-mismatch-verify-subject",
        title="The TLS verify subject name is not in the peer's certificate",
        severity=Severity.CRITICAL,
        judge=name_mismatch_verify_subject,
        needs=(Need.CONFIGURATION,),
        sources=("W", "AZ", "T1"),
        meaning="A traversal server, DNS or Webex zone looks for a subject name that the peer's certificate does not have; "
        "on X15.5 an Edge meets the names of the Core's client certificate. Critical where the log or the failed zone "
        "shows it, else a warning; inferred where only the partner's stores tell it.",
    ),
)

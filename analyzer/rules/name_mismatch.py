"""What a zone looks for in its peer's certificate, and does not find: how sure that is, and how bad.

Expressway checks names itself: it resets the connection without an alert and logs "identity was unacceptable". Where
no failure shows it, what the partner's bundle says it presents is held against the zone, and that is called inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from analyzer.correlate.name_match import NameMatch
from analyzer.evidence import Event, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.rule import Judgement
from analyzer.rules.view import BESIDE, TRAVERSAL, NodeView
from analyzer.rules.wording import ROLES
from analyzer.rules.zone_names import Held, Wanted
from analyzer.words import Words, counted, listed, say, sentences

ZONES = "Configuration > Zones > Zones"
LACKING = frozenset({NameMatch.NONE, NameMatch.COMMON_NAME})


def mismatch(view: NodeView, wanted: Wanted, subject: str, words: tuple[str, tuple[Remedy, ...]]) -> Judgement | None:
    """Return the judgement about one wanted name; None: what is known of the peer has it, or nothing is known."""
    refused = wanted.errors.connections | {connection.id for connection in wanted.refused}
    lacking = [held for held in wanted.held if _lacks(held, refused)]
    told = [held for held in wanted.held if held.match is not NameMatch.UNKNOWN]
    if not lacking and (told or not wanted.errors):
        return None
    severity, confidence, how = _weight(wanted, lacking)
    connections = {c.id: c for held in lacking for c in held.connections if c.node == view.node.name}
    failed = [connection for connection in connections.values() if connection.id in refused]
    first, last = quote.span((*wanted.errors.span, *(connection.handshake.started for connection in failed)))
    return Judgement(
        severity=severity,
        confidence=confidence,
        subject=subject,
        explanation=sentences((words[0], *(_said(held) for held in lacking[: quote.MOST]), how)),
        remedy=words[1],
        evidence=(
            *quote.quote_events(wanted.errors),
            *(quote.quote_zone_setting if wanted.role is Side.CLIENT else quote.quote_zone_peers)(wanted.zone),
            *(row for held in lacking[: quote.MOST] for row in _quote_held(held, wanted.role)),
        ),
        count=max(len({_ends(event) for event in wanted.errors}), len(failed), 1),
        first=first,
        last=last,
        connections=tuple(failed or connections.values()),
        events=wanted.errors,
        about=(_about(view, wanted),),
    )


def _about(view: NodeView, wanted: Wanted) -> str:
    if not wanted.zone.kind.startswith("traversal"):
        return wanted.name
    return TRAVERSAL if any(zone.name == wanted.zone.name for zone in view.traversal_zones) else BESIDE


def _lacks(held: Held, refused: Collection[str]) -> bool:
    """Whether a certificate lacks the name; a wildcard is taken for having it, until it was refused."""
    if held.match is NameMatch.WILDCARD:
        return any(connection.id in refused for connection in held.connections)
    return held.match in LACKING


def _weight(wanted: Wanted, lacking: Sequence[Held]) -> tuple[Severity, Confidence, Words]:
    """Return severity and confidence, and what shows that the mismatch matters."""
    seen = [held for held in lacking if held.owner is None]
    closed = {c.id for held in lacking for c in held.connections} & {c.id for c in wanted.refused}
    if wanted.errors:
        sure = Confidence.PROVEN if seen else Confidence.STRONG
        lines = len(wanted.errors)
        how = counted(
            lines,
            "The log says that this node refused it ({count} line).",
            "The log says that this node refused it ({count} lines).",
        )
        return Severity.CRITICAL, sure, how
    if closed:
        how = say(
            "This node ended the handshake right after that certificate, as it does for a name that it refuses."
        )
        return Severity.CRITICAL, Confidence.STRONG, how
    if wanted.down and not wanted.other_reason:
        sure = Confidence.STRONG if seen else Confidence.INFERRED
        how = say("The zone was Failed when logging started, and nothing shows another reason.")
        return Severity.CRITICAL, sure, how
    if all(held.accepted for held in lacking):
        how = say("A handshake with it completed all the same: the name was not looked at there.")
        return Severity.INFO, Confidence.INFERRED, how
    if wanted.role is Side.CLIENT and all(held.match is NameMatch.COMMON_NAME for held in lacking):
        return Severity.INFO, Confidence.INFERRED, say("No failure shows that this release minds.")
    how = say("No failure shows it yet: it will at the next handshake with this certificate.")
    if wanted.other_reason:
        how = say("Something else was refused first: this is what fails next.")
    return Severity.WARNING, Confidence.PROVEN if seen and not wanted.other_reason else Confidence.INFERRED, how


def _said(held: Held) -> Words:
    who = name_of(held.leaf) if held.leaf else say("The peer's certificate, by the log,")
    if held.owner:
        who = say(
            "{certificate} (by the stores of {node}, what it presents)", certificate=who, node=held.owner.node.name
        )
    names = listed(held.names[: quote.MOST_NAMES]) or say("no subjectAltName")
    if held.match is NameMatch.COMMON_NAME:
        return say("{who} has it as its common name only; it has {names}.", who=who, names=names)
    if held.match is NameMatch.WILDCARD:
        return say("{who} has it by a wildcard only: {names}.", who=who, names=names)
    return say("{who} has {names}.", who=who, names=names)


def _quote_held(held: Held, role: Side) -> Iterator[Evidence]:
    if held.owner is not None and held.leaf is not None:
        file = quote.store_file(held.owner.node, held.owner.expected_store(role))
        yield quote.quote_names(held.leaf, file, _presents_as(held.owner, role))
        return
    if held.leaf is not None:
        yield quote.quote_names(held.leaf, None, say("presented by the peer"))
    for connection in held.connections[:2]:
        if held.leaf is not None and connection.local_role is not None:
            yield from quote.quote_certificate_frame(connection, connection.local_role.other)
        elif connection.peer_identity is not None:
            yield quote.quote_identity(connection.peer_identity)


def _presents_as(owner: NodeView, role: Side) -> Words:
    if role is Side.CLIENT:
        return say("{node} presents as TLS client", node=owner.node.name)
    return say("{node} presents as TLS server", node=owner.node.name)


def _ends(event: Event) -> tuple[object, ...]:
    return event.record.source, event.record.destination, event.connection


def issue_with(wanted: Wanted) -> Remedy:
    """Return the other way out: the peer's certificate with the name that is looked for, issued where the peer is."""
    owners = [held.owner.node.name for held in wanted.held if held.owner]
    nodes = [c.peer.node for held in wanted.held for c in held.connections]
    return Remedy(
        text=say(
            "Or have the peer's {role} certificate issued with DNS:{name} in its subjectAltName.",
            role=ROLES[wanted.role],
            name=wanted.name,
        ),
        kind=RemedyKind.DURABLE,
        at=next(iter((*owners, *nodes)), None),
        instead=True,
    )

"""Names in a peer's certificate that this node did not accept: the name wanted and the names held, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.evidence import Connection, Side
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import listed, say, sentences

_COMPARED = {
    Side.SERVER: say("As TLS server: the zone's TLS verify subject name must be in the peer's subjectAltName."),
    Side.CLIENT: say(
        "As TLS client: the peer address configured in the zone must be in the peer's subjectAltName; the common name "
        "does not count."
    ),
}


def identity_unacceptable(view: NodeView) -> Iterator[Judgement]:
    """Expressway's own name check failed: it sends no alert and resets the connection."""
    groups: dict[tuple[Who, Side | None, str | None], list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of(IDENTITY_UNACCEPTABLE):
        record = alike.record
        if alike.peer is not None and alike.peer.kind in FAMILIAR:
            groups[who_is(alike.peer), record.local_role, record.common_name].append(alike)
    for ((_, peer), role, name), told in groups.items():
        events = Lines(told)
        shown = view.connections_of(events)
        names = sorted({n for c in shown for n in _peer_names(view, c)})
        zone = view.zone(told[0].peer.zone) if told[0].peer else None
        first, last = events.span
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=peer,
            explanation=sentences(
                (
                    say("This node refused {peer} because of the names in its certificate.", peer=peer),
                    say("It wanted the name {name}.", name=name) if name else "",
                    say("The peer's certificate has {names}.", names=listed(names[:6])) if names else "",
                    _COMPARED[role] if role else "",
                )
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Correct the zone's peer address or TLS verify subject name, or have the peer's certificate "
                        "issued with that name. Then look for the next handshake."
                    ),
                    command="Configuration > Zones > Zones",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=(
                *quote.quote_events(events),
                *(
                    row
                    for c in shown[:2]
                    if c.local_role
                    for row in quote.quote_certificate_frame(c, c.local_role.other)
                ),
                *(quote.quote_zone_setting(zone) if zone else ()),
            ),
            count=len(events),
            first=first,
            last=last,
            connections=shown,
            events=events,
        )


def _peer_names(view: NodeView, connection: Connection) -> tuple[str, ...]:
    shown = connection.peer_certificate
    leaf = view.case.certificates.get(shown.leaf or "") if shown else None
    if leaf is not None:
        return leaf.names
    return connection.peer_identity.names if connection.peer_identity else ()


RULES = (
    Rule(
        id="identity-unacceptable",
        title=say("The names in the peer's certificate were refused"),
        meaning="Said when the log calls the identity in a peer's certificate unacceptable: Expressway's own check "
        "of the names failed, after which it sends no alert and resets the connection. As a server it wants "
        "the zone's TLS verify subject name among the peer's subject alternative names, as a client the "
        "configured peer address; the common name does not count.",
        severity=Severity.CRITICAL,
        judge=identity_unacceptable,
        needs=(Need.LOG,),
        sources=("W", "T3", "T1"),
    ),
)

"""A traversal client that authenticates with the wrong user name or password."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import NodeRole
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import lines_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import is_active, refused_credentials
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.words import listed, say, sentences


def traversal_credentials(view: NodeView) -> Iterator[Judgement]:
    """The traversal client authenticated with a wrong user name or password: that is no certificate's fault."""
    told: set[str] = set()
    for zone in view.traversal_zones:
        lines = [event for event in refused_credentials(view, zone) if event.id not in told]
        told |= {event.id for event in lines}
        if not lines:
            continue
        first, last = quote.span(event.record.time for event in lines)
        clients = sorted({event.record.source.address for event in lines if event.record.source})
        working = is_active(zone)
        yield Judgement(
            severity=Severity.WARNING if working else Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=sentences(
                (
                    say(
                        "The traversal client {clients} sent a wrong user name or password for zone {zone}: TLS "
                        "was through by then, so this is no certificate problem.",
                        clients=listed(clients),
                        zone=zone.name,
                    ),
                    say("The zone was Active when logging started.") if working else "",
                )
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Enter the same user name and password on both ends: in the zone of the Core, and in the "
                        "Edge's local authentication database."
                    ),
                    command="Core: Configuration > Zones > Zones > (traversal zone) > Connection credentials; Edge: Configuration > Authentication > Devices > Local database",
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            ),
            evidence=(*quote.quote_events(lines), *quote.quote_zone(zone)),
            count=len(lines),
            first=first,
            last=last,
            events=lines_of(lines),
            about=(TRAVERSAL,),
        )


RULES = (
    Rule(
        id="traversal-credentials",
        title=say("The traversal client's user name or password is wrong"),
        severity=Severity.CRITICAL,
        judge=traversal_credentials,
        needs=(Need.LOG, (Need.CONFIGURATION, Need.ZONES)),
        roles=(NodeRole.EDGE,),
        sources=("T3",),
        meaning="The Edge's log says that the traversal client's credentials were refused. The zone stays down although TLS "
        "works: certificates have nothing to do with it.",
    ),
)

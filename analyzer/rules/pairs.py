"""What a Core and its Edge should have in common: the release, and what each is to know of the other's checks."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import Connection, Node, NodeRole, Side
from analyzer.facts.alerts import UNSUPPORTED_CERTIFICATE
from analyzer.facts.releases import Version
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.words import say, sentences


def versions_differ(view: NodeView) -> Iterator[Judgement]:
    """A Core and its Edge run different releases. It is said once for both, of the Core."""
    own = Version.parse(view.node.version)
    for edge in view.partners if view.is_core else ():
        other = Version.parse(edge.node.version)
        if own is None or other is None or own == other:
            continue
        behind = view if own < other else edge
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.PROVEN,
            subject=edge.label,
            explanation=say(
                "{node} runs {release}, {edge} runs {edge_release}: a Core and its Edge belong on the same release. Which "
                "store each presents from, and how each checks extended key usage, depends on its release.",
                node=view.label,
                release=own,
                edge=edge.label,
                edge_release=other,
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Upgrade {node} to {release}. Service-affecting: in a maintenance window, one peer at a time.",
                        node=behind.label,
                        release=max(own, other),
                    ),
                    command="Maintenance > Upgrade",
                    kind=RemedyKind.DURABLE,
                    at=behind.node.name,
                ),
            ),
            evidence=(*quote_version(view.node), *quote_version(edge.node)),
        )


def quote_version(node: Node) -> tuple[Evidence, ...]:
    """Quote a node's software version."""
    file = next((member.reference for member in node.members if member.kind.startswith("xstat")), None)
    text = say("{node}: software version {version}", node=node.name, version=node.version)
    return (Evidence(kind=EvidenceKind.STATUS, file=file, locator="SystemUnit Software Version", text=text),)


def eku_mode_differs(view: NodeView) -> Iterator[Judgement]:
    """Of a Core and its Edge one checks the extended key usage of inbound SIP TLS, and the other does not."""
    own = view.checking_mode
    if own is None or own.current != "On":
        return
    for partner in view.partners:
        other = partner.checking_mode
        if other is None or other.current != "Off":
            continue
        events, connections = _refused_for_purpose(view)
        edge = view if view.is_edge else partner
        first, last = quote.span([e.record.time for e in events] + [c.handshake.started for c in connections])
        yield Judgement(
            severity=Severity.WARNING if events or connections else Severity.INFO,
            confidence=Confidence.PROVEN if not (own.assumed or other.assumed) else Confidence.INFERRED,
            subject=EKU_CHECKING_MODE,
            explanation=sentences(
                (
                    say(
                        "The check of extended key usage is On at {node} and Off at {partner}. It is the TLS server that "
                        "checks: for the traversal zone only the mode of {edge} counts; the Core's decides about what "
                        "connects to the Core (CUCM, neighbours).",
                        node=view.label,
                        partner=partner.label,
                        edge=edge.label,
                    ),
                    say(
                        "{node} has refused peers for their extended key usage meanwhile: Off at {partner} does not help "
                        "them.",
                        node=view.label,
                        partner=partner.label,
                    )
                    if events or connections
                    else "",
                )
            ),
            evidence=(
                *quote.quote_setting(EKU_CHECKING_MODE, own),
                *quote.quote_setting(EKU_CHECKING_MODE, other),
                *quote.quote_events(events),
            ),
            first=first,
            last=last,
            connections=tuple(connections),
            events=events,
        )


def _refused_for_purpose(view: NodeView) -> tuple[Lines, tuple[Connection, ...]]:
    """Return what shows that a node as server refused a familiar peer for the use of its certificate."""
    events = Lines(
        alike
        for alike in view.log.errors_of("unsupported-purpose")
        if alike.record.local_role is Side.SERVER and alike.peer is not None and alike.peer.kind in FAMILIAR
    )
    connections = tuple(
        connection
        for connection in view.connections
        if connection.local_role is Side.SERVER
        and connection.peer.kind in FAMILIAR
        and any(
            alert.code == UNSUPPORTED_CERTIFICATE and alert.sender is Side.SERVER
            for alert in connection.handshake.alerts
        )
    )
    return events, connections


RULES = (
    Rule(
        id="versions-differ",
        title=say("A Core and its Edge run different releases"),
        severity=Severity.WARNING,
        judge=versions_differ,
        needs=(Need.PARTNER,),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("FN", "P"),
        meaning="Said of a Core and an Edge that work together on different releases, which Cisco asks to keep the same.",
    ),
    Rule(
        id="eku-mode-differs",
        title=say("A Core and its Edge check extended key usage differently"),
        severity=Severity.WARNING,
        judge=eku_mode_differs,
        needs=(Need.CONFIGURATION, Need.PARTNER),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        applies_to=">=X15.5",
        sources=("S",),
        meaning="Said of the one that has the check On while its partner has it Off. The mode matters on the TLS server of a "
        "connection alone; it is a warning where that node has refused peers for their extended key usage.",
    ),
)

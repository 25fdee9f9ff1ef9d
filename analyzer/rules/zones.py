"""Traversal zones and SSH tunnels: what is down, and whether the dumps are still right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.evidence import Alarm, Connection, Event, NodeRole, Outcome, Tunnel, Zone
from analyzer.facts.alarms import AlarmTopic
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import lines_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import came_up, has_failed, is_active, is_failed, ssh_errors, tunnels_up_since
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import Words, counted, listed, say

_TUNNELS = say("SSH tunnels")
_ASK_PARTNER = Remedy(text=Need.PARTNER.collect, kind=RemedyKind.COLLECT, at=None)


def uc_zone_failed(view: NodeView) -> Iterator[Judgement]:
    """A traversal zone is down: by the dump, unless later evidence shows that it came up."""
    for zone in view.traversal_zones:
        if not is_failed(zone) or came_up(view, zone):
            continue
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=say(
                "Traversal zone {zone} was Failed when logging started, and nothing later shows it working. Mobile and remote "
                "access and every call through it are down.",
                zone=zone.name,
            ),
            remedy=() if view.partners else (_ASK_PARTNER,),
            evidence=quote.quote_zone(zone),
        )


def ssh_tunnels_down(view: NodeView) -> Iterator[Judgement]:
    """SSH tunnels are down, whatever the reason."""
    failed = [tunnel for tunnel in view.tunnels if has_failed(tunnel)]
    alarms = view.raised(AlarmTopic.SSH_TUNNEL)
    lines = ssh_errors(view)
    if (not failed and not alarms and not lines) or tunnels_up_since(view) is not None:
        return
    reasons = sorted({tunnel.reason for tunnel in failed if tunnel.reason})
    first, last = quote.span(event.record.time for event in lines)
    what: str = _counted(failed, alarms, lines)
    if reasons:
        what = say("{what} ({reasons})", what=what, reasons=listed(reasons))
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=_TUNNELS,
        explanation=say(
            "{what}. Without them mobile and remote access does not work. The causes, in the order to check: the zone is not "
            "active; the Core's client certificate has no clientAuth; its chain is not wholly trusted on the other side; "
            "TCP port 2222 or name resolution is blocked; time differs.",
            what=what,
        ),
        evidence=(
            *(row for tunnel in failed[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
            *(row for alarm in alarms for row in quote.quote_alarm(alarm)),
            *quote.quote_events(lines),
        ),
        count=max(len(failed), len(lines), 1),
        first=first,
        last=last,
        events=lines_of(lines),
    )


def _counted(failed: Sequence[Tunnel], alarms: Sequence[Alarm], lines: Sequence[Event]) -> Words:
    if failed:
        return counted(len(failed), "{count} SSH tunnel failed", "{count} SSH tunnels failed")
    if alarms:
        return say("An alarm says that SSH tunnels failed")
    return say("The log reports {count} failed attempts to open SSH tunnels", count=len(lines))


def xstat_contradicts_capture(view: NodeView) -> Iterator[Judgement]:
    """The dump's state of a zone or tunnel, taken when logging started, differs from the last connection."""
    for zone in view.node.zones:
        own = [c for c in view.connections_by_zone.get(zone.name, ()) if c.outcome is not Outcome.UNKNOWN]
        if not own or not (is_failed(zone) or is_active(zone)):
            continue
        newest = max(own, key=lambda connection: connection.handshake.started)
        if (newest.outcome is Outcome.COMPLETED) == is_active(zone):
            continue
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=_outdated(zone, newest),
            evidence=(*quote.quote_zone(zone), *_quote_end(newest)),
            connections=(newest,),
        )
    yield from _tunnels_came_up(view)


def _outdated(zone: Zone, newest: Connection) -> Words:
    completed = newest.outcome is Outcome.COMPLETED
    return say(
        "The status dump shows zone {zone} as {status}. That is its state when logging started, before anything was captured "
        "(the time in the dump's file name is when the bundle was collected). The last handshake, at {time}, {ended}: it "
        "came later, and the report goes by it.",
        zone=zone.name,
        status=zone.status,
        time=person_utc(newest.handshake.started),
        ended=say("completed") if completed else say("did not complete"),
    )


def _tunnels_came_up(view: NodeView) -> Iterator[Judgement]:
    failed = [tunnel for tunnel in view.tunnels if has_failed(tunnel)]
    flow = tunnels_up_since(view)
    if failed and flow is not None:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=_TUNNELS,
            explanation=counted(
                len(failed),
                "The status dump shows {count} SSH tunnel as Failed, but it was taken when logging started. The last SSH "
                "connection, at {time}, stayed up: this later evidence is what the report goes by.",
                "The status dump shows {count} SSH tunnels as Failed, but it was taken when logging started. The last SSH "
                "connection, at {time}, stayed up: this later evidence is what the report goes by.",
                time=person_utc(flow.started),
            ),
            evidence=(
                *(row for tunnel in failed[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
                quote.quote_conversation(flow, say("SSH established, and not closed early")),
            ),
        )


def _quote_end(connection: Connection) -> tuple[Evidence, ...]:
    if connection.handshake.alerts:
        return (quote.quote_alert(connection, connection.handshake.alerts[-1]),)
    return tuple(quote.quote_frame(connection, frame) for frame in connection.handshake.frames[-1:])


def partner_bundle_missing(view: NodeView) -> Iterator[Judgement]:
    """The other end of a traversal zone is not among the bundles."""
    if view.partners or not view.traversal_zones:
        return
    yield Judgement(
        severity=Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=view.traversal_zones[0].name,
        explanation=say(
            "The {partner}'s bundle is not among the inputs. What it presents, what it trusts and what it logs decides "
            "about this zone, and is the first thing that a support engineer will ask for.",
            partner="Core" if view.is_edge else "Edge",
        ),
        remedy=(_ASK_PARTNER,),
        evidence=quote.quote_zone(view.traversal_zones[0]),
    )


RULES = (
    Rule(
        id="uc-zone-failed",
        title=say("The traversal zone is down"),
        meaning="Said when the status dump shows a traversal zone as Failed and no later handshake completed. "
        "Mobile and remote access and every call through the zone are down. The finding that it stands "
        "under says why; where it stands alone, the cause is not in what was given.",
        severity=Severity.CRITICAL,
        judge=uc_zone_failed,
        needs=(Need.STATUS,),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("S",),
    ),
    Rule(
        id="ssh-tunnels-down",
        title=say("SSH tunnels are down"),
        meaning="Said when the status dump, an alarm or the log's ssh lines show that SSH tunnels failed, for "
        "whatever reason. Without them mobile and remote access does not work. The finding that it stands "
        "under says why: the zone, clientAuth, an intermediate that is not trusted, or a port that can't be "
        "reached.",
        severity=Severity.CRITICAL,
        judge=ssh_tunnels_down,
        needs=((Need.STATUS, Need.LOG),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("AG", "AR"),
    ),
    Rule(
        id="xstat-contradicts-capture",
        title=say("The status dump is older than the evidence, and differs from it"),
        meaning="Said when the status dump shows another state of a zone than its last handshake. The dump is taken "
        "when logging starts, before anything is captured, though its file name has the time when the bundle was collected: "
        "the report goes by the later evidence and says so.",
        severity=Severity.INFO,
        judge=xstat_contradicts_capture,
        needs=(Need.STATUS, Need.HANDSHAKE),
        sources=("AG",),
    ),
    Rule(
        id="partner-bundle-missing",
        title=say("The partner Expressway's bundle is missing"),
        meaning="Said when a node has a traversal zone and the bundle of its other end is not among the inputs. "
        "What the other end presents, trusts and logs decides about the zone; with both bundles the report "
        "answers from both sides.",
        severity=Severity.INFO,
        judge=partner_bundle_missing,
        needs=((Need.CONFIGURATION, Need.ZONES),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("I",),
    ),
)

"""Traversal zones and SSH tunnels: what is down, and whether the dumps are still right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from analyzer.evidence import (
    Alarm,
    Connection,
    Event,
    LogEvent,
    NodeRole,
    Outcome,
    PeerKind,
    Side,
    TcpConversation,
    Tunnel,
    Zone,
)
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.purpose import CLIENT_CERTIFICATE_FOR_CORE
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc

SSH_PORT = 2222
TUNNEL_ALARMS = frozenset({"35013", "35014"})
_SSH_TROUBLE = ("denied", "timed out", "refused", "reset", "closed", "fail", "unreachable", "no route", "not resolve")
CLOSED_EARLY = timedelta(seconds=10)
"""An SSH tunnel that works stays up for hours; one that is refused is closed within seconds."""

_ASK_PARTNER = Remedy(text=Need.PARTNER.collect, kind=RemedyKind.COLLECT)


def is_failed(zone: Zone) -> bool:
    """Whether the dump shows a zone as failed."""
    return (zone.status or "").lower().startswith("fail")


def is_active(zone: Zone) -> bool:
    """Whether the dump shows a zone as active (`Active`, `Active: 1 of 2`)."""
    return (zone.status or "").lower().startswith("active")


def has_failed(tunnel: Tunnel) -> bool:
    """Whether the dump shows a tunnel as failed."""
    return (tunnel.status or "").lower().startswith("fail")


def denied(view: NodeView) -> tuple[tuple[Evidence, ...], bool]:
    """Return what shows that SSH tunnels were refused, not unreachable, and whether it is said in words.

    A timeout is no refusal (rules-amendments A1).
    """
    rows = [t for t in view.tunnels if has_failed(t) and "denied" in (t.reason or "").lower()]
    lines = [event for event in ssh_errors(view) if "denied" in event.record.detail.lower()]
    flows = [flow for flow in view.node.conversations if is_refused_tunnel(flow)]
    evidence = (
        *(row for tunnel in rows[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
        *quote.quote_events(lines),
        *(quote_conversation(flow, "SSH closed right after it was established") for flow in flows[: quote.MOST]),
    )
    return evidence, bool(rows or lines)


def ssh_errors(view: NodeView) -> tuple[Event, ...]:
    """Return the log lines in which the tunnels' ssh client complains."""
    return tuple(event for event in view.events if event.record.name == "ssh" and _complains(event.record))


def _complains(record: LogEvent) -> bool:
    words = record.detail.lower()
    return record.fields.get("Level") in {"ERROR", "FATAL"} or any(word in words for word in _SSH_TROUBLE)


def is_refused_tunnel(flow: TcpConversation) -> bool:
    """Whether an SSH connection to the tunnel port was established and closed at once."""
    return (
        flow.server.port == SSH_PORT
        and flow.established
        and flow.client_banner is not None
        and flow.ended is not None
        and flow.ended - flow.started < CLOSED_EARLY
    )


def quote_conversation(flow: TcpConversation, what: str) -> Evidence:
    """Quote a TCP conversation by its first SYN."""
    return Evidence(
        kind=EvidenceKind.FRAME,
        file=flow.capture,
        locator=flow.frame,
        text=f"{iso_utc(flow.started)} {flow.client} → {flow.server}: {what}",
    )


def core_client_eku_missing_check_off(view: NodeView) -> Iterator[Judgement]:
    """Test case 2: with the check off the zone is up, but the SSH tunnels still need clientAuth."""
    if view.is_core and any(partner.is_edge for partner in view.partners):
        return
    mode = view.checking_mode
    if view.is_edge and (mode is None or mode.current != "Off"):
        return
    zones = [zone for side in (view, *view.partners) for zone in side.traversal_zones if is_active(zone)]
    cores = [view] if view.is_core else list(view.partners)
    refused = [denied(side) for side in (view, *view.partners)]
    evidence = tuple(row for rows, _ in refused for row in rows)
    if not (zones or _handshakes_complete(view)) or not evidence:
        return
    leaves = [(core, leaf) for core in cores if (leaf := core.leaf_as_client)]
    lacking = [(core, leaf) for core, leaf in leaves if core.as_client(leaf).capable is False]
    if leaves and not lacking:
        return
    if lacking:
        core, leaf = lacking[0]
        file = quote.store_file(core.node, "client" if core.has_two_stores else "server")
        shown: tuple[Evidence, ...] = (quote.quote_certificate(leaf, file, "what the Core presents as a client"),)
        confidence = Confidence.STRONG if view.is_edge else Confidence.INFERRED
        whose = f"The Core's certificate, serial {leaf.serial}, may not be used as a client's: {core.as_client(leaf).reason}."
    else:
        seen = _seen_of_core(view)
        if seen is None:
            return
        shown, whose, confidence = (
            (*seen,),
            "The Core's certificate in the capture may not be used as a client's.",
            Confidence.INFERRED,
        )
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=confidence,
        subject=zones[0].name if zones else "SSH tunnels",
        explanation="The traversal zone is up because the Edge's extended key usage check is off, but the SSH tunnels on "
        f"port 2222 are refused: they need clientAuth whatever the setting. {whose} Mobile and remote access stays down.",
        remedy=(
            CLIENT_CERTIFICATE_FOR_CORE,
            Remedy(
                text="Then switch the check on again.",
                command="Edge: xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: On",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *evidence,
            *shown,
            *(quote.quote_setting(EKU_CHECKING_MODE, mode) if mode and view.is_edge else ()),
            *(row for zone in zones for row in quote.quote_zone(zone)),
        ),
    )


def _handshakes_complete(view: NodeView) -> bool:
    return any(
        connection.outcome is Outcome.COMPLETED and view.is_traversal(connection.peer)
        for connection in view.connections
    )


def _seen_of_core(view: NodeView) -> tuple[Evidence, ...] | None:
    """Return the frame in which the Core presented a certificate that may not be used as a client's."""
    for connection in view.connections:
        leaf = view.case.certificates.get(connection.client_certificate.leaf or "")
        from_core = connection.local_role is Side.SERVER and connection.peer.kind is PeerKind.PARTNER
        if from_core and leaf is not None and view.as_client(leaf).capable is False:
            return quote.quote_certificate_frame(connection, Side.CLIENT)
    return None


def uc_zone_failed(view: NodeView) -> Iterator[Judgement]:
    """A traversal zone is down: by the dump, unless later evidence shows that it came up."""
    for zone in view.traversal_zones:
        if not is_failed(zone) or _came_up(view, zone):
            continue
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=f"Traversal zone {zone.name} was Failed when logging started, and nothing later shows it working. "
            "Mobile and remote access and every call through it are down.",
            remedy=() if view.partners else (_ASK_PARTNER,),
            evidence=quote.quote_zone(zone),
        )


def _came_up(view: NodeView, zone: Zone) -> bool:
    """Whether the last handshake of a zone in the capture completed."""
    own = [connection for connection in view.connections if connection.peer.zone == zone.name]
    if not own:
        return False
    newest = max(own, key=lambda connection: connection.handshake.started)
    return newest.outcome is Outcome.COMPLETED


def ssh_tunnels_down(view: NodeView) -> Iterator[Judgement]:
    """SSH tunnels are down, whatever the reason."""
    failed = [tunnel for tunnel in view.tunnels if has_failed(tunnel)]
    alarms = [alarm for alarm in view.node.alarms if alarm.id in TUNNEL_ALARMS]
    lines = ssh_errors(view)
    if not failed and not alarms and not lines:
        return
    reasons = sorted({tunnel.reason for tunnel in failed if tunnel.reason})
    first, last = quote.span(event.record.time for event in lines)
    said = f" ({', '.join(reasons)})" if reasons else ""
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject="SSH tunnels",
        explanation=f"{_counted(failed, alarms, lines)}{said}. Without them mobile and remote access does not work. "
        "The causes, in the order to check: the zone is not active; the Core's client certificate has no clientAuth; its "
        "chain is not wholly trusted on the other side; TCP port 2222 or name resolution is blocked; time differs.",
        evidence=(
            *(row for tunnel in failed[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
            *(row for alarm in alarms for row in quote.quote_alarm(alarm)),
            *quote.quote_events(lines),
        ),
        count=max(len(failed), len(lines), 1),
        first=first,
        last=last,
        events=tuple(event.id for event in lines),
    )


def _counted(failed: list[Tunnel], alarms: list[Alarm], lines: Iterable[Event]) -> str:
    if failed:
        return f"{len(failed)} SSH tunnel{'s' if len(failed) > 1 else ''} failed"
    if alarms:
        return "An alarm says that SSH tunnels failed"
    return f"The log reports {len(tuple(lines))} failed attempts to open SSH tunnels"


def xstat_contradicts_capture(view: NodeView) -> Iterator[Judgement]:
    """The dump's zone state, taken when logging started, differs from the last handshake."""
    for zone in view.node.zones:
        own = [c for c in view.connections if c.peer.zone == zone.name and c.outcome is not Outcome.UNKNOWN]
        if not own or not (is_failed(zone) or is_active(zone)):
            continue
        newest = max(own, key=lambda connection: connection.handshake.started)
        works = newest.outcome is Outcome.COMPLETED
        if works == is_active(zone):
            continue
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=f"The status dump shows zone {zone.name} as {zone.status}, but it was taken when logging started. The "
            f"last handshake, at {iso_utc(newest.handshake.started)}, "
            f"{'completed' if works else 'did not complete'}: this later evidence is what the report goes by.",
            evidence=(*quote.quote_zone(zone), *_quote_end(newest)),
            connections=(newest.id,),
        )


def _quote_end(connection: Connection) -> tuple[Evidence, ...]:
    if connection.handshake.alerts:
        return (quote.quote_alert(connection, connection.handshake.alerts[-1]),)
    return tuple(quote.quote_frame(connection, frame) for frame in connection.handshake.frames[-1:])


def partner_bundle_missing(view: NodeView) -> Iterator[Judgement]:
    """The other end of a traversal zone is not among the bundles."""
    if view.partners or not view.traversal_zones:
        return
    other = "Core" if view.is_edge else "Edge"
    yield Judgement(
        severity=Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=view.traversal_zones[0].name,
        explanation=f"The {other}'s bundle is not among the inputs. What it presents, what it trusts and what it logs decides "
        "about this zone, and is the first thing that a support engineer will ask for.",
        remedy=(_ASK_PARTNER,),
        evidence=quote.quote_zone(view.traversal_zones[0]),
    )


RULES = (
    Rule(
        id="core-client-eku-missing-check-off",
        title="The traversal zone is up, but the SSH tunnels are refused: the Core's certificate lacks clientAuth",
        severity=Severity.CRITICAL,
        judge=core_client_eku_missing_check_off,
        needs=((Need.STATUS, Need.LOG, Need.CAPTURE),),
        roles=(NodeRole.EDGE, NodeRole.CORE),
        applies_to=">=X15.5",
        sources=("S", "T1", "AG"),
    ),
    Rule(
        id="uc-zone-failed",
        title="The traversal zone is down",
        severity=Severity.CRITICAL,
        judge=uc_zone_failed,
        needs=(Need.STATUS,),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("S",),
    ),
    Rule(
        id="ssh-tunnels-down",
        title="SSH tunnels are down",
        severity=Severity.CRITICAL,
        judge=ssh_tunnels_down,
        needs=((Need.STATUS, Need.LOG),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("AG", "AR"),
    ),
    Rule(
        id="xstat-contradicts-capture",
        title="The status dump is older than the evidence, and differs from it",
        severity=Severity.INFO,
        judge=xstat_contradicts_capture,
        needs=(Need.STATUS, Need.HANDSHAKE),
        sources=("AG",),
    ),
    Rule(
        id="partner-bundle-missing",
        title="The partner Expressway's bundle is missing",
        severity=Severity.INFO,
        judge=partner_bundle_missing,
        needs=(Need.CONFIGURATION,),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("I",),
    ),
)

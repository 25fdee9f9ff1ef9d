"""One peer of a cluster that stands out: it still serves its old certificate, or its client store cannot serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from analyzer.correlate.clusters import is_called
from analyzer.evidence import APPLICATION_START, Certificate, Connection, Outcome, Side, Store, ZonePeer
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.services import services
from analyzer.facts.settings import CLUSTER_TLS_VERIFY
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.clusters import cluster_name, listed_peers, quote_cluster
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.served import stale_of
from analyzer.rules.view import NodeView
from analyzer.rules.wording import store_name
from analyzer.text import is_address, person_utc, said_serial
from analyzer.words import Words, say, sentences

_ENFORCING = "enforcing"
_NOT_SEEN = say("No failure is seen yet: no source says what X15.5 checks there.")

_CLIENT_CERTIFICATE = Remedy(
    text=say(
        "Issue a client certificate with clientAuth and the peer's own name as the cluster lists it, and upload it. Restart "
        "one peer at a time, in a maintenance window."
    ),
    command="Maintenance > Security > Client certificate",
    kind=RemedyKind.DURABLE,
)
_PERMISSIVE = Remedy(
    text=say(
        "Until then let the peers take each other without verification. The cluster's traffic is then not authenticated."
    ),
    command="System > Clustering: TLS verification mode: Permissive",
    kind=RemedyKind.STOP_GAP,
)


def _is_in_cluster(view: NodeView) -> bool:
    return len(view.cluster) > 1 or any(not is_called(view.node, entry) for entry in listed_peers(view))


def peer_not_serving_new_certificate(view: NodeView) -> Iterator[Judgement]:
    """This peer serves an older certificate than its store holds: it alone was not restarted."""
    leaf = view.server_leaf
    if leaf is None or not _is_in_cluster(view):
        return
    served = _served(view)
    old = [c for c in served if c.server_certificate.store is Store.NEITHER and _is_older(view, c)]
    newest = max(served, key=lambda connection: connection.handshake.started, default=None)
    if newest is not None and newest not in old:
        return
    evidence, states = _partner_states(view)
    if old:
        what = say(
            "it still serves serial {old}, not serial {new} of its server store",
            old=said_serial(old[-1].server_certificate.serial),
            new=said_serial(leaf.serial),
        )
        confidence = Confidence.PROVEN
    else:
        since = _running_since(view)
        if since is None or leaf.not_before is None or leaf.not_before <= since:
            return
        what = say(
            "it has been running since {since} or longer, and the certificate in its server store, serial {serial}, is valid "
            "only from {begins}: it was put there later",
            since=person_utc(since),
            serial=said_serial(leaf.serial),
            begins=person_utc(leaf.not_before),
        )
        confidence = Confidence.INFERRED
    first, last = quote.span(connection.handshake.started for connection in old)
    yield Judgement(
        severity=Severity.CRITICAL if states and old else Severity.WARNING,
        confidence=confidence,
        subject=view.label,
        explanation=sentences((_not_taken_up(view, what), states)),
        remedy=(_restart(view),),
        evidence=(
            *(row for c in old[-3:] for row in quote.quote_certificate_frame(c, Side.SERVER)),
            quote.quote_certificate(leaf, quote.store_file(view.node, "server"), store_name(view, "server")),
            *_quote_uptime(view),
            *evidence,
        ),
        count=max(len(old), 1),
        first=first,
        last=last,
        connections=tuple(old),
    )


def _not_taken_up(view: NodeView, what: Words) -> Words:
    return say(
        "Of the cluster {cluster} this peer has not taken up its new certificate: {what}. A new certificate takes effect "
        "only after a restart.",
        cluster=cluster_name(view),
        what=what,
    )


def _restart(view: NodeView) -> Remedy:
    return Remedy(
        text=say(
            "Restart {node} alone. Service-affecting: in a maintenance window, one peer at a time. Then check the serial in "
            "a new capture.",
            node=view.label,
        ),
        command="Maintenance > Restart options > Restart",
        kind=RemedyKind.DURABLE,
    )


def _served(view: NodeView) -> list[Connection]:
    """Return the connections in which this peer's own capture shows its certificate as server."""
    return [c for c in view.connections if c.local_role is Side.SERVER and c.server_certificate.leaf]


def _is_older(view: NodeView, connection: Connection) -> bool:
    presented = view.case.certificates.get(connection.server_certificate.leaf or "")
    return presented is not None and stale_of(view, Side.SERVER, presented) is not None


def _running_since(view: NodeView) -> datetime | None:
    """Return a time at which it was certainly running: the status was taken no later than the evidence ends."""
    ends = [*(span.last for span in view.node.logs), *(file.last for file in view.node.captures)]
    _, last = quote.span(ends)
    restarted = bool(view.log.named(APPLICATION_START))
    if last is None or view.node.uptime is None or restarted:
        return None
    return last - timedelta(seconds=view.node.uptime)


def _quote_uptime(view: NodeView) -> tuple[Evidence, ...]:
    if view.node.uptime is None:
        return ()
    file = next((member.reference for member in view.node.members if member.kind.startswith("xstat")), None)
    text = say("uptime {seconds} s when logging started", seconds=view.node.uptime)
    return (Evidence(kind=EvidenceKind.STATUS, file=file, locator="SystemUnit Uptime", text=text),)


def _partner_states(view: NodeView) -> tuple[tuple[Evidence, ...], str]:
    """Return the partners' zones in which this peer alone is not active, and the words for it."""
    for partner in view.partners:
        for zone in partner.traversal_zones:
            own = [peer for peer in zone.peers if is_called(view.node, peer.address)]
            active = [peer for peer in zone.peers if _is_active(peer)]
            if active and own and not any(_is_active(peer) for peer in own) and any(peer.status for peer in own):
                return quote.quote_zone(zone), say(
                    "{partner} has {active} of {peers} peers of zone {zone} active, this one not.",
                    partner=partner.label,
                    active=len(active),
                    peers=len(zone.peers),
                    zone=zone.name,
                )
    return (), ""


def _is_active(peer: ZonePeer) -> bool:
    return (peer.status or "").lower().startswith("active")


def client_store_incapable(view: NodeView) -> Iterator[Judgement]:
    """Under Enforcing the peers verify each other, and each is TLS client and server on one port."""
    mode = view.node.settings.get(CLUSTER_TLS_VERIFY)
    leaf = view.client_leaf
    if leaf is None or mode is None or (mode.current or "").lower() != _ENFORCING or not _is_in_cluster(view):
        return
    lacking = _lacking(view, leaf)
    tried = _as_cluster_client(view)
    refused = [c for c in tried if c.outcome is Outcome.REFUSED and c.refused_by is Side.SERVER]
    works = bool(tried) and tried[-1].outcome is Outcome.COMPLETED and tried[-1].handshake.certificate_requested
    if not lacking or works:
        return
    alarms = view.raised(AlarmTopic.CLUSTER)
    first, last = quote.span(connection.handshake.started for connection in refused)
    port = _cluster_port(view)
    yield Judgement(
        severity=Severity.CRITICAL if refused or alarms else Severity.WARNING,
        confidence=Confidence.PROVEN if refused else Confidence.STRONG if alarms else Confidence.INFERRED,
        subject=view.label,
        explanation=sentences(
            (
                say(
                    "Cluster TLS verification is Enforcing, and the client certificate {lacking}. On port {port} each peer "
                    "is TLS server and TLS client, and as client it is the client store that the store rule names.",
                    lacking=lacking,
                    port=port,
                ),
                "" if refused or alarms else _NOT_SEEN,
            )
        ),
        remedy=(_CLIENT_CERTIFICATE, _PERMISSIVE),
        evidence=(
            quote.quote_certificate(leaf, quote.store_file(view.node, "client"), store_name(view, "client")),
            *quote.quote_setting(CLUSTER_TLS_VERIFY, mode),
            *quote_cluster(view.node),
            *(row for alarm in alarms for row in quote.quote_alarm(alarm)),
            *(row for c in refused[:3] for alert in c.handshake.alerts for row in (quote.quote_alert(c, alert),)),
        ),
        count=max(len(refused), 1),
        first=first,
        last=last,
        connections=tuple(refused),
        about=tuple(dict.fromkeys((*listed_peers(view), *(p.label for p in view.cluster if p is not view)))),
    )


def _lacking(view: NodeView, leaf: Certificate) -> str:
    """Say what a client certificate lacks for the cluster; empty: nothing, as far as is known."""
    capability = view.as_client(leaf)
    is_incapable = capability.capable is False
    own = [entry for entry in listed_peers(view) if is_called(view.node, entry) and not is_address(entry)]
    known = {name.lower() for name in leaf.names}
    if not own or any(entry.lower().rstrip(".") in known for entry in own):
        return say("may not be used as a client ({reason})", reason=capability.reason) if is_incapable else ""
    if not is_incapable:
        return say("lacks the name {name} by which the cluster lists this peer", name=own[0])
    return say(
        "may not be used as a client ({reason}) and lacks the name {name} by which the cluster lists this peer",
        reason=capability.reason,
        name=own[0],
    )


def _as_cluster_client(view: NodeView) -> Sequence[Connection]:
    port = _cluster_port(view)
    return [c for c in view.connections if c.local_role is Side.CLIENT and c.handshake.server.port == port]


def _cluster_port(view: NodeView) -> int | None:
    return next((service.first for service in services(view.facts) if service.id == "cluster"), None)


RULES = (
    Rule(
        id="cluster-peer-not-serving-new-certificate",
        title=say("One peer of a cluster has not taken up its new certificate"),
        severity=Severity.CRITICAL,
        judge=peer_not_serving_new_certificate,
        needs=(Need.SERVER_STORE,),
        sources=("CG", "I"),
        meaning="Said of a cluster peer whose capture shows an older certificate than its server store holds, or which has "
        "been running for longer than that certificate is valid. That peer alone needs a restart.",
    ),
    Rule(
        id="cluster-client-store-incapable",
        title=say("A cluster peer's client certificate does not fit the cluster"),
        severity=Severity.CRITICAL,
        judge=client_store_incapable,
        needs=(Need.CLIENT_STORE, Need.CONFIGURATION),
        applies_to=">=X15.5",
        sources=("CG", "P", "I"),
        meaning="Said where cluster TLS verification is Enforcing and a peer's client certificate lacks clientAuth or the "
        "peer's name. Without a refusal or an alarm it is inferred: no source says what X15.5 checks between peers.",
    ),
)

"""What releases before X15.5 ask of the one certificate that they have (Cisco 225482)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import Certificate, Connection, NodeRole, Outcome, PeerKind, Side, Zone
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.settings import CLUSTER_TLS_VERIFY, COLLABORATION_EDGE_ENABLED
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.client_use import is_before_server_only, remote_access
from analyzer.rules.inventory import fact
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import is_failed
from analyzer.rules.view import NOBODY, NodeView
from analyzer.rules.wording import store_name
from analyzer.words import say, sentences

UPGRADE = Remedy(
    text=say(
        "Upgrade Core and Edge to the same release, X15.5 or later (service-affecting, in a maintenance window, one peer "
        "at a time)."
    ),
    command="Maintenance > Upgrade",
    kind=RemedyKind.DURABLE,
    at=None,
)
COMBINED = Remedy(
    text=say(
        "Or replace the certificate by one with serverAuth and clientAuth, from a private CA or from a public one that "
        "still issues it, and have those who verify it trust that CA."
    ),
    command="Maintenance > Security > Server certificate",
    kind=RemedyKind.DURABLE,
    instead=True,
)


def _subject(leaf: Certificate) -> str:
    return leaf.common_name or leaf.sha256[:16]


def _quote_leaf(view: NodeView, leaf: Certificate) -> Evidence:
    return quote.quote_certificate(leaf, quote.store_file(view.node, "server"), store_name(view, "server"))


def edge_server_only(view: NodeView) -> Iterator[Judgement]:
    """Up to X15.3 an Edge's certificate travels in a SIP SERVICE message, and the Core demands both usages."""
    leaf = view.server_leaf
    enabled = remote_access(view)
    if leaf is None or eku_class(leaf) is not ExtendedKeyUsageClass.SERVER_ONLY or enabled is False:
        return
    setting = view.node.settings.get(COLLABORATION_EDGE_ENABLED)
    yield Judgement(
        severity=Severity.CRITICAL if enabled else Severity.WARNING,
        confidence=Confidence.PROVEN if enabled else Confidence.INFERRED,
        subject=_subject(leaf),
        explanation=sentences(
            (
                say(
                    "The Edge runs {release} and its certificate has serverAuth only. Up to X15.3 the Edge's "
                    "certificate travels to the Core in a SIP SERVICE message, and the Core demands both usages: SIP "
                    "registration over mobile and remote access fails.",
                    release=view.version,
                ),
                "" if enabled else say("Whether that is in use here, the configuration does not say."),
            )
        ),
        remedy=(UPGRADE, COMBINED),
        evidence=(
            _quote_leaf(view, leaf),
            *(quote.quote_setting(COLLABORATION_EDGE_ENABLED, setting) if setting else ()),
            *(row for zone in view.traversal_zones for row in quote.quote_zone(zone)),
        ),
    )


def core_server_only(view: NodeView) -> Iterator[Judgement]:
    """X15.4 lifts the demand for the Edge only: the Core is still the client, with its one certificate."""
    leaf = view.server_leaf
    capability = view.as_client(leaf) if leaf else None
    if leaf is None or capability is None or capability.capable is not False:
        return
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=_subject(leaf),
        explanation=say(
            "X15.4 lets an Edge do with serverAuth only, not a Core: the Core presents its one certificate as a client "
            "on the traversal zone, and it may not be used as a client's: {reason}.",
            reason=capability.reason,
        ),
        remedy=(COMBINED, UPGRADE),
        evidence=(_quote_leaf(view, leaf),),
    )


def neighbor_verifies_server_only(view: NodeView) -> Iterator[Judgement]:
    """X15.4 has no switch for the check: a zone with TLS verify fails with a server-only certificate."""
    leaf = view.server_leaf
    if leaf is None or eku_class(leaf) is not ExtendedKeyUsageClass.SERVER_ONLY:
        return
    by_zone: dict[str | None, list[Connection]] = {}
    for connection in view.connections:
        if connection.local_role is Side.CLIENT:
            by_zone.setdefault(connection.peer.zone, []).append(connection)
    for zone in view.node.zones:
        if zone.kind == "neighbor" and zone.tls_verify_mode == "On" and zone.status != "Off":
            judgement = _of_zone(view, leaf, zone, by_zone.get(zone.name, []))
            if judgement is not None:
                yield judgement


def _of_zone(view: NodeView, leaf: Certificate, zone: Zone, connections: list[Connection]) -> Judgement | None:
    """Judge one zone; where the other end took the certificate in the newest handshake, there is nothing to say."""
    shown = [connection for connection in connections if connection.client_certificate.leaf == leaf.sha256]
    if shown and shown[-1].outcome is Outcome.COMPLETED:
        return None
    refused = [connection for connection in shown if connection.outcome is Outcome.REFUSED]
    fails = bool(refused) or is_failed(zone)
    first, last = quote.span(connection.handshake.started for connection in refused)
    return Judgement(
        severity=Severity.CRITICAL if fails else Severity.WARNING,
        confidence=Confidence.PROVEN if refused else Confidence.STRONG if fails else Confidence.INFERRED,
        subject=zone.name,
        explanation=sentences(
            (
                say(
                    "Zone {zone} verifies TLS, and this node's certificate has serverAuth only. On X15.4 a neighbour "
                    "zone with TLS verify fails so, and there is no switch for the usage check.",
                    zone=zone.name,
                ),
                say("It does fail.") if fails else say("Nothing that was given shows it failing."),
            )
        ),
        remedy=(
            UPGRADE,
            COMBINED,
            Remedy(
                text=say(
                    "Or switch TLS verify off on zone {zone}: then nobody checks who is at the other end.",
                    zone=zone.name,
                ),
                command="Configuration > Zones > Zones: TLS verify mode",
                kind=RemedyKind.STOP_GAP,
            ),
        ),
        evidence=(
            _quote_leaf(view, leaf),
            *quote.quote_zone_setting(zone),
            *quote.quote_zone(zone),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
        ),
        count=max(1, len(refused)),
        first=first,
        last=last,
        connections=tuple(refused),
        about=tuple(peer.address for peer in zone.peers) or (NOBODY,),
    )


def cluster_enforcing_server_only(view: NodeView) -> Iterator[Judgement]:
    """Up to X15.3 cluster peers that enforce TLS verification need clientAuth: each is the other's client."""
    leaf = view.server_leaf
    setting = view.node.settings.get(CLUSTER_TLS_VERIFY)
    if leaf is None or setting is None or (setting.current or "").lower() != "enforcing":
        return
    capability = view.as_client(leaf)
    if capability.capable is not False:
        return
    alarms = view.raised(AlarmTopic.CLUSTER)
    own = [
        connection
        for connection in view.connections
        if connection.peer.kind is PeerKind.CLUSTER and connection.client_certificate.leaf == leaf.sha256
    ]
    refused = tuple(connection for connection in own if connection.outcome is Outcome.REFUSED)
    accepted = any(connection.outcome is Outcome.COMPLETED for connection in own[-1:])
    yield Judgement(
        severity=Severity.WARNING if accepted else Severity.CRITICAL,
        confidence=Confidence.PROVEN if refused else Confidence.STRONG if alarms else Confidence.INFERRED,
        subject=(view.node.cluster and view.node.cluster.name) or _subject(leaf),
        explanation=sentences(
            (
                say(
                    "Cluster peers verify each other's certificates (Enforcing), and this one may not be used as a "
                    "client's: {reason}. Up to X15.3 peers then do not talk to each other.",
                    reason=capability.reason,
                ),
                say("A peer took it in the newest handshake all the same.") if accepted else "",
            )
        ),
        remedy=(
            UPGRADE,
            COMBINED,
            Remedy(
                text=say("Or set the cluster's TLS verification to Permissive: then peers do not verify each other."),
                command="System > Clustering: TLS verification mode",
                kind=RemedyKind.STOP_GAP,
            ),
        ),
        evidence=(
            _quote_leaf(view, leaf),
            *quote.quote_setting(CLUSTER_TLS_VERIFY, setting),
            *(row for alarm in alarms for row in quote.quote_alarm(alarm)),
        ),
        count=max(1, len(refused)),
        connections=refused,
    )


def upgrade_advice(view: NodeView) -> Iterator[Judgement]:
    """A release before X15.5: one certificate for both roles."""
    what = (
        say("{release} demands both usages of every Expressway's certificate.", release=view.version)
        if is_before_server_only(view)
        else say(
            "{release} lets only an Edge do with serverAuth, and has one store for both roles.", release=view.version
        )
    )
    yield fact(
        str(view.version),
        sentences(
            (
                what,
                say(
                    "X15.5 has a client store of its own and a switch for the usage check. Core and Edge must run the "
                    "same release. By Cisco 225482 CUCM SU3a is compatible with X15.4 and X15.5."
                ),
            )
        ),
        remedy=(UPGRADE,),
    )


_UP_TO_15_3 = "<=X15.3"

RULES = (
    Rule(
        id="l-edge-server-only",
        title=say("The Edge's certificate lacks clientAuth, which releases up to X15.3 need"),
        severity=Severity.CRITICAL,
        judge=edge_server_only,
        needs=(Need.SERVER_STORE, (Need.CONFIGURATION, Need.ZONES)),
        roles=(NodeRole.EDGE,),
        applies_to=_UP_TO_15_3,
        sources=("P",),
        meaning="An Edge of X15.3 or older has a certificate with serverAuth only. The Core demands both usages of it, and SIP "
        "registration over mobile and remote access fails.",
    ),
    Rule(
        id="m-core-server-only",
        title=say("The Core's only certificate may not be used as a client's"),
        severity=Severity.CRITICAL,
        judge=core_server_only,
        needs=(Need.SERVER_STORE,),
        roles=(NodeRole.CORE,),
        applies_to="==X15.4",
        sources=("P",),
        meaning="A Core of X15.4 has a certificate that may not be a client's. X15.4 lifts that restriction for the Edge only.",
    ),
    Rule(
        id="m-neighbor-verify-on-server-only",
        title=say("A neighbour zone with TLS verify needs clientAuth, which the certificate lacks"),
        severity=Severity.CRITICAL,
        judge=neighbor_verifies_server_only,
        needs=(Need.SERVER_STORE, Need.CONFIGURATION),
        applies_to="==X15.4",
        sources=("P",),
        meaning="On X15.4 a neighbour zone verifies TLS while the node's certificate has serverAuth only. Such zones fail, and X15.4 "
        "has no switch for the usage check.",
    ),
    Rule(
        id="cluster-enforcing-server-only",
        title=say("Cluster peers verify a certificate that may not be a client's"),
        severity=Severity.CRITICAL,
        judge=cluster_enforcing_server_only,
        needs=(Need.SERVER_STORE, Need.CONFIGURATION),
        applies_to=_UP_TO_15_3,
        sources=("P", "AR"),
        meaning="Up to X15.3, with cluster TLS verification Enforcing, a peer whose certificate has no clientAuth is cut off.",
    ),
    Rule(
        id="upgrade-advice",
        title=say("A release without a client store of its own"),
        severity=Severity.INFO,
        judge=upgrade_advice,
        needs=(Need.VERSION,),
        applies_to="<=X15.4",
        sources=("P", "FN"),
        meaning="The node runs a release before X15.5, which has one certificate for both roles.",
        is_context=True,
    ),
)

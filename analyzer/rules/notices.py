"""What to know beside the diagnoses: alarms that are none of a certificate's, what the log does not show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.evidence import Connection, Event, NodeRole, Side
from analyzer.facts.alarms import AlarmTopic
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.authorities import CHAIN_ALERTS, onboarding_ports
from analyzer.rules.inventory import fact
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.trust import UNTRUSTED
from analyzer.rules.view import NodeView
from analyzer.words import counted, say, sentences


def ptr_mismatch(view: NodeView) -> Iterator[Judgement]:
    """Reverse DNS gives a name that is not what it should be."""
    for alarm in view.raised(AlarmTopic.REVERSE_DNS):
        yield fact(
            say("alarm {id}", id=alarm.id),
            say(
                "Alarm {id}: {title}. The name that reverse DNS gives for the Edge must be in its certificate's "
                "subjectAltName; SSH tunnels need forward and reverse DNS to agree.",
                id=alarm.id,
                title=alarm.title,
            ),
            remedy=(
                Remedy(
                    text=say("Correct the PTR record, or have the certificate issued with that name."),
                    kind=RemedyKind.DURABLE,
                    at=None,
                ),
            ),
            evidence=quote.quote_alarm(alarm),
        )


def verbose_logging_alarm(view: NodeView) -> Iterator[Judgement]:
    """The alarm that every diagnostic log raises."""
    for alarm in view.raised(AlarmTopic.LOGGING):
        yield fact(
            say("alarm {id}", id=alarm.id),
            say(
                "Alarm {id}: {title}. Expected: levels go to DEBUG while a diagnostic log is taken, and back after it.",
                id=alarm.id,
                title=alarm.title,
            ),
            evidence=quote.quote_alarm(alarm),
        )


def smart_license_not_eku(view: NodeView) -> Iterator[Judgement]:
    """Licensing alarms: after a renewal they are easily taken for an effect of it."""
    alarms = view.raised(AlarmTopic.LICENSING)
    if not alarms:
        return
    yield fact(
        "Smart Licensing",
        sentences(
            (
                counted(
                    len(alarms),
                    "{count} licensing alarm: {title}.",
                    "{count} licensing alarms: {title}.",
                    title=alarms[0].title,
                ),
                say(
                    "Cisco's document on the sunset says that they are no matter of extended key usage, even right "
                    "after a renewal: the way to Cisco on port 443, and trust in the authority of Cisco's licensing "
                    "server, are."
                ),
            )
        ),
        evidence=tuple(row for alarm in alarms[: quote.MOST] for row in quote.quote_alarm(alarm)),
        count=len(alarms),
    )


def log_level_too_low(view: NodeView) -> Iterator[Judgement]:
    """TLS failed, and the log lacks the lines that would tell the peer's names."""
    if any(log.has_ssl_debug for log in view.node.logs):
        return
    failed = Lines(alike for alike in view.log.errors if alike.record.process in {"tvcs", None})
    if not failed:
        return
    yield fact(
        view.node.name or "",
        say(
            "The log reports TLS failures but has no developer.ssl DEBUG lines: those would name the peer's "
            "certificate, also under TLS 1.3, and each step of the handshake."
        ),
        remedy=(
            Remedy(
                text=say(
                    "Set developer.ssl to DEBUG and take a new diagnostic log while the problem happens. For HTTPS "
                    "towards Unified CM, raise the traffic server's loggers as well."
                ),
                command='Maintenance > Diagnostics > Advanced > Support Log configuration; xConfiguration Logger Developer developer.trafficserver.ssl Level: "DEBUG" (likewise .http, .http_trans, .iocore)',
                kind=RemedyKind.COLLECT,
            ),
        ),
        evidence=quote.quote_events(failed[:1]),
    )


def other_trust_list(view: NodeView) -> Iterator[Judgement]:
    """A phone's certificate was refused where another list than ca_….pem decides."""
    ports = onboarding_ports(view)
    events: dict[int, list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of(*UNTRUSTED) if ports else ():
        if alike.record.local_role is Side.SERVER:
            for port, told in alike.split(_port_called).items():
                if port in ports:
                    events[port].append(told)
    connections: dict[int, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        port = connection.handshake.server.port
        if connection.local_role is Side.SERVER and port in ports and _refused_client(connection):
            connections[port].append(connection)
    for port in dict.fromkeys((*events, *connections)):
        yield _other_list(port, Lines(events.get(port, ())), connections.get(port, []))


def _port_called(event: Event) -> int:
    """Return the port that a caller came to; 0: the line does not say."""
    return event.record.destination.port if event.record.destination else 0


def _refused_client(connection: Connection) -> bool:
    return connection.client_certificate.leaf is not None and any(
        alert.is_fatal and alert.sender is Side.SERVER and alert.code in CHAIN_ALERTS
        for alert in connection.handshake.alerts
    )


def _other_list(port: int, events: Lines, connections: list[Connection]) -> Judgement:
    first, last = quote.span((*events.span, *(c.handshake.started for c in connections)))
    shown = connections[: quote.MOST]
    frames: tuple[Evidence, ...] = tuple(quote.quote_alert(c, alert) for c in shown for alert in c.handshake.alerts)
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.INFERRED,
        subject=say("port {port}", port=port),
        explanation=say(
            "This Edge refused client certificates on port {port}. Only activation-code onboarding asks for them there, "
            "and it trusts a list of its own (mtls_ca.pem), which no diagnostic bundle holds: the trusted CA list says "
            "nothing about it.",
            port=port,
        ),
        remedy=(
            Remedy(
                text=say(
                    "See whether activation-code onboarding is enabled and its list of manufacturers' authorities is "
                    "current."
                ),
                command="Configuration > Unified Communications > Configuration > Allow activation code onboarding",
                kind=RemedyKind.COLLECT,
            ),
        ),
        evidence=(*quote.quote_events(events), *frames),
        count=max(len(events), len(connections), 1),
        first=first,
        last=last,
        connections=tuple(connections),
        events=events,
    )


_ALARMS = ((Need.STATUS, Need.LOG),)

RULES = (
    Rule(
        id="other-trust-list",
        title=say("Another list than the trusted CA list decides"),
        severity=Severity.INFO,
        judge=other_trust_list,
        needs=((Need.LOG, Need.CAPTURE),),
        roles=(NodeRole.EDGE,),
        sources=("X", "S"),
        meaning="Client certificates were refused on the HTTPS port of an Edge. Activation-code onboarding checks them with a "
        "list that is not in the bundle, so that nothing can be said about trust there.",
    ),
    Rule(
        id="log-level-too-low",
        title=say("The log does not show TLS in detail"),
        severity=Severity.INFO,
        judge=log_level_too_low,
        needs=(Need.LOG,),
        sources=("W", "T2"),
        meaning="TLS failures are logged, but the DEBUG lines that would name the peer's certificate are not there.",
    ),
    Rule(
        id="ptr-mismatch",
        title=say("Reverse DNS does not fit the certificate"),
        severity=Severity.INFO,
        judge=ptr_mismatch,
        needs=_ALARMS,
        sources=("AR", "AG"),
        is_context=True,
        meaning="An alarm says that the name which reverse DNS gives is not the one that is expected. Background, unless SSH "
        "tunnels fail.",
    ),
    Rule(
        id="smart-license-not-eku",
        title=say("Licensing alarms are no matter of extended key usage"),
        severity=Severity.INFO,
        judge=smart_license_not_eku,
        needs=_ALARMS,
        sources=("P", "AR"),
        is_context=True,
        meaning="Licensing alarms are raised. They are about reaching and trusting Cisco on port 443, whatever was renewed.",
    ),
    Rule(
        id="verbose-logging-alarm",
        title=say("Verbose logging is expected while a diagnostic log is taken"),
        severity=Severity.INFO,
        judge=verbose_logging_alarm,
        needs=_ALARMS,
        sources=("AG", "AR"),
        is_context=True,
        meaning="The alarm about verbose log levels comes from the diagnostic log itself and means nothing.",
    ),
)

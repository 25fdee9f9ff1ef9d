"""What the own certificates are called: names that Expressway cannot do with, or does not support."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.attributes import unnamed_attributes
from analyzer.evidence import Certificate, Event
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Lines
from analyzer.rules.own_certificates import own_certificates, quote_own, reception, replace_by
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import has_failed, ssh_errors
from analyzer.rules.view import NOBODY, TRAVERSAL, TUNNELS, NodeView
from analyzer.words import listed, say, sentences

NO_COMMON_NAME = "40052"
"""The alarm "Server certificate has no CN"."""

_NAME_ALERTS = frozenset({42, 46})
"""bad_certificate, certificate_unknown: what clients send for a name that does not fit (measured)."""

_NAMED = replace_by(say("whose subject has a common name, the node's own host name"))


def unknown_oid_in_dn(view: NodeView) -> Iterator[Judgement]:
    """An attribute that OpenSSL has no name for: SSH tunnels may fail."""
    rows = [tunnel for tunnel in view.tunnels if has_failed(tunnel)]
    alarms = view.raised(AlarmTopic.SSH_TUNNEL)
    lines = ssh_errors(view)
    down = bool(rows or alarms or lines)
    for own in own_certificates(view):
        identifiers = unnamed_attributes(own.certificate)
        if not identifiers:
            continue
        yield Judgement(
            severity=Severity.WARNING if down else Severity.INFO,
            confidence=Confidence.STRONG if down else Confidence.INFERRED,
            subject=own.subject,
            explanation=sentences(
                (
                    say(
                        "Subject or issuer have attributes that OpenSSL has no name for: {identifiers}. The "
                        "certificate guide says that SSH tunnels may fail with such a name.",
                        identifiers=listed(identifiers[:6]),
                    ),
                    say("They do fail here; it is one of several possible causes.")
                    if down
                    else say("Nothing shows that they do."),
                )
            ),
            remedy=(replace_by(say("whose subject and issuer have usual attributes only")),) if down else (),
            evidence=(
                *quote_own(view, own),
                *(row for tunnel in rows[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
                *(row for alarm in alarms[: quote.MOST] for row in quote.quote_alarm(alarm)),
                *quote.quote_events(lines),
            ),
            about=(TUNNELS,),
        )


def no_common_name(view: NodeView) -> Iterator[Judgement]:
    """Mobile and remote access and the web proxy need a common name."""
    alarms = [alarm for alarm in view.node.alarms if alarm.id == NO_COMMON_NAME]
    nameless = [own for own in own_certificates(view) if _has_no_common_name(own.certificate)]
    is_in_use = bool(view.node.domains) or any(zone.unified_communications for zone in view.traversal_zones)
    for own in nameless:
        is_served = "server" in own.stores
        alarmed = alarms if is_served else []
        yield Judgement(
            severity=Severity.WARNING if is_served and (is_in_use or alarmed) else Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=own.subject,
            explanation=say(
                "The subject has no common name (CN). Mobile and remote access and the web proxy need one in the server "
                "certificate."
            )
            if is_served
            else say(
                "The subject has no common name (CN). The guide demands one of the server certificate; of the client "
                "certificate nothing is said."
            ),
            remedy=(_NAMED,) if is_served else (),
            evidence=(*quote_own(view, own), *(row for alarm in alarmed for row in quote.quote_alarm(alarm))),
            about=(NOBODY,),
        )
    if alarms and not any("server" in own.stores for own in nameless):
        yield Judgement(
            severity=Severity.WARNING,
            confidence=Confidence.PROVEN,
            subject=say("alarm {id}", id=NO_COMMON_NAME),
            explanation=say(
                "An alarm says that the server certificate has no common name: {title}. The certificate that it is "
                "about is not in what was given, or was replaced since.",
                title=alarms[0].title,
            ),
            remedy=(_NAMED,),
            evidence=tuple(row for alarm in alarms for row in quote.quote_alarm(alarm)),
            about=(NOBODY,),
        )


def _has_no_common_name(leaf: Certificate) -> bool:
    return leaf.common_name is None and leaf.subject is not None and "subject" not in leaf.unreadable


def wildcard_certificate(view: NodeView) -> Iterator[Judgement]:
    """A wildcard name in an own certificate: not supported, though it often works."""
    for own in own_certificates(view):
        names = [own.certificate.common_name or "", *own.certificate.names]
        wild = sorted({name.lower() for name in names if name.startswith("*.")})
        if not wild:
            continue
        received = reception(view, own.certificate, _NAME_ALERTS)
        partners = _refused_for_its_name(view)
        refused = received.is_refused or bool(partners)
        yield Judgement(
            severity=Severity.WARNING if refused else Severity.INFO,
            confidence=Confidence.INFERRED if refused else Confidence.PROVEN,
            subject=own.subject,
            explanation=sentences(
                (
                    say(
                        "The certificate has the wildcard name {names}. An older certificate guide says that "
                        "Expressway does not support wildcard certificates; peers that compare names, as TLS verify "
                        "does, may not match it.",
                        names=listed(wild[:3]),
                    ),
                    say("A peer refused it in a way that a name which does not match would explain.")
                    if refused
                    else "",
                )
            ),
            remedy=(replace_by(say("that has each host name in full")),),
            evidence=(*quote_own(view, own), *received.evidence(), *quote.quote_events(partners)),
            count=max(1, len(received.refused), len(received.lines), len(partners)),
            connections=received.refused,
            events=received.lines,
            about=(TRAVERSAL,) if partners else received.about,
        )


def _refused_for_its_name(view: NodeView) -> list[Event]:
    """Return the partners' log lines that refuse this node for the names in its certificate."""
    return [
        event
        for partner in view.partners
        for event in Lines(
            alike
            for alike in partner.log.errors_of(IDENTITY_UNACCEPTABLE)
            if alike.peer is not None and (alike.peer.node == view.node.name or partner.is_traversal(alike.peer))
        )
    ]


_STORE = ((Need.SERVER_STORE, Need.CLIENT_STORE),)

RULES = (
    Rule(
        id="no-common-name",
        title=say("A certificate has no common name"),
        severity=Severity.WARNING,
        judge=no_common_name,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE, Need.STATUS),),
        sources=("CG0", "AR"),
        meaning="The subject of a store's certificate has no CN, or alarm 40052 says so. Mobile and remote access and the web "
        "proxy need one in the server certificate.",
    ),
    Rule(
        id="unknown-oid-in-dn",
        title=say("A name has an attribute that OpenSSL does not know"),
        severity=Severity.WARNING,
        judge=unknown_oid_in_dn,
        needs=_STORE,
        sources=("CG0",),
        meaning="Subject or issuer of a store's certificate have an attribute that OpenSSL shows as a number. SSH tunnels may "
        "fail with it; a warning only where they do.",
    ),
    Rule(
        id="wildcard-certificate",
        title=say("A certificate has a wildcard name"),
        severity=Severity.WARNING,
        judge=wildcard_certificate,
        needs=_STORE,
        sources=("CG0", "X"),
        meaning="A store's certificate has a name such as *.example.com, which an older guide does not support. A warning only "
        "where a peer refused it in a way that a name which does not match would explain.",
    ),
)

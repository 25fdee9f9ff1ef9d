"""Settings of zones that decide whether certificates are checked, and calls matched, as intended."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.name_match import plain_name
from analyzer.evidence import NodeRole, Outcome, PeerIdentity, Side, Visibility, Zone
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.settings import DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE, DEFAULT_ZONE_TLS_VERIFY_MODE
from analyzer.facts.webex import is_webex_name
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.inventory import fact
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import is_active
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.rules.zone_names import verifies
from analyzer.words import Words, counted, say, sentences

_ZONES = "Configuration > Zones > Zones"
_DEFAULT_ZONE_SETTINGS = (DEFAULT_ZONE_TLS_VERIFY_MODE, DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE)
_DEFAULT_ZONE_NAMES = frozenset({"defaultzone", "default zone"})


def inbound_mapping_off(view: NodeView) -> Iterator[Judgement]:
    """A DNS zone for Webex is not used for what Webex dials: those calls come in through the Default Zone."""
    for zone in view.node.zones:
        if zone.kind != "dns" or not is_webex_name(zone.tls_verify_subject, view.facts):
            continue
        if zone.inbound_classification is None:
            yield _unknown(
                say("whether DNS zone {zone} is matched to inbound TLS calls (xconf_dump)", zone=zone.name)
            )
        elif zone.inbound_classification == "Off":
            yield _mapping_off(view, zone)


def _mapping_off(view: NodeView, zone: Zone) -> Judgement:
    fallen = [identity for identity in view.node.identities if _fell_into_default_zone(view, identity)]
    said = say(
        "DNS zone {zone} looks for {subject}, but its inbound classification is Off: calls that Webex places are not "
        "matched to it and are handled by the Default Zone.",
        zone=zone.name,
        subject=zone.tls_verify_subject,
    )
    seen = counted(
        len(fallen),
        "The log shows it: {count} time Webex was matched to the Default Zone.",
        "The log shows it: {count} times Webex was matched to the Default Zone.",
    )
    first, last = quote.span(identity.time for identity in fallen)
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=zone.name,
        explanation=sentences((said, seen if fallen else "")),
        remedy=(
            Remedy(
                text=say(
                    "Set the TLS verify inbound mapping of zone {zone} to On, or use a Webex zone (X12.5 and later).",
                    zone=zone.name,
                ),
                command=f"{_ZONES} > {zone.name} > TLS verify inbound mapping",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *quote.quote_zone_words(
                zone, say("TLS verify inbound classification {mode}", mode=zone.inbound_classification)
            ),
            *(quote.quote_identity(identity) for identity in fallen[: quote.MOST]),
        ),
        count=max(len(fallen), 1),
        first=first,
        last=last,
        about=("Webex",),
    )


def _fell_into_default_zone(view: NodeView, identity: PeerIdentity) -> bool:
    zone = (identity.zone or "").strip().lower()
    return zone in _DEFAULT_ZONE_NAMES and any(is_webex_name(plain_name(n), view.facts) for n in identity.names)


def uc_zone_tls_verify_off(view: NodeView) -> Iterator[Judgement]:
    """A Unified Communications traversal zone does not verify the other end's certificate."""
    alarms = view.raised(AlarmTopic.UC_TLS_VERIFICATION)
    evidence = tuple(row for alarm in alarms for row in quote.quote_alarm(alarm))
    off = [z for z in view.traversal_zones if z.unified_communications and verifies(z) is False]
    for zone in off:
        yield _verify_off(zone.name, (*quote.quote_zone_setting(zone), *evidence))
    if alarms and not off:
        yield _verify_off(say("alarm {alarm}", alarm=alarms[0].id), evidence)


def _verify_off(subject: str, evidence: tuple[Evidence, ...]) -> Judgement:
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject=subject,
        explanation=say(
            "TLS verify mode is off in a Unified Communications traversal zone: the other end's certificate is not checked. "
            "Mobile and remote access needs it on."
        ),
        remedy=(
            Remedy(
                text=say(
                    "See first that each end trusts the other's authority and that the names match; then set TLS verify "
                    "mode to On."
                ),
                command=f"{_ZONES} > (traversal zone) > TLS verify mode",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=evidence,
        about=(TRAVERSAL,),
    )


def zone_active_but_oneway(view: NodeView) -> Iterator[Judgement]:
    """A traversal zone is up although nobody asks its client for a certificate."""
    for zone in view.traversal_zones:
        own = [c for c in view.connections_by_zone.get(zone.name, ()) if c.outcome is Outcome.COMPLETED]
        if not own or not is_active(zone) or (zone.kind == "traversalserver" and verifies(zone) is not False):
            continue
        newest = max(own, key=lambda connection: connection.handshake.started)
        if newest.client_certificate.visibility is not Visibility.NOT_REQUESTED:
            continue
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=zone.name,
            explanation=say(
                "Zone {zone} is Active, and its server asks for no client certificate (TLS verify off): that is why a "
                "certificate without clientAuth works here. It says nothing about what a check would find.",
                zone=zone.name,
            ),
            evidence=(
                *quote.quote_zone(zone),
                *quote.quote_zone_setting(zone),
                *quote.quote_certificate_frame(newest, Side.SERVER),
            ),
            connections=(newest,),
        )


def default_zone_mtls_b2bua(view: NodeView) -> Iterator[Judgement]:
    """Mutual TLS on the Default Zone, and calls that pass the B2BUA, which can't check client certificates."""
    verify, media = view.setting(DEFAULT_ZONE_TLS_VERIFY_MODE), view.setting(DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE)
    if verify != "On" or media is None or media.lower() == "auto":
        return
    settings = ((name, view.node.settings[name]) for name in _DEFAULT_ZONE_SETTINGS)
    yield fact(
        say("Default Zone"),
        say(
            "Mutual TLS is enabled on the Default Zone, and its media encryption mode is {media}: calls then pass the B2BUA, "
            "which can't check client certificates on the SIP TLS port.",
            media=media,
        ),
        severity=Severity.WARNING,
        remedy=(
            Remedy(
                text=say(
                    "Use the separate mutual TLS port for peers that present certificates, or set the media encryption "
                    "mode of the Default Zone to Auto."
                ),
                command="Configuration > Protocols > SIP > Mutual TLS mode and port",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=tuple(row for name, setting in settings for row in quote.quote_setting(name, setting)),
    )


def _unknown(missing: Words) -> Judgement:
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=say("Not determinable: {missing} is not in what was given.", missing=missing),
        remedy=(Remedy(text=Need.CONFIGURATION.collect, kind=RemedyKind.COLLECT),),
        missing=missing,
    )


RULES = (
    Rule(
        id="uc-zone-tls-verify-off",
        title=say("TLS verify is off in the Unified Communications traversal zone"),
        severity=Severity.WARNING,
        judge=uc_zone_tls_verify_off,
        needs=((Need.CONFIGURATION, Need.STATUS),),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("AR",),
        meaning="An alarm or the dump says that a Unified Communications traversal zone does not verify certificates, which "
        "mobile and remote access needs.",
    ),
    Rule(
        id="inbound-mapping-off",
        title=say("Calls from Webex are not matched to its DNS zone"),
        severity=Severity.WARNING,
        judge=inbound_mapping_off,
        needs=(Need.CONFIGURATION,),
        sources=("W",),
        meaning="The DNS zone for Webex has its inbound classification off: what Webex dials falls into the Default Zone, with "
        "that zone's access rules.",
    ),
    Rule(
        id="default-zone-mtls-b2bua",
        title=say("Mutual TLS on the Default Zone cannot check calls that pass the B2BUA"),
        severity=Severity.WARNING,
        judge=default_zone_mtls_b2bua,
        needs=(Need.DEFAULT_ZONE,),
        sources=("AZ",),
        meaning="Mutual TLS is on for the Default Zone while its media encryption mode sends calls through the B2BUA, which "
        "can't check client certificates.",
    ),
    Rule(
        id="zone-active-but-oneway",
        title=say("The zone works with one-way TLS"),
        severity=Severity.INFO,
        judge=zone_active_but_oneway,
        needs=(Need.STATUS, Need.HANDSHAKE),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("P",),
        meaning="A traversal zone is Active without a client certificate being asked for: a certificate without clientAuth is "
        "no trouble there, and its being up proves nothing about it.",
    ),
)

"""Zones whose TLS verify subject name is not in the certificate that their peer presents."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from analyzer.correlate.name_match import plain_name
from analyzer.evidence import PeerKind, Side, Zone
from analyzer.facts.errors import IDENTITY_UNACCEPTABLE
from analyzer.facts.webex import is_webex_name, webex_verify_names
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.name_mismatch import LACKING, ZONES, issue_with, mismatch
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ROLES
from analyzer.rules.zone_names import (
    Wanted,
    closed_over_name,
    has_other_reason,
    held_by,
    held_in,
    is_behind,
    is_down,
    name_errors,
    verifies,
)
from analyzer.words import counted, say, sentences

_NEARLY_ALIKE = 0.93
"""Of two names, by `difflib`: one letter too many, too few or wrong in a name as long as those of Webex."""


def name_mismatch_verify_subject(view: NodeView) -> Iterator[Judgement]:
    """A zone's TLS verify subject name is not in the certificate that its peer presents."""
    for zone in view.node.zones:
        wanted = _wanted_subject(view, zone)
        judgement = mismatch(view, wanted, zone.name, _words_of_subject(view, wanted)) if wanted else None
        judgement = judgement or _misspelt(view, zone)
        if judgement is not None:
            yield judgement


def _misspelt(view: NodeView, zone: Zone) -> Judgement | None:
    """Return the judgement about a subject that is nearly the one that Webex's certificates have."""
    subject = plain_name(zone.tls_verify_subject or "")
    known = webex_verify_names(view.facts)
    if zone.kind != "dns" or subject in known or not is_webex_name(subject, view.facts):
        return None
    meant = next(iter(get_close_matches(subject, known, n=1, cutoff=_NEARLY_ALIKE)), None)
    if meant is None:
        return None
    errors = Lines(alike for alike in view.log.errors_of(IDENTITY_UNACCEPTABLE) if _is_of_webex_calling(alike))
    first, last = errors.span
    how = (
        counted(
            len(errors),
            "The log says that this node refused Webex for its names ({count} line).",
            "The log says that this node refused Webex for its names ({count} lines).",
        )
        if errors
        else say("No failure shows it yet.")
    )
    looks = say(
        'The TLS verify subject name of zone {zone} is "{subject}", which looks like {meant} misspelt: Webex\'s '
        "certificates would not have it.",
        zone=zone.name,
        subject=subject,
        meant=meant,
    )
    return Judgement(
        severity=Severity.CRITICAL if errors else Severity.WARNING,
        confidence=Confidence.STRONG if errors else Confidence.INFERRED,
        subject=zone.name,
        explanation=sentences((looks, how)),
        remedy=(
            Remedy(
                text=say("If {meant} is meant, correct it.", meant=meant),
                command=f"{ZONES} > {zone.name} > TLS verify subject name",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(*quote.quote_events(errors), *quote.quote_zone_setting(zone)),
        count=max(len(errors), 1),
        first=first,
        last=last,
        events=errors,
        about=("Webex",),
    )


def _is_of_webex_calling(alike: Alike) -> bool:
    """Whether lines are about calls from Webex: no name that was looked for stands in them, as in one about a call to it."""
    peer, record = alike.peer, alike.record
    is_webex = peer is not None and peer.kind is PeerKind.WEBEX
    return is_webex and record.local_role is Side.SERVER and record.alert is None


def _wanted_subject(view: NodeView, zone: Zone) -> Wanted | None:
    subject = zone.tls_verify_subject
    if not subject or zone.kind not in {"traversalserver", "dns", "webex"}:
        return None
    is_server = zone.kind == "traversalserver"
    errors = name_errors(view, zone)
    if not is_server:
        errors = _errors_about_subject(view, errors, subject)
    if not errors and not (is_server and verifies(zone)):
        return None
    own = [c for c in view.connections_by_zone.get(zone.name, ()) if c.local_role is Side.SERVER]
    if not is_server:
        # Not all that is Webex's goes through this zone: only what was refused over its subject name does for sure.
        own = list(view.connections_of(errors))
    seen = tuple(held_in(subject, own, view))
    partners = [partner for partner in view.partners if is_server and is_behind(view, zone, partner)]
    stored = tuple(one for partner in partners for one in held_by(subject, partner, Side.CLIENT, seen))
    return Wanted(
        zone=zone,
        name=subject,
        role=Side.CLIENT if is_server else Side.SERVER,
        held=(*seen, *stored),
        errors=errors,
        refused=tuple(connection for connection in own if closed_over_name(connection)),
        down=is_down(view, zone),
        other_reason=has_other_reason(view, zone),
    )


def _errors_about_subject(view: NodeView, errors: Lines, subject: str) -> Lines:
    """Return the errors about a DNS or Webex zone: outbound those that name its subject, inbound those of its peer."""
    asked = view.log.name_errors_by_name.get(subject.lower().rstrip("."), ())
    inbound = (alike for alike in errors.groups if alike.record.local_role is Side.SERVER)
    return Lines((*inbound, *asked))


def _words_of_subject(view: NodeView, wanted: Wanted) -> tuple[str, tuple[Remedy, ...]]:
    zone, name, role = wanted.zone.name, wanted.name, ROLES[wanted.role]
    says: str = say(
        'The TLS verify subject name of zone {zone} is "{name}": the peer\'s {role} certificate must have it in its '
        "subjectAltName.",
        zone=zone,
        name=name,
        role=role,
    )
    moved = next((held.owner for held in wanted.held if held.owner and held.match in LACKING), None)
    partner = moved or next(iter(view.partners), None)
    if wanted.role is Side.CLIENT and partner is not None and partner.has_two_stores:
        stored = say(
            "On {version} that is the certificate in the Core's client store, not the one in its server store.",
            version=partner.version,
        )
        says = sentences((says, stored))
    return says, (
        Remedy(
            text=say(
                "Correct the TLS verify subject name of zone {zone} (for a cluster: the cluster's name, which every peer's "
                "certificate must have).",
                zone=zone,
            ),
            command=f"{ZONES} > {zone} > TLS verify subject name",
            kind=RemedyKind.DURABLE,
        ),
        issue_with(wanted),
    )


RULES = (
    Rule(
        id="name-mismatch-verify-subject",
        title=say("The TLS verify subject name is not in the peer's certificate"),
        severity=Severity.CRITICAL,
        judge=name_mismatch_verify_subject,
        needs=(Need.CONFIGURATION,),
        sources=("W", "AZ", "T1"),
        meaning="A traversal server, DNS or Webex zone looks for a subject name that the peer's certificate does not have; "
        "on X15.5 an Edge meets the names of the Core's client certificate. Critical where the log or the failed zone "
        "shows it, else a warning; inferred where only the partner's stores tell it.",
    ),
)

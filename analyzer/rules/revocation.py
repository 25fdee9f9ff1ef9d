"""Checks for revocation: off by default, or demanded while no CRL or OCSP answer is at hand.

A CRL that is demanded and cannot be had gives the same alert as an unknown authority: unknown_ca (measured).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from analyzer.correlate.chains import Pool, build_path
from analyzer.evidence import Connection, MemberKind, Peer, ReadState, Setting
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.alerts import UNKNOWN_CA
from analyzer.facts.settings import REVOCATION_CHECKING_MODE, SOURCE_INACCESSIBILITY_BEHAVIOR, default_of
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike, Lines
from analyzer.rules.per_peer import failures_in
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NOBODY, NodeView
from analyzer.words import Words, listed, say, sentences

_UNAVAILABLE = frozenset({"crl-unavailable", "crl-expired"})
_REACH_SOURCE = Remedy(
    text=say(
        "Let this node reach the CRL or OCSP address in the peer's certificate (an ldap: address of a private CA mostly can't "
        "be reached), or upload a current CRL. Then look for the next handshake."
    ),
    command="Maintenance > Security > CRL management",
    kind=RemedyKind.DURABLE,
)
_IGNORE_SOURCE = Remedy(
    text=say(
        "Until then let connections pass whose revocation state cannot be had. It affects every SIP TLS peer: a revoked "
        "certificate passes, too, while its source is out of reach. The XCP services have a setting of their own."
    ),
    command=f"xConfiguration {SOURCE_INACCESSIBILITY_BEHAVIOR}: Ignore",
    kind=RemedyKind.STOP_GAP,
)


def _mode(view: NodeView) -> Setting | None:
    """Return the checking mode; the default, assumed, where a whole dump does not have it."""
    setting = view.node.settings.get(REVOCATION_CHECKING_MODE)
    if setting is not None and setting.current is not None:
        return setting
    kinds = {MemberKind.XCONF_XML, MemberKind.XCONF_TEXT}
    dumps = [member for member in view.node.members if member.kind in kinds]
    if not dumps or not all(member.read is ReadState.WHOLE for member in dumps):
        return None
    default = default_of(REVOCATION_CHECKING_MODE, view.node.version)
    return Setting(value=default, assumed=True) if default is not None else None


def revocation_unavailable(view: NodeView) -> Iterator[Judgement]:
    """This node demands a revocation state that it cannot get."""
    mode = _mode(view)
    settings = _quote_settings(view, mode)
    events: dict[Peer, list[Alike]] = defaultdict(list)
    for alike in view.log.errors_of(*_UNAVAILABLE):
        if alike.peer is not None and alike.peer.kind in FAMILIAR:
            events[alike.peer].append(alike)
    told = Lines(alike for lines in events.values() for alike in lines).connections
    silent: dict[Peer, list[Connection]] = defaultdict(list)
    if mode is not None and mode.current == "On":
        for connection in _refused_though_trusted(view):
            if connection.id not in told:
                silent[connection.peer].append(connection)
    for peer in dict.fromkeys((*events, *silent)):
        yield _refused(view, peer, Lines(events.get(peer, ())), silent.get(peer, []), settings)
    yield from _alarmed(view, mode, settings, is_failing=bool(events or silent))


def _refused_though_trusted(view: NodeView) -> Iterator[Connection]:
    """Yield refusals with unknown_ca of chains that the trusted CA list has a whole path for."""
    trusted_ids = set(view.node.stores.trusted or ())
    known: dict[tuple[str, ...], bool] = {}
    for connection in view.connections:
        role, shown = connection.local_role, connection.peer_certificate
        if role is None or shown is None or not shown.chain or connection.peer.kind not in FAMILIAR:
            continue
        if not any(alert.code == UNKNOWN_CA and alert.sender is role for alert in connection.handshake.alerts):
            continue
        if shown.chain not in known:
            chain = view.certificates(shown.chain)
            path = build_path(chain[0], Pool((*chain, *view.trusted))) if chain else None
            known[shown.chain] = path is not None and path.complete and path.top.sha256 in trusted_ids
        if known[shown.chain]:
            yield connection


def _refused(
    view: NodeView,
    peer: Peer,
    events: Lines,
    silent: Sequence[Connection],
    settings: tuple[Evidence, ...],
) -> Judgement:
    shown = list({c.id: c for c in (*view.connections_of(events), *silent)}.values())
    first, last = quote.span((*events.span, *(c.handshake.started for c in silent)))
    return Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN if events else Confidence.INFERRED,
        subject=peer.name,
        explanation=_why_refused(view, peer, events, shown),
        remedy=(_REACH_SOURCE, _IGNORE_SOURCE),
        evidence=(
            *quote.quote_events(events),
            *(quote.quote_alert(c, a) for c in silent[: quote.MOST] for a in c.handshake.alerts),
            *settings,
        ),
        count=max(1, failures_in(events.groups) + len(silent)),
        first=first,
        last=last,
        connections=tuple(shown),
        events=events,
    )


def _why_refused(view: NodeView, peer: Peer, events: Lines, shown: Sequence[Connection]) -> Words:
    if any(alike.record.error == "crl-expired" for alike in events.groups):
        refused = say(
            "This node refused {peer} because the revocation state of its certificate cannot be had: the CRL has expired.",
            peer=peer.name,
        )
    else:
        refused = say(
            "This node refused {peer} because the revocation state of its certificate cannot be had.", peer=peer.name
        )
    if events:
        said = say("The log says: {line}.", line=events[0].record.detail)
    else:
        said = say(
            "It sent unknown_ca though its trusted CA list has a whole path for the chain, and it checks for revocation: a "
            "CRL that cannot be had gives that alert."
        )
    return sentences((refused, said, _sources(view, shown)))


def _sources(view: NodeView, shown: Sequence[Connection]) -> str:
    """Say where the peer's certificate sends those who want to know."""
    leaves = [view.case.certificates.get(p.leaf or "") for c in shown if (p := c.peer_certificate)]
    locations = list(dict.fromkeys(location for leaf in leaves if leaf for location in leaf.locations))
    if not locations:
        return ""
    return say("The peer's certificate names these addresses: {addresses}.", addresses=listed(locations[:3]))


def _alarmed(
    view: NodeView, mode: Setting | None, settings: tuple[Evidence, ...], *, is_failing: bool
) -> Iterator[Judgement]:
    behaviour = (view.setting(SOURCE_INACCESSIBILITY_BEHAVIOR) or "").casefold()
    value = mode.current if mode is not None else None
    matters = value != "Off" and behaviour != "ignore"
    for alarm in view.raised(AlarmTopic.REVOCATION):
        yield Judgement(
            severity=Severity.WARNING if matters or is_failing else Severity.INFO,
            confidence=Confidence.PROVEN if value == "On" else Confidence.INFERRED,
            subject=say("alarm {id}", id=alarm.id),
            explanation=say(
                "Alarm {id}: {title}. Where this node checks for revocation and has no current CRL, it refuses peers.",
                id=alarm.id,
                title=alarm.title,
            )
            if matters
            else say(
                "Alarm {id}: {title}. SIP does not depend on it here: the check is off, or an unreachable source is ignored.",
                id=alarm.id,
                title=alarm.title,
            ),
            remedy=(_REACH_SOURCE,) if matters else (),
            evidence=(*quote.quote_alarm(alarm), *settings),
            about=(NOBODY,),
        )


def _quote_settings(view: NodeView, mode: Setting | None) -> tuple[Evidence, ...]:
    behaviour = view.node.settings.get(SOURCE_INACCESSIBILITY_BEHAVIOR)
    return (
        *(quote.quote_setting(REVOCATION_CHECKING_MODE, mode) if mode else ()),
        *(quote.quote_setting(SOURCE_INACCESSIBILITY_BEHAVIOR, behaviour) if behaviour else ()),
    )


def revocation_off(view: NodeView) -> Iterator[Judgement]:
    """The default: nobody is asked whether a certificate was revoked."""
    mode = _mode(view)
    if mode is not None and mode.current == "Off":
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.INFERRED if mode.assumed and not mode.changes else Confidence.PROVEN,
            subject=view.node.name or "",
            explanation=say("SIP TLS does not check whether certificates were revoked. That is the default."),
            evidence=quote.quote_setting(REVOCATION_CHECKING_MODE, mode),
        )


RULES = (
    Rule(
        id="revocation-unavailable",
        title=say("The revocation state of certificates cannot be had"),
        severity=Severity.CRITICAL,
        judge=revocation_unavailable,
        needs=((Need.LOG, Need.STATUS, Need.CAPTURE),),
        sources=("AR", "M"),
        meaning="This node checks for revocation, and no current CRL or OCSP answer is at hand: it refuses peers whose "
        "certificates are in order. An alarm alone is a warning, and information where the check is off.",
    ),
    Rule(
        id="revocation-off",
        title=say("Revocation is not checked"),
        severity=Severity.INFO,
        judge=revocation_off,
        needs=(Need.CONFIGURATION,),
        sources=("AR",),
        meaning="SIP TLS Certificate Revocation Checking Mode is Off, which is the default. Context, no fault.",
        is_context=True,
    ),
)

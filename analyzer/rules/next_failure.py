"""What would fail next behind the error that was reported: OpenSSL reports one at a time (rules-amendments A9).

Every check that the verifier makes is made here on the certificate that it refused. What fails and was not reported
waits behind the error: put right together, one change window is enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.correlate.chains import Pool, build_path, is_self_signed
from analyzer.evidence import Certificate, Connection, Event, Outcome, Peer, Side, Visibility, Zone
from analyzer.facts.verification import CHECKS_OF_ALERT, CHECKS_OF_ERROR, TOGETHER, Check
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.verification import CheckResult, Presented, Verifier, check_all
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import person_serial
from analyzer.words import Words, itemized, joined, listed, say, sentences

_TRAVERSAL_TYPE = {Side.CLIENT: "traversalserver", Side.SERVER: "traversalclient"}
_UNSEEN = frozenset({Visibility.ENCRYPTED, Visibility.NOT_CAPTURED})
_THEN = say("{before}; then {after}", before="", after="")
_WORDS = {
    Check.LEAF_KEY: say("key strength"),
    Check.TRUST: say("trust and chain"),
    Check.PURPOSE: say("purpose"),
    Check.STRENGTH: say("strength of the chain"),
    Check.REVOCATION: say("revocation"),
    Check.NOT_YET_VALID: say("beginning of validity"),
    Check.EXPIRED: say("expiry"),
    Check.NAME: say("names"),
}


class Sighting(Struct, frozen=True, kw_only=True):
    """One refusal: when on the capture's clock, which checks its words may be about, and what shows it."""

    peer: Peer
    time: datetime | None
    checks: tuple[Check, ...]
    words: str
    connection: Connection | None = None
    events: tuple[Event, ...] = ()


class Key(Struct, frozen=True):
    """What makes refusals one: peer, who refused, whose side was refused, and the leaf."""

    who: Who
    by_us: bool
    side: Side
    leaf: str


class Refused(Struct, frozen=True, kw_only=True):
    """A certificate that was refused, once or more often, by or for one peer.

    Attributes:
        seen: whether the capture shows it; else it is the one that its owner's store says.
        last: the newest sighting, whose error is the one to look behind.
    """

    key: Key
    peer: Peer
    leaf: Certificate
    seen: bool
    sightings: tuple[Sighting, ...]

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]


def next_failure(view: NodeView) -> Iterator[Judgement]:
    """Name what fails behind the error that was reported."""
    told = {other.node.name: _own_refusals(other) for other in view.others}
    for refused in refused_certificates(view):
        verifier = _verifier(view, refused)
        if not refused.key.by_us and verifier.view is not None:
            tellers = told.get(verifier.view.node.name, frozenset())
            if (refused.key.side, refused.leaf.sha256) in tellers:
                continue
        presented = _as_presented(view, refused, verifier)
        results = check_all(presented, verifier)
        behind = failures_behind(results, refused.last.checks, in_order=verifier.view is not None)
        if behind:
            yield _judgement(view, refused, verifier, results, behind)


def _own_refusals(view: NodeView) -> frozenset[tuple[Side, str]]:
    return frozenset((r.key.side, r.leaf.sha256) for r in refused_certificates(view) if r.key.by_us)


def failures_behind(
    results: Sequence[CheckResult], reported: Sequence[Check], *, in_order: bool = True
) -> tuple[CheckResult, ...]:
    """Return the checks that fail behind the one that was reported, in their order.

    Where the words fit several checks, the verifier stopped at the first of them that fails here, else at the first
    that is not known to pass. What fails before that contradicts what it said, and is not claimed. Where several
    certificates fail the very check that was reported, one of them was, and the others wait behind it.
    `in_order`: the verifier has OpenSSL's order; else all that fails and was not reported waits.
    """
    failing = [result for result in results if result.passed is False]
    several = [result for result in failing if result.check in reported and result.failures > 1]
    if not in_order:
        return tuple(r for r in failing if r.check not in reported or r in several)
    open_ = [result.check for result in results if result.check in reported and result.passed is None]
    stopped = next((r.check for r in failing if r.check in reported), min(open_, default=max(reported)))
    together = TOGETHER if stopped in TOGETHER else frozenset({stopped})
    return tuple(
        r
        for r in failing
        if (r.check > stopped and r.check not in together)
        or (r.check in together and (r.check != stopped or r in several))
    )


def refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    """Return what was refused, by peer, refuser, side and leaf; without what completed a handshake since."""
    return view.once(_refused_certificates)


def _refused_certificates(view: NodeView) -> tuple[Refused, ...]:
    sightings: dict[Key, list[Sighting]] = defaultdict(list)
    for key, sighting in (*_captured(view), *_logged(view)):
        sightings[key].append(sighting)
    completed = _last_completed(view)
    refused = (_refused(view, key, found) for key, found in sightings.items() if key.leaf in view.case.certificates)
    return tuple(one for one in refused if not _works_since(one, completed))


def _refused(view: NodeView, key: Key, found: Sequence[Sighting]) -> Refused:
    return Refused(
        key=key,
        peer=found[0].peer,
        leaf=view.case.certificates[key.leaf],
        seen=any(s.connection is not None and s.connection.certificate(key.side).leaf for s in found),
        sightings=tuple(sorted(found, key=lambda sighting: (sighting.time is not None, sighting.time or 0))),
    )


def _captured(view: NodeView) -> Iterator[tuple[Key, Sighting]]:
    """Yield the refused connections whose certificate is known, and whose alert or log lines say what failed."""
    for connection in view.connections:
        refuser, peer = connection.refused_by, connection.peer
        if not _is_refused(connection) or refuser is None or peer.kind not in FAMILIAR:
            continue
        side, by_us = refuser.other, refuser is connection.local_role
        shown = connection.certificate(side)
        leaf = shown.leaf or (_leaf_of_store(view, peer, side, by_us) if shown.visibility in _UNSEEN else None)
        sighting = _sighting_of(view, connection) if leaf else None
        if leaf and sighting:
            yield Key(who_is(peer), by_us, side, leaf), sighting


def _is_refused(connection: Connection) -> bool:
    return connection.outcome is Outcome.REFUSED and None not in (connection.refused_by, connection.local_role)


def _logged(view: NodeView) -> Iterator[tuple[Key, Sighting]]:
    """Yield the log lines that say what failed, but for those of refused connections."""
    refused = {connection.id for connection in view.connections if _is_refused(connection)}
    keys: dict[tuple[object, ...], Key | None] = {}
    ahead = view.node.log_ahead
    for event in view.log.errors:
        checks = _checks_of(event)
        if not checks or event.connection in refused:
            continue
        record, role, peer = event.record, event.record.local_role, event.peer
        if role is None or peer is None or peer.kind not in FAMILIAR:
            continue
        ends = peer.kind, peer.name, peer.node, peer.zone, record.alert is None, role
        if ends not in keys:
            keys[ends] = _key_of_line(view, peer, role, by_us=record.alert is None)
        if (key := keys[ends]) is not None:
            time = None if record.time is None else record.time - ahead
            yield key, Sighting(peer=peer, time=time, checks=checks, words=record.detail, events=(event,))


def _key_of_line(view: NodeView, peer: Peer, role: Side, *, by_us: bool) -> Key | None:
    side = role.other if by_us else role
    stored = _leaf_of_store(view, peer, side, by_us)
    return Key(who_is(peer), by_us, side, stored) if stored else None


def _sighting_of(view: NodeView, connection: Connection) -> Sighting | None:
    """Read a refused connection: the log's words say more than an alert's number."""
    events = tuple([event for event in view.log.of(connection) if _checks_of(event)])
    said = next((event for event in events if event.record.alert is None), None)
    alert = next((a for a in connection.handshake.alerts if a.is_fatal), None)
    checks = _checks_of(said) if said else CHECKS_OF_ALERT.get(alert.code, ()) if alert else ()
    if not checks and events:
        checks = _checks_of(events[0])
    if not checks:
        return None
    words = said.record.detail if said else connection.outcome_reason or say("refused")
    return Sighting(
        peer=connection.peer,
        time=connection.handshake.started,
        checks=checks,
        words=words,
        connection=connection,
        events=events,
    )


def _checks_of(event: Event) -> tuple[Check, ...]:
    if event.record.alert is not None:
        return CHECKS_OF_ALERT.get(event.record.alert, ())
    return CHECKS_OF_ERROR.get(event.record.error or "", ())


def _leaf_of_store(view: NodeView, peer: Peer, side: Side, by_us: bool) -> str | None:
    """Return what the owner's store says was presented, where no capture shows it."""
    owner = view if not by_us else _bundle_of(view, peer)
    leaf = owner.expected_leaf(side) if owner else None
    return leaf.sha256 if leaf else None


def _bundle_of(view: NodeView, peer: Peer) -> NodeView | None:
    """Return the view of the node that a peer is; an unnamed end of the traversal zone is the only partner there is."""
    if peer.node is None and view.is_traversal(peer):
        return view.partners[0] if len(view.partners) == 1 else None
    return next((other for other in view.others if other.node.name == peer.node), None) if peer.node else None


def _last_completed(view: NodeView) -> Mapping[tuple[Who, Side], datetime]:
    """Return when each peer last completed a handshake, by this node's role."""
    last: dict[tuple[Who, Side], datetime] = {}
    for connection in view.connections:
        if connection.outcome is Outcome.COMPLETED and connection.local_role:
            key = who_is(connection.peer), connection.local_role
            last[key] = max(connection.handshake.started, last.get(key, connection.handshake.started))
    return last


def _works_since(refused: Refused, completed: Mapping[tuple[Who, Side], datetime]) -> bool:
    key, failed = refused.key, refused.last.time
    since = completed.get((key.who, key.side.other if key.by_us else key.side))
    return since is not None and failed is not None and since > failed


def _verifier(view: NodeView, refused: Refused) -> Verifier:
    """Return who verified, with its zone: that of the peer, or on the partner the one where it meets this node."""
    if refused.key.by_us:
        return Verifier(view=view, zone=view.zone(refused.peer.zone))
    other = _bundle_of(view, refused.peer)
    meets = other is not None and view.is_between_core_and_edge(refused.peer)
    zone = _meeting_zone(other, refused.key.side) if other and meets else None
    return Verifier(view=other, zone=zone, is_edge=view.is_core and view.is_between_core_and_edge(refused.peer))


def _meeting_zone(partner: NodeView, side: Side) -> Zone | None:
    zones = [z for z in partner.traversal_zones if z.kind == _TRAVERSAL_TYPE[side]]
    return zones[0] if len(zones) == 1 else None


def _as_presented(view: NodeView, refused: Refused, verifier: Verifier) -> Presented:
    shown = refused.last.connection or next((s.connection for s in reversed(refused.sightings) if s.connection), None)
    chain = view.certificates(shown.certificate(refused.key.side).chain) if shown and refused.seen else ()
    if not chain or chain[0].sha256 != refused.leaf.sha256:
        chain = _as_owner_sends(view, refused)
    owner = verifier.view or view
    return Presented(owner=owner, chain=chain, side=refused.key.side, time=refused.last.time)


def _as_owner_sends(view: NodeView, refused: Refused) -> tuple[Certificate, ...]:
    """Return the leaf with the intermediates that its owner's stores hold."""
    owner = (_bundle_of(view, refused.peer) if refused.key.by_us else view) or view
    stores = owner.node.stores
    held = owner.certificates((*(stores.client or ()), *(stores.server or ())))
    path = build_path(refused.leaf, Pool((*held, *owner.trusted))).certificates
    return (refused.leaf, *(c for c in path[1:] if not is_self_signed(c)))


def _judgement(
    view: NodeView,
    refused: Refused,
    verifier: Verifier,
    results: Sequence[CheckResult],
    behind: Sequence[CheckResult],
) -> Judgement:
    node, peer = view.node.name or say("this node"), refused.peer.name
    who, whose = (node, peer) if refused.key.by_us else (peer, node)
    first, last = quote.span(sighting.time for sighting in refused.sightings)
    events = [event for sighting in refused.sightings for event in sighting.events]
    connections = [sighting.connection for sighting in refused.sightings if sighting.connection]
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.STRONG if refused.seen and verifier.view else Confidence.INFERRED,
        subject=peer,
        explanation=sentences(
            (
                _refusal(refused, who, whose),
                say(
                    "A verifier reports one error at a time. Behind this one waits: {failures}.",
                    failures=joined(_THEN, (result.reason for result in behind)),
                ),
                _rest(results, behind, refused.last.checks),
            )
        ),
        remedy=(
            Remedy(
                text=say(
                    "In the same change: {fixes}. Then look at the next handshake.",
                    fixes=itemized(dict.fromkeys(result.fix for result in behind)),
                ),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(
            *quote.quote_events(events),
            *(row for connection in connections[:2] for row in _quote_refusal(connection, refused.key.side)),
            quote.quote_certificate(refused.leaf, None, say("the certificate that was refused")),
            *_quote_obstacles(refused, behind),
        ),
        count=max(1, len(connections) + sum(_stands_for_failure(event) for event in events)),
        first=first,
        last=last,
        connections=tuple(connections),
        events=tuple(events),
    )


def _refusal(refused: Refused, who: str, whose: str) -> Words:
    serial, words = person_serial(refused.leaf.serial), refused.last.words
    if refused.key.side is Side.CLIENT:
        return say(
            "{who} refused serial {serial}, which {whose} presents as TLS client, with “{words}”.",
            who=who,
            serial=serial,
            whose=whose,
            words=words,
        )
    return say(
        "{who} refused serial {serial}, which {whose} presents as TLS server, with “{words}”.",
        who=who,
        serial=serial,
        whose=whose,
        words=words,
    )


def _stands_for_failure(event: Event) -> bool:
    """One failure gives several lines; outside of the capture the Event record stands for it."""
    return event.connection is None and event.record.name.endswith("TLS Negotiation Error")


def _rest(results: Sequence[CheckResult], behind: Sequence[CheckResult], reported: Sequence[Check]) -> str:
    """Say which other checks pass, and which could not be made."""
    waiting = {result.check for result in behind}
    passed = [_WORDS[r.check] for r in results if r.passed and r.check not in reported]
    open_ = [
        say("{check} ({reason})", check=_WORDS[r.check], reason=r.reason)
        for r in results
        if r.passed is None and r.check not in waiting
    ]
    return sentences(
        (
            say("In order: {checks}.", checks=listed(passed)) if passed else "",
            say("Not judged: {checks}.", checks=itemized(open_)) if open_ else "",
        )
    )


def _quote_refusal(connection: Connection, side: Side) -> Iterator[Evidence]:
    yield from quote.quote_certificate_frame(connection, side)
    for alert in connection.handshake.alerts:
        if alert.is_fatal:
            yield quote.quote_alert(connection, alert)


def _quote_obstacles(refused: Refused, behind: Sequence[CheckResult]) -> tuple[Evidence, ...]:
    others = {r.certificate.sha256: r.certificate for r in behind if r.certificate and r.certificate != refused.leaf}
    return tuple(
        quote.quote_certificate(certificate, None, say("in the way next")) for certificate in others.values()
    )


RULES = (
    Rule(
        id="next-failure-behind-this",
        title=say("Behind the error that was reported stands another"),
        severity=Severity.WARNING,
        judge=next_failure,
        needs=((Need.LOG, Need.CAPTURE), Need.LOCAL_ADDRESSES),
        sources=("M",),
        meaning="A certificate was refused, and it fails a further check of the same verifier, which reports one error at a "
        "time. Said only of checks that can be made with what is at hand; what is put right together needs one change "
        "window.",
    ),
)

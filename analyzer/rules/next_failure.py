"""What would fail next behind the error that was reported: OpenSSL reports one at a time (rules-amendments A9).

Every check that the verifier makes is made here on the certificate that it refused. What fails and was not reported
waits behind the error: put right together, one change window is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.correlate.chains import Pool, build_path, is_self_signed
from analyzer.evidence import Certificate, Connection, Side, Zone
from analyzer.facts.verification import TOGETHER, Check
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import Alike
from analyzer.rules.refused_certificates import Refused, bundle_of, refused_certificates
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.verification import CheckResult, Presented, Verifier, check_all
from analyzer.rules.view import NodeView
from analyzer.text import said_serial
from analyzer.words import Words, itemized, joined, listed, say, sentences

_TRAVERSAL_TYPE = {Side.CLIENT: "traversalserver", Side.SERVER: "traversalclient"}
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
        behind = failures_behind(results, refused.said.checks, in_order=verifier.view is not None)
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


def _verifier(view: NodeView, refused: Refused) -> Verifier:
    """Return who verified, with its zone: that of the peer, or on the partner the one where it meets this node."""
    if refused.key.by_us:
        return Verifier(view=view, zone=view.zone(refused.peer.zone))
    other = bundle_of(view, refused.peer)
    meets = other is not None and view.is_between_core_and_edge(refused.peer)
    zone = _meeting_zone(other, refused.key.side) if other and meets else None
    return Verifier(view=other, zone=zone, is_edge=view.is_core and view.is_between_core_and_edge(refused.peer))


def _meeting_zone(partner: NodeView, side: Side) -> Zone | None:
    zones = [z for z in partner.traversal_zones if z.kind == _TRAVERSAL_TYPE[side]]
    return zones[0] if len(zones) == 1 else None


def _as_presented(view: NodeView, refused: Refused, verifier: Verifier) -> Presented:
    shown = refused.connections[-1] if refused.connections else None
    chain = view.certificates(shown.certificate(refused.key.side).chain) if shown and refused.seen else ()
    if not chain or chain[0].sha256 != refused.leaf.sha256:
        chain = _as_owner_sends(view, refused)
    owner = verifier.view or view
    return Presented(owner=owner, chain=chain, side=refused.key.side, time=refused.last)


def _as_owner_sends(view: NodeView, refused: Refused) -> tuple[Certificate, ...]:
    """Return the leaf with the intermediates that its owner's stores hold."""
    owner = (bundle_of(view, refused.peer) if refused.key.by_us else view) or view
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
    alone = [len(alike) for alike in refused.lines.groups if _stands_for_failures(alike)]
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
                _rest(results, behind, refused.said.checks),
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
            *quote.quote_events(refused.lines),
            *(row for connection in refused.connections[:2] for row in _quote_refusal(connection, refused.key.side)),
            quote.quote_certificate(refused.leaf, None, say("the certificate that was refused")),
            *_quote_obstacles(refused, behind),
        ),
        count=max(1, len(refused.connections) + sum(alone)),
        first=refused.first,
        last=refused.last,
        connections=refused.connections,
        events=refused.lines,
    )


def _refusal(refused: Refused, who: str, whose: str) -> Words:
    serial, words = said_serial(refused.leaf.serial), refused.said.words
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


def _stands_for_failures(alike: Alike) -> bool:
    """One failure gives several lines; outside of the capture the Event record stands for it."""
    return not alike.is_joined and alike.record.name.endswith("TLS Negotiation Error")


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

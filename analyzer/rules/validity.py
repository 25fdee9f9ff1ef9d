"""Dates and clocks: judged at the evidence's time, never by the wall clock."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import Alarm, ClockOffset, ReferenceTime
from analyzer.facts.alarms import AlarmTopic, alarm
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.own_certificates import own_certificates, quote_own, replace_by
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import REFERENCE_ORIGINS
from analyzer.text import person_utc
from analyzer.words import Words, say, sentences

SKEW_SECONDS = 2.0


def cert_expired_in_store(view: NodeView) -> Iterator[Judgement]:
    """A store's certificate is out of date at the reference time, or an alarm says so of one that is not at hand."""
    time = view.node.reference_time.time
    expired = _expiry_alarms(view)
    for own in own_certificates(view):
        ends = own.certificate.not_after
        if time is None or ends is None or ends >= time:
            continue
        raised = expired if "server" in own.stores else []
        said = say(
            "The certificate ({where}) expired on {ends:%Y-%m-%d}, before {time:%Y-%m-%d} ({origin}).",
            where=own.where,
            ends=ends,
            time=time,
            origin=REFERENCE_ORIGINS[view.node.reference_time.origin],
        )
        too = say("Alarm {alarm} says so, too.", alarm=raised[0].id) if raised else ""
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=own.subject,
            explanation=sentences((said, too)),
            remedy=(replace_by(say("that is in date")),),
            evidence=(*quote_own(view, own), *(row for alarm in raised for row in quote.quote_alarm(alarm))),
        )
    if expired and view.server_leaf is None:
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=say("alarm {alarm}", alarm=expired[0].id),
            explanation=say(
                "Alarm {alarm}: {title}. The server certificate itself is not in what was given.",
                alarm=expired[0].id,
                title=expired[0].title,
            ),
            remedy=(replace_by(say("that is in date")),),
            evidence=tuple(row for alarm in expired for row in quote.quote_alarm(alarm)),
        )


def _expiry_alarms(view: NodeView) -> list[Alarm]:
    """Return the alarms by which the server certificate has expired, not those that it will."""
    raised = ((one, alarm(one.id, view.facts)) for one in view.raised(AlarmTopic.EXPIRY))
    return [one for one, known in raised if known and known.severity == "critical"]


def cert_not_yet_valid(view: NodeView) -> Iterator[Judgement]:
    """A store's certificate is not valid yet."""
    latest = _latest_moment(view)
    for own in own_certificates(view):
        begins = own.certificate.not_before
        if latest.time is None or begins is None or begins <= latest.time:
            continue
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=own.subject,
            explanation=say(
                "The certificate ({where}) is valid from {begins} only, after {time} ({origin}). Until then peers that "
                "verify it refuse it; if the time of this node is wrong, it may be valid by theirs.",
                where=own.where,
                begins=person_utc(begins),
                time=person_utc(latest.time),
                origin=REFERENCE_ORIGINS[latest.origin],
            ),
            remedy=(
                Remedy(
                    text=say(
                        "Check the time and the NTP servers first; if they are right, put the former certificate back or "
                        "have this one issued again."
                    ),
                    command="System > Time",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=quote_own(view, own),
        )


def _latest_moment(view: NodeView) -> ReferenceTime:
    """Return the time to judge at: files may be collected after the last packet, with a certificate issued in between."""
    reference, taken = view.node.reference_time, view.node.taken
    if reference.time is None or taken is None or reference.origin == "as-of" or taken <= reference.time:
        return reference
    return ReferenceTime(time=taken, origin="file-name")


def clock_skew(view: NodeView) -> Iterator[Judgement]:
    """How far the log's clock is from the capture's."""
    offset = view.node.clock_offset
    if offset is None:
        missing = say("three connections that log and capture both show")
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.NOT_DETERMINABLE,
            subject="",
            explanation=say(
                "Not determinable: {missing} are not in what was given. Log and capture are joined only where an address "
                "and port pair is unique.",
                missing=missing,
            ),
            missing=missing,
        )
        return
    skewed = abs(offset.seconds) > SKEW_SECONDS
    yield Judgement(
        severity=Severity.WARNING if skewed else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=view.node.name or "",
        title=_apart(offset),
        explanation=sentences(
            (
                say("{compared}, measured on {joins} connections.", compared=_compared(offset), joins=offset.joins),
                _of_another_zone(offset),
                say("The report joins the two with this offset."),
            )
        ),
        remedy=(_SET_TIME,) if skewed else (),
        evidence=tuple(
            Evidence(
                kind=EvidenceKind.STATUS,
                file=log.file,
                locator=say("time span"),
                text=say("log from {first} to {last}", first=person_utc(log.first), last=person_utc(log.last)),
            )
            for log in view.node.logs
            if log.first and log.last
        ),
    )


def _apart(offset: ClockOffset) -> Words:
    if abs(offset.seconds) <= SKEW_SECONDS:
        return say("The clocks of log and capture agree within {limit:.0f} s", limit=SKEW_SECONDS)
    if offset.seconds > 0:
        return say("The log's clock is {seconds:,.0f} s ahead of the capture's", seconds=offset.seconds)
    return say("The log's clock is {seconds:,.0f} s behind the capture's", seconds=-offset.seconds)


def _compared(offset: ClockOffset) -> Words:
    if offset.is_negligible:
        return say("The log's times agree with the capture's to the millisecond")
    if offset.seconds > 0:
        return say("The log's times are {seconds:.3f} s after the capture's", seconds=offset.seconds)
    return say("The log's times are {seconds:.3f} s before the capture's", seconds=-offset.seconds)


def _of_another_zone(offset: ClockOffset) -> str:
    halves = round(offset.seconds / 1800)
    if halves == 0 or abs(offset.seconds - halves * 1800) >= SKEW_SECONDS:
        return ""
    if halves % 2:
        return say("Whole half hours: one of the two is in another time zone.")
    return say("Whole hours: one of the two is in another time zone.")


_SET_TIME = Remedy(
    text=say("Check the NTP servers and the time zone of this node: log and capture should have one time."),
    command="System > Time",
    kind=RemedyKind.DURABLE,
)

RULES = (
    Rule(
        id="cert-expired-in-store",
        title=say("A certificate in a store has expired"),
        meaning="Said when the certificate of a store had expired at the time that dates are judged at: the "
        "evidence's, or the one given with --as-of. Whoever verifies it refuses it, and a new one takes "
        "effect only after a restart.",
        severity=Severity.CRITICAL,
        judge=cert_expired_in_store,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.REFERENCE_TIME),
        sources=("AR",),
    ),
    Rule(
        id="cert-not-yet-valid",
        title=say("A certificate in a store is not valid yet"),
        severity=Severity.CRITICAL,
        judge=cert_not_yet_valid,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.REFERENCE_TIME),
        sources=("AR",),
        meaning="The dates of a store's certificate begin after the time that is judged at. Either it was issued for later, or "
        "the clock of the node is wrong.",
    ),
    Rule(
        id="clock-skew-log-vs-capture",
        title=say("The clocks of log and capture"),
        meaning="Says how far the log's clock is from the capture's, measured on at least three connections that "
        "both show; above two seconds it is a warning. The report joins the two with this offset. Whole "
        "hours mean that one of the two is in another time zone.",
        severity=Severity.WARNING,
        judge=clock_skew,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("S", "I"),
    ),
)

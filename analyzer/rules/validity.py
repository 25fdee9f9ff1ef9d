"""Dates and clocks: judged at the evidence's time, never by the wall clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from analyzer.evidence import Certificate, Connection, Outcome, Side, Visibility
from analyzer.facts.alarms import AlarmTopic, alarm_ids
from analyzer.facts.dates import threshold_days
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.text import iso_utc

SKEW_SECONDS = 2.0


def cert_expired_in_store(view: NodeView) -> Iterator[Judgement]:
    """A store's certificate is out of date at the reference time."""
    time = view.node.reference_time.time
    seen = set()
    for kind, leaf in (("server", view.server_leaf), ("client", view.client_leaf)):
        if leaf is None or time is None or leaf.not_after is None or leaf.not_after >= time or leaf.sha256 in seen:
            continue
        seen.add(leaf.sha256)
        yield Judgement(
            severity=Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=leaf.common_name or leaf.sha256[:16],
            explanation=f"The {kind} store's certificate expired on {leaf.not_after:%Y-%m-%d}, before {time:%Y-%m-%d} "
            f"({view.node.reference_time.origin}).",
            remedy=(
                Remedy(
                    text="Replace it. A new certificate takes effect after a restart: service-affecting, in a maintenance "
                    "window, one peer at a time.",
                    command=f"Maintenance > Security > {kind.capitalize()} certificate",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=(quote.quote_certificate(leaf, quote.store_file(view.node, kind), f"{kind} store"),),
        )


def cert_expires_soon(view: NodeView) -> Iterator[Judgement]:
    """A store's certificate, or an authority above it, ends within days of the reference time."""
    time = view.node.reference_time.time
    if time is None:
        return
    alarms = [a for a in view.node.alarms if a.id in alarm_ids(AlarmTopic.EXPIRY, view.facts)]
    for certificate, uses in _in_use(view).items():
        if certificate.not_after is None or certificate.not_after < time:
            continue
        left = (certificate.not_after - time).days
        if left > threshold_days("certificate-expires-info", view.facts):
            continue
        kinds = [kind for kind, leaf in uses if leaf]
        what = " and ".join(f"the {kind} store's certificate" for kind in kinds)
        above = " and ".join(f"an authority above the {kind} store's certificate" for kind, _ in uses)
        raised = alarms if "server" in kinds else []
        said = f" Alarm {', '.join(a.id or '' for a in raised)} says so, too." if raised else ""
        yield Judgement(
            severity=Severity.WARNING
            if left <= threshold_days("certificate-expires-warning", view.facts)
            else Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=certificate.common_name or certificate.sha256[:16],
            explanation=f"{(what or above).capitalize()} ends on {certificate.not_after:%Y-%m-%d}, {_days(left)} after "
            f"{time:%Y-%m-%d} ({view.node.reference_time.origin}). Peers that verify refuse it from then on.{said}",
            remedy=(_renew(kinds),),
            evidence=(
                *(quote.quote_certificate(certificate, quote.store_file(view.node, k), f"{k} store") for k in kinds),
                *((quote.quote_certificate(certificate, None, above),) if not kinds else ()),
                *(row for alarm in raised for row in quote.quote_alarm(alarm)),
            ),
        )


def _in_use(view: NodeView) -> dict[Certificate, list[tuple[str, bool]]]:
    """Return the certificates of the stores and of the paths above them, with the stores that use each; leaf or not."""
    used: dict[Certificate, list[tuple[str, bool]]] = defaultdict(list)
    for kind, leaf in (("server", view.server_leaf), ("client", view.client_leaf)):
        if leaf is not None:
            for number, certificate in enumerate(view.path(leaf).certificates):
                used[certificate].append((kind, number == 0))
    return used


def _days(number: int) -> str:
    return "less than a day" if number == 0 else f"{number} day{'s' if number > 1 else ''}"


def _renew(kinds: list[str]) -> Remedy:
    if not kinds:
        return Remedy(
            text="Get the authority's successor from the CA, append it to the trusted CA list here and at every peer that verifies, "
            "and have the certificate issued below it.",
            command="Maintenance > Security > Trusted CA certificate",
            kind=RemedyKind.DURABLE,
        )
    return Remedy(
        text="Renew it before that day, with the extended key usages that its role needs. A new certificate takes effect after a "
        "restart: service-affecting, in a maintenance window, one peer at a time.",
        command="; ".join(f"Maintenance > Security > {kind.capitalize()} certificate" for kind in kinds),
        kind=RemedyKind.DURABLE,
    )


def _expired(view: NodeView, connection: Connection, side: Side, time: datetime) -> Certificate | None:
    """Return the first certificate of a side's chain that had expired when it was presented."""
    chain = view.certificates(connection.certificate(side).chain)
    return next((c for c in chain if c.not_after is not None and c.not_after < time), None)


def expired_at_handshake(view: NodeView) -> Iterator[Judgement]:
    """A certificate on the wire had expired by the time of its frame."""
    groups: dict[tuple[str, Side, bool, str], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        if connection.peer.kind not in FAMILIAR or connection.local_role is None:
            continue
        for side in Side:
            if connection.certificate(side).visibility is not Visibility.SEEN:
                continue
            expired = _expired(view, connection, side, connection.handshake.started)
            if expired is not None:
                ours = side is connection.local_role
                groups[connection.peer.name, side, ours, expired.sha256].append(connection)
    for (peer, side, ours, identity), connections in groups.items():
        certificate = view.case.certificates[identity]
        accepted = all(connection.outcome is Outcome.COMPLETED for connection in connections)
        whose = "This node presented" if ours else f"{peer} presented"
        came = "The other side accepted it all the same." if accepted else "A side that checks refuses it."
        first, last = quote.span(connection.handshake.started for connection in connections)
        yield Judgement(
            severity=Severity.WARNING if accepted else Severity.CRITICAL,
            confidence=Confidence.PROVEN,
            subject=peer,
            explanation=f"{whose} serial {certificate.serial}, which had expired on {certificate.not_after:%Y-%m-%d} when it "
            f"was presented. {came}",
            remedy=(
                Remedy(
                    text="Replace the certificate, and restart so that the new one is served (service-affecting, in a "
                    "maintenance window, one peer at a time)."
                    if ours
                    else f"Have {peer} renew its certificate.",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=(
                *(row for c in connections[: quote.MOST] for row in quote.quote_certificate_frame(c, side)),
                quote.quote_certificate(certificate, None, "presented"),
            ),
            count=len(connections),
            first=first,
            last=last,
            connections=tuple(connection.id for connection in connections),
        )


def clock_skew(view: NodeView) -> Iterator[Judgement]:
    """How far the log's clock is from the capture's."""
    offset = view.node.clock_offset
    if offset is None:
        missing = "three connections that log and capture both show"
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.NOT_DETERMINABLE,
            subject="",
            explanation=f"Not determinable: {missing} are not in what was given. Log and capture are joined only where an "
            "address and port pair is unique.",
            missing=missing,
        )
        return
    skewed = abs(offset.seconds) > SKEW_SECONDS
    hours = round(offset.seconds / 3600)
    zone = hours != 0 and abs(offset.seconds - hours * 3600) < SKEW_SECONDS
    more = " Whole hours: one of the two is in another time zone." if zone else ""
    yield Judgement(
        severity=Severity.WARNING if skewed else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=view.node.name or "",
        explanation=f"The log's times are {abs(offset.seconds):.3f} s {'after' if offset.seconds >= 0 else 'before'} the "
        f"capture's, measured on {offset.joins} connections.{more} The report joins the two with this offset.",
        evidence=tuple(
            Evidence(
                kind=EvidenceKind.STATUS,
                file=log.file,
                locator="time span",
                text=f"log from {iso_utc(log.first)} to {iso_utc(log.last)}",
            )
            for log in view.node.logs
            if log.first and log.last
        ),
    )


RULES = (
    Rule(
        id="expired-at-handshake",
        title="An expired certificate was presented",
        meaning="Said when a certificate that was seen on the wire had expired by the time of its frame, which is "
        "not the same as having expired today. A side that checks refuses it; where all accepted it, it is "
        "a warning.",
        severity=Severity.CRITICAL,
        judge=expired_at_handshake,
        needs=(Need.CAPTURE, Need.HANDSHAKE, Need.LOCAL_ADDRESSES),
        sources=("M",),
    ),
    Rule(
        id="cert-expired-in-store",
        title="A certificate in a store has expired",
        meaning="Said when the certificate of a store had expired at the time that dates are judged at: the "
        "evidence's, or the one given with --as-of. Whoever verifies it refuses it, and a new one takes "
        "effect only after a restart.",
        severity=Severity.CRITICAL,
        judge=cert_expired_in_store,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.REFERENCE_TIME),
        sources=("AR",),
    ),
    Rule(
        id="cert-expires-soon",
        title="A certificate ends soon",
        severity=Severity.WARNING,
        judge=cert_expires_soon,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.REFERENCE_TIME),
        sources=("AR",),
        meaning="A store's certificate, or an authority on its path, ends within the days that the facts name (30 for a warning, "
        "60 for a remark), counted from the time of the evidence.",
    ),
    Rule(
        id="clock-skew-log-vs-capture",
        title="The clocks of log and capture",
        meaning="Says how far the log's clock is from the capture's, measured on at least three connections that "
        "both show; above two seconds it is a warning. The report joins the two with this offset. Whole "
        "hours mean that one of the two is in another time zone.",
        severity=Severity.WARNING,
        judge=clock_skew,
        needs=(Need.LOG, Need.CAPTURE),
        sources=("S", "I"),
    ),
)

"""The first screen's answers: which certificate was presented to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from msgspec import Struct

from analyzer.evidence import PeerIdentity, Side
from analyzer.findings import Finding, Report, Verdict
from analyzer.report import wording
from analyzer.report.headline import headline
from analyzer.report.links import FrameReference, anchor, conversation_filter, frame_reference
from analyzer.report.store_names import store_expected, store_name
from analyzer.report.summary import Exhibit, Index, basis_words, exhibit_of, store_words
from analyzer.report.views.badge import Badge, Tone, verdict_badge
from analyzer.report.views.certificates import CertificateView, certificate_view
from analyzer.report.views.handshakes import end_names
from analyzer.report.views.spot import Spot, line_spot
from analyzer.report.views.stores import store_files
from analyzer.words import Words, say


class RefusalView(Struct, frozen=True, kw_only=True):
    """Who refused, in which words, and where that stands. `line`: of the log; `line_time`: as the log has it."""

    who: str
    words: str
    meaning: str | None
    frame: FrameReference | None
    line: Spot | None
    line_time: str


class StoreRuleView(Struct, frozen=True, kw_only=True):
    """Whether the certificate is the one that the store rule says.

    Attributes:
        expected: the one that it says, unless that is the one that is shown.
        dates: from when to when that one is valid.
        files: that hold it; none where another one was presented.
    """

    badge: Badge
    expected: CertificateView | None = None
    dates: str = ""
    files: tuple[str, ...] = ()


class NamedView(Struct, frozen=True, kw_only=True):
    """The names that the peer's log found in a certificate that can't be seen."""

    names: tuple[str, ...]
    line: Spot


class VerdictView(Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        brief: the sentence without what stands beside it.
        basis: that it is inferred why there is no certificate; else None.
        title: what is shown of which certificate.
        presenter, receiver: whose certificate is shown, and whom it was for; None: no role or connection is known.
        wanted_name: the name that was looked for in a refused certificate.
        certificate: what was presented; None unless it was seen.
        presented: how it can be seen, or why it cannot.
        store: the store that it stands in, in words; None if it cannot be told.
        rule: None: nothing was presented, or by a peer whose stores are not at hand.
        inferred: the certificate that the store rule says, where none is seen.
        place, frame: what the frame is that the sentence names, and which.
        connection_anchor: None if that connection is not drawn in the page.
    """

    badge: Badge
    headline: str
    brief: str
    basis: str | None
    title: str
    presenter: str | None
    receiver: str | None
    wanted_name: str | None
    certificate: CertificateView | None
    presented: str
    store: str | None
    files: tuple[str, ...]
    rule: StoreRuleView | None
    inferred: CertificateView | None
    named: NamedView | None
    place: str
    frame: FrameReference | None
    conversation_filter: str | None
    refusal: RefusalView | None
    connections: int
    connection_anchor: str | None
    collect: str | None


def verdict_view(
    report: Report, verdict: Verdict, index: Index, drawn: Container[str], but: Finding | None = None
) -> VerdictView:
    """Show a verdict by its exhibit; `drawn`: ids of connections in the page; `but`: against a success."""
    exhibit = exhibit_of(verdict, index)
    connection, certificate = exhibit.connection, exhibit.certificate
    node = index.nodes.get(verdict.node)
    at = (node.reference_time if node else report.case.reference_time).time
    ends = verdict.local_role is not None or connection is not None
    rule = _store_rule(report, verdict, exhibit, at)
    return VerdictView(
        badge=verdict_badge(verdict, but),
        headline=headline(verdict, exhibit, but=but is not None),
        brief=verdict.grounds.brief or verdict.sentence,
        basis=basis_words(verdict),
        title=_title(verdict, exhibit),
        presenter=_place(verdict, exhibit, exhibit.side) if ends else None,
        receiver=_place(verdict, exhibit, exhibit.side.other) if ends else None,
        wanted_name=verdict.grounds.wanted_name,
        certificate=certificate_view(report.case, certificate, at, report.ends_soon_days) if certificate else None,
        presented=_visibility(verdict, exhibit),
        store=store_words(verdict, exhibit),
        files=store_files(exhibit.owner, exhibit.store),
        rule=rule,
        inferred=rule.expected if rule and not certificate else None,
        named=_named(verdict.grounds.named),
        place=wording.place(exhibit.frame),
        frame=frame_reference(exhibit.frame),
        conversation_filter=conversation_filter(connection.handshake.client, connection.handshake.server)
        if connection
        else None,
        refusal=_refusal(verdict, exhibit),
        connections=len(verdict.connections),
        connection_anchor=anchor("connection", connection.id) if connection and connection.id in drawn else None,
        collect=verdict.collect,
    )


def _end(verdict: Verdict, exhibit: Exhibit, side: Side) -> str:
    """Call an end by its name and its role; where the roles are not known, by its role and address."""
    if verdict.local_role is None:
        if exhibit.connection:
            return end_names(exhibit.connection)[side]
        return say("the client") if side is Side.CLIENT else say("the server")
    if side is verdict.local_role:
        return say("{name} ({role})", name=wording.node_label(verdict.node), role=wording.SIDES[side])
    if exhibit.connection and exhibit.connection.peer.hint_only:
        return say("{name} (by its address alone; {role})", name=verdict.peer, role=wording.SIDES[side])
    return say("{name} ({role})", name=verdict.peer, role=wording.SIDES[side])


def _place(verdict: Verdict, exhibit: Exhibit, side: Side) -> str:
    """Call an end by its name, role, address and zone."""
    end, connection = _end(verdict, exhibit, side), exhibit.connection
    if connection is None or verdict.local_role is None:
        return end
    address = connection.handshake.client if side is Side.CLIENT else connection.handshake.server
    zone = connection.peer.zone if side is verdict.local_role.other else None
    if zone and zone not in end:
        return say("{end}, {address}, zone {zone}", end=end, address=address, zone=zone)
    return say("{end}, {address}", end=end, address=address)


def _title(verdict: Verdict, exhibit: Exhibit) -> Words:
    rule = exhibit.rule
    is_hidden = rule is not None and not rule.is_seen
    if verdict.grounds.refused:
        hidden = is_hidden or exhibit.certificate is None
        return say("The certificate refused (not seen)") if hidden else say("The certificate refused")
    if is_hidden:
        is_expected = rule is not None and rule.expected is not None
        return say("The certificate expected (not seen)") if is_expected else say("The certificate (not seen)")
    return say("The certificate presented")


def _visibility(verdict: Verdict, exhibit: Exhibit) -> Words:
    if exhibit.visibility:
        return wording.VISIBILITIES[exhibit.visibility]
    return say("not seen: only the log tells of it") if verdict.events else say("not known")


def _store_rule(report: Report, verdict: Verdict, exhibit: Exhibit, at: datetime | None) -> StoreRuleView | None:
    rule = exhibit.rule
    if rule is None:
        return None
    expected = rule.expected
    if expected is None or expected.store is None or rule.unknown:
        return StoreRuleView(badge=Badge(tone=Tone.OPEN, word=say("not known: {why}", why=rule.unknown)))
    if rule.kept:
        name = store_name(expected.store, exhibit.owner, brief=True)
        tone = Tone.RULE if verdict.grounds.refused else Tone.GOOD  # nothing is green of what was refused
        return StoreRuleView(badge=Badge(tone=tone, word=say("{store}, as expected", store=name)))
    store = store_expected(expected.store, exhibit.owner)
    certificate = report.case.certificates.get(expected.certificate or "")
    view = certificate_view(report.case, certificate.sha256, at, report.ends_soon_days) if certificate else None
    if not rule.is_seen:
        badge = Badge(tone=Tone.OPEN, word=say("expected {store}, inferred", store=store))
        return StoreRuleView(badge=badge, expected=view, files=store_files(exhibit.owner, expected.store))
    badge = Badge(tone=Tone.BAD, word=say("expected {store}", store=store))
    return StoreRuleView(badge=badge, expected=view, dates=wording.days(certificate) if certificate else "")


def _named(identity: PeerIdentity | None) -> NamedView | None:
    if identity is None:
        return None
    return NamedView(names=identity.names, line=line_spot(identity.file, identity.line))


def _refusal(verdict: Verdict, exhibit: Exhibit) -> RefusalView | None:
    if verdict.refused_by is None:
        return None
    alert, record = exhibit.alert, exhibit.event.record if exhibit.event else None
    words = wording.alert(alert) if alert else record.detail if record else None
    reason = exhibit.connection.outcome_reason if exhibit.connection else None
    return RefusalView(
        who=_end(verdict, exhibit, verdict.refused_by),
        words=words or reason or say("reason not stated"),
        meaning=wording.ALERT_MEANINGS.get(alert.code) if alert else None,
        frame=frame_reference(alert),
        line=line_spot(record.file, record.line) if record else None,
        line_time=wording.utc(record.time) if record and record.time else "",
    )

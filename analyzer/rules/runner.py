"""Runs the catalogue over a case. A rule that fails costs its own row, never the report."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from analyzer.evidence import Case, Connection, NodeRole, Side
from analyzer.facts.citations import citations
from analyzer.facts.releases import matches
from analyzer.facts.settings import DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE, DEFAULT_ZONE_TLS_VERIFY_MODE
from analyzer.facts.store import PACKAGED, Facts
from analyzer.findings import Confidence, Finding, Remedy, RemedyKind, Severity
from analyzer.rules.alike import Lines
from analyzer.rules.recovery import as_of_now
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView, Views, views_of
from analyzer.words import say

logger = logging.getLogger(__name__)

_ORDER = tuple(Severity)
_REMARKS = frozenset({Severity.INFO, Severity.OK})


class Grounded(Struct, frozen=True):
    """A finding with what it rests on, for tying effects to causes.

    Attributes:
        connections, events: ids.
        peers: names at the other end of what it rests on, as `NodeView.key_of` has them; empty: it rests on no
            connection and no log line.
        partners: names of the nodes whose findings may explain it.
        roles: the sides that the node had in what it rests on; empty: not known.
        is_over: all that failed has worked since.
    """

    finding: Finding
    connections: frozenset[str]
    peers: frozenset[str]
    partners: frozenset[str | None]
    roles: frozenset[Side] = frozenset()
    events: frozenset[str] = frozenset()
    is_over: bool = False


def run(
    case: Case, rules: Sequence[Rule], facts: Facts = PACKAGED, views: Views | None = None
) -> tuple[Grounded, ...]:
    """Judge every node by every rule; the gravest first, then in the order of the catalogue.

    What the rules ask of a case is kept in its `views`: whoever asks more than once hands them on.
    """
    results = [
        grounded for view in views or views_of(case, facts) for rule in rules for grounded in _judge(rule, view)
    ]
    return tuple(sorted(results, key=lambda grounded: _ORDER.index(grounded.finding.severity)))


def _judge(rule: Rule, view: NodeView) -> Iterator[Grounded]:
    if rule.roles and view.node.role not in rule.roles and view.node.role is not NodeRole.UNKNOWN:
        return
    if rule.applies_to and view.version is not None and not matches(view.version, rule.applies_to):
        return
    missing = _missing(rule, view)
    if missing:
        yield _ground(rule, view, _not_determinable(missing))
        return
    try:
        judgements = [as_of_now(view, judgement) for judgement in rule.judge(view)]
    except Exception as error:
        logger.exception("rule %s", rule.id)
        judgements = [_failed(error)]
    for judgement in judgements:
        yield _ground(rule, view, judgement)


def _missing(rule: Rule, view: NodeView) -> Need | None:
    """Return the first need that is not met."""
    if rule.roles and view.node.role is NodeRole.UNKNOWN:
        return Need.ROLE
    if rule.applies_to and view.version is None:
        return Need.VERSION
    for need in rule.needs:
        enough = need if isinstance(need, tuple) else (need,)
        if not any(is_met(one, view) for one in enough):
            return enough[0]
    return None


def is_met(need: Need, view: NodeView) -> bool:
    """Tell whether a node has what a rule needs."""
    node = view.node
    match need:
        case Need.SERVER_STORE:
            return bool(node.stores.server)
        case Need.CLIENT_STORE:
            return bool(node.stores.client)
        case Need.TRUSTED_LIST:
            return node.stores.trusted is not None
        case Need.CONFIGURATION:
            return bool(node.settings) or any(zone.source != zone.status_source for zone in node.zones)
        case Need.ZONES:
            return bool(node.settings or node.zones)
        case Need.STATUS:
            return node.version is not None or node.tunnels is not None or any(z.status for z in node.zones)
        case Need.LOG:
            return bool(node.logs)
        case Need.CAPTURE:
            return bool(node.captures)
        case Need.HANDSHAKE:
            return bool(view.connections)
        case Need.LOCAL_ADDRESSES:
            return bool(node.addresses)
        case Need.ROLE:
            return node.role is not NodeRole.UNKNOWN
        case Need.VERSION:
            return view.version is not None
        case Need.PARTNER:
            return bool(view.partners)
        case Need.OTHER_END:
            return any(other.connections for other in view.others if other.node.host != node.host)
        case Need.DOMAINS:
            return bool(view.service_domains) or view.is_without_remote_access
        case Need.FEDERATION_DOMAINS:
            return view.federation_domains is not None
        case Need.CHAT_ALIASES:
            return view.chat_aliases is not None
        case Need.PHONE_SECURITY_PROFILES:
            return node.needed_names.phone_security_profiles is not None
        case Need.DEFAULT_ZONE:
            mode = view.setting(DEFAULT_ZONE_TLS_VERIFY_MODE)
            return mode == "Off" or (
                mode is not None and view.setting(DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE) is not None
            )
        case Need.REFERENCE_TIME:
            return node.reference_time.time is not None


def _not_determinable(need: Need) -> Judgement:
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=say("Not determinable: {missing} is not in what was given.", missing=need.missing),
        remedy=(Remedy(text=need.collect, kind=RemedyKind.COLLECT),),
        missing=need.missing,
    )


def _failed(error: Exception) -> Judgement:
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=say(
            "Not determinable: the rule failed ({error}). Please report this.", error=type(error).__name__
        ),
        missing=say("a rule without a fault"),
    )


def _ground(rule: Rule, view: NodeView, judgement: Judgement) -> Grounded:
    finding = Finding(
        id=rule.id,
        severity=judgement.severity,
        confidence=judgement.confidence,
        node=view.node.name,
        subject=judgement.subject or view.node.name or "",
        title=judgement.title or rule.title,
        explanation=judgement.explanation,
        remedy=judgement.remedy,
        evidence=tuple(dict.fromkeys(judgement.evidence)),
        count=judgement.count,
        first=judgement.first,
        last=judgement.last,
        due=judgement.due,
        sources=citations(dict.fromkeys((*rule.sources, *judgement.sources)), view.facts),
        missing=judgement.missing,
        is_context=rule.is_context and judgement.severity in _REMARKS and judgement.missing is None,
    )
    events = judgement.events
    joined = view.connections_of(events)
    connections = {connection.id: connection for connection in (*judgement.connections, *joined)}.values()
    roles = {connection.local_role for connection in connections}
    roles.update([lines.record.local_role for lines in events.groups])
    return Grounded(
        finding,
        frozenset([connection.id for connection in connections]),
        frozenset((*judgement.about, *_names_of(view, connections, events))),
        frozenset((view.node.name, *view.node.partners)),
        frozenset(role for role in roles if role),
        events.ids,
        judgement.is_over,
    )


def _names_of(view: NodeView, connections: Iterable[Connection], events: Lines) -> Iterator[str]:
    """Yield the names at the other end of connections and log lines, each peer's once.

    A line that belongs to a connection is about the peer of that connection.
    """
    lone = (lines.peer for lines in events.groups if lines.peer and not lines.is_joined)
    peers = (*(connection.peer for connection in connections), *lone)
    for peer in {(peer.name, peer.zone, peer.node): peer for peer in peers}.values():
        yield view.key_of(peer)


def with_cause(grounded: Grounded, cause: str | None, about: frozenset[str], *, explains: bool) -> Finding:
    """Return the finding with the id of the finding that explains it; tied to another one, it is no mere context."""
    return replace(
        grounded.finding,
        caused_by=cause,
        is_context=grounded.finding.is_context and cause is None and not explains,
        rests_on=grounded.connections | grounded.events,
        about=about,
    )

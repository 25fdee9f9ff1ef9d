"""Services now: the strip of the first screen, and the table with the reason of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence

from msgspec import Struct

from analyzer.findings import Finding, OutlookCell, Prospect, Service
from analyzer.report import fitting, wording
from analyzer.report.links import anchor
from analyzer.report.outlook import basis_of, cell_word
from analyzer.report.views.badge import Badge, Tone
from analyzer.words import Words, say, sentences

MAX_ROWS = 100
MAX_CHIPS = 8
MAX_PEER = 28

_SEEN, _BY_RULE, _NOT_SEEN = say("seen"), say("by the rule"), say("not seen")
_BY_DUMP = say("by the dump")
_WORKS, _FAILS, _UNKNOWN = (wording.PROSPECTS[it] for it in (Prospect.WORKS, Prospect.FAILS, Prospect.UNKNOWN))
_BUT = say("works, but not all is well")


class ServiceView(Struct, frozen=True, kw_only=True):
    """A service; `number` is its row's, from 1 in the order of the strip.

    Attributes:
        chip: service, peer and state; `badge`: the state alone.
        basis: whether it was seen, or the dump or the rule says it; `row`: of the truth table.
        finding_anchor, finding: of the finding that tells more; empty: none does.
        connection_anchor: None if that handshake is not drawn in the page.
    """

    number: int
    service: str
    peer: str
    chip: Badge
    badge: Badge
    basis: str
    row: str
    reason: str
    finding: str
    finding_anchor: str
    connection_anchor: str | None


class ServicesView(Struct, frozen=True, kw_only=True):
    """All services that are shown, those of the strip first."""

    strip: tuple[ServiceView, ...]
    rows: tuple[ServiceView, ...]
    more: int


def services_view(
    services: Sequence[Service],
    leading: Collection[str | None],
    anchors: Mapping[Finding, str],
    drawn: Container[str],
) -> ServicesView:
    """Show services, those of `leading` nodes in the strip; `drawn`: ids of connections in the page."""
    ours = _in_order([service for service in services if not service.nodes.isdisjoint(leading)], leading)
    others = [service for service in services if service.nodes.isdisjoint(leading)]
    told = [*ours, *others]
    alike = Counter((service.service, service.peer) for service in told)
    rows = tuple(
        _view(service, n, _peer(service, is_alone=alike[service.service, service.peer] == 1), anchors, drawn)
        for n, service in enumerate(told[:MAX_ROWS], start=1)
    )
    return ServicesView(strip=rows[: min(len(ours), MAX_CHIPS)], rows=rows, more=len(told) - len(rows))


def _in_order(services: Sequence[Service], leading: Collection[str | None]) -> list[Service]:
    """Put one Core and Edge first, then peers, then other pairs: there is room for a few only."""
    pairs = dict.fromkeys(service.nodes for service in services if service.between)
    first = next((nodes for nodes in pairs if nodes <= frozenset(leading)), next(iter(pairs), None))
    return sorted(services, key=lambda service: 1 if not service.between else 0 if service.nodes == first else 2)


def _peer(service: Service, *, is_alone: bool) -> str:
    """Name the peer, and where several nodes have the same service with it, the node as well."""
    peer = fitting.fitted(service.peer, MAX_PEER)
    nodes = sorted(name for name in service.nodes if name and name != service.peer)
    return peer if is_alone or not nodes else say("{node} – {peer}", node=nodes[0], peer=peer)


def _view(
    service: Service, number: int, peer: str, anchors: Mapping[Finding, str], drawn: Container[str]
) -> ServiceView:
    seen, rule, finding = service.seen, service.rule, service.finding
    tone, state = _tone(service), _state(service)
    shown = seen.connection if seen else None
    chip = say("{service}, {peer}: {state}", service=service.service, peer=peer, state=state)
    return ServiceView(
        number=number,
        service=service.service,
        peer=peer,
        chip=Badge(tone=tone, word=chip),
        badge=Badge(tone=tone, word=state),
        basis=_basis(service),
        row=basis_of(rule) if rule and rule.row and _is_ruled(rule) and not seen else "",
        reason=_reason(service),
        finding=finding.title if finding else "",
        finding_anchor=anchors.get(finding, "") if finding else "",
        connection_anchor=anchor("connection", shown) if shown and shown in drawn else None,
    )


def _basis(service: Service) -> Words:
    if service.seen:
        return _BY_DUMP if service.seen.by_zone else _SEEN
    return _BY_RULE if _is_ruled(service.rule) else _NOT_SEEN


def _is_ruled(rule: OutlookCell | None) -> bool:
    return rule is not None and rule.prospect is not Prospect.UNKNOWN


def _state(service: Service) -> Words:
    seen, rule = service.seen, service.rule
    if seen and seen.state:
        return seen.state
    if (seen and not seen.works) or (not seen and rule and rule.prospect is Prospect.FAILS):
        return say("fails ({why})", why=service.why) if service.why else _FAILS
    if seen:
        return _BUT if service.finding else _WORKS
    return cell_word(rule) if rule else _UNKNOWN


def _tone(service: Service) -> Tone:
    """Return green only for what was seen to work as it should: what a rule alone says is not proven."""
    if service.seen is None:
        return _tone_by_rule(service.rule)
    if not service.seen.works:
        return Tone.BAD
    if service.finding or not service.seen.is_rule:
        return Tone.WARN
    return Tone.INFO if service.seen.by_zone else Tone.GOOD


def _tone_by_rule(rule: OutlookCell | None) -> Tone:
    match rule.prospect if rule else Prospect.UNKNOWN:
        case Prospect.FAILS:
            return Tone.BAD
        case Prospect.NEEDS_FAR_END:
            return Tone.WARN
        case Prospect.WORKS:
            return Tone.WARN if rule and rule.condition else Tone.RULE
        case _:
            return Tone.OPEN


def _reason(service: Service) -> Words:
    seen, rule = service.seen, service.rule
    if seen is None:
        return rule.reason if rule else _UNKNOWN
    if seen.by_zone and seen.works and rule:
        return sentences((seen.reason, say("By the rule: {state}.", state=cell_word(rule)), rule.reason))
    if seen.is_rule or rule is None:
        return seen.reason
    next_time = say("Next time, by the rule: {state}.", state=cell_word(rule))
    return sentences((seen.reason, next_time, rule.reason))

"""A name moved with the split of the stores: the server store has it, the client store, where it is looked for, not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct

from analyzer.correlate.name_match import NameMatch, match_name, plain_name
from analyzer.evidence import Event, NodeRole, PeerKind, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.certificate_names import cluster_name, is_domain_name, lacks
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.rules.wording import STORES
from analyzer.rules.zone_names import is_behind, name_errors, verifies
from analyzer.words import Words, itemized, listed, say, sentences

_HAS = frozenset({NameMatch.EXACT, NameMatch.WILDCARD})


class _Demand(Struct, frozen=True, kw_only=True):
    """A name that somebody looks for in a Core's client certificate.

    Attributes:
        who: in the words of the finding.
        errors: the partner's log lines in which it refused this Core's names.
        is_shown: whether a setting says that it is looked for; else it is inferred.
    """

    name: str
    who: Words
    evidence: tuple[Evidence, ...] = ()
    errors: Sequence[Event] = ()
    is_shown: bool = True
    common_name_counts: bool = False


def client_store_names_differ(view: NodeView) -> Iterator[Judgement]:
    """A name that peers look for is in the server store and missing in the client store (rules-amendments A10)."""
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 == client.sha256:
        return
    moved: dict[str, list[_Demand]] = {}
    for demand in _demands(view):
        held = match_name(demand.name, client)
        missing = held is NameMatch.NONE if demand.common_name_counts else lacks(client, demand.name)
        if missing and match_name(demand.name, server) in _HAS:
            moved.setdefault(plain_name(demand.name), []).append(demand)
    if not moved:
        return
    demands = [one for group in moved.values() for one in group]
    errors = tuple({event.id: event for one in demands for event in one.errors}.values())
    first, last = quote.span(event.record.time for event in errors)
    names = listed(f"DNS:{group[0].name}" for group in moved.values())
    yield Judgement(
        severity=Severity.CRITICAL if errors else Severity.WARNING,
        confidence=Confidence.PROVEN
        if errors
        else Confidence.STRONG
        if any(one.is_shown for one in demands)
        else Confidence.INFERRED,
        subject=name_of(client),
        explanation=sentences(
            (_missing(moved.values()), say("The Edge's log says that it refused the names.") if errors else "")
        ),
        remedy=(
            Remedy(
                text=say(
                    "Have the client certificate issued with {names} among its subject alternative names (the server store's "
                    "request shows them), and upload it to the client store.",
                    names=names,
                ),
                command="Maintenance > Security > Client certificate > Generate CSR",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *quote.quote_events(errors),
            quote.quote_names(client, quote.store_file(view.node, "client"), STORES["client"]),
            quote.quote_names(server, quote.store_file(view.node, "server"), STORES["server"]),
            *(row for one in demands for row in one.evidence),
        ),
        count=max(len(errors), 1),
        first=first,
        last=last,
        about=(TRAVERSAL,) if any(one.errors or one.evidence for one in demands) else (),
    )


def _missing(moved: Iterable[Sequence[_Demand]]) -> Words:
    names = itemized(
        say("{name} ({who})", name=group[0].name, who=listed(one.who for one in group)) for group in moved
    )
    return say(
        "Since X15.5 a Core presents its client store's certificate where it dials. Names that are looked for there are in "
        "the server store's certificate and not in it: {names}.",
        names=names,
    )


def _demands(view: NodeView) -> Iterator[_Demand]:
    for partner in view.partners:
        for zone in partner.node.zones:
            is_server = zone.kind == "traversalserver"
            if is_server and zone.tls_verify_subject and verifies(zone) and is_behind(partner, zone, view):
                yield _Demand(
                    name=zone.tls_verify_subject,
                    who=say(
                        "TLS verify subject name of zone {zone} on {node}", zone=zone.name, node=partner.node.name
                    ),
                    evidence=quote.quote_zone_setting(zone),
                    errors=name_errors(partner, zone).where(partial(_is_about, view=view, partner=partner)),
                )
    name = cluster_name(view)
    if name is not None:
        yield _Demand(name=name, who=say("the cluster's name"))
    for profile in view.node.needed_names.phone_security_profiles or ():
        if is_domain_name(profile.name):
            evidence = (quote.quote_configured_name(profile),)
            yield _Demand(name=profile.name, who=say("a phone security profile of Unified CM"), evidence=evidence)
    if _has_tls_neighbour(view):
        for host in view.node.host_names:
            if is_domain_name(host):
                who = say("its own name, the usual X.509 subject name of a SIP trunk security profile")
                yield _Demand(name=host, who=who, is_shown=False, common_name_counts=True)


def _is_about(event: Event, view: NodeView, partner: NodeView) -> bool:
    """Whether a line of the Edge is about this Core: the only one, or the one that it names."""
    if event.record.local_role is not Side.SERVER or event.peer is None:
        return False
    return event.peer.node == view.node.name or (event.peer.node is None and len(partner.partners) == 1)


def _has_tls_neighbour(view: NodeView) -> bool:
    """Whether Unified CM, or another neighbour, meets this node's certificate."""
    zones = (z for z in view.node.zones if z.kind == "neighbor" and z.transport in {"TLS", None})
    return any(True for _ in zones) or any(
        c.peer.kind is PeerKind.CUCM and c.local_role is Side.CLIENT for c in view.connections
    )


RULES = (
    Rule(
        id="client-store-names-differ-from-server-store",
        title=say("Names that peers look for are missing in the client store"),
        severity=Severity.CRITICAL,
        judge=client_store_names_differ,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        roles=(NodeRole.CORE,),
        applies_to=">=X15.5",
        sources=("X", "CG"),
        meaning="Since X15.5 a Core presents its client store where it dials. A name that the Edge, Unified CM or the cluster's "
        "peers look for is in the server store only. Critical where the Edge's log says that it refused the names.",
    ),
)

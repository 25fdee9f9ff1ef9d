"""The outlook of the traversal zone between a Core and an Edge, of its SSH tunnels, and of what needs both."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.evidence import Certificate, Side
from analyzer.facts.releases import Version
from analyzer.findings import Basis, OutlookCell, Prospect
from analyzer.rules.authorities import name_of
from analyzer.rules.outlook.cells import (
    IF_TRUSTED,
    PATH_UNKNOWN,
    Assessed,
    cell,
    unknown,
    with_condition,
    with_lapse,
)
from analyzer.rules.outlook.pair import Pair
from analyzer.rules.outlook.row import Constellation, Row, Says
from analyzer.rules.outlook.standing import tunnels_down, tunnels_up, zone_down, zone_up
from analyzer.rules.outlook.table import look_up
from analyzer.rules.outlook.usages import is_private, lapse, usage_of
from analyzer.rules.trust import trust_of
from analyzer.rules.view import NodeView
from analyzer.words import Words, listed, say, sentences

ZONE, PLAIN_ZONE = say("UC traversal zone"), say("traversal zone")
TUNNELS, REMOTE_ACCESS = say("SSH tunnels (2222)"), say("MRA and WebRTC")
THE_CORE, THE_EDGE = say("the Core"), say("the Edge")
CAPTURED = {
    "Core": say("(The Core's certificate is the one in the capture.)"),
    "Edge": say("(The Edge's certificate is the one in the capture.)"),
}
PROSPECTS = {
    Prospect.WORKS: say("works"),
    Prospect.FAILS: say("fails"),
    Prospect.NEEDS_FAR_END: say("needs-far-end"),
    Prospect.UNKNOWN: say("unknown"),
}


def assess(pair: Pair) -> Iterator[Assessed]:
    """Say what becomes of zone, tunnels, and mobile and remote access."""
    is_unified = any(zone.unified_communications is not False for zone in pair.own.traversal_zones)
    down, up = zone_down(pair), zone_up(pair)
    refused = tunnels_down(pair)
    both_up = up and tunnels_up(pair) is not None
    services = (
        (ZONE if is_unified else PLAIN_ZONE, "zone", down, up),
        (TUNNELS, "tunnels", refused or down, both_up),
        (REMOTE_ACCESS, "remote_access", down or refused, both_up),
    )
    for service, part, shown_down, shown_up in services if is_unified else services[:1]:
        made = _cell(pair, part)
        yield Assessed(
            view=pair.own,
            local_role=Side.CLIENT if pair.core else Side.SERVER,
            service=service,
            peer=other_end(pair),
            cell=made,
            down=None if made.condition else shown_down,
            is_up=shown_up,
        )


def other_end(pair: Pair) -> str:
    """Return the name of the end that does not answer for both."""
    if pair.core and pair.edge:
        return pair.edge.node.name or THE_EDGE
    return THE_EDGE if pair.core else THE_CORE


def _cell(pair: Pair, part: str) -> OutlookCell:
    made = _by_table(pair, part)
    own = pair.own
    made = with_lapse(made, lapse(own, pair.client) or lapse(pair.edge or own, pair.server))
    for name in sorted(pair.seen):
        made = replace(made, reason=sentences((made.reason, CAPTURED[name])))
    for verifier, owner, leaf, role in (
        (pair.edge, pair.core, pair.client, Side.CLIENT),
        (pair.core, pair.edge, pair.server, Side.SERVER),
    ):
        if verifier and owner and leaf:
            lacking = _not_trusted(verifier, owner, leaf, role, whole=part != "zone")
            made = with_condition(made, IF_TRUSTED if lacking else None, lacking or "")
    return made


def _by_table(pair: Pair, part: str) -> OutlookCell:
    if pair.release is None:
        return unknown(say("The release is not in what was given."))
    if pair.is_split and pair.check is None:
        return _by_either_check(pair, part)
    what = _constellation(pair, pair.check if pair.is_split else None)
    if what.edge_serves is False or (what.core_client and what.edge_serves):
        return _told(pair, look_up(what, pair.release), part)
    if what.core_client is None:
        return unknown(say("What the Core presents as TLS client is not in what was given: its bundle decides."))
    taken = look_up(replace(what, edge_serves=True), pair.release)
    if taken is not None and _of(taken, part).prospect is Prospect.FAILS:
        return _told(pair, taken, part)
    if pair.server is None:
        return unknown(
            say(
                "Whether the Edge's server certificate has serverAuth is not in what was given; the Core's certificate is "
                "no obstacle."
            )
        )
    return unknown(
        say(
            "Whether the Edge's server certificate has serverAuth cannot be read; the Core's certificate is no obstacle."
        )
    )


def _by_either_check(pair: Pair, part: str) -> OutlookCell:
    on, off = (_by_table(_checking(pair, check), part) for check in ("On", "Off"))
    if on.prospect is off.prospect:
        return replace(on, basis=Basis.INFERRED)
    return unknown(
        say(
            "The Edge's extended key usage check decides, and its setting is not in what was given (On: {on}; Off: {off}).",
            on=PROSPECTS[on.prospect],
            off=PROSPECTS[off.prospect],
        )
    )


def _checking(pair: Pair, check: str) -> Pair:
    return replace(pair, check=check)


def _constellation(pair: Pair, check: str | None) -> Constellation:
    core, edge, own = pair.core, pair.edge, pair.own
    leaves = {
        "core_client": pair.client,
        "core_server": core.server_leaf if core else None,
        "edge_client": edge.leaf_as_client if edge else None,
        "edge_server": pair.server,
    }
    usages = {name: usage_of(own, leaf) if leaf else None for name, leaf in leaves.items()}
    return Constellation(
        **usages,
        edge_serves=own.as_server(pair.server).capable if pair.server else None,
        check=check,
        private=frozenset(name for name, leaf in leaves.items() if is_private(own, leaf)),
    )


def _of(row: Row, part: str) -> Says:
    return {"zone": row.zone, "tunnels": row.tunnels, "remote_access": row.remote_access}[part]


def _told(pair: Pair, row: Row | None, part: str) -> OutlookCell:
    if row is None:
        return unknown(say("The truth table has no row for these certificates."))
    says = _of(row, part)
    words, basis = says.words, says.basis
    if pair.core is None or pair.edge is None or not _of_one_kind(pair.core, pair.edge):
        basis = Basis.INFERRED if basis is Basis.STATED else basis
    if pair.client and says.prospect is Prospect.WORKS and not pair.own.as_client(pair.client).whole:
        words, basis = sentences((words, PATH_UNKNOWN)), Basis.INFERRED
    return cell(says.prospect, words, *says.sources, basis=basis, row=row.number)


def _of_one_kind(core: NodeView, edge: NodeView) -> bool:
    """Whether both ends run releases that the table treats alike: its sources tell of such pairs only."""
    releases = [view.version for view in (core, edge)]
    return len({release and (release >= Version(15, 5), release >= Version(15, 4)) for release in releases}) == 1


def _not_trusted(verifier: NodeView, owner: NodeView, leaf: Certificate, role: Side, *, whole: bool) -> Words | None:
    """Say what the verifier's trusted CA list lacks; None: nothing, or the list is not at hand.

    The tunnels want every intermediate in the list, the zone gets them sent.
    """
    if verifier.node.stores.trusted is None:
        return None
    trust = trust_of(verifier, owner, leaf, role)
    if trust.trusted:
        lacking = listed(map(name_of, trust.lacking)) if whole and role is Side.CLIENT else ""
    else:
        lacking = trust.path.missing_issuer or trust.path.top.subject or say("its root")
    if not lacking:
        return None
    node = str(verifier.node.name)
    return say("{node}'s trusted CA list lacks {authorities}: append it first.", node=node, authorities=lacking)

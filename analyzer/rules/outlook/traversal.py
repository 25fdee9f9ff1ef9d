"""The outlook of the traversal zone between a Core and an Edge, of its SSH tunnels, and of what needs both."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.evidence import Certificate, Side
from analyzer.facts.releases import Version
from analyzer.findings import Basis, OutlookCell, Prospect
from analyzer.rules.authorities import name_of
from analyzer.rules.outlook.cells import IF_TRUSTED, Assessed, cell, unknown, with_condition, with_lapse
from analyzer.rules.outlook.pair import Pair
from analyzer.rules.outlook.row import Constellation, Row, Says
from analyzer.rules.outlook.table import look_up
from analyzer.rules.outlook.traces import zone_down, zone_up
from analyzer.rules.outlook.usages import is_private, lapse, usage_of
from analyzer.rules.trust import trust_of
from analyzer.rules.view import NodeView

ZONE, TUNNELS, REMOTE_ACCESS = "UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"


def assess(pair: Pair) -> Iterator[Assessed]:
    """Say what becomes of zone, tunnels, and mobile and remote access."""
    is_unified = any(zone.unified_communications is not False for zone in pair.own.traversal_zones)
    down, up = zone_down(pair.ends), zone_up(pair.ends)
    refused = next((traces.tunnels_down for traces, _ in pair.ends if traces.tunnels_down), None)
    both_up = up and refused is None and any(traces.tunnels_up for traces, _ in pair.ends)
    services = (
        (ZONE if is_unified else "traversal zone", "zone", down, up),
        (TUNNELS, "tunnels", refused or down, both_up),
        (REMOTE_ACCESS, "remote_access", down or refused, both_up),
    )
    for service, part, shown_down, shown_up in services if is_unified else services[:1]:
        made = _cell(pair, part)
        yield Assessed(
            view=pair.own,
            local_role=Side.CLIENT if pair.core else Side.SERVER,
            service=service,
            peer=_other(pair),
            cell=made,
            down=None if made.condition else shown_down,
            is_up=shown_up,
        )


def _other(pair: Pair) -> str:
    if pair.core and pair.edge:
        return pair.edge.node.name or "the Edge"
    return "the Edge" if pair.core else "the Core"


def _cell(pair: Pair, part: str) -> OutlookCell:
    made = _by_table(pair, part)
    own = pair.own
    made = with_lapse(made, lapse(own, pair.client) or lapse(pair.edge or own, pair.server))
    for name in sorted(pair.seen):
        made = replace(made, reason=f"{made.reason} (The {name}'s certificate is the one in the capture.)")
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
        return unknown("The release is not in what was given.")
    if pair.is_split and pair.check is None:
        return _by_either_check(pair, part)
    what = _constellation(pair, pair.check if pair.is_split else None)
    if what.edge_serves is False or (what.core_client and what.edge_serves):
        return _told(pair, look_up(what, pair.release), part)
    if what.core_client is None:
        return unknown("What the Core presents as TLS client is not in what was given: its bundle decides.")
    taken = look_up(replace(what, edge_serves=True), pair.release)
    if taken is not None and _of(taken, part).prospect is Prospect.FAILS:
        return _told(pair, taken, part)
    why = "cannot be read" if pair.server else "is not in what was given"
    return unknown(
        f"Whether the Edge's server certificate has serverAuth {why}; the Core's certificate is no obstacle."
    )


def _by_either_check(pair: Pair, part: str) -> OutlookCell:
    on, off = (_by_table(_checking(pair, check), part) for check in ("On", "Off"))
    if on.prospect is off.prospect:
        return replace(on, basis=Basis.INFERRED)
    return unknown(
        "The Edge's extended key usage check decides, and its setting is not in what was given "
        f"(On: {on.prospect}; Off: {off.prospect})."
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
        return unknown("The truth table has no row for these certificates.")
    says = _of(row, part)
    more, basis = "", says.basis
    if pair.core is None or pair.edge is None or not _of_one_kind(pair.core, pair.edge):
        basis = Basis.INFERRED if basis is Basis.STATED else basis
    if pair.client and says.prospect is Prospect.WORKS and not pair.own.as_client(pair.client).whole:
        basis, more = (
            Basis.INFERRED,
            " Its path is not known up to its root: an authority may still stand in the way.",
        )
    return cell(says.prospect, says.words + more, *says.sources, basis=basis, row=row.number)


def _of_one_kind(core: NodeView, edge: NodeView) -> bool:
    """Whether both ends run releases that the table treats alike: its sources tell of such pairs only."""
    releases = [view.version for view in (core, edge)]
    return len({release and (release >= Version(15, 5), release >= Version(15, 4)) for release in releases}) == 1


def _not_trusted(verifier: NodeView, owner: NodeView, leaf: Certificate, role: Side, *, whole: bool) -> str | None:
    """Say what the verifier's trusted CA list lacks; None: nothing, or the list is not at hand.

    The tunnels want every intermediate in the list, the zone gets them sent.
    """
    if verifier.node.stores.trusted is None:
        return None
    trust = trust_of(verifier, owner, leaf, role)
    lacking = [name_of(certificate) for certificate in trust.lacking] if whole and role is Side.CLIENT else []
    if not trust.trusted:
        lacking = [trust.path.missing_issuer or trust.path.top.subject or "its root"]
    if not lacking:
        return None
    return f"{verifier.node.name}'s trusted CA list lacks {', '.join(lacking)}: append it first."

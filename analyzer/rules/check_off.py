"""Test case 2 of Cisco 225693: the zone is up since the Edge does not check, and the SSH tunnels are refused."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.evidence import NodeRole, Outcome, PeerKind, Side
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.states import denied, is_active
from analyzer.rules.usage import CLIENT_CERTIFICATE_FOR_CORE
from analyzer.rules.view import TRAVERSAL, NodeView
from analyzer.text import said_serial
from analyzer.words import say

_CHECKING_ON = Remedy(
    text=say("Then switch the check on again."),
    command="Edge: xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: On",
    kind=RemedyKind.DURABLE,
)


def core_client_eku_missing_check_off(view: NodeView) -> Iterator[Judgement]:
    """Test case 2: with the check off the zone is up, but the SSH tunnels still need clientAuth."""
    if view.is_core and any(partner.is_edge for partner in view.partners):
        return
    mode = view.checking_mode
    if view.is_edge and (mode is None or mode.current != "Off"):
        return
    zones = [zone for side in (view, *view.partners) for zone in side.traversal_zones if is_active(zone)]
    cores = [view] if view.is_core else list(view.partners)
    refused = [denied(side) for side in (view, *view.partners)]
    evidence = tuple(row for rows, _ in refused for row in rows)
    if not (zones or _handshakes_complete(view)) or not evidence:
        return
    leaves = [(core, leaf) for core in cores if (leaf := core.leaf_as_client)]
    lacking = [(core, leaf) for core, leaf in leaves if core.as_client(leaf).capable is False]
    if leaves and not lacking:
        return
    if lacking:
        core, leaf = lacking[0]
        file = quote.store_file(core.node, "client" if core.has_two_stores else "server")
        shown: tuple[Evidence, ...] = (
            quote.quote_certificate(leaf, file, say("what the Core presents as a client")),
        )
        confidence = Confidence.STRONG if view.is_edge else Confidence.INFERRED
        whose = say(
            "The Core's certificate, serial {serial}, may not be used as a client's: {reason}.",
            serial=said_serial(leaf.serial),
            reason=core.as_client(leaf).reason,
        )
    else:
        seen = _seen_of_core(view)
        if seen is None:
            return
        shown, whose, confidence = (
            (*seen,),
            say("The Core's certificate in the capture may not be used as a client's."),
            Confidence.INFERRED,
        )
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=confidence,
        subject=zones[0].name if zones else say("SSH tunnels"),
        explanation=say(
            "The traversal zone is up because the Edge's extended key usage check is off, but the SSH tunnels on port 2222 "
            "are refused: they need clientAuth whatever the setting. {whose} Mobile and remote access stays down.",
            whose=whose,
        ),
        remedy=(
            replace(CLIENT_CERTIFICATE_FOR_CORE, at=view.end_of_zone(NodeRole.CORE)),
            replace(_CHECKING_ON, at=view.end_of_zone(NodeRole.EDGE)),
        ),
        evidence=(
            *evidence,
            *shown,
            *(quote.quote_setting(EKU_CHECKING_MODE, mode) if mode and view.is_edge else ()),
            *(row for zone in zones for row in quote.quote_zone(zone)),
        ),
    )


def _handshakes_complete(view: NodeView) -> bool:
    return any(
        connection.outcome is Outcome.COMPLETED and view.key_of(connection.peer) == TRAVERSAL
        for connection in view.connections
    )


def _seen_of_core(view: NodeView) -> tuple[Evidence, ...] | None:
    """Return the frame in which the Core presented a certificate that may not be used as a client's."""
    for connection in view.connections:
        leaf = view.case.certificates.get(connection.client_certificate.leaf or "")
        from_core = connection.local_role is Side.SERVER and connection.peer.kind is PeerKind.PARTNER
        if from_core and leaf is not None and view.as_client(leaf).capable is False:
            return quote.quote_certificate_frame(connection, Side.CLIENT)
    return None


RULES = (
    Rule(
        id="core-client-eku-missing-check-off",
        title=say(
            "The traversal zone is up, but the SSH tunnels are refused: the Core's certificate lacks clientAuth"
        ),
        meaning="Said when the traversal zone is up because the Edge's extended key usage check is off, the SSH "
        "tunnels are refused, and the Core's client certificate lacks clientAuth. The tunnels want "
        "clientAuth whatever the setting, so that mobile and remote access stays down. A timeout is no "
        "refusal and is not taken for one.",
        severity=Severity.CRITICAL,
        judge=core_client_eku_missing_check_off,
        needs=((Need.STATUS, Need.LOG, Need.CAPTURE),),
        roles=(NodeRole.EDGE, NodeRole.CORE),
        applies_to=">=X15.5",
        sources=("S", "T1", "AG"),
    ),
)

"""Who has to trust the CA of the client certificate: one checklist from the configuration, ticked by handshakes.

Since X15.5 the client certificate may come from another CA than the server's. Every peer that this node dials and that
verifies must know it, and each is easily forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from analyzer.evidence import Certificate, CertificateOrigin, Connection, Outcome, PeerKind, Side, Zone
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import TRUSTED_CA, name_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.trust import trust_of
from analyzer.rules.view import NodeView
from analyzer.rules.wording import STORES
from analyzer.text import said_serial
from analyzer.words import Words, itemized, listed, say

_AUTOMATIC_CUCM_ZONES = ("CEtls-", "CEOAuth-")
_NOT_TLS = frozenset({"tcp", "udp"})


class Entry(Struct, frozen=True, kw_only=True):
    """One verifier. `proof`: what shows that it trusts the CA; `refusal`: that it does not; None: nothing does."""

    who: Words
    where: str
    source: tuple[Evidence, ...] = ()
    proof: Words | None = None
    refusal: Words | None = None
    connection: Connection | None = None


def verifiers_must_trust_client_ca(view: NodeView) -> Iterator[Judgement]:
    """List who must trust the CA of the client certificate, if it is private or not the server certificate's."""
    leaf = view.client_leaf
    if leaf is None or not _matters(view, leaf):
        return
    entries = list(_entries(view, leaf))
    if not entries:
        return
    shown = [entry.connection for entry in entries if entry.connection]
    yield Judgement(
        severity=Severity.INFO,
        confidence=Confidence.INFERRED,
        subject=name_of(leaf),
        explanation=say(
            "The client certificate, serial {serial}, was issued by {issuer}. Who verifies it has to trust that CA, root and "
            "intermediates. By the configuration these are: {verifiers}.",
            serial=said_serial(leaf.serial),
            issuer=leaf.issuer,
            verifiers=itemized(map(_line, entries)),
        ),
        remedy=(
            Remedy(
                text=say(
                    "Go through the list before the client certificate is replaced, and import the CA where the tick is "
                    "missing."
                ),
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(
            quote.quote_certificate(leaf, quote.store_file(view.node, "client"), STORES["client"]),
            *(row for entry in entries for row in entry.source),
            *(row for connection in shown for row in quote.quote_certificate_frame(connection, Side.CLIENT)),
        ),
        connections=tuple(shown),
    )


def _matters(view: NodeView, leaf: Certificate) -> bool:
    """Whether the client's CA is private, or another one than the server's."""
    origin = view.case.origins.get(leaf.sha256)
    private = origin is not None and origin.origin in {CertificateOrigin.PRIVATE, CertificateOrigin.SELF_SIGNED}
    server = view.server_leaf
    return private or (server is not None and server.issuer_der != leaf.issuer_der)


def _entries(view: NodeView, leaf: Certificate) -> Iterator[Entry]:
    """Yield the verifiers in the order of the configuration."""
    proofs = _last_by_zone(view, leaf)
    has_mobile_access = False
    for zone in view.node.zones:
        kind = zone.kind
        if kind == "traversalclient":
            has_mobile_access |= bool(zone.unified_communications)
            yield _edge_entry(view, leaf, zone, proofs)
        elif kind in {"neighbor", "dns", "webex"} and (zone.transport or "").lower() not in _NOT_TLS:
            yield _entry(*_neighbor_words(zone), zone, proofs)
    if view.is_core and (has_mobile_access or view.node.domains):
        yield _cucm_entry(view, leaf)
        yield Entry(who=say("IM and Presence nodes"), where=say("cup-xmpp-trust and tomcat-trust"))
        yield Entry(who=say("Unity Connection nodes"), where="tomcat-trust")
    own = {name.lower() for name in (*view.node.addresses, *view.node.host_names)}
    for peer in view.node.cluster.peers if view.node.cluster else ():
        if peer.lower() not in own:
            yield Entry(who=say("cluster peer {peer}", peer=peer), where=TRUSTED_CA)


def _neighbor_words(zone: Zone) -> tuple[Words, Words]:
    if zone.kind == "webex":
        return say("Webex (zone {zone})", zone=zone.name), say("its list of CAs, or Control Hub")
    if zone.kind == "dns":
        return say("far ends of DNS zone {zone}", zone=zone.name), say("their lists of CAs")
    if zone.name.startswith(_AUTOMATIC_CUCM_ZONES):
        return say("CUCM (zone {zone})", zone=zone.name), say("CallManager-trust and tomcat-trust")
    peers = listed(peer.address for peer in zone.peers) or zone.name
    return say("neighbour {peers} (zone {zone})", peers=peers, zone=zone.name), say("its list of CAs")


def _last_by_zone(view: NodeView, leaf: Certificate) -> Mapping[str, Connection]:
    """Return the last handshake of each zone in which the client certificate was seen."""
    return {
        connection.peer.zone: connection
        for connection in view.connections
        if connection.peer.zone and _shows(connection, leaf)
    }


def _shows(connection: Connection, leaf: Certificate) -> bool:
    return connection.local_role is Side.CLIENT and connection.client_certificate.leaf == leaf.sha256


def _entry(who: Words, where: str, zone: Zone, proofs: Mapping[str, Connection]) -> Entry:
    source = quote.quote_zone_setting(zone)
    connection = proofs.get(zone.name)
    return _judged(Entry(who=who, where=where, source=source), connection)


def _judged(entry: Entry, connection: Connection | None) -> Entry:
    """Tick an entry by a handshake: completed with the certificate, or refused by the server."""
    if connection is None:
        return entry
    frame = next((f for f in connection.handshake.frames if f.step == "client_certificate"), None)
    at = quote.frame_of(frame) if frame else say("the capture")
    proof = say("completed with it, {at}", at=at) if connection.outcome is Outcome.COMPLETED else None
    refused = connection.outcome is Outcome.REFUSED and connection.refused_by is Side.SERVER
    return Entry(
        who=entry.who,
        where=entry.where,
        source=entry.source,
        proof=proof,
        refusal=say("refused it ({reason}), {at}", reason=connection.outcome_reason, at=at) if refused else None,
        connection=connection if proof or refused else None,
    )


def _edge_entry(view: NodeView, leaf: Certificate, zone: Zone, proofs: Mapping[str, Connection]) -> Entry:
    entry = _entry(say("the Expressway-E of zone {zone}", zone=zone.name), TRUSTED_CA, zone, proofs)
    edges = [edge for edge in view.partners if edge.node.stores.trusted is not None]
    if entry.proof or entry.refusal or not edges:
        return entry
    distrusting = [edge for edge in edges if not trust_of(edge, view, leaf, Side.CLIENT).trusted]
    nodes = listed(edge.node.name or "" for edge in distrusting or edges)
    return Entry(
        who=entry.who,
        where=entry.where,
        source=entry.source,
        proof=None if distrusting else say("in the trusted CA list of {nodes}", nodes=nodes),
        refusal=say("not in the trusted CA list of {nodes}", nodes=nodes) if distrusting else None,
    )


def _cucm_entry(view: NodeView, leaf: Certificate) -> Entry:
    own = [c for c in view.connections if c.peer.kind is PeerKind.CUCM and _shows(c, leaf)]
    entry = Entry(who=say("CUCM nodes of mobile and remote access"), where=say("tomcat-trust and CallManager-trust"))
    return _judged(entry, own[-1] if own else None)


def _line(entry: Entry) -> Words:
    if entry.refusal:
        return say(
            "[!] {who}: {refusal}; import it there ({where})", who=entry.who, refusal=entry.refusal, where=entry.where
        )
    if entry.proof:
        return say("[x] {who}: {proof}", who=entry.who, proof=entry.proof)
    return say("[ ] {who}: {where}", who=entry.who, where=entry.where)


RULES = (
    Rule(
        id="verifiers-must-trust-client-ca",
        title=say("Who has to trust the CA of the client certificate"),
        severity=Severity.INFO,
        judge=verifiers_must_trust_client_ca,
        needs=(Need.CLIENT_STORE, (Need.CONFIGURATION, Need.ZONES)),
        applies_to=">=X15.5",
        sources=("S", "MRA", "FN-CUCM", "I"),
        meaning="The client certificate comes from a private CA, or from another one than the server certificate. The list names, "
        "from the configuration, every verifier that has to trust that CA, with a tick where a handshake or its trusted CA list "
        "proves it.",
    ),
)

"""Small cases for the rules: records built directly, starting from a healthy Core and Edge.

    case(core(), edge(), connections=[connection(edge(), CORE, role=Side.SERVER, alert=(Side.SERVER, 43))])

Stores, partners, origins and outcomes are worked out as the correlator does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from analyzer.correlate.chains import Pool
from analyzer.correlate.connections import outcome_of
from analyzer.correlate.origin import classify
from analyzer.correlate.partners import find_partners
from analyzer.correlate.stores import present_local, present_unknown
from analyzer.evidence import (
    Alert,
    CaptureFile,
    Case,
    Certificate,
    CertificateMessage,
    Connection,
    Endpoint,
    Event,
    Frame,
    Handshake,
    LogEvent,
    LogSpan,
    Member,
    MemberKind,
    Node,
    NodeRole,
    Outcome,
    Peer,
    PeerKind,
    PresentedCertificate,
    ReadState,
    ReferenceTime,
    Setting,
    Side,
    Step,
    Stores,
    TcpConversation,
    Tunnel,
    Visibility,
    Zone,
    ZonePeer,
)
from analyzer.facts.alerts import alert_name
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.findings import Finding
from analyzer.parsers.certificate import read_certificate
from analyzer.rules.catalogue import RULES
from analyzer.rules.causes import tie
from analyzer.rules.runner import run
from samples.builders.certificates import Authority, AuthorityKind

START = datetime(2026, 3, 24, 11, 0, 0, tzinfo=UTC)
ZONE = "UC traversal"
LOG, CAPTURE = "edge.zip/loggingsnapshot.txt", "edge.zip/eth0.pcap"

BOTH, SERVER_ONLY, CLIENT_ONLY = ("serverAuth", "clientAuth"), ("serverAuth",), ("clientAuth",)

WEBEX = Peer(name="Webex", kind=PeerKind.WEBEX, reason="certificate name")
CORE = Peer(name="core", kind=PeerKind.PARTNER, node="core", zone=ZONE)
EDGE = Peer(name="edge", kind=PeerKind.PARTNER, node="edge", zone=ZONE)
SOME_CORE = Peer(name=f"traversal client of zone {ZONE}", kind=PeerKind.PARTNER, zone=ZONE)
SOME_EDGE = Peer(name="edge.harbor.example", kind=PeerKind.PARTNER, zone=ZONE)
CUBE = Peer(name="10.3.3.30", kind=PeerKind.NEIGHBOR, zone="CUBE")
CUCM = Peer(name="cucm.harbor.example", kind=PeerKind.CUCM)
NAMED = Peer(name="sip.partner.example", kind=PeerKind.NAMED)
INTERNET = Peer(name="Internet", kind=PeerKind.INTERNET)
UNKNOWN = Peer(name="192.0.2.9:5061", kind=PeerKind.UNKNOWN)

_made: dict[str, Certificate] = {}
_above: dict[str, tuple[Certificate, ...]] = {}


def read(certificate: x509.Certificate) -> Certificate:
    """Read a certificate as the program does, and remember it for `case`."""
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return _made.setdefault(result.sha256, result)


@cache
def authority(
    name: str = "Harbor",
    *,
    public: bool = False,
    eku: tuple[str, ...] | None = None,
    root_eku: tuple[str, ...] | None = None,
) -> Authority:
    """Return an issuing authority below a root of its own."""
    kind = AuthorityKind.PUBLIC if public else AuthorityKind.PRIVATE
    return Authority.root(f"{name} Root CA", kind=kind, usages=root_eku).intermediate(
        f"{name} Issuing CA", usages=eku
    )


@cache
def certificate(
    name: str = "core.harbor.example",
    eku: tuple[str, ...] | None = BOTH,
    issuer: Authority | None = None,
    key_usages: tuple[str, ...] = ("digital_signature", "key_encipherment"),
    not_before: datetime = datetime(2026, 1, 10, tzinfo=UTC),
    not_after: datetime = datetime(2027, 1, 9, tzinfo=UTC),
    names: tuple[str, ...] = (),
) -> Certificate:
    """Issue a certificate; the same arguments give the same one."""
    above = issuer or authority()
    identity = above.issue(name, names, usages=eku, key_usages=key_usages, not_before=not_before, not_after=not_after)
    leaf = read(identity.certificate)
    _above[leaf.sha256] = tuple(read(one) for one in above.path)
    return leaf


def chain(leaf: Certificate, *, root: bool = False) -> tuple[Certificate, ...]:
    """Return a certificate as it is sent: with its intermediates, and without its root unless asked for."""
    above = _above[leaf.sha256]
    return (leaf, *(above if root else above[:-1]))


PUBLIC = authority("Meridian", public=True)
CORE_SERVER = certificate("core.harbor.example", SERVER_ONLY, PUBLIC)
CORE_CLIENT = certificate("core.harbor.example", BOTH)
CORE_CLIENT_SERVER_ONLY = certificate("core.harbor.example", SERVER_ONLY)
EDGE_SERVER = certificate("edge.harbor.example", SERVER_ONLY, PUBLIC)
EDGE_CLIENT = certificate("edge.harbor.example", BOTH)
WEBEX_SERVER = certificate("l2sip.webex.com", BOTH, PUBLIC)
EVERYONE = (*chain(CORE_CLIENT, root=True)[1:], *chain(EDGE_SERVER, root=True)[1:])


def stores(
    server: Certificate | None, client: Certificate | None, trusted: Iterable[Certificate] | None = EVERYONE
) -> Stores:
    """Return stores that hold a leaf each; None: the member is absent."""
    return Stores(
        server=None if server is None else (server.sha256,),
        client=None if client is None else (client.sha256,),
        trusted=None if trusted is None else tuple(one.sha256 for one in trusted),
    )


def mode(value: str | None) -> dict[str, Setting]:
    """Return the settings with the extended key usage checking mode as dumped."""
    return {EKU_CHECKING_MODE: Setting(value=value, source="edge.zip/xconf.xml: EKU")}


def zone(type_: str = "TraversalServer", status: str | None = "Active", **changes: Any) -> Zone:
    """Return the Unified Communications traversal zone."""
    result = Zone(
        name=ZONE, type=type_, unified_communications=True, status=status, status_source="edge.zip/xstat.xml: Zones",
        source="edge.zip/xconf.xml: Zones", port=7001, tls_verify_mode="On", tls_verify_subject="core.harbor.example",
    )  # fmt: skip
    return replace(result, **changes)


NEIGHBOR_ZONE = Zone(
    name="CUBE", type="Neighbor", status="Active", port=5061, peers=(ZonePeer(address="10.3.3.30"),),
    source="edge.zip/xconf.xml: Zones", tls_verify_mode="On",
)  # fmt: skip


def tunnel(status: str = "Active", reason: str | None = None) -> Tunnel:
    """Return an SSH tunnel's row."""
    source = "edge.zip/xstat.xml: Tunnels"
    return Tunnel(target="edge.harbor.example", domain="harbor.example", status=status, reason=reason, source=source)


def _node(host: str, role: NodeRole, address: str, traversal: Zone, held: Stores) -> Node:
    kinds = (MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM, MemberKind.SNAPSHOT, MemberKind.CAPTURE)
    return Node(
        name=host,
        host=host,
        role=role,
        version="X15.5.1",
        addresses=(address,),
        host_names=(host, f"{host}.harbor.example"),
        stores=held,
        settings={EKU_CHECKING_MODE: Setting(value="On", source=f"{host}.zip/xconf.xml: EKU")},
        zones=(traversal, NEIGHBOR_ZONE),
        tunnels=(tunnel(),),
        members=tuple(
            Member(
                name=f"{kind}", reference=f"{host}.zip/{kind}", kind=kind, node=host, size=1, sha256="0" * 64,
                read=ReadState.WHOLE,
            )
            for kind in kinds
        ),
        captures=(
            CaptureFile(
                name=f"{host}.zip/eth0.pcap", interface="eth0", sequence=0, first=START - timedelta(minutes=5),
                last=START + timedelta(minutes=5), packets=99, cut_frames=0, addresses=(address,),
            ),
        ),
        logs=(
            LogSpan(
                file=f"{host}.zip/log.txt", first=START - timedelta(minutes=5), last=START + timedelta(minutes=5),
                lines=99, records=99, has_ssl_debug=True, hosts=(host,),
            ),
        ),
        reference_time=ReferenceTime(time=START + timedelta(minutes=5), origin="evidence"),
        taken=START + timedelta(minutes=6),
    )  # fmt: skip


def core(**changes: Any) -> Node:
    """Return a healthy Core of X15.5, with changes."""
    traversal = zone("TraversalClient", peers=(ZonePeer(address="edge.harbor.example", status="Active"),))
    return replace(_node("core", NodeRole.CORE, "10.1.1.10", traversal, stores(CORE_SERVER, CORE_CLIENT)), **changes)


def edge(**changes: Any) -> Node:
    """Return a healthy Edge of X15.5, with changes."""
    return replace(_node("edge", NodeRole.EDGE, "10.2.2.20", zone(), stores(EDGE_SERVER, EDGE_CLIENT)), **changes)


def bare(role: NodeRole) -> Node:
    """Return a node of which nothing but its role is known."""
    return Node(name="bare", host="bare", role=role)


Shown = Certificate | tuple[Certificate, ...] | Visibility


def connection(
    node: Node,
    peer: Peer,
    *,
    role: Side | None,
    client: Shown = Visibility.NOT_REQUESTED,
    server: Shown = Visibility.NOT_CAPTURED,
    alert: tuple[Side, int] | None = None,
    completed: bool | None = None,
    at: float = 0,
    port: int = 7001,
    **changes: Any,
) -> Connection:
    """Return a connection at `at` seconds; `alert`: sender and number; `changes` are the handshake's."""
    ours = Endpoint(address=node.addresses[0] if node.addresses else "10.9.9.9", port=25000)
    dialling, answering = (_remote(peer), ours) if role is Side.SERVER else (ours, _remote(peer))
    started = START + timedelta(seconds=at)
    frames = [_frame(Step.CLIENT_HELLO, 1, started, Side.CLIENT)]
    messages = {Side.SERVER: _message(server), Side.CLIENT: _message(client)}
    for number, (side, message) in enumerate(messages.items(), 2):
        if message.visibility in {Visibility.SEEN, Visibility.NONE_SENT}:
            step = Step.SERVER_CERTIFICATE if side is Side.SERVER else Step.CLIENT_CERTIFICATE
            frames.append(_frame(step, number, started + timedelta(milliseconds=number), side))
    alerts = (_alert(*alert, started + timedelta(milliseconds=9)),) if alert else ()
    frames += [_frame(Step.ALERT, sent.frame, sent.time, sent.sender) for sent in alerts]
    handshake = Handshake(
        captures=(CAPTURE,), client=dialling, server=replace(answering, port=port), started=started,
        tls_version="TLSv1.2", server_name=None, resumed=False, seen_from_start=True,
        certificate_requested=messages[Side.CLIENT].visibility is not Visibility.NOT_REQUESTED,
        certificate_authorities=(), frames=tuple(frames), server_certificate=messages[Side.SERVER],
        client_certificate=messages[Side.CLIENT], alerts=alerts, completed=False if alert else completed,
    )  # fmt: skip
    nothing = PresentedCertificate(visibility=Visibility.NOT_CAPTURED)
    return Connection(
        id="", node=node.name, handshake=replace(handshake, **changes), local_role=role, peer=peer, service=None,
        server_certificate=nothing, client_certificate=nothing, outcome=Outcome.UNKNOWN, refused_by=None,
        outcome_reason=None,
    )  # fmt: skip


def _remote(peer: Peer) -> Endpoint:
    known = {"core": "10.1.1.10", "edge": "10.2.2.20", "Webex": "163.129.37.33"}
    return Endpoint(address=known.get(peer.node or peer.name, "10.3.3.30"), port=25001)


def _frame(step: Step, number: int, time: datetime, sender: Side) -> Frame:
    return Frame(step=step, capture=CAPTURE, frame=number, time=time, sender=sender)


def _alert(sender: Side, code: int, time: datetime) -> Alert:
    name = alert_name(code)
    return Alert(sender=sender, level="fatal", description=name, code=code, capture=CAPTURE, frame=9, time=time)


def _message(shown: Shown) -> CertificateMessage:
    if isinstance(shown, Visibility):
        return CertificateMessage(visibility=shown)
    sent = chain(shown) if isinstance(shown, Certificate) else shown
    return CertificateMessage(visibility=Visibility.SEEN, chain=tuple(one.sha256 for one in sent))


def event(
    node: Node,
    peer: Peer | None,
    *,
    error: str | None = None,
    alert: int | None = None,
    role: Side | None = None,
    detail: str = "words of the log",
    name: str | None = None,
    at: float | None = 0,
    joined: str | None = None,
    **changes: Any,
) -> Event:
    """Return a log event; `joined`: the connection that it belongs to (`c1` is the first of the case)."""
    ours, theirs = Endpoint(address="10.9.9.9", port=7001), Endpoint(address="10.8.8.8", port=25000)
    source, destination = (theirs, ours) if role is Side.SERVER else (ours, theirs)
    record = LogEvent(
        time=None if at is None else START + timedelta(seconds=at),
        name=name or f"{'Inbound' if role is Side.SERVER else 'Outbound'} TLS Negotiation Error",
        detail=detail, file=LOG, line=int(at or 0) + 1, source=source, destination=destination,
        error="peer-alert" if alert is not None else error, alert=alert, local_role=role,
    )  # fmt: skip
    return Event(id="", node=node.name, record=replace(record, **changes), peer=peer, connection=joined)


def ssh(node: Node, detail: str, at: float = 0) -> Event:
    """Return a line of the tunnels' ssh client."""
    return event(node, None, name="ssh", detail=f"ssh: {detail}", at=at, source=None, destination=None)


def conversation(**changes: Any) -> TcpConversation:
    """Return an SSH conversation of the Core with the Edge that was closed right after it was established."""
    result = TcpConversation(
        capture=CAPTURE, frame=7, client=Endpoint(address="10.1.1.10", port=30001),
        server=Endpoint(address="10.2.2.20", port=2222), started=START, attempts=1, established=True, refused=False,
        client_banner="SSH-2.0-OpenSSH_9.6", server_banner="SSH-2.0-OpenSSH_9.6", client_bytes=900, server_bytes=900,
        ended=START + timedelta(seconds=1),
    )  # fmt: skip
    return replace(result, **changes)


def case(*nodes: Node, connections: Sequence[Connection] = (), events: Sequence[Event] = ()) -> Case:
    """Join nodes, connections (`c1`, `c2` …) and events (`e1`, `e2` …) to a case, as the correlator does."""
    used = [one for node in nodes for held in _held(node.stores) for one in held]
    used += [one for c in connections for side in Side for one in c.handshake.message(side).chain]
    certificates = {identity: _made[identity] for identity in dict.fromkeys(used)}
    numbered = [replace(one, id=f"e{number}") for number, one in enumerate(events, 1)]
    joined = tuple(
        _joined(replace(one, id=f"c{number}"), nodes, numbered, certificates)
        for number, one in enumerate(connections, 1)
    )
    trusted = frozenset(one for node in nodes for one in node.stores.trusted or ())
    pool = Pool(certificates.values())
    return Case(
        inputs=(), nodes=find_partners(nodes, joined), certificates=certificates,
        origins={identity: classify(one, pool, trusted) for identity, one in certificates.items()},
        connections=joined, events=tuple(numbered), problems=(),
        reference_time=ReferenceTime(time=START, origin="evidence"),
    )  # fmt: skip


def _held(held: Stores) -> tuple[tuple[str, ...], ...]:
    return held.server or (), held.client or (), held.trusted or ()


def _joined(
    one: Connection, nodes: Sequence[Node], events: Sequence[Event], certificates: dict[str, Certificate]
) -> Connection:
    own = [event for event in events if event.connection == one.id]
    node = next(node for node in nodes if node.name == one.node)
    shown = {
        side: present_local(one.handshake.message(side), certificates, node)
        if side is one.local_role
        else present_unknown(
            one.handshake.message(side), certificates, [other for other in nodes if other is not node]
        )
        for side in Side
    }
    outcome, refused_by, reason = outcome_of(one.handshake, one.local_role, [event.record for event in own])
    return replace(
        one, events=tuple(event.id for event in own), server_certificate=shown[Side.SERVER],
        client_certificate=shown[Side.CLIENT], outcome=outcome, refused_by=refused_by, outcome_reason=reason,
    )  # fmt: skip


def findings(judged: Case) -> tuple[Finding, ...]:
    """Return all findings of a case, with their causes."""
    return tie(run(judged, RULES))


def made(judged: Case, rule_id: str) -> tuple[Finding, ...]:
    """Return the findings of one rule by which a diagnosis was made."""
    return tuple(one for one in findings(judged) if one.id == rule_id and one.determined)


def judge(judged: Case, rule_id: str, node: str | None = None) -> set[tuple[str, str, str]]:
    """Return severity, confidence and subject of what one rule says (of one node, if one is named)."""
    rule = [rule for rule in RULES if rule.id == rule_id]
    assert rule, rule_id
    found = [grounded.finding for grounded in run(judged, rule)]
    return {(str(f.severity), str(f.confidence), f.subject) for f in found if node in {None, f.node}}


def causes(judged: Case) -> dict[tuple[str | None, str], str | None]:
    """Return, for what is critical or a warning, node and id with the id of its cause."""
    grave = [one for one in findings(judged) if one.determined and one.severity in {"critical", "warning"}]
    return {(one.node, one.id): one.caused_by for one in grave}


NOT_DETERMINABLE = "not-determinable"

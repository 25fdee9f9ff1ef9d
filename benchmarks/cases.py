"""Cases of any size, as records: what a Core and an Edge saw on a bad day, to time the rules on.

`busy_case(10_000, 100_000)` is the same whenever it is made, but for the certificates. Half of the connections are
with a few peers, and half with one of `peers` others, so that neither long groups nor many groups go unnoticed. Every
way for a handshake to end is in it, and so is every kind of line that the rules read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from analyzer.correlate.connections import outcome_of
from analyzer.correlate.origin import origins_of
from analyzer.correlate.partners import find_partners
from analyzer.correlate.stores import present_local, present_unknown
from analyzer.evidence import (
    Alert,
    CaptureFile,
    Case,
    Certificate,
    CertificateMessage,
    ClockOffset,
    Connection,
    Endpoint,
    Event,
    Frame,
    Handshake,
    LogEvent,
    LogSpan,
    Node,
    NodeRole,
    Outcome,
    Peer,
    PeerKind,
    PresentedCertificate,
    ReferenceTime,
    Setting,
    Side,
    Step,
    Stores,
    TcpConversation,
    TlsRecord,
    Tunnel,
    Visibility,
    Zone,
    ZonePeer,
)
from analyzer.facts.alerts import alert_name
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import SERVER_ONLY, Authority, AuthorityKind

START = datetime(2026, 3, 24, 8, 0, 0, tzinfo=UTC)
CORE_ADDRESS, EDGE_ADDRESS = "10.20.30.16", "10.20.30.31"
CAPTURE, LOG = "{0}.zip/eth0.pcap", "{0}.zip/loggingsnapshot.txt"
ZONE = "UC traversal"


@dataclass(frozen=True, slots=True)
class Leaves:
    """Certificates by what they are for, each with its chain as it is sent."""

    chains: Mapping[str, tuple[Certificate, ...]]
    trusted: tuple[Certificate, ...]

    def __getitem__(self, name: str) -> Certificate:
        return self.chains[name][0]

    @property
    def all(self) -> dict[str, Certificate]:
        held = [one for chain in self.chains.values() for one in chain]
        return {one.sha256: one for one in (*held, *self.trusted)}


@cache
def _leaves() -> Leaves:
    internal = Authority.root("harbor-DC01-CA").intermediate("harbor-Issuing-CA")
    public = Authority.root("Meridian Root", kind=AuthorityKind.PUBLIC).intermediate("Meridian TLS CA")
    stranger = Authority.root("Quarry Root").intermediate("Quarry Issuing CA")
    past, over = START - timedelta(days=500), START - timedelta(days=9)
    issued = {
        "core client": internal.issue("expc.harbor.example", usages=SERVER_ONLY),
        "core server": public.issue("expc.harbor.example", usages=SERVER_ONLY),
        "edge client": internal.issue("expe.harbor.example"),
        "edge server": public.issue("expe.harbor.example", usages=SERVER_ONLY),
        "edge old": public.issue("expe.harbor.example", not_before=START - timedelta(days=300)),
        "stranger": stranger.issue("sip.quarry.example"),
        "expired": internal.issue("old.harbor.example", not_before=past, not_after=over),
    }
    chains = {name: tuple(_read(one) for one in (i.certificate, *i.chain)) for name, i in issued.items()}
    return Leaves(chains, tuple(_read(one) for one in (*internal.path, *public.path)))


def _read(certificate: x509.Certificate) -> Certificate:
    read = read_certificate(certificate.public_bytes(Encoding.DER))
    if read is None:
        raise ValueError("a certificate of our own making")
    return read


def busy_case(connections: int, events: int, *, peers: int = 10) -> Case:
    """Return a case with so many connections and log events; `peers`: how many have a name of their own."""
    chance = Random(7)
    crowd = Crowd(peers, chance)
    leaves = _leaves()
    nodes = (
        _node("expc", NodeRole.CORE, CORE_ADDRESS, connections),
        _node("expe", NodeRole.EDGE, EDGE_ADDRESS, connections),
    )
    drafts = [_connection(number, crowd, nodes, leaves) for number in range(1, connections + 1)]
    logged = [_event(number, crowd, nodes, drafts) for number in range(1, events + 1)]
    by_connection: dict[str, list[Event]] = {}
    for event in logged:
        if event.connection:
            by_connection.setdefault(event.connection, []).append(event)
    joined = tuple(_finished(draft, by_connection.get(draft.id, []), nodes, leaves) for draft in drafts)
    certificates = leaves.all
    trusted = frozenset(certificate.sha256 for certificate in leaves.trusted)
    return Case(
        inputs=(),
        nodes=find_partners(nodes, joined),
        certificates=certificates,
        origins=origins_of(certificates, trusted),
        connections=joined,
        events=tuple(logged),
        problems=(),
        reference_time=ReferenceTime(time=START + timedelta(hours=8), origin="evidence"),
    )


def _node(host: str, role: NodeRole, address: str, size: int) -> Node:
    leaves = _leaves()
    kind = "TraversalServer" if role is NodeRole.EDGE else "TraversalClient"
    short = "edge" if role is NodeRole.EDGE else "core"
    traversal = Zone(
        name=ZONE,
        type=kind,
        unified_communications=True,
        status="Failed",
        port=7001,
        tls_verify_mode="On",
        tls_verify_subject="expc.harbor.example",
        peers=() if kind == "TraversalServer" else (ZonePeer(address="expe.harbor.example"),),
        source=f"{host}.zip/xconf.xml: Zones",
        status_source=f"{host}.zip/xstat.xml: Zones",
    )
    neighbours = tuple(
        Zone(
            name=f"Neighbour {number}",
            type="Neighbor",
            status="Active",
            port=5061,
            peers=(ZonePeer(address=_neighbour(number)),),
        )
        for number in range(40)
    )
    end = START + timedelta(hours=8)
    return Node(
        name=host,
        host=host,
        role=role,
        version="X15.5",
        addresses=(address,),
        host_names=(host, f"{host}.harbor.example"),
        clock_offset=ClockOffset(seconds=0.2, joins=9, spread=0.1),
        stores=Stores(
            server=(leaves[f"{short} server"].sha256,),
            client=(leaves[f"{short} client"].sha256,),
            trusted=tuple(one.sha256 for one in leaves.trusted),
        ),
        settings={EKU_CHECKING_MODE: Setting(value="On", source=f"{host}.zip/xconf.xml: EKU")},
        zones=(traversal, *neighbours),
        tunnels=(Tunnel(target="expe", domain="harbor.example", status="Failed", reason="Permission denied"),),
        captures=(
            CaptureFile(
                name=CAPTURE.format(host),
                interface="eth0",
                sequence=0,
                first=START,
                last=end,
                packets=size,
                cut_frames=0,
                addresses=(address,),
            ),
        ),
        logs=(
            LogSpan(
                file=LOG.format(host),
                first=START,
                last=end,
                lines=size,
                records=size,
                has_ssl_debug=True,
                hosts=(host,),
            ),
        ),
        conversations=tuple(_conversation(number, host) for number in range(size // 20)),
        reference_time=ReferenceTime(time=end, origin="evidence"),
        taken=end,
    )


def _neighbour(number: int) -> str:
    return f"10.3.{number // 250}.{number % 250}"


def _conversation(number: int, host: str) -> TcpConversation:
    started = START + timedelta(seconds=number)
    return TcpConversation(
        capture=CAPTURE.format(host),
        frame=number + 1,
        client=Endpoint(address=CORE_ADDRESS, port=30_000 + number % 5000),
        server=Endpoint(address=_neighbour(number % 60), port=2222 if number % 3 else 5061),
        started=started,
        attempts=3,
        established=number % 3 == 1,
        refused=number % 3 == 2,
        client_banner="SSH-2.0-OpenSSH_9.6" if number % 3 == 1 else None,
        ended=started + timedelta(seconds=1),
    )


_END = {NodeRole.CORE: ("core", Side.CLIENT), NodeRole.EDGE: ("edge", Side.SERVER)}
_ALERTS = (40, 42, 43, 45, 46, 48, 80, 116)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Whom the nodes have to do with."""

    peers: int
    chance: Random

    def peer(self, number: int, node: Node) -> Peer:
        """Return someone; of one name there may be many, whom the correlator recognised by something else."""
        one, near = number % self.peers, number % min(40, 2 * self.peers)
        if number % 2:
            return self.chance.choice(
                (
                    Peer(name=f"sip{one}.quarry.example", kind=PeerKind.NAMED, reason="certificate name"),
                    Peer(name="Internet", kind=PeerKind.INTERNET, reason=f"unknown public caller {_public(number)}"),
                    Peer(name="Webex", kind=PeerKind.WEBEX, reason=f"server name {number}.webex.com"),
                    Peer(name=f"traversal client {one % 3}", kind=PeerKind.PARTNER, zone=ZONE),
                )
            )
        other = "expe" if node.role is NodeRole.CORE else "expc"
        return self.chance.choice(
            (
                Peer(name=other, kind=PeerKind.PARTNER, node=other, zone=ZONE),
                Peer(name=_neighbour(near), kind=PeerKind.NEIGHBOR, zone=f"Neighbour {near}"),
                Peer(name="Webex", kind=PeerKind.WEBEX, reason="address", hint_only=True),
                Peer(name="cucm1.harbor.example", kind=PeerKind.CUCM),
            )
        )


def _public(number: int) -> str:
    return f"198.51.{number // 250 % 250}.{number % 250}"


def _connection(number: int, crowd: Crowd, nodes: tuple[Node, ...], leaves: Leaves) -> Connection:
    chance = crowd.chance
    node = chance.choice(nodes)
    short, usual = _END[node.role]
    role = usual if chance.random() < 0.7 else usual.other
    ours = leaves.chains[chance.choice((f"{short} {role}", f"{short} {role}", f"{short} {role.other}", "edge old"))]
    theirs = leaves.chains[chance.choice(("stranger", "expired", "core client", "edge server"))]
    started = START + timedelta(seconds=number * 2.7)
    handshake = _handshake(number, chance, node, role, started, {role: ours, role.other: theirs})
    nothing = PresentedCertificate(visibility=Visibility.NOT_CAPTURED)
    return Connection(
        id=f"c{number}",
        node=node.name,
        handshake=handshake,
        local_role=role,
        peer=crowd.peer(number, node),
        service=None,
        server_certificate=nothing,
        client_certificate=nothing,
        outcome=Outcome.UNKNOWN,
        refused_by=None,
        outcome_reason=None,
    )


def _handshake(
    number: int,
    chance: Random,
    node: Node,
    role: Side,
    started: datetime,
    chains: Mapping[Side, tuple[Certificate, ...]],
) -> Handshake:
    capture = CAPTURE.format(node.name)
    fate = chance.choice(
        ("completed", "refused", "refused", "closed", "resumed", "hidden", "empty", "one-way", "partial")
    )
    version = "TLSv1.3" if fate == "hidden" else "TLSv1.2"
    shown = {side: _message(fate, side, chains[side]) for side in Side}
    local = Endpoint(address=node.addresses[0], port=25_000 + number % 5000)
    remote = Endpoint(address=_public(number), port=5061)
    ends = {role: local, role.other: remote}
    sender = chance.choice(tuple(Side))
    code = chance.choice(_ALERTS)
    alerts: tuple[Alert, ...] = ()
    if fate in {"refused", "empty"}:
        alerts = (
            Alert(
                sender=sender,
                level="fatal",
                description=alert_name(code),
                code=code,
                capture=capture,
                frame=number * 9 + 5,
                time=started + timedelta(milliseconds=9),
            ),
        )
    return Handshake(
        captures=(capture,),
        client=ends[Side.CLIENT],
        server=ends[Side.SERVER],
        started=started,
        tls_version=version,
        server_name=None if number % 3 else "expe.harbor.example",
        resumed=fate == "resumed",
        seen_from_start=fate != "partial",
        certificate_requested=fate != "one-way",
        certificate_authorities=(),
        frames=tuple(_frames(capture, number, started, shown)),
        server_certificate=shown[Side.SERVER],
        client_certificate=shown[Side.CLIENT],
        alerts=alerts,
        completed={"completed": True, "resumed": True, "one-way": True, "hidden": None}.get(fate, False),
        closed_by=sender if fate in {"closed", "hidden"} else None,
        encrypted_records=_records(capture, number, started, fate),
        cipher_suite=0x1302,
    )


def _message(fate: str, side: Side, chain: tuple[Certificate, ...]) -> CertificateMessage:
    hidden = {"resumed": Visibility.RESUMED, "hidden": Visibility.ENCRYPTED, "partial": Visibility.NOT_CAPTURED}
    if side is Side.CLIENT:
        hidden |= {"empty": Visibility.NONE_SENT, "one-way": Visibility.NOT_REQUESTED}
    if fate in hidden:
        return CertificateMessage(visibility=hidden[fate])
    return CertificateMessage(visibility=Visibility.SEEN, chain=tuple(one.sha256 for one in chain))


def _frames(
    capture: str, number: int, started: datetime, shown: Mapping[Side, CertificateMessage]
) -> Iterator[Frame]:
    steps = [(Step.CLIENT_HELLO, Side.CLIENT), (Step.SERVER_HELLO, Side.SERVER)]
    if shown[Side.SERVER].visibility is Visibility.SEEN:
        steps.append((Step.SERVER_CERTIFICATE, Side.SERVER))
    if shown[Side.CLIENT].visibility in {Visibility.SEEN, Visibility.NONE_SENT}:
        steps.append((Step.CLIENT_CERTIFICATE, Side.CLIENT))
    for place, (step, sender) in enumerate(steps):
        time = started + timedelta(milliseconds=place)
        yield Frame(step=step, capture=capture, frame=number * 9 + place, time=time, sender=sender)


def _records(capture: str, number: int, started: datetime, fate: str) -> tuple[TlsRecord, ...]:
    if fate != "hidden":
        return ()
    server, client = (23, 156, 1500, 281, 69), ((25, 69), (1309, 96, 69), (69,))[number % 3]
    lengths = [*((Side.SERVER, one) for one in server), *((Side.CLIENT, one) for one in client), (Side.SERVER, 19)]
    return tuple(
        TlsRecord(sender=side, length=length, capture=capture, frame=number * 9 + 6, time=started)
        for side, length in lengths
    )


_WORDS = (
    ("unsupported-purpose", None, "unsupported certificate purpose"),
    ("issuer-missing", None, "unable to get local issuer certificate"),
    ("identity-unacceptable", None, "Peer's TLS certificate identity was unacceptable"),
    ("expired", None, "certificate has expired"),
    ("no-certificate", None, "peer did not return a certificate"),
    ("remote-disconnect", None, "No SSL error available, probably remote disconnect"),
    ("handshake-failure", None, "no shared cipher"),
    ("peer-alert", 43, "sslv3 alert unsupported certificate"),
    ("peer-alert", 48, "tlsv1 alert unknown ca"),
    ("peer-alert", 46, "sslv3 alert certificate unknown"),
)


def _event(number: int, crowd: Crowd, nodes: tuple[Node, ...], drafts: list[Connection]) -> Event:
    what = crowd.chance.random()
    if what < 0.4 and drafts:
        return _joined(number, crowd, crowd.chance.choice(drafts))
    node = crowd.chance.choice(nodes)
    failure = number - number % 3  # told in three lines
    ours = Endpoint(address=node.addresses[0], port=5061)
    theirs = Endpoint(address=_public(failure), port=failure % 60_000)
    line = LogEvent(
        time=START + timedelta(seconds=number * 0.27),
        name="Certificate Management",
        detail="Server certificate uploaded",
        file=LOG.format(node.name),
        line=number,
    )
    peer = None
    if what < 0.8:
        peer = crowd.peer(number, node)
        line = _failure(replace(line, source=theirs, destination=ours), crowd, crowd.chance.choice(tuple(Side)))
    elif what < 0.9:
        target = Endpoint(address=_neighbour(number % crowd.peers), port=5061)
        detail = "TCP Connection Failed"
        line = replace(
            line, name="network.tcp", detail=detail, source=ours, destination=target, fields={"Level": "ERROR"}
        )
    elif what < 0.95:
        detail = f"ssh: connect to host expe{number} port 2222: Permission denied"
        line = replace(line, name="ssh", detail=detail, fields={"Level": "ERROR"})
    return Event(id=f"e{number}", node=node.name, record=line, peer=peer, connection=None)


def _joined(number: int, crowd: Crowd, draft: Connection) -> Event:
    ends = draft.handshake.client, draft.handshake.server
    line = LogEvent(
        time=draft.handshake.started,
        name="",
        detail="",
        file=LOG.format(draft.node),
        line=number,
        source=ends[0],
        destination=ends[1],
    )
    record = _failure(line, crowd, draft.local_role or Side.SERVER)
    return Event(id=f"e{number}", node=draft.node, record=record, peer=draft.peer, connection=draft.id)


def _failure(line: LogEvent, crowd: Crowd, role: Side) -> LogEvent:
    if line.line % 3 == 1:
        words = "certificate verify failed"
        return replace(line, name="developer.ssl", detail=words, error="verify-failed", local_role=role)
    if line.line % 3 == 2:
        return replace(line, name="network.tcp", detail="Got EOF on socket", error="remote-disconnect")
    error, alert, words = crowd.chance.choice(_WORDS)
    name = f"{'Inbound' if role is Side.SERVER else 'Outbound'} TLS Negotiation Error"
    return replace(line, name=name, detail=words, error=error, alert=alert, local_role=role)


def _finished(draft: Connection, events: list[Event], nodes: tuple[Node, ...], leaves: Leaves) -> Connection:
    node = next(node for node in nodes if node.name == draft.node)
    others = [other for other in nodes if other is not node]
    shown = {
        side: present_local(draft.handshake.message(side), leaves.all, node, side)
        if side is draft.local_role
        else present_unknown(draft.handshake.message(side), leaves.all, others)
        for side in Side
    }
    outcome, refused_by, reason = outcome_of(draft.handshake, draft.local_role, [event.record for event in events])
    return replace(
        draft,
        events=tuple(event.id for event in events),
        server_certificate=shown[Side.SERVER],
        client_certificate=shown[Side.CLIENT],
        outcome=outcome,
        refused_by=refused_by,
        outcome_reason=reason,
    )


def calmed(case: Case) -> Case:
    """Return a case in which nine of ten failures did not happen: connections completed, lines tell other things."""
    well = {"error": None, "alert": None, "name": "network.tcp", "detail": "TCP Connection Closed"}
    return replace(
        case,
        connections=tuple(
            replace(
                one,
                outcome=Outcome.COMPLETED,
                refused_by=None,
                handshake=replace(one.handshake, alerts=(), completed=True),
            )
            if number % 10 and one.outcome is not Outcome.COMPLETED
            else one
            for number, one in enumerate(case.connections)
        ),
        events=tuple(
            replace(event, record=replace(event.record, **well)) if number % 10 and event.record.error else event
            for number, event in enumerate(case.events)
        ),
    )


def stormed(case: Case) -> Case:
    """Return a case of one trunk that tries again and again: Webex refuses each handshake, always for the purpose."""
    webex = Peer(name="Webex", kind=PeerKind.WEBEX, reason="server name sip.webex.com")
    refusal = {"alert": 43, "error": "peer-alert", "detail": "sslv3 alert unsupported certificate"}
    return replace(
        case,
        connections=tuple(replace(_refused_for_purpose(one), peer=webex) for one in case.connections),
        events=tuple(
            replace(event, peer=webex, record=replace(event.record, **refusal)) if event.record.error else event
            for event in case.events
        ),
    )


def _refused_for_purpose(connection: Connection) -> Connection:
    handshake, role = connection.handshake, connection.local_role or Side.SERVER
    frame = handshake.frames[-1]
    alert = Alert(
        sender=role.other,
        level="fatal",
        description=alert_name(43),
        code=43,
        capture=frame.capture,
        frame=frame.frame + 1,
        time=frame.time + timedelta(milliseconds=9),
    )
    ended = replace(handshake, alerts=(alert,), completed=False)
    return replace(connection, handshake=ended, outcome=Outcome.REFUSED, refused_by=role.other)

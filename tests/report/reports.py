"""Reports to render: the seed's test case 1 told in full, an empty one, and one with hostile text in every field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import fields, replace

from analyzer.evidence import (
    Alarm,
    Alert,
    Case,
    Certificate,
    CertificateMessage,
    CertificateOrigin,
    ClockOffset,
    Connection,
    Endpoint,
    Event,
    Frame,
    Handshake,
    Input,
    LogEvent,
    Member,
    MemberKind,
    Node,
    NodeRole,
    Origin,
    Outcome,
    Peer,
    PeerKind,
    PresentedCertificate,
    Problem,
    ReadState,
    ReferenceTime,
    Setting,
    SettingChange,
    Side,
    Step,
    Store,
    Stores,
    Tunnel,
    Visibility,
    Zone,
    ZonePeer,
)
from analyzer.findings import (
    Basis,
    Citation,
    Confidence,
    Evidence,
    EvidenceKind,
    Finding,
    Forecast,
    ForecastKind,
    ForecastRule,
    Grounds,
    Outlook,
    OutlookCell,
    OutlookRow,
    Presented,
    Prospect,
    Remedy,
    RemedyKind,
    Report,
    Service,
    Severity,
    Sighted,
    Verdict,
)
from analyzer.words import say

EXPIRED = datetime(2026, 3, 28, tzinfo=UTC)
START = datetime(2026, 3, 29, 6, 54, 39, 839000, UTC)
BUNDLE = "diagnostic_log_core1_2026-03-29_06:58:02.tar.gz"
CAPTURE = f"{BUNDLE}/eth0_diagnostic_logging_tcpdump00_core1_2026-03-29_06:58:02.pcap"
LOG = f"{BUNDLE}/loggingsnapshot_core1_2026-03-29_06:58:02.txt"

CORE_CLIENT, CORE_SERVER, EDGE_SERVER, ROOT = ("c1" * 32, "c2" * 32, "e1" * 32, "aa" * 32)


def certificate(sha256: str, name: str, serial: str, usage: tuple[str, ...] | None, **changes: Any) -> Certificate:
    record = Certificate(
        sha256=sha256,
        der=b"",
        serial=serial,
        subject=f"CN={name},OU=Collaboration,O=Example GmbH,C=DE",
        issuer="CN=Example Issuing CA 1,DC=example,DC=com",
        common_name=name,
        subject_alternative_names=(f"DNS:{name}", "DNS:cluster.example.com"),
        not_before=datetime(2026, 1, 12, tzinfo=UTC),
        not_after=datetime(2027, 1, 12, tzinfo=UTC),
        extended_key_usage=usage,
        key_type="RSA",
        key_bits=2048,
        signature_algorithm="sha256WithRSAEncryption",
    )
    return replace(record, **changes)


def handshake(number: int, **changes: Any) -> Handshake:
    at = START + timedelta(seconds=20 * number)
    first = 1 + 20 * number

    def frame(step: Step, offset: int, sender: Side) -> Frame:
        return Frame(
            step=step, capture=CAPTURE, frame=first + offset, time=at + timedelta(milliseconds=offset), sender=sender
        )

    record = Handshake(
        captures=(CAPTURE,),
        client=Endpoint(address="10.106.1.10", port=25000 + number),
        server=Endpoint(address="192.0.2.20", port=7001),
        started=at,
        tls_version="TLSv1.2",
        server_name="edge1.example.com",
        resumed=False,
        seen_from_start=True,
        certificate_requested=True,
        certificate_authorities=("CN=Example Root CA,DC=example,DC=com",),
        frames=(
            frame(Step.CLIENT_HELLO, 3, Side.CLIENT),
            frame(Step.SERVER_HELLO, 5, Side.SERVER),
            frame(Step.SERVER_CERTIFICATE, 6, Side.SERVER),
            frame(Step.CERTIFICATE_REQUEST, 6, Side.SERVER),
            frame(Step.CLIENT_CERTIFICATE, 8, Side.CLIENT),
            frame(Step.ALERT, 11, Side.SERVER),
            frame(Step.CLOSED, 12, Side.SERVER),
        ),
        server_certificate=CertificateMessage(visibility=Visibility.SEEN, chain=(EDGE_SERVER, ROOT)),
        client_certificate=CertificateMessage(visibility=Visibility.SEEN, chain=(CORE_CLIENT,)),
        alerts=(
            Alert(
                sender=Side.SERVER,
                level="fatal",
                description="unsupported_certificate",
                code=43,
                capture=CAPTURE,
                frame=first + 11,
                time=at + timedelta(milliseconds=11),
            ),
        ),
        completed=False,
        closed_by=Side.SERVER,
        cipher_suite=0xC030,
    )
    return replace(record, **changes)


def connection(number: int, **changes: Any) -> Connection:
    record = Connection(
        id=f"c{number}",
        node="core1",
        handshake=handshake(number),
        local_role=Side.CLIENT,
        peer=Peer(
            name="edge1", kind=PeerKind.PARTNER, reason='zone "UC traversal"', node="edge1", zone="UC traversal"
        ),
        service="Unified Communications traversal",
        server_certificate=PresentedCertificate(
            visibility=Visibility.SEEN,
            chain=(EDGE_SERVER, ROOT),
            serial="46df76aa000000000029",
            store=Store.SERVER,
            store_node="edge1",
        ),
        client_certificate=PresentedCertificate(
            visibility=Visibility.SEEN,
            chain=(CORE_CLIENT,),
            serial="a10000004c869c77c8981becde00000000004c",
            store=Store.CLIENT,
        ),
        outcome=Outcome.REFUSED,
        refused_by=Side.SERVER,
        outcome_reason="unsupported certificate (alert 43)",
        events=("e1",),
    )
    return replace(record, **changes)


def completed(number: int, **changes: Any) -> Connection:
    clean = handshake(
        number,
        tls_version="TLSv1.3",
        alerts=(),
        completed=True,
        closed_by=None,
        certificate_requested=None,
        server=Endpoint(address="2001:db8::44", port=443),
        frames=handshake(number).frames[:2],
    )
    hidden = PresentedCertificate(visibility=Visibility.ENCRYPTED)
    record = connection(
        number,
        handshake=clean,
        peer=Peer(name="cucm1.example.com", kind=PeerKind.CUCM, reason="port 8443", hint_only=True),
        service="HTTPS",
        server_certificate=hidden,
        client_certificate=hidden,
        outcome=Outcome.COMPLETED,
        refused_by=None,
        outcome_reason=None,
        events=(),
    )
    return replace(record, **changes)


def member(name: str, kind: MemberKind, node: str = "core1", **changes: Any) -> Member:
    record = Member(
        name=name,
        reference=f"{BUNDLE}/{name}",
        kind=kind,
        node=node,
        size=184_320,
        sha256="9f" * 32,
        read=ReadState.WHOLE,
    )
    return replace(record, **changes)


MEMBERS = (
    member("server_core1_2026-03-29_06:58:02.pem", MemberKind.SERVER_PEM),
    member("client_core1_2026-03-29_06:58:02.pem", MemberKind.CLIENT_PEM),
    member("ca_core1_2026-03-29_06:58:02.pem", MemberKind.CA_PEM),
    member("xconf_dump_core1_2026-03-29_06:58:02.txt", MemberKind.XCONF_TEXT),
    member(CAPTURE.split("/")[1], MemberKind.CAPTURE, read=ReadState.PART, reason="it ends within frame 4211"),
    member("phonebook.db", MemberKind.OTHER, read=ReadState.NOT, reason="not a kind that is used", sha256=None),
)

CORE = Node(
    name="core1",
    host="core1",
    role=NodeRole.CORE,
    version="X15.5.1",
    serial_number="52A1B2C3",
    addresses=("10.106.1.10",),
    host_names=("core1.example.com",),
    time_zone="Asia/Kolkata",
    uptime=1_300_000,
    clock_offset=ClockOffset(seconds=-0.412, joins=14, spread=0.02),
    stores=Stores(server=(CORE_SERVER, ROOT), client=(CORE_CLIENT,), trusted=(ROOT,)),
    settings={
        "SIP TLS Certificate ExtendedKeyUsage Checking Mode": Setting(value="On", assumed=True),
        "SIP TLS Certificate Revocation Checking Mode": Setting(
            value="Off",
            source=f"{BUNDLE}/xconf_dump_core1.txt: SIP TLS Certificate Revocation Checking Mode",
            changes=(SettingChange(time=START, value="On", file=LOG, line=812),),
        ),
    },
    zones=(
        Zone(
            name="UC traversal",
            index=2,
            type="TraversalClient",
            unified_communications=True,
            status="Failed",
            port=7001,
            transport="TLS",
            peers=(ZonePeer(address="edge1.example.com", status="Failed", cause="TLS negotiation failure"),),
            tls_verify_mode="On",
            tls_verify_subject="edge1.example.com",
        ),
        Zone(name="CUCM neighbor", index=3, type="Neighbor", status="Active", port=5061, transport="TLS"),
    ),
    tunnels=(
        Tunnel(target="edge1.example.com", domain="example.com", status="Failed", reason="Permission denied"),
        Tunnel(target="edge1.example.com", domain="example.org", status="Failed", reason="Permission denied"),
    ),
    alarms=(Alarm(id="20021", severity="warning", title="Traversal zone is not active", raised="2026-03-29 06:40"),),
    members=MEMBERS,
    reference_time=ReferenceTime(time=START + timedelta(minutes=4), origin="evidence"),
    taken=START - timedelta(minutes=3),
    partners=("edge1",),
)

EDGE = Node(
    name="edge1",
    host="edge1",
    role=NodeRole.EDGE,
    version="X15.5.1",
    stores=Stores(server=(EDGE_SERVER, ROOT), client=(EDGE_SERVER, ROOT)),
    settings={"SIP TLS Certificate ExtendedKeyUsage Checking Mode": Setting(value="On", source="xconf")},
    zones=(Zone(name="UC traversal", type="TraversalServer", unified_communications=True, status="Failed"),),
    reference_time=ReferenceTime(time=START + timedelta(minutes=4), origin="evidence"),
)

GUIDE = Citation(title="Expressway Certificate Guide X15.5", url="https://www.cisco.com/guide", date="2026-02-11")

FINDINGS = (
    Finding(
        id="core-client-not-client-capable",
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        node="core1",
        subject="core1.example.com",
        title=say("Core's client certificate lacks clientAuth"),
        explanation=say(
            "Since X15.5 Core presents its client store to the Edge. The certificate in it allows serverAuth "
            "only, so an Edge that checks the extended key usage refuses it, and Mobile and Remote Access is down."
        ),
        remedy=(
            Remedy(
                text=say("Until then, let the Edge accept it. This affects every inbound peer, and MRA stays down."),
                kind=RemedyKind.STOP_GAP,
                command="xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off",
            ),
            Remedy(
                text=say(
                    "Have a CA that the Edge trusts issue a client certificate for Core with serverAuth and "
                    "clientAuth, and upload it to the client store. No restart; the zone reconnects by itself."
                ),
                kind=RemedyKind.DURABLE,
                command="Maintenance > Security > Client certificate",
            ),
        ),
        evidence=(
            Evidence(
                kind=EvidenceKind.FRAME,
                file=CAPTURE,
                locator=29,
                text="Certificate: serverAuth, 1 in the chain",
            ),
            Evidence(kind=EvidenceKind.FRAME, file=CAPTURE, locator=32, text="Alert: fatal, unsupported certificate"),
            Evidence(kind=EvidenceKind.CERTIFICATE, file=None, locator=CORE_CLIENT, text="EKU serverAuth"),
            Evidence(
                kind=EvidenceKind.LINE,
                file=LOG,
                locator=4711,
                text='Event="Outbound TLS Negotiation Error"',
            ),
        ),
        rests_on=frozenset({"c120", "e1"}),
        count=120,
        first=START,
        last=START + timedelta(minutes=40),
        sources=(GUIDE, Citation(title="Field notice FN74362", url=None, date="2026-01-20")),
    ),
    Finding(
        id="uc-zone-failed",
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        node="core1",
        subject="UC traversal",
        title=say("The Unified Communications traversal zone is down"),
        explanation=say("When logging started, the zone was Failed with the cause TLS negotiation failure."),
        caused_by="core-client-not-client-capable",
        evidence=(Evidence(kind=EvidenceKind.STATUS, file=BUNDLE, locator="Zones Zone 2 Status", text="Failed"),),
    ),
    Finding(
        id="ssh-tunnels-down",
        severity=Severity.WARNING,
        confidence=Confidence.STRONG,
        node="core1",
        subject="edge1.example.com",
        title=say("Both SSH tunnels are down"),
        explanation=say("They authenticate with the same client certificate: Permission denied."),
        caused_by="uc-zone-failed",
    ),
    Finding(
        id="cert-expires-soon",
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        node="edge1",
        subject="edge1.example.com",
        title=say("Edge's server certificate expires in 29 days"),
        explanation=say("Renew it before then."),
        remedy=(Remedy(text=say("Renew the certificate."), kind=RemedyKind.DURABLE),),
    ),
    Finding(
        id="presented-expected-store",
        severity=Severity.OK,
        confidence=Confidence.PROVEN,
        node="core1",
        subject="edge1",
        title=say("Core presented the client store as a client"),
        explanation=say("That is what the store rule of X15.5 says."),
    ),
    *(
        Finding(
            id=id_,
            severity=Severity.INFO,
            confidence=Confidence.NOT_DETERMINABLE,
            node="edge1",
            subject="edge1",
            title=say(title),
            explanation=say("There is no capture of the Edge."),
            missing=say("A capture of the Edge"),
            remedy=(Remedy(text=say('Collect with "Take tcpdump while logging" ticked.'), kind=RemedyKind.COLLECT),),
        )
        for id_, title in (
            ("webex-client-presented", "Which certificate Webex saw"),
            ("chain-incomplete-sent", "Whether the chain was sent in full"),
        )
    ),
)


def verdict(**changes: Any) -> Verdict:
    record = Verdict(
        node="core1",
        peer="edge1",
        local_role=Side.CLIENT,
        connections=tuple(f"c{number}" for number in range(1, 121)),
        events=("e1",),
        presented=Presented(
            visibility=Visibility.SEEN,
            certificate=CORE_CLIENT,
            serial="a10000004c869c77c8981becde00000000004c",
            store=Store.CLIENT,
        ),
        outcome=Outcome.REFUSED,
        refused_by=Side.SERVER,
        confidence=Confidence.PROVEN,
        sentence=say(
            "core1 as TLS client presented the client store's certificate, core1.example.com, serial "
            "a10000004c869c77c8981becde00000000004c, to edge1 at 2026-03-29T07:34:39.839000Z (frame 2409 of "
            "{capture}), 120 times; edge1 refused it: unsupported certificate (alert 43).",
            capture=CAPTURE,
        ),
    )
    record = replace(record, **changes)
    if record.grounds != Grounds():
        return record
    is_refused = record.outcome is Outcome.REFUSED
    return replace(record, grounds=grounds(record, refused=Side.CLIENT if is_refused else None))


def grounds(shown: Verdict, **changes: Any) -> Grounds:
    """Return what the rules decide that a verdict is shown by."""
    newest = next(reversed(shown.connections), None)
    record = Grounds(
        connection=newest,
        frame=handshake(int(newest[1:])).certificate_frame(changes.get("refused") or Side.CLIENT) if newest else None,
        event=next(iter(shown.events), None),
        about=frozenset({shown.peer}),
        nodes=frozenset({shown.node}),
    )
    return replace(record, **changes)


OPEN_WEBEX = verdict(
    node="edge1",
    peer="Webex",
    local_role=None,
    connections=(),
    events=(),
    presented=Presented(visibility=None),
    outcome=Outcome.UNKNOWN,
    refused_by=None,
    confidence=Confidence.NOT_DETERMINABLE,
    sentence="Which certificate edge1 presents to Webex is not determinable: nothing shows a connection with Webex.",
    collect='Place a call to Webex while logging runs with "Take tcpdump while logging" ticked.',
)


def rich_report() -> Report:
    """Test case 1 of the seed: the Edge refuses a Core whose client store holds a serverAuth-only certificate."""
    certificates = (
        certificate(CORE_CLIENT, "core1.example.com", "a10000004c869c77c8981becde00000000004c", ("serverAuth",)),
        certificate(CORE_SERVER, "core1.example.com", "3b", ("serverAuth", "clientAuth")),
        certificate(
            EDGE_SERVER,
            "edge1.example.com",
            "46df76aa000000000029",
            ("serverAuth",),
            not_after=START - timedelta(days=1),
        ),
        certificate(ROOT, "Example Root CA", "1", None, unreadable=("extended_key_usage",)),
    )
    private = Origin(origin=CertificateOrigin.PRIVATE, reason="the issuer's name has DC components")
    record = LogEvent(
        time=START,
        name="Outbound TLS Negotiation Error",
        detail="sslv3 alert unsupported certificate",
        file=LOG,
        line=4711,
        error="unsupported-certificate",
        alert=43,
        local_role=Side.CLIENT,
    )
    case = Case(
        inputs=(Input(name=BUNDLE, sha256="1f" * 32, members=MEMBERS),),
        nodes=(EDGE, CORE),
        certificates={record.sha256: record for record in certificates},
        origins=dict.fromkeys((CORE_CLIENT, CORE_SERVER, EDGE_SERVER, ROOT), private),
        connections=(*(connection(n) for n in range(1, 121)), *(completed(n) for n in range(121, 124))),
        events=(Event(id="e1", node="core1", record=record, connection="c1"),),
        problems=(
            Problem(
                file=CAPTURE,
                what="packets from 4,211 on",
                why="the file ends inside a packet",
                leaves_open="whether later handshakes succeeded",
            ),
        ),
        reference_time=ReferenceTime(time=START + timedelta(minutes=4), origin="evidence"),
    )
    return Report(
        tool_version="0.1.0",
        facts_as_of="2026-11-01",
        case=case,
        verdicts=(OPEN_WEBEX, verdict()),
        findings=FINDINGS,
        rule_titles={finding.id: finding.title for finding in FINDINGS},
        outlook=OUTLOOK,
        services=SERVICES,
        forecast=(
            forecast(),
            forecast(
                node=None, store=Store.SERVER, certificate="ff" * 32, roles=(), stops_on=None, stops_by=None, rules=()
            ),
        ),
    )


def forecast(**changes: Any) -> Forecast:
    record = Forecast(
        node="core1",
        store=Store.CLIENT,
        certificate=CORE_CLIENT,
        roles=(Side.CLIENT,),
        stops_on=date(2027, 1, 12),
        stops_by=ForecastKind.EXPIRY,
        rules=(
            ForecastRule(kind=ForecastKind.EXPIRY, day=date(2027, 1, 12), text=say("The certificate itself ends.")),
            ForecastRule(
                kind=ForecastKind.USAGE,
                day=date(2027, 3, 15),
                text=say("What its CA issues from then on carries no clientAuth."),
                sources=(
                    Citation(title="Chrome Root Program Policy", url="https://example.com/", date="2026-02-05"),
                ),
            ),
        ),
        order=say("From a private CA, before 2027-01-12."),
    )
    return replace(record, **changes)


SEED = Citation(title="Navigate Client EKU Sunset", url="https://www.cisco.com/225693", date="2026-04-15")


def foretold(prospect: Prospect, basis: Basis, reason: str, **changes: Any) -> OutlookCell:
    return replace(OutlookCell(prospect=prospect, basis=basis, reason=say(reason), sources=(SEED,)), **changes)


REFUSED = foretold(Prospect.FAILS, Basis.STATED, "The Edge checks.", row="1")
OUTLOOK = Outlook(
    columns=("Now", "With the check On", "With the check Off"),
    rows=(
        OutlookRow(
            node="core1",
            local_role=Side.CLIENT,
            service="UC traversal zone",
            peer="edge1",
            cells=(REFUSED, REFUSED, foretold(Prospect.WORKS, Basis.STATED, "The Edge does not check.", row="2")),
        ),
        OutlookRow(
            node="edge1",
            local_role=Side.CLIENT,
            service="outbound mTLS",
            peer="Webex",
            cells=(
                foretold(Prospect.NEEDS_FAR_END, Basis.INFERRED, "Webex decides."),
                foretold(Prospect.UNKNOWN, Basis.INFERRED, "Nobody says.", sources=()),
                foretold(Prospect.WORKS, Basis.SEEN, "It must be trusted.", condition="if trusted"),
            ),
        ),
    ),
    notes=(say("EKU view only: chains trusted, names right."), say("Stated: a source says it.")),
)


PAIR = frozenset({"core1", "edge1"})
SERVICES = (
    Service(
        service=say("UC traversal zone"),
        peer="edge1",
        nodes=PAIR,
        between=True,
        seen=Sighted(works=False, reason=say("The last handshake was refused."), connection="c120"),
        rule=REFUSED,
        why=say("no clientAuth"),
        finding=FINDINGS[0],
    ),
    Service(service=say("MRA and WebRTC"), peer="edge1", nodes=PAIR, between=True, seen=None, rule=REFUSED),
    Service(
        service=say("outbound mTLS"),
        peer="Webex",
        nodes=frozenset({"edge1"}),
        between=False,
        seen=Sighted(
            works=True,
            reason=say("The last handshake completed."),
            state=say("worked, with the {store}'s certificate", store=say("server store")),
            is_rule=False,
        ),
        rule=foretold(Prospect.WORKS, Basis.INFERRED, "It must be trusted.", condition=say("if trusted")),
    ),
)


def empty_report() -> Report:
    """A capture without any TLS."""
    capture = member("lone.pcap", MemberKind.CAPTURE)
    case = Case(
        inputs=(Input(name="lone.pcap", sha256=None, members=(capture,)),),
        nodes=(),
        certificates={},
        origins={},
        connections=(),
        events=(),
        problems=(),
        reference_time=ReferenceTime(time=None, origin="none"),
    )
    return Report(tool_version="0.1.0", facts_as_of="2026-11-01", case=case, verdicts=(), findings=(), rule_titles={})


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}[/red]\x1b]0;x\x07\x9b31m\u202e\u2066\ud800|*_"
)
_KEPT = {
    "id",
    "sha256",
    "public_key_sha256",
    "serial",
    "chain",
    "connections",
    "events",
    "connection",
    "event",
    "rests_on",
    "about",
    "leaf",
    "certificate",
    "caused_by",
    "locator",
}
T = TypeVar("T")


def hostile_report() -> Report:
    """The rich report with hostile text in every string that is no key to another record."""
    return rewritten(rich_report(), lambda text: HOSTILE + text)


def rewritten(record: T, change: Callable[[str], str]) -> T:
    """Return a record in which every string is changed, but for keys, serials and enums."""
    return cast(T, _rewritten(record, change))


def _rewritten(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_rewritten(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _rewritten(item, change) for key, item in value.items()}
    if isinstance(value, Struct):
        changed = {
            field.name: _rewritten(getattr(value, field.name), change)
            for field in fields(value)
            if field.name not in _KEPT
        }
        kept_chain = {"stores": value.stores} if isinstance(value, Node) else {}
        if isinstance(value, Case):
            changed["events"] = _rewritten(value.events, change)
            changed["connections"] = _rewritten(value.connections, change)
        return replace(value, **(changed | kept_chain))
    return value

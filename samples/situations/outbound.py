"""The Edge as TLS client: to Webex and to business partners."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.evidence import Outcome, Side, Store, Visibility
from samples.builders.bundle import Bundle
from samples.builders.certificates import SERVER_ONLY, Identity
from samples.builders.frames import CapturedFrame, merged, pcap, rotated
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import OFFLOADED
from samples.builders.topology import CORE, EDGE, Authorities, authorities, core, edge, webex
from samples.builders.transcript import Transcript
from samples.situation import UNSAID, UNSAID_BY_EDGE, ExpectedVerdict, Situation, no_sign_of_webex
from samples.situations.timing import COLLECTED, after

PARTNER = "sip.lantern.example"


def webex_client(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE))
    client = core(known, client=known.private(CORE), server=known.server_only(CORE))
    cloud = webex(known)
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25011, time=after(20))
    stage.media(server, cloud, time=after(864), count=150)
    stage.connect(
        server,
        cloud,
        port=5061,
        client_port=25002,
        time=after(866.1),
        server_name="sip.webex.com",
        segment_size={Side.CLIENT: OFFLOADED, Side.SERVER: 1448},
    )
    return (stage.bundle(server),)


def wrong_store(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    server_store = known.server_only(EDGE)
    server = edge(known, client=known.private(EDGE), server=server_store)
    return _webex_call(server, webex(known), client_presents=server_store)


def resumed(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    client, cloud = edge(known, client=known.private(EDGE), server=known.server_only(EDGE)), webex(known)
    before_the_capture = _full_handshake(client, cloud)
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(
            client,
            cloud,
            port=5061,
            client_port=25002 + number,
            time=after(300 + 90 * number),
            server_name="sip.webex.com",
            resume=before_the_capture,
        )
    return (stage.bundle(client),)


def rotated_captures(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    client, cloud = edge(known, client=known.private(EDGE), server=known.server_only(EDGE)), webex(known)
    stage = Stage(collected=COLLECTED)
    stage.media(cloud, client, time=after(600), count=375)
    stage.connect(client, cloud, port=5061, client_port=25002, time=after(606.211), server_name="sip.webex.com")
    return (stage.bundle(client, captures=_wrapped(merged(stage.frames[client.name]))),)


def all_private(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    server = edge(known, client=known.private(EDGE), server=known.private(EDGE))
    client = core(known, client=known.private(CORE), server=known.private(CORE))
    cloud = webex(known, trusts=(*known.public.path, *known.webex.path))
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(client, server, port=7001, client_port=25011 + number, time=after(20.02 * (number + 1)))
    for number in range(3):
        stage.connect(
            server,
            cloud,
            port=5061,
            client_port=25002 + number,
            time=after(400 + 60 * number),
            server_name="sip.webex.com",
            alert=46,
        )
    return stage.bundle(client), stage.bundle(server)


def server_only_copy(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    copied = known.server_only(EDGE)
    server = edge(known, client=copied, server=copied)
    client = core(known, client=known.private(CORE), server=known.private(CORE))
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25011, time=after(20))
    for number in range(3):
        stage.connect(
            server,
            _partner(known),
            port=5061,
            client_port=25002 + number,
            time=after(400 + 75 * number),
            server_name=PARTNER,
        )
    return stage.bundle(client), stage.bundle(server)


def _webex_call(client: Host, cloud: Host, *, client_presents: Identity | None = None) -> tuple[Bundle, ...]:
    stage = Stage(collected=COLLECTED)
    stage.connect(
        client,
        cloud,
        port=5061,
        client_port=25002,
        time=after(866.1),
        server_name="sip.webex.com",
        client_presents=client_presents,
    )
    return (stage.bundle(client),)


def _full_handshake(client: Host, cloud: Host) -> Transcript:
    """Shake hands before the capture begins, so that only the session is left of it."""
    return handshake(
        Party(identity=client.client, trusts=client.trusts, verification=Verification.STRICT),
        Party(identity=cloud.server),
        time=after(-60),
        server_name="sip.webex.com",
    )


def _wrapped(captured: tuple[CapturedFrame, ...]) -> Mapping[tuple[str, int], bytes]:
    """Rotate over three files of 24,000 octets: the newest overwrites number 00, the handshake straddles two."""
    parts = rotated(captured, file_size=24_000, files=3)
    return {("eth0", number): pcap(part) for number, part in parts.items()}


def _partner(known: Authorities) -> Host:
    """Return a business partner that checks the client's extended key usage."""
    identity = known.public.issue(PARTNER, usages=SERVER_ONLY, key=known.key)
    return Host(name=PARTNER, address="203.0.113.70", server=identity, trusts=known.public.path)


def _webex_verdict(
    *, visibility: Visibility = Visibility.SEEN, store: Store | None, refused_by: Side | None = None
) -> ExpectedVerdict:
    return ExpectedVerdict(
        node="expe",
        peer="Webex",
        local_role=Side.CLIENT,
        visibility=visibility,
        store=store,
        outcome=Outcome.REFUSED if refused_by else Outcome.COMPLETED,
        refused_by=refused_by,
    )


def _as_server_to(peer: str, *, store: Store) -> ExpectedVerdict:
    return ExpectedVerdict(
        node="expe",
        peer=peer,
        local_role=Side.SERVER,
        visibility=Visibility.SEEN,
        store=store,
        outcome=Outcome.COMPLETED,
    )


def _core_client(store: Store) -> ExpectedVerdict:
    return ExpectedVerdict(
        node="expc",
        peer="expe",
        local_role=Side.CLIENT,
        visibility=Visibility.SEEN,
        store=store,
        outcome=Outcome.COMPLETED,
    )


SITUATIONS = (
    Situation(
        name="webex-client-certificate",
        title="Scenario 1: which certificate did we present to Webex",
        made="Edge alone, separate stores; Webex asks for a certificate and takes it; media and the zone around it.",
        shows="ClientHello, ServerHello, Webex's Certificate, CertificateRequest, our Certificate, Finished.",
        verdict="The client store's certificate, to Webex, accepted.",
        build=webex_client,
        verdicts=(
            _webex_verdict(store=Store.CLIENT),
            _as_server_to("traversal client of zone UC traversal", store=Store.SERVER),
        ),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "far-end-must-trust-private-ca",
                "partner-bundle-missing",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
                "webex-client-presented",
            }
        ),
        missing=UNSAID_BY_EDGE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset(
            {"presented-wrong-store", "edge-client-is-server-only-copy", "core-client-not-client-capable"}
        ),
    ),
    Situation(
        name="wrong-store-presented",
        title="A client presents the server store's certificate",
        made="As scenario 1, but the Edge's client presents what its server store holds.",
        shows="Our Certificate equals server_….pem and differs from client_….pem.",
        verdict="The server store's certificate, to Webex, although the Edge was client; accepted.",
        build=wrong_store,
        verdicts=(_webex_verdict(store=Store.SERVER),),
        critical=frozenset({"presented-wrong-store"}),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "far-end-must-trust-private-ca",
                "partner-bundle-missing",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
                "webex-client-presented",
            }
        ),
        missing=UNSAID_BY_EDGE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset({"presented-expected-store", "presented-stale-certificate"}),
    ),
    Situation(
        name="resumed-session",
        title="Webex resumes a session: no certificate on the wire",
        made="A full handshake before the capture; in it only two resumptions by ticket.",
        shows="ServerHello is followed by ChangeCipherSpec; neither side sends a Certificate.",
        verdict="Not visible, because the session was resumed. Completed.",
        build=resumed,
        verdicts=(_webex_verdict(visibility=Visibility.RESUMED, store=None),),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "far-end-must-trust-private-ca",
                "partner-bundle-missing",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "tls12-resumed-session",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID_BY_EDGE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset({"presented-expected-store", "client-certificate-empty", "one-way-tls"}),
    ),
    Situation(
        name="rotated-captures-wrapped",
        title="Rotated captures whose numbers have wrapped",
        made="Three files of one interface; 00 was overwritten and is the newest; the oldest packets are lost.",
        shows="The handshake with Webex begins in 02 and ends in 00.",
        verdict="The client store's certificate, to Webex, accepted; as if the capture were one file.",
        build=rotated_captures,
        verdicts=(_webex_verdict(store=Store.CLIENT),),
        warning=frozenset({"bundle-pcap-gap"}),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "far-end-must-trust-private-ca",
                "partner-bundle-missing",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
                "webex-client-presented",
            }
        ),
        missing=UNSAID_BY_EDGE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset({"capture-starts-mid-handshake"}),
    ),
    Situation(
        name="condition-3-all-private",
        title="Condition 3: everything from a private CA",
        made="All four certificates private; Webex trusts public authorities only and says so with alert 46.",
        shows="The zone works; Webex refuses the Edge's client certificate three times.",
        verdict="The client store's certificate, to Webex, refused: the far end must trust the private CA.",
        build=all_private,
        verdicts=(
            _webex_verdict(store=Store.CLIENT, refused_by=Side.SERVER),
            _core_client(Store.CLIENT),
            _as_server_to("expc", store=Store.SERVER),
        ),
        critical=frozenset({"far-end-must-trust-private-ca", "peer-alert-certificate-unknown"}),
        warning=frozenset({"all-private-ca"}),
        noted=frozenset(
            {
                "all-private-ca",
                "bundle-time-span",
                "clock-skew-log-vs-capture",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
                "mra-client-name-or-ca-prompt",
                "peer-announces-our-ca",
                "presented-expected-store",
                "private-not-affected",
                "repeated-failure-period",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
                "webex-client-presented",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"peer-alert-unsupported-certificate", "edge-client-is-server-only-copy"}),
    ),
    Situation(
        name="condition-4-server-only-copy",
        title="Condition 4: the Edge's serverAuth-only certificate copied to the client store",
        made="Core private with both usages; a business partner that checks usages refuses with alert 43.",
        shows="Our Certificate has serverAuth alone; the partner's alert follows; inbound from Core is fine.",
        verdict="A certificate without clientAuth, to the partner, refused for its usage.",
        build=server_only_copy,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer=PARTNER,
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.BOTH,
                outcome=Outcome.REFUSED,
                refused_by=Side.SERVER,
            ),
            _core_client(Store.CLIENT),
            _as_server_to("expc", store=Store.BOTH),
            no_sign_of_webex(),
        ),
        critical=frozenset(
            {
                "edge-client-is-server-only-copy",
                "edge-client-not-client-capable",
                "peer-alert-unsupported-certificate",
            }
        ),
        warning=frozenset({"stores-identical-after-upgrade"}),
        noted=frozenset(
            {
                "all-private-ca",
                "already-server-only-public",
                "bundle-time-span",
                "clock-skew-log-vs-capture",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
                "peer-announces-our-ca",
                "presented-expected-store",
                "private-not-affected",
                "repeated-failure-period",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"core-client-not-client-capable", "peer-alert-unknown-ca"}),
    ),
)

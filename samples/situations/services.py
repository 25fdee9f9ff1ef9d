"""Other services: a neighbour with an old release, CUCM; and boxes whose stores or bundles are not what they were."""

from __future__ import annotations

from datetime import timedelta

from analyzer.evidence import Outcome, Side, Store, Visibility
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.dumps import AlarmState, ZoneState
from samples.builders.stage import Stage
from samples.builders.tcp import OFFLOADED
from samples.builders.topology import (
    BRANCH,
    CORE,
    CUCM,
    EDGE,
    after_restart,
    authorities,
    branch,
    core,
    cucm,
    edge,
    running_for,
    webex,
)
from samples.situation import UNSAID, UNSAID_BY_CORE, ExpectedVerdict, Situation, no_sign_of_webex
from samples.situations.timing import COLLECTED, after, attempts

RESTART_ALARM = (
    "Restart required: Server certificate and private key have been changed, however a restart is required for this "
    "to take effect"
)


def old_neighbour(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    zone = ZoneState(name="Branch VCS", type="Neighbor", peers=(BRANCH,))
    server = core(known, client=known.private(CORE), server=known.private(CORE), zones=(zone,))
    stage = Stage(collected=COLLECTED)
    stage.connect(
        branch(known),
        server,
        port=5061,
        client_port=29457,
        time=after(217.83),
        segment_size={Side.CLIENT: OFFLOADED, Side.SERVER: 1448},
    )
    return (stage.bundle(server),)


def core_to_cucm(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    zone = ZoneState(name="CEtls-cucm1", type="Neighbor", peers=(CUCM,))
    client = core(known, client=known.private(CORE), server=known.server_only(CORE), zones=(zone,))
    manager = cucm(known)
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(
            client,
            manager,
            port=6972,
            client_port=30011 + number,
            time=after(150 + 4 * number),
            server_name=CUCM,
            by_traffic_server=True,
        )
    return (stage.bundle(client),)


def old_certificate_served(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    old = known.internal.issue(EDGE, key=known.key, not_before=after(-86400 * 360), not_after=after(86400 * 5))
    new = known.internal.issue(EDGE, key=known.key, not_before=after(-86400 * 4), not_after=after(86400 * 361))
    alarm = AlarmState(id="15028", severity="Warning", title=RESTART_ALARM, raised=after(-86400 * 3))
    server = edge(known, client=known.private(EDGE), server=new, alarms=(alarm,))
    server = running_for(server, timedelta(days=40))
    client = core(known, client=known.private(CORE), server=known.private(CORE))
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25011, time=after(20), server_presents=old)
    stage.connect(client, server, port=7001, client_port=25012, time=after(20.02), server_presents=old)
    return stage.bundle(client), stage.bundle(server)


def single_store(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    upload = {"XCP TLS Certificate CVS EnableServerEkuUpload": "On"}
    server = edge(known, client=None, server=known.server_only(EDGE), version="X15.4", settings=upload)
    client = core(known, client=None, server=known.private(CORE), version="X15.4")
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25011, time=after(20))
    stage.connect(server, webex(known), port=5061, client_port=25002, time=after(66), server_name="sip.webex.com")
    stage.tunnel(client, server, client_port=30101, time=after(23), accepted=True)
    return stage.bundle(client), stage.bundle(server)


def log_only(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    client = core(known, client=known.server_only(CORE), server=known.server_only(CORE))
    server = after_restart(edge(known, client=known.private(EDGE), server=known.server_only(EDGE)))
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=3, port=25037):
        stage.connect(client, server, port=7001, client_port=port, time=time)
    stage.note(server, log.event(after(300), "Application Exit", {"Detail": "tvcs"}, process="supervisor"))
    stage.note(server, log.event(after(372), "Application Start", {"Detail": "tvcs"}, process="supervisor"))
    return (stage.bundle(server),)


SITUATIONS = (
    Situation(
        name="secure-neighbour-old-release",
        title="Scenario 2: server to a neighbour on X8.11.4",
        made="The neighbour's only certificate has both usages; its flight is one offloaded frame.",
        shows="ClientHello from the neighbour, our Certificate and CertificateRequest, the neighbour's Certificate.",
        verdict="The server store's certificate, to the neighbour, accepted.",
        build=old_neighbour,
        verdicts=(
            ExpectedVerdict(
                node="expc",
                peer=BRANCH,
                local_role=Side.SERVER,
                visibility=Visibility.SEEN,
                store=Store.SERVER,
                outcome=Outcome.COMPLETED,
            ),
        ),
        noted=frozenset(
            {
                "all-private-ca",
                "bundle-time-span",
                "partner-bundle-missing",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "server-presented-secure-neighbor",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID_BY_CORE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset({"presented-wrong-store", "neighbor-inbound-purpose-error"}),
    ),
    Situation(
        name="test-case-3-core-to-cucm",
        title="Test case 3: Core's traffic server to CUCM on 6972",
        made="CUCM asks for a certificate of its own authority; two requests from ports of the traffic server.",
        shows="Our Certificate equals client_….pem; CUCM's CertificateRequest names the private authority.",
        verdict="The client store's certificate, to CUCM, accepted.",
        build=core_to_cucm,
        verdicts=(
            ExpectedVerdict(
                node="expc",
                peer=CUCM,
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.CLIENT,
                outcome=Outcome.COMPLETED,
            ),
        ),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "core-client-to-cucm",
                "partner-bundle-missing",
                "peer-announces-our-ca",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID_BY_CORE
        | {
            "the capture of the node at the other end",
            "the partner Expressway's bundle",
            "three connections that log and capture both show",
        },
        absent=frozenset({"presented-wrong-store", "peer-alert-unknown-ca"}),
    ),
    Situation(
        name="old-certificate-still-served",
        title="A new server certificate was uploaded, and the box was not restarted",
        made="The Edge presents the old certificate of the same name; alarm 15028 is up, the uptime is 40 days.",
        shows="Our Certificate equals no member, but has the name of server_….pem and is older.",
        verdict="The old certificate, to Core, accepted; it expires in five days: restart.",
        build=old_certificate_served,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="expc",
                local_role=Side.SERVER,
                visibility=Visibility.SEEN,
                store=Store.NEITHER,
                outcome=Outcome.COMPLETED,
            ),
            ExpectedVerdict(
                node="expc",
                peer="expe",
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.CLIENT,
                outcome=Outcome.COMPLETED,
            ),
            no_sign_of_webex(),
        ),
        warning=frozenset({"all-private-ca", "presented-stale-certificate", "restart-required"}),
        noted=frozenset(
            {
                "all-private-ca",
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
                "far-end-must-trust-private-ca",
                "mra-client-name-or-ca-prompt",
                "peer-announces-our-ca",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"presented-unknown-certificate", "presented-wrong-store"}),
    ),
    Situation(
        name="x15.4-single-store",
        title="X15.4: one store for both roles",
        made="No client_ member; the Edge's only certificate has serverAuth alone, Core's both usages.",
        shows="The Edge presents the same certificate as server to Core and as client to Webex.",
        verdict="The single store's certificate in both roles, accepted; that client_ is missing is normal here.",
        build=single_store,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="Webex",
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.SERVER,
                outcome=Outcome.COMPLETED,
            ),
            ExpectedVerdict(
                node="expc",
                peer="expe",
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.SERVER,
                outcome=Outcome.COMPLETED,
            ),
            ExpectedVerdict(
                node="expe",
                peer="expc",
                local_role=Side.SERVER,
                visibility=Visibility.SEEN,
                store=Store.SERVER,
                outcome=Outcome.COMPLETED,
            ),
        ),
        noted=frozenset(
            {
                "all-private-ca",
                "already-server-only-public",
                "bundle-client-pem-missing",
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "deprecated-eku-upload-command",
                "peer-announces-our-ca",
                "presented-expected-store",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "upgrade-advice",
                "webex-client-presented",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"presented-wrong-store", "stores-identical-after-upgrade", "eku-mode-absent"}),
    ),
    Situation(
        name="log-only-after-restart",
        title="The box was restarted while it logged",
        made="Only the log is left: six failed attempts, then an exit and a start.",
        shows="Inbound errors give the addresses, the role and the reason; there is nothing else.",
        verdict="Unknown certificate, as server, to 10.20.30.16: we refused the peer for its usage, six times.",
        build=log_only,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="10.20.30.16",
                local_role=Side.SERVER,
                visibility=None,
                store=None,
                outcome=Outcome.REFUSED,
                refused_by=Side.SERVER,
            ),
        ),
        critical=frozenset({"local-alert-unsupported-certificate"}),
        warning=frozenset({"bundle-incomplete-restart"}),
        noted=frozenset({"bundle-no-pcap", "bundle-time-span", "capture-no-tls-for-peer", "repeated-failure-period"}),
        missing=frozenset(
            {
                "a TLS handshake in the capture",
                "a packet capture",
                "the Default Zone's TLS verify and media encryption modes (xconf_dump)",
                "the client certificate (client_….pem)",
                "the configuration dump (xconf_dump_….xml)",
                "the node's role, Core or Edge (xconf_dump)",
                "the server certificate (server_….pem)",
                "the software version (xstat_dump)",
                "the status dump (xstat_dump_….xml)",
                "the trusted CA list (ca_….pem)",
            }
        ),
        absent=frozenset({"presented-expected-store", "presented-unknown-certificate"}),
    ),
)

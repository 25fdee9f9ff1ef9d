"""Core and Edge: the conditions and test cases of Cisco 225693 about the Unified Communications traversal zone."""

from __future__ import annotations

from datetime import timedelta

from analyzer.evidence import Outcome, Side, Store, Visibility
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.dumps import EKU_CHECKING_MODE, AlarmState
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, edge, in_time_zone
from samples.situation import UNSAID, ExpectedVerdict, Situation, no_sign_of_webex
from samples.situations.timing import COLLECTED, after, attempts

TUNNEL_ALARM = (
    "Unified Communications SSH tunnel failure: This system cannot communicate with one or more remote hosts"
)


def upgraded(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    old_core = known.public.issue(CORE, key=known.key, not_before=after(-86400 * 200), not_after=after(86400 * 160))
    old_edge = known.public.issue(EDGE, key=known.key, not_before=after(-86400 * 200), not_after=after(86400 * 160))
    return _working(
        core(known, client=old_core, server=old_core),
        edge(known, client=old_edge, server=old_edge),
    )


def check_on(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    core_certificate, edge_certificate = known.server_only(CORE), known.server_only(EDGE)
    client = core(known, client=core_certificate, server=core_certificate, zone_status="Failed")
    server = edge(known, client=edge_certificate, server=edge_certificate, zone_status="Failed")
    client, server = (in_time_zone(host, "Asia/Kolkata", timedelta(hours=5, minutes=30)) for host in (client, server))
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=5, port=25037):
        stage.connect(client, server, port=7001, client_port=port, time=time)
    return stage.bundle(client), stage.bundle(server)


def check_off(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    core_certificate, edge_certificate = known.server_only(CORE), known.server_only(EDGE)
    alarm = AlarmState(id="35013", severity="Warning", title=TUNNEL_ALARM, raised=after(-1800))
    client = core(
        known, client=core_certificate, server=core_certificate, tunnel_reason="Permission denied", alarms=(alarm,)
    )
    server = edge(
        known,
        client=edge_certificate,
        server=edge_certificate,
        tunnel_reason="Permission denied",
        settings={EKU_CHECKING_MODE: "Off"},
    )
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(client, server, port=7001, client_port=25051 + number, time=after(45) + number * _PAIR)
    for number in range(6):
        stage.tunnel(client, server, client_port=30211 + number, time=after(70 + 62 * number), accepted=False)
    stage.note(client, log.alarm(after(71), "35013", "warning", TUNNEL_ALARM))
    return stage.bundle(client), stage.bundle(server)


def private_core_client(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    edge_certificate = known.server_only(EDGE)
    return _working(
        core(known, client=known.private(CORE), server=known.server_only(CORE)),
        edge(known, client=edge_certificate, server=edge_certificate),
    )


def hidden(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    client = core(known, client=known.private(CORE), server=known.server_only(CORE))
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE))
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(
            client, server, port=7001, client_port=25061 + number, time=after(50) + number * _PAIR, version="1.3"
        )
    stage.tunnel(client, server, client_port=30301, time=after(52), accepted=True)
    return stage.bundle(client), stage.bundle(server)


def _working(client: Host, server: Host) -> tuple[Bundle, ...]:
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(client, server, port=7001, client_port=25021 + number, time=after(30) + number * _PAIR)
    stage.tunnel(client, server, client_port=30101, time=after(33), accepted=True)
    return stage.bundle(client), stage.bundle(server)


_PAIR = timedelta(milliseconds=20)


def _verdicts(
    *,
    core_store: Store | None,
    edge_store: Store | None,
    visibility: Visibility = Visibility.SEEN,
    refused_by: Side | None = None,
) -> tuple[ExpectedVerdict, ...]:
    outcome = Outcome.REFUSED if refused_by else Outcome.COMPLETED
    return (
        ExpectedVerdict(
            node="expc",
            peer="expe",
            local_role=Side.CLIENT,
            visibility=visibility,
            store=core_store,
            outcome=outcome,
            refused_by=refused_by,
        ),
        ExpectedVerdict(
            node="expe",
            peer="expc",
            local_role=Side.SERVER,
            visibility=visibility,
            store=edge_store,
            outcome=outcome,
            refused_by=refused_by,
        ),
        no_sign_of_webex(),
    )


SITUATIONS = (
    Situation(
        name="condition-1-upgraded",
        title="Condition 1: upgrade from X15.4, both stores hold the old certificate",
        made="One public certificate with both usages in both stores of each box; the traversal zone connects.",
        shows="server_ and client_ members are equal; what was presented is in both, so the store cannot be told.",
        verdict="Core presented a certificate that both stores hold; the Edge took it. Nothing to do before renewal.",
        build=upgraded,
        verdicts=_verdicts(core_store=Store.BOTH, edge_store=Store.BOTH),
        warning=frozenset({"forecast-one-more-renewal"}),
        noted=frozenset(
            {
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
                "peer-announces-our-ca",
                "presented-expected-store",
                "revocation-off",
                "san-missing-mra-domain",
                "stores-identical-after-upgrade",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"presented-wrong-store", "core-client-not-client-capable"}),
    ),
    Situation(
        name="test-case-1-eku-check-on",
        title="Condition 2, test case 1: serverAuth-only certificates, checking mode On",
        made="OpenSSL as Edge refuses the purpose; ten attempts in pairs every 40 s; both boxes at +05:30.",
        shows="Alert 43 in clear after the client's ChangeCipherSpec, and one inbound error per attempt.",
        verdict="Core presented a certificate without clientAuth; the Edge refused it; zone and tunnels are down.",
        build=check_on,
        verdicts=_verdicts(core_store=Store.BOTH, edge_store=Store.BOTH, refused_by=Side.SERVER),
        critical=frozenset(
            {
                "core-client-eku-missing-check-on",
                "core-client-not-client-capable",
                "local-alert-unsupported-certificate",
                "peer-alert-unsupported-certificate",
                "ssh-tunnels-down",
                "uc-zone-failed",
            }
        ),
        missing=UNSAID,
        warning=frozenset(
            {"edge-client-is-server-only-copy", "edge-client-not-client-capable", "stores-identical-after-upgrade"}
        ),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "clock-skew-log-vs-capture",
                "connection-seen-at-both-ends",
                "peer-announces-our-ca",
                "presented-expected-store",
                "repeated-failure-period",
                "revocation-off",
                "san-missing-mra-domain",
            }
        ),
        absent=frozenset({"core-client-eku-missing-check-off", "purpose-error-not-leaf-eku", "eku-mode-off"}),
    ),
    Situation(
        name="test-case-2-eku-check-off",
        title="Condition 2, test case 2: serverAuth-only certificates, checking mode Off",
        made="The Edge accepts any purpose on 7001; SSH on 2222 is established and closed early; alarm 35013.",
        shows="The zone is Active and its handshake completes, while the tunnels fail with Permission denied.",
        verdict="Core's certificate has no clientAuth: the zone lives on the switch, SSH and so MRA do not.",
        build=check_off,
        verdicts=_verdicts(core_store=Store.BOTH, edge_store=Store.BOTH),
        critical=frozenset(
            {"core-client-eku-missing-check-off", "core-client-not-client-capable", "ssh-tunnels-down"}
        ),
        warning=frozenset(
            {
                "edge-client-is-server-only-copy",
                "edge-client-not-client-capable",
                "eku-mode-off",
                "stores-identical-after-upgrade",
            }
        ),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "eku-mode-differs",
                "peer-announces-our-ca",
                "presented-expected-store",
                "revocation-off",
                "san-missing-mra-domain",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset({"core-client-eku-missing-check-on", "uc-zone-failed", "tcp-never-established"}),
    ),
    Situation(
        name="condition-2.1-private-core-client",
        title="Condition 2.1: the working reference",
        made="Core's client certificate is private with both usages; the other three are public, serverAuth only.",
        shows="Core presents its client store, the Edge its server store; zone and tunnels are Active.",
        verdict="Works: Core's client certificate alone decides, and it has clientAuth.",
        build=private_core_client,
        verdicts=_verdicts(core_store=Store.CLIENT, edge_store=Store.BOTH),
        warning=frozenset(
            {"edge-client-is-server-only-copy", "edge-client-not-client-capable", "stores-identical-after-upgrade"}
        ),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
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
        absent=frozenset({"core-client-not-client-capable", "presented-wrong-store"}),
    ),
    Situation(
        name="tls-1.3-hidden-certificates",
        title="TLS 1.3 between Core and Edge",
        made="The same pair with separate stores, over TLS 1.3.",
        shows="Certificates are encrypted; the log's DEBUG lines name the peer's certificate all the same.",
        verdict="Not visible in the packets; nothing is said to be missing, nothing is guessed.",
        build=hidden,
        verdicts=_verdicts(core_store=None, edge_store=None, visibility=Visibility.ENCRYPTED),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "connection-seen-at-both-ends",
                "core-client-capable-success",
                "far-end-must-trust-private-ca",
                "private-not-affected",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "tls13-certificate-hidden",
                "tls13-length-match",
                "verifiers-must-trust-client-ca",
            }
        ),
        missing=UNSAID | {"three connections that log and capture both show"},
        absent=frozenset(
            {"presented-expected-store", "presented-wrong-store", "client-certificate-empty", "one-way-tls"}
        ),
    ),
)

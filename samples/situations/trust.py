"""Chains, names and clocks: what goes wrong beside the extended key usage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from analyzer.evidence import Outcome, Side, Store, Visibility
from samples.builders.bundle import Bundle
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, edge, webex, with_clock_error
from samples.situation import UNSAID, UNSAID_BY_EDGE, ExpectedVerdict, Situation, no_sign_of_webex
from samples.situations.timing import COLLECTED, after, attempts

ALIAS = "edge.harbor.example"


def chain_incomplete(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    client_store = known.public.issue(EDGE, key=known.key).without_chain()
    server = edge(known, client=client_store, server=known.server_only(EDGE))
    intermediate, root = known.public.path
    server = replace(server, trusts=tuple(ca for ca in server.trusts if ca != intermediate))
    cloud = webex(known, trusts=(root, *known.webex.path))
    stage = Stage(collected=COLLECTED)
    for number in range(3):
        stage.connect(
            server,
            cloud,
            port=5061,
            client_port=25002 + number,
            time=after(400 + 60 * number),
            server_name="sip.webex.com",
        )
    return (stage.bundle(server),)


def name_unacceptable(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE), zone_status="Failed")
    server = replace(server, name=ALIAS)
    client = core(
        known, client=known.private(CORE), server=known.server_only(CORE), edge_name=ALIAS, zone_status="Failed"
    )
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=3, port=25031):
        stage.connect(client, server, port=7001, client_port=port, time=time, refuses_name=True)
    return stage.bundle(client), stage.bundle(server)


def clock_ahead(key: str) -> tuple[Bundle, ...]:
    known = authorities(key)
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE))
    server = with_clock_error(server, timedelta(seconds=97, milliseconds=250))
    cloud = webex(known)
    stage = Stage(collected=COLLECTED)
    for number in range(5):
        stage.connect(
            server,
            cloud,
            port=5061,
            client_port=25002 + number,
            time=after(120 + 31 * number),
            server_name="sip.webex.com",
        )
    return (stage.bundle(server),)


SITUATIONS = (
    Situation(
        name="chain-incomplete-sent",
        title="The trusted CA list lacks the intermediate of our own certificate",
        made="The Edge sends the leaf of a public client certificate alone; Webex knows the root only.",
        shows="One certificate in our Certificate message; its issuer is missing; alert 48 follows.",
        verdict="The client store's certificate, to Webex, refused: the chain is incomplete.",
        build=chain_incomplete,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="Webex",
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.CLIENT,
                outcome=Outcome.REFUSED,
                refused_by=Side.SERVER,
            ),
        ),
        critical=frozenset({"chain-incomplete-sent", "peer-alert-unknown-ca", "trust-missing-own-issuer"}),
        warning=frozenset({"forecast-one-more-renewal"}),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "clock-skew-log-vs-capture",
                "partner-bundle-missing",
                "presented-expected-store",
                "repeated-failure-period",
                "revocation-off",
                "san-missing-mra-domain",
                "store-certs-differ",
                "webex-client-presented",
            }
        ),
        missing=UNSAID_BY_EDGE | {"the capture of the node at the other end", "the partner Expressway's bundle"},
        absent=frozenset({"peer-alert-unsupported-certificate", "presented-wrong-store"}),
    ),
    Situation(
        name="identity-unacceptable",
        title="Core reaches the Edge by a name that its certificate does not have",
        made="Core's zone names edge.harbor.example, the Edge's certificate expe.harbor.example; Core resets.",
        shows="No alert: a reset after the server's Certificate, and the reason in Core's log only.",
        verdict="Core refused the Edge's server certificate for its name; the Edge only saw the connection close.",
        build=name_unacceptable,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="expc",
                local_role=Side.SERVER,
                visibility=Visibility.SEEN,
                store=Store.SERVER,
                outcome=Outcome.CLOSED,
            ),
            ExpectedVerdict(
                node="expc",
                peer="expe",
                local_role=Side.CLIENT,
                visibility=Visibility.NOT_REACHED,
                store=None,
                outcome=Outcome.REFUSED,
                refused_by=Side.CLIENT,
            ),
            no_sign_of_webex(),
        ),
        critical=frozenset(
            {"identity-unacceptable", "name-mismatch-peer-address", "ssh-tunnels-down", "uc-zone-failed"}
        ),
        missing=UNSAID,
        warning=frozenset({"closed-without-alert"}),
        noted=frozenset(
            {
                "already-server-only-public",
                "bundle-time-span",
                "clock-skew-log-vs-capture",
                "connection-seen-at-both-ends",
                "far-end-must-trust-private-ca",
                "log-level-too-low",
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
        absent=frozenset(
            {
                "local-alert-bad-certificate",
                "core-client-not-client-capable",
                "core-client-eku-missing-check-on",
                "one-way-tls",
            }
        ),
    ),
    Situation(
        name="log-clock-ahead-of-capture",
        title="The clock of the log runs 97 s ahead of the capture",
        made="Five accepted connections to Webex; every line of the log is 97.25 s late.",
        shows="The same 4-tuples in both, at different times; the offset can be measured.",
        verdict="The client store's certificate, to Webex, accepted; lines and frames belong together all the same.",
        build=clock_ahead,
        verdicts=(
            ExpectedVerdict(
                node="expe",
                peer="Webex",
                local_role=Side.CLIENT,
                visibility=Visibility.SEEN,
                store=Store.CLIENT,
                outcome=Outcome.COMPLETED,
            ),
        ),
        warning=frozenset({"clock-skew-log-vs-capture"}),
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
        missing=UNSAID_BY_EDGE | {"the capture of the node at the other end", "the partner Expressway's bundle"},
        absent=frozenset({"log-error-without-capture", "capture-alert-without-log"}),
    ),
)

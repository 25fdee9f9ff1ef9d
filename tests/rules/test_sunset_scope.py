from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Case, Cluster, Member, MemberKind, NodeRole, ReadState, Setting, Side, Visibility, Zone
from analyzer.facts.settings import CLUSTER_TLS_VERIFY, SIP_MTLS_MODE
from samples.builders.certificates import Authority, AuthorityKind
from tests.rules.cases import NOT_DETERMINABLE, case, connection, findings, judge, made
from tests.rules.nodes import INTERNET, WEBEX, core, edge, mode, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    PUBLIC,
    SERVER_ONLY,
    certificate,
    read,
)

NAME, EDGE_NAME = "core.harbor.example", "edge.harbor.example"
SERVER_ONLY_PUBLIC, PRIVATE = "already-server-only-public", "private-not-affected"
ALTERNATIVE, MINIMAL = "alternative-root-in-use", "not-mtls-minimal-impact"
IDENTRUST = Authority.root("IdenTrust Public Sector Root CA 1", kind=AuthorityKind.PUBLIC)
NOTHING_ELSE = stores(None, None)


# Which certificates


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (core(), "By the store rule it would not be presented as a client's"),
        (core(stores=stores(CORE_SERVER, CORE_SERVER)), "it breaks the traversal zone"),
        (core(version=None, settings={}, stores=stores(CORE_SERVER, None)), "the release decides"),
        (core(version="X15.4", stores=stores(CORE_SERVER, None)), "it breaks the traversal zone"),
    ],
    ids=["server store alone", "both stores", "release not known", "one store"],
)
def test_a_public_server_only_certificate_is_context_and_says_what_it_breaks(node: Any, words: str) -> None:
    (finding,) = made(case(node), SERVER_ONLY_PUBLIC)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("info", "proven", NAME)
    assert words in finding.explanation


def test_an_edge_that_presents_it_is_refused_by_peers_that_check() -> None:
    (finding,) = made(case(edge(stores=stores(EDGE_SERVER, EDGE_SERVER))), SERVER_ONLY_PUBLIC)

    assert finding.count == 1
    assert "in both stores" in finding.explanation
    assert "peers that ask for a certificate and check it" in finding.explanation


def test_a_server_only_certificate_that_was_presented_as_a_clients_is_said_to_have_been() -> None:
    node = edge()
    shown = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_SERVER, completed=True)

    (finding,) = made(case(node, connections=[shown]), SERVER_ONLY_PUBLIC)

    assert "It was presented to Webex as a client's (frame 3), and the handshake completed." in finding.explanation
    assert "nothing breaks" not in finding.explanation
    assert [row.locator for row in finding.evidence if row.kind == "frame"] == [3]


def test_as_a_servers_it_may_be_presented() -> None:
    node = edge()
    shown = connection(node, WEBEX, role=Side.SERVER, server=EDGE_SERVER, client=EDGE_CLIENT, completed=True)

    (finding,) = made(case(node, connections=[shown]), SERVER_ONLY_PUBLIC)

    assert "nothing breaks" in finding.explanation


def test_private_and_combined_certificates_are_not_server_only_public_ones() -> None:
    combined = certificate(NAME, BOTH, PUBLIC)

    assert judge(case(core(stores=stores(combined, CORE_CLIENT))), SERVER_ONLY_PUBLIC) == set()
    assert judge(case(core(stores=NOTHING_ELSE)), SERVER_ONLY_PUBLIC) == {("info", NOT_DETERMINABLE, "core")}


def test_private_certificates_are_not_affected_and_make_one_row_for_one_name() -> None:
    node = edge(stores=stores(certificate(EDGE_NAME, SERVER_ONLY), EDGE_CLIENT))

    (finding,) = made(case(node), PRIVATE)

    assert (str(finding.severity), str(finding.confidence), finding.count) == ("ok", "strong", 2)
    assert finding.is_context
    assert "private because" in finding.evidence[0].text


def test_public_ones_are_affected() -> None:
    assert judge(case(core(stores=stores(CORE_SERVER, CORE_SERVER))), PRIVATE) == set()
    assert judge(case(core(stores=NOTHING_ELSE)), PRIVATE) == {("info", NOT_DETERMINABLE, "core")}


def test_a_root_that_still_offers_clientauth_is_told_to_be_exchanged() -> None:
    leaf = certificate(NAME, BOTH, IDENTRUST.intermediate("TrustID RSA ClientAuth CA 2"))

    (finding,) = made(case(core(stores=stores(CORE_SERVER, leaf))), ALTERNATIVE)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("info", "strong", NAME)
    assert "IdenTrust Public Sector Root CA 1" in finding.explanation
    assert "import IdenTrust Public Sector Root CA 1" in finding.remedy[0].text


def test_another_root_is_none_of_them() -> None:
    assert judge(case(core(stores=stores(CORE_SERVER, certificate(NAME, BOTH, PUBLIC)))), ALTERNATIVE) == set()
    assert judge(case(core(stores=NOTHING_ELSE)), ALTERNATIVE) == {("info", NOT_DETERMINABLE, "core")}


# What on the node needs it


def lone(**changes: Any) -> Case:
    """Return an Expressway without any zone that verifies or dials with TLS."""
    members = edge().members
    dump = Member(
        name="xconf.xml", reference="edge.zip/xconf.xml", kind=MemberKind.XCONF_XML, node="edge", size=1,
        sha256="0" * 64, read=ReadState.WHOLE,
    )  # fmt: skip
    plain = {"zones": (Zone(name="Local", type="Neighbor", transport="TCP"),), "members": (*members, dump)}
    shown = changes.pop("connections", ())
    node = edge(**{**plain, **changes})
    return case(node, connections=[connection(node, peer, **one) for peer, one in shown])


def test_where_nothing_presents_or_asks_for_a_client_certificate_the_impact_is_minimal() -> None:
    assert judge(lone(), MINIMAL) == {("info", "inferred", EDGE_NAME)}


def test_an_expressway_without_any_traversal_zone_has_no_role_and_little_to_fear() -> None:
    assert judge(lone(role=NodeRole.UNKNOWN), MINIMAL) == {("info", "inferred", EDGE_NAME)}
    assert judge(lone(role=NodeRole.UNKNOWN, zones=(Zone(name="B2B", type="DNS"),)), MINIMAL) == set()


def test_a_capture_that_shows_none_makes_it_strong() -> None:
    shown = [(INTERNET, {"role": Side.SERVER, "server": EDGE_SERVER})]

    assert judge(lone(connections=shown), MINIMAL) == {("info", "strong", EDGE_NAME)}


@pytest.mark.parametrize(
    "changes",
    [
        {"zones": (Zone(name="UC", type="TraversalServer"),)},
        {"zones": (Zone(name="B2B", type="DNS"),)},
        {"zones": (Zone(name="CUBE", type="Neighbor", transport="TLS", tls_verify_mode="On"),)},
        {"settings": {SIP_MTLS_MODE: Setting(value="On", source="x: y")}},
        {"settings": {CLUSTER_TLS_VERIFY: Setting(value="Enforcing", source="x: y")}},
        {"role": NodeRole.CORE},
        {"connections": [(WEBEX, {"role": Side.CLIENT, "client": EDGE_CLIENT})]},
        {"connections": [(INTERNET, {"role": Side.SERVER, "client": Visibility.NONE_SENT})]},
        {"members": edge().members},
        {"stores": stores(EDGE_CLIENT, EDGE_CLIENT)},
    ],
    ids=[
        "traversal server", "dials", "verifies", "mutual TLS port", "cluster", "Core", "was asked", "asks", "no dump",
        "private",
    ],
)  # fmt: skip
def test_anything_that_may_need_it_is_no_minimal_impact(changes: dict[str, Any]) -> None:
    assert judge(lone(**changes), MINIMAL) == set()


def test_without_the_configuration_the_impact_is_not_determinable() -> None:
    assert judge(lone(zones=(), settings={}), MINIMAL) == {("info", NOT_DETERMINABLE, "edge")}


# A healthy system


def test_a_healthy_pair_hears_nothing_worse_than_info() -> None:
    ids = {SERVER_ONLY_PUBLIC, PRIVATE, ALTERNATIVE, MINIMAL}
    judged = case(core(cluster=Cluster(name="c")), edge(settings=mode("On")))

    assert {str(f.severity) for f in findings(judged) if f.id in ids and f.determined} == {"info", "ok"}


def test_a_self_signed_certificate_is_not_affected() -> None:
    root = read(Authority.root("Harbor Self", kind=AuthorityKind.PRIVATE).certificate)

    assert judge(case(core(stores=stores(root, CORE_CLIENT))), PRIVATE) == {
        ("ok", "strong", "Harbor Self"),
        ("ok", "strong", NAME),
    }

"""Names that services look for in this node's certificates."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Cluster, ConfiguredName, NeededNames, Node, NodeRole, Setting, Side
from analyzer.facts.settings import COLLABORATION_EDGE_ENABLED
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, INTERNET, bare, core, edge, stores, zone
from tests.rules.pki import BOTH, CORE_CLIENT, CORE_SERVER, EDGE_CLIENT, PUBLIC, SERVER_ONLY, certificate, read

DIFFER = "client-store-names-differ-from-server-store"
PLAIN = certificate("edge.harbor.example", SERVER_ONLY, PUBLIC)


def named(**names: str) -> NeededNames:
    return NeededNames(
        **{kind: (ConfiguredName(name=name, source="core.zip/xconf.xml: Names"),) for kind, name in names.items()}
    )


def needing(**names: str) -> Node:
    return core(needed_names=named(**names))


@pytest.mark.parametrize("names", [("harbor.example",), ("collab-edge.harbor.example",), ("*.harbor.example",)])
def test_either_form_of_the_domain_is_enough(names: tuple[str, ...]) -> None:
    leaf = certificate("edge.harbor.example", SERVER_ONLY, PUBLIC, names=names)

    assert judge(case(edge(stores=stores(leaf, EDGE_CLIENT))), "san-missing-mra-domain") == set()


def test_a_missing_domain_is_a_warning_where_clients_refuse_the_certificate() -> None:
    node = edge(stores=stores(PLAIN, EDGE_CLIENT))
    came = connection(node, INTERNET, role=Side.SERVER, server=PLAIN, port=8443, completed=True)
    refused = connection(node, INTERNET, role=Side.SERVER, server=PLAIN, port=8443, alert=(Side.CLIENT, 42), at=9)
    elsewhere = connection(node, INTERNET, role=Side.SERVER, server=PLAIN, port=5061, alert=(Side.CLIENT, 42))
    subject = "edge.harbor.example"

    assert judge(case(node), "san-missing-mra-domain") == {("info", "proven", subject)}
    assert judge(case(node, connections=[came, elsewhere]), "san-missing-mra-domain") == {("info", "proven", subject)}
    judged = case(node, connections=[came, refused])
    assert judge(judged, "san-missing-mra-domain") == {("warning", "proven", subject)}
    (prompt,) = made(judged, "mra-client-name-or-ca-prompt")
    assert (str(prompt.severity), prompt.caused_by) == ("info", "san-missing-mra-domain")


def test_domains_come_from_the_core_and_count_only_where_remote_access_is_on() -> None:
    node = edge(stores=stores(PLAIN, EDGE_CLIENT), domains=(), captures=())
    off = {COLLABORATION_EDGE_ENABLED: Setting(value="Off", source="edge.zip/xconf.xml: CollaborationEdge")}

    assert judge(case(node), "san-missing-mra-domain") == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(core(), node), "san-missing-mra-domain", "edge") == {("info", "proven", "edge.harbor.example")}
    assert judge(case(replace(node, settings=off)), "san-missing-mra-domain") == set()
    assert judge(case(core(), replace(node, settings=off)), "mra-client-name-or-ca-prompt", "edge") == set()


def test_clients_are_asked_where_nobody_vouches_for_the_certificate() -> None:
    prompt = "mra-client-name-or-ca-prompt"
    private = certificate("edge.harbor.example", BOTH, names=("harbor.example",))
    own = read(Authority.root("edge.harbor.example").path[-1])

    assert judge(case(edge()), prompt) == set()
    signed_by_itself = edge(stores=stores(own, EDGE_CLIENT), captures=())
    assert {one[0] for one in judge(case(signed_by_itself), prompt)} == {"warning"}
    assert judge(case(edge(stores=stores(private, EDGE_CLIENT))), prompt) == {
        ("info", "strong", "edge.harbor.example")
    }
    assert judge(case(bare(NodeRole.EDGE)), prompt) == {("info", NOT_DETERMINABLE, "bare")}


@pytest.mark.parametrize(
    ("rule", "kind", "name", "node"),
    [
        ("san-missing-xmpp-domain", "federation_domains", "chat.example", "edge"),
        ("san-missing-chat-alias", "chat_aliases", "rooms.harbor.example", "edge"),
        ("san-missing-chat-alias", "chat_aliases", "rooms.harbor.example", "core"),
        ("san-missing-phone-security-profile", "phone_security_profiles", "secure.harbor.example", "core"),
    ],
)
def test_each_name_is_looked_for_in_the_certificate_of_its_role(rule: str, kind: str, name: str, node: str) -> None:
    has_it = certificate(f"{node}.harbor.example", BOTH, names=("harbor.example", name))
    needy = needing(**{kind: name})

    assert judge(case(needy, edge()), rule, node) == {("warning", "proven", f"{node}.harbor.example")}
    unknown = NeededNames()
    pair = core(needed_names=unknown), edge(needed_names=unknown)
    assert {one[1] for one in judge(case(*pair), rule, node)} == {NOT_DETERMINABLE}
    if rule == "san-missing-phone-security-profile":
        pair = replace(needy, stores=stores(CORE_SERVER, has_it)), edge()
    else:
        pair = (
            replace(needy, stores=stores(has_it if node == "core" else CORE_SERVER, CORE_CLIENT)),
            edge(stores=stores(has_it, EDGE_CLIENT)),
        )
    assert judge(case(*pair), rule, node) == set()


def test_profiles_that_are_no_domain_names_serve_no_encrypted_phones() -> None:
    node = needing(phone_security_profiles="Cisco 8861 - Standard SIP Non-Secure Profile")

    assert judge(case(node), "san-missing-phone-security-profile") == set()


CLUSTER = Cluster(name="cores.harbor.example", peers=("10.1.1.10", "10.1.1.11"))


def test_the_clusters_name_must_be_in_what_the_core_presents_as_client() -> None:
    rule = "san-missing-cluster-name"
    has_it = certificate("core.harbor.example", BOTH, names=("cores.harbor.example",))

    assert judge(case(core(cluster=CLUSTER)), rule) == {("warning", "proven", "core.harbor.example")}
    assert judge(case(core(cluster=CLUSTER, stores=stores(CORE_SERVER, has_it))), rule) == set()
    only_in_server = core(cluster=CLUSTER, stores=stores(has_it, CORE_CLIENT))
    assert judge(case(only_in_server), rule) == {("warning", "proven", "core.harbor.example")}
    assert causes(case(only_in_server))["core", rule] == DIFFER
    old = core(cluster=CLUSTER, version="X15.4", settings={}, stores=stores(has_it, None))
    assert judge(case(old), rule) == set()
    for alone in (None, replace(CLUSTER, peers=("10.1.1.10",)), replace(CLUSTER, name=None)):
        assert judge(case(core(cluster=alone)), rule) == set()
    assert judge(case(bare(NodeRole.CORE)), rule) == {("info", NOT_DETERMINABLE, "bare")}


MOVED = stores(certificate("core.harbor.example", BOTH, names=("cores.harbor.example",)), CORE_CLIENT)
WANTS = edge(zones=(zone(tls_verify_subject="cores.harbor.example"),))


def test_a_name_that_the_edge_looks_for_and_only_the_server_store_has_is_the_root_of_the_mismatch() -> None:
    judged = case(core(stores=MOVED), WANTS)

    assert judge(judged, DIFFER, "core") == {("warning", "strong", "core.harbor.example")}
    assert causes(judged)["edge", "name-mismatch-verify-subject"] == DIFFER


def test_a_logged_refusal_of_the_names_makes_it_critical() -> None:
    line = event(WANTS, CORE, error="identity-unacceptable", role=Side.SERVER)
    judged = case(core(stores=MOVED), WANTS, events=[line])

    assert judge(judged, DIFFER, "core") == {("critical", "proven", "core.harbor.example")}
    assert causes(judged)["edge", "identity-unacceptable"] == "name-mismatch-verify-subject"
    outbound = event(WANTS, CORE, error="identity-unacceptable", role=Side.CLIENT)
    assert {one[0] for one in judge(case(core(stores=MOVED), WANTS, events=[outbound]), DIFFER)} == {"warning"}


def test_more_names_in_the_client_store_or_names_that_nobody_needs_are_silent() -> None:
    more = stores(CORE_SERVER, certificate("core.harbor.example", BOTH, names=("cores.harbor.example",)))

    for held in (stores(CORE_SERVER, CORE_CLIENT), more):
        assert judge(case(core(stores=held), edge()), DIFFER) == set()
    assert judge(case(core(stores=MOVED), edge()), DIFFER) == set()
    assert judge(case(core(stores=MOVED, version="X15.4"), WANTS), DIFFER) == set()


def test_its_own_name_counts_where_a_neighbour_may_look_for_it_and_is_inferred() -> None:
    held = stores(CORE_SERVER, certificate("client.harbor.example"))

    assert judge(case(core(stores=held)), DIFFER) == {("warning", "inferred", "client.harbor.example")}
    assert judge(case(core(stores=held, zones=())), DIFFER) == set()


def test_profiles_and_cluster_names_that_stayed_behind_are_told_together() -> None:
    server = certificate("core.harbor.example", BOTH, names=("cores.harbor.example", "secure.harbor.example"))
    node = replace(
        needing(phone_security_profiles="secure.harbor.example"), cluster=CLUSTER, stores=stores(server, CORE_CLIENT)
    )

    (finding,) = made(case(node), DIFFER)

    assert "DNS:cores.harbor.example, DNS:secure.harbor.example" in finding.remedy[0].text
    assert causes(case(node))["core", "san-missing-phone-security-profile"] == DIFFER


def test_without_both_stores_nothing_is_said_of_their_names() -> None:
    assert judge(case(core(stores=stores(CORE_SERVER, None))), DIFFER) == {("info", NOT_DETERMINABLE, "core")}

"""The name that a zone looks for, held against what its peer presents."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Cluster, Node, NodeRole, PeerIdentity, Side, Visibility, ZonePeer
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, CUBE, EDGE, INTERNET, LOG, WEBEX, ZONE, bare, core, edge, stores, zone
from tests.rules.pki import CORE_CLIENT, CORE_SERVER, EDGE_CLIENT, EDGE_SERVER, WEBEX_SERVER, certificate

ADDRESS, SUBJECT = "name-mismatch-peer-address", "name-mismatch-verify-subject"
ALIAS = "sip.harbor.example"
OTHER_CLIENT = certificate("spare.harbor.example")
WILD = certificate("*.harbor.example")


def core_to(*addresses: str, **changes: Any) -> Node:
    return core(zones=(zone("TraversalClient", peers=tuple(ZonePeer(address=one) for one in addresses), **changes),))


def test_a_healthy_pair_is_silent_about_names() -> None:
    shown = [
        connection(core(), EDGE, role=Side.CLIENT, server=EDGE_SERVER, client=CORE_CLIENT, completed=True),
        connection(edge(), CORE, role=Side.SERVER, server=EDGE_SERVER, client=CORE_CLIENT, completed=True),
    ]

    for judged in (case(core(), edge()), case(core(), edge(), connections=shown)):
        assert judge(judged, ADDRESS) == set()
        assert judge(judged, SUBJECT) == set()


@pytest.mark.parametrize("spelt", ["EDGE.Harbor.Example", "edge.harbor.example."])
def test_letter_case_and_a_trailing_dot_do_not_matter(spelt: str) -> None:
    assert judge(case(core_to(spelt), edge()), ADDRESS) == set()
    assert judge(case(core(), edge(zones=(zone(tls_verify_subject="Core.HARBOR.example."),))), SUBJECT) == set()


def test_the_partners_stores_are_held_against_the_zone_and_called_inferred() -> None:
    assert judge(case(core_to(ALIAS), edge()), ADDRESS) == {("warning", "inferred", f"{ZONE}: {ALIAS}")}
    other = core(stores=stores(CORE_SERVER, OTHER_CLIENT))
    assert judge(case(other, edge()), SUBJECT) == {("warning", "inferred", ZONE)}
    assert judge(case(core_to(ALIAS)), ADDRESS) == set()
    assert judge(case(edge(zones=(zone(tls_verify_subject=ALIAS),))), SUBJECT) == set()


def test_an_edge_meets_the_names_of_the_client_store_since_two_stores_and_of_the_server_store_before() -> None:
    held = stores(certificate("spare.harbor.example"), CORE_CLIENT)
    assert judge(case(core(stores=held), edge()), SUBJECT) == set()

    old = core(version="X15.4", settings={}, stores=stores(CORE_SERVER, None))
    assert judge(case(old, edge()), SUBJECT) == set()
    named_otherwise = replace(old, stores=stores(certificate("spare.harbor.example"), None))
    assert judge(case(named_otherwise, edge()), SUBJECT) == {("warning", "inferred", ZONE)}


def test_a_failed_zone_without_another_reason_makes_it_critical() -> None:
    node = core_to(ALIAS, status="Failed")

    assert judge(case(node, edge()), ADDRESS) == {("critical", "inferred", f"{ZONE}: {ALIAS}")}
    refused = event(node, EDGE, error="issuer-missing", role=Side.CLIENT)
    assert judge(case(node, edge(), events=[refused]), ADDRESS) == {("warning", "inferred", f"{ZONE}: {ALIAS}")}


def test_a_failed_peer_of_an_active_cluster_zone_is_checked_on_its_own() -> None:
    peers = (
        ZonePeer(address="edge.harbor.example", status="Active"),
        ZonePeer(address="10.2.2.21", status="Failed"),
    )
    node = core(zones=(zone("TraversalClient", peers=peers, status="Active: 1 of 2"),))
    good = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, completed=None, server_name=None)
    second = replace(good, peer=replace(EDGE, name="10.2.2.21", node=None))

    found = judge(case(node, connections=[good, second]), ADDRESS)

    assert found == {("critical", "strong", f"{ZONE}: 10.2.2.21")}


def test_a_logged_refusal_with_the_certificate_in_sight_is_proven_and_explains_the_rest() -> None:
    node = core_to(ALIAS, status="Failed")
    shown = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, closed_by=Side.CLIENT)
    line = event(node, EDGE, error="identity-unacceptable", role=Side.CLIENT, common_name=ALIAS, joined="c1")
    judged = case(node, edge(zones=(zone(status="Failed"),)), connections=[shown], events=[line])

    (finding,) = made(judged, ADDRESS)

    assert (str(finding.severity), str(finding.confidence)) == ("critical", "proven")
    assert "edge.harbor.example has DNS:edge.harbor.example" in finding.explanation
    assert (finding.count, finding.caused_by) == (1, None)
    assert {one.kind for one in finding.evidence} >= {"line", "frame", "certificate", "setting"}
    assert causes(judged)["core", "identity-unacceptable"] == ADDRESS
    assert causes(judged)["core", "uc-zone-failed"] == "identity-unacceptable"


def test_a_local_reset_after_the_certificate_is_enough_with_the_names() -> None:
    node = core_to(ALIAS)
    shown = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, closed_by=Side.CLIENT)
    judged = case(node, connections=[shown])

    assert judge(judged, ADDRESS) == {("critical", "strong", f"{ZONE}: {ALIAS}")}
    assert causes(judged)["core", "closed-without-alert"] == ADDRESS


@pytest.mark.parametrize(("code", "severity"), [(42, "critical"), (46, "critical"), (48, "warning"), (45, "warning")])
def test_alerts_about_names_show_it_and_others_come_first(code: int, severity: str) -> None:
    node = core_to(ALIAS)
    shown = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, alert=(Side.CLIENT, code))

    assert {one[0] for one in judge(case(node, connections=[shown]), ADDRESS)} == {severity}


def test_a_mismatch_explains_the_alert_of_whoever_looked_at_the_names() -> None:
    node = core_to(ALIAS)
    shown: dict[str, Any] = {"server": EDGE_SERVER, "client": CORE_CLIENT}
    by_core = [
        connection(node, EDGE, role=Side.CLIENT, alert=(Side.CLIENT, 42), **shown),
        connection(edge(), CORE, role=Side.SERVER, alert=(Side.CLIENT, 42), **shown),
    ]
    by_edge = [
        connection(node, EDGE, role=Side.CLIENT, alert=(Side.SERVER, 42), **shown),
        connection(edge(), CORE, role=Side.SERVER, alert=(Side.SERVER, 42), **shown),
    ]

    told = causes(case(node, edge(), connections=by_core))
    assert told["core", "local-alert-bad-certificate"] == ADDRESS
    assert told["edge", "peer-alert-bad-certificate"] == ADDRESS
    told = causes(case(node, edge(), connections=by_edge))
    assert told["edge", "local-alert-bad-certificate"] is None
    assert told["core", "peer-alert-bad-certificate"] not in {ADDRESS, SUBJECT}


def test_an_address_as_peer_address_is_a_case_of_its_own() -> None:
    node = core_to("10.2.2.20")

    (finding,) = made(case(node, edge()), ADDRESS)

    assert "IP address" in finding.explanation
    assert "a name has to be configured" in finding.explanation
    assert "for example edge.harbor.example" in finding.remedy[0].text
    with_address = certificate("edge.harbor.example", names=("10.2.2.20",))
    has_it = replace(with_address, subject_alternative_names=("DNS:edge.harbor.example", "IP:10.2.2.20"))
    judged = case(node, edge(stores=stores(with_address, EDGE_CLIENT)))
    assert judge(replace(judged, certificates={**judged.certificates, has_it.sha256: has_it}), ADDRESS) == set()


def test_the_log_line_alone_says_which_name_was_refused() -> None:
    node = core_to("10.48.36.171")
    line = event(node, EDGE, error="identity-unacceptable", role=Side.CLIENT, common_name="10.48.36.171")

    assert judge(case(node, events=[line]), ADDRESS) == {("critical", "strong", f"{ZONE}: 10.48.36.171")}
    inbound = event(edge(), CORE, error="identity-unacceptable", role=Side.SERVER)
    assert judge(case(edge(), events=[inbound]), SUBJECT) == {("critical", "strong", ZONE)}


def test_a_wildcard_counts_until_it_was_refused() -> None:
    node = core_to(ALIAS)
    held = edge(stores=stores(WILD, EDGE_CLIENT))
    assert judge(case(node, held), ADDRESS) == set()

    shown = connection(node, EDGE, role=Side.CLIENT, server=WILD, closed_by=Side.CLIENT)
    line = event(node, EDGE, error="identity-unacceptable", role=Side.CLIENT, common_name=ALIAS, joined="c1")
    (finding,) = made(case(node, held, connections=[shown], events=[line]), ADDRESS)
    assert "by a wildcard only" in finding.explanation


def test_the_common_name_does_not_count_for_a_peer_address_and_is_doubtful_for_a_subject() -> None:
    judged = case(core(), edge())
    for owner, identifier, expected in (
        (EDGE_SERVER, ADDRESS, ("warning", "inferred", f"{ZONE}: edge.harbor.example")),
        (CORE_CLIENT, SUBJECT, ("info", "inferred", ZONE)),
    ):
        bare_leaf = replace(owner, subject_alternative_names=())
        changed = replace(judged, certificates={**judged.certificates, owner.sha256: bare_leaf})
        assert judge(changed, identifier) == {expected}


def test_what_was_accepted_all_the_same_is_only_noted() -> None:
    node = core_to(ALIAS)
    shown = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, completed=True)

    assert judge(case(node, connections=[shown]), ADDRESS) == {("info", "inferred", f"{ZONE}: {ALIAS}")}


def test_every_core_of_a_cluster_is_checked_against_the_subject() -> None:
    cluster = Cluster(name="cores.harbor.example", peers=("10.1.1.10", "10.1.1.11"))
    named = certificate("core.harbor.example", names=("core.harbor.example", "cores.harbor.example"))
    first = core(stores=stores(CORE_SERVER, named), cluster=cluster)
    second = replace(
        first, name="core2", host="core2", host_names=("core2",), addresses=("10.1.1.11",),
        stores=stores(CORE_SERVER, OTHER_CLIENT),
    )  # fmt: skip
    server = edge(zones=(zone(tls_verify_subject="cores.harbor.example"),))

    (finding,) = made(case(first, second, server), SUBJECT)

    assert "spare.harbor.example (by the stores of core2" in finding.explanation
    assert "stores of core," not in finding.explanation


def test_a_peer_zone_with_several_partners_whose_aliases_fit_none_says_nothing() -> None:
    second = replace(edge(), name="edge2", host="edge2", host_names=("edge2",), addresses=("10.2.2.21",))

    peer = replace(EDGE, name="edge2", node="edge2")
    for first, expected in (("sip2.harbor.example", set()), ("edge.harbor.example", {("warning", "inferred")})):
        node = core_to(first, ALIAS)
        talked = [connection(node, one, role=Side.CLIENT, server=Visibility.ENCRYPTED) for one in (EDGE, peer)]
        found = judge(case(node, edge(), second, connections=talked), ADDRESS)
        assert {one[:2] for one in found} == expected


def test_zones_that_do_not_verify_are_left_alone_unless_a_refusal_is_logged() -> None:
    for verify, unified in (("Off", True), ("Off", None), (None, None)):
        node = core_to(ALIAS, tls_verify_mode=verify, unified_communications=unified)
        assert judge(case(node, edge()), ADDRESS) == set()
    node = core_to(ALIAS, tls_verify_mode=None)
    assert judge(case(node, edge()), ADDRESS) == {("warning", "inferred", f"{ZONE}: {ALIAS}")}


def test_a_neighbour_is_checked_outbound_by_its_handshakes_and_inbound_by_a_logged_refusal() -> None:
    node = core()
    leaf = certificate("cube.harbor.example")
    outbound = connection(node, CUBE, role=Side.CLIENT, server=leaf, port=5061)
    inbound = connection(node, CUBE, role=Side.SERVER, client=leaf, port=5061, closed_by=Side.SERVER)
    line = event(node, CUBE, error="identity-unacceptable", role=Side.SERVER, joined="c1")

    assert judge(case(node, connections=[outbound]), ADDRESS) == {("warning", "proven", "CUBE: 10.3.3.30")}
    assert judge(case(node, connections=[inbound]), ADDRESS) == set()
    judged = case(node, connections=[inbound], events=[line])
    assert judge(judged, ADDRESS) == {("critical", "proven", "CUBE: 10.3.3.30")}


def test_names_from_the_log_stand_in_for_a_hidden_certificate() -> None:
    node = edge(zones=(zone(tls_verify_subject="cores.harbor.example"),))
    hidden = connection(node, CORE, role=Side.SERVER, client=Visibility.ENCRYPTED)
    for names, expected in (
        (("core.harbor.example", "spare.harbor.example"), {("warning", "proven", ZONE)}),
        (("core.harbor.example", "cores.harbor.example"), set()),
        (("cores.harbor.example", "core.harbor.example"), set()),
    ):
        identity = PeerIdentity(time=None, names=names, file=LOG, line=3)
        judged = case(node, connections=[replace(hidden, peer_identity=identity)])
        assert judge(judged, SUBJECT) == expected


def test_a_typo_in_the_subject_of_a_webex_zone_is_told_by_the_refusal() -> None:
    webex = zone("DNS", unified_communications=None, tls_verify_subject="calllservice.webex.com")
    webex = replace(webex, name="Webex", status="On")
    node = edge(zones=(zone(), webex))
    peer = replace(WEBEX, zone="Webex")
    shown = connection(node, peer, role=Side.CLIENT, server=WEBEX_SERVER, port=5062, closed_by=Side.CLIENT)
    line = event(
        node, peer, error="identity-unacceptable", role=Side.CLIENT, common_name="calllservice.webex.com", joined="c1"
    )

    judged = case(node, connections=[shown], events=[line])
    assert judge(judged, SUBJECT) == {("critical", "proven", "Webex")}
    other = event(node, peer, error="identity-unacceptable", role=Side.CLIENT, common_name="sip.webex.com")
    assert judge(case(node, events=[other]), SUBJECT) == {("warning", "inferred", "Webex")}


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("calllservice.webex.com", {("warning", "inferred", ZONE)}),
        ("callservice.webx.com", set()),
        ("callservice.webex.com", set()),
        ("CallService.ciscospark.com.", set()),
        ("sip.webex.com", set()),
        ("calllservice.example.com", set()),
    ],
)
def test_a_subject_that_is_nearly_one_of_webexs_is_taken_for_a_typo(subject: str, found: set[object]) -> None:
    webex = zone("DNS", unified_communications=None, tls_verify_subject=subject)

    assert judge(case(edge(zones=(webex,))), SUBJECT) == found


def test_a_typo_is_critical_where_calls_from_webex_are_refused_for_their_names() -> None:
    webex = zone("DNS", unified_communications=None, tls_verify_subject="calllservice.webex.com")
    node = edge(zones=(replace(webex, name="Hybrid"),))
    lines = [event(node, WEBEX, error="identity-unacceptable", role=Side.SERVER, at=at) for at in (1, 2)]
    stranger = event(node, INTERNET, error="identity-unacceptable", role=Side.SERVER)

    (found,) = made(case(node, events=lines), SUBJECT)

    assert (str(found.severity), str(found.confidence), found.count) == ("critical", "strong", 2)
    assert "2 lines" in found.explanation
    assert [str(row.kind) for row in found.evidence] == ["line", "line", "setting"]
    assert judge(case(node, events=[stranger]), SUBJECT) == {("warning", "inferred", "Hybrid")}


def test_only_the_end_that_listens_is_taken_for_a_peer_that_is_dialled() -> None:
    upstream = zone("TraversalClient", peers=(ZonePeer(address="outer.harbor.example"),), port=7011)
    between = edge(zones=(zone(), replace(upstream, name="to the outer Edge")))

    assert judge(case(core(), between), ADDRESS) == set()
    assert judge(case(core_to(ALIAS), edge(zones=())), ADDRESS) == {("warning", "inferred", f"{ZONE}: {ALIAS}")}


def test_a_core_behind_another_zone_is_not_held_against_this_one() -> None:
    partners = replace(zone(tls_verify_subject="other.harbor.example"), name="of the partner", port=7002)

    assert judge(case(core(), edge(zones=(zone(), partners))), SUBJECT) == set()


def test_without_a_configuration_nothing_is_said_about_names() -> None:
    for identifier in (ADDRESS, SUBJECT):
        assert judge(case(bare(NodeRole.EDGE)), identifier) == {("info", NOT_DETERMINABLE, "bare")}


def test_the_zone_of_another_edge_is_not_held_to_the_certificate_of_this_one() -> None:
    verifying = zone("TraversalClient", peers=(ZonePeer(address="edge.harbor.example"),))
    other = replace(verifying, name="Other", peers=(ZonePeer(address="elsewhere.example"),))

    assert judge(case(core(zones=(verifying, other)), edge()), "name-mismatch-peer-address") == set()
    alone = judge(case(core(zones=(other,)), edge()), "name-mismatch-peer-address")
    assert {subject for _, _, subject in alone} == {"Other: elsewhere.example"}

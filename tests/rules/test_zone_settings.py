"""Settings of zones, and wrong passwords."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Event, Node, NodeRole, PeerIdentity, Setting, Side, Visibility, Zone
from analyzer.facts.settings import DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE, DEFAULT_ZONE_TLS_VERIFY_MODE
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CORE, EDGE, LOG, START, ZONE, bare, core, edge, zone
from tests.rules.pki import EDGE_SERVER

MAPPING, ONE_WAY, DEFAULT_ZONE = "inbound-mapping-off", "zone-active-but-oneway", "default-zone-mtls-b2bua"
VERIFY_OFF, CREDENTIALS = "uc-zone-tls-verify-off", "traversal-credentials"


def webex_zone(classification: str | None, subject: str = "callservice.webex.com") -> Zone:
    return Zone(
        name="Webex", type="DNS", status="On", source="edge.zip/xconf.xml: Zones", tls_verify_mode="On",
        tls_verify_subject=subject, inbound_classification=classification,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (webex_zone("Off"), {("warning", "proven", "Webex")}),
        (webex_zone("On"), set()),
        (webex_zone(None), {("info", NOT_DETERMINABLE, "edge")}),
        (webex_zone("Off", "sip.partner.example"), set()),
    ],
)
def test_only_a_webex_dns_zone_without_inbound_mapping_is_told(own: Zone, found: set[object]) -> None:
    assert judge(case(edge(zones=(zone(), own))), MAPPING) == found
    assert judge(case(bare(NodeRole.EDGE)), MAPPING) == {("info", NOT_DETERMINABLE, "bare")}


def test_the_log_shows_that_webex_fell_into_the_default_zone() -> None:
    fallen = PeerIdentity(time=START, names=("l2sip.webex.com",), file=LOG, line=5, zone="DefaultZone")
    other = replace(fallen, names=("sip.partner.example",))
    node = edge(zones=(zone(), webex_zone("Off")), identities=(fallen, other))

    (finding,) = made(case(node), MAPPING)

    assert "1 time Webex was matched to the Default Zone" in finding.explanation
    assert (finding.count, finding.first) == (1, START)


def alarm(identifier: str) -> Alarm:
    return Alarm(id=identifier, severity="warning", title="TLS verify", source="edge.zip/xstat.xml: Alarm")


def test_tls_verify_that_is_off_is_told_by_zone_and_alarm_once() -> None:
    off = (zone(tls_verify_mode="Off"),)

    assert judge(case(edge(zones=off)), VERIFY_OFF) == {("warning", "proven", ZONE)}
    assert judge(case(edge(zones=off, alarms=(alarm("40040"),))), VERIFY_OFF) == {("warning", "proven", ZONE)}
    assert judge(case(edge(alarms=(alarm("40040"),))), VERIFY_OFF) == {("warning", "proven", "alarm 40040")}
    assert judge(case(edge(alarms=(alarm("40038"),))), VERIFY_OFF) == set()
    for healthy in (zone(), zone(tls_verify_mode=None), zone(tls_verify_mode="Off", unified_communications=None)):
        assert judge(case(edge(zones=(healthy,))), VERIFY_OFF) == set()
    assert judge(case(bare(NodeRole.EDGE)), VERIFY_OFF) == {("info", NOT_DETERMINABLE, "bare")}


def test_a_zone_without_a_subject_name_is_quoted_without_one() -> None:
    (found,) = made(
        case(core(zones=(zone("TraversalClient", tls_verify_mode="Off", tls_verify_subject=None),))), VERIFY_OFF
    )

    assert [row.text for row in found.evidence] == [f"zone {ZONE}: TLS verify mode Off"]


@pytest.mark.parametrize(
    ("changes", "client", "completed", "found"),
    [
        ({"tls_verify_mode": "Off"}, Visibility.NOT_REQUESTED, True, {("info", "proven", ZONE)}),
        ({"tls_verify_mode": "Off"}, Visibility.ENCRYPTED, True, set()),
        ({"tls_verify_mode": "Off"}, Visibility.NOT_REQUESTED, False, set()),
        ({"tls_verify_mode": "Off", "status": "Failed"}, Visibility.NOT_REQUESTED, True, set()),
        ({}, Visibility.NOT_REQUESTED, True, set()),
    ],
)
def test_an_active_zone_without_client_certificate_is_noted(
    changes: dict[str, Any], client: Visibility, completed: bool, found: set[object]
) -> None:
    node = edge(zones=(zone(**changes),))
    shown = connection(node, CORE, role=Side.SERVER, client=client, server=EDGE_SERVER, completed=completed)

    assert judge(case(node, connections=[shown]), ONE_WAY) == found
    assert judge(case(node), ONE_WAY) == {("info", NOT_DETERMINABLE, "edge")}


def test_a_core_sees_one_way_tls_whatever_its_own_zone_verifies() -> None:
    node = core()
    shown = connection(node, EDGE, role=Side.CLIENT, server=EDGE_SERVER, completed=True)

    assert judge(case(node, connections=[shown]), ONE_WAY) == {("info", "proven", ZONE)}


@pytest.mark.parametrize(
    ("verify", "media", "found"),
    [
        ("On", "BestEffort", {("warning", "proven", "Default Zone")}),
        ("On", "Auto", set()),
        ("Off", None, set()),
        ("On", None, {("info", NOT_DETERMINABLE, "edge")}),
        (None, "On", {("info", NOT_DETERMINABLE, "edge")}),
    ],
)
def test_mutual_tls_on_the_default_zone_needs_media_encryption_auto(
    verify: str | None, media: str | None, found: set[object]
) -> None:
    values = {DEFAULT_ZONE_TLS_VERIFY_MODE: verify, DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE: media}
    settings = {name: Setting(value=value, source=f"x.xml: {name}") for name, value in values.items() if value}

    assert judge(case(edge(settings=settings)), DEFAULT_ZONE) == found


def wrong_password(node: Node, at: float = 5, address: str = "10.1.1.10") -> Event:
    line = event(
        node, None, name="Authentication Failed", detail="Incorrect authentication credential for user", at=at,
        destination=None,
    )  # fmt: skip
    source = replace(line.record.source, address=address) if line.record.source else None
    return replace(line, record=replace(line.record, source=source))


def failed_edge(status: str = "Failed") -> Node:
    return edge(zones=(zone(status=status),))


def test_a_wrong_password_of_the_core_is_no_certificate_problem_and_explains_the_zone() -> None:
    node = failed_edge()
    judged = case(core(), node, events=[wrong_password(node), wrong_password(node, at=9)])

    (finding,) = made(judged, CREDENTIALS)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("critical", "proven", ZONE)
    assert (finding.count, finding.first) == (2, START + timedelta(seconds=5))
    assert "no certificate problem" in finding.explanation
    assert causes(judged)["edge", "uc-zone-failed"] == CREDENTIALS


def test_a_zone_whose_tls_completes_is_still_down_if_the_password_is_refused_after_it() -> None:
    node = failed_edge()
    shown = connection(node, CORE, role=Side.SERVER, completed=True)

    assert judge(case(node, connections=[shown]), "uc-zone-failed") == set()
    after = case(node, connections=[shown], events=[wrong_password(node)])
    assert judge(after, "uc-zone-failed") == {("critical", "proven", ZONE)}
    before = case(node, connections=[shown], events=[wrong_password(node, at=-5)])
    assert judge(before, "uc-zone-failed") == set()


def test_wrong_passwords_of_others_and_of_an_active_zone() -> None:
    node = failed_edge()
    phone = wrong_password(node, address="198.51.100.7")
    assert judge(case(core(), node, events=[phone]), CREDENTIALS) == set()

    active = failed_edge("Active")
    assert judge(case(core(), active, events=[wrong_password(active)]), CREDENTIALS) == {("warning", "proven", ZONE)}
    assert judge(case(edge(logs=())), CREDENTIALS) == {("info", NOT_DETERMINABLE, "edge")}
    other = event(node, None, name="Authentication Failed", detail="Admin session", at=1)
    assert judge(case(core(), node, events=[other]), CREDENTIALS) == set()

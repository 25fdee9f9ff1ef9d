"""Alarms that are no certificate's, and what the log does not show."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Case, Endpoint, NodeRole, Side, Visibility
from tests.rules.cases import NOT_DETERMINABLE, case, connection, event, findings, judge, made
from tests.rules.nodes import CORE, DENIED, INTERNET, bare, core, edge
from tests.rules.pki import certificate

PHONE = certificate("SEP001122334455.phones.example")


def alarm(identifier: str) -> Alarm:
    return Alarm(id=identifier, severity="warning", title="Words of Cisco", source="core.zip/xstat.xml: Alarm")


@pytest.mark.parametrize(
    ("rule", "identifier", "subject"),
    [
        ("ptr-mismatch", "25030", "alarm 25030"),
        ("ptr-mismatch", "25031", "alarm 25031"),
        ("verbose-logging-alarm", "25019", "alarm 25019"),
        ("smart-license-not-eku", "30035", "Smart Licensing"),
        ("smart-license-not-eku", "30046", "Smart Licensing"),
    ],
)
def test_such_alarms_go_to_the_context(rule: str, identifier: str, subject: str) -> None:
    (finding,) = made(case(core(alarms=(alarm(identifier),))), rule)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("info", "proven", subject)
    assert finding.is_context
    assert judge(case(core(alarms=(alarm("40068"),))), rule) == set()
    assert judge(case(bare(NodeRole.CORE)), rule) == {("info", NOT_DETERMINABLE, "bare")}


def test_reverse_dns_may_explain_ssh_tunnels_when_nothing_else_does() -> None:
    found = findings(case(core(alarms=(alarm("25030"),), tunnels=(replace(DENIED[0], reason="Unknown"),))))

    assert {one.caused_by for one in found if one.id == "ssh-tunnels-down"} == {"ptr-mismatch"}
    assert {one.is_context for one in found if one.id == "ptr-mismatch"} == {False}


def test_a_log_without_ssl_lines_is_noted_where_tls_failed() -> None:
    node = edge(logs=tuple(replace(log, has_ssl_debug=False) for log in edge().logs))
    refused = event(node, CORE, error="unsupported-purpose", role=Side.SERVER)

    assert judge(case(node, events=[refused]), "log-level-too-low") == {("info", "proven", "edge")}
    assert judge(case(node), "log-level-too-low") == set()
    assert judge(case(edge(), events=[refused]), "log-level-too-low") == set()
    assert judge(case(edge(logs=())), "log-level-too-low") == {("info", NOT_DETERMINABLE, "edge")}


def onboarding(port: int, code: int | None = 48) -> Case:
    node = edge()
    alert = (Side.SERVER, code) if code else None
    return case(
        node, connections=[connection(node, INTERNET, role=Side.SERVER, client=PHONE, port=port, alert=alert)]
    )


def test_a_phones_certificate_is_checked_with_a_list_that_no_bundle_holds() -> None:
    found = {("info", "inferred", "port 8443")}

    assert judge(onboarding(8443), "other-trust-list") == found
    for other in (onboarding(5061), onboarding(8443, 45), onboarding(8443, None)):
        assert judge(other, "other-trust-list") == set()
    assert judge(case(edge(logs=(), captures=())), "other-trust-list") == {("info", NOT_DETERMINABLE, "edge")}


def test_the_log_line_of_such_a_refusal_counts_by_its_port() -> None:
    node = edge()
    line = event(node, INTERNET, error="issuer-missing", role=Side.SERVER)
    there = Endpoint(address="10.2.2.20", port=8443)
    onboarding_line = replace(line, record=replace(line.record, destination=there))
    without_certificate = connection(
        node, INTERNET, role=Side.SERVER, client=Visibility.NONE_SENT, port=8443, alert=(Side.SERVER, 48)
    )

    assert judge(case(node, events=[onboarding_line]), "other-trust-list") == {("info", "inferred", "port 8443")}
    assert judge(case(node, events=[line]), "other-trust-list") == set()
    assert judge(case(node, connections=[without_certificate]), "other-trust-list") == set()

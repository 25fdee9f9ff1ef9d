"""Checks for revocation, and certificates that were refused as revoked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Alarm, Member, MemberKind, Node, ReadState, Setting, SettingChange, Side
from analyzer.facts.settings import REVOCATION_CHECKING_MODE, SOURCE_INACCESSIBILITY_BEHAVIOR
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, findings, judge, made
from tests.rules.nodes import CORE, CUBE, EDGE, INTERNET, SOME_CORE, START, WEBEX, bare, core, edge
from tests.rules.pki import CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, WEBEX_SERVER, authority, certificate, chain

UNAVAILABLE, OFF, REVOKED = "revocation-unavailable", "revocation-off", "certificate-revoked"
ALARM = Alarm(id="40001", severity="warning", title="CRL update failure", source="edge.zip/xstat.xml: Alarm 1")
PATH = "edge.zip/xconf.xml: Checking"


def checking(mode: str | None, behaviour: str | None = None, **changes: Any) -> Node:
    settings = {REVOCATION_CHECKING_MODE: Setting(value=mode, source=PATH)} if mode else {}
    if behaviour:
        settings[SOURCE_INACCESSIBILITY_BEHAVIOR] = Setting(value=behaviour, source=PATH)
    node = edge(**changes)
    return replace(node, settings={**node.settings, **settings})


# What cannot be had


@pytest.mark.parametrize("error", ["crl-unavailable", "crl-expired"])
@pytest.mark.parametrize("mode", ["On", None])
def test_a_refusal_for_want_of_a_list_is_critical(error: str, mode: str | None) -> None:
    node = checking(mode)
    lines = [event(node, CUBE, error=error, role=Side.SERVER, at=at) for at in (0, 40)]
    (finding,) = made(case(node, events=lines), UNAVAILABLE)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("critical", "proven", CUBE.name)
    assert finding.count == 2
    assert [str(remedy.kind) for remedy in finding.remedy] == ["durable", "stop-gap"]


def test_it_explains_unknown_ca_and_says_where_the_list_should_come_from() -> None:
    node = checking("On")
    refused = connection(node, SOME_CORE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    line = event(node, SOME_CORE, error="crl-unavailable", role=Side.SERVER, joined="c1")
    judged = case(node, connections=[refused], events=[line])
    (finding,) = made(judged, UNAVAILABLE)

    assert "ldap:///CN=HarborIssuingCA" in finding.explanation
    assert finding.count == 1
    assert causes(judged)["edge", "local-alert-unknown-ca"] == UNAVAILABLE


def test_unknown_ca_for_a_chain_that_is_trusted_is_inferred_where_revocation_is_checked() -> None:
    refused = connection(checking("On"), CUBE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 48))
    elsewhere = chain(certificate("core.harbor.example", issuer=authority("Elsewhere")))
    untrusted = connection(checking("On"), CUBE, role=Side.SERVER, client=elsewhere, alert=(Side.SERVER, 48))

    assert judge(case(checking("On"), connections=[refused]), UNAVAILABLE) == {("critical", "inferred", CUBE.name)}
    assert causes(case(checking("On"), connections=[refused]))["edge", "local-alert-unknown-ca"] == UNAVAILABLE
    assert judge(case(checking("Off"), connections=[refused]), UNAVAILABLE) == set()
    assert judge(case(checking("On"), connections=[untrusted]), UNAVAILABLE) == set()


def test_what_the_peer_says_or_nobody_known_had_is_not_ours() -> None:
    node = checking("On")
    lines = [
        event(node, CUBE, alert=48, role=Side.SERVER),
        event(node, INTERNET, error="crl-unavailable", role=Side.SERVER),
        event(node, None, error="crl-unavailable"),
    ]
    theirs = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 48))

    assert judge(case(node, connections=[theirs], events=lines), UNAVAILABLE) == set()


@pytest.mark.parametrize(
    ("mode", "behaviour", "expected"),
    [
        ("On", None, ("warning", "proven")),
        ("On", "Fail", ("warning", "proven")),
        ("On", "Ignore", ("info", "proven")),
        ("Off", None, ("info", "inferred")),
        (None, None, ("warning", "inferred")),
    ],
)
def test_an_alarm_alone_is_as_grave_as_the_settings_make_it(
    mode: str | None, behaviour: str | None, expected: tuple[str, str]
) -> None:
    node = checking(mode, behaviour, alarms=(ALARM,))

    assert judge(case(node), UNAVAILABLE) == {(*expected, "alarm 40001")}
    assert judge(case(checking(mode, behaviour)), UNAVAILABLE) == set()


def test_an_alarm_explains_no_refusal_by_itself() -> None:
    node = checking("On", alarms=(ALARM,))
    line = event(node, CUBE, error="self-signed", role=Side.SERVER)

    assert causes(case(node, events=[line]))["edge", "local-alert-unknown-ca"] != UNAVAILABLE


# What is not checked


def dumped(read: ReadState = ReadState.WHOLE) -> Member:
    return Member(
        name="xconf", reference="edge.zip/xconf.xml", kind=MemberKind.XCONF_XML, node="edge", size=1, sha256=None,
        read=read,
    )  # fmt: skip


def test_off_is_context() -> None:
    (finding,) = [one for one in findings(case(checking("Off"))) if one.id == OFF and one.determined]

    assert (str(finding.severity), str(finding.confidence), finding.is_context) == ("info", "proven", True)
    assert judge(case(checking("On")), OFF) == set()


def test_a_whole_dump_without_the_setting_means_the_default() -> None:
    assert judge(case(edge(members=(dumped(),))), OFF) == {("info", "inferred", "edge")}
    assert judge(case(edge(members=(dumped(ReadState.PART),))), OFF) == set()
    assert judge(case(edge()), OFF) == set()


def test_a_change_in_the_log_outranks_the_dump() -> None:
    change = SettingChange(time=START, value="Off", file="log", line=1)
    node = checking("On")
    changed = Setting(value="On", source=PATH, changes=(change,))

    assert judge(case(replace(node, settings={REVOCATION_CHECKING_MODE: changed})), OFF) == {
        ("info", "proven", "edge")
    }


# What was revoked


@pytest.mark.parametrize("by_us", [True, False])
@pytest.mark.parametrize("role", list(Side))
def test_the_alert_tells_whose_certificate_was_revoked_in_both_directions(by_us: bool, role: Side) -> None:
    node = edge()
    sender = role if by_us else role.other
    refused = connection(
        node, WEBEX, role=role, client=EDGE_CLIENT if role is Side.CLIENT else WEBEX_SERVER,
        server=WEBEX_SERVER if role is Side.CLIENT else EDGE_SERVER, alert=(sender, 44),
    )  # fmt: skip
    judged = case(node, connections=[refused])
    (finding,) = made(judged, REVOKED)
    own = EDGE_CLIENT if role is Side.CLIENT else EDGE_SERVER

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("critical", "proven", "Webex")
    assert f"serial {(WEBEX_SERVER if by_us else own).serial}, because" in finding.explanation
    assert causes(judged)["edge", f"{'local' if by_us else 'peer'}-alert-certificate-revoked"] == REVOKED


def test_the_log_tells_it_in_both_directions() -> None:
    node = edge(captures=())
    ours = event(node, CUBE, error="revoked", role=Side.SERVER)
    theirs = event(node, CUBE, alert=44, role=Side.SERVER)
    (by_us,), (by_peer,) = (made(case(node, events=[line]), REVOKED) for line in (ours, theirs))

    assert f"refused {CUBE.name}'s certificate because" in by_us.explanation
    assert f"serial {EDGE_SERVER.serial} by the store rule," in by_peer.explanation
    assert causes(case(node, events=[ours]))["edge", "local-alert-certificate-revoked"] == REVOKED
    assert causes(case(node, events=[theirs]))["edge", "peer-alert-certificate-revoked"] == REVOKED


def test_one_failure_with_frame_and_line_counts_once() -> None:
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 44))
    line = event(node, CUBE, alert=44, role=Side.SERVER, joined="c1")
    (finding,) = made(case(node, connections=[refused], events=[line]), REVOKED)

    assert finding.count == 1


def test_several_lines_of_one_failure_count_once() -> None:
    node = edge(captures=())
    record, echo = (
        event(node, CUBE, error=error, role=Side.SERVER, name=name)
        for error, name in (("revoked", None), ("revoked", "developer.ssl"))
    )
    demanded, again = (
        event(node, WEBEX, error="crl-unavailable", role=Side.CLIENT, name=name) for name in (None, "developer.ssl")
    )
    judged = case(node, events=[record, echo, demanded, again])

    assert [one.count for one in made(judged, REVOKED)] == [1]
    assert [one.count for one in made(judged, UNAVAILABLE)] == [1]


def test_other_alerts_and_whom_nobody_knows_say_nothing_of_revocation() -> None:
    node = edge()
    quiet = [
        connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 44)),
        connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 45)),
    ]
    line = event(node, INTERNET, error="revoked", role=Side.SERVER)

    assert judge(case(node, connections=quiet, events=[line]), REVOKED) == set()


def test_the_partner_that_refused_a_revoked_certificate_explains_the_alert_at_the_other_end() -> None:
    holder, node = core(), edge()
    received = connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT, alert=(Side.SERVER, 44))
    sent = connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, alert=(Side.SERVER, 44))
    tied = causes(case(holder, node, connections=[received, sent]))

    assert tied["edge", "local-alert-certificate-revoked"] == REVOKED
    assert tied["core", "peer-alert-certificate-revoked"] == REVOKED


@pytest.mark.parametrize("rule", [UNAVAILABLE, OFF, REVOKED])
def test_without_evidence_it_is_not_determinable(rule: str) -> None:
    assert judge(case(bare(edge().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}

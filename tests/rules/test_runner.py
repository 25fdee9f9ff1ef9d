from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.evidence import Alarm, NodeRole, ReferenceTime, Setting, Side, Stores, TlsRecord, Visibility
from analyzer.facts.citations import citations
from analyzer.facts.settings import REVOCATION_CHECKING_MODE
from analyzer.findings import Confidence, Finding, Severity
from analyzer.rules.catalogue import RULES
from analyzer.rules.cause_table import CAUSES
from analyzer.rules.causes import tie
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.runner import Grounded, is_met, run
from analyzer.rules.verdicts import verdicts_of
from analyzer.rules.view import NodeView, views_of
from analyzer.words import say
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, conversation, event, findings, judge, made
from tests.rules.nodes import (
    CAPTURE,
    CORE,
    CUBE,
    CUCM,
    EDGE,
    INTERNET,
    NAMED,
    SOME_CORE,
    START,
    UNKNOWN,
    WEBEX,
    bare,
    core,
    edge,
    mode,
    stores,
    tunnel,
    zone,
)
from tests.rules.pki import CORE_CLIENT, CORE_CLIENT_SERVER_ONLY, EDGE_CLIENT, EDGE_SERVER, WEBEX_SERVER

A_FAULT = "a rule without a fault"


def rule(judge_: Any = lambda _: iter(()), **changes: Any) -> Rule:
    return Rule(
        **{
            "id": "test",
            "title": "A test",
            "meaning": "Said in tests.",
            "severity": Severity.INFO,
            "judge": judge_,
            **changes,
        }
    )


def hit(view: NodeView) -> Iterator[Judgement]:
    yield Judgement(severity=Severity.INFO, confidence=Confidence.PROVEN, subject="", explanation=say("hit"))


def ran(one: Rule, *nodes: Any) -> list[str | None]:
    """Return what is missing, or None for a hit, of each finding."""
    return [grounded.finding.missing for grounded in run(case(*nodes), [one])]


# The runner


def test_a_rule_runs_once_for_each_node() -> None:
    assert [grounded.finding.node for grounded in run(case(core(), edge()), [rule(hit)])] == ["core", "edge"]


@pytest.mark.parametrize(
    ("changes", "at", "expected"),
    [
        ({"roles": (NodeRole.EDGE,)}, core(), []),
        ({"roles": (NodeRole.CORE,)}, core(), [None]),
        ({"roles": (NodeRole.CORE,)}, bare(NodeRole.UNKNOWN), [Need.ROLE.missing]),
        ({"applies_to": ">=X15.5"}, core(), [None]),
        ({"applies_to": "<X15.5"}, core(), []),
        ({"applies_to": "<=X15.4"}, core(version="X15.4.2"), [None]),
        ({"applies_to": ">=X15.5"}, bare(NodeRole.CORE), [Need.VERSION.missing]),
        ({"needs": (Need.LOG,)}, core(logs=()), [Need.LOG.missing]),
        ({"needs": ((Need.LOG, Need.CAPTURE),)}, core(logs=()), [None]),
        ({"needs": ((Need.LOG, Need.CAPTURE),)}, core(logs=(), captures=()), [Need.LOG.missing]),
        ({"needs": (Need.LOG, Need.CAPTURE)}, core(logs=(), captures=()), [Need.LOG.missing]),
    ],
)
def test_roles_and_releases_silence_a_rule_and_missing_needs_are_said_once(
    changes: dict[str, Any], at: Any, expected: list[str | None]
) -> None:
    assert ran(rule(hit, **changes), at) == expected


@pytest.mark.parametrize("need", list(Need))
def test_each_need_is_met_by_a_whole_pair_and_by_no_empty_node(need: Need) -> None:
    both = [connection(core(), EDGE, role=Side.CLIENT), connection(edge(), CORE, role=Side.SERVER)]
    whole = views_of(case(core(), edge(), connections=both))[0]
    empty = views_of(case(bare(NodeRole.UNKNOWN)))[0]

    assert is_met(need, whole)
    assert not is_met(need, empty)


def test_zones_that_the_status_dump_alone_tells_of_are_no_configuration() -> None:
    where = "edge.zip/xstat.xml: Zones"
    (view,) = views_of(case(core(settings={}, zones=(zone("TraversalClient", source=where, status_source=where),))))

    assert is_met(Need.ZONES, view)
    assert not is_met(Need.CONFIGURATION, view)
    assert is_met(Need.CONFIGURATION, views_of(case(core(settings={})))[0])


def test_a_rule_that_fails_costs_its_own_row(caplog: pytest.LogCaptureFixture) -> None:
    def broken(view: NodeView) -> Iterator[Judgement]:
        raise KeyError("x")

    with caplog.at_level(logging.CRITICAL):
        assert ran(rule(broken), core()) == [A_FAULT]
        assert {g.finding.id for g in run(case(core()), [rule(broken), rule(hit, id="other")])} == {"test", "other"}


def test_the_gravest_come_first_then_the_order_of_the_catalogue() -> None:
    def graded(severity: Severity) -> Any:
        return lambda _: iter(
            [Judgement(severity=severity, confidence=Confidence.PROVEN, subject="", explanation=say(""))]
        )

    order = [Severity.INFO, Severity.CRITICAL, Severity.OK, Severity.WARNING, Severity.CRITICAL]
    rules = [rule(graded(severity), id=str(number)) for number, severity in enumerate(order)]

    assert [g.finding.id for g in run(case(core()), rules)] == ["1", "4", "3", "0", "2"]


# The catalogue


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)
def test_a_node_of_which_nothing_is_known_makes_no_rule_decide(one: Rule) -> None:
    role = one.roles[0] if one.roles else NodeRole.UNKNOWN

    assert all(sure == NOT_DETERMINABLE for _, sure, _ in judge(case(bare(role)), one.id))
    if one.needs:
        assert judge(case(bare(role)), one.id)


def test_ids_are_unique_and_every_rule_names_its_sources() -> None:
    assert len({one.id for one in RULES}) == len(RULES)
    assert all(citations(one.sources) for one in RULES)


def test_no_cause_leads_back_to_its_effect() -> None:
    def leads_to(identifier: str, seen: tuple[str, ...] = ()) -> None:
        assert identifier not in seen, (*seen, identifier)
        for cause in CAUSES.get(identifier, ()):
            leads_to(cause, (*seen, identifier))

    for effect in CAUSES:
        leads_to(effect)


def test_a_healthy_pair_gives_nothing_above_information() -> None:
    holder, node = core(), edge()
    talk = [
        connection(holder, EDGE, role=Side.CLIENT, client=CORE_CLIENT, server=EDGE_SERVER, completed=True),
        connection(node, CORE, role=Side.SERVER, client=CORE_CLIENT, server=EDGE_SERVER, completed=True),
        connection(node, WEBEX, role=Side.CLIENT, client=CORE_CLIENT, server=WEBEX_SERVER, completed=True, port=5061),
        connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, client=Visibility.NONE_SENT, completed=True),
    ]
    judged = case(holder, edge(stores=stores(EDGE_SERVER, CORE_CLIENT)), connections=talk)

    assert causes(judged) == {}
    assert "ok" in {str(one.severity) for one in findings(judged)}


# Whatever is missing or odd


peers = st.sampled_from([WEBEX, CORE, EDGE, SOME_CORE, CUBE, CUCM, NAMED, INTERNET, UNKNOWN])
shown = st.sampled_from([*Visibility, CORE_CLIENT, CORE_CLIENT_SERVER_ONLY, EDGE_SERVER, (EDGE_SERVER,)]).filter(
    lambda one: one is not Visibility.SEEN
)
roles = st.sampled_from([None, *Side])
codes = st.sampled_from([0, 40, 42, 43, 44, 45, 46, 48, 51, 116, 250])
errors = st.sampled_from(
    [None, "unsupported-purpose", "issuer-missing", "expired", "identity-unacceptable", "remote-disconnect",
     "handshake-failure", "verify-failed", "no-certificate", "not-yet-valid", "weak-key", "revoked",
     "crl-unavailable", "crl-expired"]
)  # fmt: skip
record = TlsRecord(sender=Side.SERVER, length=19, capture=CAPTURE, frame=9, time=START)


@st.composite
def cases(draw: st.DrawFn) -> Any:
    missing = st.sampled_from(
        ["version", "addresses", "zones", "tunnels", "settings", "stores", "logs", "captures", "reference_time"]
    )
    empty: dict[str, Any] = {
        "version": None, "addresses": (), "zones": (), "tunnels": None, "settings": {}, "stores": Stores(),
        "logs": (), "captures": (), "reference_time": ReferenceTime(time=None, origin="none"),
    }  # fmt: skip
    nodes = []
    for make in (core, edge):
        gone = {name: empty[name] for name in draw(st.lists(missing, max_size=4))}
        odd: dict[str, Any] = {
            "zones": (zone(status=draw(st.sampled_from([None, "Failed", "Active", "?"])), port=None, source=None),),
            "tunnels": (tunnel(draw(st.sampled_from(["Failed", "Active"])), "Permission denied"),),
            "settings": mode(draw(st.sampled_from([None, "Off", "On"])))
            | {REVOCATION_CHECKING_MODE: Setting(value=draw(st.sampled_from([None, "Off", "On"])))},
            "alarms": (
                Alarm(id=draw(st.sampled_from([None, "25020", "25022", "40001", "40052"])), severity=None, title=""),
            ),
            "conversations": (conversation(), conversation(established=False, ended=None)),
        }
        nodes.append(make(**{**(odd if draw(st.booleans()) else {}), **gone}))
    connections = [
        connection(
            draw(st.sampled_from(nodes)), draw(peers), role=draw(roles), client=draw(shown), server=draw(shown),
            alert=draw(st.none() | st.tuples(st.sampled_from(Side), codes)),
            completed=draw(st.sampled_from([None, True, False])),
            resumed=draw(st.sampled_from([None, True, False])), closed_by=draw(roles),
            last_record_before_close=draw(st.sampled_from([None, record])), encrypted_records=(record,),
            at=draw(st.integers(0, 300)),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    events = [
        event(
            draw(st.sampled_from(nodes)), draw(st.none() | peers), error=draw(errors), role=draw(roles),
            alert=draw(st.sampled_from([None, None, 43, 48])), at=draw(st.none() | st.integers(0, 300)),
            common_name=draw(st.sampled_from([None, "x.example"])),
            name=draw(st.sampled_from([None, "ssh", "Application Start", "Certificate Management", "network.tcp"])),
            source=draw(st.sampled_from([None, connections[0].handshake.client if connections else None])),
            detail=draw(st.sampled_from(["", "Permission denied", "connection failed", "timed out"])),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    return case(*nodes, connections=connections, events=events)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_no_rule_fails_and_nobody_unknown_is_critical(judged: Any) -> None:
    found = findings(judged)
    ids = {one.id for one in found if one.determined}

    assert not [one.id for one in found if one.missing == A_FAULT]
    assert all(one.determined or one.severity is Severity.INFO for one in found)
    assert all(one.caused_by is None or one.caused_by in ids for one in found)
    ours = {"presented-wrong-store", "presented-stale-certificate"}  # our own mistakes, whoever sees them
    nobody = {INTERNET.name, UNKNOWN.name}
    assert not [
        one.id for one in found if one.severity is Severity.CRITICAL and one.subject in nobody and one.id not in ours
    ]
    assert len(verdicts_of(judged)) >= len({(one.node, one.peer.name) for one in judged.connections})


def test_a_refusal_seen_from_both_ends_is_one_story() -> None:
    the_core, the_edge = core(partners=("edge",)), edge(partners=("core",))
    refused = connection(
        the_core, EDGE, role=Side.CLIENT, client=CORE_CLIENT, server=EDGE_SERVER, alert=(Side.SERVER, 42)
    )
    refusing = connection(
        the_edge, CORE, role=Side.SERVER, client=CORE_CLIENT, server=EDGE_SERVER, alert=(Side.SERVER, 42)
    )

    told = causes(case(the_core, the_edge, connections=[refused, refusing]))

    assert told["core", "peer-alert-bad-certificate"] == "local-alert-bad-certificate"
    assert told["edge", "local-alert-bad-certificate"] is None


def test_what_is_of_no_weight_is_context_until_it_is_tied_to_a_failure() -> None:
    told = {one.id: one.is_context for one in findings(case(core(), edge())) if one.determined}
    without_capture = edge(captures=(), zones=(zone(status="Failed"),))
    refused = event(without_capture, SOME_CORE, role=Side.SERVER, error="unknown-ca")
    tied = {one.id: one for one in findings(case(without_capture, events=[refused])) if one.determined}

    assert told["store-certs-differ"]
    assert not told["core-client-capable-success"]
    assert not any(one.is_context and one.caused_by for one in tied.values())
    assert not tied["uc-zone-failed"].is_context


def test_a_finding_keeps_what_it_rests_on_and_whom_it_is_about_for_the_first_screen() -> None:
    node = edge()
    refused = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48))
    line = event(node, WEBEX, role=Side.CLIENT, alert=48, joined="c1")

    (told,) = made(case(node, connections=[refused], events=[line]), "peer-alert-unknown-ca")

    assert set(told.rests_on) == {"c1", "e1"}
    assert set(told.about) == {"Webex"}


def test_what_explains_something_graver_is_as_grave_and_stands_first() -> None:
    cause, effect = grounded("restart-required", Severity.WARNING), grounded("presented-stale-certificate")
    apart = grounded("trust-missing-own-issuer", Severity.WARNING)

    tied = tie((effect, apart, cause))

    assert [(one.id, one.severity, one.caused_by) for one in tied] == [
        ("presented-stale-certificate", Severity.CRITICAL, "restart-required"),
        ("restart-required", Severity.CRITICAL, None),
        ("trust-missing-own-issuer", Severity.WARNING, None),
    ]


def test_what_explains_something_lesser_stays_what_it_is() -> None:
    cause, effect = grounded("restart-required"), grounded("presented-stale-certificate", Severity.WARNING)

    assert [one.severity for one in tie((cause, effect))] == [Severity.CRITICAL, Severity.WARNING]


def grounded(identifier: str, severity: Severity = Severity.CRITICAL) -> Grounded:
    finding = Finding(
        id=identifier,
        severity=severity,
        confidence=Confidence.PROVEN,
        node="edge",
        subject="edge",
        title=say("Title"),
        explanation=say("Explanation."),
    )
    return Grounded(finding, frozenset(), frozenset(), frozenset({"edge"}))

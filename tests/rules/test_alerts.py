from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analyzer.evidence import Node, Outcome, Peer, Side, Visibility
from analyzer.findings import HERE
from analyzer.rules.alert_meanings import MEANINGS, Meaning
from tests.rules.cases import NOT_DETERMINABLE, case, connection, event, findings, judge, made
from tests.rules.nodes import CORE, CUBE, CUCM, INTERNET, NAMED, START, UNKNOWN, WEBEX, core, edge, stores
from tests.rules.pki import CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, WEBEX_SERVER

SEEN: dict[str, Any] = {"client": EDGE_CLIENT, "server": WEBEX_SERVER}
EVERY_ID = (
    "peer-alert-unknown-ca",
    "local-alert-unknown-ca",
    "peer-alert-certificate-unknown",
    "local-alert-certificate-unknown",
    "peer-alert-unsupported-certificate",
    "local-alert-unsupported-certificate",
    "peer-alert-bad-certificate",
    "local-alert-bad-certificate",
    "peer-alert-certificate-expired",
    "local-alert-certificate-expired",
    "peer-alert-certificate-revoked",
    "local-alert-certificate-revoked",
    "peer-alert-certificate-required",
    "local-alert-certificate-required",
    "peer-alert-handshake-failure",
    "local-alert-handshake-failure",
    "peer-alert-access-denied-or-decrypt",
    "local-alert-access-denied-or-decrypt",
    "internet-background",
)
EVERY_ALERT = [(meaning, code) for meaning in MEANINGS for code in meaning.codes]


@pytest.mark.parametrize(("meaning", "code"), EVERY_ALERT)
@pytest.mark.parametrize("role", list(Side))
@pytest.mark.parametrize("by_us", [True, False])
def test_the_sender_tells_who_refused_whatever_the_role(meaning: Meaning, code: int, role: Side, by_us: bool) -> None:
    node = edge()
    sender = role if by_us else role.other
    judged = case(node, connections=[connection(node, WEBEX, role=role, alert=(sender, code), **SEEN)])

    ours, theirs = f"local-alert-{meaning.name}", f"peer-alert-{meaning.name}"
    expected = {(str(meaning.severity), "proven", "Webex")}
    assert judge(judged, ours) == (expected if by_us else set())
    assert judge(judged, theirs) == (set() if by_us else expected)


@pytest.mark.parametrize(("meaning", "error"), [(meaning, error) for meaning in MEANINGS for error in meaning.errors])
def test_a_verify_error_in_the_log_is_a_refusal_by_this_node(meaning: Meaning, error: str) -> None:
    node = core(captures=())
    judged = case(node, events=[event(node, CUCM, error=error, role=Side.CLIENT)])

    assert judge(judged, f"local-alert-{meaning.name}") == {(str(meaning.severity), "proven", CUCM.name)}
    assert judge(judged, f"peer-alert-{meaning.name}") == set()


@pytest.mark.parametrize(("meaning", "code"), EVERY_ALERT)
def test_an_alert_in_the_log_is_a_refusal_by_the_peer(meaning: Meaning, code: int) -> None:
    node = core(captures=())
    judged = case(node, events=[event(node, CUCM, alert=code, role=Side.CLIENT)])

    assert judge(judged, f"peer-alert-{meaning.name}") == {(str(meaning.severity), "proven", CUCM.name)}
    assert judge(judged, f"local-alert-{meaning.name}") == set()


@pytest.mark.parametrize("peer", [INTERNET, UNKNOWN])
@pytest.mark.parametrize("code", [40, 42, 43, 45, 46, 48, 116])
def test_nobody_configured_or_named_raises_an_alert_to_critical(peer: Peer, code: int) -> None:
    node = edge()
    judged = case(
        node,
        connections=[
            connection(node, peer, role=Side.SERVER, server=EDGE_SERVER, client=CORE_CLIENT, alert=(sender, code))
            for sender in Side
        ],
        events=[event(node, peer, alert=code, role=Side.SERVER)],
    )

    for meaning in MEANINGS:
        assert judge(judged, f"peer-alert-{meaning.name}") == judge(judged, f"local-alert-{meaning.name}") == set()


@pytest.mark.parametrize("identifier", EVERY_ID)
def test_whose_alert_a_capture_shows_is_not_determinable_without_the_nodes_addresses(identifier: str) -> None:
    node = edge(addresses=(), logs=())
    judged = case(node, connections=[connection(node, WEBEX, role=None, alert=(Side.SERVER, 43), **SEEN)])

    assert judge(judged, identifier) == {("info", NOT_DETERMINABLE, "edge")}


@pytest.mark.parametrize("identifier", EVERY_ID)
def test_without_capture_and_log_an_alert_is_not_determinable(identifier: str) -> None:
    judged = case(edge(captures=(), logs=()))

    assert judge(judged, identifier) == {("info", NOT_DETERMINABLE, "edge")}
    assert judge(case(edge(captures=())), identifier) == judge(case(edge(logs=())), identifier) == set()


def test_repeats_are_one_finding_with_a_count_and_a_span() -> None:
    node = edge()
    repeats = [
        connection(node, WEBEX, role=Side.CLIENT, alert=(Side.SERVER, 48), at=at, **SEEN) for at in (0, 40, 80)
    ]
    joined = [
        event(node, WEBEX, alert=48, role=Side.CLIENT, joined="c1"),
        event(node, WEBEX, alert=48, role=Side.CLIENT, at=200),
    ]

    (finding,) = made(case(node, connections=repeats, events=joined), "peer-alert-unknown-ca")

    assert finding.count == 4
    assert (finding.first, finding.last) == (START, START + timedelta(seconds=200))


def test_a_peer_that_is_told_in_two_ways_is_one_peer() -> None:
    node = edge()
    again = Peer(name=WEBEX.name, kind=WEBEX.kind, reason="server name")
    judged = case(
        node,
        connections=[
            connection(node, peer, role=Side.CLIENT, alert=(Side.SERVER, 48), **SEEN) for peer in (WEBEX, again)
        ],
    )

    (finding,) = made(judged, "peer-alert-unknown-ca")
    assert finding.count == 2


def test_the_alert_is_dated_from_the_certificate_that_it_answers() -> None:
    node = edge()
    judged = case(node, connections=[connection(node, WEBEX, role=Side.CLIENT, alert=(Side.SERVER, 46), **SEEN)])

    (finding,) = made(judged, "peer-alert-certificate-unknown")

    assert (
        "Webex refused this node's certificate: alert certificate_unknown (46), frame 9 of edge.zip/eth0.pcap, "
        "0.006 s after the certificate in frame 3." in finding.explanation
    )


def test_only_the_alert_that_was_sent_is_named() -> None:
    node = edge()
    judged = case(node, connections=[connection(node, WEBEX, role=Side.CLIENT, alert=(Side.SERVER, 51), **SEEN)])

    (finding,) = made(judged, "peer-alert-access-denied-or-decrypt")

    assert "decrypt_error (51)" in finding.explanation
    assert "access_denied" not in finding.explanation


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"client": Visibility.NOT_REACHED}, "refused the handshake with this node"),
        ({"client": Visibility.NONE_SENT}, "refused the handshake with this node"),
        ({"client": EDGE_CLIENT}, "refused this node's certificate"),
    ],
)
def test_a_handshake_failure_is_about_a_certificate_only_if_one_came_before_it(
    shown: dict[str, Any], words: str
) -> None:
    node = edge()
    judged = case(node, connections=[connection(node, NAMED, role=Side.CLIENT, alert=(Side.SERVER, 40), **shown)])

    (finding,) = made(judged, "peer-alert-handshake-failure")

    assert words in finding.explanation


def test_webex_refused_by_us_is_not_webex_refusing_us() -> None:
    node = edge()
    ours = connection(
        node, WEBEX, role=Side.CLIENT, server=WEBEX_SERVER, client=Visibility.NOT_REACHED, alert=(Side.CLIENT, 48)
    )
    judged = case(node, connections=[ours])

    assert judge(judged, "local-alert-unknown-ca") == {("critical", "proven", "Webex")}
    assert judge(judged, "peer-alert-unknown-ca") == set()
    assert judge(judged, "webex-client-presented") == set()


@pytest.mark.parametrize(("code", "name"), [(40, "handshake-failure"), (116, "certificate-required")])
def test_a_line_about_a_refusal_stands_with_the_alert_that_was_sent(code: int, name: str) -> None:
    """A client without a certificate is refused with another alert under each version, and in the same words."""
    node = edge()
    refused = connection(node, CUBE, role=Side.SERVER, client=Visibility.NONE_SENT, alert=(Side.SERVER, code))
    line = event(node, CUBE, error="no-certificate", role=Side.SERVER, joined="c1")

    found = [f for f in findings(case(node, connections=[refused], events=[line])) if f.id.startswith("local-alert-")]

    assert [(f.id, f.count, len(f.evidence)) for f in found if f.determined] == [(f"local-alert-{name}", 1, 3)]


def test_what_is_wrong_with_the_client_certificate_explains_no_refusal_of_the_servers() -> None:
    """Webex refuses the Edge's private client certificate; a client refuses the server's."""
    node = edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT))
    as_client = connection(node, WEBEX, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48))
    as_server = connection(node, CUBE, role=Side.SERVER, server=EDGE_CLIENT, alert=(Side.CLIENT, 48))

    told = made(case(node, connections=[as_client, as_server]), "peer-alert-unknown-ca")

    assert {finding.subject: finding.caused_by for finding in told} == {
        "Webex": "far-end-must-trust-private-ca",
        CUBE.name: None,
    }


# Each step where it is taken


def steps(node: Node, peer: Peer, role: Side, sender: Side, code: int, *others: Node) -> list[tuple[str, str | None]]:
    """Return the steps about one alert: the text, and where it is taken."""
    shown = connection(node, peer, role=role, client=EDGE_CLIENT, server=EDGE_SERVER, alert=(sender, code))
    judged = case(node, *others, connections=[shown])
    found = [f for f in findings(judged) if "-alert-" in f.id and f.determined and f.node == node.name]
    return [(remedy.text, remedy.at) for finding in found for remedy in finding.remedy]


def test_a_peer_that_is_no_node_of_the_case_is_told_of_and_gets_no_menu_of_ours() -> None:
    shown = connection(edge(), CUBE, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 48))
    (finding,) = made(case(edge(), connections=[shown]), "peer-alert-unknown-ca")
    let_trust, use_another = finding.remedy

    assert (let_trust.at, let_trust.command) == (None, None)
    assert let_trust.text.startswith(f"See that {CUBE.name} trusts the CA of edge's certificate")
    assert (use_another.at, use_another.instead) == (HERE, True)
    assert use_another.text == f"Or present a client certificate with clientAuth from a CA that {CUBE.name} trusts."
    assert use_another.command == "Maintenance > Security > Client certificate"


def test_a_peer_whose_bundle_is_at_hand_gets_the_step_and_its_menu() -> None:
    node, other = edge(), core()
    refused = connection(node, CORE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 48))
    (finding,) = made(case(node, other, connections=[refused]), "peer-alert-unknown-ca")

    assert [(one.at, one.command) for one in finding.remedy] == [
        ("core", "Maintenance > Security > Trusted CA certificate"),
        (HERE, "Maintenance > Security > Server certificate"),
    ]


def test_webex_is_told_what_control_hub_offers_with_the_date_of_the_document() -> None:
    (text, at), (other, where) = steps(edge(), WEBEX, Side.CLIENT, Side.SERVER, 46)

    assert "Control Hub" in text
    assert "(2020-12-06)" in text
    assert at is None
    assert (other, where) == ("Or present a client certificate with clientAuth from a CA that Webex trusts.", HERE)


def test_a_refused_purpose_names_the_peer_the_role_and_the_usage() -> None:
    assert steps(edge(), CUBE, Side.SERVER, Side.SERVER, 43) == [
        (
            f"Have {CUBE.name} present a client certificate with clientAuth; the CAs above it must allow that "
            "use, too.",
            None,
        )
    ]


# What concerns nobody


def test_the_internets_failures_are_one_row_for_information() -> None:
    node = edge()
    scanners = [
        connection(node, INTERNET, role=Side.SERVER, alert=(Side.SERVER, 40)),
        connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 48)),
        connection(node, INTERNET, role=Side.SERVER, closed_by=Side.CLIENT),
    ]
    line = event(node, INTERNET, error="handshake-failure", role=Side.SERVER)

    (finding,) = made(case(node, connections=scanners, events=[line]), "internet-background")

    assert (str(finding.severity), finding.count) == ("info", 4)


def test_what_succeeds_or_has_a_name_is_no_background() -> None:
    node = edge()
    fine = connection(node, INTERNET, role=Side.SERVER, server=EDGE_SERVER, completed=True)
    known = connection(node, CUBE, role=Side.SERVER, server=EDGE_SERVER, alert=(Side.CLIENT, 48))
    judged = case(node, connections=[fine, known])

    assert [one.outcome for one in judged.connections] == [Outcome.COMPLETED, Outcome.REFUSED]
    assert judge(judged, "internet-background") == set()


@pytest.mark.parametrize(
    "identifier", ["local-alert-access-denied-or-decrypt", "peer-alert-access-denied-or-decrypt"]
)
@pytest.mark.parametrize("code", [49, 51, 80])
def test_denied_undecryptable_and_internal_errors_are_a_warning_to_the_side_that_sent_them(
    identifier: str, code: int
) -> None:
    node = edge()
    sender = Side.SERVER if identifier.startswith("local") else Side.CLIENT
    sent = connection(node, CUBE, role=Side.SERVER, client=CORE_CLIENT, server=EDGE_SERVER, alert=(sender, code))
    other = connection(node, CUBE, role=Side.SERVER, client=CORE_CLIENT, server=EDGE_SERVER, alert=(sender, 50))

    assert judge(case(node, connections=[sent]), identifier) == {("warning", "proven", CUBE.name)}
    assert judge(case(node, connections=[other]), identifier) == set()
    assert judge(case(edge(captures=(), logs=())), identifier) == {("info", NOT_DETERMINABLE, "edge")}

"""The authorities that a CertificateRequest names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Certificate, Connection, MemberKind, Node, Peer, ReadState, Side
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CUBE, INTERNET, NAMED, WEBEX, core, edge, stores
from tests.rules.pki import (
    BOTH,
    CORE_CLIENT,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    WITHOUT_ISSUING,
    authority,
    certificate,
    chain,
)

ANNOUNCES, SILENT_ABOUT_IT = "peer-announces-our-ca", "peer-does-not-announce-our-ca"
IN_MEMORY = "trusted-list-in-memory-differs"

PARTNER = certificate("sip.partner.example", BOTH, authority("Partner"))
PARTNER_CAS = chain(PARTNER, root=True)[1:]


def naming(authorities: Iterable[Certificate], sent: Connection) -> Connection:
    """Let the CertificateRequest of a connection name authorities."""
    held = tuple(authorities)
    handshake = replace(
        sent.handshake,
        certificate_authorities=tuple(one.subject or "" for one in held),
        certificate_authority_names=tuple(one.subject_der or b"" for one in held),
    )
    return replace(sent, handshake=handshake)


def asked(
    node: Node, authorities: Iterable[Certificate], peer: Peer = WEBEX, code: int | None = None, **more: Any
) -> Connection:
    """This node, as a client, is asked for a certificate of one of these authorities."""
    alert = (Side.SERVER, code) if code else None
    sent = connection(
        node, peer, role=Side.CLIENT, client=EDGE_CLIENT, alert=alert, completed=None if code else True, **more
    )
    return naming(authorities, sent)


# The peer's list


@pytest.mark.parametrize("named", [EVERYONE[:1], EVERYONE[1:2]], ids=["the issuing CA", "the root alone"])
def test_a_peer_that_names_an_authority_above_our_certificate_knows_it(named: tuple[Certificate, ...]) -> None:
    node = edge()
    judged = case(node, connections=[asked(node, (*PARTNER_CAS, *named))])

    assert judge(judged, ANNOUNCES) == {("info", "proven", "Webex")}
    assert judge(judged, SILENT_ABOUT_IT) == set()


def test_a_peer_that_names_only_others_is_told_and_warned_of_only_if_it_refused() -> None:
    node = edge()

    assert judge(case(node, connections=[asked(node, PARTNER_CAS)]), SILENT_ABOUT_IT) == {("info", "proven", "Webex")}
    refused = case(node, connections=[asked(node, PARTNER_CAS, code=48)])
    assert judge(refused, SILENT_ABOUT_IT) == {("warning", "proven", "Webex")}
    assert causes(refused)["edge", SILENT_ABOUT_IT] == "peer-alert-unknown-ca"


def test_an_empty_list_says_nothing() -> None:
    node = edge()
    judged = case(node, connections=[asked(node, (), code=48)])

    assert judge(judged, ANNOUNCES) == judge(judged, SILENT_ABOUT_IT) == set()


def test_an_unknown_rest_of_the_path_may_be_named() -> None:
    """Only the leaf is at hand: a root that is named could stand above it."""
    node = edge()
    lone = naming(EVERYONE[:2], connection(node, WEBEX, role=Side.CLIENT, client=(PARTNER,)))

    assert judge(case(node, connections=[lone]), SILENT_ABOUT_IT) == {("info", "inferred", "Webex")}


def test_an_issuer_is_found_by_its_name_though_its_certificate_is_not_at_hand() -> None:
    node = edge()
    lone = naming(PARTNER_CAS[:1], connection(node, WEBEX, role=Side.CLIENT, client=(PARTNER,)))

    assert judge(case(node, connections=[lone]), ANNOUNCES) == {("info", "proven", "Webex")}


def test_strangers_and_inbound_connections_are_not_meant() -> None:
    node = edge()
    inbound = naming(PARTNER_CAS, connection(node, WEBEX, role=Side.SERVER, client=EDGE_CLIENT))
    judged = case(node, connections=[inbound, asked(node, PARTNER_CAS, INTERNET)])

    assert judge(judged, SILENT_ABOUT_IT) == set()


def test_each_peer_is_one_finding() -> None:
    node = edge()
    sent = [asked(node, PARTNER_CAS, peer, at=at) for at, peer in enumerate((WEBEX, WEBEX, CUBE))]

    found = made(case(node, connections=sent), SILENT_ABOUT_IT)

    assert {(one.subject, one.count) for one in found} == {("Webex", 2), (CUBE.name, 1)}


@pytest.mark.parametrize("rule", [ANNOUNCES, SILENT_ABOUT_IT, IN_MEMORY])
def test_without_a_handshake_it_is_not_determinable(rule: str) -> None:
    assert judge(case(edge()), rule) == {("info", NOT_DETERMINABLE, "edge")}


# Our own list


def asks(node: Node, authorities: Iterable[Certificate], peer: Peer = NAMED, **more: Any) -> Connection:
    """This node, as a server, asks a client for a certificate of one of these authorities."""
    return naming(authorities, connection(node, peer, role=Side.SERVER, server=EDGE_SERVER, **more))


def test_a_list_that_is_announced_as_it_stands_in_the_file_is_fine() -> None:
    node = edge()

    assert judge(case(node, connections=[asks(node, reversed(EVERYONE))]), IN_MEMORY) == set()


def test_a_name_that_the_file_lacks_is_told() -> None:
    node = edge()
    judged = case(node, connections=[asks(node, (*EVERYONE, PARTNER_CAS[-1]))])

    assert judge(judged, IN_MEMORY) == {("info", "strong", NAMED.name)}


def test_it_is_a_warning_where_a_client_still_gets_in_by_what_is_gone() -> None:
    node = edge()
    sent = asks(node, (*EVERYONE, PARTNER_CAS[0]), client=PARTNER, completed=True)

    assert judge(case(node, connections=[sent]), IN_MEMORY) == {("warning", "strong", NAMED.name)}


def test_it_is_a_warning_where_a_client_was_refused_whose_authority_the_file_holds() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*EVERYONE, *PARTNER_CAS)))
    sent = asks(node, EVERYONE, client=PARTNER, alert=(Side.SERVER, 48))
    judged = case(node, connections=[sent])

    assert judge(judged, IN_MEMORY) == {("warning", "inferred", NAMED.name)}
    assert causes(judged)["edge", "local-alert-unknown-ca"] == IN_MEMORY


def test_an_appended_authority_that_is_not_announced_yet_is_for_information() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, (*EVERYONE, *PARTNER_CAS)))

    assert judge(case(node, connections=[asks(node, EVERYONE)]), IN_MEMORY) == {("info", "inferred", NAMED.name)}


@pytest.mark.parametrize(
    "named",
    [
        tuple(one for one in EVERYONE if one.self_issued),
        tuple(one for one in EVERYONE if not one.self_issued),
        PARTNER_CAS,
        (),
    ],
    ids=["roots alone", "intermediates alone", "another list", "empty"],
)
def test_what_may_be_a_selection_or_another_list_says_nothing(named: tuple[Certificate, ...]) -> None:
    node = edge()

    assert judge(case(node, connections=[asks(node, named)]), IN_MEMORY) == set()


def test_a_long_list_may_have_been_cut_short() -> None:
    many = tuple(replace(one, subject_der=one.subject_der) for one in EVERYONE)
    long_name = replace(PARTNER_CAS[0], sha256="f" * 64, subject_der=b"\x30\x82\x50\x00" + bytes(0x5000))
    node = edge()
    judged = case(node, connections=[asks(node, many)])
    certificates = {**judged.certificates, long_name.sha256: long_name}
    held = replace(node.stores, trusted=(*(node.stores.trusted or ()), long_name.sha256))

    judged = replace(judged, certificates=certificates, nodes=(replace(judged.nodes[0], stores=held),))

    assert judge(judged, IN_MEMORY) == set()


def test_a_list_that_was_changed_later_or_read_in_part_says_nothing() -> None:
    node = edge()
    sent = asks(node, (*EVERYONE, PARTNER_CAS[-1]))
    managed = event(node, None, name="Certificate Management", at=30, source=None, destination=None)
    damaged = tuple(
        replace(member, read=ReadState.PART) if member.kind is MemberKind.CA_PEM else member
        for member in node.members
    )

    assert judge(case(node, connections=[sent], events=[managed]), IN_MEMORY) == set()
    assert judge(case(replace(node, members=damaged), connections=[sent]), IN_MEMORY) == set()


def test_the_newest_request_of_a_port_counts() -> None:
    node = edge()
    sent = [asks(node, WITHOUT_ISSUING), asks(node, EVERYONE, at=60)]

    assert judge(case(node, connections=sent), IN_MEMORY) == set()


def test_without_the_file_it_is_not_determinable() -> None:
    node = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None))

    assert judge(case(node, connections=[asks(node, EVERYONE)]), IN_MEMORY) == {("info", NOT_DETERMINABLE, "edge")}


def test_the_core_is_judged_like_the_edge() -> None:
    node = core()
    sent = naming(PARTNER_CAS, connection(node, CUBE, role=Side.CLIENT, client=CORE_CLIENT, completed=True))
    judged: Case = case(node, connections=[sent])

    assert judge(judged, SILENT_ABOUT_IT) == {("info", "proven", CUBE.name)}

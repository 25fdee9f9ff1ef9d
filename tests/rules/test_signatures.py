"""Kinds of keys that the peer has no use for, and CUCM's ECDSA certificate."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Case, Certificate, Node, Peer, Side
from analyzer.facts.signatures import keys_of_certificate_types, keys_of_schemes
from samples.builders.certificates import Authority
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CUCM, INTERNET, WEBEX, core, edge, stores
from tests.rules.pki import CORE_CLIENT, EDGE_CLIENT, EDGE_SERVER, EVERYONE, _above, authority, certificate, read

MISMATCH, ECDSA = "signature-algorithm-mismatch", "cucm-ecdsa-selected"
RSA_ONLY, EC_TOO = (0x0401, 0x0804), (0x0401, 0x0403)


def failed(
    node: Node,
    peer: Peer = WEBEX,
    *,
    role: Side = Side.CLIENT,
    sender: Side = Side.SERVER,
    code: int = 40,
    **more: Any,
) -> Case:
    return case(node, connections=[connection(node, peer, role=role, alert=(sender, code), **more)])


# The peer takes another kind of key (ours is EC)


def test_a_server_that_takes_no_signature_of_our_key_is_told() -> None:
    judged = failed(edge(), client=EDGE_CLIENT, requested_signature_algorithms=RSA_ONLY)

    assert judge(judged, MISMATCH) == {("critical", "proven", "Webex")}
    assert causes(judged)["edge", "peer-alert-handshake-failure"] == MISMATCH
    assert "takes only RSA" in made(judged, MISMATCH)[0].explanation


def test_the_types_of_certificates_say_so_too() -> None:
    judged = failed(edge(), client=EDGE_CLIENT, requested_certificate_types=(1, 2))

    assert judge(judged, MISMATCH) == {("critical", "proven", "Webex")}


def test_a_client_that_offers_no_signature_of_our_key_is_told_by_the_store() -> None:
    judged = failed(edge(), role=Side.SERVER, sender=Side.SERVER, signature_algorithms=RSA_ONLY)

    assert judge(judged, MISMATCH) == {("critical", "strong", "Webex")}


@pytest.mark.parametrize(
    "lists",
    [
        {"requested_signature_algorithms": EC_TOO},
        {"requested_signature_algorithms": ()},
        {"requested_certificate_types": (1, 64)},
        {"signature_algorithms": RSA_ONLY},
    ],
    ids=["taken", "no list", "taken type", "the client's own list"],
)
def test_what_is_taken_or_not_said_is_no_mismatch(lists: dict[str, Any]) -> None:
    assert judge(failed(edge(), client=EDGE_CLIENT, **lists), MISMATCH) == set()


def test_other_alerts_and_strangers_are_not_meant() -> None:
    lists: dict[str, Any] = {"client": EDGE_CLIENT, "requested_signature_algorithms": RSA_ONLY}

    assert judge(failed(edge(), code=48, **lists), MISMATCH) == set()
    assert judge(failed(edge(), INTERNET, **lists), MISMATCH) == set()


def test_numbers_are_read_as_the_registry_has_them() -> None:
    assert keys_of_schemes((0x0401, 0x0806)) == {"RSA"}
    assert keys_of_schemes((0x0203, 0x0603, 0x081A)) == {"EC"}
    assert keys_of_schemes((0x0807, 0x0808, 0x0402)) == {"Ed25519", "Ed448", "DSA"}
    assert keys_of_schemes((0x0809, 0xFFFF, 0x0A0A, 0)) == frozenset()
    assert keys_of_certificate_types((64, 99)) == {"EC", "Ed25519", "Ed448"}


# CUCM's ECDSA certificate

CUCM_EC = certificate("cucm.harbor.example", issuer=authority("CUCM EC"))


def _rsa() -> Certificate:
    identity = Authority.root("CUCM RSA Root").issue("cucm.harbor.example", key="rsa2048")
    leaf = read(identity.certificate)
    _above.setdefault(leaf.sha256, ())
    return leaf


def to_cucm(node: Node, server: Certificate, **more: Any) -> Case:
    sent = connection(node, CUCM, role=Side.CLIENT, client=CORE_CLIENT, server=server, port=6972, **more)
    return case(node, connections=[sent])


def test_an_untrusted_ecdsa_certificate_of_cucm_is_critical_only_if_it_was_refused() -> None:
    node = core()

    assert judge(to_cucm(node, CUCM_EC, completed=True), ECDSA) == {("info", "proven", CUCM.name)}
    refused = to_cucm(node, CUCM_EC, alert=(Side.CLIENT, 48))
    assert judge(refused, ECDSA) == {("critical", "proven", CUCM.name)}
    assert causes(refused)["core", "peer-ca-not-trusted"] == ECDSA


def test_the_log_tells_a_refusal_as_well() -> None:
    node = core()
    sent = connection(node, CUCM, role=Side.CLIENT, server=CUCM_EC, port=6972)
    line = event(node, CUCM, error="issuer-missing", role=Side.CLIENT, joined="c1", name="traffic_server")

    assert judge(case(node, connections=[sent], events=[line]), ECDSA) == {("critical", "proven", CUCM.name)}


def test_rsa_and_trusted_certificates_are_fine() -> None:
    trusting = core(stores=stores(CORE_CLIENT, CORE_CLIENT, (*EVERYONE, *_above[CUCM_EC.sha256])))

    assert judge(to_cucm(core(), _rsa(), alert=(Side.CLIENT, 48)), ECDSA) == set()
    assert judge(to_cucm(trusting, CUCM_EC), ECDSA) == set()


def test_older_releases_and_other_peers_are_not_meant() -> None:
    node = core()
    other = connection(node, WEBEX, role=Side.CLIENT, server=CUCM_EC, alert=(Side.CLIENT, 48))

    assert judge(to_cucm(core(version="X14.0"), CUCM_EC), ECDSA) == set()
    assert judge(case(node, connections=[other]), ECDSA) == set()


@pytest.mark.parametrize(("rule", "node"), [(MISMATCH, edge()), (ECDSA, core())])
def test_without_a_handshake_it_is_not_determinable(rule: str, node: Node) -> None:
    assert judge(case(node), rule) == {("info", NOT_DETERMINABLE, node.name or "")}


def test_without_the_list_trust_is_not_determinable() -> None:
    node = core(stores=stores(EDGE_SERVER, CORE_CLIENT, None))

    assert judge(to_cucm(node, CUCM_EC), ECDSA) == {("info", NOT_DETERMINABLE, "core")}

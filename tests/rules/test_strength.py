"""Keys that are too small or too large, and signatures with hashes of the past."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence import Certificate, Side
from analyzer.facts.store import read_facts
from analyzer.rules.catalogue import RULES
from analyzer.rules.runner import run
from samples.builders.certificates import self_signed
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, findings, judge, made
from tests.rules.nodes import CUBE, INTERNET, NAMED, bare, edge, stores, zone
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, EVERYONE, altered, read

NAME = "edge.harbor.example"
SERVER, BOTH = f"{NAME} (server store)", f"{NAME} (both stores)"
ISSUING = next(one for one in EVERYONE if one.common_name == "Harbor Issuing CA")
ROOT = next(one for one in EVERYONE if one.common_name == "Harbor Root CA")


def key(kind: str, bits: int | None) -> Certificate:
    return altered(EDGE_SERVER, key_type=kind, key_bits=bits)


def holder(server: Certificate, client: Certificate = EDGE_CLIENT, trusted: Any = EVERYONE, **changes: Any) -> Any:
    return edge(stores=stores(server, client, trusted), **changes)


# Keys


@pytest.mark.parametrize(
    ("kind", "bits", "expected"),
    [
        ("RSA", 768, "critical"),
        ("RSA", 1024, "warning"),
        ("RSA", 2047, "warning"),
        ("DSA", 2048, "warning"),
        ("DSA", 512, "critical"),
        ("EC", 224, "warning"),
        ("EC", 112, "critical"),
    ],
)
def test_a_key_that_peers_refuse_is_told(kind: str, bits: int, expected: str) -> None:
    assert judge(case(holder(key(kind, bits))), "weak-key") == {(expected, "proven", SERVER)}


@pytest.mark.parametrize(
    ("kind", "bits"), [("RSA", 2048), ("EC", 256), ("Ed25519", 256), ("RSA", None), ("1.2.3", None)]
)
def test_a_key_of_today_or_of_unknown_size_is_not(kind: str, bits: int | None) -> None:
    assert judge(case(holder(key(kind, bits))), "weak-key") == set()


def test_one_certificate_in_both_stores_is_one_finding_and_two_are_two() -> None:
    weak, other = key("RSA", 1024), altered(EDGE_CLIENT, key_type="RSA", key_bits=1024)

    assert judge(case(holder(weak, weak)), "weak-key") == {("warning", "proven", BOTH)}
    assert {subject for *_, subject in judge(case(holder(weak, other)), "weak-key")} == {
        SERVER,
        f"{NAME} (client store)",
    }


@pytest.mark.parametrize("above", [ISSUING, ROOT], ids=["intermediate", "root"])
def test_the_key_of_an_authority_on_the_path_counts(above: Certificate) -> None:
    weak = altered(above, key_type="RSA", key_bits=1024)
    trusted = (weak, *(one for one in EVERYONE if one is not above))

    assert judge(case(holder(EDGE_SERVER, trusted=trusted)), "weak-key") == {("warning", "proven", above.common_name)}


def test_a_weak_root_that_no_own_path_uses_is_nobodys_matter() -> None:
    lonely = altered(read(self_signed("Old Root CA").certificate), key_type="RSA", key_bits=1024)

    assert judge(case(holder(EDGE_SERVER, trusted=(*EVERYONE, lonely))), "weak-key") == set()


def test_a_refused_key_is_critical_and_explains_the_alert() -> None:
    weak = key("RSA", 1024)
    node = holder(weak)
    refused = connection(node, CUBE, role=Side.SERVER, server=(weak,), alert=(Side.CLIENT, 42))
    judged = case(node, connections=[refused])

    assert judge(judged, "weak-key") == {("critical", "proven", SERVER)}
    assert causes(judged)["edge", "peer-alert-bad-certificate"] == "weak-key"


def test_a_weak_key_does_not_explain_what_was_refused_of_another_certificate() -> None:
    node = holder(key("RSA", 1024))
    refused = connection(node, NAMED, role=Side.CLIENT, client=EDGE_CLIENT, alert=(Side.SERVER, 42))

    assert causes(case(node, connections=[refused]))["edge", "peer-alert-bad-certificate"] is None


def test_a_broken_key_that_a_peer_accepts_is_a_warning() -> None:
    weak = key("RSA", 768)
    node = holder(weak)
    fine = connection(node, CUBE, role=Side.SERVER, server=(weak,), completed=True)

    assert judge(case(node, connections=[fine]), "weak-key") == {("warning", "proven", SERVER)}


def test_a_peer_that_this_node_refused_for_its_key_is_told_by_the_log() -> None:
    node = edge()
    lines = [event(node, CUBE, error="weak-key", role=Side.SERVER, at=at) for at in (0, 40)]
    judged = case(node, events=lines)
    (finding,) = made(judged, "weak-key")

    assert (str(finding.severity), finding.subject, finding.count) == ("critical", CUBE.name, 2)
    assert causes(judged)["edge", "local-alert-bad-certificate"] == "weak-key"
    assert judge(case(node, events=[event(node, INTERNET, error="weak-key", role=Side.SERVER)]), "weak-key") == set()


def test_the_sizes_are_facts_that_a_user_may_replace() -> None:
    stricter = read_facts('[[key_strength]]\nid = "RSA"\nweak_below = 3072\nbroken_below = 1024\nsource = "M"\n')
    judged = case(holder(key("RSA", 2048)))
    told = [one.finding for one in run(judged, [rule for rule in RULES if rule.id == "weak-key"], stricter)]

    assert judge(judged, "weak-key") == set()
    assert [one.subject for one in told] == [SERVER]


# Signatures


@pytest.mark.parametrize(
    "algorithm", ["sha1WithRSAEncryption", "md5WithRSAEncryption", "ecdsa-with-SHA1", "RSASSA-PSS with SHA1"]
)
def test_a_signature_with_a_hash_of_the_past_is_a_warning(algorithm: str) -> None:
    weak = altered(EDGE_SERVER, signature_algorithm=algorithm)

    assert judge(case(holder(weak)), "weak-signature") == {("warning", "proven", SERVER)}


@pytest.mark.parametrize("algorithm", ["sha256WithRSAEncryption", "ecdsa-with-SHA512", "Ed25519", None])
def test_a_signature_of_today_is_none(algorithm: str | None) -> None:
    assert judge(case(holder(altered(EDGE_SERVER, signature_algorithm=algorithm))), "weak-signature") == set()


def test_a_roots_signature_of_itself_is_ignored_and_an_intermediates_is_not() -> None:
    old = {"signature_algorithm": "sha1WithRSAEncryption"}
    root, issuing = altered(ROOT, **old), altered(ISSUING, **old)
    others = tuple(one for one in EVERYONE if one not in {ROOT, ISSUING})

    assert judge(case(holder(EDGE_SERVER, trusted=(*others, root, ISSUING))), "weak-signature") == set()
    assert judge(case(holder(EDGE_SERVER, trusted=(*others, ROOT, issuing))), "weak-signature") == {
        ("warning", "proven", "Harbor Issuing CA")
    }


def test_an_intermediate_that_is_there_with_a_better_signature_too_is_fine() -> None:
    old = altered(ISSUING, signature_algorithm="sha1WithRSAEncryption")
    node = holder(EDGE_SERVER, trusted=(old, *EVERYONE))

    assert judge(case(node), "weak-signature") == set()


# Very large keys


def test_a_very_large_key_is_context_unless_a_zone_failed() -> None:
    large = key("RSA", 8192)
    working, failing = case(holder(large)), case(holder(large, zones=(zone(status="Failed"),)))
    (context,) = [one for one in findings(working) if one.id == "key-8192" and one.determined]

    assert (str(context.severity), context.is_context) == ("info", True)
    assert judge(failing, "key-8192") == {("warning", "inferred", SERVER)}
    assert causes(failing)["edge", "uc-zone-failed"] == "key-8192"
    assert judge(case(holder(key("RSA", 4096))), "key-8192") == set()


@pytest.mark.parametrize("rule", ["weak-key", "weak-signature", "key-8192"])
def test_without_a_store_nothing_is_determinable(rule: str) -> None:
    assert judge(case(bare(edge().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}

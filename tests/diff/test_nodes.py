"""Which nodes are the same before and after, and what a new release brings."""

from __future__ import annotations

from tests.diff.reports import node, report, said, text, verdict


def test_a_renamed_host_is_the_same_by_its_serial_number() -> None:
    before = report(node(name="old"), verdicts=[verdict(node="old")])
    after = report(node(name="new"), verdicts=[verdict(node="new", outcome="refused", refused_by="server")])

    assert said("Nodes", before, after) == "new was called old: the same by its serial number, 0001"
    assert said("Verdicts", before, after) == "new as TLS client with edge: completed → refused by the peer"


def test_a_peer_that_was_renamed_is_the_same_peer() -> None:
    core, old, new = node(), node(name="edge1", serial_number="7"), node(name="edge2", serial_number="7")
    before = report(core, old, verdicts=[verdict(peer="edge1")])
    after = report(core, new, verdicts=[verdict(peer="edge2")])

    assert said("Verdicts", before, after) == ""


def test_the_name_goes_before_the_serial_number() -> None:
    before = report(node(name="a", serial_number="1"), node(name="b", serial_number="2"))
    after = report(node(name="a", serial_number="2"), node(name="b", serial_number="1"))

    told = said("Nodes", before, after)
    assert "a serial number 1 → 2 Another machine has this name now" in told
    assert "b serial number 2 → 1" in told
    assert "was called" not in told


def test_clones_with_one_serial_number_are_not_taken_for_each_other() -> None:
    before = report(node(name="a"), node(name="b"))
    after = report(node(name="c"), node(name="d"))

    told = text(before, after)
    assert "was called" not in told
    assert told.count("only after (Core, X15.5): not compared") == 2
    assert told.count("only before (Core, X15.5): not compared") == 2
    assert "No Expressway is in both: there is nothing to compare." in told
    assert "No change" not in told


def test_a_node_that_came_or_went_is_named_and_the_others_are_compared() -> None:
    before = report(node(), node(name="gone", serial_number="8", role="unknown", version=None))
    after = report(node(version="X15.6"), node(name="come", serial_number="9", role="edge"))

    assert said("Nodes", before, after) == (
        "come only after (Edge, X15.5): not compared gone only before: not compared"
    )
    assert said("Release", before, after) == "core X15.5 → X15.6: an upgrade"


def test_loose_files_are_compared_with_loose_files() -> None:
    before, after = report(node(name=None)), report(node(name=None, version="X15.5.1"))

    assert said("Release", before, after) == "the loose files X15.5 → X15.5.1: an upgrade"


def test_addresses_role_and_cluster_peers_are_told() -> None:
    before = report(node(addresses=["10.0.0.1"], cluster={"name": "c", "peers": ["p1", "p2"]}))
    after = report(node(addresses=["10.0.0.2"], role="edge", cluster={"name": "c", "peers": ["p2", "p3"]}))

    assert said("Nodes", before, after) == (
        "core role core → edge addresses: + 10.0.0.2, − 10.0.0.1 cluster peers: + p3, − p1"
    )


def test_the_upgrade_to_two_stores_is_explained_once_for_all_nodes() -> None:
    stores = {"server": ["a1" * 32], "client": None, "trusted": []}
    copied = {"server": ["a1" * 32], "client": ["a1" * 32], "trusted": []}
    names = ("core", "edge")
    before = report(*(node(name=name, version="X15.4.2", stores=stores) for name in names))
    after = report(*(node(name=name, version="X15.5.1", stores=copied) for name in names))

    told = said("Release", before, after)
    assert told.startswith("core, edge X15.4.2 → X15.5.1: an upgrade From X15.5 on there are two stores:")
    assert "copies certificate and key of the server store into the client store: both hold the same" in told
    assert "extended key usage check of inbound SIP TLS comes with it and is On by default" in told
    assert "added: X15.4.2 has no client store; now the certificate of the server store" in said(
        "Stores", before, after
    )


def test_a_client_certificate_of_its_own_is_told_from_the_copy() -> None:
    before, after = report(node(version="X14.3")), report()

    assert "into the client store: by now it holds a certificate of its own" in said("Release", before, after)


def test_other_changes_of_release_explain_nothing() -> None:
    for old, new, words in (
        ("X15.5", "X15.6", "an upgrade"),
        ("X14.3", "X15.4", "an upgrade"),
        ("X15.5", "X15.4", "an older release"),
        ("X15.5", "X15.5.0", "the same"),
    ):
        told = said("Release", report(node(version=old)), report(node(version=new)))
        assert told == f"core {old} → {new}: {words}"


def test_a_release_that_is_not_known_or_not_a_version_is_shown_as_it_is() -> None:
    assert said("Release", report(), report(node(version=None))) == "core X15.5 → not known"
    assert said("Release", report(), report(node(version="beta"))) == "core X15.5 → beta"

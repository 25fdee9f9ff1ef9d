from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from analyzer.evidence import CaptureFile, Member, MemberKind, Node, Problem, ReadState
from tests.rules.cases import NOT_DETERMINABLE, case, judge, made
from tests.rules.nodes import START, bare, core, edge, stores
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, authority, read

FOUND = "proven"


def member(kind: MemberKind, reference: str = "", **changes: Any) -> Member:
    result = Member(
        name=f"{kind}",
        reference=reference or f"edge.zip/{kind}",
        kind=kind,
        node="edge",
        size=1,
        sha256=None,
        read=ReadState.WHOLE,
    )
    return replace(result, **changes)


def files(*kinds: MemberKind, **changes: Any) -> Node:
    return edge(members=tuple(member(kind) for kind in kinds), **changes)


def severity(node: Node, rule: str) -> set[str]:
    return {grave for grave, sure, _ in judge(case(node), rule) if sure == FOUND}


K = MemberKind


@pytest.mark.parametrize(
    ("node", "rule", "expected"),
    [
        (files(K.SNAPSHOT, K.OTHER), "bundle-incomplete-restart", {"warning"}),
        (files(K.SNAPSHOT, K.XCONF_XML), "bundle-incomplete-restart", set()),
        (edge(members=(member(K.SNAPSHOT, "log.txt"),)), "bundle-incomplete-restart", set()),
        (files(K.SERVER_PEM), "bundle-client-pem-missing", {"warning"}),
        (
            files(K.SERVER_PEM, version="X15.4", stores=stores(EDGE_SERVER, None)),
            "bundle-client-pem-missing",
            {"info"},
        ),
        (files(K.SERVER_PEM, K.CLIENT_PEM), "bundle-client-pem-missing", set()),
        (files(K.CAPTURE), "bundle-client-pem-missing", set()),
        (files(K.SNAPSHOT), "bundle-no-pcap", {"info"}),
        (files(K.SNAPSHOT, K.CAPTURE), "bundle-no-pcap", set()),
        (files(K.CERTIFICATE), "bundle-no-pcap", set()),
        (edge(version="X12.7"), "bundle-version-unsupported", {"info"}),
        (edge(version="X99.1"), "bundle-version-unsupported", {"info"}),
        (edge(version="X14.0"), "bundle-version-unsupported", set()),
        (edge(), "bundle-version-unsupported", set()),
        (edge(), "bundle-time-span", {"info"}),
        (edge(), "capture-host-mismatch", set()),
        (edge(addresses=("10.7.7.7",)), "capture-host-mismatch", {"warning"}),
        (edge(), "store-certs-differ", {"info"}),
        (edge(stores=stores(EDGE_CLIENT, EDGE_CLIENT)), "store-certs-differ", set()),
        (edge(), "store-key-shared", set()),
    ],
)
def test_what_a_bundle_holds_and_lacks(node: Node, rule: str, expected: set[str]) -> None:
    assert severity(node, rule) == expected


def capture(sequence: int, minutes: int, interface: str = "eth0", *addresses: str) -> CaptureFile:
    first = START + timedelta(minutes=minutes)
    return CaptureFile(
        name=f"edge.zip/{interface}_{sequence}", interface=interface, sequence=sequence, first=first, last=first,
        packets=1, cut_frames=0, addresses=addresses,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("captures", "expected"),
    [
        ((capture(0, 0), capture(1, 1), capture(2, 2)), set()),
        ((capture(0, 0),), set()),
        ((capture(0, 0), capture(2, 2)), {"warning"}),
        ((capture(0, 5), capture(1, 6), capture(2, 1)), {"warning"}),
        ((capture(3, 0), capture(4, 1)), {"warning"}),
        ((replace(capture(0, 0), sequence=None), capture(0, 0)), set()),
    ],
    ids=["whole", "one file", "a number missing", "wrapped", "older ones gone", "a loose one beside it"],
)
def test_gaps_in_rotated_captures_are_told(captures: tuple[CaptureFile, ...], expected: set[str]) -> None:
    assert severity(edge(captures=captures), "bundle-pcap-gap") == expected


def test_two_interfaces_are_mapped_to_the_own_addresses() -> None:
    two = (capture(0, 0, "eth0", "10.2.2.20", "192.0.2.1"), capture(0, 0, "eth1", "203.0.113.20"))

    assert severity(edge(captures=two), "dual-nic-address-map") == {"info"}
    assert severity(edge(captures=two[:1]), "dual-nic-address-map") == set()


def test_a_private_key_an_unsafe_member_and_an_unreadable_certificate_are_told_by_their_file() -> None:
    key = member(K.SERVER_PEM, private_keys=2)
    unsafe = member(K.OTHER, "edge.zip/..", read=ReadState.NOT, reason="unsafe name")
    broken = member(K.CA_PEM, read=ReadState.PART, reason="block 2 is no certificate")
    trouble = Problem(file=broken.reference, what="Block 2", why="no certificate", leaves_open="")
    judged = replace(case(edge(members=(key, unsafe, broken))), problems=(trouble,))

    assert judge(judged, "private-key-present") == {("critical", FOUND, key.reference)}
    assert judge(judged, "bundle-unsafe-archive") == {("critical", FOUND, "edge.zip")}
    assert judge(judged, "pem-unparsable") == {("warning", FOUND, broken.reference)}
    for rule in ("private-key-present", "bundle-unsafe-archive", "pem-unparsable"):
        assert severity(edge(), rule) == set()


def test_a_fragment_of_another_host_in_one_archive_is_told() -> None:
    stray = core(members=(member(K.SERVER_PEM, "edge.zip/server_core.pem"),))
    whole = core(
        members=(member(K.SERVER_PEM, "edge.zip/server_core.pem"), member(K.SNAPSHOT, "edge.zip/log_core.txt"))
    )

    assert judge(case(stray, edge()), "bundle-mixed-hosts") == {("warning", FOUND, "core")}
    assert judge(case(whole, edge()), "bundle-mixed-hosts") == set()


def test_one_serial_in_two_certificates_is_no_identity() -> None:
    first = authority("First").issue("edge.harbor.example", serial=77)
    second = authority("Second").issue("edge.harbor.example", serial=77)
    held = stores(read(first.certificate), read(second.certificate))

    assert judge(case(edge(stores=held)), "same-serial-different-cert") == {("warning", FOUND, "4d")}
    assert judge(case(edge()), "same-serial-different-cert") == set()
    assert judge(case(bare(edge().role)), "same-serial-different-cert") == {("info", NOT_DETERMINABLE, "bare")}


def test_two_certificates_for_one_key_are_told() -> None:
    first = authority().issue("edge.harbor.example")
    again = authority().issue("edge.harbor.example", key=first.key, serial=78)
    held = stores(read(first.certificate), read(again.certificate))

    assert severity(edge(stores=held), "store-key-shared") == {"info"}


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ("store-certs-differ", {"stores": stores(EDGE_SERVER, None)}),
        ("store-key-shared", {"stores": stores(None, EDGE_CLIENT)}),
        ("bundle-client-pem-missing", {"version": None, "settings": {}, "stores": stores(EDGE_SERVER, None)}),
        ("bundle-version-unsupported", {"version": None, "settings": {}, "stores": stores(EDGE_SERVER, None)}),
        ("bundle-pcap-gap", {"captures": ()}),
        ("bundle-time-span", {"captures": (), "logs": ()}),
        ("capture-host-mismatch", {"captures": ()}),
        ("capture-host-mismatch", {"addresses": ()}),
        ("dual-nic-address-map", {"captures": ()}),
        ("dual-nic-address-map", {"addresses": ()}),
    ],
)
def test_without_the_members_that_it_compares_a_rule_is_not_determinable(rule: str, lacks: dict[str, Any]) -> None:
    assert judge(case(edge(**lacks)), rule) == {("info", NOT_DETERMINABLE, "edge")}


def test_the_dumps_moment_is_told_by_what_came_first_and_not_by_the_file_names() -> None:
    (span,) = made(case(edge()), "bundle-time-span")

    assert "when logging started, at 2026-03-24 10:55:00.000 UTC or before." in span.explanation
    assert (
        "The time in the file names, 2026-03-24 11:06:00.000 UTC, is when the bundle was collected."
        in span.explanation
    )

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.correlate.stores import present_local, present_peer, present_unknown, store_of
from analyzer.evidence import CertificateMessage, Side, Store, Stores, Visibility
from tests.correlate.records import by_id, certificate, node, seen

CERTIFICATES = by_id([certificate("a"), certificate("b"), certificate("c")])
SERVER_A = Stores(server=("a", "issuer"), client=("b",), trusted=("c", "issuer"))


@pytest.mark.parametrize(
    ("leaf", "stores", "expected"),
    [
        ("a", SERVER_A, Store.SERVER),
        ("b", SERVER_A, Store.CLIENT),
        ("c", SERVER_A, Store.TRUSTED),
        ("issuer", SERVER_A, Store.TRUSTED),
        ("other", SERVER_A, Store.NEITHER),
        ("a", Stores(server=("a",), client=("a",)), Store.BOTH),
        ("a", Stores(server=("a",), client=("a",), trusted=("a",)), Store.BOTH),
        ("a", Stores(server=("a",), trusted=("a",)), Store.SERVER),
        ("other", Stores(server=("a",)), Store.NEITHER),
        ("other", Stores(server=()), Store.NEITHER),
        ("other", Stores(client=("a",)), None),
        ("other", Stores(trusted=("c",)), None),
        ("other", Stores(), None),
    ],
)
def test_a_leaf_is_looked_for_as_the_leaf_of_a_store(leaf: str, stores: Stores, expected: Store | None) -> None:
    assert store_of(leaf, node("core", stores=stores), Side.SERVER) is expected


@pytest.mark.parametrize(
    ("version", "stores", "expected"),
    [
        ("X15.5", Stores(server=("a",)), None),
        (None, Stores(server=("a",)), None),
        ("X15.4.2", Stores(server=("a",)), Store.NEITHER),
        ("X15.4.2", Stores(), None),
        ("X15.5", Stores(client=("a",)), Store.NEITHER),
    ],
)
def test_neither_store_is_said_of_a_client_only_if_the_one_it_takes_its_certificate_from_is_at_hand(
    version: str | None, stores: Stores, expected: Store | None
) -> None:
    assert store_of("other", node("core", stores=stores, version=version), Side.CLIENT) is expected


held = st.none() | st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(tuple)


@given(st.sampled_from("abcd"), held, held, held)
def test_none_is_said_only_if_there_is_nothing_to_compare_with(
    leaf: str, server: tuple[str, ...] | None, client: tuple[str, ...] | None, trusted: tuple[str, ...] | None
) -> None:
    own = node("core", stores=Stores(server=server, client=client, trusted=trusted))
    store = store_of(leaf, own, Side.SERVER)
    held_by = [members[0] for members in (server, client) if members] + list(trusted or ())

    assert (store is None) == (server is None and leaf not in held_by)
    assert (store is Store.BOTH) == ((server or " ")[0] == leaf == (client or " ")[0])


def test_the_local_side_is_compared_with_the_nodes_own_stores() -> None:
    result = present_local(seen("b", "issuer"), CERTIFICATES, node("core", stores=SERVER_A), Side.CLIENT)

    assert (result.store, result.store_node, result.serial, result.chain) == (
        Store.CLIENT,
        "core",
        "b",
        ("b", "issuer"),
    )


@pytest.mark.parametrize("visibility", [one for one in Visibility if one is not Visibility.SEEN])
def test_what_was_not_seen_has_no_store(visibility: Visibility) -> None:
    message = CertificateMessage(visibility=visibility)
    own = node("core", stores=SERVER_A)

    for result in (
        present_local(message, CERTIFICATES, own, Side.SERVER),
        present_peer(message, CERTIFICATES, [own], "core", Side.SERVER),
        present_unknown(message, CERTIFICATES, [own]),
    ):
        assert (result.visibility, result.store, result.store_node, result.serial) == (visibility, None, None, None)


CORE = node("core", stores=Stores(server=("a",), client=("b",)))
EDGE = node("edge", stores=Stores(server=("c",), client=("b",)))
EMPTY = node("empty", stores=Stores())


@pytest.mark.parametrize(
    ("leaf", "peer", "expected"),
    [
        ("a", "core", (Store.SERVER, "core")),
        ("a", None, (Store.SERVER, "core")),
        ("c", "core", (Store.SERVER, "edge")),
        ("b", "edge", (Store.CLIENT, "edge")),
        ("b", "core", (Store.CLIENT, "core")),
        ("other", "edge", (Store.NEITHER, "edge")),
        ("other", "core", (Store.NEITHER, "core")),
        ("other", None, (None, None)),
        ("other", "empty", (None, None)),
    ],
)
def test_the_peers_side_is_compared_with_the_other_bundles_its_own_first(
    leaf: str, peer: str | None, expected: tuple[Store | None, str | None]
) -> None:
    for others in ([CORE, EDGE, EMPTY], [EMPTY, EDGE, CORE]):
        result = present_peer(seen(leaf), CERTIFICATES, others, peer, Side.SERVER)
        assert (result.store, result.store_node) == expected


def test_a_side_that_may_be_any_node_is_looked_for_in_all() -> None:
    assert present_unknown(seen("c"), CERTIFICATES, [CORE, EDGE]).store_node == "edge"
    assert present_unknown(seen("other"), CERTIFICATES, [CORE, EDGE]).store is None


def test_a_certificate_that_is_not_at_hand_has_no_serial() -> None:
    assert present_local(seen("gone"), {}, CORE, Side.SERVER).serial is None

"""From each leaf to its root: what was sent, what is trusted, what is missing."""

from __future__ import annotations

from analyzer.correlate.paths import MOST_PATHS, paths_of
from analyzer.evidence import Certificate, Connection, IssuerPath, Node, Side
from tests.rules.cases import Shown, case, connection
from tests.rules.nodes import CORE, EDGE, INTERNET, WEBEX, core, edge, stores
from tests.rules.pki import (
    CORE_CLIENT,
    CORE_SERVER,
    EDGE_CLIENT,
    EDGE_SERVER,
    EVERYONE,
    WEBEX_SERVER,
    WITHOUT_ISSUING,
    authority,
    certificate,
    chain,
)

NAMES = {one.sha256: one.common_name for one in (*EVERYONE, CORE_CLIENT, CORE_SERVER, EDGE_CLIENT, EDGE_SERVER)}


def paths(*nodes: Node, connections: tuple[Connection, ...] = ()) -> dict[tuple[str | None, ...], IssuerPath]:
    judged = case(*nodes, connections=connections)
    found = paths_of(judged.nodes, judged.connections, judged.certificates)
    return {(path.node, path.presenter, *path.stores): path for path in found}


def told(path: IssuerPath) -> list[tuple[str | None, bool | None, tuple[str | None, ...]]]:
    return [(NAMES.get(link.certificate or "", link.name), link.sent, link.trusted_by) for link in path.links]


def talk(node: Node, **shown: Shown) -> Connection:
    return connection(node, EDGE, role=Side.CLIENT, **shown)  # type: ignore[arg-type]


def test_what_was_presented_is_told_from_what_need_not_be() -> None:
    sent = talk(core(), client=chain(CORE_CLIENT))
    path = paths(core(), edge(), connections=(sent,))["core", None, "client"]

    assert told(path) == [
        ("core.harbor.example", True, ()),
        ("Harbor Issuing CA", True, ("core", "edge")),
        ("Harbor Root CA", False, ("core", "edge")),
    ]
    assert path.chain == tuple(one.sha256 for one in chain(CORE_CLIENT))
    assert path.lists == ("core", "edge")


def test_a_list_that_lacks_an_authority_and_one_that_was_not_given_are_told_apart() -> None:
    lacking = core(stores=stores(CORE_SERVER, CORE_CLIENT, WITHOUT_ISSUING))
    unknown = edge(stores=stores(EDGE_SERVER, EDGE_CLIENT, None))
    path = paths(lacking, unknown, connections=(talk(lacking, client=chain(CORE_CLIENT)),))["core", None, "client"]

    assert path.lists == ("core",)
    assert told(path)[1] == ("Harbor Issuing CA", True, ())


def test_an_issuer_that_is_nowhere_is_missing_by_its_name() -> None:
    lonely = core(stores=stores(CORE_SERVER, CORE_CLIENT, ()))
    path = paths(lonely)["core", None, "client"]

    assert [(link.certificate is None, link.sent) for link in path.links] == [(False, None), (True, None)]
    assert path.links[-1].name == CORE_CLIENT.issuer
    assert path.chain == ()


def test_both_stores_with_one_leaf_are_one_path() -> None:
    twice = core(stores=stores(CORE_CLIENT, CORE_CLIENT))

    assert [key for key in paths(twice) if key[0] == "core"] == [("core", None, "client", "server")]


def test_what_both_ends_show_is_the_presenters_once() -> None:
    both = (
        talk(core(), client=chain(CORE_CLIENT), server=chain(EDGE_SERVER)),
        connection(edge(), CORE, role=Side.SERVER, client=chain(CORE_CLIENT), server=chain(EDGE_SERVER)),
    )

    assert set(paths(core(), edge(), connections=both)) == {
        ("core", None, "client"), ("core", None, "server"), ("edge", None, "client"), ("edge", None, "server"),
    }  # fmt: skip


def test_a_peers_chain_is_compared_with_the_list_of_the_node_that_verifies_it() -> None:
    outbound = connection(edge(), WEBEX, role=Side.CLIENT, server=(*chain(WEBEX_SERVER), CORE_CLIENT))
    path = paths(core(), edge(), connections=(outbound,))["edge", "Webex"]

    assert path.lists == ("edge",)
    assert told(path)[1:] == [("Meridian Issuing CA", True, ("edge",)), ("Meridian Root CA", False, ("edge",))]
    assert path.extra == (CORE_CLIENT.sha256,)


def test_strangers_and_what_is_beyond_the_limit_are_left_out() -> None:
    stranger = connection(edge(), INTERNET, role=Side.SERVER, client=chain(WEBEX_SERVER))
    leaves: list[Certificate] = [certificate(f"n{n}.example", issuer=authority()) for n in range(MOST_PATHS + 5)]
    many = tuple(connection(edge(), WEBEX, role=Side.CLIENT, server=leaf) for leaf in leaves)

    assert all(key[1] is None for key in paths(edge(), connections=(stranger,)))
    judged = case(edge(), connections=many)
    seen = [path for path in paths_of(judged.nodes, judged.connections, judged.certificates) if path.chain]
    assert len(seen) == MOST_PATHS

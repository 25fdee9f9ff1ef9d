"""Certificate files that are not made as they should be, and a key that could not be loaded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.evidence import Certificate, Side, Stores
from analyzer.facts.store import read_facts
from analyzer.rules.catalogue import RULES
from analyzer.rules.runner import run
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge, made
from tests.rules.nodes import CUBE, START, bare, edge
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, EVERYONE, altered, certificate, chain

OLD = certificate("edge.harbor.example", ("serverAuth",))
PEM, KEY = "pem-multiple-leaves", "key-file-newline"


def held(*server: Certificate) -> Stores:
    return Stores(
        server=tuple(one.sha256 for one in server),
        client=(EDGE_CLIENT.sha256,),
        trusted=tuple(one.sha256 for one in EVERYONE),
    )


def test_two_leaves_in_one_file_are_told() -> None:
    (finding,) = made(case(edge(stores=held(EDGE_SERVER, OLD, *chain(EDGE_SERVER)[1:]))), PEM)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("warning", "proven", "server store")
    assert finding.count == 2


def test_a_chain_below_the_leaf_is_as_it_should_be() -> None:
    marks_missing = tuple(altered(one, is_ca=None) for one in chain(EDGE_SERVER, root=True)[1:])

    assert judge(case(edge(stores=held(*chain(EDGE_SERVER, root=True)))), PEM) == set()
    assert judge(case(edge(stores=held(EDGE_SERVER, *marks_missing))), PEM) == set()
    assert judge(case(edge()), PEM) == set()


def test_the_other_leaf_on_the_wire_is_explained_by_the_file() -> None:
    node = edge(stores=held(EDGE_SERVER, EDGE_CLIENT, certificate("other.example")))
    other = certificate("other.example")
    shown = connection(node, CUBE, role=Side.SERVER, server=other, completed=True)
    tied = causes(case(node, connections=[shown]))

    assert tied["edge", "presented-unknown-certificate"] == PEM
    assert tied["edge", PEM] is None


@pytest.mark.parametrize(
    "words",
    [
        "error:0906D066:PEM routines:PEM_read_bio:bad end line",
        "error:0A080009:SSL routines::PEM lib",
        "error:140B0009:SSL routines:SSL_CTX_use_PrivateKey_file:PEM lib",
    ],
)
def test_a_key_that_could_not_be_loaded_is_told_in_openssls_words_as_inferred(words: str) -> None:
    node = edge()
    lines = [event(node, None, name="tvcs", detail=words, at=at, source=None, destination=None) for at in (0, 60)]
    (finding,) = made(case(node, events=lines), KEY)

    assert (str(finding.severity), str(finding.confidence), finding.subject) == ("warning", "inferred", "edge")
    assert (finding.count, finding.first, finding.last) == (2, START, START + timedelta(seconds=60))
    assert "No document says" in finding.explanation


def test_other_words_are_not_taken_for_it_unless_a_users_facts_say_so() -> None:
    node = edge()
    judged = case(node, events=[event(node, None, name="tvcs", detail="could not load private key file")])
    more = read_facts('[[key_load_failure]]\nid = "could not load private key"\nsource = "X"\n')
    told = [one.finding for one in run(judged, [rule for rule in RULES if rule.id == KEY], more)]

    assert judge(judged, KEY) == set()
    assert [str(one.severity) for one in told] == ["warning"]


def test_without_the_files_it_is_not_determinable() -> None:
    for rule in (PEM, KEY):
        assert judge(case(bare(edge().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}
    assert judge(case(replace(edge(), logs=())), KEY) == {("info", NOT_DETERMINABLE, "edge")}

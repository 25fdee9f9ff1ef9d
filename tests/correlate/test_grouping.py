from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.correlate.grouping import LOOSE, group_members
from analyzer.evidence import MemberKind

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    container: str = "core.zip"
    host: str | None = "core"
    taken: datetime | None = NOON
    kind: MemberKind = MemberKind.CAPTURE


PEM = Item(kind=MemberKind.SERVER_PEM)
LOG = Item(kind=MemberKind.SNAPSHOT)
CAPTURE = Item()
UNNAMED = Item(host=None, taken=None)


def test_members_of_one_host_are_one_node() -> None:
    assert group_members([PEM, LOG, CAPTURE]) == ((PEM, LOG, CAPTURE),)


def test_hosts_in_one_folder_are_nodes_in_the_order_of_their_appearance() -> None:
    edge = Item(host="edge")

    assert group_members([edge, PEM, edge]) == ((edge, edge), (PEM,))


def test_a_member_without_a_host_belongs_to_the_only_host_beside_it() -> None:
    assert group_members([UNNAMED, PEM]) == ((PEM, UNNAMED),)


def test_beside_two_hosts_a_member_without_one_stays_alone() -> None:
    edge = Item(host="edge")

    assert group_members([PEM, UNNAMED, edge]) == ((PEM,), (UNNAMED,), (edge,))


def test_members_of_different_archives_without_hosts_are_not_mixed() -> None:
    other = Item(container="other.zip", host=None)

    assert group_members([UNNAMED, other]) == ((UNNAMED,), (other,))


def test_one_host_in_two_archives_is_two_nodes() -> None:
    again = Item(container="later.zip")

    assert group_members([CAPTURE, again]) == ((CAPTURE,), (again,))


def test_loose_files_of_a_host_join_its_archive_if_there_is_one() -> None:
    loose = Item(container=LOOSE)
    later = Item(container="later.zip")

    assert group_members([PEM, loose]) == ((PEM, loose),)
    assert group_members([CAPTURE, later, loose]) == ((CAPTURE,), (later,), (loose,))


def test_loose_files_without_a_host_share_a_node_of_their_own() -> None:
    trace = Item(container=LOOSE, host=None)

    assert group_members([trace, PEM, trace]) == ((trace, trace), (PEM,))


def test_two_bundles_of_one_host_in_one_folder_are_two_nodes() -> None:
    later = NOON + timedelta(hours=1)
    second = [Item(kind=MemberKind.SERVER_PEM, taken=later), Item(taken=later)]

    assert group_members([PEM, *second, LOG]) == ((PEM, LOG), tuple(second))


def test_a_member_without_a_time_goes_with_the_latest_of_two_bundles() -> None:
    second = Item(kind=MemberKind.SERVER_PEM, taken=NOON + timedelta(hours=1))
    untimed = Item(taken=None)

    assert group_members([PEM, untimed, second]) == ((PEM,), (second, untimed))


@pytest.mark.parametrize("kind", [MemberKind.CAPTURE, MemberKind.CERTIFICATE])
def test_several_members_of_a_kind_that_comes_often_are_one_bundle(kind: MemberKind) -> None:
    rotated = [Item(kind=kind, taken=NOON + timedelta(seconds=n)) for n in range(3)]

    assert group_members([PEM, *rotated]) == ((PEM, *rotated),)


items = st.builds(
    Item,
    container=st.sampled_from([LOOSE, "a.zip", "b.zip"]),
    host=st.sampled_from([None, "core", "edge"]),
    taken=st.sampled_from([None, NOON, NOON + timedelta(days=1)]),
    kind=st.sampled_from(MemberKind),
)


@settings(max_examples=200)
@given(st.lists(items, max_size=12))
def test_every_member_is_in_one_group_and_no_group_mixes_hosts(members: list[Item]) -> None:
    groups = group_members(members)

    assert sorted(map(repr, (one for group in groups for one in group))) == sorted(map(repr, members))
    assert all(group for group in groups)
    assert all(len({one.host for one in group} - {None}) <= 1 for group in groups)

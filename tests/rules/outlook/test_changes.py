"""A change, applied to the evidence: which node it changes, what it makes of it, and what does not fit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from analyzer.evidence import Case, Certificate, NodeRole
from analyzer.facts.releases import Version
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.rules.outlook.changes import Change, Changed, NoSuchChangeError, apply
from analyzer.rules.outlook.evaluation import outlook_under_change
from tests.rules.cases import case
from tests.rules.nodes import START, WEAK_CORE, bare, core, edge, mode, stores
from tests.rules.pki import BOTH, CORE_SERVER, EDGE_SERVER, authority, certificate, chain

NEW = certificate("core.harbor.example", BOTH, not_after=START + timedelta(days=30))
FOREIGN = certificate("core.harbor.example", BOTH, authority("New"))
OLD_CORE = core(version="X15.4", settings={}, stores=stores(CORE_SERVER, None))
OLD_EDGE = edge(version="X15.4", settings={}, stores=stores(EDGE_SERVER, None))


def prospects(judged: Case, changed: Changed) -> dict[str, tuple[str, ...]]:
    """Return now and then of zone, tunnels and mobile and remote access."""
    outlook = outlook_under_change(judged, changed.case, absent_check=changed.absent_check)
    told = {row.service: row.cells for row in outlook.rows}
    return {
        name: tuple(f"{cell.prospect} {cell.condition}" if cell.condition else str(cell.prospect) for cell in cells)
        for name, cells in told.items()
        if name in {"UC traversal zone", "SSH tunnels (2222)", "MRA and WebRTC"}
    }


def of_three(judged: Case, change: Change) -> tuple[tuple[str, ...], ...]:
    return tuple(prospects(judged, apply(judged, change)).values())


def test_the_check_off_brings_the_zone_up_and_no_more() -> None:
    judged = case(WEAK_CORE, edge())

    assert of_three(judged, Change(check="Off")) == (("fails", "works"), ("fails", "fails"), ("fails", "fails"))


def test_the_check_is_the_edges_unless_a_node_is_named() -> None:
    judged = case(core(), edge())

    assert apply(judged, Change(check="Off")).words == ("edge: extended key usage check Off",)
    assert apply(judged, Change(check="Off", node="core")).words == ("core: extended key usage check Off",)
    assert apply(judged, Change(check="Off", node="EDGE.harbor.example")).words[0].startswith("edge: ")


def test_the_check_off_comes_with_what_it_concerns() -> None:
    judged = case(core(), edge())

    assert "every inbound SIP TLS peer" in apply(judged, Change(check="Off")).cautions[0]
    assert apply(judged, Change(check="On")).cautions == ()


def test_the_check_of_an_edge_that_is_not_at_hand_can_be_asked_for() -> None:
    judged = case(WEAK_CORE)

    assert of_three(judged, Change(check="On")) == (("unknown", "fails"), ("fails", "fails"), ("fails", "fails"))


def test_a_new_client_certificate_is_the_cores() -> None:
    judged = case(WEAK_CORE, edge())
    changed = apply(judged, Change(client=(NEW,)))

    assert of_three(judged, Change(client=(NEW,))) == (("fails", "works"),) * 3
    assert changed.words == (f"core: core.harbor.example, serial {NEW.serial}, in the client store",)
    assert judged.nodes[0].stores == WEAK_CORE.stores


def test_a_new_client_certificate_of_a_ca_that_the_edge_lacks_works_if_trusted() -> None:
    judged = case(WEAK_CORE, edge())

    assert of_three(judged, Change(client=chain(FOREIGN, root=True))) == (("fails", "works if trusted"),) * 3


def test_a_new_certificate_is_private_or_public_as_others_are() -> None:
    changed = apply(case(WEAK_CORE, edge()), Change(client=chain(FOREIGN, root=True)))

    assert changed.case.origins[FOREIGN.sha256].origin == "private"


def test_a_named_node_gets_the_certificate() -> None:
    changed = apply(case(core(), edge()), Change(client=(NEW,), node="edge"))

    assert [node.stores.client for node in changed.case.nodes] == [core().stores.client, (NEW.sha256,)]


def test_a_new_server_certificate_is_the_edges_and_takes_a_restart() -> None:
    changed = apply(case(core(), edge()), Change(server=(NEW,)))

    assert [node.stores.server for node in changed.case.nodes] == [core().stores.server, (NEW.sha256,)]
    assert "maintenance window" in changed.cautions[0]


def test_a_lone_node_is_meant_whatever_its_role() -> None:
    assert apply(case(edge()), Change(client=(NEW,))).case.nodes[0].stores.client == (NEW.sha256,)


def test_an_upgrade_copies_the_server_certificate_and_checks() -> None:
    changed = apply(case(OLD_CORE, OLD_EDGE), Change(upgrade=Version(15, 5)))

    for before, after in zip((OLD_CORE, OLD_EDGE), changed.case.nodes, strict=True):
        assert (after.version, after.stores.client) == ("X15.5", before.stores.server)
        assert (after.settings[EKU_CHECKING_MODE].value, after.settings[EKU_CHECKING_MODE].assumed) == ("On", True)


def test_an_upgrade_keeps_what_is_there() -> None:
    judged = case(core(version="X15.5", settings=mode("Off")), edge())
    node = apply(judged, Change(upgrade=Version(15, 5, 1))).case.nodes[0]

    assert node.stores == core().stores
    assert node.settings == mode("Off")


def test_an_upgrade_to_a_release_of_one_store_copies_nothing() -> None:
    old = replace(OLD_CORE, version="X15.3")
    node = apply(case(old), Change(upgrade=Version(15, 4))).case.nodes[0]

    assert (node.stores.client, node.settings) == (None, {})


def test_an_upgraded_core_that_has_server_use_alone_still_fails() -> None:
    judged = case(OLD_CORE, OLD_EDGE)

    assert of_three(judged, Change(upgrade=Version(15, 5))) == (("fails", "fails"),) * 3


def test_an_upgrade_and_what_it_makes_possible_go_together() -> None:
    judged = case(OLD_CORE, OLD_EDGE)
    change = Change(upgrade=Version(15, 5), client=(NEW,), check="Off")

    assert of_three(judged, change) == (("fails", "works"),) * 3


def test_a_later_date_lets_a_certificate_expire() -> None:
    judged = case(core(), edge())

    assert of_three(judged, Change(as_of=START + timedelta(days=400))) == (("works", "fails"),) * 3


def test_what_is_down_for_another_reason_is_not_promised() -> None:
    judged = case(core(zones=tuple(replace(zone, status="Failed") for zone in core().zones)), edge())

    assert of_three(judged, Change(check="Off")) == (("unknown", "unknown"),) * 3


@pytest.mark.parametrize(
    ("judged", "change", "said"),
    [
        (
            case(core(), edge()),
            Change(check="Off", node="nobody"),
            "there is no node nobody: what was given is of core, ",
        ),
        (case(OLD_CORE, OLD_EDGE), Change(check="Off"), "edge runs X15.4, which has no extended key usage check"),
        (case(OLD_CORE, OLD_EDGE), Change(client=(NEW,)), "core runs X15.4, which has no client store"),
        (case(core()), Change(upgrade=Version(15, 4)), "core runs X15.5.1 already, which is newer than X15.4"),
        (
            case(bare(NodeRole.UNKNOWN), replace(bare(NodeRole.UNKNOWN), name="other")),
            Change(client=(NEW,)),
            r"--client-cert could be meant for several nodes: say which with --node \(bare, other\)",
        ),
        (
            case(edge(), replace(edge(), name="edge2", host="edge2")),
            Change(server=(NEW,)),
            r"--server-cert could be meant for several nodes: say which with --node \(edge, edge2\)",
        ),
    ],
)
def test_a_change_that_does_not_fit_says_why(judged: Case, change: Change, said: str) -> None:
    with pytest.raises(NoSuchChangeError, match=said):
        apply(judged, change)


def test_the_certificate_is_used_with_its_chain() -> None:
    sent: tuple[Certificate, ...] = chain(FOREIGN, root=True)

    assert apply(case(WEAK_CORE, edge()), Change(client=sent)).case.nodes[0].stores.client == tuple(
        one.sha256 for one in sent
    )

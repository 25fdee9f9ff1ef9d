"""Settings, zones, tunnels and alarms: what changed, and what was not there to be compared."""

from __future__ import annotations

import pytest

from tests.diff.reports import Json, alarm, members, node, report, said, setting, text, tunnel, zone


def only(*kinds: str, **changes: object) -> Json:
    """Return a report whose bundle holds these kinds of files only."""
    held = members(*(f"{kind}@core" for kind in kinds))
    return report(node(**changes), inputs=[{"name": "b.zip", "sha256": None, "members": held}])


def test_a_setting_is_told_by_the_name_of_the_command_line() -> None:
    after = report(node(settings={"eku_checking_mode": setting("Off")}))

    assert said("Settings", report(), after) == ("core SIP TLS Certificate ExtendedKeyUsage Checking Mode: On → Off")


def test_what_the_log_changed_outranks_the_dump() -> None:
    after = report(node(settings={"eku_checking_mode": setting("On", "Off", "On")}))
    changed = report(node(settings={"eku_checking_mode": setting("On", "Off")}))

    assert said("Settings", report(), after) == ""
    assert said("Settings", report(), changed).endswith("On → Off")


def test_a_default_that_is_assumed_is_marked_and_no_change_by_itself() -> None:
    assumed = report(node(settings={"eku_checking_mode": setting("On", assumed=True)}))
    off = report(node(settings={"eku_checking_mode": setting("Off")}))

    assert said("Settings", report(), assumed) == ""
    assert said("Settings", off, assumed).endswith("Off → On (the release's default, assumed)")


def test_settings_that_are_in_one_dump_only_and_unknown_ones_are_told() -> None:
    before = report(node(settings={"sip_tls_port": setting("5061"), "new_thing": setting("a")}))
    after = report(node(settings={"new_thing": setting("b")}))

    assert said("Settings", before, after) == "core SIP TLS Port: 5061 → not set new_thing: a → b"


def test_a_zone_is_told_with_its_state_and_its_settings() -> None:
    after = report(
        node(zones=[zone(status="Failed", peers=["10.0.0.9"], tls_verify_subject="x", port=7002, transport="TLS")])
    )

    assert said("Zones", report(), after) == (
        "core UC traversal: state Active → Failed; port 7001 → 7002; transport not set → TLS; "
        "TLS verify subject name not set → x; peers + 10.0.0.9, − edge.example.com"
    )


def test_zones_that_came_and_went_are_told() -> None:
    after = report(node(zones=[zone(name="New", type="DNS", status="On")]))

    assert said("Zones", report(), after) == "core + New (DNS, On) − UC traversal (TraversalClient, Active)"


def test_the_state_of_one_peer_is_told_where_it_is_not_the_zones() -> None:
    peers = [{"address": "p1", "status": "Active"}, {"address": "p2", "status": "Active"}]
    failed = [{"address": "p1", "status": "Active"}, {"address": "p2", "status": "Failed"}]
    before, after = (report(node(zones=[zone(peer_states=states)])) for states in (peers, failed))

    assert said("Zones", before, after) == "core UC traversal: state of p2 Active → Failed"


def test_a_state_that_one_dump_does_not_give_is_no_change() -> None:
    assert said("Zones", report(), report(node(zones=[zone(status=None)]))) == ""


def test_without_a_configuration_dump_a_zone_did_not_lose_its_settings() -> None:
    bare = zone(port=None, tls_verify_mode=None, peers=[], type=None, status="Failed")
    after = only("xstat_xml", zones=[bare])

    assert said("Zones", report(), after) == "core UC traversal: state Active → Failed"


def test_tunnels_are_told_with_state_and_reason() -> None:
    failed = tunnel(status="Failed", reason="Permission denied")
    after = report(node(tunnels=[failed, tunnel(domain="new.example.com")]))
    back = said("SSH tunnels", after, report())

    assert said("SSH tunnels", report(), after) == (
        "core to edge.example.com, domain example.com: Active → Failed (Permission denied) "
        "+ to edge.example.com, domain new.example.com: Active"
    )
    assert back.endswith("− to edge.example.com, domain new.example.com: Active")


def test_alarms_are_raised_and_cleared_by_their_id() -> None:
    before = report(node(alarms=[alarm("15028", "restart"), alarm("40069", "expires in 9 days")]))
    after = report(node(alarms=[alarm("35013", "tunnel"), alarm("40069", "expires in 8 days"), alarm(None, "odd")]))

    assert said("Alarms", before, after) == (
        "core raised: 35013 warning: tunnel raised: warning: odd cleared: 15028 warning: restart"
    )


def test_alarms_of_one_id_are_one() -> None:
    after = report(node(alarms=[alarm("35013", "first"), alarm("35013", "second")]))

    assert said("Alarms", report(), after) == "core raised: 35013 warning: first"


def test_nodes_that_changed_alike_share_a_row() -> None:
    names = ("a", "b")
    before = report(*(node(name=name) for name in names))
    after = report(*(node(name=name, zones=[zone(status="Failed")]) for name in names))

    assert said("Zones", before, after) == "a, b UC traversal: state Active → Failed"


@pytest.mark.parametrize("swapped", [False, True])
def test_what_a_bundle_does_not_show_is_not_gone(swapped: bool) -> None:
    full = report(node(alarms=[alarm("15028", "restart")]))
    bare = only(
        "snapshot",
        zones=[],
        tunnels=None,
        settings={"eku_checking_mode": setting(None)},
        stores={"server": None, "client": None, "trusted": None},
    )
    pair = (bare, full) if swapped else (full, bare)

    assert [said(name, *pair) for name in ("Settings", "Zones", "SSH tunnels", "Alarms", "Trusted CA list")] == [
        ""
    ] * 5
    assert said("Not compared", *pair) == (
        f"core not to be seen {'before' if swapped else 'after'}: "
        "Stores, Trusted CA list, Settings, Zones, SSH tunnels, Alarms"
    )
    assert "No change: Nodes, Release, Verdicts, Findings." in text(*pair)

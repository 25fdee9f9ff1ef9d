from __future__ import annotations

from analyzer.evidence import Zone, ZonePeer
from analyzer.report.language import Language
from analyzer.rules.quote import quote_zone


def test_a_zone_of_very_many_peers_can_be_quoted() -> None:
    peers = tuple(ZonePeer(address=f"10.0.0.{n}", status="Failed") for n in range(1000))

    (quoted,) = quote_zone(Zone(name="a", type="Neighbor", status="Active", status_source="f: x", peers=peers))

    assert quoted.text.startswith("zone a (Neighbor): status Active; peer 10.0.0.0: Failed; peer 10.0.0.1: Failed")
    assert Language("ja")(quoted.text).count("10.0.0.") == 1000

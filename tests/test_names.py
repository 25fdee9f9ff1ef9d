"""Whole bundles in which names, or zones' settings, are the point: from the files to the findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from analyzer.evidence import Endpoint, Side
from analyzer.findings import Finding, Report
from analyzer.pipeline import analyze
from samples.builders import log
from samples.builders.dumps import AlarmState, ZoneState
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.topology import ADDRESSES, CORE, EDGE, Authorities, authorities, core, edge
from samples.situations.timing import COLLECTED, after

CLUSTER = "cores.harbor.example"


def report_of(folder: Path, stage: Stage, *hosts: Host) -> Report:
    folder.mkdir(exist_ok=True)
    return analyze([stage.bundle(host).write_zip(folder) for host in hosts])


def told(report: Report, rule: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.id == rule and finding.determined]


def with_zone(host: Host, **changes: Any) -> Host:
    """The host with changes to its traversal server zone, and no other zone."""
    assert host.state is not None
    zones = tuple(replace(zone, **changes) for zone in host.state.zones if zone.type == "TraversalServer")
    return replace(host, state=replace(host.state, zones=zones))


def pair(known: Authorities, subject: str) -> tuple[Host, Host]:
    """A Core whose server store alone has the cluster's name, and an Edge that looks for `subject`."""
    client = core(known, client=known.private(CORE), server=known.server_only(CORE, CLUSTER))
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE, "harbor.example"))
    return client, with_zone(server, subject=subject)


def test_the_name_that_stayed_in_the_server_store_is_found_before_and_after_it_fails(tmp_path: Path) -> None:
    client, server = pair(authorities(), CLUSTER)

    before = report_of(tmp_path / "before", Stage(collected=COLLECTED), client, server)

    (mismatch,) = told(before, "name-mismatch-verify-subject")
    assert (str(mismatch.severity), str(mismatch.confidence), mismatch.node) == ("warning", "inferred", "expe")
    assert mismatch.caused_by == "client-store-names-differ-from-server-store"

    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25031, time=after(60))
    ends = Endpoint(address=client.address, port=25031), Endpoint(address=server.address, port=7001)
    refusal = "Peer's TLS certificate identity was unacceptable"
    stage.note(
        server, log.negotiation_error(after(60) + timedelta(milliseconds=20), *ends, role=Side.SERVER, detail=refusal)
    )
    (mismatch,) = told(report_of(tmp_path / "after", stage, client, server), "name-mismatch-verify-subject")
    assert (str(mismatch.severity), str(mismatch.confidence)) == ("critical", "proven")


def test_a_healthy_pair_has_nothing_to_say_about_names(tmp_path: Path) -> None:
    client, server = pair(authorities(), CORE)
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25031, time=after(60))

    report = report_of(tmp_path, stage, client, server)

    grave = {finding.id for finding in report.findings if finding.severity in {"critical", "warning"}}
    assert grave == set()


def test_names_and_settings_of_the_dumps_reach_the_rules(tmp_path: Path) -> None:
    known = authorities()
    client = core(
        known,
        client=known.private(CORE),
        server=known.server_only(CORE),
        settings={
            "XMPP ChatNodeAlias 1 Name": "chat.harbor.example",
            "SIP Domains Domain 1 XmppFederation": "On",
            "CollaborationEdge PhoneSecurityProfile 1 Name": "secure.harbor.example",
            "Zones DefaultZone SIP TLS Verify Mode": "On",
            "Zones DefaultZone SIP Media Encryption Mode": "BestEffort",
        },
        alarms=(AlarmState(id="25030", severity="warning", title="PTR", raised=COLLECTED),),
    )
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE))
    server = with_zone(server, tls_verify="Off")

    report = report_of(tmp_path, Stage(collected=COLLECTED), client, server)

    expected = {
        "san-missing-chat-alias": {"expc", "expe"},
        "san-missing-xmpp-domain": {"expe"},
        "san-missing-mra-domain": {"expe"},
        "san-missing-phone-security-profile": {"expc"},
        "default-zone-mtls-b2bua": {"expc"},
        "uc-zone-tls-verify-off": {"expe"},
        "ptr-mismatch": {"expc"},
    }
    assert {rule: {finding.node for finding in told(report, rule)} for rule in expected} == expected


def test_a_wrong_password_explains_a_zone_whose_tls_is_fine(tmp_path: Path) -> None:
    known = authorities()
    client = core(known, client=known.private(CORE), server=known.server_only(CORE), zone_status="Failed")
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE), zone_status="Failed")
    stage = Stage(collected=COLLECTED)
    stage.connect(client, server, port=7001, client_port=25031, time=after(60))
    fields = {
        "Service": "SIP",
        "Src-ip": ADDRESSES[CORE],
        "Src-port": "25031",
        "Detail": "Incorrect authentication credential for user",
        "Protocol": "TLS",
        "Method": "OPTIONS",
    }
    stage.note(server, log.event(after(60) + timedelta(seconds=1), "Authentication Failed", fields))

    report = report_of(tmp_path, stage, client, server)

    (finding,) = told(report, "traversal-credentials")
    assert (str(finding.severity), finding.node) == ("critical", "expe")
    assert {one.caused_by for one in told(report, "uc-zone-failed") if one.node == "expe"} == {
        "traversal-credentials"
    }


def test_a_webex_zone_without_inbound_mapping_is_read_from_the_dump(tmp_path: Path) -> None:
    known = authorities()
    webex = ZoneState(name="Hybrid Call DNS", type="DNS", subject="callservice.webex.com", status="On")
    server = edge(known, client=None, server=known.server_only(EDGE), zones=(webex,))
    bundle = Stage(collected=COLLECTED).bundle(server).write_folder(tmp_path)
    for dump in [*bundle.rglob("xconf*.xml"), *bundle.rglob("xconf*.txt")]:
        dump.write_bytes(
            dump.read_bytes()
            .replace(b'InboundClassification: "On"', b'InboundClassification: "Off"')
            .replace(b'<InboundClassification item="1">On<', b'<InboundClassification item="1">Off<')
        )

    found = told(analyze([bundle]), "inbound-mapping-off")

    assert [(str(one.severity), one.subject) for one in found if one.subject == "Hybrid Call DNS"] == [
        ("warning", "Hybrid Call DNS")
    ]

"""What changed while logging ran: what is over explains nothing that lasts, and a store tells nothing of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from analyzer.findings import Finding, Report, Severity
from analyzer.pipeline import analyze
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.certificates import SERVER_ONLY
from samples.builders.dumps import EKU_CHECKING_MODE
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
CHECK_ON, CHECK_OFF = "core-client-eku-missing-check-on", "core-client-eku-missing-check-off"
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


def report_of(bundles: Sequence[Bundle]) -> Report:
    with TemporaryDirectory() as folder:
        return analyze([bundle.write_zip(Path(folder)) for bundle in bundles])


def told(report: Report) -> dict[tuple[str | None, str], Finding]:
    return {(f.node, f.id): f for f in report.findings if f.determined}


def the_certificate_was_replaced(version: str) -> tuple[Bundle, Bundle]:
    """The Edge refuses a Core whose certificate has no clientAuth, until it gets one that has."""
    before = KNOWN.internal.issue(CORE, usages=SERVER_ONLY, not_before=datetime(2025, 6, 1, tzinfo=UTC))
    client = core(KNOWN, client=KNOWN.private(CORE), server=KNOWN.server_only(CORE), zone_status="Failed")
    server = edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE), zone_status="Failed")
    stage = Stage(collected=COLLECTED)
    for number, shown in enumerate((before, before, None, None)):
        stage.connect(
            client,
            server,
            port=7001,
            client_port=25_031 + number,
            time=after(60 + 100 * number),
            version=version,
            client_presents=shown,
        )
    stage.tunnel(client, server, client_port=30_101, time=after(290), accepted=True)
    return stage.bundle(client), stage.bundle(server)


def the_check_was_switched_off(version: str) -> tuple[Bundle, Bundle]:
    """The zone comes up by the switch; the tunnels stay refused."""
    held = KNOWN.private(CORE, usages=SERVER_ONLY)
    client = core(KNOWN, client=held, server=KNOWN.server_only(CORE), zone_status="Failed")
    checking = edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE), zone_status="Failed")
    assert checking.state is not None
    lenient = replace(checking, state=replace(checking.state, settings={EKU_CHECKING_MODE: "Off"}))
    stage = Stage(collected=COLLECTED)
    for number, server in enumerate((checking, checking, lenient, lenient)):
        time = after(60 + 100 * number)
        stage.connect(client, server, port=7001, client_port=25_031 + number, time=time, version=version)
    stage.note(checking, log.setting_changed(after(200), EKU_CHECKING_MODE, "On", "Off"))
    for number in range(3):
        stage.tunnel(client, checking, client_port=30_211 + number, time=after(270 + 62 * number), accepted=False)
    return stage.bundle(client), stage.bundle(checking)


@both_versions
def test_a_certificate_that_came_after_the_refusals_is_not_said_to_have_been_refused(version: str) -> None:
    findings = told(report_of(the_certificate_was_replaced(version)))

    assert ("expe", "purpose-error-not-leaf-eku") not in findings
    assert findings["expe", CHECK_ON].severity is Severity.WARNING
    assert findings["expe", "local-alert-unsupported-certificate"].caused_by == CHECK_ON


@both_versions
def test_what_the_switch_ended_does_not_lead_beside_what_lasts(version: str) -> None:
    findings = told(report_of(the_check_was_switched_off(version)))

    assert findings["expe", CHECK_OFF].severity is Severity.CRITICAL
    assert findings["expe", CHECK_ON].severity is Severity.WARNING
    assert findings["expc", "core-client-not-client-capable"].caused_by == CHECK_OFF

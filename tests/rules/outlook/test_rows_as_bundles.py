"""The truth table's rows as real bundles: diagnosis and outlook of each say what the table says."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.findings import OutlookCell, Report
from analyzer.pipeline import analyze
from analyzer.rules.outlook.evaluation import outlook_of
from tests.rules.outlook.pairs import (
    BELOW_NARROW,
    CLIENT_ALONE,
    DENIED,
    NO_EXTENSION,
    PRIVATE,
    PUBLIC,
    S_PRIVATE,
    S,
    Staged,
    written,
)
from tests.services import contradictions

CHECK_ON, CHECK_OFF = "core-client-eku-missing-check-on", "core-client-eku-missing-check-off"
INCAPABLE, SUCCESS = "core-client-not-client-capable", "core-client-capable-success"
NOT_LEAF, COPY = "purpose-error-not-leaf-eku", "edge-client-is-server-only-copy"
PRIVATE_ALL = "all-private-ca"
WATCHED = {
    CHECK_ON, CHECK_OFF, INCAPABLE, SUCCESS, NOT_LEAF, COPY, PRIVATE_ALL,
    "ssh-tunnel-chain-not-trusted", "partner-ca-not-trusted", "neighbor-inbound-purpose-error",
}  # fmt: skip

UP, DOWN, OPEN = "works", "fails", "unknown"
FAR_END = "needs-far-end"

ALL_SERVER_ONLY = Staged(core_client=S, core_server=S, edge_client=S, edge_server=S)
BESIDE = replace(ALL_SERVER_ONLY, core_client=PRIVATE)
OWN_CLIENT = replace(BESIDE, edge_client=PRIVATE)

Expected = tuple[str, str, str, str]

# number: what is staged; zone, tunnels, mobile and remote access, outbound; what is diagnosed
ROWS: dict[str, tuple[Staged, Expected, set[str]]] = {
    "1": (replace(ALL_SERVER_ONLY, zone="Failed"), (DOWN, DOWN, DOWN, FAR_END), {CHECK_ON, INCAPABLE}),
    "2": (
        replace(ALL_SERVER_ONLY, check="Off", tunnels=DENIED),
        (UP, DOWN, DOWN, FAR_END),
        {CHECK_OFF, INCAPABLE},
    ),
    "3": (BESIDE, (UP, UP, UP, FAR_END), {SUCCESS}),
    "4": (replace(BESIDE, check="Off"), (UP, UP, UP, FAR_END), {SUCCESS}),
    "5": (
        Staged(core_client=PRIVATE, core_server=PRIVATE, edge_server=S),
        (UP, UP, UP, FAR_END),
        {SUCCESS, COPY},
    ),
    "6": (
        Staged(core_client=PRIVATE, core_server=PRIVATE, edge_client=PRIVATE, edge_server=PRIVATE),
        (UP, UP, UP, "works if trusted"),
        {SUCCESS, PRIVATE_ALL},
    ),
    "7": (Staged(core_client=PUBLIC, core_server=PUBLIC, edge_server=PUBLIC), (UP, UP, UP, UP), {SUCCESS}),
    "8": (
        OWN_CLIENT,
        (UP, UP, UP, "works if trusted"),
        {SUCCESS},
    ),
    "9": (
        replace(OWN_CLIENT, core_client=S, core_server=PRIVATE, zone="Failed"),
        (DOWN, DOWN, DOWN, "works if trusted"),
        {CHECK_ON, INCAPABLE},
    ),
    "10": (
        replace(OWN_CLIENT, core_client=S, core_server=PRIVATE, check="Off", tunnels=DENIED),
        (UP, DOWN, DOWN, "works if trusted"),
        {CHECK_OFF, INCAPABLE},
    ),
    "11": (
        Staged(core_client=PRIVATE, core_server=S, edge_client=PRIVATE, edge_server=CLIENT_ALONE, zone="Failed"),
        (DOWN, DOWN, DOWN, "works if trusted"),
        {PRIVATE_ALL},
    ),
    "12": (
        replace(OWN_CLIENT, core_client=NO_EXTENSION, core_server=S, tunnels="Connection timed out"),
        (UP, OPEN, OPEN, "works if trusted"),
        set(),
    ),
    "13": (
        replace(OWN_CLIENT, core_client=BELOW_NARROW, core_server=S, zone="Failed"),
        (DOWN, OPEN, DOWN, "works if trusted"),
        {NOT_LEAF, INCAPABLE},
    ),
}  # fmt: skip

OLDER: dict[str, tuple[Staged, Expected, set[str], str]] = {
    "X15.4, both usages in the Core": (
        Staged(core_client=None, core_server=PRIVATE, edge_server=S, version="X15.4", split=False),
        (UP, UP, UP, FAR_END),
        set(),
        "X15.4",
    ),
    "X15.4, server-only in the Core": (
        Staged(core_client=None, core_server=S, edge_server=S, version="X15.4", split=False, zone="Failed"),
        (DOWN, DOWN, DOWN, FAR_END),
        {INCAPABLE},
        "X15.4",
    ),
    "X15.3, both usages everywhere": (
        Staged(core_client=None, core_server=PRIVATE, edge_server=PUBLIC, version="X15.3", split=False),
        (UP, UP, UP, UP),
        set(),
        "X15.3",
    ),
    "X15.3, server-only on the Edge": (
        Staged(core_client=None, core_server=PRIVATE, edge_server=S_PRIVATE, version="X15.3", split=False),
        (UP, UP, DOWN, FAR_END),
        {PRIVATE_ALL},
        "X15.3",
    ),
    "X14.3, server-only in the Core": (
        Staged(core_client=None, core_server=S, edge_server=PUBLIC, version="X14.3", split=False, zone="Failed"),
        (DOWN, DOWN, DOWN, UP),
        {INCAPABLE},
        "X15.3",
    ),
}

# What the seed states; everything else is inferred.
STATED = {
    ("1", "zone"), ("1", "access"), ("2", "zone"), ("2", "tunnels"), ("2", "access"), ("3", "zone"), ("3", "tunnels"),
    ("3", "access"), ("4", "zone"), ("4", "tunnels"), ("4", "access"), ("6", "access"),
}  # fmt: skip
SERVICES = {
    "zone": "UC traversal zone",
    "tunnels": "SSH tunnels (2222)",
    "access": "MRA and WebRTC",
    "outbound": "outbound mTLS",
}


@functools.cache
def report_of(what: Staged) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return analyze(written(what, Path(folder)))


def cells(report: Report, column: int = 0) -> dict[str, OutlookCell]:
    """Return the cells of the services that the table is about."""
    outlook = outlook_of(report.case)
    assert outlook is not None
    by_service = {row.service: row.cells[column] for row in outlook.rows}
    return {name: by_service[service] for name, service in SERVICES.items()}


def said(cell: OutlookCell) -> str:
    return f"{cell.prospect} {cell.condition}" if cell.condition else str(cell.prospect)


def diagnosed(report: Report) -> set[str]:
    weighty = (finding for finding in report.findings if finding.determined and finding.severity != "info")
    return {finding.id for finding in weighty} & WATCHED


@pytest.mark.parametrize("number", ROWS)
def test_a_row_is_told_as_the_table_has_it(number: str) -> None:
    what, expected, _ = ROWS[number]
    told = cells(report_of(what))

    assert tuple(map(said, told.values())) == expected
    assert {told[name].row for name in ("zone", "tunnels", "access")} == {number}


@pytest.mark.parametrize("number", ROWS)
def test_the_diagnosis_is_that_of_the_row_and_no_look_alike(number: str) -> None:
    what, _, expected = ROWS[number]

    assert diagnosed(report_of(what)) == expected


STAGED = {**{number: row[0] for number, row in ROWS.items()}, **{name: row[0] for name, row in OLDER.items()}}


@pytest.mark.parametrize("name", STAGED)
def test_services_are_said_to_stand_as_they_were_seen_and_as_the_findings_say(name: str) -> None:
    report = report_of(STAGED[name])
    zone, tunnels, access, *_ = report.services

    assert list(contradictions(report)) == []
    assert zone.seen is not None
    assert tunnels.seen is not None
    assert zone.seen.works is (STAGED[name].zone == "Active")
    assert tunnels.seen.works is (STAGED[name].zone == "Active" and STAGED[name].tunnels is None)
    assert access.seen is None
    assert zone.seen.works or zone.finding
    assert tunnels.seen.works or tunnels.finding


@pytest.mark.parametrize("name", OLDER)
def test_an_older_release_is_told_as_its_paragraph_has_it(name: str) -> None:
    what, expected, findings, row = OLDER[name]
    report = report_of(what)
    told = cells(report)

    assert tuple(map(said, told.values())) == expected
    assert {told[part].row for part in ("zone", "tunnels", "access")} == {row}
    assert diagnosed(report) == findings


def test_what_the_source_states_is_marked_so_and_nothing_else() -> None:
    told = {
        (number, name)
        for number, (what, _, _) in ROWS.items()
        for name, cell in cells(report_of(what)).items()
        if name != "outbound" and cell.basis == "stated"
    }

    assert told == STATED


@pytest.mark.parametrize(("number", "with_on", "with_off"), [("1", "1", "2"), ("2", "1", "2"), ("9", "9", "10")])
def test_switching_the_check_leads_from_row_to_row(number: str, with_on: str, with_off: str) -> None:
    report = report_of(ROWS[number][0])

    for column, row in ((1, with_on), (2, with_off)):
        told = cells(report, column)
        assert tuple(map(said, told.values())) == ROWS[row][1]
        assert told["zone"].row == row


@pytest.mark.parametrize("name", OLDER)
def test_a_release_without_the_check_does_not_change_with_it(name: str) -> None:
    report = report_of(OLDER[name][0])

    assert cells(report, 0) == cells(report, 1) == cells(report, 2)


def test_every_cell_of_the_table_has_a_reason_and_a_source() -> None:
    for what, _, _ in ROWS.values():
        for cell in cells(report_of(what)).values():
            assert cell.reason.endswith(".")
            assert bool(cell.sources) is (cell.prospect != "unknown")

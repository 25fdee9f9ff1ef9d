"""Exit codes, and which one a report earns."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.findings import Report


class Exit(IntEnum):
    """What the exit code says. Where several hold: INTERRUPTED, INTERNAL, OUTPUT, PRIVATE_KEY, PARTIAL, FOUND."""

    ANALYZED = 0
    FOUND = 1
    USAGE = 2
    PARTIAL = 3
    NOTHING = 4
    PRIVATE_KEY = 5
    OUTPUT = 6
    INTERNAL = 70
    INTERRUPTED = 130


def exit_of(report: Report, fail_on: str | None) -> Exit:
    """Return the exit code of a report that was written."""
    members = [member for shown in report.case.inputs for member in shown.members]
    if any(member.private_keys for member in members):
        return Exit.PRIVATE_KEY
    if report.case.problems:
        return Exit.PARTIAL
    levels = {"critical": {"critical"}, "warning": {"critical", "warning"}}.get(fail_on or "", set())
    if any(finding.severity in levels and finding.determined for finding in report.findings):
        return Exit.FOUND
    return Exit.ANALYZED

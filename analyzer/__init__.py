"""Which certificate did a Cisco Expressway present to whom, from which store, and why was it refused?

from pathlib import Path
import analyzer

report = analyzer.analyze([Path("diagnostic_log.zip")])
for finding in report.findings:
print(finding.severity, finding.id, finding.subject)
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.findings import Finding, Report
    from analyzer.pipeline import Options, analyze

__version__ = "0.1.0"

__all__ = ["Finding", "Options", "Report", "__version__", "analyze"]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Load the analysis when it is first asked for, so that `--help` does not pay for it."""
    if name in {"analyze", "Options"}:
        from analyzer import pipeline

        return getattr(pipeline, name)
    if name in {"Finding", "Report"}:
        from analyzer import findings

        return getattr(findings, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

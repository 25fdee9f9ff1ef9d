"""Frozen records of what is concluded: findings, verdicts, forecasts, and the report that holds them."""

from analyzer.findings.finding import (
    HERE,
    Citation,
    Confidence,
    Evidence,
    EvidenceKind,
    Finding,
    Remedy,
    RemedyKind,
    Severity,
)
from analyzer.findings.forecast import Forecast, ForecastKind, ForecastRule
from analyzer.findings.outlook import (
    Basis,
    Outlook,
    OutlookCell,
    OutlookRow,
    Prospect,
    Service,
    Sighted,
)
from analyzer.findings.report import Report
from analyzer.findings.verdict import Grounds, Presented, StoreRule, Verdict

__all__ = [
    "HERE",
    "Basis",
    "Citation",
    "Confidence",
    "Evidence",
    "EvidenceKind",
    "Finding",
    "Forecast",
    "ForecastKind",
    "ForecastRule",
    "Grounds",
    "Outlook",
    "OutlookCell",
    "OutlookRow",
    "Presented",
    "Prospect",
    "Remedy",
    "RemedyKind",
    "Report",
    "Service",
    "Severity",
    "Sighted",
    "StoreRule",
    "Verdict",
]
